//! Names and checksums of migration files, as Flyway has them (FW-01, FW-03).

use std::cmp::Ordering;
use std::fmt;

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// `V2__add_total.sql`: runs once, in the order of versions.
    Versioned(Version, String),
    /// `R__views.sql`: runs again when its text changes, after the versioned ones.
    Repeatable(String),
}

/// A version: numbers between dots or underscores.
#[derive(Clone, Debug)]
pub struct Version(Vec<u64>);

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
            Some(("V", "")) => Err(format!("a versioned migration needs a version: {wanted}")),
            Some(("V", version)) => {
                let version = Version::parse(version);
                let version = version.ok_or_else(|| format!("{head} has no version: {wanted}"))?;
                Ok(Self::Versioned(version, description))
            }
            Some(("R", "")) => Ok(Self::Repeatable(description)),
            Some(("R", _)) => Err(format!("a repeatable migration has no version: {wanted}")),
            _ => Err(wanted.to_owned()),
        }
    }

    /// The order in which files run.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Versioned(a, _), Self::Versioned(b, _)) => a.cmp(b),
            (Self::Repeatable(a), Self::Repeatable(b)) => a.cmp(b),
            (Self::Versioned(..), Self::Repeatable(_)) => Ordering::Less,
            (Self::Repeatable(_), Self::Versioned(..)) => Ordering::Greater,
        }
    }
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['.', '_']).map(|part| part.parse().ok());
        numbers.collect::<Option<Vec<u64>>>().map(Self)
    }

    /// The numbers that count: 1.0 is 1.
    fn significant(&self) -> &[u64] {
        let zeros = self.0.iter().rev().take_while(|number| **number == 0).count();
        &self.0[..self.0.len() - zeros]
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
        let numbers: Vec<String> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

/// The checksum of a file: CRC-32 of its lines without their ends, as a signed number (FW-03).
pub fn checksum(text: &str) -> i32 {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut hasher = crc32fast::Hasher::new();
    for line in text.split('\n').flat_map(|line| line.split('\r')) {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_flyway_whatever_ends_a_line_fw_03_ofw_1_ofw_2() {
        for end in ["", "\n", "\r\n"] {
            assert_eq!(checksum(&format!("CREATE TABLE t (id int);{end}")), 92_137_680);
            let two = ["ALTER TABLE t ADD COLUMN email text;", "CREATE INDEX i ON t(email);"];
            assert_eq!(checksum(&two.join(if end.is_empty() { "\n" } else { end })), 355_540_437);
        }
        assert_eq!(checksum("\u{feff}CREATE TABLE t (id int);"), 92_137_680);
        assert_ne!(checksum("CREATE TABLE t (id int) ;"), 92_137_680);
    }

    #[test]
    fn names_are_read_as_flyway_reads_them_fw_01() {
        let versioned = |name: &str| match Name::parse(name) {
            Ok(Name::Versioned(version, description)) => (version.to_string(), description),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(versioned("V2__add_total.sql"), ("2".into(), "add total".into()));
        assert_eq!(versioned("V1.10__a.sql"), ("1.10".into(), "a".into()));
        assert_eq!(versioned("V1_10__a_b__c.sql"), ("1.10".into(), "a b  c".into()));
        assert_eq!(Name::parse("R__views.sql"), Ok(Name::Repeatable("views".into())));
        for bad in ["V__x.sql", "R1__x.sql", "V2_x.sql", "V2__x.txt", "2__x.sql", "Vx__y.sql", "é"]
        {
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
