//! Running a migration as a tool does: in one transaction, unless it cannot. In MySQL it never can: every
//! statement that changes the schema commits (MY-05).

use sqlparser::ast;

use crate::catalog::Schema;
use crate::compat::{Failure, Held, Migration};
use crate::ddl;
use crate::engine::Engine;
use crate::sql::Statement;

/// A migration that has been applied.
pub(super) struct Applied {
    pub(super) schema: Schema,
    /// What it held while it worked.
    pub(super) held: Held,
    pub(super) notes: Vec<String>,
    /// Where it stopped, if it did.
    pub(super) failure: Option<Failure>,
}

pub(super) fn run(schema: &Schema, migration: &Migration) -> Applied {
    let statements = &migration.script.statements;
    let in_transaction = is_in_transaction(schema.engine, statements);
    let mut applied = Applied::nothing(schema);
    for (index, statement) in statements.iter().enumerate() {
        match ddl::apply(&applied.schema, &statement.ast, in_transaction) {
            Ok((next, effect)) => {
                let fresh = effect.notes.iter().filter(|note| !applied.notes.contains(note));
                let fresh: Vec<String> = fresh.cloned().collect();
                applied.notes.extend(fresh);
                applied.held.add(statement, &effect, in_transaction);
                applied.schema = next;
            }
            Err(fault) => {
                applied.failure = Some(Failure::of(statement, &fault));
                return applied.stopped(schema, index, statements.len());
            }
        }
    }
    applied.schema.foreign_keys_unchecked = false;
    applied.schema.unsafe_labels.clear();
    applied
}

impl Applied {
    fn nothing(schema: &Schema) -> Self {
        let (schema, held) = (schema.clone(), Held::new(schema.engine));
        Self { schema, held, notes: Vec::new(), failure: None }
    }

    /// What is left of a migration that fails: nothing where it is rolled back (PG-41), and everything
    /// before the failure where nothing is (MY-05).
    fn stopped(self, before: &Schema, done: usize, all: usize) -> Self {
        let failure = self.failure;
        match before.engine {
            Engine::Postgresql => Self { failure, ..Self::nothing(before) },
            Engine::Mysql => {
                let mut notes = self.notes;
                notes.push(format!(
                    "MySQL rolls no change of the schema back: {done} of {all} statements stay applied \
                     (MY-05), and Flyway records the failure and refuses to go on until `repair` (FW-08)"
                ));
                let schema = Schema { foreign_keys_unchecked: false, ..self.schema };
                Self { schema, notes, failure, ..self }
            }
        }
    }
}

/// Whether a tool runs a file in a transaction that lasts: it does not if none of it may be in one, and
/// refuses a mix (FW-09).
pub(super) fn is_in_transaction(engine: Engine, statements: &[Statement]) -> bool {
    engine == Engine::Postgresql && !statements.iter().all(runs_outside)
}

fn runs_outside(statement: &Statement) -> bool {
    matches!(&*statement.ast, ast::Statement::CreateIndex(index) if index.concurrently)
}
