//! A real git judges the console's: the same commands in the same files print the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use sim_core::delivery::git::REMOTE;
use sim_core::random::Seed;
use sim_core::scenario::{Bundle, Scenario};
use sim_core::simulation::Simulation;

const SCENARIO: &str = "scenario: judged\ntitle: A repository\nlevel: beginner\nteaches: [git]\nduration: 1h\ninstalled: [git]\n\
    applications: {app:v1: {routes: [{get: /, cpu: {mean: 1ms}}]}}\n\
    traffic: [{name: nobody, arrivals: {poisson: 0.001/s}, host: a.example.com, requests: [{get: /}]}]\n\
    objectives: [{id: none, title: Nothing, at-end: vector(1)}]\n";

const FILES: [(&str, &str); 4] = [
    ("README.md", "# Shop\n\nWhat runs, and where.\n"),
    (
        "deploy/app.conf",
        "kind: Deployment\nspec:\n  replicas: 3\n  a: 1\n  b: 2\n  c: 3\n  d: 4\n  image: v1\n",
    ),
    ("deploy/route.conf", "kind: VirtualService\nspec:\n  blue: 100\n  green: 0\n"),
    ("notes", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n"),
];

/// Lines that both run, one after another; those that do not begin with `git` change files.
const LINES: &[&str] = &[
    "git status",
    "git log",
    "git diff",
    "git commit -m nothing",
    "git push",
    "sed -i 's/image: v1/image: v2/' deploy/app.conf",
    "git status",
    "git status --short",
    "git diff",
    "git diff --name-only",
    "git diff nonsense",
    "git add nonsense",
    "git add",
    "git commit -m 'not staged'",
    "git add deploy",
    "git status",
    "git diff",
    "git diff --staged",
    "git commit -m 'Bring v2' -m 'It is faster.'",
    "git status",
    "git log --oneline",
    "git log -1",
    "git log -n x",
    "git show",
    "git show HEAD~1:deploy/route.conf",
    "git show HEAD~1:nonsense",
    "git show nonsense",
    "git push",
    "git push origin main",
    "git push origin nonsense",
    "sed -i -e 's/blue: 100/blue: 0/' -e 's/green: 0/green: 100/' deploy/route.conf",
    "git commit -am 'All to green'",
    "git revert --no-edit HEAD",
    "git log --oneline",
    "git show",
    "git revert --no-edit HEAD",
    "git revert --no-edit HEAD",
    "git log --oneline",
    "git revert --no-edit nonsense",
    "sed -i 's/two/zwei/' notes",
    "git commit -qam 'The second word'",
    "sed -i 's/nine/neun/' notes",
    "git commit -qam 'The ninth word'",
    "git revert --no-edit HEAD~1",
    "git show",
    "git rev-parse HEAD main origin/main HEAD~2",
    "git rev-parse --short HEAD",
    "git rev-parse nonsense",
    "rm README.md",
    "mkdir -p fresh/deep; echo x > fresh/deep/file; echo y > loose",
    "git status",
    "git status -s",
    "git add .",
    "git status",
    "git status --short",
    "echo more >> loose",
    "git status --short",
    "git commit -m 'Tidy up'",
    "git status",
    "git checkout loose",
    "git status",
    "git checkout HEAD~1 -- notes README.md",
    "git status",
    "git restore --staged README.md",
    "git status --short",
    "git commit -m 'Nothing new' --allow-empty",
    "git restore notes",
    "git restore nonsense",
    "git restore",
    "git restore --staged nonsense",
    "git checkout nonsense",
    "git checkout main",
    "git restore --source=HEAD~3 deploy/route.conf",
    "git diff",
    "git restore deploy",
    "echo z > other; git add other; echo q >> loose",
    "git commit -m 'Only one of them' loose",
    "git status --short",
    "git revert --no-edit HEAD",
    "git restore --staged other",
    "git log --oneline -- loose",
    "git diff HEAD~2 HEAD",
    "git diff HEAD~2..HEAD -- loose",
    "git branch",
    "git remote",
    "git remote -v",
    "git fetch",
    "git pull",
    "git log -3",
    "git show HEAD~1 --oneline",
    "git commit --nonsense",
    "git log --nonsense",
    "git commit -m",
    "git add --nonsense",
    "git push nonsense",
    "echo l >> loose; git add loose; echo e >> deploy/app.conf; echo n > deploy/new",
    "git commit -m 'Only the folder' deploy",
    "git status --short",
    "git commit -m 'Nothing there' deploy",
    "git commit -m 'All that is known' .",
    "git status --short",
    "git add .; git commit -qm 'A new file'; echo dirty >> deploy/new",
    "git checkout HEAD~1 -- deploy/new",
    "git checkout HEAD~3 deploy",
    "git checkout HEAD~3 deploy",
    "git status --short",
    "git restore --staged --worktree --source=HEAD~3 deploy",
    "git status --short",
];

struct Real {
    folder: PathBuf,
    remote: String,
}

impl Real {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("cutover-git-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let (work, bare) = (folder.join("work"), folder.join("bare.git"));
        fs::create_dir_all(&work).expect("a folder");
        for (path, text) in FILES {
            let path = work.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let real = Self { folder, remote: bare.display().to_string() };
        let start = sim_core::delivery::git::Signature {
            name: "Platform",
            email: "platform@example.com",
            seconds: 1_767_603_600 - 86_400,
        };
        for line in [
            &format!("git init -q --bare -b main {}", real.remote),
            "git init -q -b main",
            "git add -A",
            "git commit -qm 'Deploy the shop'",
            &format!("git remote add origin {}", real.remote),
            "git push -q -u origin main",
        ] {
            let output = real.shell(line, (start.name, start.email), start.seconds);
            assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        }
        real
    }

    fn shell(&self, line: &str, (name, email): (&str, &str), seconds: u64) -> Output {
        let date = format!("{seconds} +0000");
        let home: &Path = &self.folder;
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.folder.join("work")).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), email);
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        // The console is a terminal: names of branches stand behind commits.
        command.envs([
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "log.decorate"),
            ("GIT_CONFIG_VALUE_0", "short"),
        ]);
        command.env("HOME", home).env("TZ", "UTC").env("LC_ALL", "C").env("GIT_EDITOR", "true");
        command.output().expect("git is installed: this is a git repository")
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What is compared of a failing command line: help texts are our own.
fn without_usage(text: &str) -> String {
    let end = text.find("\nusage:").map_or(text.len(), |at| at + 1);
    text[..end].to_owned()
}

