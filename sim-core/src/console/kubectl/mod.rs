//! kubectl: one verb a file, one table of verbs ([`verbs`]) for parsing, completion and help.

mod annotate;
mod api;
pub(crate) mod apply;
mod autoscale;
mod create;
mod defaults;
mod delete;
mod describe;
mod diff;
pub(crate) mod document;
pub(crate) mod drain;
mod edit;
mod events;
mod explain;
pub(crate) mod flag;
mod flagger;
mod get;
pub(crate) mod input;
pub(crate) mod logs;
mod patch;
pub(crate) mod record;
pub(crate) mod resource;
pub(crate) mod rollout;
pub(crate) mod rows;
mod scale;
pub(crate) mod select;
mod set;
mod top;
pub(crate) mod usage;
pub(crate) mod verbs;
pub(crate) mod wait;
pub(crate) mod watch;
pub(crate) mod write;

use crate::console::session::Session;
use flag::Arguments;
use verbs::{ALIASES, GLOBAL, NOT_MODELLED, VERBS, Verb};

/// Why a command fails: what it prints on standard error, without a line's end, and its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What it prints.
    pub(crate) message: String,
    /// Exit status.
    pub(crate) status: i32,
}

impl Failure {
    /// A message printed as it is.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 1 }
    }

    /// A message printed behind `error: `.
    pub(crate) fn error(message: impl AsRef<str>) -> Self {
        Self::plain(format!("error: {}", message.as_ref()))
    }

    /// A message about how the command was written.
    pub(crate) fn usage(message: impl AsRef<str>, verb: &str) -> Self {
        Self::error(format!("{}\nSee 'kubectl {verb} -h' for help and examples", message.as_ref()))
    }
}

/// How a verb ends.
pub(crate) type Outcome = Result<(), Failure>;

/// Runs `kubectl WORDS...`.
pub(crate) fn run(words: &[String], session: &mut Session<'_, '_>) {
    if let Err(failure) = dispatch(words, session) {
        session.out.warn(failure.message);
        session.out.status = failure.status;
    }
}

fn dispatch(words: &[String], session: &mut Session<'_, '_>) -> Outcome {
    let (path, rest) = split_verb(words);
    let Some(first) = path.first() else {
        let asked_for = rest.iter().all(|word| matches!(word.as_str(), "-h" | "--help"));
        if asked_for {
            session.out.stdout.push_str(&usage::overview());
            return Ok(());
        }
        let problem = Arguments::parse(&rest, &[GLOBAL]).err().unwrap_or_default();
        return Err(Failure::error(format!("{problem}\nSee 'kubectl --help' for usage.")));
    };
    if first == "help" {
        return help(&path[1..], session);
    }
    // `create deployment NAME --image=...` has flags that no manifest has.
    if let Some(kind) = word_after(words, "create")
        && find(&path).is_some_and(|verb| verb.name == "create")
    {
        return Err(Failure::error(format!(
            "kubectl create {kind} is not modelled here; write a manifest and use `kubectl create \
             -f`"
        )));
    }
    let Some(verb) = find(&path) else { return unknown(first, path.get(1), session) };
    let used = verb.name.split(' ').count();
    let mut arguments =
        Arguments::parse(&rest, &[verb.flags, verb.more, GLOBAL]).map_err(|problem| {
            Failure::error(format!("{problem}\nSee 'kubectl {} --help' for usage.", verb.name))
        })?;
    if arguments.has("help") {
        session.out.stdout.push_str(&usage::usage(verb));
        return Ok(());
    }
    arguments.drop_words(used);
    (verb.run)(session, &arguments)
}

/// `kubectl help [VERB]`.
fn help(path: &[String], session: &mut Session<'_, '_>) -> Outcome {
    let text = match path.first() {
        None => usage::overview(),
        Some(first) => match find(path) {
            Some(verb) => usage::usage(verb),
            None => return unknown(first, None, session),
        },
    };
    session.out.stdout.push_str(&text);
    Ok(())
}

/// The word behind `word`, if it is no flag.
fn word_after<'w>(words: &'w [String], word: &str) -> Option<&'w str> {
    let at = words.iter().position(|other| other == word)?;
    words.get(at + 1).map(String::as_str).filter(|next| !next.starts_with('-'))
}

/// The verb's words, wherever flags stand between them, and all words.
fn split_verb(words: &[String]) -> (Vec<String>, Vec<String>) {
    let mut path: Vec<String> = Vec::new();
    let mut skip = false;
    for word in words {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.starts_with('-') && 1 < word.len() {
            let takes = |flag: &&flag::Flag| {
                let long = word.strip_prefix("--") == Some(flag.long);
                let short = flag.short.is_some_and(|c| word[1..] == *c.to_string());
                (long || short)
                    && !matches!(flag.takes, flag::Takes::Switch | flag::Takes::Maybe(_))
            };
            // Flags before the verb can only be global.
            skip = GLOBAL.iter().any(|flag| takes(&flag));
            continue;
        }
        path.push(word.clone());
        if path.len() == 2 {
            break;
        }
    }
    (path, words.to_vec())
}

fn find(path: &[String]) -> Option<&'static Verb> {
    let two = path.get(..2).map(|path| path.join(" "));
    let named = |name: &str| VERBS.iter().find(|verb| verb.name == name);
    two.and_then(|two| {
        named(ALIASES.iter().find(|(alias, _)| *alias == two).map_or(&two, |(_, name)| name))
    })
    .or_else(|| named(path.first()?))
}

fn unknown(first: &str, second: Option<&String>, session: &mut Session<'_, '_>) -> Outcome {
    let group: Vec<&Verb> =
        VERBS.iter().filter(|verb| verb.name.split(' ').next() == Some(first)).collect();
    if !group.is_empty() {
        // `kubectl rollout` and `kubectl set` alone print their help.
        session.out.stdout.push_str(&usage::group_usage(first, &group));
        return match second {
            None => Ok(()),
            Some(second) => Err(Failure::error(format!(
                "unknown command \"{first} {second}\"\nSee 'kubectl {first} -h' for help and examples"
            ))),
        };
    }
    if NOT_MODELLED.contains(&first) {
        return Err(Failure::error(format!(
            "kubectl {first} is not modelled here; `kubectl help` lists what is"
        )));
    }
    let mut near: Vec<&str> = VERBS
        .iter()
        .filter_map(|verb| verb.name.split(' ').next())
        .filter(|name| distance(first, name) <= 2 || name.starts_with(first))
        .collect();
    near.dedup();
    let suggestion = match near.is_empty() {
        true => String::new(),
        false => format!("\n\nDid you mean this?\n\t{}", near.join("\n\t")),
    };
    Err(Failure::error(format!("unknown command \"{first}\" for \"kubectl\"{suggestion}")))
}

/// Edits between two words (Levenshtein): what the command library measures suggestions with.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().take(64).enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1).min(row[j] + 1).min(corner + usize::from(a != *b));
            corner = above;
        }
    }
    row[b.len()]
}
