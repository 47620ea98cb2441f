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
    /// What PostgreSQL adds to it as `DETAIL`.
    pub detail: Option<String>,
    /// What PostgreSQL adds to it as `HINT`.
    pub hint: Option<String>,
}

impl SqlError {
    /// An error of PostgreSQL.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, number: None, message: message.into(), detail: None, hint: None }
    }

    /// An error of MySQL, with its number.
    pub fn mysql(code: &'static str, number: u16, message: impl Into<String>) -> Self {
        Self { number: Some(number), ..Self::new(code, message) }
    }

    /// The same with a detail.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
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
    Fails(Box<SqlError>),
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
        match statement {
            // So `unparsed` carries what the parser does not know.
            Statement::Print(unknown) => Self::not_modelled(&unknown.message),
            known => Self::not_modelled(known),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails(error) if error.number.is_some() => f.write_str(&error.reason()),
            Self::Fails(error) => write!(f, "{}: {}", error.code, error.message),
            Self::NotModelled(what) => write!(f, "not modelled: {what}"),
        }
    }
}

macro_rules! errors {
    ($($name:ident($($argument:ident),*) = $code:literal, $text:literal
        $(, detail $detail:literal)? $(, hint $hint:literal)?;)*) => {
        $(pub(crate) fn $name($($argument: impl fmt::Display),*) -> Fault {
            let error = SqlError::new($code, format!($text));
            $(let error = error.with_detail(format!($detail));)?
            $(let error = error.with_hint(format!($hint));)?
            Fault::Fails(Box::new(error))
        })*
    };
}

