//! `kubectl argo rollouts`: the plugin of Argo Rollouts 1.8.
//!
//! Left out: experiments, `lint`, `create`, `dashboard`.

mod list;
mod status;
mod tree;
mod verbs;

pub(crate) use status::Watching;
pub(crate) use tree::Drawing;

use crate::cluster::api::Kind;
use crate::console::kubectl::flag::{Arguments, Flag, Takes, flag};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::usage::{capital, options};
use crate::console::session::Session;
use crate::delivery::Addon;
use crate::world::World;
use Takes::{Duration, Number, Switch, Text};

/// How a command ends: well, or with a line on standard error.
type Outcome = Result<(), String>;

/// One command.
struct Command {
    /// Its words: `get rollout`.
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    flags: &'static [Flag],
    run: fn(&mut Session<'_, '_>, &Arguments) -> Outcome,
}

/// Flags of every command.
const GLOBAL: &[Flag] = &[
    flag("help", Some('h'), Switch, "show this help"),
    flag("namespace", Some('n'), Text, "namespace; everything here lives in default"),
    flag("no-color", None, Switch, "accepted, without effect"),
];

/// Every command, by name.
const COMMANDS: &[Command] = &[
    Command {
        name: "abort",
        usage: "ROLLOUT_NAME...",
        about: "abort a rollout",
        flags: &[],
        run: verbs::abort,
    },
    Command {
        name: "get rollout",
        usage: "ROLLOUT_NAME",
        about: "get details about a rollout",
        flags: &[flag("watch", Some('w'), Switch, "watch live updates to the rollout")],
        run: tree::get,
    },
    Command {
        name: "list rollouts",
        usage: "",
        about: "list rollouts",
        flags: &[flag("all-namespaces", Some('A'), Switch, "accepted, without effect")],
        run: list::list,
    },
    Command {
        name: "pause",
        usage: "ROLLOUT_NAME...",
        about: "pause a rollout",
        flags: &[],
        run: verbs::pause,
    },
    Command {
        name: "promote",
        usage: "ROLLOUT_NAME...",
        about: "promote a rollout",
        flags: &[flag("full", None, Switch, "leave out analysis, pauses and steps")],
        run: verbs::promote,
    },
    Command {
        name: "restart",
        usage: "ROLLOUT_NAME...",
        about: "restart the pods of a rollout",
        flags: &[],
        run: verbs::restart,
    },
    Command {
        name: "resume",
        usage: "ROLLOUT_NAME...",
        about: "resume a rollout",
        flags: &[],
        run: verbs::resume,
    },
    Command {
        name: "retry rollout",
        usage: "ROLLOUT_NAME...",
        about: "retry an aborted rollout",
        flags: &[],
        run: verbs::retry,
    },
    Command {
        name: "set image",
        usage: "ROLLOUT_NAME CONTAINER=IMAGE...",
        about: "update the image of a rollout",
        flags: &[],
        run: verbs::set_image,
    },
    Command {
        name: "status",
        usage: "ROLLOUT_NAME",
        about: "show the status of a rollout",
        flags: &[
            flag(
                "watch",
                Some('w'),
                Switch,
                "go on until it is healthy or degraded (default true)",
            ),
            flag("timeout", Some('t'), Duration, "how long to watch: 30s, 2m"),
        ],
        run: status::status,
    },
    Command {
        name: "terminate analysisrun",
        usage: "ANALYSISRUN_NAME...",
        about: "end an analysis run",
        flags: &[],
        run: verbs::terminate,
    },
    Command {
        name: "undo",
        usage: "ROLLOUT_NAME",
        about: "undo a rollout",
        flags: &[flag("to-revision", None, Number, "which one; 0 is the one before")],
        run: verbs::undo,
    },
];

/// `kubectl argo rollouts WORDS...`.
pub(crate) fn rollouts(words: &[String], session: &mut Session<'_, '_>) {
    if !session.world.delivery.addons().has(Addon::ArgoRollouts) {
        return session.out.fail("error: unknown command \"argo\" for \"kubectl\"");
    }
    if let Err(problem) = dispatch(words, session) {
        session.out.fail(format!("Error: {problem}"));
    }
}

