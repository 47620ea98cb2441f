//! istioctl: one table of commands for parsing, completion and help; one file a command.
//!
//! Names, flags, columns and exit statuses are those of Istio 1.26. It exits with 64 for a wrong
//! command line, 65 for files that cannot be parsed, 79 for findings of `analyze`, 1 otherwise.

mod analyze;
mod complete;
mod live;
mod proxy_config;
mod proxy_status;
mod version;

pub(crate) use complete::complete;

use crate::console::kubectl::flag::{Arguments, Flag, Takes, flag};
use crate::console::kubectl::usage::{capital, options};
use crate::console::kubectl::{Failure, Outcome};
use crate::console::session::Session;
use Takes::{Number, Switch, Text};

/// Exit status for a wrong command line.
const INCORRECT_USAGE: i32 = 64;
/// Exit status for files that cannot be parsed.
const DATA_ERROR: i32 = 65;
/// Exit status for messages of `analyze` that reach the threshold.
const FOUND_ISSUES: i32 = 79;

/// What the words of a command are, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Nothing,
    Files,
    Proxies,
}

/// One command.
#[derive(Debug)]
struct Command {
    /// Its words.
    name: &'static str,
    /// Other names of its last word.
    aliases: &'static [&'static str],
    /// Its arguments, for help.
    usage: &'static str,
    /// What it does.
    about: &'static str,
    words: Words,
    flags: &'static [Flag],
    run: fn(&mut Session<'_, '_>, &Arguments) -> Outcome,
}

/// Flags of every command.
const GLOBAL: &[Flag] = &[
    flag("help", Some('h'), Switch, "show this help"),
    flag("namespace", Some('n'), Text, "namespace; users' objects live in default"),
    flag("istioNamespace", Some('i'), Text, "accepted, without effect"),
    flag("context", None, Text, "accepted, without effect"),
    flag("kubeconfig", None, Text, "accepted, without effect"),
];

const OUTPUT: Flag = flag("output", Some('o'), Text, "output format: json, yaml or short");
const PORT: Flag = flag("port", None, Number, "only this port");
const ADDRESS: Flag = flag("address", None, Text, "only this address");

/// A command of `proxy-config`.
const fn proxy_config(
    name: &'static str,
    aliases: &'static [&'static str],
    about: &'static str,
    flags: &'static [Flag],
    run: fn(&mut Session<'_, '_>, &Arguments) -> Outcome,
) -> Command {
    let usage = "[<type>/]<name>[.<namespace>]";
    Command { name, aliases, usage, about, words: Words::Proxies, flags, run }
}

/// Every command, by name.
const COMMANDS: &[Command] = &[
    Command {
        name: "analyze",
        aliases: &[],
        usage: "<file>...",
        about: "analyze Istio configuration and print validation messages",
        words: Words::Files,
        flags: &[
            flag("all-namespaces", Some('A'), Switch, "analyze all namespaces"),
            flag("failure-threshold", None, Text, "least level that fails: Info, Warning, Error"),
            flag("list-analyzers", Some('L'), Switch, "list the analyzers and do nothing else"),
            flag("output", Some('o'), Text, "output format: log, json or yaml"),
            flag("output-threshold", None, Text, "least level that is shown"),
            flag("recursive", Some('R'), Switch, "read folders below a folder too"),
            flag("use-kube", Some('k'), Switch, "look at the cluster too; =false for files alone"),
            flag("ignore-unknown", None, Switch, "do not fail for files that cannot be parsed"),
            flag("color", None, Switch, "accepted, without effect"),
            flag("verbose", Some('v'), Switch, "accepted, without effect"),
        ],
        run: analyze::analyze,
    },
    proxy_config(
        "proxy-config cluster",
        &["clusters", "c"],
        "clusters that a proxy knows",
        &[
            OUTPUT,
            PORT,
            flag("fqdn", None, Text, "only this service"),
            flag("subset", None, Text, "only this subset"),
            flag("direction", None, Text, "only inbound or outbound"),
        ],
        proxy_config::clusters,
    ),
    proxy_config(
        "proxy-config endpoint",
        &["endpoints", "ep"],
        "endpoints that a proxy uses",
        &[
            OUTPUT,
            PORT,
            ADDRESS,
            flag("cluster", None, Text, "only this cluster: outbound|PORT|SUBSET|HOST"),
            flag("status", None, Text, "only this status"),
        ],
        proxy_config::endpoints,
    ),
    proxy_config(
        "proxy-config listener",
        &["listeners", "l"],
        "ports that a proxy listens on",
        &[OUTPUT, PORT, ADDRESS, flag("type", None, Text, "only HTTP or TCP")],
        proxy_config::listeners,
    ),
    proxy_config(
        "proxy-config route",
        &["routes", "r"],
        "routes that a proxy follows",
        &[OUTPUT, flag("name", None, Text, "only this route configuration")],
        proxy_config::route,
    ),
    Command {
        name: "proxy-status",
        aliases: &["ps"],
        usage: "[[<type>/]<name>[.<namespace>]]",
        about: "whether each proxy has what istiod has sent",
        words: Words::Proxies,
        flags: &[],
        run: proxy_status::proxy_status,
    },
    Command {
        name: "version",
        aliases: &[],
        usage: "",
        about: "print the version",
        words: Words::Nothing,
        flags: &[
            flag("short", Some('s'), Switch, "accepted; it is short"),
            flag("remote", None, Switch, "accepted, without effect"),
        ],
        run: version::version,
    },
];

