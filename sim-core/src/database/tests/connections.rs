//! Pools, and the connections that both colours share.

use super::{READ, execute, serving, session, shop};
use crate::database::session::Script;
use crate::scenario::Scenario;
use crate::telemetry::promql::{Query, Value};
use crate::time::SimDuration;
use crate::world_tests::{Fixture, deployment};

/// Requests for orders and for customers come to blue; a report keeps ORDERS for so long, and an ALTER
/// waits for it.
fn stalled(scenario: &Scenario, report: u64) -> Fixture {
    let mut fixture = serving(scenario);
    let sql = "SELECT total FROM orders";
    let mut script = Script::new("report", "report", schema::parse(sql).unwrap().statements);
    script.lasts(Some(SimDuration::from_secs(report)), None);
    super::open(&mut fixture, script);
    fixture.run_checked(-25);
    execute(&mut fixture, "V2__note.sql", "ALTER TABLE orders ADD note text");
    fixture
}

/// Of ten requests nine ask for orders; the tenth, `/missing`, is made to ask for customers.
fn two_routes() -> Scenario {
    let mut scenario = shop(40.0, &[READ], &[READ]);
    for release in scenario.releases.values_mut() {
        let mut customers = release.routes[0].clone();
        customers.path = "/missing".into();
        customers.sql[0].text = "SELECT name FROM customers WHERE id = $1".into();
        release.routes.push(customers);
        release.connection_timeout = SimDuration::from_secs(2);
    }
    scenario.traffic[0].timeout = SimDuration::from_secs(10);
    scenario
}

fn lines(fixture: &Fixture) -> Vec<String> {
    let world = &fixture.engine.model;
    let pods = world.cluster.state.pods.values();
    let journals = pods.filter_map(|pod| world.application.journal(pod.id, 0));
    journals.flat_map(|journal| journal.lines(0)).map(|line| line.text.clone()).collect()
}

fn ready(fixture: &Fixture) -> usize {
    fixture.engine.model.cluster.state.pods.values().filter(|pod| pod.is_ready()).count()
}

/// POOL-01, POOL-02, POOL-03: requests that never touch the locked table fail, too.
#[test]
fn a_locked_table_empties_the_pools_and_other_requests_fail_with_hikaris_message() {
    let mut fixture = stalled(&two_routes(), 20);
    fixture.run_checked(-15);
    let failed = fixture.counted("blue", 500);
    assert!(10 < failed, "{failed}");
    let message = "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not \
                   available, request timed out after 2000ms.";
    assert!(lines(&fixture).iter().any(|line| line == message), "{:?}", lines(&fixture));
    let answered = fixture.counted("blue", 200);
    fixture.run_checked(-10);
    assert_eq!(fixture.counted("blue", 200), answered, "nobody is served");
    fixture.run_checked(20);
    assert!(answered + 500 < fixture.counted("blue", 200), "afterwards everybody is");
}

/// POOL-03.
#[test]
fn a_health_check_that_needs_the_database_takes_all_pods_out_at_once() {
    for (checks, expected) in [(true, 0), (false, 3)] {
        let mut scenario = two_routes();
        for release in scenario.releases.values_mut() {
            release.health_database = checks;
        }
        let mut fixture = stalled(&scenario, 40);
        assert_eq!(ready(&fixture), 3);
        fixture.run_checked(5);
        assert_eq!(ready(&fixture), expected);
        fixture.run_checked(60);
        assert_eq!(ready(&fixture), 3, "they recover");
    }
}

/// OPOOL-1, PG-09, POOL-04.
#[test]
fn pods_that_get_no_connection_do_not_start() {
    let mut scenario = shop(10.0, &[READ], &[READ]);
    scenario.database.connections = 14;
    let mut fixture = serving(&scenario);
    assert_eq!(fixture.engine.model.connections(), 9);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(60);
    // Green's pods of 3 get 3, 2 and none.
    let world = &fixture.engine.model;
    assert_eq!(world.connections(), 14);
    let green = world.cluster.state.pods.values().filter(|pod| pod.name.contains("green"));
    let mut states: Vec<_> = green.map(|pod| pod.display_status()).collect();
    states.sort();
    assert_eq!(states, ["CrashLoopBackOff", "Running", "Running"]);
    let refusal = "FATAL: remaining connection slots are reserved for non-replication superuser \
                   connections (SQLSTATE 53300)";
    let lines = lines(&fixture);
    let starts = format!("HikariPool-1 - Exception during pool initialization. {refusal}");
    assert!(lines.contains(&starts), "{lines:?}");
    assert!(lines.contains(&format!("HikariPool-1 - 2 of 3 connections: {refusal}")), "{lines:?}");
}

/// OPG-8, PG-09.
#[test]
fn a_session_needs_a_connection_too() {
    let mut scenario = shop(0.001, &[READ], &[READ]);
    scenario.database.connections = 9;
    let mut fixture = serving(&scenario);
    let statements = || schema::parse("SELECT id FROM orders WHERE id = 1").unwrap().statements;
    let script = Script::new("flyway", "flyway", statements());
    let opened = fixture.engine.intervene(|world, ctx| world.open_session(script, ctx)).1;
    let error = opened.unwrap_err();
    assert_eq!(error.code, "53300");
    let superuser = Script { superuser: true, ..Script::new("psql", "psql", statements()) };
    let id = super::open(&mut fixture, superuser);
    fixture.run_checked(-28);
    assert!(session(&fixture, id).end.is_some());
    assert_eq!(fixture.engine.model.connections(), 9);
}

/// PG-09.
#[test]
fn without_a_pool_every_request_opens_a_connection_and_may_be_refused() {
    let mut scenario = shop(40.0, &[READ], &[READ]);
    scenario.database.connections = 2;
    for release in scenario.releases.values_mut() {
        release.pool = None;
        release.routes[0].sql[0].mean = SimDuration::from_millis(40);
    }
    let mut fixture = serving(&scenario);
    fixture.run_checked(0);
    assert!(0 < fixture.counted("blue", 500));
    assert!(lines(&fixture)[0].ends_with("(SQLSTATE 53300)"));
    assert!(fixture.engine.model.connections() <= 2);
}

#[test]
fn pools_and_sessions_are_measured() {
    let mut fixture = stalled(&two_routes(), 30);
    fixture.run_checked(-10);
    let now = fixture.engine.now();
    let value = |query: &str| {
        let tsdb = &fixture.engine.model.telemetry.tsdb;
        match Query::parse(query).unwrap().evaluate(tsdb, now).unwrap() {
            Value::Vector(samples) => samples.iter().map(|(_, value)| value).sum::<f64>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(value("sum(hikaricp_connections_active)"), 9.0);
    assert_eq!(value("sum(hikaricp_connections_max)"), 9.0);
    assert_eq!(value("sum(hikaricp_connections_idle)"), 0.0);
    assert!(0.0 < value("sum(hikaricp_connections_pending)"));
    assert_eq!(value("pg_settings_max_connections"), 100.0);
    assert_eq!(value("sum(pg_stat_activity_count)"), 11.0);
}
