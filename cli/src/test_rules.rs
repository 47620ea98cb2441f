//! `cutover test-rules`: unit tests of Prometheus's rules, in promtool's own format and words.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use sim_core::diagnostic::Diagnostic;
use sim_core::telemetry::rules::unit;

use crate::args::TestRulesArgs;
use crate::{INVALID, MISSED, folder, output};

pub(crate) fn test_rules(args: &TestRulesArgs) -> ExitCode {
    match all(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(MISSED),
        Err(problem) => {
            output::complain(&[problem]);
            ExitCode::from(INVALID)
        }
    }
}

/// Whether every test succeeds.
fn all(args: &TestRulesArgs) -> Result<bool, Diagnostic> {
    let mut texts = Vec::new();
    for path in &args.files {
        texts.push(folder::read_text(path)?);
    }
    let mut succeeds = true;
    for (path, text) in args.files.iter().zip(&texts) {
        output::print(&format!("Unit Testing:  {}\n", path.display()))?;
        let base = path.parent().unwrap_or(Path::new(""));
        let mut read = |pattern: &str| rule_files(base, pattern);
        let gap = match unit::run(&path.display().to_string(), text, &mut read) {
            Ok(()) => "  SUCCESS\n\n".to_owned(),
            Err(failures) => {
                succeeds = false;
                output::remark("  FAILED:");
                failures.iter().for_each(|failure| output::remark(failure));
                "\n".repeat(failures.len() + 1)
            }
        };
        output::print(&gap)?;
    }
    Ok(succeeds)
}

/// The files that a pattern means, from the folder of the test; `*` stands for anything in a file's name.
fn rule_files(base: &Path, pattern: &str) -> Result<Vec<(String, String)>, String> {
    let path = base.join(pattern);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut paths = vec![path.clone()];
    if let Some((head, tail)) = name.as_deref().and_then(|name| name.split_once('*')) {
        let folder = path.parent().unwrap_or(Path::new("."));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let fits = |name: &str| {
            head.len() + tail.len() <= name.len() && name.starts_with(head) && name.ends_with(tail)
        };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        paths = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path.file_name().is_some_and(|name| fits(&name.to_string_lossy())));
        paths.sort();
    }
    paths.retain(|path| path.is_file());
    if paths.is_empty() {
        output::remark(&format!("  WARNING: no file match pattern {}", path.display()));
    }
    let read = |path: std::path::PathBuf| match folder::read_text(&path) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(problem) => Err(problem.to_string()),
    };
    paths.into_iter().map(read).collect()
}