// The messages are PostgreSQL's (PG-06); `postgres` in the tests compares them with the server's.
errors! {
    undefined_table(name) = "42P01", "relation \"{name}\" does not exist";
    undefined_relation(kind, name) = "42P01", "{kind} \"{name}\" does not exist";
    truncate_referenced(by, table) = "0A000", "cannot truncate a table referenced in a foreign key constraint", detail "Table \"{by}\" references \"{table}\".", hint "Truncate table \"{by}\" at the same time, or use TRUNCATE ... CASCADE.";
    no_primary_key(table) = "42704", "there is no primary key for referenced table \"{table}\"";
    foreign_width() = "42830", "number of referencing and referenced columns for foreign key disagree";
    undefined_label(label) = "22023", "\"{label}\" is not an existing enum label";
    duplicate_label(label) = "42710", "enum label \"{label}\" already exists";
    undefined_key_column(name) = "42703", "column \"{name}\" named in key does not exist";
    undefined_table_constraint(name, table) = "42704", "constraint \"{name}\" for table \"{table}\" does not exist";
    not_validatable(name, table) = "42809", "constraint \"{name}\" of relation \"{table}\" is not a foreign key or check constraint";
    not_immutable(what) = "42P17", "functions in {what} must be marked IMMUTABLE";
    no_operator_class(of, method) = "42704", "data type {of} has no default operator class for access method \"{method}\"", hint "You must specify an operator class for the index or define a default operator class for the data type.";
    generated_type(name, of, is) = "42804", "column \"{name}\" is of type {of} but default expression is of type {is}", hint "You will need to rewrite or cast the expression.";
    needed_by_column(name, column, table) = "2BP01", "cannot drop sequence {name} because column {column} of table {table} requires it", hint "You can drop column {column} of table {table} instead.";
    needed_by_constraint(name, table) = "2BP01", "cannot drop index {name} because constraint {name} on table {table} requires it", hint "You can drop constraint {name} on table {table} instead.";
    identity_not_null(name, table) = "42601", "column \"{name}\" of relation \"{table}\" is an identity column";
    identity_default_stays(name, table) = "42601", "column \"{name}\" of relation \"{table}\" is an identity column", hint "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.";
    generated_default_stays(name, table) = "42601", "column \"{name}\" of relation \"{table}\" is a generated column", hint "Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.";
    identity_column(name, table) = "42601", "column \"{name}\" of relation \"{table}\" is an identity column";
    is_identity(name, table) = "55000", "column \"{name}\" of relation \"{table}\" is already an identity column";
    not_a_sequence(name) = "42809", "\"{name}\" is not a sequence";
    identity_type() = "22023", "identity column type must be smallint, integer, or bigint";
    identity_nullable(name, table) = "55000", "column \"{name}\" of relation \"{table}\" must be declared NOT NULL before identity can be added";
    identity_default(name, table) = "55000", "column \"{name}\" of relation \"{table}\" already has a default value";
    generated_column(name, table) = "42601", "column \"{name}\" of relation \"{table}\" is a generated column";
    cannot_use(name, to) = "42804", "result of USING clause for column \"{name}\" cannot be cast automatically to type {to}", hint "You might need to add an explicit cast.";
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
    no_inference() = "42601", "ON CONFLICT DO UPDATE requires inference specification or constraint name", hint "For example, ON CONFLICT (column_name).";
    aggregate_in(clause) = "42803", "aggregate functions are not allowed in {clause}";
    no_conflict_target() = "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification";
    dependent(what, which) = "2BP01", "cannot drop {what} because other objects depend on it", detail "{which}", hint "Use DROP ... CASCADE to drop the dependent objects too.";
    contains_nulls(name, table) = "23502", "column \"{name}\" of relation \"{table}\" contains null values";
    null_in(name, table) = "23502", "null value in column \"{name}\" of relation \"{table}\" violates not-null constraint";
    check_violated(name, table) = "23514", "new row for relation \"{table}\" violates check constraint \"{name}\"";
    in_transaction(what) = "25001", "{what} cannot run inside a transaction block";
    cannot_cast(name, to) = "42804", "column \"{name}\" cannot be cast automatically to type {to}", hint "You might need to specify \"USING {name}::{to}\".";
    cannot_cast_default(name, to) = "42804", "default for column \"{name}\" cannot be cast automatically to type {to}";
    default_type(name, of, is) = "42804", "column \"{name}\" is of type {of} but default expression is of type {is}", hint "You will need to rewrite or cast the expression.";
    column_type(name, of, is) = "42804", "column \"{name}\" is of type {of} but expression is of type {is}", hint "You will need to rewrite or cast the expression.";
    not_boolean(clause, is) = "42804", "argument of {clause} must be type boolean, not type {is}";
    no_operator(left, operator, right) = "42883", "operator does not exist: {left} {operator} {right}", hint "No operator matches the given name and argument types. You might need to add explicit type casts.";
    no_function(name, of) = "42883", "function {name}({of}) does not exist", hint "No function matches the given name and argument types. You might need to add explicit type casts.";
    no_common_type(name, one, other) = "42804", "{name} types {one} and {other} cannot be matched";
    not_grouped(name) = "42803", "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function";
    too_many_values() = "42601", "INSERT has more expressions than target columns";
    too_few_values() = "42601", "INSERT has more target columns than expressions";
    generated(name) = "428C9", "cannot insert a non-DEFAULT value into column \"{name}\"", detail "Column \"{name}\" is a generated column.";
    always_identity(name) = "428C9", "cannot insert a non-DEFAULT value into column \"{name}\"", detail "Column \"{name}\" is an identity column defined as GENERATED ALWAYS.", hint "Use OVERRIDING SYSTEM VALUE to override.";
    generated_of_generated(name) = "42P17", "cannot use generated column \"{name}\" in column generation expression", detail "A generated column cannot reference another generated column.";
    generation_not_immutable() = "42P17", "generation expression is not immutable";
    generated_update(name) = "428C9", "column \"{name}\" can only be updated to DEFAULT", detail "Column \"{name}\" is a generated column.";
    always_identity_update(name) = "428C9", "column \"{name}\" can only be updated to DEFAULT", detail "Column \"{name}\" is an identity column defined as GENERATED ALWAYS.";
    bad_text(of, text) = "22P02", "invalid input syntax for type {of}: \"{text}\"";
    bad_time(of, text) = "22007", "invalid input syntax for type {of}: \"{text}\"";
    bad_array(text) = "22P02", "malformed array literal: \"{text}\"", detail "Array value must start with \"{{\" or dimension information.";
    bad_json(token) = "22P02", "invalid input syntax for type json", detail "Token \"{token}\" is invalid.";
    bad_json_end() = "22P02", "invalid input syntax for type json", detail "The input string ended unexpectedly.";
    unsafe_label(label, of) = "55P04", "unsafe use of new value \"{label}\" of enum type {of}", hint "New enum values must be committed before they can be used.";
    bad_enum(of, text) = "22P02", "invalid input value for enum {of}: \"{text}\"";
    too_long(of) = "22001", "value too long for type {of}";
    out_of_range(of) = "22003", "{of} out of range";
    invalid_index(name) = "55000", "index \"{name}\" is not valid";
    not_unique_index(name) = "42809", "\"{name}\" is not a unique index", detail "Cannot create a primary key or unique constraint using such an index.";
    generated_depends(name, by) = "0A000", "cannot alter type of a column used by a generated column", detail "Column \"{name}\" is used by generated column \"{by}\".";
    foreign_types(name, own, other, a, b) = "42804", "foreign key constraint \"{name}\" cannot be implemented", detail "Key columns \"{own}\" and \"{other}\" are of incompatible types: {a} and {b}.";
    union_width() = "42601", "each UNION query must have the same number of columns";
    too_many_columns() = "42601", "subquery has too many columns";
    no_joined_column(name, side) = "42703", "column \"{name}\" specified in USING clause does not exist in {side} table";
    values_width() = "42601", "VALUES lists must all be the same length";
    hidden_relation(name, alias) = "42P01", "invalid reference to FROM-clause entry for table \"{name}\"", hint "Perhaps you meant to reference the table alias \"{alias}\".";
    sub_columns() = "42601", "subquery must return only one column";
}
