//! `git`: one table of commands for parsing, completion and help; output and statuses of git 2.47.
//!
//! What git prints only while it works (`Writing objects: 100%`) is left out, and its pager; an editor is
//! closed at once, as if the text it shows were fine.

mod patch;
mod revisions;
mod share;
mod stage;
mod status;
mod undo;

use std::collections::BTreeSet;

use crate::console::complete::{flag_waiting, paths};
use crate::console::kubectl::flag::{Arguments, Flag, Takes, flag};
use crate::console::session::Session;
use crate::console::{Workspace, epoch_millis, files};
use crate::delivery::git::{Signature, Tree, lies_in, object};
use crate::delivery::{Addon, IN_THIS_BUILD};
use crate::trace::Topic;
use Takes::{Switch, Text};

/// Exit status of what git calls fatal.
const FATAL: i32 = 128;
/// Exit status for a wrong command line.
const USAGE: i32 = 129;

/// Why a command fails: what it prints on standard error, and its status.
type Outcome = Result<(), (String, i32)>;

/// What the words of a command are, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Nothing,
    Files,
    Revisions,
    Both,
}

/// One command.
struct Command {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    words: Words,
    flags: &'static [Flag],
    run: fn(&mut Session<'_, '_>, &Arguments) -> Outcome,
}

const NUMBER: Flag = flag("max-count", Some('n'), Text, "print so many commits");
const ONELINE: Flag = flag("oneline", None, Switch, "one line a commit");
const NAMES: Flag = flag("name-only", None, Switch, "only the names of files that differ");
const QUIET: Flag = flag("quiet", Some('q'), Switch, "print less");

/// Every command, by name.
const COMMANDS: &[Command] = &[
    Command {
        name: "add",
        usage: "[-A | -u] FILE...",
        about: "stage changes for the next commit",
        words: Words::Files,
        flags: &[
            flag("all", Some('A'), Switch, "every change there is"),
            flag("update", Some('u'), Switch, "only files that git knows"),
        ],
        run: stage::add,
    },
    Command {
        name: "branch",
        usage: "",
        about: "list branches; there is one",
        words: Words::Nothing,
        flags: &[],
        run: share::branch,
    },
    Command {
        name: "checkout",
        usage: "[COMMIT] [--] FILE...",
        about: "put files back as they were staged, or in a commit",
        words: Words::Both,
        flags: &[],
        run: undo::checkout,
    },
    Command {
        name: "commit",
        usage: "[-a] -m MESSAGE [FILE...]",
        about: "record what is staged",
        words: Words::Files,
        flags: &[
            flag("all", Some('a'), Switch, "stage every change of known files first"),
            flag("message", Some('m'), Text, "what it is about"),
            flag("allow-empty", None, Switch, "even if nothing has changed"),
            QUIET,
        ],
        run: stage::commit,
    },
    Command {
        name: "diff",
        usage: "[--staged] [COMMIT [COMMIT]] [--] [FILE...]",
        about: "show what differs",
        words: Words::Both,
        flags: &[
            flag("staged", None, Switch, "what is staged, against the last commit"),
            flag("cached", None, Switch, "the same"),
            NAMES,
        ],
        run: revisions::diff,
    },
    Command {
        name: "fetch",
        usage: "",
        about: "get what others have pushed; nobody has",
        words: Words::Nothing,
        flags: &[],
        run: |_, _| Ok(()),
    },
    Command {
        name: "log",
        usage: "[--oneline] [-n NUMBER] [COMMIT] [--] [FILE...]",
        about: "list commits, the newest first",
        words: Words::Both,
        flags: &[NUMBER, ONELINE],
        run: revisions::log,
    },
    Command {
        name: "pull",
        usage: "",
        about: "the same as fetch, and merge",
        words: Words::Nothing,
        flags: &[],
        run: share::pull,
    },
    Command {
        name: "push",
        usage: "[origin [main]]",
        about: "send commits to the remote, where Argo CD finds them",
        words: Words::Nothing,
        flags: &[QUIET],
        run: share::push,
    },
    Command {
        name: "remote",
        usage: "[-v]",
        about: "list remotes",
        words: Words::Nothing,
        flags: &[flag("verbose", Some('v'), Switch, "with their addresses")],
        run: share::remote,
    },
    Command {
        name: "restore",
        usage: "[--staged] [--source=COMMIT] FILE...",
        about: "put files back",
        words: Words::Files,
        flags: &[
            flag("staged", Some('S'), Switch, "take the change out of the next commit"),
            flag("worktree", Some('W'), Switch, "change the file"),
            flag("source", Some('s'), Text, "as in this commit"),
        ],
        run: undo::restore,
    },
    Command {
        name: "rev-parse",
        usage: "[--short] COMMIT...",
        about: "print the names of commits",
        words: Words::Revisions,
        flags: &[flag("short", None, Switch, "seven digits of it")],
        run: revisions::rev_parse,
    },
    Command {
        name: "revert",
        usage: "[--no-edit] COMMIT...",
        about: "commit the opposite of a commit",
        words: Words::Revisions,
        flags: &[
            flag("no-edit", None, Switch, "take the message as it is"),
            flag("edit", Some('e'), Switch, "the same here"),
        ],
        run: undo::revert,
    },
    Command {
        name: "show",
        usage: "[COMMIT | COMMIT:FILE]...",
        about: "show a commit with what it changed, or a file as it was then",
        words: Words::Revisions,
        flags: &[ONELINE, NAMES],
        run: revisions::show,
    },
    Command {
        name: "status",
        usage: "[--short]",
        about: "what is staged, and what is not",
        words: Words::Nothing,
        flags: &[flag("short", Some('s'), Switch, "one line a file")],
        run: status::status,
    },
];

