//! The model: a terminal before a simulated database.

use std::sync::Arc;

use anyhow::{Result, ensure};
use sim_core::random::Seed;
use sim_core::scenario::{Bundle, Scenario};
use sim_core::simulation::{Reply, Simulation};
use sim_core::time::SimDuration;

use super::program::Answer;

const SCENARIO: &str = "\
scenario: judged
title: A terminal
duration: 2h
applications:
  shop/orders:v1: {routes: [{get: /, cpu: {mean: 1ms}}]}
database: {name: shop, schema: SCHEMA}
traffic: [{name: nobody, arrivals: {poisson: 0.001/s}, host: a.example.com, requests: [{get: /}]}]
objectives: [{id: none, title: Nothing, at-end: vector(1)}]
";

/// The database, as messages name it.
const URL: &str = "jdbc:postgresql://database:5432/shop";

pub(super) struct Model {
    simulation: Simulation,
}

impl Model {
    pub(super) fn start(schema: &str) -> Result<Self> {
        let text = SCENARIO.replace("SCHEMA", &format!("{schema:?}"));
        let files = [("scenario.yaml", &*text), ("brief.md", "A terminal.")];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let bundle = Bundle { name: "judged".to_owned(), files: files.into_iter().collect() };
        let loaded = Scenario::load(&bundle);
        let (scenario, _) = loaded.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        Ok(Self { simulation: Simulation::new(Arc::new(scenario), Seed(1)) })
    }

    pub(super) fn write(&mut self, path: &str, text: &str) -> Result<()> {
        let reply = self.line(&format!("cat > {path} <<'END_OF_FILE'\n{text}END_OF_FILE\n"));
        ensure!(reply.status == Some(0), "{path}: {}", reply.stderr);
        Ok(())
    }

    pub(super) fn run(&mut self, arguments: &str) -> Answer {
        let reply = self.line(&format!("liquibase {arguments}"));
        let lines = |text: &str| text.replace(URL, "URL").lines().map(str::to_owned).collect();
        Answer {
            stdout: lines(&reply.stdout),
            stderr: lines(&reply.stderr),
            status: reply.status.unwrap_or(-1),
        }
    }

    /// Rows as `psql -At` prints them.
    pub(super) fn rows(&mut self, sql: &str) -> Vec<String> {
        let reply = self.line(&format!("psql -Atc \"{sql}\""));
        assert_eq!(reply.stderr, "", "{sql}");
        reply.stdout.lines().map(str::to_owned).collect()
    }

    /// Runs a line to its end.
    fn line(&mut self, line: &str) -> Reply {
        let reply = self.simulation.execute(line);
        if reply.status.is_some() {
            return reply;
        }
        while self.simulation.running().is_some() {
            let next = self.simulation.now() + SimDuration::from_secs(1);
            self.simulation.run_until(next);
        }
        let transcript = self.simulation.transcript();
        transcript.iter().next_back().map(|entry| entry.reply.clone()).unwrap_or_default()
    }
}
