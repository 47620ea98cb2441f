//! Whether model and server say the same.

use schema::compat::{Cell, Status};

use super::Refused;

/// How the model's verdict stands to the server's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// Both say the same.
    Agree,
    /// They say different things.
    Differ,
    /// The model has said nothing.
    ModelSilent,
}

/// Compares a verdict of the model with what the server refuses. Who waits is nothing that a server with
/// one connection can show.
pub(crate) fn agreement(cell: &Cell, refused: Option<&Refused>) -> Agreement {
    match (cell.status, refused) {
        (Status::Unknown, _) => Agreement::ModelSilent,
        (Status::Ok | Status::Blocks, None) => Agreement::Agree,
        (Status::Breaks, Some(refused)) if cell.code == Some(refused.code.as_str()) => {
            Agreement::Agree
        }
        (Status::Ok | Status::Blocks | Status::Breaks, _) => Agreement::Differ,
    }
}

#[cfg(test)]
mod tests {
    use schema::compat::{Case, Source};

    use super::*;

    /// The verdict on one statement.
    fn cell(statement: &str) -> Cell {
        let release = Source { name: "v1".into(), sql: statement.into() };
        let schema = "CREATE TABLE t (a integer)".to_owned();
        let case = Case { schema, releases: vec![release], ..Case::default() };
        let matrix = case.read().expect("it is SQL").matrix().expect("the schema works");
        matrix.steps[0].releases["v1"].clone()
    }

    fn refused(code: &str) -> Refused {
        Refused { statement: String::new(), code: code.into(), message: String::new() }
    }

    #[test]
    fn both_must_refuse_with_the_same_code() {
        let works = cell("SELECT a FROM t");
        let breaks = cell("SELECT b FROM t");
        let unknown = cell("SELECT a FROM generate_series(1, 3) a");
        assert_eq!(agreement(&works, None), Agreement::Agree);
        assert_eq!(agreement(&works, Some(&refused("42703"))), Agreement::Differ);
        assert_eq!(agreement(&breaks, Some(&refused("42703"))), Agreement::Agree);
        assert_eq!(agreement(&breaks, Some(&refused("42P01"))), Agreement::Differ);
        assert_eq!(agreement(&breaks, None), Agreement::Differ);
        assert_eq!(agreement(&unknown, None), Agreement::ModelSilent);
    }
}
