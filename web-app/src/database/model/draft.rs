//! A case as the reader has changed it.

use schema::compat::{Case, Matrix, SCHEMA_FILE};

/// One of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The schema.
    Schema,
    /// The release of this number.
    Release(usize),
    /// The migration of this number.
    Migration(usize),
}

/// A case, and what the model says of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    /// The texts.
    pub(crate) case: Case,
    /// The matrix, or everything that is wrong: a line each.
    pub(crate) matrix: Result<Matrix, Vec<String>>,
}

impl Draft {
    /// Asks the model about a case.
    pub(crate) fn new(case: Case) -> Self {
        let matrix = matrix(&case);
        Self { case, matrix }
    }

    /// Every text with its name, in the order of the list.
    pub(crate) fn parts(&self) -> Vec<(Part, &str)> {
        let releases = self.case.releases.iter().enumerate();
        let migrations = self.case.migrations.iter().enumerate();
        std::iter::once((Part::Schema, SCHEMA_FILE))
            .chain(releases.map(|(index, one)| (Part::Release(index), one.name.as_str())))
            .chain(migrations.map(|(index, one)| (Part::Migration(index), one.name.as_str())))
            .collect()
    }

    /// A text.
    pub(crate) fn text(&self, part: Part) -> &str {
        match part {
            Part::Schema => &self.case.schema,
            Part::Release(index) => &self.case.releases[index].sql,
            Part::Migration(index) => &self.case.migrations[index].sql,
        }
    }

    /// The case with another text.
    pub(crate) fn with(&self, part: Part, text: String) -> Self {
        let mut case = self.case.clone();
        match part {
            Part::Schema => case.schema = text,
            Part::Release(index) => case.releases[index].sql = text,
            Part::Migration(index) => case.migrations[index].sql = text,
        }
        Self::new(case)
    }
}

fn matrix(case: &Case) -> Result<Matrix, Vec<String>> {
    let read = case.read().map_err(|problems| {
        let line = |found: &schema::compat::CaseProblem| {
            let schema::Problem { line, column, message, .. } = &found.problem;
            format!("{}:{line}:{column}: {message}", found.file)
        };
        problems.iter().map(line).collect::<Vec<_>>()
    })?;
    read.matrix().map_err(|failure| {
        let code = failure.code.map(|code| format!("{code}: ")).unwrap_or_default();
        let (line, column) = failure.place;
        vec![format!("{SCHEMA_FILE}:{line}:{column}: {code}{}", failure.reason)]
    })
}

#[cfg(test)]
mod tests {
    use schema::compat::{Source, Status};

    use super::*;

    fn draft() -> Draft {
        let source = |name: &str, sql: &str| Source { name: name.into(), sql: sql.into() };
        Draft::new(Case {
            schema: "CREATE TABLE t (a integer);".into(),
            releases: vec![source("v1", "SELECT a FROM t")],
            migrations: vec![source("V2__b.sql", "ALTER TABLE t ADD COLUMN b text")],
            ..Case::default()
        })
    }

    #[test]
    fn a_changed_text_changes_the_verdict() {
        let draft = draft();
        let parts: Vec<_> = draft.parts().into_iter().map(|(_, name)| name.to_owned()).collect();
        assert_eq!(parts, ["schema.sql", "v1", "V2__b.sql"]);
        let status = |draft: &Draft| draft.matrix.as_ref().unwrap().steps[1].releases["v1"].status;
        assert_eq!(status(&draft), Status::Ok);
        let changed = draft.with(Part::Migration(0), "ALTER TABLE t DROP COLUMN a".into());
        assert_eq!(status(&changed), Status::Breaks);
        assert_eq!(changed.text(Part::Schema), draft.text(Part::Schema));
    }

    #[test]
    fn what_is_no_sql_is_told_with_its_place() {
        let changed = draft().with(Part::Release(0), "SELECT\nFROM WHERE".into());
        let problems = changed.matrix.unwrap_err();
        assert!(problems[0].starts_with("v1:"), "{problems:?}");
        let changed = draft().with(Part::Schema, "CREATE TABLE t (a nonsense)".into());
        let problems = changed.matrix.unwrap_err();
        assert!(problems[0].starts_with("schema.sql:1:1: "), "{problems:?}");
    }
}
