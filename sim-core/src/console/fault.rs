//! `fault`: breaks something on purpose.

use crate::console::session::Session;
use crate::console::table;
use crate::fault::{self, KINDS, Kind, Reach};
use crate::world::World;

pub(super) fn fault(words: &[String], session: &mut Session<'_, '_>) {
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let answer = match plain.as_slice() {
        [] | ["help"] => {
            help(session);
            Ok(())
        }
        ["list"] => {
            list(session);
            Ok(())
        }
        ["end", which] => end(which, session),
        _ => inject(words, session),
    };
    if let Err(problem) = answer {
        session.out.fail(format!("fault: {problem}"));
    }
}

fn inject(words: &[String], session: &mut Session<'_, '_>) -> Result<(), String> {
    let fault = fault::parse(words)?;
    let description = fault.kind.description();
    let number = session.world.inject(fault, session.ctx)?;
    session.out.print(format!("fault/{number} injected: {}", description.about));
    Ok(())
}

fn end(which: &str, session: &mut Session<'_, '_>) -> Result<(), String> {
    let numbers: Vec<u16> = match which {
        "all" => session.world.faults.active().map(|(number, _)| number).collect(),
        _ => {
            let number = which.strip_prefix("fault/").unwrap_or(which);
            vec![number.parse().map_err(|_| format!("{which:?} is no number of a fault"))?]
        }
    };
    for number in numbers {
        session.world.end_fault(number, session.ctx)?;
        session.out.print(format!("fault/{number} ended"));
    }
    Ok(())
}

fn list(session: &mut Session<'_, '_>) {
    let mut rows = vec![["FAULT", "KIND", "SINCE", "ABOUT"].map(str::to_owned).to_vec()];
    for (number, active) in session.world.faults.active() {
        let description = active.fault.kind.description();
        rows.push(vec![
            format!("fault/{number}"),
            description.name.to_owned(),
            active.since.to_string(),
            description.about.to_owned(),
        ]);
    }
    if rows.len() == 1 {
        session.out.print("nothing is broken on purpose");
    } else {
        session.out.stdout.push_str(&table::rows(&rows));
    }
}

fn help(session: &mut Session<'_, '_>) {
    session.out.print("Breaks something on purpose. fault list tells what is broken, fault end N or all ends it.\n");
    for one in KINDS {
        let target = match one.reach {
            Reach::Pods => " pod/NAME | -l SELECTOR",
            Reach::Node => " node/NAME",
            Reach::Image => " IMAGE",
            Reach::Path => " /PATH",
            Reach::Users => " [users/NAME]",
            Reach::Proxies => " [pod/NAME]",
            Reach::World => "",
        };
        let option = one
            .strength
            .map_or(String::new(), |(option, default)| format!(" [--{option} {default}]"));
        session.out.print(format!("fault {}{target}{option}\n  {}", one.name, one.about));
    }
    session.out.print(
        "\nAll but those that happen at once take --for LENGTH. Faults of pods take --chance SHARE --every LENGTH:\n\
         at each draw each pod is hit with that probability, each time for at least the length of --for.",
    );
}

/// What may follow `fault` and these words, for completion.
pub(super) fn words(before: &[String], world: &World) -> Vec<String> {
    match before {
        [] => {
            let kinds = KINDS.iter().map(|one| one.name);
            kinds.chain(["end", "help", "list"]).map(str::to_owned).collect()
        }
        [kind] => Kind::named(kind).map_or_else(Vec::new, |kind| targets(kind.reach, world)),
        _ => Vec::new(),
    }
}

fn targets(reach: Reach, world: &World) -> Vec<String> {
    let pod = |name: &str| format!("pod/{name}");
    let state = &world.cluster.state;
    match reach {
        Reach::Pods => state.pods.values().map(|one| pod(&one.name)).collect(),
        Reach::Proxies => world.mesh.proxies().map(|at| pod(at.pod)).collect(),
        Reach::Node => state.nodes.iter().map(|node| format!("node/{}", node.name)).collect(),
        Reach::Users => {
            let users = world.workload.users.iter();
            users.map(|users| format!("users/{}", users.population.name)).collect()
        }
        Reach::Path => world.workload.classes.iter().map(|class| class.path.clone()).collect(),
        Reach::Image | Reach::World => Vec::new(),
    }
}
