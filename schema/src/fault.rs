//! Why a statement does not work.

use std::fmt;

use sqlparser::ast::Statement;

/// What the server answers in place of success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    /// SQLSTATE: five characters.
    pub code: &'static str,
    /// MySQL's own number, which says more than its SQLSTATE.
    pub number: Option<u16>,
    /// The message, in the server's words as far as they are known.
    pub message: String,
}

impl SqlError {
    /// An error of PostgreSQL.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, number: None, message: message.into() }
    }

    /// The message as the server's client prints it beside the SQLSTATE.
    pub fn reason(&self) -> String {
        match self.number {
            Some(number) => format!("ERROR {number} ({}): {}", self.code, self.message),
            None => self.message.clone(),
        }
    }
}

/// Why the outcome of a statement is not success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server refuses it.
    Fails(SqlError),
    /// The model does not know what the server does; what it stumbled over.
    NotModelled(String),
}

impl Fault {
    pub(crate) fn not_modelled<T>(what: impl fmt::Display) -> Result<T, Self> {
        // A statement may be long, and it is a stranger's.
        let what = what.to_string();
        let shown: String = what.chars().take(80).collect();
        let more = if shown.len() < what.len() { "…" } else { "" };
        Err(Self::NotModelled(format!("{shown}{more}")))
    }

    pub(crate) fn statement<T>(statement: &Statement) -> Result<T, Self> {
        Self::not_modelled(statement)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails(error @ SqlError { number: Some(_), .. }) => f.write_str(&error.reason()),
            Self::Fails(SqlError { code, message, .. }) => write!(f, "{code}: {message}"),
            Self::NotModelled(what) => write!(f, "not modelled: {what}"),
        }
    }
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident($($argument:ident),*) = $code:literal, $text:literal;)*) => {
        $($(#[$doc])*
        pub(crate) fn $name($($argument: impl fmt::Display),*) -> Fault {
            Fault::Fails(SqlError { code: $code, number: None, message: format!($text) })
        })*
    };
}

