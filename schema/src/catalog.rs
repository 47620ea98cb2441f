//! What the database holds: tables, columns, constraints, indexes, enumerations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sqlparser::ast::{Expr, Ident, ObjectName, ObjectNamePart};

use crate::engine::Engine;
use crate::fault::Fault;
use crate::mysql::types::Charset;
use crate::types::SqlType;

/// A database's schema. Names are as the server compares them: PostgreSQL's in lower case unless quoted,
/// MySQL's columns in lower case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The database that holds it.
    pub engine: Engine,
    /// Tables by name.
    pub tables: BTreeMap<String, Table>,
    /// Enumerations with their labels, in order.
    pub enums: BTreeMap<String, Vec<String>>,
    /// Labels by enumeration that the transaction which changes it has added: it cannot use them itself.
    pub unsafe_labels: BTreeMap<String, BTreeSet<String>>,
    /// Sequences that stand alone.
    pub sequences: BTreeSet<String>,
    /// Views, of which only the names are known.
    pub views: BTreeSet<String>,
    /// Tables and types of which something is not modelled, and what.
    pub opaque: BTreeMap<String, String>,
    /// Whether an extension is installed: unknown names may be its own.
    pub has_extensions: bool,
    /// Whether the session that changes it has set `foreign_key_checks = 0`, as dumps of MySQL do.
    pub foreign_keys_unchecked: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Constraints, in the order they were made.
    pub constraints: Vec<Constraint>,
    /// Indexes, those of constraints among them.
    pub indexes: Vec<Index>,
    /// How many rows it has, if that is known.
    pub rows: Option<u64>,
    /// A trigger or rule may fill or refuse rows.
    pub has_triggers: bool,
    /// Columns that MySQL has added or dropped instantly since it last wrote all rows (MY-03).
    pub row_versions: u8,
    /// Whether MySQL never adds or drops a column of it instantly: it is compressed, or has a full-text
    /// index.
    pub never_instant: bool,
    /// MySQL's charset for its texts.
    pub charset: Charset,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: SqlType,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it holds if nothing is said.
    pub default: Option<Default>,
    /// For a generated column, the columns it is computed from.
    pub generated: Option<Vec<String>>,
    /// Whether the values of a generated column lie in the rows.
    pub stored: bool,
    /// `GENERATED ALWAYS AS IDENTITY`: a value of one's own is refused.
    pub always_identity: bool,
    /// `AUTO_INCREMENT`: null and nothing both mean the next number.
    pub auto_increment: bool,
}

/// A column's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Default {
    /// The expression.
    pub text: String,
    /// Whether each row may get another value (PG-22).
    pub volatile: bool,
    /// Whether it is null, which is the same as none.
    pub null: bool,
}

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
    },
    /// An expression that is not false.
    Check(Check),
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The expression; unknown once one of its columns has been renamed.
    pub(crate) expr: Option<Arc<Expr>>,
    /// Columns it looks at.
    pub columns: Vec<String>,
    /// The column that it proves to be not null, if that is all it says (PG-28).
    pub not_null: Option<String>,
    /// The column and the texts it may have, if that is all it says.
    pub one_of: Option<(String, Vec<String>)>,
    /// The column and the least whole number it may have, if that is all it says.
    pub at_least: Option<(String, i128)>,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its columns; of an index over expressions, the columns they use.
    pub columns: Vec<String>,
    /// Whether it lets no value in twice.
    pub unique: bool,
    /// Whether it covers only some rows, or expressions.
    pub partial: bool,
    /// Whether it serves a constraint of the same name.
    pub of_constraint: bool,
    /// Whether it can be used; one whose `CREATE INDEX CONCURRENTLY` has failed cannot (PG-40).
    pub valid: bool,
}

/// A name as the server compares it. A backtick is MySQL's, to which columns have no case.
pub(crate) fn ident(ident: &Ident) -> String {
    match ident.quote_style {
        None | Some('`') => ident.value.to_lowercase(),
        Some(_) => ident.value.clone(),
    }
}

/// The last part of a name: everything lives in the schema `public`.
pub(crate) fn object(name: &ObjectName) -> Result<String, Fault> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => Ok(ident(name)),
        [ObjectNamePart::Identifier(schema), ObjectNamePart::Identifier(name)]
            if ident(schema) == "public" =>
        {
            Ok(ident(name))
        }
        _ => Fault::not_modelled(format!("{name}: only the schema public is")),
    }
}

/// The first of `base`, `base1`, `base2` that is not among these names.
pub(crate) fn first_free<'n>(base: &str, names: impl Iterator<Item = &'n String>) -> String {
    let taken: BTreeSet<&String> = names.filter(|name| name.starts_with(base)).collect();
    let numbered = (1..).map(|number| format!("{base}{number}"));
    let mut free = std::iter::once(base.to_owned()).chain(numbered);
    free.find(|name| !taken.contains(name)).unwrap_or_default()
}

