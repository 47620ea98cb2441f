//! Quizzes and progress.
/// Brings every quiz of the page to life.
pub(crate) fn mount() {}
