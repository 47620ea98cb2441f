//! A MySQL in a run: metadata locks, algorithms, commits that nobody has asked for (MY-01..06).

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::expect;
use schema::Engine;

use super::{open, session, shop, told};
use crate::database::session::{Action, Doing, Reply, Script, SessionId, Step};
use crate::scenario::Scenario;
use crate::telemetry::promql::{Query, Value};
use crate::time::SimDuration;
use crate::world_tests::Fixture;

const SHOP: &str = "
CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(255) NOT NULL) CHARSET=latin1;
CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer_id bigint, total decimal(10,2));
";
const READ: &str = "SELECT id, total FROM orders WHERE customer_id = ?";
const WRITE: &str = "INSERT INTO orders (customer_id, total) VALUES (?, ?)";
/// Rows of `orders`.
const ORDERS: u64 = 2_000_000;

fn mysql(rate: f64, sql: &[&str]) -> Scenario {
    let mut scenario = shop(rate, sql, sql);
    let rows = BTreeMap::from([("customers".to_owned(), 1_000), ("orders".to_owned(), ORDERS)]);
    let script = Engine::Mysql.parse(SHOP).unwrap();
    scenario.database.engine = Engine::Mysql;
    scenario.database.schema = Some(Arc::new(schema::compat::schema(&script, &rows).unwrap()));
    (scenario.database.connections, scenario.database.reserved) = (151, 1);
    scenario
}

/// A shop with hardly a request.
fn quiet() -> Fixture {
    super::serving(&mysql(0.001, &[READ]))
}

fn script(name: &str, sql: &str) -> Script {
    Script::new(name, name, Engine::Mysql.parse(sql).unwrap().statements)
}

fn execute(fixture: &mut Fixture, name: &str, sql: &str) -> SessionId {
    open(fixture, script(name, sql))
}

/// A transaction that is idle for so many seconds between its statements, and for a minute at its end.
fn transaction(fixture: &mut Fixture, name: &str, pause: u64, sql: &[&str]) -> SessionId {
    let mut all = script(name, "START TRANSACTION");
    let mut steps = all.steps.to_vec();
    for (place, sql) in sql.iter().enumerate() {
        if 0 < place {
            let action = Action::Pause(SimDuration::from_secs(pause));
            steps.push(Step { from: name.into(), action });
        }
        steps.extend(script(name, sql).steps.iter().cloned());
    }
    let action = Action::Pause(SimDuration::from_secs(60));
    steps.push(Step { from: name.into(), action });
    all.steps = steps.into();
    open(fixture, all)
}

/// What a session has been answered: `ok`, rows, or the number of an error.
fn answers(fixture: &Fixture, id: SessionId) -> Vec<String> {
    let answer = |reply: &Reply| match reply {
        Reply::Done(_) => "ok".to_owned(),
        Reply::Rows(table) => table.rows[0][0].clone().unwrap(),
        Reply::Failed(error) => error.number.map_or(error.message.clone(), |it| it.to_string()),
        other => format!("{other:?}"),
    };
    session(fixture, id).answers.iter().map(|one| answer(&one.reply)).collect()
}

fn waits(fixture: &Fixture, id: SessionId) -> bool {
    matches!(session(fixture, id).doing, Doing::Waiting(_))
}

fn took(fixture: &Fixture, id: SessionId) -> f64 {
    let session = session(fixture, id);
    session.answers.last().unwrap().at.since(session.began).as_micros() as f64 / 1e6
}

fn has(fixture: &Fixture, column: &str) -> bool {
    let schema = &fixture.engine.model.database.instance.as_ref().unwrap().schema;
    schema.tables["orders"].column(column).is_some()
}

/// MY-04, as a real server shows it in `mariadb::waiting`.
#[test]
fn a_read_waits_behind_an_alter_that_waits_behind_a_read() {
    let mut fixture = quiet();
    let report = transaction(&mut fixture, "report", 0, &["SELECT count(*) FROM orders"]);
    fixture.run_checked(-20);
    let alter = execute(&mut fixture, "alter", "ALTER TABLE orders ADD COLUMN extra int");
    fixture.run_checked(-19);
    let read = execute(&mut fixture, "read", "SELECT id FROM orders WHERE id = 1");
    let other = execute(&mut fixture, "other", "SELECT id FROM customers WHERE id = 1");
    fixture.run_checked(-15);
    assert_eq!(session(&fixture, report).state(), "idle in transaction");
    assert!(waits(&fixture, alter) && waits(&fixture, read));
    assert_eq!(answers(&fixture, other), ["ok"]);
    fixture.run_checked(60);
    let at = |id| session(&fixture, id).answers[0].at;
    assert!(session(&fixture, report).end.as_ref().unwrap().at < at(alter));
    assert!(at(alter) < at(read));
    assert!(has(&fixture, "extra"));
}

