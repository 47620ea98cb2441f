//! The arguments of `liquibase`, and its file of settings.

use schema::liquibase::{Expression, list};

use crate::database::tool::liquibase::{POLL, WAIT};
use crate::time::SimDuration;

/// Commands that are modelled, each with the argument that it needs.
pub(super) const COMMANDS: [(&str, Option<&str>); 13] = [
    ("clear-checksums", None),
    ("history", None),
    ("list-locks", None),
    ("release-locks", None),
    ("rollback", Some("tag")),
    ("rollback-count", Some("count")),
    ("rollback-to-date", Some("date")),
    ("status", None),
    ("tag", Some("tag")),
    ("update", None),
    ("update-count", Some("count")),
    ("update-sql", None),
    ("validate", None),
];

/// Options that have an effect.
pub(super) const OPTIONS: [&str; 13] = [
    "--changelog-file=",
    "--changelog-lock-poll-rate=",
    "--changelog-lock-wait-time-in-minutes=",
    "--contexts=",
    "--count=",
    "--date=",
    "--defaults-file=",
    "--label-filter=",
    "--log-level=",
    "--tag=",
    "--url=",
    "--username=",
    "--verbose",
];

/// Options that have none here.
const WITHOUT_EFFECT: [&str; 8] = [
    "classpath",
    "defaultschemaname",
    "driver",
    "headless",
    "password",
    "showbanner",
    "showsummary",
    "verbose",
];

/// What stands at the end of every complaint about arguments.
const HELP: &str = "For detailed help, try 'liquibase --help' or 'liquibase <command-name> --help'";

/// The arguments.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) command: String,
    pub(super) changelog: Option<String>,
    pub(super) url: Option<String>,
    pub(super) user: String,
    pub(super) contexts: Vec<String>,
    pub(super) labels: Option<Expression>,
    /// The tag, number or date that the command needs.
    pub(super) argument: String,
    /// Whether what is logged at level INFO is shown.
    pub(super) talks: bool,
    pub(super) wait: SimDuration,
    pub(super) poll: SimDuration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            command: String::new(),
            changelog: None,
            url: None,
            user: "postgres".to_owned(),
            contexts: Vec::new(),
            labels: None,
            argument: String::new(),
            talks: false,
            wait: WAIT,
            poll: POLL,
        }
    }
}

/// The file of settings that is wanted.
pub(super) fn defaults_file(words: &[String]) -> &str {
    let named = words.iter().find_map(|word| word.strip_prefix("--defaults-file="));
    named.unwrap_or("liquibase.properties")
}

impl Options {
    /// Reads the file of settings, then those in front of the command, then the arguments, which count most.
    pub(super) fn parse(
        words: &[String],
        file: Option<&str>,
        settings: &[(String, String)],
    ) -> Result<Self, String> {
        let mut options = Self::default();
        for (number, line) in (1..).zip(file.unwrap_or_default().lines().map(str::trim)) {
            if line.is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            let Some((name, value)) = line.split_once(['=', ':']) else {
                return Err(format!(
                    "liquibase.properties:{number}: write NAME: VALUE or NAME=VALUE"
                ));
            };
            options.set(name.trim(), value.trim())?;
        }
        for (name, value) in settings {
            if name.starts_with("LIQUIBASE_") {
                options.set(name, value)?;
            }
        }
        options.arguments(words)?;
        Ok(options)
    }

    fn arguments(&mut self, words: &[String]) -> Result<(), String> {
        let mut words = words.iter().peekable();
        let mut given = None;
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix("--") else {
                match self.command.is_empty() {
                    true => self.command = command(word)?.to_owned(),
                    false if given.is_none() => given = Some(word.clone()),
                    false => return Err(format!("Unexpected argument(s): {word}\n\n{HELP}")),
                }
                continue;
            };
            match option.split_once('=') {
                Some((name, value)) => self.set(name, value)?,
                None if matches!(option, "verbose" | "headless") => {}
                None => match words.next() {
                    Some(value) => self.set(option, value)?,
                    None => return Err(missing(option)),
                },
            }
        }
        if let Some(given) = given {
            self.argument = given;
        }
        let needed = COMMANDS.iter().find(|(name, _)| *name == self.command);
        match needed.and_then(|(_, needed)| *needed) {
            Some(needed) if self.argument.is_empty() => Err(missing(needed)),
            _ => Ok(()),
        }
    }

    /// `changelogFile`, `liquibase.command.changelogFile`, `LIQUIBASE_COMMAND_CHANGELOG_FILE` and
    /// `--changelog-file` are one.
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let plain = name.to_lowercase().replace(['-', '_', '.'], "");
        let plain = plain.strip_prefix("liquibase").unwrap_or(&plain);
        let plain = plain.strip_prefix("command").unwrap_or(plain);
        let number = || {
            value
                .parse::<u32>()
                .map_err(|_| format!("Invalid value '{value}' for '{name}'; write a number"))
        };
        match plain {
            "changelogfile" => self.changelog = Some(value.to_owned()),
            "url" => self.url = Some(value.to_owned()),
            "username" => value.clone_into(&mut self.user),
            "contexts" | "contextfilter" => self.contexts = list(value),
            "labels" | "labelfilter" => self.labels = Expression::parse(value)?,
            "tag" | "count" | "date" => value.clone_into(&mut self.argument),
            "loglevel" => {
                let level = value.to_lowercase();
                self.talks = matches!(level.as_str(), "info" | "fine" | "debug");
            }
            "changeloglockwaittimeinminutes" => {
                self.wait = SimDuration::from_secs(u64::from(number()?) * 60);
            }
            "changeloglockpollrate" => {
                self.poll = SimDuration::from_secs(u64::from(number()?.max(1)));
            }
            "defaultsfile" => {}
            plain if WITHOUT_EFFECT.contains(&plain) => {}
            _ => return Err(format!("Unexpected argument(s): --{name}\n\n{HELP}")),
        }
        Ok(())
    }
}

/// The name of a command, which may be written as before version 4: `releaseLocks`.
fn command(word: &str) -> Result<&'static str, String> {
    let plain = |name: &str| name.replace('-', "").to_lowercase();
    let found = COMMANDS.iter().find(|(name, _)| plain(name) == plain(word));
    let unknown = || {
        let names = COMMANDS.map(|(name, _)| name).join(", ");
        format!("Unexpected argument(s): {word}\n\n{HELP}\nnote: modelled are {names}")
    };
    found.map(|(name, _)| *name).ok_or_else(unknown)
}

/// What Liquibase says of an argument that is not there.
pub(super) fn missing(name: &str) -> String {
    format!(
        "Error parsing command line: Invalid argument '--{name}': missing required argument\n\n{HELP}"
    )
}
