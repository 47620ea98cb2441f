//! `update-sql`: what `update` would send, as text (LQ-02, 04).

use crate::liquibase::VERSION;
use crate::liquibase::changeset::{Change, ChangeSet};
use crate::liquibase::history::{Entry, ExecType, History};
use crate::liquibase::plan::State;

/// Statements for everything that is due, between those that take and free the lock.
pub fn update_sql(
    sets: &[ChangeSet],
    (states, history): (&[State], &History),
    (changelog, address, host): (&str, &str, &str),
    (ran_at, deployment): (&str, &str),
) -> String {
    let rule = format!("-- {}", "*".repeat(69));
    let mut text = format!(
        "-- Lock Database\nUPDATE public.databasechangeloglock SET LOCKED = TRUE, LOCKEDBY = {}, LOCKGRANTED = \
         NOW() WHERE ID = 1 AND LOCKED = FALSE;\n\n{rule}\n-- Update Database Script\n{rule}\n-- Change Log: \
         {changelog}\n-- Ran at: {ran_at}\n-- Against: {address}\n-- Liquibase version: {VERSION}\n{rule}\n\n",
        quoted(host)
    );
    let mut order = history.next_order();
    for (set, state) in sets.iter().zip(states) {
        let State::Due(kind) = state else { continue };
        text += &format!("-- Changeset {}\n", set.name());
        if !set.comments.is_empty() {
            text += &format!("-- {}\n", set.comments);
        }
        for change in &set.changes {
            if let Change::Sql(sql) = change {
                text += &format!("{};\n\n", sql.plain().trim_end().trim_end_matches(';'));
            }
        }
        text += &row(&Entry { order, ..Entry::of(set, *kind, deployment) });
        order += 1;
    }
    text + "-- Release Database Lock\nUPDATE public.databasechangeloglock SET LOCKED = FALSE, LOCKEDBY = NULL, \
            LOCKGRANTED = NULL WHERE ID = 1;\n\n"
}

/// The statement that writes a row: one that was run again is updated, column by column in their alphabet.
fn row(entry: &Entry) -> String {
    let null = |text: &Option<String>| text.as_ref().map_or("NULL".to_owned(), |text| quoted(text));
    let mut values = vec![
        ("ID", quoted(&entry.id)),
        ("AUTHOR", quoted(&entry.author)),
        ("FILENAME", quoted(&entry.filename)),
        ("DATEEXECUTED", "NOW()".to_owned()),
        ("ORDEREXECUTED", entry.order.to_string()),
        ("MD5SUM", null(&entry.checksum)),
        ("DESCRIPTION", quoted(&entry.description)),
        ("COMMENTS", quoted(&entry.comments)),
        ("EXECTYPE", quoted(entry.kind.text())),
        ("CONTEXTS", null(&entry.contexts)),
        ("LABELS", null(&entry.labels)),
        ("LIQUIBASE", quoted(VERSION)),
        ("DEPLOYMENT_ID", quoted(&entry.deployment)),
    ];
    let equal = |(name, value): &(&str, String)| format!("{name} = {value}");
    if entry.kind == ExecType::Reran {
        let key: Vec<String> = values.drain(..3).map(|one| equal(&one)).collect();
        values.sort_unstable();
        let set: Vec<String> = values.iter().map(equal).collect();
        let (set, key) = (set.join(", "), key.join(" AND "));
        return format!("UPDATE public.databasechangelog SET {set} WHERE {key};\n\n");
    }
    let (names, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    format!(
        "INSERT INTO public.databasechangelog ({}) VALUES ({});\n\n",
        names.join(", "),
        values.join(", ")
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
