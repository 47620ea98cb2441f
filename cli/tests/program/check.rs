//! `cutover check`.

use serde_json::Value;

use crate::{Called, SMALL, cutover, empty_folder, with_small_scenario, write};

const MANIFEST: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop\nspec:\n  selector: { app: shop }\n  ports: [{ port: 80 }]\n";

#[test]
fn good_input_gives_status_0() {
    let folder = with_small_scenario("check-good");
    write(&folder, &[("service.yaml", MANIFEST), ("attempt.log", "00:10 kubectl get pods\n")]);
    for paths in [
        &["scenarios"][..],
        &["scenarios/small"],
        &["scenarios/small/scenario.yaml"],
        &["service.yaml", "attempt.log", "scenarios/small/naive/too-few.log"],
    ] {
        let called = cutover(&folder, &[&["check"], paths].concat());
        assert_eq!(called.status, Some(0), "{paths:?}: {}", called.stderr);
        assert!(called.stdout.contains("0 errors"), "{}", called.stdout);
    }
}

#[test]
fn every_problem_is_named_with_its_place() {
    let folder = with_small_scenario("check-places");
    let (_, scenario) = SMALL[1];
    let broken =
        scenario.replace("duration: 1m", "duration: soon").replace("share: 1", "share: many");
    write(
        &folder,
        &[
            ("scenarios/small/scenario.yaml", &broken),
            ("scenarios/small/naive/too-few.log", "# misses: nothing\nnow ls\n"),
            (
                "bad.yaml",
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop\nspec:\n  ports: [{ port: eighty }]\n",
            ),
            ("bad.log", "00:61 ls\n"),
        ],
    );
    let called = cutover(&folder, &["check", "scenarios", "bad.yaml", "bad.log"]);
    assert_eq!(called.status, Some(2));
    for place in [
        "scenarios/small/scenario.yaml:5:11: error: ",
        "scenarios/small/scenario.yaml:25:16: error: ",
        "scenarios/small/naive/too-few.log:2:1: error: ",
        "bad.yaml:6:19: error: ",
        "bad.log:1:1: error: ",
    ] {
        assert!(called.stderr.contains(place), "{place}\n{}", called.stderr);
    }
}

#[test]
fn an_object_that_a_file_describes_twice_is_an_error() {
    let folder = empty_folder("check-twice");
    let other = MANIFEST.replace("name: shop", "name: other");
    write(&folder, &[("twice.yaml", &[MANIFEST, &other, MANIFEST].join("---\n"))]);
    let called = cutover(&folder, &["check", "twice.yaml"]);
    assert_eq!(called.status, Some(2), "{}", called.stderr);
    assert_eq!(
        called.stderr,
        "twice.yaml:17:1: error: the Service \"shop\" is described twice; the first time on line 1; \
         keep one of them: the second replaces the first\n"
    );
}

#[test]
fn a_log_may_begin_with_a_byte_order_mark() {
    let folder = empty_folder("check-mark");
    write(&folder, &[("attempt.log", "\u{feff}00:10 kubectl get pods\r\n00:20 ls\r\n")]);
    let called = cutover(&folder, &["check", "attempt.log"]);
    assert_eq!(called.status, Some(0), "{}", called.stderr);
}

#[test]
fn a_field_that_is_not_modelled_gives_a_note_and_status_0() {
    let folder = empty_folder("check-note");
    let noted = MANIFEST.replace("spec:\n", "spec:\n  sessionAffinity: ClientIP\n");
    write(&folder, &[("service.yaml", &noted)]);
    let called = cutover(&folder, &["check", "service.yaml"]);
    assert_eq!(called.status, Some(0), "{}", called.stderr);
    assert!(called.stderr.contains("service.yaml:6:3: note: "), "{}", called.stderr);
    assert!(called.stdout.contains("0 errors, 1 note"), "{}", called.stdout);
}

#[test]
fn findings_are_available_as_json() {
    let folder = empty_folder("check-json");
    write(&folder, &[("bad.log", "00:61 ls\n")]);
    let Called { status, stdout, stderr } =
        cutover(&folder, &["check", "bad.log", "--format", "json"]);
    let document: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((status, stderr.as_str()), (Some(2), ""));
    assert_eq!((&document["version"], &document["checked"]), (&1.into(), &1.into()));
    assert_eq!((&document["errors"], &document["notes"]), (&1.into(), &0.into()));
    let finding = &document["findings"][0];
    assert_eq!((&finding["file"], &finding["severity"]), (&"bad.log".into(), &"error".into()));
    assert_eq!((&finding["line"], &finding["column"]), (&1.into(), &1.into()));
    assert!(finding["message"].is_string() && finding["help"].is_string());
}

#[test]
fn what_is_not_there_or_unknown_is_an_error() {
    let folder = empty_folder("check-missing");
    write(&folder, &[("notes.txt", "hello"), ("folder/notes.txt", "hello")]);
    let table = [
        ("nowhere", "nowhere: error: there is no such file or folder"),
        ("nowhere.yaml", "nowhere.yaml: error: cannot read this file: there is no such file"),
        ("notes.txt", "notes.txt: error: cannot tell what this file is"),
        ("folder", "folder: error: there is no scenario.yaml in this folder"),
        ("nowhere/scenario.yaml", "nowhere/scenario.yaml: error: cannot read this file"),
    ];
    for (path, expected) in table {
        let called = cutover(&folder, &["check", path]);
        assert_eq!(called.status, Some(2), "{path}");
        assert!(called.stderr.contains(expected), "{path}: {}", called.stderr);
    }
}
