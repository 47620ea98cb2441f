//! Which releases may run side by side: both work, and each can read what the other writes (EC-2, EC-6).

use crate::catalog::Schema;
use crate::compat::{Checked, Pair, Release, Status};

pub(super) fn pairs(schema: &Schema, releases: &[Release], checked: &[Checked]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (index, (one, first)) in releases.iter().zip(checked).enumerate() {
        for (other, second) in releases.iter().zip(checked).skip(index + 1) {
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
                .or_else(|| misread(schema, (one, first), (other, second)))
                .or_else(|| misread(schema, (other, second), (one, first)));
            let releases = (one.name.clone(), other.name.clone());
            pairs.push(Pair { releases, safe: reason.is_none(), reason });
        }
    }
    pairs
}

/// A column that the reader reads and fills itself, and that the writer leaves empty in its new rows.
fn misread(
    schema: &Schema,
    (writer, written): (&Release, &Checked),
    (reader, read): (&Release, &Checked),
) -> Option<String> {
    for access in &written.accesses {
        for table in &access.inserts {
            for column in &schema.tables.get(table)?.columns {
                let key = (table.clone(), column.name.clone());
                let filled = column.generated.is_some()
                    || column.default.as_ref().is_some_and(|default| !default.null)
                    || written.accesses.iter().any(|access| access.writes.contains(&key));
                let needed = read.accesses.iter().any(|access| access.reads.contains(&key))
                    && read.accesses.iter().any(|access| access.writes.contains(&key));
                if needed && !filled {
                    return Some(format!(
                        "{} reads {table}.{}, which is null in the rows that {} writes",
                        reader.name, column.name, writer.name
                    ));
                }
            }
        }
    }
    None
}
