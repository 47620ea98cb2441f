//! Questions to PostgreSQL's views of the system.

use super::{READ, execute, execute_and_idle, serving, session, shop};
use crate::database::session::Reply;
use crate::world_tests::Fixture;

fn quiet() -> Fixture {
    serving(&shop(0.001, &[READ], &[READ]))
}

/// What a question is answered by this second: its rows, or an error.
fn ask(fixture: &mut Fixture, until: i64, sql: &str) -> Vec<String> {
    let id = execute(fixture, "psql", sql);
    fixture.run_checked(until);
    match &session(fixture, id).answers.last().unwrap().reply {
        Reply::Rows(table) => {
            let cell = |cell: &Option<String>| cell.clone().unwrap_or("-".to_owned());
            let line = |row: &Vec<_>| row.iter().map(cell).collect::<Vec<_>>().join(" ");
            table.rows.iter().map(line).collect()
        }
        Reply::Failed(error) => vec![format!("{}: {}", error.code, error.message)],
        other => panic!("{other:?}"),
    }
}

/// PG-08.
#[test]
fn who_waits_for_a_row_waits_for_a_transaction() {
    let mut fixture = quiet();
    execute_and_idle(&mut fixture, "backfill", "UPDATE customers SET name = 'a'");
    fixture.run_checked(-25);
    execute(&mut fixture, "writer", "UPDATE customers SET name = 'b' WHERE id = 1");
    let waits = "SELECT pid, wait_event_type, wait_event FROM pg_stat_activity \
                 WHERE wait_event_type = 'Lock'";
    assert_eq!(ask(&mut fixture, -24, waits), ["4714 Lock transactionid"]);
    let locks = "SELECT pid, mode, granted, locktype, relation, database, transactionid, fastpath \
                 FROM pg_locks ORDER BY pid, granted DESC, mode";
    let expected = [
        "4711 ExclusiveLock t transactionid - - 1004711 f",
        "4711 RowExclusiveLock t relation customers 16384 - f",
        "4714 RowExclusiveLock t relation customers 16384 - f",
        "4714 ShareLock f transactionid - - 1004711 f",
    ];
    assert_eq!(ask(&mut fixture, -23, locks), expected);
}

/// PG-40.
#[test]
fn who_waits_for_an_older_transaction_waits_for_its_virtual_number() {
    let mut fixture = quiet();
    execute_and_idle(&mut fixture, "old", "SELECT name FROM customers WHERE id = 1");
    fixture.run_checked(-29);
    execute(&mut fixture, "index", "CREATE INDEX CONCURRENTLY orders_total ON orders (total)");
    fixture.run_checked(-10);
    let locks = "SELECT pid, mode, granted, virtualxid, virtualtransaction FROM pg_locks \
                 WHERE locktype = 'virtualxid'";
    assert_eq!(ask(&mut fixture, -9, locks), ["4714 ShareLock f 4711/1 4714/1"]);
}

#[test]
fn views_have_all_columns_of_the_server() {
    let mut fixture = quiet();
    let own = "SELECT usesysid, leader_pid, backend_xmin, query_id FROM pg_stat_activity \
               WHERE usename = 'postgres'";
    assert_eq!(ask(&mut fixture, -28, own), ["10 - - -"]);
    let idle = "SELECT state, wait_event, query FROM pg_stat_activity \
                WHERE usename = 'app' AND backend_start IS NOT NULL LIMIT 1";
    assert_eq!(ask(&mut fixture, -27, idle), [format!("idle ClientRead {READ}")]);
    assert_eq!(ask(&mut fixture, -26, "SHOW server_version"), ["15.18"]);
    let version = ask(&mut fixture, -25, "SELECT version()");
    assert!(version[0].starts_with("PostgreSQL 15.18"), "{version:?}");
}

/// PG-40.
#[test]
fn an_invalid_index_can_be_found() {
    let mut fixture = quiet();
    let build = "SET statement_timeout = '2s'; \
                 CREATE INDEX CONCURRENTLY orders_total ON orders (total)";
    execute(&mut fixture, "psql", build);
    fixture.run_checked(-25);
    let invalid = "SELECT indexrelid::regclass, indrelid::regclass, indisready, indisunique \
                   FROM pg_index WHERE NOT indisvalid";
    assert_eq!(ask(&mut fixture, -24, invalid), ["orders_total orders f f"]);
    let primary = "SELECT indexrelid::regclass FROM pg_index WHERE indisprimary ORDER BY 1";
    assert_eq!(ask(&mut fixture, -23, primary), ["customers_pkey", "orders_pkey"]);
}

#[test]
fn a_relation_of_the_system_that_is_not_modelled_is_not_said_to_be_missing() {
    let mut fixture = quiet();
    let cases = [
        ("SELECT name FROM pg_settings", "0A000: not modelled: pg_settings"),
        ("SELECT c.relname FROM pg_class c", "0A000: not modelled: pg_class"),
        (
            "SELECT l.pid FROM pg_locks l JOIN orders o ON o.id = l.pid",
            "0A000: not modelled: pg_locks in such a question",
        ),
        ("SELECT id FROM missing", "42P01: relation \"missing\" does not exist"),
    ];
    for (second, (sql, expected)) in (-29..).zip(cases) {
        assert_eq!(ask(&mut fixture, second, sql), [expected]);
    }
}
