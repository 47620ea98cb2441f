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

/// The statement that writes a row.
fn row(entry: &Entry) -> String {
    let null = |text: &Option<String>| text.as_ref().map_or("NULL".to_owned(), |text| quoted(text));
    let values = [
        ("COMMENTS", quoted(&entry.comments)),
        ("CONTEXTS", null(&entry.contexts)),
        ("DATEEXECUTED", "NOW()".to_owned()),
        ("DEPLOYMENT_ID", quoted(&entry.deployment)),
        ("DESCRIPTION", quoted(&entry.description)),
        ("EXECTYPE", quoted(entry.kind.text())),
        ("LABELS", null(&entry.labels)),
        ("LIQUIBASE", quoted(VERSION)),
        ("MD5SUM", null(&entry.checksum)),
        ("ORDEREXECUTED", entry.order.to_string()),
    ];
    let key = [("ID", &entry.id), ("AUTHOR", &entry.author), ("FILENAME", &entry.filename)];
    if entry.kind == ExecType::Reran {
        let set = values.map(|(name, value)| format!("{name} = {value}")).join(", ");
        let is = key.map(|(name, value)| format!("{name} = {}", quoted(value))).join(" AND ");
        return format!("UPDATE public.databasechangelog SET {set} WHERE {is};\n\n");
    }
    let key = key.map(|(name, value)| (name, quoted(value)));
    let (names, values): (Vec<_>, Vec<_>) = key.into_iter().chain(values).unzip();
    format!(
        "INSERT INTO public.databasechangelog ({}) VALUES ({});\n\n",
        names.join(", "),
        values.join(", ")
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
