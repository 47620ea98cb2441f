//! Who waits for whom: the vectors OPG-1 to OPG-4, with sessions and with traffic.

use expect_test::expect;

use super::{
    READ, answers, error, execute, execute_and_go_on, execute_and_idle, oid, serving, session,
    shop, told,
};
use crate::database::session::Doing;

const WRITE: &str = "INSERT INTO orders (id, customer_id, total) VALUES ($1, $2, $3)";

/// OPG-1, PG-03, PG-04.
#[test]
fn a_waiting_alter_stops_readers_behind_a_transaction_that_only_reads() {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    let reader = execute_and_idle(&mut fixture, "reader", "SELECT count(*) FROM orders");
    fixture.run_checked(-25);
    let alter = execute(&mut fixture, "alter", "ALTER TABLE orders ADD note text");
    fixture.run_checked(-24);
    let late = execute(&mut fixture, "late", "SELECT count(*) FROM orders");
    let elsewhere = execute(&mut fixture, "elsewhere", "SELECT count(*) FROM customers");
    fixture.run_checked(-20);
    assert_eq!(session(&fixture, reader).state(), "idle in transaction");
    assert!(matches!(session(&fixture, alter).doing, Doing::Waiting(_)));
    assert!(matches!(session(&fixture, late).doing, Doing::Waiting(_)));
    assert_eq!(answers(&fixture, elsewhere).len(), 1);
    // The reader commits after a minute: the ALTER goes first, then whoever came after it.
    fixture.run_checked(40);
    let at = |id| session(&fixture, id).answers[0].at;
    assert!(session(&fixture, reader).end.as_ref().unwrap().at < at(alter));
    assert!(at(alter) < at(late));
    let schema = &fixture.engine.model.database.instance.as_ref().unwrap().schema;
    assert!(schema.tables["orders"].column("note").is_some());
}

/// PG-04: a waiter for what one does not hold oneself comes first.
#[test]
fn who_only_reads_a_table_stands_in_line_to_write_it_and_a_writer_does_not() {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    let [short, long] = [3, 6].map(crate::time::SimDuration::from_secs);
    let insert = "BEGIN; INSERT INTO orders VALUES (1, 1, 1)";
    let more = "LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE";
    let writer = execute_and_go_on(&mut fixture, "writer", insert, long, more);
    let read = "BEGIN; SELECT total FROM orders WHERE id = 1";
    let update = "UPDATE orders SET total = 1 WHERE id = 1; COMMIT";
    let reader = execute_and_go_on(&mut fixture, "reader", read, short, update);
    fixture.run_checked(-29);
    let index = execute(&mut fixture, "index", "CREATE INDEX ON orders (total)");
    fixture.run_checked(-25);
    assert!(matches!(session(&fixture, index).doing, Doing::Waiting(_)));
    assert!(matches!(session(&fixture, reader).doing, Doing::Waiting(_)));
    fixture.run_checked(0);
    assert_eq!(answers(&fixture, writer), ["BEGIN", "INSERT 0 1", "LOCK TABLE"]);
    let at = |id, place: usize| session(&fixture, id).answers[place].at;
    assert!(at(writer, 2) < at(index, 0) && at(index, 0) < at(reader, 2));
}

/// OPG-2, PG-07.
#[test]
fn a_lock_timeout_ends_the_wait_and_those_behind_go_on() {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    execute_and_idle(&mut fixture, "reader", "SELECT count(*) FROM orders");
    fixture.run_checked(-25);
    let sql = "SET lock_timeout = '300ms'; ALTER TABLE orders ADD note text";
    let alter = execute(&mut fixture, "alter", sql);
    let late = execute(&mut fixture, "late", "SELECT id FROM orders WHERE id = 1");
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, alter), ["SET", "55P03"]);
    let waited = session(&fixture, alter).answers[1].at - session(&fixture, alter).began;
    assert!((300_000..310_000).contains(&waited.as_micros()), "{waited}");
    assert_eq!(answers(&fixture, late), ["SELECT"]);
}

