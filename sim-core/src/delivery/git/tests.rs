//! Names of objects are those of a real git, and revisions name what they name there.

use std::collections::BTreeMap;

use super::*;

fn by(seconds: u64) -> Signature {
    Signature { name: "P", email: "p@e", seconds }
}

fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// A repository with three commits to one file.
fn three() -> Repository {
    let mut repository = Repository::begin(&files(&[("a", "1\n"), ("b", "x\ny\n")]), by(1));
    for (number, text) in [(2, "2\n"), (3, "3\n")] {
        repository.add("", &files(&[("a", text), ("b", "x\ny\n")]));
        repository.commit(by(number), format!("Commit {number}"));
    }
    repository
}

#[test]
fn objects_have_the_names_that_git_gives_them() {
    // `git hash-object`, `git write-tree` of git 2.47.
    assert_eq!(object::blob(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    assert_eq!(object::blob("hi\n"), "45b983be36b73c0788dc9cbcb76cbb80fc7bb057");
    let tree: Tree = Tree::new();
    assert_eq!(object::tree(&tree), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

#[test]
fn a_revision_names_a_commit() {
    let mut repository = three();
    let id = repository.commits()[1].id.clone();
    for (revision, place) in [
        ("HEAD", Some(2)),
        ("main", Some(2)),
        ("@", Some(2)),
        ("HEAD~1", Some(1)),
        ("HEAD^", Some(1)),
        ("HEAD^^", Some(0)),
        ("HEAD~2", Some(0)),
        ("HEAD~1^", Some(0)),
        ("HEAD~3", None),
        ("HEAD^2", None),
        ("origin/main", Some(0)),
        (&id, Some(1)),
        (&id[..7], Some(1)),
        (&id[..3], None),
        ("", None),
        ("zzzzzzz", None),
        ("HEAD~x", None),
    ] {
        assert_eq!(repository.find(revision), place, "{revision}");
    }
    repository.push();
    assert_eq!(repository.find("origin/main"), Some(2));
}

#[test]
fn a_revert_undoes_one_commit_and_keeps_what_came_later() {
    let mut repository = three();
    repository.add("", &files(&[("a", "3\n"), ("b", "x\ny\nz\n")]));
    repository.commit(by(4), "More of b".to_owned());
    repository.revert(2, by(5)).expect("nothing stands against it");
    let tree = &repository.head().tree;
    assert_eq!((&*tree["a"], &*tree["b"]), ("2\n", "x\ny\nz\n"));
    assert_eq!(repository.head().subject(), "Revert \"Commit 3\"");
    let place = repository.commits().len() - 1;
    repository.revert(place, by(6)).expect("nothing stands against it");
    assert_eq!(repository.head().subject(), "Reapply \"Commit 3\"");
}

#[test]
fn a_revert_of_lines_that_changed_again_is_a_conflict_and_changes_nothing() {
    let mut repository = three();
    let before = repository.clone();
    assert_eq!(repository.revert(1, by(5)), Err(RevertProblem::Conflict("a".to_owned())));
    assert_eq!(repository, before);
}

#[test]
fn a_revert_of_what_is_undone_already_does_nothing() {
    let mut repository = three();
    repository.revert(2, by(4)).expect("nothing stands against it");
    assert_eq!(repository.revert(2, by(5)), Err(RevertProblem::Nothing));
}
