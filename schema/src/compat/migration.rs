//! Running a migration as a tool does: in one transaction, unless it cannot.

use sqlparser::ast;

use crate::catalog::Schema;
use crate::compat::{Failure, Held, Migration};
use crate::ddl;
use crate::sql::Statement;

/// A migration that has been applied.
pub(super) struct Applied {
    pub(super) schema: Schema,
    /// What it held while it worked.
    pub(super) held: Held,
    pub(super) notes: Vec<String>,
}

pub(super) fn run(schema: &Schema, migration: &Migration) -> Result<Applied, Failure> {
    let statements = &migration.script.statements;
    let in_transaction = is_in_transaction(statements);
    let mut applied = Applied { schema: schema.clone(), held: Held::default(), notes: Vec::new() };
    for statement in statements {
        match ddl::apply(&applied.schema, &statement.ast, in_transaction) {
            Ok((next, effect)) => {
                applied.notes.extend(effect.notes.iter().cloned());
                applied.held.add(statement, &effect, in_transaction);
                applied.schema = next;
            }
            Err(fault) => return Err(Failure::of(statement, &fault)),
        }
    }
    Ok(applied)
}

/// Whether a tool runs a file in a transaction: it does not if none of it may be in one, and refuses a
/// mix (FW-09).
pub(super) fn is_in_transaction(statements: &[Statement]) -> bool {
    !statements.iter().all(runs_outside)
}

fn runs_outside(statement: &Statement) -> bool {
    matches!(&statement.ast, ast::Statement::CreateIndex(index) if index.concurrently)
}
