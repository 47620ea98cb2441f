//! `cutover lint`.

use std::path::PathBuf;

use expect_test::expect;

use crate::{cutover, empty_folder, write};

/// A schema, a release, and a migration that drops a column which only an older one names.
fn files(name: &str) -> PathBuf {
    let folder = empty_folder(name);
    let timeouts = "SET lock_timeout = '1s';\nSET statement_timeout = '5s';\n";
    write(
        &folder,
        &[
            ("schema.sql", "CREATE TABLE orders (id bigint PRIMARY KEY, name text, title text);\n"),
            ("old.sql", "SELECT id, name FROM orders;\n"),
            ("new.sql", "SELECT id, title FROM orders;\n"),
            ("V2__drop.sql", &format!("{timeouts}ALTER TABLE orders\n  DROP COLUMN name;\n")),
            ("V3__fails.sql", &format!("{timeouts}ALTER TABLE orders DROP COLUMN name;\n")),
            ("V4__bad.sql", "ALTER TABEL orders;\n"),
        ],
    );
    folder
}

#[test]
fn a_statement_that_breaks_a_live_release_is_an_error_with_its_place_ec_2() {
    let release = "--release=old=old.sql";
    let called =
        cutover(&files("lint-old"), &["lint", "--schema=schema.sql", release, "V2__drop.sql"]);
    assert_eq!((called.status, called.stderr.as_str()), (Some(1), ""));
    expect![[r#"
        V2__drop.sql:3:1: error [breaks-release]: old fails with 42703: column "name" does not exist
            SELECT id, name FROM orders
        V2__drop.sql:4:3: warning [ban-drop-column]: Dropping a column may break existing clients
        errors: 1, warnings: 1, notes: 0
    "#]]
    .assert_eq(&called.stdout);
}

#[test]
fn what_is_dropped_after_its_last_user_is_only_noted_ec_1() {
    let release = "--release=new=new.sql";
    let called =
        cutover(&files("lint-new"), &["lint", "--schema=schema.sql", release, "V2__drop.sql"]);
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    expect![[r#"
        V2__drop.sql:4:3: note [ban-drop-column]: Dropping a column may break existing clients; no live release depends on it
        errors: 0, warnings: 0, notes: 1
    "#]].assert_eq(&called.stdout);
}

#[test]
fn a_migration_that_fails_and_one_that_does_not_parse_are_told_apart() {
    let folder = files("lint-bad");
    let release = "--release=new=new.sql";
    let both = ["lint", "--schema=schema.sql", release, "V2__drop.sql", "V3__fails.sql"];
    let called = cutover(&folder, &both);
    assert_eq!(called.status, Some(1));
    let fails = "V3__fails.sql:3:1: error [fails]: 42703: column \"name\" of relation \"orders\"";
    assert!(called.stdout.contains(fails), "{}", called.stdout);
    let called = cutover(&folder, &["lint", "V4__bad.sql"]);
    assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""));
    assert!(called.stderr.contains("V4__bad.sql:1:7: error: "), "{}", called.stderr);
}

#[test]
fn findings_are_available_as_json() {
    let arguments = ["lint", "V2__drop.sql", "--format", "json"];
    let called = cutover(&files("lint-json"), &arguments);
    assert_eq!((called.status, called.stderr.as_str()), (Some(1), ""));
    let findings: Vec<serde_json::Value> = serde_json::from_str(&called.stdout).expect("a list");
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(finding["rule"], "ban-drop-column");
    assert_eq!((&finding["line"], &finding["column"]), (&4.into(), &3.into()));
    assert_eq!(finding["level"], "warning");
}

#[test]
fn squawk_is_left_out_for_mysql_and_a_note_says_so() {
    let folder = files("lint-mysql");
    let given = ["lint", "--engine=mysql", "--schema=schema.sql", "--release=old=old.sql"];
    write(&folder, &[("V5__drop.sql", "ALTER TABLE orders DROP COLUMN name;\n")]);
    let called = cutover(&folder, &[&given[..], &["V5__drop.sql"]].concat());
    assert_eq!((called.status, called.stderr.as_str()), (Some(1), ""));
    expect![[r#"
        V5__drop.sql:1:1: note [postgresql-only]: squawk's rules are for PostgreSQL: only live releases are looked at
        V5__drop.sql:1:1: error [breaks-release]: old fails with ERROR 1054 (42S22): Unknown column 'name' in 'field list'
            SELECT id, name FROM orders
        errors: 1, warnings: 0, notes: 1
    "#]].assert_eq(&called.stdout);
}
