//! The same sessions at a real server and in a run: who waits, and how each ends (MY-04..06).

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use sim_core::database::session::{Doing, Reply};
use sim_core::random::Seed;
use sim_core::scenario::{Bundle, Scenario};
use sim_core::simulation::Simulation;
use sim_core::time::SimTime;

use super::judge::Judge;
use super::server::Server;
use super::waiting::Session;

const DOOR: &str = "CREATE TABLE door (id int PRIMARY KEY, n int)";

/// What a transaction has done that is still open.
const HELD: [&str; 4] = [
    "SELECT n FROM door WHERE id = 1",
    "INSERT INTO door VALUES (3, 3)",
    "UPDATE door SET n = 5 WHERE id = 1",
    "UPDATE door SET n = 5",
];
/// Changes of the table that come then.
const CHANGES: [&str; 5] = [
    "ALTER TABLE door ADD COLUMN a int",
    "ALTER TABLE door ADD COLUMN a int, ALGORITHM=COPY",
    "CREATE INDEX by_n ON door (n)",
    "ALTER TABLE door RENAME COLUMN n TO m",
    "TRUNCATE TABLE door",
];
/// Other statements that come then, or behind a change.
const OTHERS: [&str; 4] = [
    "SELECT id FROM door WHERE id = 2",
    "INSERT INTO door (id) VALUES (4)",
    "UPDATE door SET id = 2 WHERE id = 2",
    "DELETE FROM door WHERE id = 2",
];

/// Who waits of those who come after the first, and the number with which each ends.
type Course = (Vec<bool>, Vec<u16>);

/// At a server, whose rows are locked without the gaps between them, as the model has it.
fn real(server: &Server, judge: &mut Judge, held: &str, later: &[&'static str]) -> Result<Course> {
    judge.run("DROP TABLE IF EXISTS door")?;
    judge.run(DOOR)?;
    judge.run("INSERT INTO door VALUES (1, 1), (2, 2)")?;
    let mut holder = server.connect()?;
    for sql in ["USE judged", "START TRANSACTION", held] {
        holder.query(sql)?.map_err(|refused| anyhow!("{sql}: {refused}"))?;
    }
    let (mut sessions, mut waits) = (Vec::new(), Vec::new());
    for sql in later {
        let session = Session::run(server, sql)?;
        waits.push(session.waits(judge)?);
        sessions.push(session);
    }
    holder.query("COMMIT")?.map_err(|refused| anyhow!("{refused}"))?;
    let mut ends = Vec::new();
    for (session, waits) in sessions.iter().zip(&waits) {
        let end = if *waits { session.ended.recv()? } else { Ok(()) };
        ends.push(end.err().map_or(0, |(number, _)| number));
    }
    Ok((waits, ends))
}

/// In a run, with a second between them.
fn modelled(held: &str, later: &[&str]) -> Course {
    let mut sessions = format!("\n    - {{name: holder, at: 1s, sql: {held:?}, idle: 10s}}");
    for (second, sql) in (2..).zip(later) {
        sessions += &format!("\n    - {{name: later, at: {second}s, sql: {sql:?}}}");
    }
    let text = format!(
        "scenario: doors\ntitle: Doors\nlevel: senior\nteaches: [database]\nduration: 2m\n\
         applications: {{'a:v1': {{startup: 1s, routes: [{{get: /, cpu: {{mean: 1ms}}}}]}}}}\n\
         database:\n  engine: mysql\n  schema: {DOOR:?}\n  rows: {{door: 2}}\n  sessions:{sessions}\n\
         traffic: [{{name: nobody, arrivals: {{poisson: 0.001/s}}, host: a.b, requests: [{{get: /, share: 1}}]}}]\n\
         objectives: [{{id: none, title: Nothing, at-end: vector(1)}}]\n"
    );
    let files = BTreeMap::from([
        ("scenario.yaml".to_owned(), text),
        ("brief.md".to_owned(), "Doors.".to_owned()),
    ]);
    let bundle = Bundle { name: "doors".to_owned(), files };
    let (scenario, _) = Scenario::load(&bundle).expect("a scenario without errors");
    let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
    let sessions = |simulation: &Simulation| {
        let instance = simulation.world().database.instance.as_ref().expect("a schema");
        instance.sessions[1..].to_vec()
    };
    simulation.run_until(SimTime::from_secs(6));
    let waiting = sessions(&simulation);
    let waits = waiting.iter().map(|one| matches!(one.doing, Doing::Waiting(_))).collect();
    simulation.run_until(SimTime::from_secs(60));
    let end = |reply: &Reply| match reply {
        Reply::Failed(error) => error.number.expect("MySQL's errors have numbers"),
        _ => 0,
    };
    let ended = sessions(&simulation);
    (waits, ended.iter().map(|one| end(&one.answers[0].reply)).collect())
}

#[test]
fn in_a_run_sessions_wait_and_end_as_at_a_server_my_04() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run("SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED")?;
    let behind = CHANGES.iter().flat_map(|change| OTHERS.map(|other| vec![*change, other]));
    let later: Vec<Vec<&str>> = behind.chain(OTHERS.map(|other| vec![other])).collect();
    let mut differ = Vec::new();
    for held in HELD {
        for later in &later {
            let (server, model) = (real(&server, &mut judge, held, later)?, modelled(held, later));
            if server != model {
                differ.push(format!("{held}; {later:?}: server {server:?}, model {model:?}"));
            }
        }
    }
    println!("sessions: {} courses, {} differ", HELD.len() * later.len(), differ.len());
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    Ok(())
}

#[test]
fn a_write_of_a_transaction_for_which_an_alter_waits_is_a_deadlock_my_04() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run(DOOR)?;
    let mut shopper = server.connect()?;
    for sql in ["USE judged", "START TRANSACTION", "SELECT n FROM door WHERE id = 1"] {
        shopper.query(sql)?.map_err(|refused| anyhow!("{sql}: {refused}"))?;
    }
    let alter = Session::run(&server, CHANGES[0])?;
    assert!(alter.waits(&mut judge)?);
    let refused = shopper.query("INSERT INTO door VALUES (3, 3)")?.expect_err("a deadlock");
    assert_eq!((refused.number, refused.state.as_str()), (1213, "40001"));
    // The transaction is rolled back, and its lock is free.
    assert_eq!(alter.ended.recv()?, Ok(()));
    Ok(())
}
