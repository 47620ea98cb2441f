//! Equal inputs give equal runs, here and wherever else the simulator is compiled to.

use serde_json::json;
use tests::bundle;
use wasm_digest::Case;

/// Random scenarios that are compared besides the shipped one.
pub(crate) const RANDOM: u32 = 20;

/// Events a call: what a page lets happen in a few milliseconds.
pub(crate) const CHUNK: u32 = 2_000;

/// The bundle of the scenario that every host runs, as JSON.
pub(crate) fn shipped() -> String {
    serde_json::to_string(&bundle("first-cutover").expect("its files")).expect("plain data")
}

/// The digests of every case, run natively.
pub(crate) fn native() -> Vec<String> {
    let mut digests = Vec::new();
    let first = Case::shipped(&shipped(), "reference").expect("a shipped scenario");
    for mut case in std::iter::once(first).chain((1..=RANDOM).map(Case::random)) {
        while !case.advance(CHUNK) {}
        digests.push(case.digest());
    }
    digests
}

/// Compares another host's digests with ours and prints the table.
pub(crate) fn assert_same(host: &str, theirs: &[String]) {
    let ours = native();
    println!("{:<16} {:<36} {host}", "case", "native (digest, events, trace)");
    for (case, (native, other)) in ours.iter().zip(theirs).enumerate() {
        let name = if case == 0 { "first-cutover".into() } else { format!("random {case}") };
        println!("{name:<16} {native:<36} {}", if native == other { "same" } else { other });
    }
    assert_eq!(ours, theirs, "{host} runs differ");
}

/// What the script in Node or Chromium needs to know.
pub(crate) fn plan() -> serde_json::Value {
    json!({ "bundle": shipped(), "solution": "reference", "random": RANDOM, "chunk": CHUNK })
}

#[test]
fn a_run_repeats_itself_whatever_the_size_of_its_chunks() {
    for number in 1..=5 {
        let digest = |chunk| {
            let mut case = Case::random(number);
            while !case.advance(chunk) {}
            case.digest()
        };
        assert_eq!(digest(7), digest(100_000), "random case {number}");
    }
}