/// Commands of git that are not modelled.
const NOT_MODELLED: &[&str] = &[
    "am",
    "apply",
    "bisect",
    "blame",
    "cherry-pick",
    "clean",
    "clone",
    "config",
    "describe",
    "grep",
    "init",
    "merge",
    "mv",
    "rebase",
    "reflog",
    "reset",
    "rm",
    "stash",
    "switch",
    "tag",
    "worktree",
];

/// A message that begins with `fatal: `.
fn fatal(message: impl AsRef<str>) -> (String, i32) {
    (format!("fatal: {}", message.as_ref()), FATAL)
}

/// A message that begins with `error: `.
fn error(message: impl AsRef<str>) -> (String, i32) {
    (format!("error: {}", message.as_ref()), 1)
}

/// `git WORDS...`.
pub(crate) fn git(words: &[String], session: &mut Session<'_, '_>) {
    if !session.world.delivery.addons().has(Addon::Git) {
        session.out.warn("fatal: not a git repository (or any of the parent directories): .git");
        session.out.status = FATAL;
        return;
    }
    let Some((name, rest)) = words.split_first().filter(|(name, _)| !is_help(name)) else {
        session.out.stdout.push_str(&overview());
        session.out.status = i32::from(words.is_empty());
        return;
    };
    let outcome = match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => run(command, rest, session),
        None if NOT_MODELLED.contains(&name.as_str()) => {
            Err((format!("git {name} is not modelled here; `help git` lists what is"), 1))
        }
        None => Err((format!("git: '{name}' is not a git command. See 'git --help'."), 1)),
    };
    if let Err((message, status)) = outcome {
        if !message.is_empty() {
            session.out.warn(message);
        }
        session.out.status = status;
    }
}

fn is_help(word: &str) -> bool {
    matches!(word, "-h" | "--help" | "help")
}

fn run(command: &Command, words: &[String], session: &mut Session<'_, '_>) -> Outcome {
    if words.iter().any(|word| matches!(word.as_str(), "-h" | "--help")) {
        session.out.stdout.push_str(&usage(command));
        return Ok(());
    }
    // `git log -3`.
    let spelled = words.iter().flat_map(|word| match word.strip_prefix('-') {
        Some(count) if !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()) => {
            vec!["-n".to_owned(), count.to_owned()]
        }
        _ => vec![word.clone()],
    });
    let arguments = Arguments::parse(&spelled.collect::<Vec<_>>(), &[command.flags])
        .map_err(|problem| misspelled(&problem, command))?;
    (command.run)(session, &arguments)
}