/// OPG-3, PG-37.
#[test]
fn an_index_waits_for_a_writer_and_stops_writers_but_no_readers() {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    let insert = "INSERT INTO orders VALUES (1, 1, 1)";
    execute_and_idle(&mut fixture, "writer", insert);
    fixture.run_checked(-25);
    let index = execute(&mut fixture, "index", "CREATE INDEX ON orders (total)");
    fixture.run_checked(-24);
    let second = execute(&mut fixture, "second", insert);
    let reader = execute(&mut fixture, "reader", "SELECT id FROM orders WHERE id = 1");
    fixture.run_checked(-20);
    assert!(matches!(session(&fixture, index).doing, Doing::Waiting(_)));
    assert!(matches!(session(&fixture, second).doing, Doing::Waiting(_)));
    assert_eq!(answers(&fixture, reader), ["SELECT"]);
}

/// OPG-4, PG-33, PG-34.
#[test]
fn a_foreign_key_stops_writers_of_the_other_table_and_no_readers() {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    let key = "ALTER TABLE orders ADD CONSTRAINT again FOREIGN KEY (customer_id) \
               REFERENCES customers NOT VALID";
    execute_and_idle(&mut fixture, "key", key);
    fixture.run_checked(-25);
    let writer = execute(&mut fixture, "writer", "INSERT INTO customers VALUES (1, 'a')");
    let reader = execute(&mut fixture, "reader", "SELECT name FROM customers WHERE id = 1");
    fixture.run_checked(-20);
    assert!(matches!(session(&fixture, writer).doing, Doing::Waiting(_)));
    assert_eq!(answers(&fixture, reader), ["SELECT"]);
}

