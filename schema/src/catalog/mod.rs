//! What the database holds: tables, columns, constraints, indexes, enumerations.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{GeneratedAs, Ident, ObjectName, ObjectNamePart};

use crate::engine::Engine;
use crate::fault::Fault;
use crate::mysql::types::Charset;
use crate::types::SqlType;

mod constraint;
mod index;

pub use constraint::{Actions, Check, Constraint, ConstraintKind};
pub use index::{Index, Key, Keys};

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
    /// What a generated column is computed by, as PostgreSQL writes it back.
    pub computed_by: Option<String>,
    /// Whether the values of a generated column lie in the rows.
    pub stored: bool,
    /// The sequence that is its own: that of `serial`, or of an identity.
    pub sequence: Option<String>,
    /// Whether it is an identity, and which.
    pub identity: Option<Identity>,
    /// `AUTO_INCREMENT`: null and nothing both mean the next number.
    pub auto_increment: bool,
}

/// `GENERATED ... AS IDENTITY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A value of one's own is refused.
    Always,
    /// A value of one's own is taken.
    ByDefault,
}

impl Identity {
    /// What a column says; `ALWAYS` if it does not say.
    pub(crate) fn of(generated: Option<GeneratedAs>) -> Self {
        match generated {
            Some(GeneratedAs::ByDefault) => Self::ByDefault,
            Some(GeneratedAs::Always | GeneratedAs::ExpStored) | None => Self::Always,
        }
    }
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

/// Names with commas, in quotes where they need them.
pub(crate) fn quoted_list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// A name with quotes, if it needs them.
pub(crate) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_plain = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    if is_plain { name.to_owned() } else { format!("\"{name}\"") }
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
            || self.has_sequence(name)
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

    /// Names of all sequences, those of columns among them.
    pub fn all_sequences(&self) -> impl Iterator<Item = &String> {
        let columns = self.tables.values().flat_map(|table| &table.columns);
        self.sequences.iter().chain(columns.filter_map(|column| column.sequence.as_ref()))
    }

    /// Whether there is a sequence of this name.
    pub(crate) fn has_sequence(&self, name: &str) -> bool {
        self.all_sequences().any(|sequence| sequence == name)
    }

    /// The first free name of a relation: `base`, `base1`, `base2`, as the server chooses.
    pub(crate) fn free_name(&self, base: &str) -> String {
        let tables = self.tables.keys().chain(self.opaque.keys());
        let others = self.all_sequences().chain(&self.views);
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
    /// The next number of a sequence.
    pub(crate) fn sequence(name: &str) -> Self {
        Self { text: format!("nextval('{name}'::regclass)"), volatile: true, null: false }
    }

    /// Whether it is that.
    pub(crate) fn asks(&self, sequence: &str) -> bool {
        *self == Self::sequence(sequence)
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

    /// Whether a value of one's own is refused.
    pub(crate) fn is_fixed(&self) -> bool {
        self.generated.is_some() || self.identity == Some(Identity::Always)
    }

    /// Whether it gets a value that is not null where none is given.
    pub(crate) fn fills_itself(&self) -> bool {
        self.default.as_ref().is_some_and(|d| !d.null) || self.generated.is_some()
    }
}