// The messages are PostgreSQL's (PG-06); `postgres` in the tests compares the codes with the server's.
errors! {
    undefined_table(name) = "42P01", "relation \"{name}\" does not exist";
    undefined_relation(kind, name) = "42P01", "{kind} \"{name}\" does not exist";
    truncate_referenced() = "0A000", "cannot truncate a table referenced in a foreign key constraint";
    no_primary_key(table) = "42704", "there is no primary key for referenced table \"{table}\"";
    foreign_width() = "42830", "number of referencing and referenced columns for foreign key disagree";
    undefined_label(label) = "22023", "\"{label}\" is not an existing enum label";
    duplicate_label(label) = "42710", "enum label \"{label}\" already exists";
    undefined_key_column(name) = "42703", "column \"{name}\" named in key does not exist";
    undefined_table_constraint(name, table) = "42704", "constraint \"{name}\" for table \"{table}\" does not exist";
    not_validatable(name, table) = "42809", "constraint \"{name}\" of relation \"{table}\" is not a foreign key or check constraint";
    not_immutable(what) = "42P17", "functions in {what} must be marked IMMUTABLE";
    no_order(of) = "42704", "data type {of} has no default operator class for access method \"btree\"";
    generated_type(name, of, is) = "42804", "column \"{name}\" is of type {of} but generation expression is of type {is}";
    needed_by_constraint(name, table) = "2BP01", "cannot drop index {name} because constraint {name} on table {table} requires it";
    identity_not_null(name, table) = "42601", "column \"{name}\" of relation \"{table}\" is an identity column";
    identity_column(name, table) = "42601", "column \"{name}\" of relation \"{table}\" is an identity column";
    identity_type() = "22023", "identity column type must be smallint, integer, or bigint";
    identity_nullable(name, table) = "55000", "column \"{name}\" of relation \"{table}\" must be declared NOT NULL before identity can be added";
    identity_default(name, table) = "55000", "column \"{name}\" of relation \"{table}\" already has a default value";
    generated_column(name, table) = "42601", "column \"{name}\" of relation \"{table}\" is a generated column";
    cannot_use(name, to) = "42804", "result of USING clause for column \"{name}\" cannot be cast automatically to type {to}";
    missing_from(name) = "42P01", "missing FROM-clause entry for table \"{name}\"";
    duplicate_relation(name) = "42P07", "relation \"{name}\" already exists";
    undefined_column(name) = "42703", "column {name} does not exist";
    undefined_column_of(name, table) = "42703", "column \"{name}\" of relation \"{table}\" does not exist";
    duplicate_column(name, table) = "42701", "column \"{name}\" of relation \"{table}\" already exists";
    assigned_twice(name) = "42601", "multiple assignments to same column \"{name}\"";
    default_column() = "0A000", "cannot use column reference in DEFAULT expression";
    column_twice(name) = "42701", "column \"{name}\" specified more than once";
    ambiguous_column(name) = "42702", "column reference \"{name}\" is ambiguous";
    undefined_object(kind, name) = "42704", "{kind} \"{name}\" does not exist";
    undefined_constraint(name, table) = "42704", "constraint \"{name}\" of relation \"{table}\" does not exist";
    duplicate_object(kind, name) = "42710", "{kind} \"{name}\" already exists";
    duplicate_constraint(name, table) = "42710", "constraint \"{name}\" for relation \"{table}\" already exists";
    duplicate_alias(name) = "42712", "table name \"{name}\" specified more than once";
    two_primary_keys(table) = "42P16", "multiple primary keys for table \"{table}\" are not allowed";
    in_primary_key(name) = "42P16", "column \"{name}\" is in a primary key";
    no_unique_key(table) = "42830", "there is no unique constraint matching given keys for referenced table \"{table}\"";
    no_inference() = "42601", "ON CONFLICT DO UPDATE requires inference specification or constraint name";
    aggregate_in(clause) = "42803", "aggregate functions are not allowed in {clause}";
    no_conflict_target() = "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification";
    dependent(what) = "2BP01", "cannot drop {what} because other objects depend on it";
    contains_nulls(name, table) = "23502", "column \"{name}\" of relation \"{table}\" contains null values";
    null_in(name, table) = "23502", "null value in column \"{name}\" of relation \"{table}\" violates not-null constraint";
    check_violated(name, table) = "23514", "new row for relation \"{table}\" violates check constraint \"{name}\"";
    in_transaction(what) = "25001", "{what} cannot run inside a transaction block";
    cannot_cast(name, to) = "42804", "column \"{name}\" cannot be cast automatically to type {to}";
    cannot_cast_default(name, to) = "42804", "default for column \"{name}\" cannot be cast automatically to type {to}";
    default_type(name, of, is) = "42804", "column \"{name}\" is of type {of} but default expression is of type {is}";
    column_type(name, of, is) = "42804", "column \"{name}\" is of type {of} but expression is of type {is}";
    not_boolean(clause, is) = "42804", "argument of {clause} must be type boolean, not type {is}";
    no_operator(left, operator, right) = "42883", "operator does not exist: {left} {operator} {right}";
    no_function(name, of) = "42883", "function {name}({of}) does not exist";
    no_common_type(name, one, other) = "42804", "{name} types {one} and {other} cannot be matched";
    not_grouped(name) = "42803", "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function";
    too_many_values() = "42601", "INSERT has more expressions than target columns";
    too_few_values() = "42601", "INSERT has more target columns than expressions";
    generated(name) = "428C9", "cannot insert a non-DEFAULT value into column \"{name}\"";
    generated_of_generated(name) = "42P17", "cannot use generated column \"{name}\" in column generation expression";
    generation_not_immutable() = "42P17", "generation expression is not immutable";
    generated_update(name) = "428C9", "column \"{name}\" can only be updated to DEFAULT";
    bad_text(of, text) = "22P02", "invalid input syntax for type {of}: \"{text}\"";
    bad_time(of, text) = "22007", "invalid input syntax for type {of}: \"{text}\"";
    bad_array(text) = "22P02", "malformed array literal: \"{text}\"";
    bad_json() = "22P02", "invalid input syntax for type json";
    unsafe_label(label, of) = "55P04", "unsafe use of new value \"{label}\" of enum type {of}";
    bad_enum(of, text) = "22P02", "invalid input value for enum {of}: \"{text}\"";
    too_long(of) = "22001", "value too long for type {of}";
    out_of_range(of) = "22003", "{of} out of range";
    invalid_index(name) = "55000", "index \"{name}\" is not valid";
    not_unique_index(name) = "42809", "\"{name}\" is not a unique index";
    generated_depends(name) = "0A000", "cannot alter type of a column used by a generated column: {name}";
    foreign_types(name) = "42804", "foreign key constraint \"{name}\" cannot be implemented";
    union_width() = "42601", "each UNION query must have the same number of columns";
    sub_columns() = "42601", "subquery must return only one column";
}
