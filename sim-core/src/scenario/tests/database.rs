//! `database:` with a schema.

use expect_test::{Expect, expect};

use super::*;

/// The small scenario with this database, and a route that sends this.
fn with(database: &str, sql: &str, files: &[(&str, &str)]) -> Bundle {
    let mut bundle = small();
    let text = bundle.files.get_mut("scenario.yaml").unwrap();
    text.push_str(database);
    *text = text
        .replace("cpu: { mean: 12ms }", &format!("cpu: {{ mean: 12ms }}\n        sql: [{sql:?}]"));
    for (name, text) in files {
        bundle.files.insert(format!("workspace/{name}"), (*text).to_owned());
    }
    bundle
}

const ORDERS: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);";

fn findings(bundle: &Bundle, expect: &Expect) {
    let found = match Scenario::load(bundle) {
        Ok((_, notes)) => notes,
        Err(errors) => errors,
    };
    let lines: String = found.iter().map(|finding| format!("{finding}\n")).collect();
    expect.assert_eq(&lines);
}

#[test]
fn a_schema_comes_from_a_file_of_the_workspace_or_stands_there() {
    let file = with(
        "database: {schema: schema.sql, rows: {orders: 7}}",
        "SELECT 1",
        &[("schema.sql", ORDERS)],
    );
    let (scenario, notes) = Scenario::load(&file).unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(scenario.database.schema.unwrap().tables["orders"].rows, Some(7));
    let inline = with(&format!("database: {{schema: {ORDERS:?}}}"), "SELECT 1", &[]);
    let (scenario, _) = Scenario::load(&inline).unwrap();
    assert_eq!(scenario.database.schema.unwrap().tables["orders"].rows, Some(1_000));
}

#[test]
fn what_is_wrong_with_a_schema_is_said_with_its_place() {
    let broken = "CREATE TABLE orders (id bigint);\n  CREATE TABEL x ();";
    let with_file =
        |text| with("database: {schema: schema.sql}", "SELECT 1", &[("schema.sql", text)]);
    findings(
        &with_file(broken),
        &expect![[r#"
            workspace/schema.sql:2:10: error: Expected: an object type after CREATE, found: TABEL
        "#]],
    );
    findings(
        &with_file("CREATE TABLE a (id int);\n\nALTER TABLE b ADD c int;"),
        &expect![[r#"
            workspace/schema.sql:3:1: error: 42P01: relation "b" does not exist
        "#]],
    );
    findings(
        &with("database: {schema: shema.sql}", "SELECT 1", &[("schema.sql", ORDERS)]),
        &expect![[r#"
            scenario.yaml:21:20: error: database.schema: there is no file workspace/shema.sql; did you mean "schema.sql"?
        "#]],
    );
    let rows = format!("database: {{schema: {ORDERS:?}, rows: {{order: 5}}}}");
    findings(
        &with(&rows, "SELECT 1", &[]),
        &expect![[r#"
            scenario.yaml:21:90: error: database.rows.order: the schema has no such table; did you mean "orders"?
        "#]],
    );
    findings(
        &with("database: {rows: {orders: 5}}", "SELECT 1", &[]),
        &expect![[r#"
            scenario.yaml:21:19: error: database.rows: there is no schema, so it has no effect; name the schema: schema: schema.sql
        "#]],
    );
}

/// MY-06.
#[test]
fn a_mysql_reads_its_own_syntax_and_has_its_own_number_of_connections() {
    let mysql = |schema: &str| format!("database: {{engine: mysql, schema: {schema:?}}}");
    let orders = "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB;";
    let (scenario, notes) =
        Scenario::load(&with(&mysql(orders), "SELECT `id` FROM orders WHERE id = ?", &[])).unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!((scenario.database.connections, scenario.database.reserved), (151, 1));
    findings(
        &with(&mysql("CREATE TABLE orders (id bigserial);"), "SELECT $1", &[]),
        &expect![[r#"
            scenario.yaml:21:35: error: database.schema: line 1, column 25: `BIGSERIAL` is PostgreSQL's syntax, not MySQL's
        "#]],
    );
}

#[test]
fn liquibase_with_mysql_is_said_not_to_be_modelled() {
    let schema = "CREATE TABLE orders (id int PRIMARY KEY);";
    let mut bundle = with(
        &format!("database: {{engine: mysql, schema: {schema:?}}}"),
        "SELECT 1",
        &[("log.yaml", "")],
    );
    let text = bundle.files.get_mut("scenario.yaml").unwrap();
    *text = text.replace("    routes:", "    migrate: {liquibase: log.yaml}\n    routes:");
    assert!(text.contains("liquibase"));
    findings(
        &bundle,
        &expect![[r#"
        scenario.yaml:7:26: error: applications.shop:v1.migrate.liquibase: Liquibase with MySQL is not modelled; write flyway: db/migration
    "#]],
    );
}

#[test]
fn a_statement_of_a_release_must_be_one_and_what_is_not_modelled_is_noted() {
    let database = format!("database: {{schema: {ORDERS:?}}}");
    findings(
        &with(&database, "SELEC 1", &[]),
        &expect![[r#"
            scenario.yaml:10:15: error: applications.shop:v1.routes[0].sql[0]: line 1, column 1 of the statement: Expected: an SQL statement, found: SELEC
        "#]],
    );
    findings(
        &with(&database, "SELECT 1; SELECT 2", &[]),
        &expect![[r#"
            scenario.yaml:10:15: error: applications.shop:v1.routes[0].sql[0]: 2 statements; write one statement an item
        "#]],
    );
    findings(
        &with(&database, "SELECT * FROM other.orders", &[]),
        &expect![[r#"
            scenario.yaml:10:15: note: applications.shop:v1.routes[0].sql[0]: not modelled: other.orders: only the schema public is; in a run it works and locks nothing
        "#]],
    );
    findings(&with(&database, "SELECT none FROM orders", &[]), &expect![[""]]);
}
