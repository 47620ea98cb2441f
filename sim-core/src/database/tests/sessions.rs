//! What sessions do: transactions, limits, work, concurrent indexes.

use super::{
    ORDERS, READ, answers, error, execute, execute_and_go_on, execute_and_idle, oid, open, serving,
    session, shop, told,
};
use crate::database::session::{Doing, Script};
use crate::time::SimDuration;
use crate::world_tests::Fixture;

fn quiet() -> Fixture {
    serving(&shop(0.001, &[READ], &[READ]))
}

fn took(fixture: &Fixture, id: crate::database::session::SessionId) -> f64 {
    let session = session(fixture, id);
    session.answers.last().unwrap().at.since(session.began).as_micros() as f64 / 1e6
}

fn has_column(fixture: &Fixture, name: &str) -> bool {
    let schema = &fixture.engine.model.database.instance.as_ref().unwrap().schema;
    schema.tables["orders"].column(name).is_some()
}

/// PG-41.
#[test]
fn what_a_transaction_changes_is_seen_by_others_after_its_commit() {
    let mut fixture = quiet();
    let writer = execute_and_idle(&mut fixture, "V2.sql", "ALTER TABLE orders ADD note text");
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, writer), ["ALTER TABLE"]);
    assert!(!has_column(&fixture, "note"));
    fixture.run_checked(40);
    assert!(has_column(&fixture, "note"));
}

/// PG-41, PG-06.
#[test]
fn an_error_rolls_the_whole_transaction_back() {
    let mut fixture = quiet();
    let sql = "BEGIN; ALTER TABLE orders ADD note text; ALTER TABLE orders DROP none; SELECT 1; COMMIT; \
               ALTER TABLE orders ADD later text";
    let id = execute(&mut fixture, "psql", sql);
    fixture.run_checked(-20);
    let expected = ["BEGIN", "ALTER TABLE", "42703", "25P02", "ROLLBACK", "ALTER TABLE"];
    assert_eq!(answers(&fixture, id), expected);
    assert!(!has_column(&fixture, "note") && has_column(&fixture, "later"));
    assert!(session(&fixture, id).end.as_ref().unwrap().error.is_none());
}

/// PG-41.
#[test]
fn a_new_label_of_an_enumeration_cannot_be_used_before_its_commit() {
    let mut fixture = quiet();
    let add = "ALTER TYPE mood ADD VALUE 'calm'";
    let sql = format!(
        "CREATE TYPE mood AS ENUM ('sad'); ALTER TABLE orders ADD mood mood; \
         BEGIN; {add}; UPDATE orders SET mood = 'calm' WHERE id = 1; ROLLBACK; \
         {add}; UPDATE orders SET mood = 'calm' WHERE id = 1"
    );
    let id = execute(&mut fixture, "psql", &sql);
    fixture.run_checked(-20);
    assert_eq!(
        answers(&fixture, id)[3..],
        ["ALTER TYPE", "55P04", "ROLLBACK", "ALTER TYPE", "UPDATE"]
    );
}

/// FW-08 in its transactional form: one transaction, ended by its first error.
#[test]
fn a_script_in_one_transaction_ends_with_its_first_error() {
    let mut fixture = quiet();
    let sql = "ALTER TABLE orders ADD note text; ALTER TABLE none ADD x text; SELECT 1";
    let mut script = Script::new("flyway", "V2.sql", schema::parse(sql).unwrap().statements);
    script.one_transaction = true;
    let id = open(&mut fixture, script);
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, id), ["ALTER TABLE", "42P01"]);
    let end = session(&fixture, id).end.clone().unwrap();
    assert_eq!(end.error.unwrap().code, "42P01");
    assert!(!has_column(&fixture, "note"));
}

/// PG-43, PG-26, PG-20.
#[test]
fn work_takes_as_long_as_the_rows_demand() {
    let mut fixture = quiet();
    let rows = ORDERS as f64;
    let cases = [
        ("ALTER TABLE orders ADD note text", 0.0),
        ("ALTER TABLE orders ALTER total SET NOT NULL", rows / 1e6),
        ("CREATE INDEX ON orders (total)", rows / 5e5),
        ("ALTER TABLE orders ALTER total TYPE text", rows / 2e5),
        ("CREATE INDEX CONCURRENTLY ON orders (customer_id)", 2.5 * rows / 5e5),
    ];
    for (place, (sql, expected)) in (0..).zip(cases) {
        let id = execute(&mut fixture, "psql", sql);
        fixture.run_checked(-30 + 15 * (place + 1));
        let took = took(&fixture, id);
        // 1 ms to begin, 2 to 10 ms beside the rows.
        assert!((expected + 0.003..expected + 0.012).contains(&took), "{sql}: {took}");
    }
}

