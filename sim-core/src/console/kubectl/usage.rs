//! What `--help` prints, from the table of verbs.

use crate::console::kubectl::flag::{Flag, Takes};
use crate::console::kubectl::verbs::{VERBS, Verb};

/// `kubectl --help`.
pub(crate) fn overview() -> String {
    let mut text = "kubectl controls the simulated cluster.\n\nCommands:\n".to_owned();
    for verb in VERBS {
        text += &format!("  {:<22} {}\n", verb.name, verb.about);
    }
    text + "\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more \
            information about a given command.\n"
}

/// `kubectl VERB --help`.
pub(crate) fn usage(verb: &Verb) -> String {
    let mut text = format!("{}\n\nOptions:\n", capital(verb.about));
    text += &options(verb.flags.iter().chain(verb.more));
    let usage = format!("kubectl {} {}", verb.name, verb.usage);
    text + &format!("\nUsage:\n  {} [options]\n", usage.trim_end())
}

/// A line for every flag.
pub(crate) fn options<'f>(flags: impl Iterator<Item = &'f Flag>) -> String {
    let mut text = String::new();
    for flag in flags {
        let short = flag.short.map_or("    ".to_owned(), |short| format!("-{short}, "));
        let default = match flag.takes {
            Takes::Switch => "=false",
            Takes::Text => "=''",
            Takes::Number => "=0",
            Takes::Duration => "=0s",
            Takes::Maybe(_) => "=''",
        };
        let name = format!("{short}--{}{default}", flag.long);
        text += &format!("    {name:<26} {}\n", flag.help);
    }
    text
}

/// `kubectl rollout` and the like: its commands.
pub(crate) fn group_usage(group: &str, verbs: &[&Verb]) -> String {
    let mut text = "Available Commands:\n".to_owned();
    for verb in verbs {
        let name = verb.name.split_once(' ').map_or(verb.name, |(_, rest)| rest);
        text += &format!("  {name:<16} {}\n", capital(verb.about));
    }
    text + &format!("\nUsage:\n  kubectl {group} SUBCOMMAND [options]\n")
}

pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default() + chars.as_str()
}
