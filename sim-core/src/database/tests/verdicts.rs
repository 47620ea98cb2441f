//! What becomes of the statements of releases.

use std::sync::Arc;

use expect_test::expect;
use schema::Schema;

use super::{READ, serving, shop};
use crate::database::instance::{Change, Instance};
use crate::database::verdict::{Outcome, StatementId};
use crate::random::Seed;
use crate::simulation::Simulation;
use crate::time::SimTime;
use crate::trace::{Entry, Topic};
use crate::world_tests::{MESH, SERVICE, deployment, routes};

fn codes(instance: &Instance) -> Vec<Option<&'static str>> {
    let code = |outcome: &Outcome| match outcome {
        Outcome::Fails(error) => Some(error.code),
        Outcome::Works | Outcome::Unknown(_) => None,
    };
    instance.verdicts.iter().map(|(_, verdict)| code(&verdict.outcome)).collect()
}

fn after(schema: &Schema, sql: &str) -> Schema {
    let script = schema::parse(sql).unwrap();
    let apply = |schema: Schema, statement: &schema::Statement| {
        schema::apply(&schema, &statement.ast, true).unwrap().0
    };
    script.statements.iter().fold(schema.clone(), apply)
}

/// PG-06, 25.
#[test]
fn a_renamed_column_breaks_the_release_that_names_it_and_helps_the_one_that_waits_for_it() {
    let renamed = "SELECT amount FROM orders WHERE id = $1";
    let scenario = shop(50.0, &[READ, "SELECT name FROM customers"], &[renamed]);
    let schema = scenario.database.schema.as_ref().unwrap();
    let mut instance =
        Instance::new(schema, &scenario.database, scenario.releases.values(), Seed(1));
    assert_eq!(codes(&instance), [None, None, Some("42703")]);
    let change =
        Change { at: SimTime::ZERO, from: "V2__rename.sql".into(), id: Default::default() };
    let schema = after(schema, "ALTER TABLE orders RENAME COLUMN total TO amount");
    instance.change(schema, change);
    assert_eq!(codes(&instance), [Some("42703"), None, None]);
    let since: Vec<_> = instance.verdicts.iter().map(|(_, verdict)| verdict.since).collect();
    assert_eq!(since, [Some(0), None, Some(0)]);
    assert_eq!(
        instance.verdicts.complaint(StatementId(0)),
        format!("ERROR: column \"total\" does not exist (SQLSTATE 42703) in {READ}")
    );
}

/// PG-06.
#[test]
fn a_statement_that_the_database_refuses_is_answered_500_and_logged() {
    let mut fixture = serving(&shop(50.0, &["SELECT price FROM orders"], &[READ]));
    fixture.run_checked(-20);
    assert_eq!(fixture.counted("blue", 200), 0);
    assert!(100 < fixture.counted("blue", 500));
    let world = &fixture.engine.model;
    let pod = world.cluster.state.pods.values().next().unwrap();
    let journal = world.application.journal(pod.id, 0).unwrap();
    let lines: Vec<_> = journal.lines(0).map(|line| &*line.text).collect();
    let line =
        "ERROR: column \"price\" does not exist (SQLSTATE 42703) in SELECT price FROM orders";
    assert_eq!(lines[..3], [line, line, line]);
    assert!(lines.len() < 6, "{lines:?}");
    let told = world.trace.iter().filter(|entry| entry.text.contains(line)).count();
    assert!((1..6).contains(&told), "{told}");
}

#[test]
fn a_statement_that_is_not_modelled_works() {
    let mut fixture = serving(&shop(50.0, &["SELECT * FROM other.orders"], &[READ]));
    fixture.run_checked(-20);
    let instance = fixture.engine.model.database.instance.as_ref().unwrap();
    assert!(matches!(instance.verdicts.of(StatementId(0)).outcome, Outcome::Unknown(_)));
    assert!(100 < fixture.counted("blue", 200));
    assert_eq!(fixture.counted("blue", 500), 0);
}

/// PG-06, PG-25: from a user's 500 back to the migration that somebody typed.
#[test]
fn why_a_request_failed_leads_back_to_the_migration() {
    let mut scenario = shop(50.0, &[READ], &[READ]);
    let manifests = [SERVICE, MESH, &deployment("blue", "myorg/myapp:v1"), &routes(100, 0)];
    scenario.workspace.insert("all.yaml".into(), manifests.join("---"));
    let rename = "ALTER TABLE orders RENAME COLUMN total TO amount;";
    scenario.workspace.insert("V2__rename.sql".into(), rename.into());
    scenario.start = vec!["kubectl apply -f all.yaml".into()];
    let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
    simulation.run_until(SimTime::from_secs(5));
    simulation.execute("psql -f V2__rename.sql");
    simulation.run_until(SimTime::from_secs(10));
    let failed = |entry: &&Entry| entry.topic == Topic::Request && entry.text.contains("42703");
    let subject = simulation.trace().iter().find(failed).unwrap().subject.clone();
    let reply = simulation.execute(&format!("why {subject}"));
    expect![[r#"
        request/241  GET http://shop.example.com/orders of shoppers
          00:05.022  the gateway has it, with configuration 2  [IST-01]
          00:05.022  goes to pod/my-app-blue-98b56f49c-4pzft  [IST-08 IST-40]
          00:05.022  a worker takes it
          00:05.029  the database executes: SELECT id, total FROM orders WHERE customer_id = $1
          00:05.029  the pod answers 500: ERROR: column "total" does not exist (SQLSTATE 42703) in SELECT id, total FROM orders WHERE customer_id = $1  [PG-06]
          00:05.029  the user has the answer: 500
        because blue sends SELECT id, total FROM orders WHERE customer_id = $1, which fails with 42703 since V2__rename.sql at 00:05.006 (PG-06)
          00:05.006  schema: V2__rename.sql: ALTER TABLE orders RENAME COLUMN total TO amount. Of releases, these fail now: 42703 in SELECT id, total FROM orders WHERE customer_id = $1  [PG-06 PG-41]
          00:05.000  because learner: psql -f V2__rename.sql
    "#]].assert_eq(&reply.stdout);
    let pod = simulation.world().cluster.state.pods.values().next().unwrap().name.clone();
    let log = simulation.execute(&format!("kubectl logs {pod}")).stdout;
    assert!(log.contains("ERROR: column \"total\" does not exist (SQLSTATE 42703)"), "{log}");
}
