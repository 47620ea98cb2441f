//! What SQL does to a schema: tables from `CREATE TABLE`, migrations applied one statement at a time,
//! the locks and the work of each, and whether what a release sends still works afterwards.
//!
//! Everything is computed from the SQL that is really sent; nothing is declared by hand. What is not
//! modelled says so ([`Fault::NotModelled`]) and is never taken for success. PostgreSQL's rules are
//! those of version 15 (PG-01..43), MySQL's those of 8.0.36 with InnoDB (MY-01..06).

pub mod ask;
mod catalog;
pub mod compat;
mod ddl;
mod dialect;
mod dump;
mod engine;
mod fault;
pub mod flyway;
pub mod liquibase;
mod lock;
mod mysql;
mod query;
mod refusal;
pub mod session;
mod sql;
mod types;
mod unparsed;
pub mod values;
mod work;

pub use catalog::{
    Actions, Check, Column, Constraint, ConstraintKind, Default, Identity, Index, Key, Keys,
    Schema, Table,
};
pub use ddl::{apply, leave_invalid};
pub use engine::Engine;
pub use fault::{Fault, SqlError};
pub use lock::{Lock, LockMode};
pub use mysql::online::Algorithm;
pub use mysql::show::Show;
pub use mysql::types::{Charset, MySqlType, Text};
pub use query::{Access, check};
pub use sql::{MAX_BYTES, Problem, Reader, Script, Statement, parse};
pub use types::SqlType;
pub use work::{Cost, Effect, Work};
