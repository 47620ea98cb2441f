//! `argocd`: the command line of Argo CD 3.1.
//!
//! Somebody has logged in already. Left out: everything but `argocd app`, and of that what asks for a
//! choice of objects.

mod complete;
mod diff;
mod list;
mod print;
mod set;
mod sync;

pub(crate) use complete::complete;
pub(crate) use sync::Waiting;

use serde_json::json;

use crate::console::kubectl::flag::{Arguments, Flag, Takes, flag};
use crate::console::kubectl::usage::{capital, options};
use crate::console::session::Session;
use crate::console::timestamp;
use crate::delivery::Addon;
use crate::time::SimTime;
use Takes::{Maybe, Number, Switch, Text};

/// Exit status of an error that the server tells.
const GENERIC: i32 = 20;

/// Why a command fails.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// A line of the log, and its exit status.
    Fatal(String, i32),
    /// Something about how the command was written: printed as it is.
    Usage(String),
}

impl Failure {
    /// What the server answers: code and words.
    fn rpc(code: &str, text: impl AsRef<str>) -> Self {
        Self::Fatal(format!("rpc error: code = {code} desc = {}", text.as_ref()), GENERIC)
    }

    /// What the client says before it ends with 1.
    fn client(text: impl Into<String>) -> Self {
        Self::Fatal(text.into(), 1)
    }
}

type Outcome = Result<(), Failure>;

/// One command of `argocd app`.
struct Command {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    flags: &'static [Flag],
    run: fn(&mut Session<'_, '_>, &Arguments) -> Outcome,
}

/// Flags of every command.
const GLOBAL: &[Flag] = &[
    flag("help", Some('h'), Switch, "show this help"),
    flag("server", None, Text, "accepted, without effect"),
    flag("auth-token", None, Text, "accepted, without effect"),
    flag("insecure", None, Switch, "accepted, without effect"),
    flag("grpc-web", None, Switch, "accepted, without effect"),
    flag("core", None, Switch, "accepted, without effect"),
    flag("app-namespace", Some('N'), Text, "namespace of the application: default"),
];

const TIMEOUT: Flag = flag("timeout", None, Number, "time out after this many seconds");
const PRUNE: Flag = flag("prune", None, Switch, "allow deleting unexpected resources");
const OUTPUT: Flag = flag("output", Some('o'), Text, "output format: wide, json or yaml");

/// Every command, by name.
const COMMANDS: &[Command] = &[
    Command {
        name: "diff",
        usage: "APPNAME",
        about: "perform a diff against the target and live state",
        flags: &[
            flag("refresh", None, Switch, "look at git first"),
            flag("hard-refresh", None, Switch, "the same here"),
            flag("exit-code", None, Switch, "return 1 if there is a diff; true if not given"),
        ],
        run: diff::diff,
    },
    Command {
        name: "get",
        usage: "APPNAME",
        about: "get application details",
        flags: &[
            OUTPUT,
            flag("refresh", None, Switch, "look at git first"),
            flag("hard-refresh", None, Switch, "the same here"),
            flag("show-operation", None, Switch, "show the last sync too"),
        ],
        run: list::get,
    },
    Command {
        name: "history",
        usage: "APPNAME",
        about: "show application deployment history",
        flags: &[flag("output", Some('o'), Text, "output format: wide or id")],
        run: list::history,
    },
    Command {
        name: "list",
        usage: "",
        about: "list applications",
        flags: &[flag("output", Some('o'), Text, "output format: wide, name, json or yaml")],
        run: list::list,
    },
    Command {
        name: "rollback",
        usage: "APPNAME [ID]",
        about: "roll back an application to a previous deployed version by history ID",
        flags: &[PRUNE, TIMEOUT],
        run: sync::rollback,
    },
    Command {
        name: "set",
        usage: "APPNAME",
        about: "set application parameters",
        flags: &[
            flag("sync-policy", None, Text, "automated, or none"),
            flag("auto-prune", None, Maybe("true"), "delete what is no longer in git"),
            flag("self-heal", None, Maybe("true"), "undo what was changed by hand"),
            flag("allow-empty", None, Maybe("true"), "prune even if nothing would be left"),
            flag("path", None, Text, "folder of the repository"),
            flag("revision", None, Text, "branch or commit"),
        ],
        run: set::set,
    },
    Command {
        name: "sync",
        usage: "APPNAME...",
        about: "sync an application to its target state",
        flags: &[PRUNE, TIMEOUT, flag("async", None, Switch, "do not wait until it has ended")],
        run: sync::sync,
    },
    Command {
        name: "wait",
        usage: "APPNAME",
        about: "wait for an application to reach a synced and healthy state",
        flags: &[
            TIMEOUT,
            flag("sync", None, Switch, "wait until it is synced"),
            flag("health", None, Switch, "wait until it is healthy"),
            flag("operation", None, Switch, "wait until its sync has ended"),
        ],
        run: sync::wait,
    },
];

