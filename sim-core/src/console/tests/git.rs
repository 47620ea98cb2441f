//! git at the terminal. A real one judges the same in the crate `tests`; here is what is ours.

use expect_test::expect;

use super::bench::Bench;
use crate::delivery::Addons;

#[test]
fn a_colleagues_commit_bears_the_colleagues_name() {
    let lines = ["echo x >> service.yaml && git commit -qam 'A line more'"];
    let mut bench = Bench::scripted(&[], &lines);
    bench.wait(2);
    bench.check(
        "git log -1",
        &expect![[r#"
            commit 5d8129501877a758ec0cae1c29859bca815749f8 (HEAD -> main)
            Author: Colleague <colleague@example.com>
            Date:   Mon Jan 5 09:00:01 2026 +0000

                A line more
        "#]],
    );
}

#[test]
fn what_git_does_not_know_here_is_said() {
    let mut bench = Bench::empty();
    for (line, says) in [
        ("git stash", "git stash is not modelled here; `help git` lists what is\n"),
        ("git statsu", "git: 'statsu' is not a git command. See 'git --help'.\n"),
    ] {
        let reply = bench.run(line);
        assert_eq!((reply.stderr.as_str(), reply.status), (says, Some(1)), "{line}");
    }
}

#[test]
fn commands_and_commits_are_completed() {
    let mut bench = Bench::empty();
    assert_eq!(bench.simulation.complete("git rev"), ["rev-parse", "revert"].map(str::to_owned));
    let id = bench.run("git rev-parse --short HEAD").stdout;
    let offered = bench.simulation.complete("git revert ");
    assert!(offered.contains(&id.trim().to_owned()), "{offered:?}");
}

#[test]
fn committing_and_pushing_without_an_application_causes_no_event() {
    let (mut plain, mut pushed) = (Bench::settled(), Bench::settled());
    plain.run("true");
    pushed.run("echo x >> service.yaml; git commit -am more; git push");
    plain.wait(300);
    pushed.wait(300);
    assert_eq!(plain.simulation.events(), pushed.simulation.events());
}

#[test]
fn where_nothing_is_installed_tools_and_kinds_are_unknown() {
    let own = [(
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\n",
    )];
    let mut bench = Bench::changed(&own, |scenario| scenario.addons = Addons::default());
    for (line, says, status) in [
        (
            "git status",
            "fatal: not a git repository (or any of the parent directories): .git\n",
            128,
        ),
        (
            "kubectl apply -f app.yaml",
            "error: resource mapping not found for name: \"shop\" namespace: \"\" from \"app.yaml\": no matches for \
             kind \"Application\" in version \"argoproj.io/v1alpha1\"\nensure CRDs are installed first\n",
            1,
        ),
        ("kubectl get apps", "error: the server doesn't have a resource type \"apps\"\n", 1),
    ] {
        let reply = bench.run(line);
        assert_eq!((reply.stderr.as_str(), reply.status), (says, Some(status)), "{line}");
    }
    assert_eq!(bench.run("argocd app list").status, Some(20));
}

/// A repository with a folder that has changed twice.
fn folder() -> Bench {
    let mut bench = Bench::with(&[("d/a", "1\n"), ("d/b", "1\n"), ("other", "1\n")]);
    bench.run("echo 2 > d/a; echo new > d/new; git add d; git commit -qm Two");
    bench
}

#[test]
fn a_folder_that_is_committed_leaves_out_what_git_does_not_know_and_what_is_staged_besides() {
    let mut bench = folder();
    bench.run("echo 3 > d/a; git add d; echo 4 > d/a; echo x > d/untracked; echo 2 > other; git add other");
    bench.check(
        "git commit -m Three d",
        &expect![[r#"
        [main 866f41b] Three
         1 file changed, 1 insertion(+), 1 deletion(-)
    "#]],
    );
    bench.check(
        "git status --short; git show HEAD:d/a",
        &expect![[r#"
        M  other
        ?? d/untracked
        4
    "#]],
    );
    bench.check(
        "git commit -m Nothing d",
        &expect![[r#"
        On branch main
        Your branch is ahead of 'origin/main' by 2 commits.
          (use "git push" to publish your local commits)

        Changes not staged for commit:
          (use "git add <file>..." to update what will be committed)
          (use "git restore <file>..." to discard changes in working directory)
        	modified:   other

        Untracked files:
          (use "git add <file>..." to include in what will be committed)
        	d/untracked

        no changes added to commit (use "git add" and/or "git commit -a")
        status 1
    "#]],
    );
    bench.check(
        "git commit -m Four .; git status --short",
        &expect![[r#"
        [main 8985994] Four
         1 file changed, 1 insertion(+), 1 deletion(-)
        ?? d/untracked
    "#]],
    );
}

#[test]
fn files_that_a_commit_does_not_have_stay_when_its_folder_is_checked_out() {
    let mut bench = folder();
    bench.run("echo dirty >> d/new");
    bench.check(
        "git checkout HEAD~1 -- d/new d/a d/none",
        &expect![[r#"
        ! error: pathspec 'd/new' did not match any file(s) known to git
        ! error: pathspec 'd/none' did not match any file(s) known to git
        status 1
    "#]],
    );
    bench.check(
        "git checkout HEAD~1 d; git status --short; cat d/a d/new",
        &expect![[r#"
            M  d/a
             M d/new
            1
            new
            dirty
            ! Updated 1 path from c115766
        "#]],
    );
}

#[test]
fn a_folder_that_is_restored_everywhere_loses_what_its_source_does_not_have() {
    let mut bench = folder();
    let line = "git restore --staged --worktree --source=HEAD~1 d; git status --short; ls d";
    bench.check(
        line,
        &expect![[r#"
        M  d/a
        D  d/new
        a
        b
    "#]],
    );
}

#[test]
fn a_revert_that_cannot_write_a_file_changes_none() {
    let mut bench = folder();
    bench.run("echo 2 > blue.yaml; rm d/*; git commit -qam 'No folder'; echo in the way > d");
    bench.check(
        "git revert --no-edit HEAD",
        &expect![[r#"
        ! error: unable to create file d/a: Not a directory
        status 1
    "#]],
    );
    bench.check(
        "git status --short; cat blue.yaml d",
        &expect![[r#"
        ?? d
        2
        in the way
    "#]],
    );
}

#[test]
fn a_revert_puts_a_file_in_the_place_of_a_folder() {
    let mut bench = folder();
    bench.run("rm other; echo x > other/file; git add -A; git commit -qm 'A folder'");
    bench.run("git revert --no-edit HEAD");
    bench.check(
        "git status --short; cat other",
        &expect![[r#"
        1
    "#]],
    );
}