/// MY-04.
#[test]
fn a_lock_wait_timeout_ends_the_wait_and_those_behind_go_on() {
    let mut fixture = quiet();
    transaction(&mut fixture, "report", 0, &["SELECT id FROM orders WHERE id = 1"]);
    fixture.run_checked(-25);
    let sql = "SET SESSION lock_wait_timeout = 2; ALTER TABLE orders ADD COLUMN extra int";
    let alter = execute(&mut fixture, "alter", sql);
    fixture.run_checked(-24);
    let read = execute(&mut fixture, "read", "SELECT id FROM orders WHERE id = 1");
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, alter), ["ok", "1205"]);
    assert!((2.0..2.01).contains(&took(&fixture, alter)));
    assert_eq!(answers(&fixture, read), ["ok"]);
    assert!(!has(&fixture, "extra"));
}

/// MY-04: who has read a table may not write it while an ALTER waits; a real server answers the same.
#[test]
fn a_write_of_a_transaction_for_which_an_alter_waits_is_a_deadlock() {
    let mut fixture = quiet();
    let sql = ["SELECT id FROM orders WHERE id = 1", "INSERT INTO orders (total) VALUES (1)"];
    let shopper = transaction(&mut fixture, "shopper", 5, &sql);
    fixture.run_checked(-28);
    let alter = execute(&mut fixture, "alter", "ALTER TABLE orders ADD COLUMN extra int");
    fixture.run_checked(-26);
    assert!(waits(&fixture, alter));
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, shopper), ["ok", "ok", "1213"]);
    assert!(session(&fixture, shopper).transaction.is_none(), "all of it is rolled back");
    assert_eq!(answers(&fixture, alter), ["ok"]);
}

/// MY-04: of a circle the server ends those who change rows.
#[test]
fn an_alter_that_closes_a_circle_is_not_the_one_that_is_ended() {
    let mut fixture = quiet();
    let sql = ["SELECT id FROM orders WHERE id = 1", "INSERT INTO orders (total) VALUES (1)"];
    let shopper = transaction(&mut fixture, "shopper", 5, &sql);
    fixture.run_checked(-28);
    let sql = "ALTER TABLE orders MODIFY total decimal(12,2)";
    let alter = execute(&mut fixture, "alter", sql);
    fixture.run_checked(-22);
    // The copy works, and the shopper waits for it.
    assert!(waits(&fixture, shopper) && !waits(&fixture, alter));
    fixture.run_checked(-10);
    assert_eq!(answers(&fixture, shopper), ["ok", "ok", "1213"]);
    assert_eq!(answers(&fixture, alter), ["ok"]);
}

/// MY-01, MY-02, OMY-1: how long each works, and who waits meanwhile: a reader, a writer.
#[test]
fn each_algorithm_takes_its_time_and_lets_its_own_in() {
    let (rows, longer) = (ORDERS as f64, "MODIFY name varchar(256) NOT NULL");
    let cases = [
        ("ALTER TABLE orders ADD COLUMN a int".to_owned(), 0.0, false, false),
        (
            "ALTER TABLE orders ADD COLUMN a int, ALGORITHM=INPLACE".to_owned(),
            rows / 2e5,
            false,
            false,
        ),
        ("ALTER TABLE orders ADD COLUMN a int, ALGORITHM=COPY".to_owned(), rows / 2e5, false, true),
        ("CREATE INDEX a ON orders (total)".to_owned(), rows / 5e5, false, false),
        ("CREATE INDEX a ON orders (total) LOCK=SHARED".to_owned(), rows / 5e5, false, true),
        ("CREATE INDEX a ON orders (total) LOCK=EXCLUSIVE".to_owned(), rows / 5e5, true, true),
        ("ALTER TABLE orders MODIFY total decimal(12,2)".to_owned(), rows / 2e5, false, true),
        (format!("ALTER TABLE customers {longer}"), 1_000.0 / 2e5, false, false),
    ];
    for (sql, expected, reader_waits, writer_waits) in cases {
        let mut fixture = quiet();
        let alter = execute(&mut fixture, "alter", &sql);
        fixture.run_checked(-29);
        let read = execute(&mut fixture, "read", "SELECT id FROM orders WHERE id = 1");
        let write = execute(&mut fixture, "write", "INSERT INTO orders (total) VALUES (1)");
        fixture.run_checked(-28);
        assert_eq!(waits(&fixture, read), reader_waits, "{sql}");
        assert_eq!(waits(&fixture, write), writer_waits, "{sql}");
        fixture.run_checked(-10);
        let took = took(&fixture, alter);
        // 1 ms to begin, 2 to 10 ms beside the rows, 1 ms a lock.
        assert!((expected + 0.003..expected + 0.015).contains(&took), "{sql}: {took}");
        assert_eq!(answers(&fixture, write), ["ok"], "{sql}");
    }
}

