//! The databases whose rules are known, and how each reads names.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};
use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect};

use crate::catalog;
use crate::fault::Fault;

/// A database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL 15.
    #[default]
    Postgresql,
    /// MySQL 8.0.36 with InnoDB, its standard `sql_mode`, on Linux, where names of tables have a case.
    Mysql,
}

impl Engine {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgresql => "PostgreSQL",
            Self::Mysql => "MySQL",
        }
    }

    /// Its name in files: `postgresql`, `mysql`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
        }
    }

    /// A name in quotes, as tools print it.
    pub fn quoted(self, name: &str) -> String {
        match self {
            Self::Postgresql => format!("\"{name}\""),
            Self::Mysql => format!("`{name}`"),
        }
    }

    /// The one that it is not.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Postgresql => Self::Mysql,
            Self::Mysql => Self::Postgresql,
        }
    }

    pub(crate) fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Postgresql => &PostgreSqlDialect {},
            Self::Mysql => &MySqlDialect {},
        }
    }

    /// A column's name as the server repeats it in a message.
    pub(crate) fn shown(self, name: &Ident) -> String {
        match self {
            Self::Postgresql => catalog::ident(name),
            Self::Mysql => name.value.clone(),
        }
    }

    /// The name of a column that may stand behind that of its table.
    pub(crate) fn last_column(self, name: &ObjectName) -> Result<String, Fault> {
        match (self, name.0.last()) {
            (Self::Mysql, Some(ObjectNamePart::Identifier(last))) => Ok(catalog::ident(last)),
            _ => catalog::object(name),
        }
    }

    /// The name of a table or its alias as the server compares it.
    pub(crate) fn relation(self, name: &Ident) -> String {
        match self {
            Self::Postgresql => catalog::ident(name),
            Self::Mysql => name.value.clone(),
        }
    }

    /// A table's name where a database or schema may stand before it.
    pub(crate) fn table(self, name: &ObjectName) -> Result<String, Fault> {
        match (self, name.0.as_slice()) {
            (Self::Mysql, [ObjectNamePart::Identifier(name)]) => Ok(self.relation(name)),
            (Self::Mysql, _) => Fault::not_modelled(format!("{name}: only one database is")),
            (Self::Postgresql, _) => catalog::object(name),
        }
    }
}
