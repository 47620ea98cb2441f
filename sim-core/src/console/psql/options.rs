//! The arguments of `psql`.

use std::slice::Iter;

use crate::console::psql::print::Style;
use crate::database::session::Limits;
use crate::database::set_limit;

/// Flags that are offered.
pub(super) const FLAGS: [&str; 9] = [
    "--command",
    "--dbname",
    "--expanded",
    "--file",
    "--no-align",
    "--set",
    "--single-transaction",
    "--tuples-only",
    "--username",
];
/// Short flags that take a value.
const VALUED: &str = "cdfhpUv";

/// What is to be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `-c`.
    Command(String),
    /// `-f`.
    File(String),
}

/// The arguments.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// What is executed, in order; standard input if there is nothing.
    pub(super) parts: Vec<Part>,
    /// The database.
    pub(super) database: Option<String>,
    /// The role.
    pub(super) user: Option<String>,
    /// `-1`.
    pub(super) one_transaction: bool,
    /// `ON_ERROR_STOP`.
    pub(super) stops: bool,
    /// How answers are printed.
    pub(super) style: Style,
    /// Limits from `PGOPTIONS`.
    pub(super) limits: Limits,
    /// `PGAPPNAME`.
    pub(super) application: Option<String>,
}

impl Options {
    pub(super) fn parse(words: &[String], settings: &[(String, String)]) -> Result<Self, String> {
        let mut options = Self::default();
        for (name, value) in settings {
            match name.as_str() {
                "PGDATABASE" => options.database = Some(value.clone()),
                "PGUSER" => options.user = Some(value.clone()),
                "PGAPPNAME" => options.application = Some(value.clone()),
                "PGOPTIONS" => options.server_options(value)?,
                _ => {}
            }
        }
        let mut words = words.iter();
        while let Some(word) = words.next() {
            for (flag, value) in split(word) {
                options.flag(&flag, value, &mut words)?;
            }
        }
        Ok(options)
    }

    fn flag(
        &mut self,
        flag: &str,
        value: Option<&str>,
        words: &mut Iter<'_, String>,
    ) -> Result<(), String> {
        let mut value = || {
            value.map(str::to_owned).or_else(|| words.next().cloned()).ok_or_else(|| {
                format!("psql: option requires an argument -- '{}'", flag.trim_start_matches('-'))
            })
        };
        match flag {
            "" => self.connect_to(&value()?),
            "-c" | "--command" => self.parts.push(Part::Command(value()?)),
            "-f" | "--file" => self.parts.push(Part::File(value()?)),
            "-d" | "--dbname" => self.connect_to(&value()?),
            "-U" | "--username" => self.user = Some(value()?),
            "-v" | "--set" | "--variable" => self.variable(&value()?),
            "-h" | "--host" | "-p" | "--port" => drop(value()?),
            "-1" | "--single-transaction" => self.one_transaction = true,
            "-t" | "--tuples-only" => self.style.tuples_only = true,
            "-A" | "--no-align" => self.style.aligned = false,
            "-x" | "--expanded" => self.style.expanded = true,
            "-q" | "--quiet" => self.style.quiet = true,
            "-X" | "--no-psqlrc" | "-w" | "--no-password" => {}
            _ => {
                return Err(format!(
                    "psql: unrecognized option '{flag}'\npsql: hint: Try \"help database\" for what \
                     there is."
                ));
            }
        }
        Ok(())
    }

    /// A name, or `postgresql://user@host/name`.
    fn connect_to(&mut self, text: &str) {
        let Some((_, rest)) = text.split_once("://") else {
            self.database = Some(text.to_owned());
            return;
        };
        let (place, name) = rest.split_once('/').unwrap_or((rest, ""));
        let user = place.split_once('@').map(|(user, _)| user.split(':').next().unwrap_or(user));
        self.user = user.map(str::to_owned).or(self.user.take());
        let name = name.split('?').next().filter(|name| !name.is_empty());
        self.database = name.map(str::to_owned).or(self.database.take());
    }

    fn variable(&mut self, text: &str) {
        let (name, value) = text.split_once('=').unwrap_or((text, "1"));
        if name == "ON_ERROR_STOP" {
            self.stops = !matches!(value, "0" | "off" | "false");
        }
    }

    /// `-c lock_timeout=2s -c statement_timeout=10s`.
    fn server_options(&mut self, text: &str) -> Result<(), String> {
        let words = text.split_whitespace().filter(|word| *word != "-c");
        for word in words.map(|word| word.trim_start_matches("-c").trim_start_matches("--")) {
            let Some((name, value)) = word.split_once('=') else { continue };
            set_limit(&mut self.limits, name, value).map_err(|error| {
                format!("psql: error: connection to server failed: FATAL:  {}", error.message)
            })?;
        }
        Ok(())
    }
}

/// The flags of a word, and the value that is written with the last one: `--file=x`, `-fx`, `-Atc`. A word
/// that is no flag is the value of an empty one.
fn split(word: &str) -> Vec<(String, Option<&str>)> {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((flag, value)) => vec![(flag.to_owned(), Some(value))],
            None => vec![(word.to_owned(), None)],
        };
    }
    let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
        return vec![(String::new(), Some(word))];
    };
    let mut flags = Vec::new();
    for (at, letter) in letters.char_indices() {
        let rest = &letters[at + letter.len_utf8()..];
        let value = Some(rest).filter(|rest| VALUED.contains(letter) && !rest.is_empty());
        flags.push((format!("-{letter}"), value));
        if value.is_some() {
            break;
        }
    }
    flags
}