/// What git says of flags that it does not know.
fn misspelled(problem: &str, command: &Command) -> (String, i32) {
    if matches!(command.name, "log" | "show")
        && let Some(flag) = problem.strip_prefix("unknown flag: ")
    {
        return fatal(format!("unrecognized argument: {flag}"));
    }
    let message = if let Some(flag) = problem.strip_prefix("unknown flag: --") {
        format!("unknown option `{flag}'")
    } else if let Some(rest) = problem.strip_prefix("unknown shorthand flag: '") {
        format!("unknown switch `{}'", &rest[..rest.chars().next().map_or(0, char::len_utf8)])
    } else if let Some(name) = problem.strip_prefix("flag needs an argument: --") {
        format!("option `{name}' requires a value")
    } else if let Some(rest) = problem.strip_prefix("flag needs an argument: '") {
        format!(
            "switch `{}' requires a value",
            &rest[..rest.chars().next().map_or(0, char::len_utf8)]
        )
    } else {
        problem.to_owned()
    };
    (format!("error: {message}\n{}", usage(command).trim_end()), USAGE)
}

fn usage(command: &Command) -> String {
    let mut text =
        format!("usage: {}\n\n", format!("git {} {}", command.name, command.usage).trim_end());
    for flag in command.flags {
        let short = flag.short.map_or(String::new(), |short| format!("-{short}, "));
        text += &format!("    {:<21} {}\n", format!("{short}--{}", flag.long), flag.help);
    }
    text
}

/// `git help`, and `help git`.
pub(crate) fn overview() -> String {
    let mut text = "usage: git <command> [<args>]\n\n".to_owned();
    for command in COMMANDS {
        let call = format!("git {} {}", command.name, command.usage);
        text += &format!("{:<55} {}\n", call.trim_end(), command.about);
    }
    text
}

/// Who types, as commits name them. A line of the script is a colleague's.
fn signature(session: &Session<'_, '_>) -> Signature {
    let id = session.ctx.id;
    let mut typed = session.world.trace.iter().rev().filter(|entry| entry.topic == Topic::Command);
    let colleague = typed.find(|e| e.id == id).is_some_and(|entry| entry.subject == "colleague");
    let seconds = epoch_millis(session.ctx.now) / 1_000;
    match colleague {
        true => Signature { name: "Colleague", email: "colleague@example.com", seconds },
        false => Signature { name: "Learner", email: "learner@example.com", seconds },
    }
}

/// The place of the commit that a word names.
fn commit_named(word: &str, session: &Session<'_, '_>) -> Option<usize> {
    session.workspace.repository.find(word)
}

/// The files that words name in these trees, if each names one.
fn named(words: &[String], trees: &[&Tree]) -> Result<BTreeSet<String>, (String, i32)> {
    let (mut all, mut unknown) = (BTreeSet::new(), Vec::new());
    for word in words {
        let spec = files::normal(word);
        let inside = |path: &&String| spec.as_ref().is_some_and(|spec| lies_in(path, spec));
        let mut paths = trees.iter().flat_map(|tree| tree.keys()).filter(inside).peekable();
        if paths.peek().is_none() {
            unknown.push(format!("pathspec '{word}' did not match any file(s) known to git"));
        }
        all.extend(paths.cloned());
    }
    if unknown.is_empty() { Ok(all) } else { Err(error(unknown.join("\nerror: "))) }
}

/// What git says of a word that is neither a commit nor a file.
fn ambiguous(word: &str) -> (String, i32) {
    fatal(format!(
        "ambiguous argument '{word}': unknown revision or path not in the working tree.\nUse '--' to \
         separate paths from revisions, like this:\n'git <command> [<revision>...] -- [<file>...]'"
    ))
}

/// Completions of the word behind `git WORDS`.
pub(crate) fn complete(words: &[String], last: &str, workspace: &Workspace) -> Vec<String> {
    if !IN_THIS_BUILD {
        return Vec::new();
    }
    let Some((name, rest)) = words.split_first() else {
        return COMMANDS.iter().map(|command| command.name.to_owned()).collect();
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Vec::new();
    };
    if rest.last().is_some_and(|word| flag_waiting(word, command.flags.iter()).is_some()) {
        return Vec::new();
    }
    if last.starts_with('-') {
        return command.flags.iter().map(|flag| format!("--{}", flag.long)).collect();
    }
    let commits = || {
        let ids =
            workspace.repository.commits().iter().rev().map(|c| c.id[..object::SHORT].to_owned());
        ids.chain(["HEAD", "origin/main"].map(str::to_owned)).collect::<Vec<_>>()
    };
    match command.words {
        Words::Nothing => Vec::new(),
        Words::Files => paths(last, workspace),
        Words::Revisions => commits(),
        Words::Both => commits().into_iter().chain(paths(last, workspace)).collect(),
    }
}
