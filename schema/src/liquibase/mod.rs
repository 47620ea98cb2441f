//! Liquibase: changelogs, its two tables, and what it makes of both (LQ-01..06).
//!
//! Everything here is computed from the text and the history; who runs the statements, and when, is the
//! caller's business. Changes are SQL: `createTable` and the other changes that Liquibase writes the SQL
//! for are not modelled. The version that is modelled is [`VERSION`].

mod attribute;
mod changeset;
mod checksum;
mod expression;
mod formatted;
mod history;
mod plan;
pub mod print;
mod script;
#[cfg(test)]
mod tests;

pub use attribute::list;
pub use changeset::{Change, ChangeSet, Otherwise, Precondition, Preconditions, Sql};
pub use expression::Expression;
pub use formatted::{Problem, read};
pub use history::{Entry, ExecType, History, LockRow, lock_written};
pub use plan::{Back, Filter, State, states, taken_back, validate};
pub use script::update_sql;

/// The version of Liquibase that this behaves like.
pub const VERSION: &str = "4.28.0";
