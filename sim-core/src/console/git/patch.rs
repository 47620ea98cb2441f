//! What git prints of commits and of what they change.

use crate::console::{age, diff};
use crate::delivery::git::{Change, Commit, Repository, changes, object};
use crate::time::SimTime;

/// Most characters of the line behind `@@` that says where one is.
const HEADING_MAX: usize = 80;

/// A change as a patch.
pub(super) fn patch(change: &Change<'_>) -> String {
    let path = change.path;
    let short = |text: Option<&str>| match text {
        Some(text) => object::blob(text)[..object::SHORT].to_owned(),
        None => "0".repeat(object::SHORT),
    };
    let index = format!("index {}..{}", short(change.old), short(change.new));
    let mut text = format!("diff --git a/{path} b/{path}\n");
    text += &match (change.old, change.new) {
        (None, _) => format!("new file mode 100644\n{index}\n"),
        (_, None) => format!("deleted file mode 100644\n{index}\n"),
        _ => format!("{index} 100644\n"),
    };
    let left = change.old.map_or("/dev/null".to_owned(), |_| format!("a/{path}"));
    let right = change.new.map_or("/dev/null".to_owned(), |_| format!("b/{path}"));
    let (old, new) = (change.old.unwrap_or_default(), change.new.unwrap_or_default());
    text + &headed(&diff::unified(&left, &right, old, new), old)
}

/// A unified difference whose hunks say below which line they are: the last one before that begins
/// with a letter.
fn headed(unified: &str, old: &str) -> String {
    let lines: Vec<&str> = old.lines().collect();
    let mut text = String::with_capacity(unified.len());
    for line in unified.lines() {
        text += line;
        if let Some(hunk) = line.strip_prefix("@@ -") {
            let start = hunk.find([',', ' ']).and_then(|end| hunk[..end].parse::<usize>().ok());
            let above = &lines[..start.unwrap_or(0).saturating_sub(1).min(lines.len())];
            let begins = |line: &&&str| {
                line.starts_with(|c: char| c.is_ascii_alphabetic() || "_$".contains(c))
            };
            if let Some(heading) = above.iter().rev().find(begins) {
                let heading: String = heading.chars().take(HEADING_MAX).collect();
                text += &format!(" {}", heading.trim_end());
            }
        }
        text.push('\n');
    }
    text
}

/// What a commit has changed.
pub(super) fn of_commit(repository: &Repository, place: usize, names_only: bool) -> String {
    let before = repository.before(place);
    let all = changes(&before, &repository.commits()[place].tree);
    match names_only {
        true => all.iter().map(|change| format!("{}\n", change.path)).collect(),
        false => all.iter().map(patch).collect(),
    }
}

/// What `git commit` says it has done.
pub(super) fn summary(repository: &Repository, place: usize) -> String {
    let commit = &repository.commits()[place];
    let before = repository.before(place);
    let text = format!("[main {}] {}\n", commit.short(), commit.subject());
    text + &counts(&changes(&before, &commit.tree))
}

/// ` 1 file changed, 2 insertions(+)`, and the files that are new or gone.
pub(super) fn counts(changes: &[Change<'_>]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let (mut added, mut removed) = (0, 0);
    for change in changes {
        let text =
            diff::unified("", "", change.old.unwrap_or_default(), change.new.unwrap_or_default());
        added += text.lines().skip(2).filter(|line| line.starts_with('+')).count();
        removed += text.lines().skip(2).filter(|line| line.starts_with('-')).count();
    }
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let files = changes.len();
    let mut text = format!(" {files} file{} changed", plural(files));
    if 0 < added || removed == 0 {
        text += &format!(", {added} insertion{}(+)", plural(added));
    }
    if 0 < removed || added == 0 {
        text += &format!(", {removed} deletion{}(-)", plural(removed));
    }
    text.push('\n');
    for change in changes {
        match change.letter() {
            'A' => text += &format!(" create mode 100644 {}\n", change.path),
            'D' => text += &format!(" delete mode 100644 {}\n", change.path),
            _ => {}
        }
    }
    text
}

/// Where `main` and `origin/main` stand, as a terminal shows it behind a commit's name.
fn decoration(repository: &Repository, place: usize) -> &'static str {
    let head = place + 1 == repository.commits().len();
    match (head, place + 1 == repository.pushed()) {
        (true, true) => " (HEAD -> main, origin/main)",
        (true, false) => " (HEAD -> main)",
        (false, true) => " (origin/main)",
        (false, false) => "",
    }
}

/// A commit as `git log` prints it.
pub(super) fn entry(repository: &Repository, place: usize, oneline: bool) -> String {
    let commit = &repository.commits()[place];
    let marks = decoration(repository, place);
    if oneline {
        return format!("{}{marks} {}\n", commit.short(), commit.subject());
    }
    let Commit { id, by, message, .. } = &**commit;
    let indented: String = message.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "commit {id}{marks}\nAuthor: {} <{}>\nDate:   {}\n\n{indented}",
        by.name,
        by.email,
        date(commit)
    )
}

/// `Mon Jan 5 09:00:00 2026 +0000`.
pub(super) fn date(commit: &Commit) -> String {
    let seconds = i64::try_from(commit.by.seconds).unwrap_or(i64::MAX);
    age::git_date(SimTime::from_secs(seconds.saturating_sub(age::EPOCH_SECS)))
}