/// MY-01: what cannot be done as it is demanded is refused at once. OMY-1.
#[test]
fn an_algorithm_that_is_not_possible_is_refused() {
    let cases = [
        ("ALTER TABLE customers MODIFY name varchar(256) NOT NULL, ALGORITHM=INPLACE", "1846"),
        ("ALTER TABLE orders MODIFY total decimal(12,2), LOCK=NONE", "1846"),
        ("ALTER TABLE orders ADD INDEX (total), ALGORITHM=INSTANT", "1845"),
        ("ALTER TABLE orders ADD COLUMN a int, ALGORITHM=INSTANT, LOCK=NONE", "1221"),
    ];
    let mut fixture = quiet();
    for (place, (sql, number)) in (1..).zip(cases) {
        let id = execute(&mut fixture, "alter", sql);
        fixture.run_checked(-30 + place);
        assert_eq!(answers(&fixture, id), [number], "{sql}");
    }
}

/// MY-01, MY-04: an index is built beside everybody, and ends only when it has the table alone.
#[test]
fn an_index_in_place_waits_at_its_end_for_a_transaction_that_came_meanwhile() {
    let mut fixture = quiet();
    let index = execute(&mut fixture, "index", "CREATE INDEX a ON orders (total)");
    fixture.run_checked(-29);
    transaction(&mut fixture, "late", 0, &["SELECT id FROM orders WHERE id = 1"]);
    fixture.run_checked(-27);
    assert!(!waits(&fixture, index));
    fixture.run_checked(-20);
    assert!(waits(&fixture, index));
    let read = execute(&mut fixture, "read", "SELECT id FROM orders WHERE id = 1");
    fixture.run_checked(-19);
    assert!(waits(&fixture, read));
    fixture.run_checked(40);
    assert_eq!(
        (answers(&fixture, index), answers(&fixture, read)),
        (vec!["ok".into()], vec!["ok".into()])
    );
}

/// MY-02: without a look at foreign keys no copy is needed.
#[test]
fn a_foreign_key_that_is_not_looked_at_is_added_in_place() {
    let key =
        "ALTER TABLE orders ADD CONSTRAINT c FOREIGN KEY (customer_id) REFERENCES customers (id)";
    let mut fixture = quiet();
    let wanted = format!("{key}, ALGORITHM=INPLACE");
    let sql = format!("{wanted}; SET foreign_key_checks = 0; {wanted}");
    let id = execute(&mut fixture, "key", &sql);
    fixture.run_checked(-10);
    assert_eq!(answers(&fixture, id), ["1846", "ok", "ok"]);
    let schema = &fixture.engine.model.database.instance.as_ref().unwrap().schema;
    assert!(!schema.foreign_keys_unchecked, "others are looked at as before");
}

/// MY-03.
#[test]
fn after_64_instant_changes_all_rows_must_be_written_again() {
    let add =
        |number: u32| format!("ALTER TABLE customers ADD COLUMN c{number} int, ALGORITHM=INSTANT");
    let sql: Vec<String> = (0..65).map(add).collect();
    let mut fixture = quiet();
    let id = execute(&mut fixture, "V2", &sql.join("; "));
    fixture.run_checked(-10);
    let answers = answers(&fixture, id);
    assert!(answers[..64].iter().all(|answer| answer == "ok"));
    assert_eq!(answers[64..], ["4092"]);
}

