//! Which tables a statement locks for the sake of foreign keys (PG-02), to be asked for or changed by the
//! server itself.

use sqlparser::ast::ReferentialAction;

use crate::catalog::{ConstraintKind, Table};
use crate::lock::LockMode;
use crate::query::Checker;

/// What happens to rows that others refer to.
#[derive(Clone, Copy)]
pub(super) enum Change<'c> {
    /// They go.
    Gone,
    /// These columns change.
    Columns(&'c [String]),
}

impl Checker<'_> {
    /// Tables that foreign keys point to, where a row of them is looked for: the server does so by a
    /// `SELECT ... FOR KEY SHARE`.
    pub(super) fn lock_parents(
        &mut self,
        table: &Table,
        is_looked_for: impl Fn(&[String]) -> bool,
    ) {
        for constraint in &table.constraints {
            if let ConstraintKind::Foreign { columns, table: parent, .. } = &constraint.kind
                && is_looked_for(columns)
            {
                self.access.lock(parent, LockMode::RowShare);
            }
        }
    }

    /// Tables whose foreign keys point to rows that change: the server looks for rows that refer to them, or
    /// deletes or updates those, and so on.
    pub(super) fn lock_children(&mut self, name: &str, change: Change<'_>) {
        let schema = self.schema;
        let (mut seen, mut open) = (Vec::new(), vec![(name, change)]);
        while let Some((parent, change)) = open.pop() {
            for (child, constraint) in schema.references(parent) {
                let ConstraintKind::Foreign { columns, referred, actions, .. } = &constraint.kind
                else {
                    continue;
                };
                let action = match change {
                    Change::Gone => actions.on_delete,
                    Change::Columns(changed) if referred.iter().any(|c| changed.contains(c)) => {
                        actions.on_update
                    }
                    Change::Columns(_) => continue,
                };
                let then = match (action, change) {
                    (None | Some(ReferentialAction::NoAction | ReferentialAction::Restrict), _) => {
                        self.access.lock(child, LockMode::RowShare);
                        continue;
                    }
                    (Some(ReferentialAction::Cascade), Change::Gone) => Change::Gone,
                    (Some(_), _) => Change::Columns(columns),
                };
                self.access.lock(child, LockMode::RowExclusive);
                self.access.row_locks.insert(child.to_owned());
                let is_new = !seen.contains(&(child, &constraint.name));
                seen.push((child, &constraint.name));
                if is_new && schema.tables[child].rows != Some(0) {
                    open.push((child, then));
                }
            }
        }
    }
}
