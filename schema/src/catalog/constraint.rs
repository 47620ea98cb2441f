//! What tables demand of their rows.

use std::sync::Arc;

use sqlparser::ast::{Expr, ForeignKeyConstraint, ReferentialAction};

use crate::catalog::{quoted, quoted_list};

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Its name.
    pub name: String,
    /// What it demands.
    pub kind: ConstraintKind,
    /// Whether old rows have been checked (PG-31).
    pub validated: bool,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// No two rows alike in these columns, and no nulls.
    Primary(Vec<String>),
    /// No two rows alike in these columns.
    Unique(Vec<String>),
    /// The columns name a row of another table.
    Foreign {
        /// Own columns.
        columns: Vec<String>,
        /// The other table.
        table: String,
        /// Its columns.
        referred: Vec<String>,
        /// What becomes of rows that refer to one that changes.
        actions: Actions,
    },
    /// An expression that is not false.
    Check(Check),
}

/// What becomes of rows that refer to one that goes, or whose key changes; none of both if that is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// `ON DELETE`.
    pub on_delete: Option<ReferentialAction>,
    /// `ON UPDATE`.
    pub on_update: Option<ReferentialAction>,
}

impl Actions {
    /// What a foreign key says; `NO ACTION` says nothing.
    pub(crate) fn of(key: &ForeignKeyConstraint) -> Self {
        let said = |action: Option<ReferentialAction>| {
            action.filter(|action| *action != ReferentialAction::NoAction)
        };
        Self { on_delete: said(key.on_delete), on_update: said(key.on_update) }
    }

    /// ` ON DELETE CASCADE`, or nothing.
    pub fn on_delete(&self) -> String {
        self.on_delete.map(|action| format!(" ON DELETE {action}")).unwrap_or_default()
    }

    /// ` ON UPDATE CASCADE`, or nothing.
    pub fn on_update(&self) -> String {
        self.on_update.map(|action| format!(" ON UPDATE {action}")).unwrap_or_default()
    }
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The expression; unknown once one of its columns has been renamed.
    pub(crate) expr: Option<Arc<Expr>>,
    /// The same as the server writes it back.
    pub(crate) text: String,
    /// Columns it looks at.
    pub columns: Vec<String>,
    /// The column that it proves to be not null, if that is all it says (PG-28).
    pub not_null: Option<String>,
    /// The column and the texts it may have, if that is all it says.
    pub one_of: Option<(String, Vec<String>)>,
    /// The column and the least whole number it may have, if that is all it says.
    pub at_least: Option<(String, i128)>,
}

impl Check {
    /// Whether a row that it lets pass has a value in this column: it says so, alone or among other things
    /// that must hold too.
    pub(crate) fn proves_not_null(&self, column: &str) -> bool {
        let proof = format!("{} IS NOT NULL", quoted(column));
        !self.text.contains(" OR ") && self.text.split(" AND ").any(|part| part == proof)
    }

    /// Whether its outcome for literals is known.
    pub(crate) fn is_plain(&self) -> bool {
        self.not_null.is_some() || self.one_of.is_some() || self.at_least.is_some()
    }
}

impl Constraint {
    /// What it says, as `\d` shows it: `PRIMARY KEY, btree (id)`, `CHECK (total > 0)`.
    pub fn definition(&self) -> String {
        let list = quoted_list;
        let text = match &self.kind {
            ConstraintKind::Primary(columns) => format!("PRIMARY KEY, btree ({})", list(columns)),
            ConstraintKind::Unique(columns) => {
                format!("UNIQUE CONSTRAINT, btree ({})", list(columns))
            }
            ConstraintKind::Foreign { columns, table, referred, actions } => {
                let (own, other) = (list(columns), list(referred));
                let (update, delete) = (actions.on_update(), actions.on_delete());
                format!("FOREIGN KEY ({own}) REFERENCES {table}({other}){update}{delete}")
            }
            ConstraintKind::Check(check) => format!("CHECK ({})", check.text),
        };
        if self.validated { text } else { format!("{text} NOT VALID") }
    }

    /// Columns of the own table that it looks at.
    pub(crate) fn columns(&self) -> &[String] {
        match &self.kind {
            ConstraintKind::Primary(columns)
            | ConstraintKind::Unique(columns)
            | ConstraintKind::Foreign { columns, .. } => columns,
            ConstraintKind::Check(check) => &check.columns,
        }
    }
}
