//! `cutover compat`.

use std::path::PathBuf;

use expect_test::expect;
use serde_json::{Value, json};

use crate::{cutover, empty_folder, write};

const V1: &str = "SELECT id, name FROM orders WHERE customer = $1;\n\
                  INSERT INTO orders (customer, name) VALUES ($1, $2);\n";
const V2: &str = "SELECT id, title FROM orders WHERE customer = $1;\n\
                  INSERT INTO orders (customer, title) VALUES ($1, $2);\n";

/// A column that is renamed in steps, and files that cannot be used.
fn files(name: &str) -> PathBuf {
    let folder = empty_folder(name);
    let schema =
        "CREATE TABLE orders (id bigserial PRIMARY KEY, customer bigint NOT NULL, name text);\n";
    write(
        &folder,
        &[
            ("schema.sql", schema),
            ("v1.sql", V1),
            ("v2.sql", V2),
            ("V2__add_title.sql", "ALTER TABLE orders ADD COLUMN title text;\n"),
            ("V3__index.sql", "CREATE INDEX ON orders (title);\n"),
            ("V10__drop_name.sql", "ALTER TABLE orders DROP COLUMN name;\n"),
            ("V10.0__again.sql", "SELECT 1;\n"),
            ("add.sql", "SELECT 1;\n"),
            ("V4__bad.sql", "SELECT 1;\nALTER TABLE orders ADD COLUMN;\n"),
            ("huge.sql", &"SELECT 1;\n".repeat(600_000)),
        ],
    );
    folder
}

const GIVEN: [&str; 6] = [
    "compat",
    "--schema",
    "schema.sql",
    "--release=v1=v1.sql",
    "--release=v2=v2.sql",
    "--rows=orders=500000",
];
const MIGRATIONS: [&str; 3] = ["V10__drop_name.sql", "V2__add_title.sql", "V3__index.sql"];

#[test]
fn the_matrix_is_a_table_with_reasons_below() {
    let called = cutover(&files("compat-text"), &[&GIVEN[..], &MIGRATIONS[..]].concat());
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    expect![[r#"
        SCHEMA AFTER        v1                        v2                        SIDE BY SIDE
        (before)            ok                        breaks 42703              not v1 with v2
        V2__add_title.sql   ok                        ok                        not v1 with v2
        V3__index.sql       blocks (SHARE on orders)  blocks (SHARE on orders)  not v1 with v2
        V10__drop_name.sql  breaks 42703              ok                        not v1 with v2

        (before), v2: column "title" does not exist
            SELECT id, title FROM orders WHERE customer = $1
        (before), not v1 with v2: v2 fails on this schema
        V2__add_title.sql, not v1 with v2: v2 reads orders.title, which is null in the rows that v1 writes
        V3__index.sql, v1: waits for SHARE on orders, held while "CREATE INDEX ON orders (title)" works: about 1.0 s for 500000 rows by the model's pace
            INSERT INTO orders (customer, name) VALUES ($1, $2)
        V3__index.sql, v2: waits for SHARE on orders, held while "CREATE INDEX ON orders (title)" works: about 1.0 s for 500000 rows by the model's pace
            INSERT INTO orders (customer, title) VALUES ($1, $2)
        V3__index.sql, not v1 with v2: v2 reads orders.title, which is null in the rows that v1 writes
        V10__drop_name.sql, v1: column "name" does not exist
            SELECT id, name FROM orders WHERE customer = $1
        V10__drop_name.sql, not v1 with v2: v1 fails on this schema
        Point of no return: V10__drop_name.sql. After it v1 does not work.
    "#]].assert_eq(&called.stdout);
}

#[test]
fn the_matrix_as_json_keeps_its_shape() {
    let arguments = [&GIVEN[..], &MIGRATIONS[..], &["--json"]].concat();
    let called = cutover(&files("compat-json"), &arguments);
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    let matrix: Value = serde_json::from_str(&called.stdout).expect("JSON");
    assert_eq!(matrix["point_of_no_return"], "V10__drop_name.sql");
    assert_eq!(matrix["steps"][0]["migration"], Value::Null);
    let expected = json!({
        "status": "breaks", "code": "42703",
        "statement": "SELECT id, title FROM orders WHERE customer = $1",
        "reason": "column \"title\" does not exist",
    });
    assert_eq!(matrix["steps"][0]["releases"]["v2"], expected);
    let ok = json!({"status": "ok", "code": null, "statement": null, "reason": null});
    assert_eq!(matrix["steps"][1]["releases"]["v1"], ok);
    assert_eq!(matrix["steps"][2]["releases"]["v1"]["status"], "blocks");
    assert_eq!(matrix["steps"].as_array().map(Vec::len), Some(4));
}

#[test]
fn files_that_cannot_be_used_exit_with_2_and_name_the_place() {
    let folder = files("compat-bad");
    for (more, says) in [
        (&["V4__bad.sql"][..], "V4__bad.sql:2:30: error: Expected: identifier, found: ;"),
        (&["add.sql"], "add.sql:1:1: error: add.sql is no name of a migration; write V<version>__"),
        (
            &["V10__drop_name.sql", "V10.0__again.sql"],
            "V10.0__again.sql:1:1: error: the same version as",
        ),
        (&["V5__missing.sql"], "V5__missing.sql: error: cannot read this file"),
        (&["--release=v3=huge.sql"], "huge.sql"),
        (&["--release=v1=v2.sql"], "the release v1 is given twice"),
        (&["--rows=nonsense=3"], "the schema has no table nonsense"),
        (&["--rows=orders"], "write TABLE=N"),
        (&["--release=v9"], "write NAME=FILE.sql"),
        (&["--engine=oracle"], "invalid value 'oracle'"),
    ] {
        let called = cutover(&folder, &[&GIVEN[..], more].concat());
        assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""), "{more:?}");
        assert!(called.stderr.contains(says), "{more:?}: {}", called.stderr);
    }
}