/// MY-05, as a real server shows it in `mariadb::waiting`.
#[test]
fn a_change_of_the_schema_commits_what_was_before_it() {
    let mut fixture = quiet();
    let sql = "START TRANSACTION; INSERT INTO customers VALUES (-1, 'x'); \
               ALTER TABLE orders ADD COLUMN extra int; ROLLBACK; SELECT count(*) FROM customers";
    let id = execute(&mut fixture, "mysql", sql);
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, id), ["ok", "ok", "ok", "ok", "1001"]);
    assert!(has(&fixture, "extra"));
}

/// MY-05.
#[test]
fn what_comes_before_a_failure_stays() {
    let mut fixture = quiet();
    let sql = "ALTER TABLE orders ADD COLUMN a int; ALTER TABLE nothing ADD COLUMN b int; \
               ALTER TABLE orders ADD COLUMN c int";
    let mut all = script("V2__a.sql", sql);
    all.stops_on_error = true;
    let id = open(&mut fixture, all);
    fixture.run_checked(-20);
    assert_eq!(answers(&fixture, id), ["ok", "1146"]);
    assert!(has(&fixture, "a") && !has(&fixture, "c"));
}

/// MY-06.
#[test]
fn a_row_is_waited_for_as_long_as_innodb_says_and_the_transaction_goes_on() {
    let mut fixture = quiet();
    transaction(&mut fixture, "backfill", 0, &["UPDATE customers SET name = 'a'"]);
    fixture.run_checked(-25);
    let one = "UPDATE customers SET name = 'b' WHERE id = 1";
    let patient = execute(&mut fixture, "patient", one);
    let sql = format!(
        "SET innodb_lock_wait_timeout = 1; BEGIN; INSERT INTO orders (total) VALUES (1); {one}; COMMIT; \
         SELECT count(*) FROM orders"
    );
    let hasty = execute(&mut fixture, "hasty", &sql);
    fixture.run_checked(-15);
    assert!(waits(&fixture, patient));
    assert_eq!(answers(&fixture, hasty), ["ok", "ok", "ok", "1205", "ok", "2000001"]);
    fixture.run_checked(24);
    assert!(waits(&fixture, patient));
    fixture.run_checked(27);
    assert_eq!(answers(&fixture, patient), ["1205"], "after 50 seconds");
}

/// MY-06.
#[test]
fn of_two_transactions_that_wait_for_each_other_one_is_rolled_back_at_once() {
    let mut fixture = quiet();
    let (customers, orders) =
        ("UPDATE customers SET name = 'a'", "UPDATE orders SET total = 1 WHERE total = 2");
    let one = transaction(&mut fixture, "one", 5, &[customers, orders]);
    let other = transaction(&mut fixture, "other", 5, &[orders, customers]);
    fixture.run_checked(0);
    let mut ends = [one, other].map(|id| answers(&fixture, id).pop().unwrap());
    ends.sort();
    assert_eq!(ends, ["1213", "ok"]);
}

/// MY-06.
#[test]
fn beyond_max_connections_a_client_is_refused_unless_it_administers_the_server() {
    let mut fixture = quiet();
    let instance = fixture.engine.model.database.instance.as_mut().unwrap();
    let free = instance.connections.limit - instance.connections.open;
    let mut refused = None;
    for _ in 0..=free {
        let all = script("client", "SELECT id FROM orders WHERE id = 1");
        let opened = fixture.engine.intervene(|world, ctx| world.open_session(all, ctx)).1;
        refused = opened.err();
    }
    let error = refused.unwrap();
    assert_eq!((error.number, error.code), (Some(1040), "08004"));
    let mut root = script("root", "SELECT id FROM orders WHERE id = 1");
    root.superuser = true;
    assert!(fixture.engine.intervene(|world, ctx| world.open_session(root, ctx)).1.is_ok());
}

/// MY-05: without `autocommit` a read alone opens a transaction, and keeps its lock (MY-04).
#[test]
fn without_autocommit_a_statement_opens_a_transaction() {
    let mut fixture = quiet();
    let mut all = script("pool", "SET autocommit = 0; SELECT id FROM orders WHERE id = 1");
    all.lasts(None, Some(SimDuration::from_secs(20)));
    all.one_transaction = false;
    open(&mut fixture, all);
    fixture.run_checked(-28);
    let alter = execute(&mut fixture, "alter", "ALTER TABLE orders ADD COLUMN extra int");
    fixture.run_checked(-20);
    assert!(waits(&fixture, alter));
    fixture.run_checked(0);
    assert_eq!(answers(&fixture, alter), ["ok"]);
}