#[test]
fn a_real_git_prints_the_same() {
    let own = [("scenario.yaml", SCENARIO), ("brief.md", "A repository.")];
    let mut files: Vec<(String, String)> =
        own.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec();
    files.extend(FILES.map(|(path, text)| (format!("workspace/{path}"), text.to_owned())));
    let bundle = Bundle { name: "judged".to_owned(), files: files.into_iter().collect() };
    let (scenario, _) = Scenario::load(&bundle).expect("the scenario is right");
    let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
    let real = Real::new();
    let mut differences = Vec::new();
    for (minute, line) in (0..).zip(LINES) {
        let now = sim_core::time::SimTime::from_secs(minute * 7);
        simulation.run_until(now);
        let seconds = 1_767_603_600 + (minute * 7).unsigned_abs();
        let ours = simulation.execute(line);
        let theirs = real.shell(line, ("Learner", "learner@example.com"), seconds);
        let said = |bytes: &[u8]| {
            without_usage(&String::from_utf8_lossy(bytes).replace(&real.remote, REMOTE))
        };
        let (out, err) = (said(&theirs.stdout), said(&theirs.stderr));
        let status = theirs.status.code();
        let own = (ours.stdout.as_str(), without_usage(&ours.stderr), ours.status);
        if own != (out.as_str(), err.clone(), status) {
            differences.push(format!(
                "$ {line}\n--- ours {:?}\n{}{}--- git {status:?}\n{out}{err}",
                ours.status, ours.stdout, ours.stderr
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "{} lines differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
