//! What a migration does to the releases that are live, statement by statement.

use crate::catalog::Schema;
use crate::compat::blocking::Held;
use crate::compat::migration::is_in_transaction;
use crate::compat::{Cell, Failure, Migration, Release, Status, Verdicts, check};
use crate::ddl;

/// A release that works before a statement of a migration, and not after it or not meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The release.
    pub release: String,
    /// How it fares.
    pub cell: Cell,
    /// Where the statement of the migration begins: line and column.
    pub place: (u64, u64),
}

/// Applies a migration; what it does to live releases.
pub fn consequences(
    schema: &Schema,
    releases: &[Release],
    migration: &Migration,
) -> Result<(Schema, Vec<Consequence>), Failure> {
    let statements = &migration.script.statements;
    let in_transaction = is_in_transaction(schema.engine, statements);
    let breaks = |schema: &Schema, release: &Release| {
        check(schema, release, &mut Verdicts::new())
            .fault
            .filter(|cell| cell.status == Status::Breaks)
    };
    let (mut schema, mut held, mut found) = (schema.clone(), Held::new(schema.engine), Vec::new());
    let works = |release: &&Release| breaks(&schema, release).is_none();
    let mut working: Vec<&Release> = releases.iter().filter(works).collect();
    for statement in statements {
        let applied = ddl::apply(&schema, &statement.ast, in_transaction);
        let (next, effect) = applied.map_err(|fault| Failure::of(statement, &fault))?;
        held.add(statement, &effect, in_transaction);
        schema = next;
        working.retain(|release| {
            let Some(cell) = breaks(&schema, release) else { return true };
            let place = (statement.line, statement.column);
            found.push(Consequence { release: release.name.clone(), cell, place });
            false
        });
    }
    for release in working {
        if let Some(cell) =
            held.blocks(release, &check(&schema, release, &mut Verdicts::new()).accesses)
        {
            let place = cell.place.unwrap_or((1, 1));
            found.push(Consequence { release: release.name.clone(), cell, place });
        }
    }
    Ok((schema, found))
}
