//! Statements that a release has prepared before a migration (PG-42).

use crate::catalog::Schema;
use crate::compat::Release;
use crate::engine::Engine;
use crate::query;

/// What happens once to each connection that has prepared a statement whose result has other columns since.
/// MySQL prepares such a statement again by itself.
pub(super) fn notes(before: &Schema, after: &Schema, releases: &[Release]) -> Vec<String> {
    if before.engine != Engine::Postgresql {
        return Vec::new();
    }
    let changed = |release: &Release| {
        let mut statements = release.script.statements.iter();
        let text = &statements.find(|one| {
            let returns = |schema| query::check(schema, &one.ast).map(|access| access.returns);
            matches!((returns(before), returns(after)), (Ok(old), Ok(new)) if old != new)
        })?;
        Some(format!(
            "{}: where it has been prepared, \"{}\" fails once on each connection with 0A000: cached \
             plan must not change result type",
            release.name, text.text
        ))
    };
    releases.iter().filter_map(changed).collect()
}