/// PG-04: nothing is lost while requests stand in line, and all go on afterwards.
#[test]
fn traffic_stands_in_line_behind_an_alter_that_waits_for_a_report() {
    let mut fixture = serving(&shop(20.0, &[READ, WRITE], &[READ]));
    let mut script = crate::database::session::Script::new(
        "report",
        "report",
        schema::parse("SELECT total FROM orders").unwrap().statements,
    );
    script.lasts(Some(crate::time::SimDuration::from_secs(10)), None);
    super::open(&mut fixture, script);
    fixture.run_checked(-28);
    assert_eq!(fixture.engine.model.registry.users[0].timeouts, 0);
    execute(&mut fixture, "V2__note.sql", "ALTER TABLE orders ADD note text");
    fixture.run_checked(-21);
    let world = &fixture.engine.model;
    let timeouts = world.registry.users[0].timeouts;
    assert!(80 < timeouts, "everybody gives up: {timeouts}");
    fixture.run_checked(0);
    let after = fixture.engine.model.registry.users[0].timeouts;
    fixture.run_checked(20);
    assert_eq!(fixture.engine.model.registry.users[0].timeouts, after);
    expect![[r#"
        -00:27.999 session/4714: V2__note.sql (pid 4714) waits for ACCESS EXCLUSIVE on orders, behind report (pid 4711), which holds ACCESS SHARE
        -00:27.960 table/orders: requests wait for ACCESS SHARE on orders, behind V2__note.sql (pid 4714), which waits for ACCESS EXCLUSIVE
        -00:19.992 schema: V2__note.sql: ALTER TABLE orders ADD note text
        -00:19.992 table/orders: no request waits any longer: 9 have, in 7.968152s"#]].assert_eq(&told(&fixture).join("\n"));
}

/// PG-08.
#[test]
fn an_update_of_all_rows_stops_writers_of_rows_until_its_commit() {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    execute_and_idle(&mut fixture, "backfill", "UPDATE customers SET name = 'a'");
    fixture.run_checked(-25);
    let writer = execute(&mut fixture, "writer", "UPDATE customers SET name = 'b' WHERE id = 1");
    let insert = execute(&mut fixture, "insert", "INSERT INTO customers VALUES (1, 'c')");
    let reader = execute(&mut fixture, "reader", "SELECT name FROM customers WHERE id = 1");
    fixture.run_checked(-20);
    assert!(matches!(session(&fixture, writer).doing, Doing::Waiting(_)));
    assert_eq!(answers(&fixture, insert), ["INSERT 0 1"]);
    assert_eq!(answers(&fixture, reader), ["SELECT"]);
}

/// PG-06.
#[test]
fn of_two_sessions_that_wait_for_each_other_one_is_ended() {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    let lock = |one: &str, other: &str| {
        format!(
            "BEGIN; LOCK TABLE {one}; SELECT count(*) FROM customers; LOCK TABLE {other}; COMMIT"
        )
    };
    let mut sessions = Vec::new();
    for (one, other) in [("orders", "customers"), ("customers", "orders")] {
        let sql = lock(one, other).replace("SELECT count(*) FROM customers; ", "");
        sessions.push(execute(&mut fixture, one, &sql));
    }
    fixture.run_checked(-20);
    let mut ends: Vec<_> = sessions.iter().map(|id| answers(&fixture, *id)).collect();
    ends.sort();
    assert_eq!(ends[0], ["BEGIN", "LOCK TABLE", "40P01", "ROLLBACK"]);
    assert_eq!(ends[1], ["BEGIN", "LOCK TABLE", "LOCK TABLE", "COMMIT"]);
    // The victim is told who waits for what, itself first.
    let waits = [("customers", 4711, 4714), ("orders", 4714, 4711)].map(|(table, pid, by)| {
        let number = oid(&fixture, table);
        format!(
            "Process {pid} waits for AccessExclusiveLock on relation {number} of database 16384; \
             blocked by process {by}."
        )
    });
    let first = answers(&fixture, sessions[0])[2] == "40P01";
    let [one, other] = waits;
    let (victim, [one, other]) =
        if first { (sessions[0], [one, other]) } else { (sessions[1], [other, one]) };
    let error = error(&fixture, victim);
    assert_eq!(error.detail, Some(format!("{one}\n{other}")));
    assert_eq!(error.hint.as_deref(), Some("See server log for query details."));
}

/// PG-06, PG-08.
#[test]
fn whoever_waits_for_rows_in_a_circle_waits_for_transactions() {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    let pause = crate::time::SimDuration::from_secs(2);
    let all = "BEGIN; UPDATE customers SET name = 'a'";
    let one = "UPDATE orders SET total = 1 WHERE id = 1";
    execute_and_go_on(&mut fixture, "first", all, pause, one);
    let all = "BEGIN; UPDATE orders SET total = 1";
    let one = "UPDATE customers SET name = 'b' WHERE id = 1";
    let second = execute_and_go_on(&mut fixture, "second", all, pause, one);
    fixture.run_checked(30);
    expect![[r#"
        Process 4714 waits for ShareLock on transaction 1004711; blocked by process 4711.
        Process 4711 waits for ShareLock on transaction 1004714; blocked by process 4714."#]]
    .assert_eq(&error(&fixture, second).detail.unwrap());
}

/// PG-06: a request in a transaction is as good a victim.
#[test]
fn a_request_that_waits_in_a_circle_with_a_session_is_answered() {
    let writes = ["UPDATE customers SET name = 'a' WHERE id = 1", WRITE];
    let mut scenario = shop(20.0, &writes, &[READ]);
    for release in scenario.releases.values_mut() {
        release.routes[0].transaction = true;
    }
    scenario.traffic[0].timeout = crate::time::SimDuration::from_secs(5);
    let mut fixture = serving(&scenario);
    let (first, then) = ("BEGIN; LOCK TABLE orders", "LOCK TABLE customers; COMMIT");
    let pause = crate::time::SimDuration::from_millis(400);
    let id = execute_and_go_on(&mut fixture, "lock", first, pause, then);
    fixture.run_checked(-20);
    let answers = answers(&fixture, id);
    assert!(answers.contains(&"COMMIT".to_owned()) || answers.contains(&"40P01".to_owned()));
    let before = fixture.counted("blue", 200);
    fixture.run_checked(-10);
    assert!(100 < fixture.counted("blue", 200) - before, "everybody is served again");
}