/// `argocd WORDS...`.
pub(crate) fn argocd(words: &[String], session: &mut Session<'_, '_>) {
    if !session.world.delivery.addons().has(Addon::ArgoCd) {
        let nowhere = "Argo CD server address unspecified";
        session.out.warn(log_line("fatal", nowhere, session.ctx.now));
        session.out.status = GENERIC;
        return;
    }
    match dispatch(words, session) {
        Ok(()) => {}
        Err(Failure::Fatal(message, status)) => {
            session.out.warn(log_line("fatal", &message, session.ctx.now));
            session.out.status = status;
        }
        Err(Failure::Usage(message)) => {
            session.out.warn(message);
            session.out.status = 1;
        }
    }
}

/// A line of the client's log, as it prints its errors.
pub(super) fn log_line(level: &str, message: &str, now: SimTime) -> String {
    json!({"level": level, "msg": message, "time": timestamp(now)}).to_string()
}

fn dispatch(words: &[String], session: &mut Session<'_, '_>) -> Outcome {
    let path: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let name = match path[..] {
        ["help", ..] | [] => {
            session.out.stdout.push_str(&overview());
            return Ok(());
        }
        ["app"] | ["app", "help"] => {
            session.out.stdout.push_str(&overview());
            return Ok(());
        }
        ["version", ..] => {
            session.out.print("argocd: v3.1.0\nargocd-server: v3.1.0");
            return Ok(());
        }
        ["app", name, ..] => name,
        [first, ..] => {
            return Err(Failure::Usage(format!(
                "Error: argocd {first} is not modelled here; `help argocd` lists what is"
            )));
        }
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Err(Failure::Usage(format!(
            "Error: unknown command \"{name}\" for \"argocd app\"\nRun 'argocd app --help' for usage."
        )));
    };
    let mut arguments = Arguments::parse(words, &[command.flags, GLOBAL]).map_err(|problem| {
        Failure::Usage(format!("Error: {problem}\n{}", usage(command).trim_end()))
    })?;
    if arguments.has("help") {
        session.out.stdout.push_str(&usage(command));
        return Ok(());
    }
    arguments.words.drain(..2.min(arguments.words.len()));
    if arguments.words.is_empty() && command.usage.starts_with("APPNAME") {
        return Err(Failure::Usage(usage(command).trim_end().to_owned()));
    }
    (command.run)(session, &arguments)
}

/// The application of this name, without its namespace.
fn known(session: &Session<'_, '_>, word: &str) -> Result<String, Failure> {
    let name = word.strip_prefix("default/").unwrap_or(word);
    match session.world.delivery.application(name) {
        Some(_) => Ok(name.to_owned()),
        // The server does not tell whether an application exists that one may not see.
        None => Err(Failure::rpc("PermissionDenied", "permission denied")),
    }
}

/// `help argocd [app COMMAND]`.
pub(crate) fn help(name: &str, session: &mut Session<'_, '_>) {
    let last = name.split_whitespace().next_back();
    match COMMANDS.iter().find(|command| last == Some(command.name)) {
        Some(command) => session.out.stdout.push_str(&usage(command)),
        None => session.out.stdout.push_str(&overview()),
    }
}

fn overview() -> String {
    let mut text =
        "Manage applications\n\nUsage:\n  argocd app [command]\n\nAvailable Commands:\n".to_owned();
    for command in COMMANDS {
        text += &format!("  {:<9} {}\n", command.name, capital(command.about));
    }
    text + "\nUse \"argocd app [command] --help\" for more information about a command.\n"
}

fn usage(command: &Command) -> String {
    let call = format!("argocd app {} {}", command.name, command.usage);
    let head =
        format!("{}\n\nUsage:\n  {} [flags]\n\nFlags:\n", capital(command.about), call.trim_end());
    head + &options(command.flags.iter().chain(GLOBAL))
}