/// Names that the plugin takes for its kinds.
fn singular(word: &str) -> &str {
    match word {
        "ro" | "rollouts" => "rollout",
        "ar" | "analysisruns" => "analysisrun",
        other => other,
    }
}

fn dispatch(words: &[String], session: &mut Session<'_, '_>) -> Outcome {
    let plain: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let first = match plain[..] {
        [] | ["help", ..] => {
            session.out.stdout.push_str(&overview());
            return Ok(());
        }
        ["version", ..] => {
            session.out.print("kubectl-argo-rollouts: v1.8.3");
            return Ok(());
        }
        [first, ..] => first,
    };
    let second = plain.get(1).map_or("", |word| singular(word));
    let fits = |command: &&Command| match command.name.split_once(' ') {
        None => command.name == first,
        Some((verb, noun)) => verb == first && singular(noun) == second,
    };
    let Some(command) = COMMANDS.iter().find(fits) else {
        let text = "\nRun 'kubectl-argo-rollouts --help' for usage.";
        return Err(format!("unknown command \"{first}\" for \"kubectl-argo-rollouts\"{text}"));
    };
    let mut arguments = Arguments::parse(words, &[command.flags, GLOBAL])
        .map_err(|problem| format!("{problem}\n{}", usage(command).trim_end()))?;
    if arguments.has("help") {
        session.out.stdout.push_str(&usage(command));
        return Ok(());
    }
    let used = command.name.split(' ').count();
    arguments.words.drain(..used.min(arguments.words.len()));
    if arguments.words.is_empty() && !command.usage.is_empty() {
        return Err(format!("a name is missing\n{}", usage(command).trim_end()));
    }
    (command.run)(session, &arguments)
}

/// The Rollout of this name, or what the API server says when it is not there.
fn known(session: &Session<'_, '_>, name: &str) -> Result<ObjectRef, String> {
    let object = ObjectRef::new(Resource::Object(Kind::Rollout), name);
    match session.world.api.get(Kind::Rollout, name) {
        Some(_) => Ok(object),
        None => Err(format!("rollouts.argoproj.io \"{name}\" not found")),
    }
}

/// Completions of the word behind `kubectl argo rollouts WORDS`.
pub(crate) fn complete(words: &[String], last: &str, world: &World) -> Vec<String> {
    if !world.delivery.addons().has(Addon::ArgoRollouts) {
        return Vec::new();
    }
    let plain: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let names = || COMMANDS.iter().map(|command| command.name);
    let Some(&first) = plain.first() else {
        return names().map(|name| name.split(' ').next().unwrap_or(name).to_owned()).collect();
    };
    let rest: Vec<&str> =
        names().filter_map(|name| name.strip_prefix(first)?.strip_prefix(' ')).collect();
    if !rest.is_empty() && plain.len() == 1 {
        return rest.into_iter().map(str::to_owned).collect();
    }
    let used = if rest.is_empty() { 1 } else { 2 };
    if last.starts_with('-') {
        let fits = |command: &&Command| command.name.split(' ').next() == Some(first);
        let flags = COMMANDS.iter().filter(fits).flat_map(|command| command.flags);
        return flags.chain(GLOBAL).map(|flag| format!("--{}", flag.long)).collect();
    }
    if used < plain.len() && first == "set" {
        return Vec::new();
    }
    let kind = if first == "terminate" { Kind::AnalysisRun } else { Kind::Rollout };
    world.api.list(kind).map(|(name, _)| name.to_owned()).collect()
}

/// `help rollouts`.
pub(crate) fn overview() -> String {
    let mut text =
        "Manage Argo Rollouts\n\nUsage:\n  kubectl argo rollouts COMMAND\n\nCommands:\n".to_owned();
    for command in COMMANDS {
        text += &format!("  {:<21} {}\n", command.name, capital(command.about));
    }
    text + "\nUse \"kubectl argo rollouts COMMAND --help\" for more information about a command.\n"
}

fn usage(command: &Command) -> String {
    let call = format!("kubectl argo rollouts {} {}", command.name, command.usage);
    let head =
        format!("{}\n\nUsage:\n  {} [flags]\n\nFlags:\n", capital(command.about), call.trim_end());
    head + &options(command.flags.iter().chain(GLOBAL))
}
