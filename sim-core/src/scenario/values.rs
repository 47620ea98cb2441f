//! `values:` of a release and of the database: forms of the values in columns (EC-6).

use std::collections::BTreeMap;

use crate::application::release::ReleaseValues;
use crate::database::values::{MOST, PLAIN};
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::scenario::ColumnValues;

/// What a release writes and understands.
pub(super) fn of_release(
    application: &Cursor<'_>,
    has_schema: bool,
    findings: &mut Findings,
) -> BTreeMap<String, ReleaseValues> {
    if let (Some(values), false) = (application.get("values"), has_schema) {
        let message = format!("{}: the database has no schema, so it has no effect", values.path);
        findings.fix(values.position(), message, "name it: database: {schema: schema.sql}");
    }
    let read = |cursor: &Cursor<'_>| ReleaseValues {
        writes: cursor.text("writes").unwrap_or(PLAIN).to_owned(),
        reads: cursor.get("reads").map(|_| cursor.texts("reads")),
    };
    columns(application, findings).map(|(column, cursor)| (column, read(&cursor))).collect()
}

/// What the database holds.
pub(super) fn of_database(
    database: &Cursor<'_>,
    findings: &mut Findings,
) -> BTreeMap<String, ColumnValues> {
    let form = |cursor: &Cursor<'_>, name| cursor.text(name).unwrap_or(PLAIN).to_owned();
    let read = |cursor: &Cursor<'_>| ColumnValues {
        holds: form(cursor, "holds"),
        computed: form(cursor, "computed"),
    };
    columns(database, findings).map(|(column, cursor)| (column, read(&cursor))).collect()
}

/// The entries of `values`, whose keys must name columns. Which there are depends on the migrations.
fn columns<'c>(
    owner: &Cursor<'c>,
    findings: &mut Findings,
) -> impl Iterator<Item = (String, Cursor<'c>)> {
    let map = owner.get("values");
    let entries = map.as_ref().map(|map| map.entries()).unwrap_or_default();
    if let (Some(map), true) = (&map, MOST / 4 < entries.len()) {
        let message = format!("{}: more than {} columns", map.path, MOST / 4);
        findings.fix(map.position(), message, "name those that releases disagree about");
    }
    let mut named = Vec::new();
    for (key, cursor) in entries.into_iter().take(MOST / 4) {
        let name = &key.text;
        match name.split_once('.') {
            Some((table, column)) if !table.is_empty() && !column.is_empty() => {
                named.push((name.clone(), cursor));
            }
            _ => {
                let message = format!("values: {:?} names no column", shorten(name));
                findings.fix(key.position, message, "write TABLE.COLUMN, as in orders.total");
            }
        }
    }
    named.into_iter()
}
