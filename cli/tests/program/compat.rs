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
