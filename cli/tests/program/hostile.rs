//! Input from strangers: large, deep, broken, endless. Never a panic, always a place.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use crate::{SMALL, cutover, empty_folder, with_small_scenario, write};

/// Checks a file of this name and content, and gives what was said about it.
fn complaint(folder: &Path, name: &str, bytes: &[u8]) -> String {
    fs::write(folder.join(name), bytes).expect("the file can be written");
    let called = cutover(folder, &["check", name]);
    assert_eq!(called.status, Some(2), "{name}: {}", called.stderr);
    called.stderr
}

#[test]
fn a_huge_manifest_is_refused() {
    let folder = empty_folder("hostile-huge");
    let line = "# a comment that says nothing at all about the rollout of anything\n";
    let said = complaint(&folder, "huge.yaml", line.repeat(10_000_000 / line.len()).as_bytes());
    assert_eq!(said, "huge.yaml: error: the file is larger than 1 MiB; split it\n");
}

#[test]
fn bytes_that_are_not_text_are_named_with_their_place() {
    let folder = empty_folder("hostile-utf8");
    let said = complaint(&folder, "latin.yaml", b"kind: Service\nname: caf\xe9\n");
    let expected =
        "latin.yaml:2:10: error: the file is not UTF-8 text from here on; save it as UTF-8\n";
    assert_eq!(said, expected);
}

#[test]
fn an_empty_manifest_is_an_error() {
    let folder = empty_folder("hostile-empty");
    for text in ["", "# nothing\n", "---\n---\n"] {
        let said = complaint(&folder, "empty.yaml", text.as_bytes());
        assert!(said.starts_with("empty.yaml:1:1: error: "), "{text:?}: {said}");
    }
}

#[test]
fn deep_nesting_is_refused_with_its_place() {
    let folder = empty_folder("hostile-deep");
    let said = complaint(&folder, "deep.yaml", "[".repeat(500_000).as_bytes());
    assert!(said.starts_with("deep.yaml:1:"), "{said}");
    let indented: String = (0..1_200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let said = complaint(&folder, "indented.yaml", indented.as_bytes());
    assert!(said.starts_with("indented.yaml:"), "{said}");
}

#[test]
fn an_anchor_bomb_is_refused_with_its_place() {
    let folder = empty_folder("hostile-bomb");
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let inner = format!("*a{}, ", level - 1).repeat(10);
        bomb += &format!("a{level}: &a{level} [{}]\n", inner.trim_end_matches(", "));
    }
    let said = complaint(&folder, "bomb.yaml", bomb.as_bytes());
    assert!(said.starts_with("bomb.yaml:"), "{said}");
    let place = said.trim_start_matches("bomb.yaml:").chars().next();
    assert!(place.is_some_and(|digit| digit.is_ascii_digit()), "{said}");
}

#[test]
fn a_scenario_folder_has_limits() {
    let folder = with_small_scenario("hostile-folder");
    let scenario = folder.join("scenarios/small");
    let check = || cutover(&folder, &["check", "scenarios/small"]);
    for index in 0..600 {
        fs::write(scenario.join(format!("workspace/{index}.txt")), "x").expect("a file");
    }
    let called = check();
    assert_eq!(called.status, Some(2));
    assert!(
        called.stderr.contains("small: error: more than 500 files in one scenario"),
        "{}",
        called.stderr
    );
    for index in 0..600 {
        fs::remove_file(scenario.join(format!("workspace/{index}.txt"))).expect("the file goes");
    }
    fs::create_dir_all(scenario.join("workspace/a/b/c/d/e/f/g/h/i")).expect("folders");
    let called = check();
    assert!(called.stderr.contains("more than 8 folders inside each other"), "{}", called.stderr);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = with_small_scenario("hostile-links");
    let scenario = folder.join("scenarios/small");
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, scenario.join(name)).expect("a link");
    };
    link("..", "workspace/circle");
    link("/etc/hostname", "workspace/outside.yaml");
    link("nowhere", "workspace/broken.yaml");
    let called = cutover(&folder, &["check", "scenarios/small"]);
    assert_eq!(called.status, Some(2));
    for name in ["circle", "outside.yaml", "broken.yaml"] {
        let expected = format!("workspace/{name}: error: symbolic links are not followed");
        assert!(called.stderr.contains(&expected), "{}", called.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_instead_of_a_file_is_refused_at_once() {
    let folder = with_small_scenario("hostile-pipe");
    let pipe = folder.join("scenarios/small/workspace/pipe.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let called = cutover(&folder, &["check", "scenarios/small"]);
    assert!(called.stderr.contains("pipe.yaml: error: this is not a file"), "{}", called.stderr);
}

#[test]
fn nothing_in_a_scenario_steers_the_terminal() {
    let folder = with_small_scenario("hostile-terminal");
    let (_, scenario) = SMALL[1];
    let evil = scenario.replace("title: A small scenario", "title: \"\\e[2J\\e]0;gone\\a\"");
    write(&folder, &[("scenarios/small/scenario.yaml", &evil)]);
    for arguments in [&["run", "small"][..], &["check", "scenarios"]] {
        let called = cutover(&folder, arguments);
        assert!(
            !called.stdout.contains('\u{1b}') && !called.stderr.contains('\u{1b}'),
            "{arguments:?}"
        );
    }
}

/// One file of the small scenario, with bytes of a stranger in it.
fn any_damage() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let noise = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[-:{}\\[\\]&*!|>'\"#%@` \n\ta-z0-9.$<]{0,40}".prop_map(String::into_bytes),
    ];
    (0..SMALL.len(), any::<prop::sample::Index>(), 0..40_usize, noise).prop_map(
        |(file, place, removed, noise)| {
            let mut bytes = SMALL[file].1.as_bytes().to_vec();
            let from = place.index(bytes.len() + 1);
            let to = (from + removed).min(bytes.len());
            bytes.splice(from..to, noise);
            (file, bytes)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn damaged_scenarios_never_make_the_check_panic((file, bytes) in any_damage()) {
        let folder = with_small_scenario("hostile-damaged");
        fs::write(folder.join("scenarios/small").join(SMALL[file].0), &bytes).expect("a file");
        let called = cutover(&folder, &["check", "scenarios/small"]);
        prop_assert!(matches!(called.status, Some(0 | 2)), "{:?}: {}", called.status, called.stderr);
        prop_assert!(called.status == Some(0) || called.stderr.contains("error: "), "{}", called.stderr);
    }

    #[test]
    fn arbitrary_bytes_never_make_the_check_panic(
        name in prop::sample::select(vec!["scenario.yaml", "workspace/app.yaml", "solutions/a.log", "brief.md"]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let folder = with_small_scenario("hostile-arbitrary");
        fs::write(folder.join("scenarios/small").join(name), &bytes).expect("a file");
        let called = cutover(&folder, &["check", "scenarios/small"]);
        prop_assert!(matches!(called.status, Some(0 | 2)), "{:?}: {}", called.status, called.stderr);
    }
}
