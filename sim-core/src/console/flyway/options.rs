//! The arguments of `flyway`, and its file of settings.

use schema::flyway::{Settings, Version};

/// Commands, in the order of Flyway's help.
pub(super) const COMMANDS: [&str; 7] =
    ["migrate", "clean", "info", "validate", "undo", "baseline", "repair"];

/// Settings that have an effect.
pub(super) const SETTINGS: [&str; 10] = [
    "-baselineDescription=",
    "-baselineOnMigrate=",
    "-baselineVersion=",
    "-ignoreMigrationPatterns=",
    "-locations=",
    "-mixed=",
    "-outOfOrder=",
    "-target=",
    "-user=",
    "-validateOnMigrate=",
];

/// Settings that have none here.
const WITHOUT_EFFECT: [&str; 8] =
    ["url", "password", "schemas", "defaultSchema", "connectRetries", "table", "encoding", "color"];

/// The arguments.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// What to do, in order.
    pub(super) commands: Vec<String>,
    /// The folders of migrations, as written.
    pub(super) locations: Vec<String>,
    /// The role.
    pub(super) user: Option<String>,
    /// What decides about migrations.
    pub(super) settings: Settings,
}

impl Options {
    /// Reads the file of settings, then the arguments, which count more.
    pub(super) fn parse(words: &[String], file: Option<&str>) -> Result<Self, String> {
        let mut options = Self::default();
        for line in file.unwrap_or_default().lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let setting = line.strip_prefix("flyway.").and_then(|rest| rest.split_once('='));
            let Some((name, value)) = setting else {
                return Err(format!(
                    "ERROR: flyway.conf: `{line}` is no setting; write flyway.NAME=VALUE"
                ));
            };
            options.set(name.trim(), value.trim())?;
        }
        for word in words {
            match word.strip_prefix('-').map(|flag| flag.split_once('=')) {
                Some(Some((name, value))) => options.set(name, value)?,
                Some(None) if matches!(word.as_str(), "-q" | "-X" | "-n") => {}
                Some(None) => return Err(format!("ERROR: Invalid flag: {word}")),
                None if COMMANDS.contains(&word.as_str()) => options.commands.push(word.clone()),
                None => return Err(format!("ERROR: Invalid operation: {word}")),
            }
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let switch = || match value {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(format!(
                "ERROR: Invalid value for {name} (should be either true or false): {value}"
            )),
        };
        match name {
            "outOfOrder" => self.settings.out_of_order = switch()?,
            "mixed" => self.settings.mixed = switch()?,
            "group" if switch()? => {
                return Err(
                    "ERROR: flyway.group is not modelled: each migration has a transaction \
                            of its own (FW-10)"
                        .to_owned(),
                );
            }
            "group" => {}
            "cleanDisabled" if !switch()? => {
                return Err(
                    "ERROR: flyway.cleanDisabled=false is not modelled: nothing here drops a whole \
                     schema"
                        .to_owned(),
                );
            }
            "cleanDisabled" => {}
            "validateOnMigrate" => self.settings.validate_on_migrate = switch()?,
            "locations" => self.locations = value.split(',').map(str::to_owned).collect(),
            "user" => self.user = Some(value.to_owned()),
            "target" if value == "latest" => self.settings.target = None,
            "target" => self.settings.target = Some(version(value.trim_end_matches('?'))?),
            "baselineOnMigrate" => self.settings.baseline_on_migrate = switch()?,
            "baselineVersion" => self.settings.baseline_version = version(value)?,
            "baselineDescription" => value.clone_into(&mut self.settings.baseline_description),
            "ignoreMigrationPatterns" => {
                let patterns = value.split(',').filter(|pattern| !pattern.is_empty());
                let pattern = |text: &str| {
                    let (kind, state) = text.split_once(':')?;
                    Some((kind.to_owned(), state.to_owned()))
                };
                let all: Option<Vec<_>> = patterns.map(pattern).collect();
                let wrong = || format!("ERROR: Invalid pattern '{value}'; write such as *:missing");
                self.settings.ignore = all.ok_or_else(wrong)?;
            }
            _ if WITHOUT_EFFECT.contains(&name) => {}
            _ => return Err(format!("ERROR: Unknown configuration property: flyway.{name}")),
        }
        Ok(())
    }
}

fn version(text: &str) -> Result<Version, String> {
    let wrong = || format!("ERROR: Invalid version containing non-numeric characters: {text}");
    Version::parse(text).ok_or_else(wrong)
}
