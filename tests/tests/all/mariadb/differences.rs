//! Where MariaDB 10.11 is known to answer otherwise than MySQL 8.0. An entry that is never met fails the
//! test, so that the list cannot rot.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::judge::Outcome;

/// One refusal that both share under other numbers: MySQL's, MariaDB's, why.
const NUMBERS: &[(u16, u16, &str)] = &[
    (
        1824,
        1005,
        "no table to refer to; InnoDB of MariaDB says only that it cannot create the table",
    ),
    (1822, 1005, "no index to refer to, likewise"),
    (3734, 1005, "no column to refer to, likewise"),
    (3780, 1005, "columns of different types, likewise"),
    (1826, 1005, "a name of a foreign key that is taken, likewise"),
    (3730, 1451, "a table that is referred to is dropped; MariaDB answers as for its rows"),
    (3819, 4025, "a check is violated; both invented checks after they had parted"),
    (3822, 1826, "a name of a check that is taken, likewise"),
    (3940, 1091, "no constraint to drop; MariaDB answers as for a column"),
    (1828, 1553, "a column that a foreign key needs; MariaDB speaks of its index"),
    (1828, 1072, "a column that a foreign key and a key need; MariaDB looks at the key first"),
    (3108, 1054, "a column that a generated one needs; MariaDB no longer finds it"),
    (
        3108,
        0,
        "a column that a generated one needs gets another name; MariaDB renames it there, too",
    ),
    (1170, 0, "a key over a text without a length; MariaDB takes as much as fits"),
    (1170, 1071, "likewise in a key over several columns; MariaDB finds it too long"),
    (1101, 0, "a text with a default; MariaDB allows it"),
    (1101, 1060, "a text with a default, and a name that is taken; MariaDB tells of the name"),
    (1366, 1366, "no number in a text; only the SQLSTATE is another, HY000 and 22007"),
    (1525, 0, "a text that is no time is compared with one; MariaDB only warns"),
    (3105, 1906, "a value for a generated column"),
    (
        3105,
        1364,
        "a value for a generated column, and none for another; MariaDB tells of the other",
    ),
    (1093, 0, "a change reads its own table; MariaDB copies what it reads"),
];

/// Statements that only one of them takes, by a part of their text: MySQL's outcome if it matters,
/// MariaDB's, why. Zero is success.
const STATEMENTS: &[(&str, Option<u16>, u16, &str)] = &[
    (
        "int DEFAULT CURRENT_TIMESTAMP",
        Some(1067),
        1264,
        "MariaDB takes the default and fails to store it",
    ),
    (
        "int DEFAULT CURRENT_TIMESTAMP",
        Some(1067),
        1060,
        "MariaDB takes the default and finds the column first",
    ),
    ("DROP COLUMN position", Some(0), 1072, "MariaDB keeps columns that a key over several needs"),
    (
        "`lines` DROP PRIMARY KEY",
        Some(1553),
        1025,
        "MariaDB fails only when InnoDB renames the copy",
    ),
    ("AS fresh ON DUPLICATE", None, 1064, "MariaDB has no alias of new rows"),
    (
        "SELECT id, code, count(*) FROM orders GROUP BY id",
        Some(0),
        1055,
        "MariaDB does not see that all columns depend on a key",
    ),
];

/// The entries that have been met.
#[derive(Debug, Default)]
pub(super) struct Met(RefCell<BTreeSet<String>>);

impl Met {
    /// Whether the two outcomes of the last statement differ as they are known to.
    pub(super) fn explains(&self, sql: &str, model: &Outcome, server: &Outcome) -> bool {
        let sql = sql.trim_end_matches("; ").rsplit("; ").next().unwrap_or(sql);
        let number = |outcome: &Outcome| outcome.as_ref().err().map_or(0, |(number, _)| *number);
        let (mysql, mariadb) = (number(model), number(server));
        let numbers = NUMBERS.iter().find(|(a, b, _)| (*a, *b) == (mysql, mariadb));
        let statement = STATEMENTS.iter().find(|(part, a, b, _)| {
            a.unwrap_or(mysql) == mysql && *b == mariadb && sql.contains(part)
        });
        let key = match (numbers, statement) {
            (Some((a, b, _)), _) => format!("{a} {b}"),
            (_, Some((part, _, b, _))) => format!("{part} {b}"),
            _ => return false,
        };
        self.0.borrow_mut().insert(key);
        true
    }

    /// Prints the differences with their reasons; each must have been met.
    #[track_caller]
    pub(super) fn print(&self) {
        let met = self.0.borrow();
        let mut unmet = Vec::new();
        for (a, b, why) in NUMBERS {
            println!("  known to differ: {a} is {b} in MariaDB: {why}");
            unmet.extend((!met.contains(&format!("{a} {b}"))).then(|| format!("{a} {b}")));
        }
        for (part, _, b, why) in STATEMENTS {
            println!("  known to differ: `{part}` ends with {b} in MariaDB: {why}");
            let key = format!("{part} {b}");
            unmet.extend((!met.contains(&key)).then_some(key));
        }
        assert!(unmet.is_empty(), "listed as different, and never so: {unmet:?}");
    }
}
