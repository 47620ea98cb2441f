//! Asks the server what the model has been asked.

use anyhow::{Context, Result, anyhow};
use schema::Engine;

use super::client::{Answer, Client};
use super::corpus::{ROWS, SCHEMA};
use super::server::Server;

/// What became of a statement: nothing wrong, or a number and an SQLSTATE.
pub(super) type Outcome = std::result::Result<(), (u16, String)>;

/// A session, and a database in it that is made anew for every migration.
pub(super) struct Judge {
    client: Client,
}

impl Judge {
    pub(super) fn new(server: &Server) -> Result<Self> {
        let mut judge = Self { client: server.connect()? };
        judge.reset()?;
        Ok(judge)
    }

    /// Makes schema and rows anew.
    pub(super) fn reset(&mut self) -> Result<()> {
        self.run("DROP DATABASE IF EXISTS judged; CREATE DATABASE judged")?;
        self.run("USE judged")?;
        self.run(SCHEMA)?;
        self.run(ROWS)
    }

    /// Runs statements that must work.
    pub(super) fn run(&mut self, sql: &str) -> Result<()> {
        for statement in statements(sql) {
            let answer = self.client.query(&statement)?;
            answer.map_err(|refused| anyhow!("{statement}: {refused}"))?;
        }
        Ok(())
    }

    /// Runs a statement, whatever comes of it.
    pub(super) fn attempt(&mut self, sql: &str) -> Result<Outcome> {
        Ok(outcome(self.client.query(sql)?))
    }

    /// Runs a statement of a release and undoes it; every parameter is 1.
    pub(super) fn try_statement(&mut self, sql: &str) -> Result<Outcome> {
        self.run("START TRANSACTION")?;
        let outcome = self.attempt(&sql.replace('?', "1"))?;
        self.run("ROLLBACK")?;
        Ok(outcome)
    }

    /// The first column of a query's result.
    pub(super) fn column(&mut self, sql: &str) -> Result<Vec<String>> {
        let rows = self.client.query(sql)?.map_err(|refused| anyhow!("{sql}: {refused}"))?;
        rows.into_iter().map(|mut row| row.swap_remove(0).context("NULL")).collect()
    }
}

/// The statements of a text, one by one as the protocol wants them.
fn statements(sql: &str) -> Vec<String> {
    match Engine::Mysql.parse(sql) {
        Ok(script) => script.statements.into_iter().map(|statement| statement.text).collect(),
        // What the model cannot read may still be a statement.
        Err(_) => sql.split("; ").map(str::to_owned).collect(),
    }
}

pub(super) fn outcome(answer: Answer) -> Outcome {
    answer.map(drop).map_err(|refused| (refused.number, refused.state))
}