/// The same for MySQL, with a migration that copies the table and one that fails half-way.
fn mysql_files(name: &str) -> PathBuf {
    let folder = empty_folder(name);
    let schema = "CREATE TABLE `orders` (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,\n\
                  customer bigint NOT NULL, name varchar(40)) ENGINE=InnoDB;\n";
    write(
        &folder,
        &[
            ("schema.sql", schema),
            ("v1.sql", &V1.replace("$1", "?").replace("$2", "?")),
            ("V2__wider.sql", "ALTER TABLE orders MODIFY name varchar(80);\n"),
            (
                "V3__half.sql",
                "ALTER TABLE orders DROP COLUMN name;\nALTER TABLE orders DROP COLUMN nonsense;\n",
            ),
            ("V4__more.sql", "SELECT 1;\n"),
            ("V5__cast.sql", "SELECT 1;\nUPDATE orders SET name = id::text;\n"),
        ],
    );
    folder
}

const GIVEN_MYSQL: [&str; 6] = [
    "compat",
    "--engine=mysql",
    "--schema=schema.sql",
    "--release=v1=v1.sql",
    "--rows=orders=500000",
    "V2__wider.sql",
];

#[test]
fn the_matrix_of_mysql_shows_copies_and_what_a_failure_leaves_my_01_my_05() {
    let arguments = [&GIVEN_MYSQL[..], &["V3__half.sql", "V4__more.sql"]].concat();
    let called = cutover(&mysql_files("compat-mysql"), &arguments);
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    expect![[r#"
        SCHEMA AFTER   v1                                                SIDE BY SIDE
        (before)       ok
        V2__wider.sql  blocks (SHARED_NO_WRITE metadata lock on orders)
        V3__half.sql   breaks 42S22
        V4__more.sql   unknown

        V2__wider.sql, v1: waits for SHARED_NO_WRITE metadata lock on orders, held while "ALTER TABLE orders MODIFY name varchar(80)" works: about 2.5 s for 500000 rows by the model's pace
            INSERT INTO orders (customer, name) VALUES (?, ?)
        V2__wider.sql: orders is changed by ALGORITHM=COPY (O(n), writes every row again); writers wait meanwhile; at its begin and end it waits for every open transaction that has used orders, and what comes later waits behind it
        V3__half.sql, v1: ERROR 1054 (42S22): Unknown column 'name' in 'field list'
            SELECT id, name FROM orders WHERE customer = ?
        V3__half.sql fails: ERROR 1091 (42000): Can't DROP 'nonsense'; check that column/key exists
            ALTER TABLE orders DROP COLUMN nonsense
        V3__half.sql: orders is changed by ALGORITHM=INSTANT (O(1), catalog only); at its begin and end it waits for every open transaction that has used orders, and what comes later waits behind it
        V3__half.sql: MySQL rolls no change of the schema back: 1 of 2 statements stay applied (MY-05), and Flyway records the failure and refuses to go on until `repair` (FW-08)
        V4__more.sql, v1: V3__half.sql failed before
        Point of no return: V3__half.sql. After it v1 does not work.
    "#]].assert_eq(&called.stdout);
}

#[test]
fn the_other_database_s_syntax_is_named_with_the_flag_that_it_needs() {
    let folder = mysql_files("compat-mixed");
    let called = cutover(&folder, &[&GIVEN_MYSQL[..], &["V5__cast.sql"]].concat());
    assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""));
    expect![[r#"
        V5__cast.sql:2:28: error: `::` is PostgreSQL's syntax, not MySQL's; if the database is PostgreSQL, use --engine postgresql
    "#]].assert_eq(&called.stderr);
    let arguments = ["compat", "--schema=schema.sql", "--release=v1=v1.sql"];
    let called = cutover(&folder, &arguments);
    assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""));
    expect![[r#"
        schema.sql:1:14: error: a backtick is MySQL's syntax, not PostgreSQL's; if the database is MySQL, use --engine mysql
        schema.sql:1:21: error: a backtick is MySQL's syntax, not PostgreSQL's; if the database is MySQL, use --engine mysql
        schema.sql:1:43: error: `AUTO_INCREMENT` is MySQL's syntax, not PostgreSQL's; if the database is MySQL, use --engine mysql
        schema.sql:2:43: error: `) ENGINE =` is MySQL's syntax, not PostgreSQL's; if the database is MySQL, use --engine mysql
        v1.sql:1:46: error: Expected: an expression, found: ?; if the database is MySQL, use --engine mysql
        v1.sql:2:45: error: Expected: an expression, found: ?; if the database is MySQL, use --engine mysql
    "#]].assert_eq(&called.stderr);
}
