//! What the matrix says of the migrations that people really write.

use super::*;
use crate::parse;

const SCHEMA: &str = "
CREATE TABLE orders (id bigserial PRIMARY KEY, customer bigint NOT NULL, name text, total integer);
CREATE TABLE audit (id bigserial PRIMARY KEY, what text NOT NULL);
";
const V1: &str = "
SELECT id, name, total FROM orders WHERE customer = $1;
INSERT INTO orders (customer, name, total) VALUES ($1, $2, $3);
";

fn release(name: &str, sql: &str) -> Release {
    Release { name: name.to_owned(), script: parse(sql).unwrap() }
}

/// The matrix of some migrations, with a number of rows in `orders`.
fn of(rows: Option<u64>, releases: &[Release], migrations: &[&str]) -> Matrix {
    let rows = rows.map(|rows| ("orders".to_owned(), rows)).into_iter().collect();
    let schema = schema(&parse(SCHEMA).unwrap(), &rows).unwrap();
    let migrations = migrations.iter().enumerate().map(|(index, sql)| Migration {
        name: format!("V{}__m.sql", index + 2),
        script: parse(sql).unwrap(),
    });
    matrix(&schema, releases, &migrations.collect::<Vec<_>>())
}

/// The cells of the first release, each as a word with its code.
fn cells(matrix: &Matrix) -> Vec<String> {
    let cell = |step: &Step| {
        let cell = &step.releases["v1"];
        format!("{:?} {}", cell.status, cell.code.unwrap_or_default()).trim().to_lowercase()
    };
    matrix.steps.iter().map(cell).collect()
}

#[test]
fn one_migration_ends_as_its_class_says_pg_20_pg_43_ec_2() {
    // Rows, migration, how the release fares during and after it.
    let cases = [
        (9, "ALTER TABLE orders ADD COLUMN note text", "ok"),
        (9, "ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT ''", "ok"),
        (9, "ALTER TABLE orders ADD COLUMN at timestamptz DEFAULT clock_timestamp()", "blocks"),
        (0, "ALTER TABLE orders ADD COLUMN at timestamptz DEFAULT clock_timestamp()", "ok"),
        (0, "ALTER TABLE orders ADD COLUMN note text NOT NULL", "breaks 23502"),
        (9, "ALTER TABLE orders DROP COLUMN name", "breaks 42703"),
        (9, "ALTER TABLE orders RENAME COLUMN name TO title", "breaks 42703"),
        (9, "ALTER TABLE orders RENAME TO purchases", "breaks 42p01"),
        (9, "DROP TABLE orders", "breaks 42p01"),
        (9, "ALTER TABLE orders ALTER COLUMN total TYPE bigint", "blocks"),
        (9, "ALTER TABLE orders ALTER COLUMN name TYPE varchar", "ok"),
        (9, "ALTER TABLE orders ALTER COLUMN customer TYPE text", "blocks"),
        (9, "ALTER TABLE orders ALTER COLUMN total SET NOT NULL", "blocks"),
        (9, "ALTER TABLE orders ADD CHECK (total > 0)", "blocks"),
        (9, "ALTER TABLE orders ADD CHECK (total > 0) NOT VALID", "ok"),
        (9, "CREATE INDEX ON orders (customer)", "blocks"),
        (9, "CREATE INDEX CONCURRENTLY by_customer ON orders (customer)", "ok"),
        (9, "CREATE INDEX ON audit (what)", "ok"),
        (9, "UPDATE orders SET total = 0", "ok"),
    ];
    for (rows, migration, expected) in cases {
        let matrix = of(Some(rows), &[release("v1", V1)], &[migration]);
        assert_eq!(cells(&matrix), ["ok", expected], "{migration}");
    }
}

#[test]
fn the_safe_way_to_not_null_blocks_nobody_for_long_ec_4_pg_28_pg_32() {
    let writes = "INSERT INTO orders (customer, total) VALUES ($1, $2);";
    let steps = [
        "ALTER TABLE orders ADD CONSTRAINT has CHECK (total IS NOT NULL) NOT VALID",
        "ALTER TABLE orders VALIDATE CONSTRAINT has",
        "ALTER TABLE orders ALTER COLUMN total SET NOT NULL",
        "ALTER TABLE orders DROP CONSTRAINT has",
    ];
    assert_eq!(cells(&of(Some(9), &[release("v1", writes)], &steps)), ["ok"; 5]);
    let leaves_out = "INSERT INTO orders (customer) VALUES ($1);";
    let said = cells(&of(Some(9), &[release("v1", leaves_out)], &steps));
    assert_eq!(said, ["ok", "breaks 23514", "breaks 23514", "breaks 23502", "breaks 23502"]);
}

