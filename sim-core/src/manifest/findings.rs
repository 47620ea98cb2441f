//! Everything that is wrong with one file, gathered while reading goes on.

use crate::diagnostic::{Diagnostic, Position, Severity};

/// Findings kept of one file; a hostile file must not make a list without end.
const MAX_FINDINGS: usize = 100;
/// Longest message, in characters: paths repeat what the input says.
const MAX_MESSAGE: usize = 1_000;

/// The findings about one file, in the order of discovery.
#[derive(Clone, Debug)]
pub struct Findings {
    file: String,
    list: Vec<Diagnostic>,
    lost: usize,
}

impl Findings {
    /// None yet.
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new(), lost: 0 }
    }

    /// The file they are about.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Something makes the input useless.
    pub fn error(&mut self, position: Position, message: impl Into<String>) {
        self.push(Diagnostic::error(&self.file, position, message));
    }

    /// The same, with what to write instead.
    pub fn fix(&mut self, position: Position, message: impl Into<String>, help: impl Into<String>) {
        self.push(Diagnostic::error(&self.file, position, message).with_help(help));
    }

    /// Something has no effect.
    pub fn note(&mut self, position: Position, message: impl Into<String>) {
        self.push(Diagnostic::note(&self.file, position, message));
    }

    /// Adds a finding made elsewhere.
    pub fn push(&mut self, mut finding: Diagnostic) {
        // A note may be lost, but not the knowledge that something is wrong.
        if self.is_full() && (finding.severity == Severity::Note || !self.is_usable()) {
            return self.count_lost();
        }
        if let Some((end, _)) = finding.message.char_indices().nth(MAX_MESSAGE) {
            finding.message.truncate(end);
            finding.message.push('…');
        }
        self.list.push(finding);
    }

    /// Whether further findings are only counted.
    pub fn is_full(&self) -> bool {
        MAX_FINDINGS <= self.list.len()
    }

    /// Counts a finding that is not kept.
    pub fn count_lost(&mut self) {
        self.lost += 1;
    }

    /// Whether nothing makes the input useless.
    pub fn is_usable(&self) -> bool {
        self.list.iter().all(|finding| finding.severity != Severity::Error)
    }

    /// Errors and notes, each in the order of the text.
    pub fn split(mut self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        self.list.sort_by_key(|finding| finding.position);
        self.list.dedup();
        if 0 < self.lost {
            let message = format!("{} more findings are not shown", self.lost);
            let last = self.list.last().map(|finding| finding.position).unwrap_or_default();
            self.list.push(Diagnostic::note(&self.file, last, message));
        }
        self.list.into_iter().partition(|finding| finding.severity == Severity::Error)
    }
}
