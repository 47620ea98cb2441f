//! What the real server has answered.

use std::collections::BTreeMap;

/// A statement that the server refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The statement.
    pub(crate) statement: String,
    /// SQLSTATE.
    pub(crate) code: String,
    /// The server's words.
    pub(crate) message: String,
}

/// A schema, and what the server says of it; in the order of the model's steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    /// Why the migration failed, if it did.
    pub(crate) failed: Option<Refused>,
    /// The strongest lock that the migration took on each table that was there before.
    pub(crate) locks: BTreeMap<String, String>,
    /// Tables that it wrote again.
    pub(crate) rewritten: Vec<String>,
    /// The first statement of each release that the server refuses, if any.
    pub(crate) releases: BTreeMap<String, Option<Refused>>,
}

/// The code of a refusal that depends on rows, not on the schema: a key that is there already, or one
/// that is missing. The values of the trial are nobody's.
pub(crate) fn depends_on_rows(code: &str) -> bool {
    matches!(code, "23503" | "23505")
}