#[test]
fn locks_of_earlier_statements_are_held_while_a_later_one_works_pg_03_pg_41() {
    let instant = "ALTER TABLE orders ADD COLUMN note text";
    let slow = "CREATE INDEX ON audit (what)";
    let v1 = [release("v1", V1)];
    assert_eq!(cells(&of(Some(9), &v1, &[instant, slow])), ["ok", "ok", "ok"]);
    let together = format!("{instant}; {slow}");
    let matrix = of(Some(9), &v1, &[&together]);
    let cell = &matrix.steps[1].releases["v1"];
    assert_eq!(cell.status, Status::Blocks);
    assert_eq!(cell.lock.as_deref(), Some("ACCESS EXCLUSIVE on orders"));
    assert!(cell.reason.as_ref().unwrap().contains("CREATE INDEX ON audit"));
}

#[test]
fn a_file_that_mixes_what_may_and_may_not_be_in_a_transaction_fails_pg_40_fw_09() {
    let mixed = "ALTER TABLE orders ADD COLUMN a text; CREATE INDEX CONCURRENTLY i ON orders (a)";
    let after = "ALTER TABLE orders ADD COLUMN b text";
    let matrix = of(Some(9), &[release("v1", V1)], &[mixed, after]);
    assert_eq!(matrix.steps[1].error.as_ref().unwrap().code, Some("25001"));
    // Rolled back, and the tool stops there.
    assert_eq!(cells(&matrix), ["ok", "ok", "unknown"]);
}

#[test]
fn a_new_column_that_must_be_filled_fails_where_rows_are_pg_23() {
    let migration = ["ALTER TABLE orders ADD COLUMN note text NOT NULL"];
    let v1 = [release("v1", V1)];
    let matrix = of(Some(9), &v1, &migration);
    assert_eq!(matrix.steps[1].error.as_ref().unwrap().code, Some("23502"));
    let unknown = of(None, &v1, &migration);
    assert!(unknown.steps[1].error.is_none());
    assert!(unknown.steps[1].notes[0].contains("fails with 23502 if orders has rows"));
}

#[test]
fn releases_share_a_schema_only_if_each_fills_what_the_other_reads_ec_1_ec_6() {
    let old = release("v1", V1);
    let dual = "
        SELECT id, coalesce(title, name) FROM orders WHERE customer = $1;
        INSERT INTO orders (customer, name, title, total) VALUES ($1, $2, $2, $3);";
    let new = "
        SELECT id, title FROM orders WHERE customer = $1;
        INSERT INTO orders (customer, title, total) VALUES ($1, $2, $3);";
    let expand = ["ALTER TABLE orders ADD COLUMN title text"];
    let reason = |old: &Release, new: &Release| {
        let matrix = of(Some(9), &[old.clone(), new.clone()], &expand);
        matrix.steps[1].together[0].reason.clone().unwrap_or_default()
    };
    let lost = reason(&old, &release("v2", new));
    assert_eq!(lost, "v2 reads orders.title, which is null in the rows that v1 writes");
    let back = reason(&release("v2", dual), &release("v3", new));
    assert_eq!(back, "v2 reads orders.name, which is null in the rows that v3 writes");
}

#[test]
fn the_point_of_no_return_is_where_the_oldest_release_stops_for_good_ec_2() {
    let (old, new) = (release("v1", V1), release("v2", "SELECT id, title FROM orders;"));
    let end = |steps: &[&str]| of(Some(9), &[old.clone(), new.clone()], steps).point_of_no_return;
    let expand = "ALTER TABLE orders ADD COLUMN title text";
    let contract = "ALTER TABLE orders DROP COLUMN name";
    assert_eq!(end(&[expand]), None);
    assert_eq!(end(&[expand, contract]).as_deref(), Some("V3__m.sql"));
    let again = "ALTER TABLE orders ADD COLUMN name text";
    assert_eq!(end(&[expand, contract, again]), None);
    assert_eq!(end(&[expand, contract, again, contract]).as_deref(), Some("V5__m.sql"));
}

