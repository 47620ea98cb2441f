//! How a real server is asked whether a statement works: it is prepared, and run with values that fit.

/// The name under which a statement is prepared.
const NAME: &str = "probed";

/// Prepares a statement.
pub fn prepare(sql: &str) -> String {
    format!("PREPARE {NAME} AS {sql}")
}

/// What its parameters are, one a row: a label of an enumeration in quotes, or else a type.
pub const PARAMETERS: &str = "\
    SELECT coalesce((SELECT quote_literal(min(enumlabel)) FROM pg_enum WHERE enumtypid = type), \
    type::text) FROM pg_prepared_statements, \
    unnest(parameter_types) WITH ORDINALITY AS parameter (type, place) ORDER BY place";

/// Runs it with a value for each parameter.
pub fn execute<'a>(parameters: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = parameters.into_iter().map(value).collect();
    let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    format!("EXECUTE {NAME}{values}")
}

/// A value for a parameter.
fn value(parameter: &str) -> &str {
    match parameter {
        label if label.starts_with('\'') => label,
        "text" | "character varying" | "character" => "'zz'",
        "boolean" => "true",
        "timestamp with time zone" | "timestamp without time zone" | "date" => "'2026-01-01'",
        "time without time zone" => "'12:00'",
        "jsonb" | "json" => "'{}'",
        "uuid" => "'00000000-0000-0000-0000-000000000001'",
        "interval" => "'1 day'",
        "bytea" => "'\\x00'",
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "1",
        _ => "NULL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_run_with_a_value_for_each_parameter() {
        assert_eq!(execute([]), "EXECUTE probed");
        assert_eq!(
            execute(["bigint", "text", "'sad'", "cidr"]),
            "EXECUTE probed(1, 'zz', 'sad', NULL)"
        );
    }
}
