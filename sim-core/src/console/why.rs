//! `why`: asks the run what led to something.

use std::collections::BTreeSet;

use crate::console::session::Session;
use crate::trace::Topic;
use crate::why;
use crate::world::World;

/// Most failed requests that are named for choice.
const NAMED: usize = 5;

pub(super) fn why(words: &[String], session: &mut Session<'_, '_>) {
    let answer = match words {
        [subject] => answer(subject, session),
        _ => Err(usage(session.world)),
    };
    match answer {
        Ok(text) => session.out.stdout.push_str(&text),
        Err(problem) => session.out.fail(format!("why: {problem}")),
    }
}

fn answer(subject: &str, session: &Session<'_, '_>) -> Result<String, String> {
    let world = &*session.world;
    let Some((kind, name)) = subject.split_once('/') else { return Err(usage(world)) };
    let kind = match kind {
        "po" | "pods" => "pod",
        "deploy" | "deployments" => "deployment",
        "rs" | "replicasets" => "replicaset",
        "svc" | "services" => "service",
        "ro" | "rollouts" => "rollout",
        "ar" | "analysisruns" => "analysisrun",
        "vs" | "virtualservices" => "virtualservice",
        "dr" | "destinationrules" => "destinationrule",
        "no" | "nodes" => "node",
        "ep" => "endpoints",
        kind => kind,
    };
    if kind != "request" {
        return why::print_subject(&world.trace, &format!("{kind}/{name}"));
    }
    let number = name.parse().map_err(|_| format!("{name:?} is no number of a request"))?;
    // A run that is watched does not ask about itself again.
    let Some(origin) = &world.session.origin else { return Ok(String::new()) };
    let journey = why::request(origin, &world.session.log(), number, session.ctx.now)?;
    Ok(why::print_journey(&journey))
}

/// What may be asked: kinds, and requests that failed.
fn usage(world: &World) -> String {
    let failed = world.trace.iter().rev().filter(|entry| entry.topic == Topic::Request);
    let failed: Vec<&str> = failed.take(NAMED).map(|entry| entry.subject.as_str()).collect();
    let last = match failed.as_slice() {
        [] => "no request has failed".to_owned(),
        names => format!("requests that failed: {}", names.join(", ")),
    };
    format!("write why request/N, why pod/NAME or another KIND/NAME; {last}")
}

/// What can be asked about, for completion.
pub(super) fn subjects(world: &World) -> Vec<String> {
    let subjects = world.trace.iter().map(|entry| entry.subject.as_str());
    let subjects: BTreeSet<&str> = subjects.filter(|subject| subject.contains('/')).collect();
    subjects.into_iter().map(str::to_owned).collect()
}
