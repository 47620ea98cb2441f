//! Which releases may run side by side: both work, and each can read what the other writes (EC-2, EC-6).

use std::collections::BTreeSet;

use crate::catalog::Schema;
use crate::compat::{Checked, Pair, Release, Status};

/// What a release touches by all its statements.
#[derive(Default)]
struct Touched<'a> {
    reads: BTreeSet<(&'a str, &'a str)>,
    writes: BTreeSet<(&'a str, &'a str)>,
    inserts: BTreeSet<&'a str>,
}

impl<'a> Touched<'a> {
    fn by(checked: &'a Checked) -> Self {
        let mut all = Self::default();
        for access in checked.accesses.iter().flatten() {
            let pair = |(table, column): &'a (String, String)| (table.as_str(), column.as_str());
            all.reads.extend(access.reads.iter().map(pair));
            all.writes.extend(access.writes.iter().map(pair));
            all.inserts.extend(access.inserts.iter().map(String::as_str));
        }
        all
    }
}

pub(super) fn pairs(schema: &Schema, releases: &[Release], checked: &[Checked]) -> Vec<Pair> {
    let touched: Vec<Touched<'_>> = checked.iter().map(Touched::by).collect();
    let all: Vec<_> = releases.iter().zip(checked).zip(&touched).collect();
    let mut pairs = Vec::new();
    for (index, ((one, first), touched)) in all.iter().enumerate() {
        for ((other, second), also) in &all[index + 1..] {
            let broken =
                [(one, first), (other, second)].into_iter().find_map(|(release, checked)| {
                    let fault = checked.fault.as_ref()?;
                    let how = match fault.status {
                        Status::Breaks => "fails",
                        _ => "is not known",
                    };
                    Some(format!("{} {how} on this schema", release.name))
                });
            let reason = broken
                .or_else(|| misread(schema, (one, touched), (other, also)))
                .or_else(|| misread(schema, (other, also), (one, touched)));
            let releases = (one.name.clone(), other.name.clone());
            pairs.push(Pair { releases, safe: reason.is_none(), reason });
        }
    }
    pairs
}

/// A column that the reader reads and fills itself, and that the writer leaves empty in its new rows.
fn misread(
    schema: &Schema,
    (writer, written): (&Release, &Touched<'_>),
    (reader, read): (&Release, &Touched<'_>),
) -> Option<String> {
    for table in &written.inserts {
        for column in &schema.tables.get(*table)?.columns {
            let key = (*table, column.name.as_str());
            let filled = column.generated.is_some()
                || column.default.as_ref().is_some_and(|default| !default.null)
                || written.writes.contains(&key);
            if !filled && read.reads.contains(&key) && read.writes.contains(&key) {
                return Some(format!(
                    "{} reads {table}.{}, which is null in the rows that {} writes",
                    reader.name, column.name, writer.name
                ));
            }
        }
    }
    None
}