/// EC-5, PG-08.
#[test]
fn a_batch_takes_as_long_as_its_rows_and_stops_nobody() {
    let mut fixture = quiet();
    let range = "id > 200000 AND id <= 1200000 AND total IS NULL";
    let sql = format!("UPDATE orders SET total = 0 WHERE {range}");
    let batch = execute(&mut fixture, "backfill", &sql);
    fixture.run_checked(-28);
    let one = "UPDATE orders SET total = 1 WHERE id = 7";
    let writer = execute(&mut fixture, "writer", one);
    fixture.run_checked(-27);
    assert_eq!(answers(&fixture, writer), ["UPDATE"]);
    assert!(answers(&fixture, batch).is_empty());
    fixture.run_checked(-20);
    let took = took(&fixture, batch);
    assert!((5.003..5.012).contains(&took), "a million of two: {took}");
    // Without an index on the column of the range every row is read, and kept.
    let sql = "UPDATE orders SET total = 0 WHERE customer_id BETWEEN 1 AND 10";
    let whole = execute(&mut fixture, "backfill", sql);
    fixture.run_checked(-19);
    let writer = execute(&mut fixture, "writer", one);
    fixture.run_checked(-10);
    let at = |id| session(&fixture, id).answers[0].at;
    assert!(at(whole) < at(writer));
}

/// PG-07.
#[test]
fn a_statement_timeout_counts_waits_too() {
    let mut fixture = quiet();
    execute_and_idle(&mut fixture, "reader", READ.replace("$1", "1").as_str());
    fixture.run_checked(-25);
    let sql =
        "SET statement_timeout = 1500; ALTER TABLE orders ADD note text; SHOW statement_timeout";
    let id = execute(&mut fixture, "psql", sql);
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, id)[..2], ["SET", "57014"]);
    let waited = session(&fixture, id).answers[1].at - session(&fixture, id).began;
    assert!((1_500_000..1_510_000).contains(&waited.as_micros()), "{waited}");
}

/// PG-05.
#[test]
fn a_local_limit_outside_of_a_transaction_has_no_effect_and_the_server_warns() {
    let mut fixture = quiet();
    let sql = "SET LOCAL lock_timeout = '2s'; SET LOCAL lock_timeout = '2 sec'; \
               SET lock_timeout = -5; BEGIN; SET LOCAL lock_timeout = '2s'";
    let id = execute(&mut fixture, "psql", sql);
    fixture.run_checked(-20);
    let warning = "Warning(\"SET LOCAL can only be used in transaction blocks\")";
    let expected = [warning, "SET", warning, "22023", "22023", "BEGIN", "SET"];
    assert_eq!(answers(&fixture, id), expected);
    let range = "-5 ms is outside the valid range for parameter \"lock_timeout\" (0 .. 2147483647)";
    assert_eq!(error(&fixture, id).message, range);
}

/// PG-05.
#[test]
fn a_session_that_is_idle_in_transaction_too_long_is_ended() {
    let mut fixture = quiet();
    let sql = "SELECT id FROM orders WHERE id = 1";
    let mut script = Script::new("forgotten", "forgotten", schema::parse(sql).unwrap().statements);
    script.lasts(None, Some(SimDuration::from_secs(60)));
    script.limits.idle = SimDuration::from_secs(5);
    let idle = open(&mut fixture, script);
    fixture.run_checked(-28);
    let alter = execute(&mut fixture, "psql", "ALTER TABLE orders ADD note text");
    fixture.run_checked(-26);
    assert!(matches!(session(&fixture, alter).doing, Doing::Waiting(_)));
    fixture.run_checked(-20);
    assert_eq!(session(&fixture, idle).end.clone().unwrap().error.unwrap().code, "25P03");
    assert_eq!(answers(&fixture, alter), ["ALTER TABLE"]);
}

/// PG-40, PG-38.
#[test]
fn a_concurrent_index_waits_for_an_old_transaction_and_blocks_nobody() {
    let mut fixture = quiet();
    let old = execute_and_idle(&mut fixture, "old", "SELECT name FROM customers WHERE id = 1");
    let sql = "CREATE INDEX CONCURRENTLY orders_total ON orders (total)";
    let index = execute(&mut fixture, "index", sql);
    fixture.run_checked(-10);
    assert_eq!(session(&fixture, index).doing, Doing::WaitingForOld);
    let writer = execute(&mut fixture, "writer", "INSERT INTO orders VALUES (1, 1, 1)");
    fixture.run_checked(-9);
    assert_eq!(answers(&fixture, writer), ["INSERT 0 1"]);
    fixture.run_checked(40);
    let ended = session(&fixture, old).end.as_ref().unwrap().at;
    assert!(ended <= session(&fixture, index).answers[0].at);
    assert!(told(&fixture).iter().any(|line| line.contains("older: old (pid 4711)")));
}

