//! What MySQL answers in place of success: number, SQLSTATE and words.

use std::fmt;

use crate::fault::{Fault, SqlError};

macro_rules! errors {
    ($($name:ident($($argument:ident),*) = $number:literal, $code:literal, $text:literal;)*) => {
        $(pub(crate) fn $name($($argument: impl fmt::Display),*) -> Fault {
            Fault::Fails(Box::new(SqlError::mysql($code, $number, format!($text))))
        })*
    };
}

// `mariadb` in the tests compares numbers and SQLSTATE with a server's.
errors! {
    // Names.
    no_table(name) = 1146, "42S02", "Table '{name}' doesn't exist";
    table_exists(name) = 1050, "42S01", "Table '{name}' already exists";
    unknown_table(name) = 1051, "42S02", "Unknown table '{name}'";
    unknown_column(name, clause) = 1054, "42S22", "Unknown column '{name}' in '{clause}'";
    ambiguous(name, clause) = 1052, "23000", "Column '{name}' in {clause} is ambiguous";
    same_alias(name) = 1066, "42000", "Not unique table/alias: '{name}'";
    duplicate_column(name) = 1060, "42S21", "Duplicate column name '{name}'";
    duplicate_key(name) = 1061, "42000", "Duplicate key name '{name}'";
    duplicate_constraint(name) = 3822, "HY000", "Duplicate check constraint name '{name}'.";
    duplicate_foreign_key(name) = 1826, "HY000", "Duplicate foreign key constraint name '{name}'";
    cannot_drop(name) = 1091, "42000", "Can't DROP '{name}'; check that column/key exists";
    no_constraint(name) = 3940, "HY000", "Constraint '{name}' does not exist.";
    no_multi_table(name) = 1109, "42S02", "Unknown table '{name}' in MULTI DELETE";
    no_key(name, table) = 1176, "42000", "Key '{name}' doesn't exist in table '{table}'";
    syntax(near) = 1064, "42000", "You have an error in your SQL syntax near '{near}'";

    // Shapes.
    column_count(row) = 1136, "21S01", "Column count doesn't match value count at row {row}";
    column_twice(name) = 1110, "42000", "Column '{name}' specified twice";
    union_width() = 1222, "21000", "The used SELECT statements have a different number of columns";
    one_column() = 1241, "21000", "Operand should contain 1 column(s)";
    not_grouped(name) = 1055, "42000", "Expression of SELECT list is not in GROUP BY clause and contains nonaggregated column '{name}' which is not functionally dependent on columns in GROUP BY clause; this is incompatible with sql_mode=only_full_group_by";
    mixed_group(name) = 1140, "42000", "In aggregated query without GROUP BY, expression of SELECT list contains nonaggregated column '{name}'; this is incompatible with sql_mode=only_full_group_by";
    parameter_count(name) = 1582, "42000", "Incorrect parameter count in the call to native function '{name}'";
    changes_what_it_reads(name) = 1093, "HY000", "You can't specify target table '{name}' for update in FROM clause";

    // Values, in strict mode.
    no_default(name) = 1364, "HY000", "Field '{name}' doesn't have a default value";
    null(name) = 1048, "23000", "Column '{name}' cannot be null";
    check_violated(name) = 3819, "HY000", "Check constraint '{name}' is violated.";
    generated(name, table) = 3105, "HY000", "The value specified for generated column '{name}' in table '{table}' is not allowed.";
    truncated(name, row) = 1265, "01000", "Data truncated for column '{name}' at row {row}";
    incorrect(kind, text, name, row) = 1366, "HY000", "Incorrect {kind} value: '{text}' for column '{name}' at row {row}";
    incorrect_time(kind, text, name, row) = 1292, "22007", "Incorrect {kind} value: '{text}' for column '{name}' at row {row}";
    wrong_literal(kind, text) = 1525, "HY000", "Incorrect {kind} value: '{text}'";
    too_long(name, row) = 1406, "22001", "Data too long for column '{name}' at row {row}";
    out_of_range(name, row) = 1264, "22003", "Out of range value for column '{name}' at row {row}";
    invalid_json(name) = 3140, "22032", "Invalid JSON text in value for column '{name}'.";
    invalid_default(name) = 1067, "42000", "Invalid default value for '{name}'";

    // Definitions.
    two_primary_keys() = 1068, "42000", "Multiple primary key defined";
    null_in_primary_key() = 1171, "42000", "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE instead";
    no_key_column(name) = 1072, "42000", "Key column '{name}' doesn't exist in table";
    key_needs_length(name) = 1170, "42000", "BLOB/TEXT column '{name}' used in key specification without a key length";
    wrong_prefix() = 1089, "HY000", "Incorrect prefix key; the used key part isn't a string, the used length is longer than the key part, or the storage engine doesn't support unique prefix keys";
    auto_needs_key() = 1075, "42000", "Incorrect table definition; there can be only one auto column and it must be defined as a key";
    wrong_column(name) = 1063, "42000", "Incorrect column specifier for column '{name}'";
    text_default(name) = 1101, "42000", "BLOB, TEXT, GEOMETRY or JSON column '{name}' can't have a default value";
    too_big(name) = 1074, "42000", "Column length too big for column '{name}'; use BLOB or TEXT instead";
    no_columns() = 1113, "42000", "A table must have at least 1 column";
    last_column() = 1090, "42000", "You can't delete all columns with ALTER TABLE; use DROP TABLE instead";

    // What depends on what.
    in_foreign_key(column, key) = 1828, "HY000", "Cannot drop column '{column}': needed in a foreign key constraint '{key}'";
    in_others_foreign_key(column, key, table) = 1829, "HY000", "Cannot drop column '{column}': needed in a foreign key constraint '{key}' of table '{table}'";
    changed_foreign_key(column, key) = 1832, "HY000", "Cannot change column '{column}': used in a foreign key constraint '{key}'";
    changed_others_foreign_key(column, key, table) = 1833, "HY000", "Cannot change column '{column}': used in a foreign key constraint '{key}' of table '{table}'";
    index_needed(name) = 1553, "HY000", "Cannot drop index '{name}': needed in a foreign key constraint";
    table_referenced(table, key, by) = 3730, "HY000", "Cannot drop table '{table}' referenced by a foreign key constraint '{key}' on table '{by}'.";
    truncate_referenced(table) = 1701, "42000", "Cannot truncate a table referenced in a foreign key constraint ('{table}')";
    in_check(check, column) = 3959, "HY000", "Check constraint '{check}' uses column '{column}', hence column cannot be dropped or renamed.";
    in_generated(column) = 3108, "HY000", "Column '{column}' has a generated column dependency.";

    // Foreign keys.
    no_parent(table) = 1824, "HY000", "Failed to open the referenced table '{table}'";
    no_parent_key(key, table) = 1822, "HY000", "Failed to add the foreign key constraint. Missing index for constraint '{key}' in the referenced table '{table}'";
    no_parent_column(column, key, table) = 3734, "HY000", "Failed to add the foreign key constraint. Missing column '{column}' for constraint '{key}' in the referenced table '{table}'";
    incompatible(column, referred, key) = 3780, "HY000", "Referencing column '{column}' and referenced column '{referred}' in foreign key constraint '{key}' are incompatible.";
    foreign_width(key) = 1239, "42000", "Incorrect foreign key definition for '{key}': Key reference and table reference don't match";

    // Online changes (MY-01, MY-03).
    unsupported(what, instead) = 1845, "0A000", "{what} is not supported for this operation. Try {instead}.";
    unsupported_because(what, reason, instead) = 1846, "0A000", "{what} is not supported. Reason: {reason}. Try {instead}.";
    wrong_usage(one, other) = 1221, "HY000", "Incorrect usage of {one} and {other}";
    too_many_versions(table) = 4092, "HY000", "Maximum row versions reached for table {table}. No more columns can be added or dropped instantly. Please use COPY/INPLACE.";
}
