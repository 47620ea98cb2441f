//! The tree keeps its promises: short files, nothing left open, documents that tell the truth.

use std::fs;
use std::path::{Path, PathBuf};

use tests::repository;

/// Lines a source file may have; the aim is 400.
const LINES_MAX: usize = 500;

/// Lines a file of tests may have: tables of cases and snapshots are long.
const TEST_LINES_MAX: usize = 700;

fn sources(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !matches!(&*name, "target" | "dist" | ".git" | "node_modules") {
                sources(&path, extensions, found);
            }
        } else if path.extension().is_some_and(|one| extensions.iter().any(|ours| one == *ours)) {
            found.push(path);
        }
    }
}

fn read(extensions: &[&str]) -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    sources(&repository(), extensions, &mut paths);
    paths.sort();
    let text = |path: &PathBuf| fs::read_to_string(path).expect("UTF-8");
    paths.iter().map(|path| (path.clone(), text(path))).collect()
}

#[test]
fn source_files_are_short() {
    for (path, text) in read(&["rs"]) {
        let lines = text.lines().count();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let tests = path.components().any(|part| part.as_os_str() == "tests")
            || name == "tests"
            || name.ends_with("_tests");
        let most = if tests { TEST_LINES_MAX } else { LINES_MAX };
        assert!(lines <= most, "{} has {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_left_open() {
    // Spelt in two parts, so that this file does not find itself.
    let open = [("to", "do!("), ("unimple", "mented!("), ("FIX", "ME"), ("#[ig", "nore")];
    for (path, text) in read(&["rs"]) {
        for (head, tail) in open {
            let word = format!("{head}{tail}");
            assert!(!text.contains(&word), "{} contains {word}", path.display());
        }
    }
}

#[test]
fn every_folder_of_the_code_map_exists() {
    let map = fs::read_to_string(repository().join("ARCHITECTURE.md")).expect("the document");
    let named = map.lines().filter_map(|line| line.strip_prefix("**`")?.split_once("/`**"));
    let mut count = 0;
    for (folder, _) in named {
        assert!(repository().join(folder).is_dir(), "ARCHITECTURE.md names {folder}/");
        count += 1;
    }
    assert!(8 <= count, "the code map names {count} folders");
}

/// Worked examples of the model reference: prefix and how many there are.
const VECTORS: [(&str, u32); 3] = [("OK8S", 17), ("OIST", 18), ("OQ", 6)];

#[test]
fn every_worked_example_of_the_model_reference_is_named_by_a_source_of_the_simulator() {
    let core = repository().join("sim-core");
    let texts: Vec<_> =
        read(&["rs"]).into_iter().filter(|(path, _)| path.starts_with(&core)).collect();
    for (prefix, count) in VECTORS {
        for number in 1..=count {
            let id = format!("{prefix}-{number}");
            // `OIST-1` is not named by `OIST-10`.
            let names = |text: &str| {
                let mut ends = text.split(&id).skip(1);
                ends.any(|end| !end.starts_with(|c: char| c.is_ascii_digit()))
            };
            assert!(texts.iter().any(|(_, text)| names(text)), "nothing names {id}");
        }
    }
}
