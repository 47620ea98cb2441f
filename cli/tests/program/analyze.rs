//! `cutover analyze`.

use expect_test::expect;

use crate::{SMALL, cutover, empty_folder, write};

/// The files of the small scenario's workspace, and one whose route names an unknown subset.
fn files(name: &str) -> std::path::PathBuf {
    let folder = empty_folder(name);
    let (_, app) = SMALL.iter().find(|(path, _)| *path == "workspace/app.yaml").expect("a file");
    let bad = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\nspec:\n  hosts: \
               [shop]\n  http: [{route: [{destination: {host: my-app-service, subset: green}}]}]\n";
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: r}\nspec:\n  host: \
                my-app-service\n  subsets: [{name: blue, labels: {version: blue}}]\n";
    write(
        &folder,
        &[("app.yaml", app), ("bad.yaml", bad), ("rule.yaml", rule), ("broken.yaml", "a: [")],
    );
    folder
}

#[test]
fn a_mesh_without_errors_exits_with_0() {
    // The Deployment stands for its pods: the subset blue selects them.
    let called = cutover(&files("analyze-good"), &["analyze", "app.yaml", "rule.yaml"]);
    assert_eq!((called.status, called.stdout.as_str()), (Some(0), "\n"));
    expect!["✔ No validation issues found when analyzing app.yaml\nrule.yaml.\n"]
        .assert_eq(&called.stderr);
}

#[test]
fn an_error_exits_with_79_and_has_a_place() {
    let called = cutover(&files("analyze-bad"), &["analyze", "app.yaml", "bad.yaml"]);
    assert_eq!((called.status, called.stderr.as_str()), (Some(79), ""));
    expect![[r#"
        Error [IST0101] (VirtualService default/v bad.yaml:6) Referenced host+subset in destinationrule not found: "my-app-service+green"
    "#]].assert_eq(&called.stdout);
}

#[test]
fn json_is_the_list_that_istioctl_prints() {
    let folder = files("analyze-json");
    let called = cutover(&folder, &["analyze", "app.yaml", "bad.yaml", "--output", "json"]);
    assert_eq!((called.status, called.stderr.as_str()), (Some(79), ""));
    let list: Vec<serde_json::Value> = serde_json::from_str(&called.stdout).expect("a list");
    let keys: Vec<&str> =
        list[0].as_object().expect("an object").keys().map(String::as_str).collect();
    let expected = ["code", "documentationUrl", "level", "message", "origin", "reference"];
    assert_eq!(keys, expected);
    assert_eq!(list[0]["reference"], "bad.yaml:6");
    let called = cutover(&folder, &["analyze", "app.yaml", "-o", "json"]);
    assert_eq!((called.status, called.stdout.as_str()), (Some(0), "[]\n"));
}

#[test]
fn files_that_cannot_be_used_exit_with_2() {
    let folder = files("analyze-broken");
    for (arguments, says) in [
        (&["analyze", "broken.yaml", "app.yaml"][..], "broken.yaml:2:1: error: not valid YAML"),
        (&["analyze", "missing.yaml"], "missing.yaml: error: cannot read this file"),
        (&["analyze", "."], ".: error: this is not a file"),
        (&["analyze"], "error: "),
        (&["analyze", "app.yaml", "--output", "xml"], "error: invalid value 'xml'"),
    ] {
        let called = cutover(&folder, arguments);
        assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(called.stderr.starts_with(says), "{arguments:?}: {}", called.stderr);
    }
}
