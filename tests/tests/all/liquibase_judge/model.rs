//! The model: Liquibase and `psql` in the simulator's terminal.

use anyhow::Result;

use super::program::Answer;
use crate::terminal::Terminal;

/// The database, as messages name it.
const URL: &str = "jdbc:postgresql://database:5432/shop";

pub(super) struct Model {
    terminal: Terminal,
}

impl Model {
    pub(super) fn start(schema: &str) -> Result<Self> {
        Ok(Self { terminal: Terminal::start(schema)? })
    }

    pub(super) fn write(&mut self, path: &str, text: &str) -> Result<()> {
        self.terminal.write(path, text)
    }

    pub(super) fn run(&mut self, arguments: &str) -> Answer {
        let reply = self.terminal.line(&format!("liquibase {arguments}"));
        let lines = |text: &str| text.replace(URL, "URL").lines().map(str::to_owned).collect();
        Answer {
            stdout: lines(&reply.stdout),
            stderr: lines(&reply.stderr),
            status: reply.status.unwrap_or(-1),
        }
    }

    /// Rows as `psql -At` prints them.
    pub(super) fn rows(&mut self, sql: &str) -> Vec<String> {
        let reply = self.terminal.line(&format!("psql -Atc \"{sql}\""));
        assert_eq!(reply.stderr, "", "{sql}");
        reply.stdout.lines().map(str::to_owned).collect()
    }
}