#[test]
fn what_is_not_modelled_is_unknown_and_never_ok() {
    let odd = release("v1", "SELECT my_function(id) FROM orders;");
    let matrix = of(Some(9), &[odd], &[]);
    let cell = &matrix.steps[0].releases["v1"];
    assert_eq!(cell.status, Status::Unknown);
    assert_eq!(cell.reason.as_deref(), Some("not modelled: the function my_function()"));
    let matrix = of(Some(9), &[release("v1", V1)], &["VACUUM orders", "SELECT 1"]);
    assert_eq!(cells(&matrix), ["ok", "unknown", "unknown"]);
    // A statement that fails outweighs one that is not known.
    let both = "SELECT my_function(id) FROM orders; SELECT nonsense FROM orders;";
    assert_eq!(cells(&of(None, &[release("v1", both)], &[])), ["breaks 42703"]);
}

#[test]
fn what_does_not_parse_is_named_with_its_place() {
    let problems = parse("SELECT 1;\nSELEC 2;\n  INSERT INTO t VALUES (1,;\nSELECT 3").unwrap_err();
    let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
    assert_eq!(places, [(2, 1), (3, 27)]);
    assert!(parse(&"(".repeat(10_000)).is_err());
    assert!(parse(&"SELECT 1;".repeat(200_000)).unwrap_err()[0].message.contains("bytes"));
    assert_eq!(parse(" -- nothing\n ;;").unwrap().statements, []);
}

#[test]
fn chains_are_as_long_as_the_stack_allows() {
    let schema = schema(&parse(SCHEMA).unwrap(), &BTreeMap::new()).unwrap();
    let chains = [("SELECT ", "1 + ", "1"), ("SELECT 1 WHERE ", "true AND ", "true")];
    for (head, link, tail) in chains.into_iter().chain([("", "SELECT 1 UNION ", "SELECT 1")]) {
        let long = parse(&format!("{head}{}{tail}", link.repeat(200_000 / link.len())));
        assert!(long.unwrap_err()[0].message.contains("operators"), "{head}{link}");
        let short = parse(&format!("{head}{}{tail}", link.repeat(240))).unwrap();
        assert!(crate::check(&schema, &short.statements[0].ast).is_ok(), "{head}{link}");
    }
    let check = format!("CREATE TABLE t (a integer CHECK ({}true))", "a > 1 AND ".repeat(150));
    assert!(crate::apply(&schema, &parse(&check).unwrap().statements[0].ast, true).is_ok());
    let nested = format!("SELECT {}1{}", "(1 + ".repeat(600), ")".repeat(600));
    assert!(parse(&nested).is_err());
    let array = format!("CREATE TABLE t (a integer{} NOT NULL)", "[]".repeat(100_000));
    assert!(parse(&array).is_err());
    let rows = format!("INSERT INTO audit VALUES (1, 'x'){}", ", (-1, 'x')".repeat(5_000));
    assert!(parse(&rows).is_ok());
}

#[test]
fn what_is_not_modelled_of_a_table_concerns_only_those_who_use_it() {
    let script = "
        CREATE TABLE plain (id bigint);
        CREATE TABLE parted (id bigint, at date) PARTITION BY RANGE (at);
        CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
        CREATE TABLE typed (n positive);";
    let schema = schema(&parse(script).unwrap(), &BTreeMap::new()).unwrap();
    let said = |sql: &str| match crate::check(&schema, &parse(sql).unwrap().statements[0].ast) {
        Ok(_) => "ok".to_owned(),
        Err(fault) => fault.to_string(),
    };
    assert_eq!(said("SELECT id FROM plain"), "ok");
    for table in ["parted", "typed"] {
        let said = said(&format!("SELECT * FROM {table}"));
        assert!(said.starts_with(&format!("not modelled: {table}, because of ")), "{said}");
    }
    assert!(said("SELECT id FROM nonsense").starts_with("42P01"));
}

#[test]
fn a_dump_is_a_schema() {
    let script = parse(include_str!("dump.sql")).unwrap();
    let schema = schema(&script, &BTreeMap::new()).unwrap();
    let orders = &schema.tables["orders"];
    assert_eq!(orders.primary_key(), Some(&["id".to_owned()][..]));
    assert!(orders.column("id").unwrap().may_be_left_out(), "its sequence fills it");
    assert!(!orders.column("customer_id").unwrap().may_be_left_out());
    let statement = |sql: &str| parse(sql).unwrap().statements[0].ast.clone();
    let odd = "INSERT INTO orders (customer_id, total, status) VALUES ($1, $2, 'odd')";
    let said = crate::check(&schema, &statement(odd)).unwrap_err().to_string();
    assert!(said.starts_with("23514: "), "{said}");
    let good = odd.replace("odd", "paid");
    assert!(crate::check(&schema, &statement(&good)).is_ok());
}

