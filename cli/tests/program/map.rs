//! `cutover map`.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use serde_json::Value;

use crate::{cutover, empty_folder, with_small_scenario};

/// Where the shipped scenarios lie.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_map_is_a_table_with_reasons_and_the_path_below() {
    let arguments = ["map", "rename-in-one-step", "--log", "naive/rename-and-switch"];
    let called = cutover(&repository(), &arguments);
    assert_eq!((called.status, called.stderr.as_str()), (Some(1), ""));
    expect![[r#"
        The rename in one step · seed 1

        SCHEMA AFTER              v1         v1 + v2  v2      v1 + v3  v2 + v3  v3      v1 + v4  v2 + v4  v3 + v4  v4
        (before)                  ✓ [1]      ✗ 10 %   ✗ 20 %  ✗ 51 %   ✗ 61 %   ✗ all   ✗ 51 %   ✗ 61 %   ✗ all    ✗ all
        V2__rename_mail.sql       ✗ all [2]  ✗ all    ✗ all   ✗ 59 %   ✗ 59 %   ✗ 20 %  ✗ 49 %   ✗ 49 %   ✗ 10 %   ✓ [3]
        or, after (before):
        expand/V2__add_email.sql  ✓          ✓        ✓       ! 41 %   ! 41 %   ! 80 %  ! 45 %   ! 45 %   ! 84 %   ! 89 %
        expand/V3__copy_mail.sql  ✓          ✓        ✓       !        ✓        ✓       ! 5 %    ! 5 %    ✗ 5 %    ✗ 9 %
        expand/V4__drop_mail.sql  ✗ all      ✗ all    ✗ all   ✗ 59 %   ✗ 59 %   ✗ 20 %  ✗ 49 %   ✗ 49 %   ✗ 10 %   ✓

        ✓      safe: every request is served
        ✗      errors: requests fail
        !      data loss: data is misread or lost, and most requests are served
        [1 2]  stations of the run

        (before)
            v2 is refused: 42703: column "email" of relation "customers" does not exist
            v3 is refused: 42703: column "email" does not exist
            v4 is refused: 42703: column "email" does not exist
        V2__rename_mail.sql
            v1 is refused: 42703: column "mail" does not exist
            v2 is refused: 42703: column "mail" does not exist
            v3 is refused: 42703: column "mail" of relation "customers" does not exist
        expand/V2__add_email.sql
            v3 reads customers.email, into which mail has not been copied
            500 from v3
            v1 reads customers.mail, while v4 writes email alone
            v4 reads customers.email, into which mail has not been copied
            v4 is refused: 23502: null value in column "mail" of relation "customers" violates not-null constraint
            v2 reads customers.mail, while v4 writes email alone
        expand/V3__copy_mail.sql
            v3 reads customers.email, while v1 writes mail alone
            v1 reads customers.mail, while v4 writes email alone
            v4 reads customers.email, while v1 writes mail alone
            v4 is refused: 23502: null value in column "mail" of relation "customers" violates not-null constraint
            v2 reads customers.mail, while v4 writes email alone
        expand/V4__drop_mail.sql
            v1 is refused: 42703: column "mail" does not exist
            v2 is refused: 42703: column "mail" does not exist
            v3 is refused: 42703: column "mail" of relation "customers" does not exist

        The run:
           FROM       UNTIL      WHERE                            REQUESTS
        1  00:00.000  01:30.010  (before), v1             safe    5410 served
        2  01:30.010  01:30.347  V2__rename_mail.sql, v1  errors  31 of 31 failed
        3  01:30.347  09:00.000  V2__rename_mail.sql, v4  safe    26828 served
        at 2: v1 is refused: 42703: column "mail" does not exist
        Worst of it: errors.
        Point of no return: V2__rename_mail.sql at 01:30.010. After it v1 does not work.
    "#]].assert_eq(&called.stdout);
}

#[test]
fn without_a_log_there_is_no_path_and_the_status_is_0() {
    let called = cutover(&repository(), &["map", "required-column-without-default"]);
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    expect![[r#"
        The required column without a default · seed 1

        SCHEMA AFTER     blue    10 % green  50 % green  green
        (before)         ✓       ✗ 7 %       ✗ 51 %      ✗ all
        V2__channel.sql  ✗ 23 %  ✗ 22 %      ✗ 12 %      ✓

        ✓      safe: every request is served
        ✗      errors: requests fail

        (before)
            green is refused: 42703: column "channel" does not exist
        V2__channel.sql
            blue is refused: 23502: null value in column "channel" of relation "orders" violates not-null constraint

        Point of no return: V2__channel.sql. After it blue does not work.
    "#]].assert_eq(&called.stdout);
}

#[test]
fn the_map_as_json_keeps_its_shape() {
    let arguments = ["map", "rename-in-one-step", "--log", "reference", "--json"];
    let called = cutover(&repository(), &arguments);
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    let map: Value = serde_json::from_str(&called.stdout).expect("JSON");
    assert_eq!(map["versions"], serde_json::json!(["v1", "v2", "v3", "v4"]));
    assert_eq!(map["columns"][1], serde_json::json!([50, 50, 0, 0]));
    assert_eq!(map["rows"][1]["label"], "V2__rename_mail.sql");
    assert_eq!(map["rows"][1]["after"], 0);
    let cell = map["rows"][1]["cells"][0].as_object().expect("a cell");
    let keys: Vec<&str> = cell.keys().map(String::as_str).collect();
    assert_eq!(keys, ["class", "failed", "p99_ms", "reasons", "requests"]);
    assert_eq!(cell["class"], "errors");
    let edge = map["rows"][1]["edges"][0].as_object().expect("an edge");
    let keys: Vec<&str> = edge.keys().map(String::as_str).collect();
    assert_eq!(keys, ["failed", "flow", "seconds", "waited"]);
    let station = map["path"][0].as_object().expect("a station");
    let keys: Vec<&str> = station.keys().map(String::as_str).collect();
    let expected = ["class", "column", "failed", "from", "reasons", "requests", "row", "until"];
    assert_eq!(keys, expected);
    assert_eq!(
        (&map["point_of_no_return"], &map["worst"]),
        (&serde_json::json!([]), &"safe".into())
    );
}

#[test]
fn the_drawing_is_a_file() {
    let folder = empty_folder("map-svg");
    let scenario = repository().join("scenarios/alter-behind-a-report");
    let scenario = scenario.to_str().expect("a path in UTF-8");
    let called = cutover(&folder, &["map", scenario, "--svg", "map.svg"]);
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    let svg = fs::read_to_string(folder.join("map.svg")).expect("the drawing was written");
    assert!(svg.starts_with("<svg") && svg.contains("V2__note.sql"), "{svg}");
    let called = cutover(&folder, &["map", scenario, "--svg", "nowhere/map.svg"]);
    assert_eq!(called.status, Some(2));
    assert!(called.stderr.contains("its folder does not exist"), "{}", called.stderr);
}

#[test]
fn what_cannot_be_mapped_is_said() {
    let folder = with_small_scenario("map-small");
    let called = cutover(&folder, &["map", "small"]);
    assert_eq!(called.status, Some(2));
    let problem =
        "there is nothing to map: the scenario does not say what its database holds (`schema:`)";
    assert!(called.stderr.contains(problem), "{}", called.stderr);
    let called = cutover(&folder, &["map", "nothing"]);
    assert_eq!(called.status, Some(2));
    assert!(called.stderr.contains("there is no such scenario"), "{}", called.stderr);
}
