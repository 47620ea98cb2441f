//! `kubectl kruise`: the plugin of OpenKruise (github.com/openkruise/kruise-tools), also called by its name
//! `kubectl-kruise`.
//!
//! What it adds to kubectl for Rollouts is here: `rollout approve`, and `rollout undo` of their Deployments.

use crate::cluster::api::Kind;
use crate::console::kubectl;
use crate::console::kubectl::flag::{Arguments, Flag, Takes, flag};
use crate::console::kubectl::resource::Resource;
use crate::console::session::Session;
use crate::delivery::Addon;
use crate::world::World;

/// Flags of `rollout approve`.
const FLAGS: &[Flag] = &[
    flag("help", Some('h'), Takes::Switch, "show this help"),
    flag("namespace", Some('n'), Takes::Text, "namespace; everything here lives in default"),
];

const USAGE: &str = "\
Approve a resource which can be continued.

Examples:
  # approve a kruise rollout resource named \"rollout-demo\" in \"ns-demo\" namespace
  kubectl-kruise rollout approve rollout-demo -n ns-demo

Usage:
  kubectl-kruise rollout approve RESOURCE
";

const OVERVIEW: &str = "\
Manage the rollout of a resource.

Available Commands:
  approve     Approve a resource
  undo        Undo a previous rollout

Usage:
  kubectl-kruise rollout SUBCOMMAND [options]
";

/// `kubectl kruise WORDS...`.
pub(crate) fn run(words: &[String], session: &mut Session<'_, '_>) {
    if !session.world.delivery.addons().has(Addon::OpenKruise) {
        return session.out.fail("error: unknown command \"kruise\" for \"kubectl\"");
    }
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    match plain[..] {
        ["rollout", "approve", ..] => {
            if let Err(problem) = approve(&words[2..], session) {
                session.out.fail(format!("error: {problem}"));
            }
        }
        // The same code as kubectl's, which refuses what is no Deployment.
        ["rollout", "undo", ..] => kubectl::run(words, session),
        []
        | ["rollout"]
        | ["rollout", "help" | "-h" | "--help"]
        | ["help" | "-h" | "--help", ..] => {
            session.out.stdout.push_str(OVERVIEW);
        }
        ["rollout", other, ..] => session.out.fail(format!(
            "error: kubectl-kruise rollout {other} is not modelled here; approve and undo are"
        )),
        [other, ..] => session.out.fail(format!(
            "error: kubectl-kruise {other} is not modelled here; rollout approve and undo are"
        )),
    }
}

/// `rollout approve rollout/NAME`.
fn approve(words: &[String], session: &mut Session<'_, '_>) -> Result<(), String> {
    let arguments = Arguments::parse(words, &[FLAGS])?;
    if arguments.has("help") {
        session.out.stdout.push_str(USAGE);
        return Ok(());
    }
    if arguments.words.is_empty() {
        return Err("required resource not specified".to_owned());
    }
    for (resource, name) in named(&arguments.words, session.world)? {
        if resource != Resource::Object(Kind::KruiseRollout) {
            let plural = resource.plural_qualified();
            return Err(format!("error: {plural} \"{name}\" approving is not supported"));
        }
        let plural = resource.plural_qualified();
        if session.world.api.get(Kind::KruiseRollout, &name).is_none() {
            let problem = format!("Error from server (NotFound): {plural} \"{name}\" not found");
            session.out.fail(problem);
            continue;
        }
        match session.world.approve_step(&name, session.ctx) {
            Ok(()) => {
                let shown = resource.qualified();
                session.out.print(format!("{shown}/{name} approved"));
            }
            Err(problem) => session.out.fail(format!("error: {plural} \"{name}\" {problem}")),
        }
    }
    Ok(())
}

/// The objects of `KIND/NAME...`, or of `KIND NAME...`.
fn named(words: &[String], world: &World) -> Result<Vec<(Resource, String)>, String> {
    let addons = world.delivery.addons();
    let kind = |name: &str| {
        // The plugin knows its own kinds before it asks the server.
        let own = ["rollout", "rollouts"].contains(&name);
        let found = own.then_some(Resource::Object(Kind::KruiseRollout));
        found
            .or_else(|| Resource::known_as(name, addons))
            .ok_or_else(|| format!("the server doesn't have a resource type \"{name}\""))
    };
    let slashed: Vec<(&str, &str)> = words.iter().filter_map(|word| word.split_once('/')).collect();
    if slashed.len() == words.len() {
        let all = slashed.into_iter().map(|(of, name)| Ok((kind(of)?, name.to_owned())));
        return all.collect();
    }
    match words {
        [of, names @ ..] if !names.is_empty() && slashed.is_empty() => {
            let of = kind(of)?;
            Ok(names.iter().map(|name| (of, name.clone())).collect())
        }
        [of] => {
            kind(of)?;
            Err("resource name may not be empty".to_owned())
        }
        _ => Err("arguments in resource/name form must have a single resource and name".to_owned()),
    }
}

/// Completions of the word behind `kubectl kruise WORDS`.
pub(crate) fn complete(words: &[String], world: &World) -> Vec<String> {
    if !world.delivery.addons().has(Addon::OpenKruise) {
        return Vec::new();
    }
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let names = |kind: Kind, of: &str| {
        world.api.list(kind).map(|(name, _)| format!("{of}/{name}")).collect()
    };
    match plain[..] {
        [] => vec!["rollout".to_owned()],
        ["rollout"] => vec!["approve".to_owned(), "undo".to_owned()],
        ["rollout", "approve"] => names(Kind::KruiseRollout, "rollout"),
        ["rollout", "undo"] => names(Kind::Deployment, "deployment"),
        _ => Vec::new(),
    }
}