#[test]
fn statements_keep_their_text_and_place() {
    let script = parse("SELECT 1;\n  SELECT 'ä;' -- c\n;").unwrap();
    let of = |statement: &Statement| (statement.text.clone(), statement.line, statement.column);
    let all: Vec<_> = script.statements.iter().map(of).collect();
    assert_eq!(all[0], ("SELECT 1".to_owned(), 1, 1));
    assert_eq!(all[1], ("SELECT 'ä;' -- c".to_owned(), 2, 3));
}

/// Words of which statements are made, and some that are in their way.
const WORDS: [&str; 48] = [
    "SELECT", "INSERT", "INTO", "UPDATE", "DELETE", "FROM", "WHERE", "SET", "VALUES", "(", ")",
    ",", ";", "*", "orders", "o", "id", "name", "total", "nonsense", "=", "+", "||", "1", "1e99",
    "'x'", "NULL", "DEFAULT", "$1", "ALTER", "TABLE", "ADD", "DROP", "COLUMN", "TYPE", "integer",
    "CHECK", "NOT", "CREATE", "INDEX", "ON", "GROUP BY", "ORDER BY", "JOIN", "USING", "AS",
    "count(*)", ".",
];

proptest::proptest! {
    #[test]
    fn no_sequence_of_words_panics(words in proptest::collection::vec(0..WORDS.len(), 1..14)) {
        let text: Vec<&str> = words.iter().map(|&word| WORDS[word]).collect();
        if let Ok(script) = parse(&text.join(" ")) {
            let schema = schema(&parse(SCHEMA).unwrap(), &BTreeMap::new()).unwrap();
            for statement in &script.statements {
                let _ = crate::check(&schema, &statement.ast);
                let _ = crate::apply(&schema, &statement.ast, true);
            }
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = parse(&text);
    }
}

#[test]
fn a_prepared_statement_whose_result_changes_fails_once_pg_42_opg_10() {
    let all = release("v1", "SELECT * FROM orders WHERE customer = $1");
    let named = release("v2", "SELECT id, total FROM orders WHERE customer = $1");
    let writes = release("v3", "UPDATE orders SET name = $1 WHERE id = $2 RETURNING *");
    // The migration, and the releases that are told of.
    let cases: [(&str, &[&str]); 6] = [
        ("ALTER TABLE orders ADD COLUMN note text", &["v1", "v3"]),
        ("ALTER TABLE orders ALTER COLUMN total TYPE bigint", &["v1", "v2", "v3"]),
        ("ALTER TABLE orders ALTER COLUMN name TYPE varchar(50)", &["v1", "v3"]),
        ("ALTER TABLE orders DROP COLUMN name", &["v1"]),
        ("ALTER TABLE orders ALTER COLUMN total SET DEFAULT 0", &[]),
        ("ALTER TABLE orders RENAME COLUMN total TO amount", &["v1", "v3"]),
    ];
    let releases = [all, named, writes];
    for (migration, told) in cases {
        let notes = &of(Some(9), &releases, &[migration]).steps[1].notes;
        let told_of = notes.iter().filter(|note| note.contains("0A000"));
        let names: Vec<&str> = told_of.filter_map(|note| note.split(':').next()).collect();
        assert_eq!(names, told, "{migration}: {notes:?}");
    }
}

#[test]
fn a_generated_column_needs_columns_that_are_there_pg_22() {
    let add = "ALTER TABLE orders ADD COLUMN extra integer GENERATED ALWAYS AS";
    let cases = [
        (format!("{add} (total * 2) STORED"), None),
        (
            format!(
                "ALTER TABLE orders DROP COLUMN total, DROP COLUMN name; {add} (total * 2) STORED"
            ),
            Some("42703"),
        ),
        (format!("{add} (nothing * 2) STORED"), Some("42703")),
        (
            format!(
                "{add} (total * 2) STORED; {} (extra * 2) STORED",
                add.replace("extra", "more")
            ),
            Some("42P17"),
        ),
        (
            "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (c) STORED)".to_owned(),
            Some("42703"),
        ),
    ];
    for (migration, code) in cases {
        let matrix = of(Some(9), &[], &[&migration]);
        let failure = matrix.steps[1].error.as_ref();
        assert_eq!(failure.and_then(|failure| failure.code), code, "{migration}");
    }
}
