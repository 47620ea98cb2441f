//! Which tests cite which rules, found in the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Where tests of rules stand, from the root of the repository.
const FOLDERS: [&str; 5] = ["sim-core/src", "schema/src", "cli/tests", "tests/tests", "bench/src"];

/// Folders below `tests/tests/all` in which a real system judges.
const JUDGES: [(&str, &str); 5] = [
    ("envoy", "Envoy"),
    ("liquibase_judge", "Liquibase"),
    ("mariadb", "MariaDB"),
    ("postgres", "PostgreSQL"),
    ("prometheus", "Prometheus"),
];

/// Prefixes of rules, and of the model's worked examples.
const PREFIXES: [&str; 22] = [
    "K8S", "IST", "PG", "POOL", "EC", "MY", "FW", "LQ", "ROLL", "FLG", "KRU", "CD", "PROM", "SLO",
    "Q", "MOD", "OK8S", "OIST", "OPG", "OROLL", "OPROM", "OQ",
];

/// Tests by the rule that they cite.
pub type Proofs = BTreeMap<String, BTreeSet<Proof>>;

/// A test, or a file of tests, that cites a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proof {
    /// Name of the test in words, or of the file.
    pub name: String,
    /// The real system that is its judge.
    pub judge: Option<&'static str>,
}

/// Reads the tests of the repository at `root`.
///
/// # Errors
///
/// If a source cannot be read.
pub(crate) fn read(root: &Path) -> Result<Proofs> {
    let mut proofs = Proofs::new();
    for folder in FOLDERS {
        read_folder(&root.join(folder), &mut proofs)?;
    }
    Ok(proofs)
}

fn read_folder(folder: &Path, proofs: &mut Proofs) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_folder(&path, proofs)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            collect(&path, &text, proofs);
        }
    }
    Ok(())
}

/// A file of tests is proof of what its first lines cite; a test of what the lines above it, or its
/// name, cite.
fn collect(path: &Path, text: &str, proofs: &mut Proofs) {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let judge = parts.windows(2).filter(|pair| pair[0] == "all").find_map(|pair| {
        JUDGES.iter().find(|(folder, _)| pair[1] == *folder).map(|(_, name)| *name)
    });
    let mut prove = |cited: &str, name: &str| {
        for rule in cited_rules(cited) {
            let proof = Proof { name: name.to_owned(), judge };
            proofs.entry(rule).or_default().insert(proof);
        }
    };
    if text.contains("#[test]") && is_of_tests(path) {
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let last = &parts[parts.len().saturating_sub(3)..];
        prove(&head.join(" "), &last.join("/"));
    }
    let (mut above, mut is_test) = (String::new(), false);
    for line in text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("//") {
            above.push_str(comment);
        } else if line.starts_with("#[") {
            is_test |= line == "#[test]";
        } else {
            if is_test && let Some(name) = line.strip_prefix("fn ") {
                let name = name.split('(').next().unwrap_or_default();
                above.push_str(&name.to_uppercase().replace('_', "-"));
                prove(&above, &name.replace('_', " "));
            }
            above.clear();
            is_test = false;
        }
    }
}

fn is_of_tests(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name.ends_with("tests") || path.iter().any(|part| part.to_string_lossy().ends_with("tests"))
}

/// Every rule that a text cites: `K8S-40`, and lists and ranges such as `IST-01..08, 40`.
pub(crate) fn cited_rules(text: &str) -> Vec<String> {
    let mut rules = Vec::new();
    for (at, _) in text.match_indices('-') {
        let before = text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
        let Some(prefix) = before.filter(|prefix| PREFIXES.contains(prefix)) else { continue };
        let mut rest = &text[at + 1..];
        let Some((mut last, width)) = number(&mut rest) else { continue };
        let mut cite = |number: u32| rules.push(format!("{prefix}-{number:0width$}"));
        cite(last);
        loop {
            let mut after;
            if let Some(more) = rest.strip_prefix("..") {
                after = more;
                let Some((end, _)) = number(&mut after) else { break };
                (last + 1..=end.min(last + 200)).for_each(&mut cite);
                last = end;
            } else if let Some(more) =
                [", ", " and ", "/"].into_iter().find_map(|between| rest.strip_prefix(between))
            {
                after = more;
                let Some((next, _)) = number(&mut after) else { break };
                cite(next);
                last = next;
            } else {
                break;
            }
            rest = after;
        }
    }
    rules
}

/// Takes a number of up to three digits that no letter follows, with its digits.
fn number(text: &mut &str) -> Option<(u32, usize)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let follows = text[digits..].chars().next();
    if !(1..=3).contains(&digits) || follows.is_some_and(|c| c.is_alphanumeric() || c == '%') {
        return None;
    }
    let number = text[..digits].parse().ok()?;
    *text = &text[digits..];
    Some((number, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_of_rules_are_read() {
        let cited = |text| cited_rules(text).join(" ");
        assert_eq!(cited("(IST-01..03, 40 and 41, Q-1)"), "IST-01 IST-02 IST-03 IST-40 IST-41 Q-1");
        assert_eq!(cited("K8S-100..102 and K8S-05/07."), "K8S-100 K8S-101 K8S-102 K8S-05 K8S-07");
        assert_eq!(cited("K8S-43, 3x; UTF-8, X-1, K8S-, PG-1234"), "K8S-43");
    }

    #[test]
    fn a_test_is_proof_of_what_stands_above_it() {
        let text = "//! Retries (IST-30).\n\n/// IST-33.\n#[test]\n#[allow(x)]\nfn a_pause_grows() {}\n\
                    // IST-34.\nfn no_test() {}\n#[test]\nfn plain() {}\n";
        let mut proofs = Proofs::new();
        collect(Path::new("sim-core/src/mesh/tests/retries.rs"), text, &mut proofs);
        let names = |rule: &str| -> Vec<String> {
            proofs[rule].iter().map(|proof| proof.name.clone()).collect()
        };
        assert_eq!(names("IST-33"), ["a pause grows"]);
        assert_eq!(names("IST-30"), ["mesh/tests/retries.rs"]);
        assert!(!proofs.contains_key("IST-34"));
        assert!(proofs.values().flatten().all(|proof| proof.judge.is_none()));
    }

    #[test]
    fn a_judge_is_named_only_where_it_judges() {
        for (path, judge) in [
            ("tests/tests/all/envoy/retries.rs", Some("Envoy")),
            ("tests/tests/all/liquibase_judge/mod.rs", Some("Liquibase")),
            ("schema/src/liquibase/tests.rs", None),
            ("sim-core/src/console/tests/prometheus.rs", None),
        ] {
            let mut proofs = Proofs::new();
            collect(Path::new(path), "//! LQ-01.\n#[test]\nfn it_holds() {}\n", &mut proofs);
            let found: BTreeSet<_> = proofs["LQ-01"].iter().map(|proof| proof.judge).collect();
            assert_eq!(found, [judge].into(), "{path}");
        }
    }
}