fn error(message: impl AsRef<str>) -> Failure {
    Failure::plain(format!("Error: {}", message.as_ref()))
}

fn usage_error(message: impl AsRef<str>) -> Failure {
    Failure { status: INCORRECT_USAGE, ..error(message) }
}

/// Runs `istioctl WORDS...`.
pub(crate) fn run(words: &[String], session: &mut Session<'_, '_>) {
    if let Err(failure) = dispatch(words, session) {
        session.out.warn(failure.message);
        session.out.status = failure.status;
    }
}

/// The command that the words name, and how many of them its name takes.
fn find(words: &[&str]) -> Option<(&'static Command, usize)> {
    COMMANDS.iter().find_map(|command| {
        let (group, last) = match command.name.split_once(' ') {
            Some((group, last)) => (Some(group), last),
            None => (None, command.name),
        };
        let is_last = |word: &&&str| **word == last || command.aliases.contains(*word);
        match group {
            None => words.first().filter(is_last).map(|_| (command, 1)),
            Some(group) => {
                let first = words.first().filter(|word| **word == group || **word == "pc");
                first.and(words.get(1).filter(is_last)).map(|_| (command, 2))
            }
        }
    })
}

/// Words that are neither flags nor their values, as far as flags are known without the command.
fn plain(words: &[String]) -> Vec<&str> {
    let mut plain = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word.starts_with('-') && 1 < word.len() {
            let all = COMMANDS.iter().flat_map(|command| command.flags).chain(GLOBAL);
            if crate::console::complete::flag_waiting(word, all).is_some() {
                words.next();
            }
        } else {
            plain.push(word.as_str());
        }
    }
    plain
}

fn dispatch(words: &[String], session: &mut Session<'_, '_>) -> Outcome {
    let path = plain(words);
    if path.first() == Some(&"help") {
        help(&path[1..].join(" "), session);
        return Ok(());
    }
    let Some((command, used)) = find(&path) else { return without_command(&path, words, session) };
    let mut arguments = Arguments::parse(words, &[command.flags, GLOBAL]).map_err(usage_error)?;
    if arguments.has("help") {
        session.out.stdout.push_str(&usage(command));
        return Ok(());
    }
    arguments.words.drain(..used.min(arguments.words.len()));
    (command.run)(session, &arguments)
}

fn without_command(path: &[&str], words: &[String], session: &mut Session<'_, '_>) -> Outcome {
    match path {
        [] => {
            Arguments::parse(words, &[GLOBAL]).map_err(usage_error)?;
            session.out.stdout.push_str(&overview(""));
            Ok(())
        }
        ["proxy-config" | "pc"] => {
            session.out.stdout.push_str(&overview("proxy-config "));
            Ok(())
        }
        ["proxy-config" | "pc", second, ..] => {
            Err(usage_error(format!("unknown subcommand {second:?}")))
        }
        [first, ..] => Err(usage_error(format!(
            "unknown command {first:?} for \"istioctl\"\nRun 'istioctl --help' for usage."
        ))),
    }
}

/// `istioctl help COMMAND`.
pub(crate) fn help(name: &str, session: &mut Session<'_, '_>) {
    let words: Vec<&str> = name.split_whitespace().collect();
    let text = match (find(&words), &words[..]) {
        (Some((command, _)), _) => usage(command),
        (None, []) => overview(""),
        (None, ["proxy-config" | "pc"]) => overview("proxy-config "),
        _ => return session.out.fail(format!("Unknown help topic [{name:?}]")),
    };
    session.out.stdout.push_str(&text);
}

fn overview(prefix: &str) -> String {
    let mut text =
        "Istio configuration command line utility, for the simulated mesh.\n\nAvailable \
                    Commands:\n"
            .to_owned();
    for command in COMMANDS.iter().filter(|command| command.name.starts_with(prefix)) {
        text += &format!("  {:<23} {}\n", command.name, capital(command.about));
    }
    text + "\nUse \"istioctl [command] --help\" for more information about a command.\n"
}

fn usage(command: &Command) -> String {
    let call = format!("istioctl {} {}", command.name, command.usage);
    let mut text = format!("{}\n\nUsage:\n  {}", capital(command.about), call.trim_end());
    text += " [flags]\n";
    if !command.aliases.is_empty() {
        let last = command.name.rsplit(' ').next().unwrap_or_default();
        text += &format!("\nAliases:\n  {last}, {}\n", command.aliases.join(", "));
    }
    text + "\nFlags:\n" + &options(command.flags.iter().chain(GLOBAL))
}