fn is_valid(fixture: &Fixture, name: &str) -> bool {
    let schema = &fixture.engine.model.database.instance.as_ref().unwrap().schema;
    let mut indexes = schema.tables.values().flat_map(|table| &table.indexes);
    indexes.find(|index| index.name == name).unwrap().valid
}

/// PG-40, PG-07.
#[test]
fn a_lock_timeout_ends_the_wait_of_a_concurrent_index_for_an_old_transaction() {
    let mut fixture = quiet();
    execute_and_idle(&mut fixture, "old", "SELECT total FROM orders WHERE id = 1");
    fixture.run_checked(-29);
    let sql = "SET lock_timeout = '2s'; CREATE INDEX CONCURRENTLY by_name ON customers (name)";
    let index = execute(&mut fixture, "index", sql);
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, index), ["SET", "55P03"]);
    assert!(!is_valid(&fixture, "by_name"));
}

/// PG-40, PG-06.
#[test]
fn who_waits_for_a_concurrent_index_that_waits_for_him_is_ended() {
    let mut fixture = quiet();
    let (read, alter) = ("BEGIN; SELECT total FROM orders", "ALTER TABLE customers ADD z integer");
    let pause = SimDuration::from_secs(3);
    let old = execute_and_go_on(&mut fixture, "old", read, pause, alter);
    fixture.run_checked(-29);
    let sql = "CREATE INDEX CONCURRENTLY by_name ON customers (name)";
    let index = execute(&mut fixture, "index", sql);
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, old).last().unwrap(), "40P01");
    assert_eq!(answers(&fixture, index), ["CREATE INDEX"]);
    let relation = format!("relation {} of database 16384", oid(&fixture, "customers"));
    let detail = format!(
        "Process 4711 waits for AccessExclusiveLock on {relation}; blocked by process 4714.\n\
         Process 4714 waits for ShareLock on virtual transaction 4711/1; blocked by process 4711."
    );
    assert_eq!(error(&fixture, old).detail, Some(detail));
}

/// PG-40.
#[test]
fn a_concurrent_index_does_not_wait_for_one_of_another_table() {
    let mut fixture = quiet();
    let long = "CREATE INDEX CONCURRENTLY by_total ON orders (total)";
    let long = execute(&mut fixture, "long", long);
    fixture.run_checked(-29);
    let short = "CREATE INDEX CONCURRENTLY by_name ON customers (name)";
    let short = execute(&mut fixture, "short", short);
    fixture.run_checked(-28);
    assert_eq!(answers(&fixture, short), ["CREATE INDEX"]);
    assert_eq!(session(&fixture, long).doing, Doing::Working);
}

/// PG-40, OPG-9 (by another cause: what rows there are is not modelled).
#[test]
fn a_concurrent_index_that_fails_is_left_invalid() {
    let mut fixture = quiet();
    let build = "CREATE INDEX CONCURRENTLY orders_total ON orders (total)";
    let fails = format!("SET statement_timeout = '2s'; {build}; RESET statement_timeout; {build}");
    let id = execute(&mut fixture, "psql", &fails);
    fixture.run_checked(-25);
    assert_eq!(answers(&fixture, id), ["SET", "57014", "RESET", "42P07"]);
    let index = |fixture: &Fixture| {
        let schema = &fixture.engine.model.database.instance.as_ref().unwrap().schema;
        schema.tables["orders"].indexes.iter().find(|index| index.name == "orders_total").cloned()
    };
    assert!(!index(&fixture).unwrap().valid);
    let again = format!("DROP INDEX orders_total; {build}; BEGIN; {build}; COMMIT");
    let id = execute(&mut fixture, "psql", &again);
    fixture.run_checked(0);
    assert_eq!(answers(&fixture, id), ["DROP INDEX", "CREATE INDEX", "BEGIN", "25001", "ROLLBACK"]);
    assert!(index(&fixture).unwrap().valid);
}

/// PG-41, PG-42.
#[test]
fn a_rename_at_the_commit_breaks_the_release_that_is_running() {
    let mut fixture = serving(&shop(50.0, &[READ], &[READ]));
    fixture.run_checked(-25);
    assert_eq!(fixture.counted("blue", 500), 0);
    execute(&mut fixture, "V2__rename.sql", "ALTER TABLE orders RENAME COLUMN total TO amount");
    fixture.run_checked(-20);
    assert!(100 < fixture.counted("blue", 500));
    let told = told(&fixture).join("\n");
    assert!(told.contains("these fail now: 42703 in SELECT id, total"), "{told}");
}
