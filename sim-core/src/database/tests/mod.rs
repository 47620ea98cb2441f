//! Traffic, versions and schema in one world.

mod connections;
mod locks;
mod mysql;
mod oracles;
mod sessions;
mod system;
mod values;
mod verdicts;

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::SqlError;

use crate::application::release::Statement;
use crate::database::session::{Action, Reply, Script, Session, SessionId, Step};
use crate::scenario::Scenario;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world_tests::{Fixture, scenario};

/// A shop of two tables with many orders.
pub(crate) const SHOP: &str = "
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, total numeric);
";

/// What both releases send if nothing else is said.
const READ: &str = "SELECT id, total FROM orders WHERE customer_id = $1";

/// Rows of `orders`.
const ORDERS: u64 = 2_000_000;

/// A shop whose database holds [`SHOP`]; requests come at this rate and send `v1` or `v2`.
pub(crate) fn shop(rate: f64, v1: &[&str], v2: &[&str]) -> Scenario {
    let mut scenario = Arc::unwrap_or_clone(scenario(rate, 0.0));
    let script = schema::parse(SHOP).unwrap();
    let rows = BTreeMap::from([("customers".to_owned(), 1_000), ("orders".to_owned(), ORDERS)]);
    let schema = schema::compat::schema(&script, &rows).unwrap();
    scenario.database.schema = Some(Arc::new(schema));
    scenario.database.cores = None;
    scenario.traffic[0].retries = 0;
    for (release, sql) in scenario.releases.values_mut().zip([v1, v2]) {
        let mean = SimDuration::from_millis(2);
        release.routes[0].sql =
            sql.iter().map(|text| Statement { text: (*text).to_owned(), mean }).collect();
    }
    scenario
}

/// Somebody executes statements in a session of his own.
pub(crate) fn execute(fixture: &mut Fixture, name: &str, sql: &str) -> SessionId {
    let script = Script::new(name, name, schema::parse(sql).unwrap().statements);
    open(fixture, script)
}

/// Somebody executes statements and is then idle for a minute, in the transaction of all of them.
fn execute_and_idle(fixture: &mut Fixture, name: &str, sql: &str) -> SessionId {
    let mut script = Script::new(name, name, schema::parse(sql).unwrap().statements);
    script.lasts(None, Some(SimDuration::from_secs(60)));
    open(fixture, script)
}

/// Somebody executes statements, waits, and executes more.
fn execute_and_go_on(
    fixture: &mut Fixture,
    name: &str,
    first: &str,
    pause: SimDuration,
    then: &str,
) -> SessionId {
    let of = |sql| Script::new(name, name, schema::parse(sql).unwrap().statements);
    let mut script = of(first);
    let pause = Step { from: name.into(), action: Action::Pause(pause) };
    let (before, after) = (script.steps.iter().cloned(), of(then));
    script.steps = before.chain([pause]).chain(after.steps.iter().cloned()).collect();
    open(fixture, script)
}

pub(crate) fn open(fixture: &mut Fixture, script: Script) -> SessionId {
    fixture.engine.intervene(|world, ctx| world.open_session(script, ctx)).1.unwrap()
}

fn session(fixture: &Fixture, id: SessionId) -> &Session {
    fixture.engine.model.database.instance.as_ref().unwrap().session(id)
}

/// The answers of a session, errors by their code.
fn answers(fixture: &Fixture, id: SessionId) -> Vec<String> {
    let answers = session(fixture, id).answers.iter();
    answers
        .map(|answer| match &answer.reply {
            Reply::Done(tag) => tag.clone(),
            Reply::Failed(error) => error.code.to_owned(),
            other => format!("{other:?}"),
        })
        .collect()
}

/// The last error that a session has been told.
fn error(fixture: &Fixture, id: SessionId) -> SqlError {
    let answers = session(fixture, id).answers.iter().rev();
    let mut errors = answers.filter_map(|answer| match &answer.reply {
        Reply::Failed(error) => Some(error.clone()),
        _ => None,
    });
    errors.next().unwrap()
}

/// The number of a table in the catalogue.
fn oid(fixture: &Fixture, name: &str) -> u32 {
    let instance = fixture.engine.model.database.instance.as_ref().unwrap();
    let mut relations = instance.locks.iter();
    relations.find(|(_, one)| one.table == name && !one.is_rows).unwrap().0.oid()
}

/// Lines of the trace about the database, with their time.
fn told(fixture: &Fixture) -> Vec<String> {
    let trace = &fixture.engine.model.trace;
    let of = trace.iter().filter(|entry| entry.topic == Topic::Database);
    of.map(|entry| format!("{} {}: {}", entry.at, entry.subject, entry.text)).collect()
}

/// Blue serves everything, and users arrive from second -30 on.
pub(crate) fn serving(scenario: &Scenario) -> Fixture {
    Fixture::serving(scenario, 1)
}
