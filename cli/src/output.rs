//! Standard output and files, written so that a closed pipe is no error.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use sim_core::diagnostic::{Diagnostic, Position};

use crate::folder::reason;

/// Writes a text to standard output. A reader who has seen enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Diagnostic> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Diagnostic::error(
            "standard output",
            Position::default(),
            format!("cannot be written: {}", reason(&error)),
        )),
        _ => Ok(()),
    }
}

/// Writes lines to standard error; whoever closed it does not want them.
pub(crate) fn complain(problems: &[Diagnostic]) {
    let mut stderr = io::stderr().lock();
    for problem in problems {
        if writeln!(stderr, "{}", printable(&problem.to_string())).is_err() {
            return;
        }
    }
}

/// Writes a line that is no problem to standard error.
pub(crate) fn remark(line: &str) {
    // Whoever closed it does not want it.
    let _ = writeln!(io::stderr().lock(), "{}", printable(line));
}

/// Writes a file.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Diagnostic> {
    fs::write(path, text).map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
            _ => reason(&error),
        };
        let message = format!("cannot write this file: {reason}");
        Diagnostic::error(&path.display().to_string(), Position::default(), message)
    })
}

/// A text without control characters other than line ends: what strangers wrote into a scenario must
/// not steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' => '\n',
        '\t' => ' ',
        hidden if hidden.is_control() => '\u{fffd}',
        plain => plain,
    };
    text.chars().map(shown).collect()
}