#[test]
fn what_is_not_modelled_of_a_session_is_said() {
    let mut fixture = quiet();
    let sql = "SET GLOBAL lock_wait_timeout = 5; SET nothing = 1; SET lock_wait_timeout = 'x'; \
               SET sql_mode = ''; SHOW STATUS; SET autocommit = 0, foreign_key_checks = 0";
    let id = execute(&mut fixture, "mysql", sql);
    fixture.run_checked(-20);
    expect![[r#"
        not modelled: SET global.lock_wait_timeout: only variables of the session are
        1193
        1232
        not modelled: SET sql_mode
        not modelled: SHOW STATUS
        not modelled: SET autocommit = 0, foreign_key_checks = 0"#]]
    .assert_eq(&answers(&fixture, id).join("\n"));
}

/// MY-04, MY-05: nothing is lost while requests stand in line, and the trace names MySQL's locks.
#[test]
fn traffic_stands_in_line_behind_an_alter_that_waits_for_a_transaction() {
    let mut fixture = super::serving(&mysql(20.0, &[READ, WRITE]));
    let mut report = script("report", "SELECT total FROM orders");
    report.lasts(Some(SimDuration::from_secs(10)), None);
    open(&mut fixture, report);
    fixture.run_checked(-28);
    assert_eq!(fixture.engine.model.registry.users[0].timeouts, 0);
    execute(&mut fixture, "V2__note.sql", "ALTER TABLE orders ADD note text");
    fixture.run_checked(-21);
    let timeouts = fixture.engine.model.registry.users[0].timeouts;
    assert!(80 < timeouts, "everybody gives up: {timeouts}");
    fixture.run_checked(0);
    let after = fixture.engine.model.registry.users[0].timeouts;
    fixture.run_checked(20);
    assert_eq!(fixture.engine.model.registry.users[0].timeouts, after);
    expect![[r#"
        -00:27.999 session/4714: V2__note.sql (id 4714) waits for the metadata lock EXCLUSIVE on orders, behind report (id 4711), which holds SHARED_READ
        -00:27.960 table/orders: requests wait for the metadata lock SHARED_READ on orders, behind V2__note.sql (id 4714), which waits for EXCLUSIVE
        -00:19.999 session/4714: V2__note.sql (id 4714) changes orders by ALGORITHM=INSTANT (O(1), catalog only) under EXCLUSIVE
        -00:19.992 schema: V2__note.sql: ALTER TABLE orders ADD note text
        -00:19.992 table/orders: no request waits any longer: 9 have, in 7.968152s"#]].assert_eq(&told(&fixture).join("\n"));
    let rules = fixture.engine.model.trace.iter().flat_map(|entry| entry.rules.iter());
    let rules: std::collections::BTreeSet<_> =
        rules.filter(|rule| rule.starts_with("MY-")).collect();
    assert_eq!(
        rules.into_iter().copied().collect::<Vec<_>>(),
        ["MY-01", "MY-02", "MY-04", "MY-05"]
    );
}

/// MY-05: a release that reads a column that is gone is answered with MySQL's number.
#[test]
fn a_release_that_does_not_fit_is_told_so_by_number() {
    let mut fixture = super::serving(&mysql(50.0, &[READ]));
    execute(&mut fixture, "V2__rename.sql", "ALTER TABLE orders RENAME COLUMN total TO amount");
    fixture.run_checked(-20);
    assert!(100 < fixture.counted("blue", 500));
    let told = told(&fixture).join("\n");
    assert!(told.contains("these fail now: 1054 in SELECT id, total"), "{told}");
}

/// MY-06: the exporter of MySQL has other names than that of PostgreSQL.
#[test]
fn connections_are_counted_as_mysqld_exporter_does() {
    let mut fixture = quiet();
    transaction(&mut fixture, "report", 0, &["SELECT id FROM orders WHERE id = 1"]);
    fixture.run_checked(-20);
    let (world, now) = (&fixture.engine.model, fixture.engine.now());
    let value = |query: &str| match Query::parse(query)
        .unwrap()
        .evaluate(&world.telemetry.tsdb, now)
        .unwrap()
    {
        Value::Vector(samples) => samples.first().map(|(_, value)| *value),
        other => panic!("{other:?}"),
    };
    let open = f64::from(world.database.instance.as_ref().unwrap().connections.open);
    assert_eq!(value("mysql_global_status_threads_connected"), Some(open));
    assert_eq!(value("mysql_global_variables_max_connections"), Some(151.0));
    assert_eq!(value("pg_settings_max_connections"), None);
}
