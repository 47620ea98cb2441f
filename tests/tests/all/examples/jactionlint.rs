//! jactionlint judges the workflow files.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use tests::repository;

use super::folder;

/// Runs it over files, or over a text on its standard input.
fn lint(files: &[&str], input: &str) -> Output {
    let package = repository().join("target/jactionlint");
    assert!(package.is_dir(), "there is no jactionlint; `cargo xtask test examples` installs it");
    let mut command = Command::new("python3");
    command.args(["-m", "jactionlint"]).env("PYTHONPATH", package);
    command.current_dir(folder().join("github"));
    // Whether shellcheck is on the machine must not matter.
    command.args(["--profile=pedantic", "--min-severity=warn", "--strict-exit", "--shellcheck="]);
    command.args(["--no-color", "--no-hints", "--format=oneline"]).args(files);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[test]
fn no_workflow_earns_a_warning() {
    let files = [
        ".github/workflows/release.yml",
        ".github/workflows/propose.yml",
        ".github/actions/cluster/action.yml",
    ];
    let said = lint(&files, "");
    let text = String::from_utf8_lossy(&said.stdout);
    assert_eq!((said.status.code(), &*text), (Some(0), ""), "{said:?}");
}

#[test]
fn a_mistake_in_a_workflow_is_found() {
    let wrong = "on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps: [{run: 'echo ${{ nobody.name }}'}]\n";
    let said = lint(&["-"], wrong);
    let text = String::from_utf8_lossy(&said.stdout);
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    assert!(text.contains("nobody"), "{text}");
}