impl Schema {
    /// The table of this name.
    pub(crate) fn table(&self, name: &str) -> Result<&Table, Fault> {
        match self.tables.get(name) {
            Some(table) if !self.opaque.contains_key(name) => Ok(table),
            _ if self.opaque.contains_key(name) => {
                Fault::not_modelled(format!("{name}, because of {}", self.opaque[name]))
            }
            None if self.views.contains(name) => Fault::not_modelled(format!("the view {name}")),
            _ => Err(self.engine.no_table(name)),
        }
    }

    pub(crate) fn table_mut(&mut self, name: &str) -> Result<&mut Table, Fault> {
        self.table(name)?;
        let engine = self.engine;
        self.tables.get_mut(name).ok_or_else(|| engine.no_table(name))
    }

    /// Whether there is a table of this name, or may be one of which something is not modelled.
    pub(crate) fn has_table(&self, name: &str) -> bool {
        self.tables.contains_key(name) || self.opaque.contains_key(name)
    }

    /// Whether a table, index, sequence or view has this name: they share one space of names.
    pub(crate) fn has_relation(&self, name: &str) -> bool {
        self.has_table(name)
            || self.sequences.contains(name)
            || self.views.contains(name)
            || self.index(name).is_some()
    }

    /// The table that owns an index.
    pub(crate) fn index(&self, name: &str) -> Option<(&str, &Index)> {
        self.tables.iter().find_map(|(table, content)| {
            let index = content.indexes.iter().find(|index| index.name == name)?;
            Some((table.as_str(), index))
        })
    }

    /// The first free name of a relation: `base`, `base1`, `base2`, as the server chooses.
    pub(crate) fn free_name(&self, base: &str) -> String {
        let tables = self.tables.keys().chain(self.opaque.keys());
        let others = self.sequences.iter().chain(&self.views);
        let indexes = self.tables.values().flat_map(|table| &table.indexes);
        let names = tables.chain(others).chain(indexes.map(|index| &index.name));
        first_free(base, names)
    }

    /// Foreign keys of other tables that point to a table: owner and constraint.
    pub(crate) fn references<'s>(
        &'s self,
        to: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s Constraint)> {
        self.tables.iter().flat_map(move |(owner, table)| {
            let points = move |constraint: &&Constraint| {
                matches!(&constraint.kind, ConstraintKind::Foreign { table, .. } if table == to)
            };
            table.constraints.iter().filter(points).map(move |c| (owner.as_str(), c))
        })
    }
}

impl Default {
    /// The next number of a column's own sequence.
    pub(crate) fn sequence(column: &str) -> Self {
        Self { text: format!("nextval('{column}_seq')"), volatile: true, null: false }
    }
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(crate) fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    pub(crate) fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    /// Columns of the primary key.
    pub fn primary_key(&self) -> Option<&[String]> {
        self.constraints.iter().find_map(|constraint| match &constraint.kind {
            ConstraintKind::Primary(columns) => Some(columns.as_slice()),
            _ => None,
        })
    }

    /// Whether no two rows are alike in exactly these columns.
    pub(crate) fn has_unique(&self, columns: &[String]) -> bool {
        let same = |own: &[String]| {
            own.len() == columns.len() && own.iter().all(|column| columns.contains(column))
        };
        let complete = |index: &&Index| index.valid && index.unique && !index.partial;
        self.indexes.iter().filter(complete).any(|index| same(&index.columns))
    }
}

impl Column {
    /// Whether an `INSERT` may leave the column out.
    pub fn may_be_left_out(&self) -> bool {
        self.nullable || self.fills_itself()
    }

    /// Whether it gets a value that is not null where none is given.
    pub(crate) fn fills_itself(&self) -> bool {
        self.default.as_ref().is_some_and(|d| !d.null) || self.generated.is_some()
    }
}

impl Check {
    /// Whether its outcome for literals is known.
    pub(crate) fn is_plain(&self) -> bool {
        self.not_null.is_some() || self.one_of.is_some() || self.at_least.is_some()
    }
}

impl Constraint {
    /// What it says, as `\d` shows it: `PRIMARY KEY, btree (id)`, `CHECK (total > 0)`.
    pub fn definition(&self) -> String {
        let list = |columns: &[String]| columns.join(", ");
        let text = match &self.kind {
            ConstraintKind::Primary(columns) => format!("PRIMARY KEY, btree ({})", list(columns)),
            ConstraintKind::Unique(columns) => {
                format!("UNIQUE CONSTRAINT, btree ({})", list(columns))
            }
            ConstraintKind::Foreign { columns, table, referred } => {
                let (own, other) = (list(columns), list(referred));
                format!("FOREIGN KEY ({own}) REFERENCES {table}({other})")
            }
            ConstraintKind::Check(check) => match &check.expr {
                Some(expr) => format!("CHECK ({expr})"),
                None => format!("CHECK on {}", list(&check.columns)),
            },
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
