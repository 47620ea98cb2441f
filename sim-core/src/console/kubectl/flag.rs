//! Flags and arguments of kubectl, parsed as its command library does it.

use crate::console::age;
use crate::console::kubectl::Failure;
use crate::time::SimDuration;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Nothing; `--flag=false` turns it off.
    Switch,
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// A length of time.
    Duration,
    /// A text after `=`, or this one.
    Maybe(&'static str),
}

/// One flag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// Name after `--`.
    pub(crate) long: &'static str,
    /// Letter after `-`.
    pub(crate) short: Option<char>,
    /// What it takes.
    pub(crate) takes: Takes,
    /// What it does.
    pub(crate) help: &'static str,
}

/// A flag, for tables.
pub(crate) const fn flag(
    long: &'static str,
    short: Option<char>,
    takes: Takes,
    help: &'static str,
) -> Flag {
    Flag { long, short, takes, help }
}

/// Flags and words of one command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// What is not a flag.
    pub(crate) words: Vec<String>,
    /// How many of them stood before `--`, if it was there.
    pub(crate) dash: Option<usize>,
    /// Flags in order, with their values.
    given: Vec<(&'static str, String)>,
}

impl Arguments {
    /// Parses words by a table of flags. Errors are those of the real command library.
    pub(crate) fn parse(words: &[String], flags: &[&'static [Flag]]) -> Result<Self, String> {
        let known = || flags.iter().flat_map(|group| group.iter());
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                arguments.dash = Some(arguments.words.len());
                arguments.words.extend(words.cloned());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (long, None),
                };
                let flag = known()
                    .find(|flag| flag.long == name)
                    .ok_or_else(|| format!("unknown flag: --{name}"))?;
                let mut next = || words.next().map(String::as_str);
                arguments.add(flag, value, &mut next, || format!("--{name}"))?;
            } else if let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                let mut next = || words.next().map(String::as_str);
                arguments.add_short(letters, &known, &mut next)?;
            } else {
                arguments.words.push(word.clone());
            }
        }
        Ok(arguments)
    }

    /// `-Aw`, `-oyaml`, `-o=yaml`, `-o yaml`.
    fn add_short<'w, I: Iterator<Item = &'static Flag>>(
        &mut self,
        letters: &'w str,
        known: &impl Fn() -> I,
        next: &mut impl FnMut() -> Option<&'w str>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let flag = known()
                .find(|flag| flag.short == Some(letter))
                .ok_or_else(|| format!("unknown shorthand flag: '{letter}' in -{letters}"))?;
            let rest = &letters[at + letter.len_utf8()..];
            let value = match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if rest.is_empty()
                    || matches!(flag.takes, Takes::Switch | Takes::Maybe(_)) =>
                {
                    None
                }
                None => Some(rest),
            };
            self.add(flag, value, next, || format!("'{letter}' in -{letters}"))?;
            if value.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn add<'w>(
        &mut self,
        flag: &'static Flag,
        value: Option<&'w str>,
        next: &mut impl FnMut() -> Option<&'w str>,
        name: impl Fn() -> String,
    ) -> Result<(), String> {
        let value = match (value, flag.takes) {
            (Some(value), _) => value,
            (None, Takes::Switch) => "true",
            (None, Takes::Maybe(value)) => value,
            (None, _) => next().ok_or_else(|| format!("flag needs an argument: {}", name()))?,
        };
        let problem = match flag.takes {
            Takes::Switch if !matches!(value, "true" | "false") => {
                Some(format!("strconv.ParseBool: parsing \"{value}\": invalid syntax"))
            }
            Takes::Number if value.parse::<i32>().is_err() => {
                let digits = value.strip_prefix('-').unwrap_or(value);
                let numeric = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                let why = if numeric { "value out of range" } else { "invalid syntax" };
                Some(format!("strconv.ParseInt: parsing \"{value}\": {why}"))
            }
            Takes::Duration => age::parse_duration(value).err(),
            _ => None,
        };
        if let Some(problem) = problem {
            let name = match flag.short {
                Some(short) => format!("-{short}, --{}", flag.long),
                None => format!("--{}", flag.long),
            };
            return Err(format!("invalid argument \"{value}\" for \"{name}\" flag: {problem}"));
        }
        self.given.push((flag.long, value.to_owned()));
        Ok(())
    }

    /// Takes the first `count` words away: those of the verb.
    pub(crate) fn drop_words(&mut self, count: usize) {
        self.words.drain(..count.min(self.words.len()));
        self.dash = self.dash.map(|dash| dash.saturating_sub(count));
    }

    /// Words before `--` and behind it.
    pub(crate) fn around_dash(&self) -> (&[String], &[String]) {
        self.words.split_at(self.dash.unwrap_or(self.words.len()))
    }

    /// Whether a switch is on.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value != "false")
    }

    /// The last value of a flag.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// All values of a flag.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.given.iter().filter(move |(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> Option<i32> {
        self.text(name).and_then(|value| value.parse().ok())
    }

    /// A length of time; None if it is absent, zero or below, which are mostly the same to kubectl.
    pub(crate) fn duration(&self, name: &str) -> Option<SimDuration> {
        let length = self.text(name).and_then(|text| age::parse_duration(text).ok()).flatten();
        length.filter(|length| *length != SimDuration::ZERO)
    }

    /// `--dry-run`, or what is wrong with its value.
    pub(crate) fn dry_run(&self) -> Result<DryRun, Failure> {
        match self.text("dry-run") {
            None | Some("none" | "false") => Ok(DryRun::No),
            Some("client" | "unchanged" | "true") => Ok(DryRun::Client),
            Some("server") => Ok(DryRun::Server),
            Some(other) => Err(Failure::error(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }
}

/// `--dry-run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DryRun {
    /// The change is made.
    No,
    /// `client`.
    Client,
    /// `server`.
    Server,
}

impl DryRun {
    /// What kubectl adds to its messages.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}
