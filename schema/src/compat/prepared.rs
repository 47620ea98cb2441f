//! Statements that a release has prepared before a migration (PG-42).

use crate::compat::{Checked, Release};
use crate::engine::Engine;

/// What happens once to each connection that has prepared a statement whose result has other columns since.
/// MySQL prepares such a statement again by itself.
pub(super) fn notes(
    engine: Engine,
    releases: &[Release],
    (before, after): (&[Checked], &[Checked]),
) -> Vec<String> {
    if engine != Engine::Postgresql {
        return Vec::new();
    }
    let changed = |(release, (before, after)): (&Release, (&Checked, &Checked))| {
        let mut accesses = before.accesses.iter().zip(&after.accesses);
        let differs = accesses.position(|both| match both {
            (Some(before), Some(after)) => before.returns != after.returns,
            _ => false,
        })?;
        let text = &release.script.statements[differs];
        Some(format!(
            "{}: where it has been prepared, \"{}\" fails once on each connection with 0A000: cached \
             plan must not change result type",
            release.name, text.text
        ))
    };
    releases.iter().zip(before.iter().zip(after)).filter_map(changed).collect()
}
