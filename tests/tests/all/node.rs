//! The simulator as WebAssembly in Node.

use std::io::Write;
use std::process::{Command, Stdio};

use tests::repository;

use crate::determinism::{assert_same, plan};

/// Reads the plan from standard input, prints one digest a line.
const SCRIPT: &str = r"
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const folder = process.argv.at(-1);
const { default: init, Case } = await import(pathToFileURL(`${folder}/digest.js`));
await init({ module_or_path: readFileSync(`${folder}/digest_bg.wasm`) });
const plan = JSON.parse(readFileSync(0, 'utf8'));
const run = (one) => { while (!one.advance(plan.chunk)); console.log(one.digest()); };
run(Case.shipped(plan.bundle, plan.solution));
for (let number = 1; number <= plan.random; number++) run(Case.random(number));
";

#[test]
fn node_gives_the_same_digests() {
    let folder = repository().join("dist/digest");
    assert!(folder.is_dir(), "`cargo xtask test` builds {}", folder.display());
    let mut node = Command::new("node")
        .args(["--input-type=module", "--eval", SCRIPT, "--"])
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let mut stdin = node.stdin.take().expect("stdin is piped");
    stdin.write_all(plan().to_string().as_bytes()).expect("node reads its input");
    drop(stdin);
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "node failed");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let digests: Vec<_> = lines.lines().map(str::to_owned).collect();
    assert_same("Node", &digests);
}
