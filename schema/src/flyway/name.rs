//! Names of migration files (FW-01).

use std::cmp::Ordering;
use std::fmt;

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// `V2__add_total.sql`: runs once, in the order of versions.
    Versioned(Version, String),
    /// `U2__add_total.sql`: takes the migration of this version back.
    Undo(Version, String),
    /// `R__views.sql`: runs again when its text changes, after the versioned ones.
    Repeatable(String),
}

/// A version: numbers between dots or underscores, which it keeps as they were written.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: Vec<u64>,
    text: String,
}

impl Name {
    /// Reads the name of a file, without its folder.
    pub fn parse(file: &str) -> Result<Self, String> {
        let wanted = "write V<version>__<description>.sql, such as V2__add_total.sql, or \
                      R__<description>.sql";
        let stem = file.strip_suffix(".sql").ok_or_else(|| wanted.to_owned())?;
        let Some((head, description)) = stem.split_once("__") else {
            return Err(wanted.to_owned());
        };
        let description = description.replace('_', " ");
        match head.split_at_checked(1) {
            Some(("V" | "U", "")) => {
                Err(format!("a versioned migration needs a version: {wanted}"))
            }
            Some((kind @ ("V" | "U"), version)) => {
                let version = Version::parse(version);
                let version = version.ok_or_else(|| format!("{head} has no version: {wanted}"))?;
                Ok(match kind {
                    "V" => Self::Versioned(version, description),
                    _ => Self::Undo(version, description),
                })
            }
            Some(("R", "")) => Ok(Self::Repeatable(description)),
            Some(("R", _)) => Err(format!("a repeatable migration has no version: {wanted}")),
            _ => Err(wanted.to_owned()),
        }
    }

    /// The order in which files run; what takes a version back stands behind it.
    pub fn order(&self, other: &Self) -> Ordering {
        let key = |name: &Self| match name {
            Self::Versioned(version, _) => (0, Some(version.clone()), 0, String::new()),
            Self::Undo(version, _) => (0, Some(version.clone()), 1, String::new()),
            Self::Repeatable(description) => (1, None, 0, description.clone()),
        };
        key(self).cmp(&key(other))
    }

    /// The version, if it has one.
    pub fn version(&self) -> Option<&Version> {
        match self {
            Self::Versioned(version, _) | Self::Undo(version, _) => Some(version),
            Self::Repeatable(_) => None,
        }
    }

    /// What it is called, in words.
    pub fn description(&self) -> &str {
        match self {
            Self::Versioned(_, words) | Self::Undo(_, words) | Self::Repeatable(words) => words,
        }
    }
}

impl Version {
    /// Reads a version: `2`, `1.10`, `1_10`.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['.', '_']).map(|part| part.parse().ok());
        Some(Self { numbers: numbers.collect::<Option<_>>()?, text: text.replace('_', ".") })
    }

    /// `baselineVersion` if nothing is said (FW-04).
    pub(super) fn first() -> Self {
        Self { numbers: vec![1], text: "1".to_owned() }
    }

    /// The numbers that count: 1.0 is 1.
    fn significant(&self) -> &[u64] {
        let zeros = self.numbers.iter().rev().take_while(|number| **number == 0).count();
        &self.numbers[..self.numbers.len() - zeros]
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.significant() == other.significant()
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.significant().cmp(other.significant())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_flyway_reads_them_fw_01() {
        let versioned = |name: &str| match Name::parse(name) {
            Ok(Name::Versioned(version, description)) => (version.to_string(), description),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(versioned("V2__add_total.sql"), ("2".into(), "add total".into()));
        assert_eq!(versioned("V1.10__a.sql"), ("1.10".into(), "a".into()));
        assert_eq!(versioned("V1_10__a_b__c.sql"), ("1.10".into(), "a b  c".into()));
        assert_eq!(versioned("V001__a.sql").0, "001");
        let undo = Name::parse("U2__add_total.sql");
        assert!(matches!(undo, Ok(Name::Undo(version, _)) if version.to_string() == "2"));
        assert_eq!(Name::parse("R__views.sql"), Ok(Name::Repeatable("views".into())));
        for bad in [
            "V__x.sql",
            "R1__x.sql",
            "V2_x.sql",
            "V2__x.txt",
            "U__x.sql",
            "2__x.sql",
            "Vx__y.sql",
            "é",
        ] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn versions_are_compared_by_number_fw_01() {
        let mut names = ["R__b.sql", "V10__a.sql", "V2.1__a.sql", "V2__a.sql", "R__a.sql"];
        names.sort_by(|a, b| Name::parse(a).unwrap().order(&Name::parse(b).unwrap()));
        assert_eq!(names, ["V2__a.sql", "V2.1__a.sql", "V10__a.sql", "R__a.sql", "R__b.sql"]);
        let same = |a: &str, b: &str| Version::parse(a) == Version::parse(b);
        assert!(same("1.0", "1") && same("01", "1") && !same("1.1", "1.10"));
    }
}
