//! A terminal before a simulated database.

use std::sync::Arc;

use anyhow::{Result, ensure};
use sim_core::random::Seed;
use sim_core::scenario::{Bundle, Scenario};
use sim_core::simulation::{Reply, Simulation};
use sim_core::time::SimDuration;

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

pub(crate) struct Terminal {
    simulation: Simulation,
}

impl Terminal {
    /// Before a database with this schema.
    pub(crate) fn start(schema: &str) -> Result<Self> {
        let text = SCENARIO.replace("SCHEMA", &format!("{schema:?}"));
        let files = [("scenario.yaml", &*text), ("brief.md", "A terminal.")];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let bundle = Bundle { name: "judged".to_owned(), files: files.into_iter().collect() };
        let loaded = Scenario::load(&bundle);
        let (scenario, _) = loaded.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        Ok(Self { simulation: Simulation::new(Arc::new(scenario), Seed(1)) })
    }

    pub(crate) fn write(&mut self, path: &str, text: &str) -> Result<()> {
        let reply = self.line(&format!("cat > {path} <<'END_OF_FILE'\n{text}END_OF_FILE\n"));
        ensure!(reply.status == Some(0), "{path}: {}", reply.stderr);
        Ok(())
    }

    /// Runs a line to its end.
    pub(crate) fn line(&mut self, line: &str) -> Reply {
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
