//! The arguments of `psql`.

use crate::console::psql::print::Style;
use crate::database::session::Limits;
use crate::database::set_limit;

/// Flags that are offered.
pub(super) const FLAGS: [&str; 8] = [
    "--command",
    "--dbname",
    "--file",
    "--no-align",
    "--set",
    "--single-transaction",
    "--tuples-only",
    "--username",
];

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
    /// The commands among them.
    pub(super) commands: Vec<String>,
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
            let (flag, mut value) = split(word);
            let takes = matches!(
                flag,
                "-c" | "--command"
                    | "-f"
                    | "--file"
                    | "-d"
                    | "--dbname"
                    | "-U"
                    | "--username"
                    | "-v"
                    | "--set"
                    | "--variable"
                    | "-h"
                    | "--host"
                    | "-p"
                    | "--port"
            );
            if takes && value.is_none() {
                value = words.next().map(String::as_str);
            }
            let missing = || {
                format!("psql: option requires an argument -- '{}'", flag.trim_start_matches('-'))
            };
            let value = || value.map(str::to_owned).ok_or_else(missing);
            match flag {
                "-c" | "--command" => {
                    options.commands.push(value()?);
                    options.parts.push(Part::Command(value()?));
                }
                "-f" | "--file" => options.parts.push(Part::File(value()?)),
                "-d" | "--dbname" => options.connect_to(&value()?),
                "-U" | "--username" => options.user = Some(value()?),
                "-v" | "--set" | "--variable" => options.variable(&value()?),
                "-h" | "--host" | "-p" | "--port" => drop(value()?),
                "-1" | "--single-transaction" => options.one_transaction = true,
                "-t" | "--tuples-only" => options.style.tuples_only = true,
                "-A" | "--no-align" => options.style.aligned = false,
                "-At" | "-tA" | "-Atc" | "-tAc" => {
                    (options.style.tuples_only, options.style.aligned) = (true, false);
                    if flag.ends_with('c') {
                        let sql = words.next().cloned().ok_or_else(missing)?;
                        options.commands.push(sql.clone());
                        options.parts.push(Part::Command(sql));
                    }
                }
                "-q" | "--quiet" => options.style.quiet = true,
                "-X" | "--no-psqlrc" | "-w" | "--no-password" => {}
                _ if flag.starts_with('-') => {
                    return Err(format!(
                        "psql: unrecognized option '{flag}'\npsql: hint: Try \"help database\" for \
                         what there is."
                    ));
                }
                _ => options.connect_to(word),
            }
        }
        Ok(options)
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

/// A flag and the value that is written with it: `--file=x`, `-fx`.
fn split(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word, None),
        };
    }
    let joined = word.len() > 2
        && ["-c", "-f", "-d", "-U", "-v", "-h", "-p"].iter().any(|flag| word.starts_with(flag));
    if joined { (&word[..2], Some(&word[2..])) } else { (word, None) }
}
