//! A question about compatibility with everything that belongs to it, as text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compat::{Failure, Matrix, Migration, Release, matrix, schema};
use crate::flyway::Name;
use crate::sql::{Problem, Script, parse};

/// A named text of SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file's name.
    pub name: String,
    /// Its text.
    pub sql: String,
}

/// A schema, what releases send to it, and what migrations do to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// The schema before any migration.
    pub schema: String,
    /// The releases, the oldest first.
    pub releases: Vec<Source>,
    /// The migrations, in the order in which they run.
    pub migrations: Vec<Source>,
}

/// What is wrong with one of the texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseProblem {
    /// Name of the text; `schema.sql` for the schema.
    pub file: String,
    /// What is wrong.
    pub problem: Problem,
}

/// A case whose texts have been read.
#[derive(Clone, Debug)]
pub struct ReadCase {
    /// The schema's statements.
    pub schema: Script,
    /// The releases.
    pub releases: Vec<Release>,
    /// The migrations.
    pub migrations: Vec<Migration>,
}

/// Name of the schema's text.
pub const SCHEMA_FILE: &str = "schema.sql";

impl Case {
    /// Reads every text, or finds everything that is wrong in them.
    pub fn read(&self) -> Result<ReadCase, Vec<CaseProblem>> {
        let mut problems = Vec::new();
        let mut script = |file: &str, text: &str| {
            let found = parse(text).unwrap_or_else(|found| {
                let problem = |problem| CaseProblem { file: file.to_owned(), problem };
                problems.extend(found.into_iter().map(problem));
                Script::default()
            });
            (file.to_owned(), found)
        };
        let (_, schema) = script(SCHEMA_FILE, &self.schema);
        let releases = self.releases.iter().map(|release| script(&release.name, &release.sql));
        let releases = releases.map(|(name, script)| Release { name, script }).collect();
        let migrations = self.migrations.iter().map(|one| script(&one.name, &one.sql));
        let migrations: Vec<Migration> =
            migrations.map(|(name, script)| Migration { name, script }).collect();
        for migration in &migrations {
            if let Err(message) = Name::parse(&migration.name) {
                let problem = Problem { line: 1, column: 1, message, syntax_of: None };
                problems.push(CaseProblem { file: migration.name.clone(), problem });
            }
        }
        if problems.is_empty() {
            Ok(ReadCase { schema, releases, migrations })
        } else {
            Err(problems)
        }
    }
}

impl ReadCase {
    /// The matrix of the case. Fails if the schema itself cannot be made.
    pub fn matrix(&self) -> Result<Matrix, Failure> {
        let schema = schema(&self.schema, &BTreeMap::new())?;
        Ok(matrix(&schema, &self.releases, &self.migrations))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::Status;

    fn source(name: &str, sql: &str) -> Source {
        Source { name: name.to_owned(), sql: sql.to_owned() }
    }

    fn case(schema: &str, release: &str, migration: Source) -> Case {
        Case {
            schema: schema.to_owned(),
            releases: vec![source("v1", release)],
            migrations: vec![migration],
            ..Case::default()
        }
    }

    /// EC-3.
    #[test]
    fn a_case_gives_the_matrix_of_its_texts() {
        let rename = source("V2__rename.sql", "ALTER TABLE t RENAME COLUMN a TO b");
        let case = case("CREATE TABLE t (a integer)", "SELECT a FROM t", rename);
        let matrix = case.read().unwrap().matrix().unwrap();
        let statuses: Vec<_> = matrix.steps.iter().map(|step| step.releases["v1"].status).collect();
        assert_eq!(statuses, [Status::Ok, Status::Breaks]);
    }

    #[test]
    fn problems_of_all_texts_are_found_with_the_text_that_has_them() {
        let case = case("CREATE TABLE", "SELECT 'a", source("two.sql", "DROP TABLE t"));
        let problems = case.read().unwrap_err();
        let files: Vec<_> = problems.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(files, ["schema.sql", "v1", "two.sql"]);
    }
}
