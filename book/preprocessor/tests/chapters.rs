//! The book's own chapters: every directive works, every link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use book_preprocessor::{Inputs, Runs, expand};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn source() -> PathBuf {
    repository().join("book/src")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Targets of all links of a Markdown text.
fn links(text: &str) -> Vec<String> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES);
    let links = events.filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    links.collect()
}

/// Names under which mdBook makes headings reachable.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in Parser::new(text) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), _) => anchors.extend(heading.take()),
            (Event::Text(text) | Event::Code(text), Some(heading)) => {
                let kept = text.chars().filter_map(|c| match c {
                    c if c.is_alphanumeric() || c == '-' || c == '_' => {
                        Some(c.to_ascii_lowercase())
                    }
                    c if c.is_whitespace() => Some('-'),
                    _ => None,
                });
                heading.extend(kept);
            }
            _ => {}
        }
    }
    anchors
}

/// The chapters' files, as the summary lists them.
fn chapters() -> Vec<String> {
    links(&read(&source().join("SUMMARY.md")))
}

/// The chapters that teach: they have a quiz of their name.
fn lessons() -> Vec<String> {
    let data = fs::read_dir(repository().join("quizzes/data")).expect("the bank is there");
    let mut names: Vec<_> = data
        .flatten()
        .map(|entry| entry.path().with_extension("").file_name().unwrap_or_default().to_owned())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_file_is_a_chapter_and_every_chapter_a_file() {
    let files = fs::read_dir(source()).expect("the sources are there").flatten();
    let files: BTreeSet<_> =
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let mut listed: BTreeSet<_> = chapters().into_iter().collect();
    listed.insert("SUMMARY.md".into());
    assert_eq!(files, listed);
}

#[test]
fn every_lesson_shows_a_run_and_ends_with_its_quiz() {
    for name in lessons() {
        let text = read(&source().join(format!("{name}.md")));
        let shows = text.contains("\n{{#lab ") || text.contains("\n{{#figure ");
        assert!(shows, "{name} shows no run");
        assert!(text.trim_end().ends_with(&format!("{{{{#quiz {name}}}}}")), "{name} has no quiz");
    }
}

#[test]
fn a_lesson_has_about_nine_hundred_to_eighteen_hundred_words() {
    for name in lessons() {
        let words = read(&source().join(format!("{name}.md"))).split_whitespace().count();
        assert!((900..=1800).contains(&words), "{name} has {words} words");
    }
}

#[test]
fn the_guide_opens_with_a_lab() {
    let first = chapters().remove(0);
    let text = read(&source().join(first));
    let before = text.split("{{#lab ").next().unwrap_or_default();
    let paragraphs =
        before.split("\n\n").filter(|text| !text.starts_with(['#', '<']) && !text.is_empty());
    assert!(before.len() < text.len() && paragraphs.count() <= 2, "{before}");
}

#[test]
fn a_lab_names_the_bundle_that_its_scenario_needs() {
    let inputs = Inputs::read(&repository()).expect("the repository's inputs");
    let mut runs = Runs::new(&inputs.scenarios);
    for (scenario, bundle) in [
        ("first-cutover", "lab"),
        ("rename-in-one-step", "lab-full"),
        ("gitops-reverts-the-rollback", "lab-full"),
    ] {
        let lab = expand("a.md", &format!("{{{{#lab {scenario}}}}}"), &inputs, &mut runs);
        let lab = lab.expect("the directive works");
        assert!(lab.contains(&format!("data-bundle=\"{bundle}\"")), "{scenario}: {lab}");
    }
}

#[test]
fn links_between_chapters_and_included_files_resolve() {
    for chapter in chapters() {
        let text = read(&source().join(&chapter));
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { &chapter } else { file };
            let target = read(&source().join(target));
            assert!(anchor.is_empty() || anchors(&target).contains(anchor), "{chapter}: {link}");
        }
        for include in text.split("{{#include ").skip(1) {
            let path = include.split("}}").next().unwrap_or_default();
            assert!(source().join(path).is_file(), "{chapter} includes {path}");
        }
    }
}

#[test]
fn every_directive_of_the_book_expands() {
    let inputs = Inputs::read(&repository()).expect("scenarios and quizzes can be read");
    let mut runs = Runs::new(&inputs.scenarios);
    let mut problems = Vec::new();
    for chapter in chapters() {
        let text = read(&source().join(&chapter));
        match expand(&chapter, &text, &inputs, &mut runs) {
            Ok(expanded) => {
                let rest = expanded.replace("{{#include ", "");
                assert!(!rest.contains("{{#"), "{chapter} keeps a directive");
            }
            Err(found) => problems.extend(found.iter().map(ToString::to_string)),
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn expanding_is_a_function_of_its_inputs() {
    let inputs = Inputs::read(&repository()).expect("scenarios and quizzes can be read");
    let text = "{{#quiz workflow}}\n\n{{#figure first-cutover log=reference to=2m `sum(rate(\
                istio_requests_total{reporter=\"source\"}[30s]))`}}\n";
    let once = expand("c.md", text, &inputs, &mut Runs::new(&inputs.scenarios));
    let again = expand("c.md", text, &inputs, &mut Runs::new(&inputs.scenarios));
    assert!(once.is_ok(), "{once:?}");
    assert_eq!(once, again);
}
