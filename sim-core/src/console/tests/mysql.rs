//! `mysql` before a database. What is printed has been compared with a real client (MariaDB's), but for what
//! MySQL 8.0 says in other words.

use expect_test::expect;

use super::bench::Bench;

const SHOP: &str = "CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(200) NOT NULL);
CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer_id bigint, total decimal(10,2) NOT NULL DEFAULT 0,
  state varchar(20) DEFAULT 'new', made datetime DEFAULT CURRENT_TIMESTAMP, UNIQUE KEY by_state (state, id),
  KEY by_customer (customer_id), CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id));";

fn bench(files: &[(&str, &str)]) -> Bench {
    Bench::mysql(SHOP, "[]", files)
}

/// Somebody has a transaction open since second 1, an ALTER waits for it, and a reader for the ALTER.
fn stalled() -> Bench {
    let desk = "[{name: desk, at: 1s, sql: SELECT total FROM orders WHERE id = 7, idle: 60s}]";
    let mut bench = Bench::mysql(SHOP, desk, &[]);
    bench.wait(2);
    bench.run("mysql -e 'ALTER TABLE orders ADD note text'");
    bench.wait(1);
    bench.run("mysql -e 'SELECT count(*) FROM orders'");
    bench.wait(1);
    bench
}

#[test]
fn statements_are_answered_as_the_client_does() {
    let mut bench = bench(&[]);
    for (line, expected) in [
        ("mysql -e 'SELECT count(*) FROM orders'", expect![[r#""#]]),
        ("mysql -e 'SELECT count(*) FROM orders' | cat", expect![[r#""#]]),
        ("mysql -Ne 'SELECT count(*) FROM orders'", expect![[r#""#]]),
        ("mysql -e 'ALTER TABLE orders ADD COLUMN note text'", expect![[r#""#]]),
        ("mysql -e 'SELECT total FROM orders'", expect![[r#""#]]),
        ("mysql -e 'SELECT amount FROM orders'", expect![[r#""#]]),
        ("mysql -e 'SELEC 1'", expect![[r#""#]]),
        ("mysql -e 'SELECT 1 FROM nothing; SELECT count(*) FROM orders'", expect![[r#""#]]),
        ("mysql -e 'SELECT 1 FROM nothing; SELECT count(*) FROM orders' -f", expect![[r#""#]]),
        ("mysql", expect![[r#""#]]),
        ("mysql nothing -e 'SELECT 1'", expect![[r#""#]]),
        ("mysql --unheard-of", expect![[r#""#]]),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

#[test]
fn verbose_tells_statements_rows_and_times() {
    let mut bench =
        bench(&[("V2.sql", "ALTER TABLE orders\n  ADD COLUMN a int;\nSELECT nope FROM orders;\n")]);
    let sql = "SELECT count(*) FROM orders; INSERT INTO customers VALUES (1, \"a\"), (2, \"b\"); \
               ALTER TABLE orders MODIFY total decimal(12,2); SHOW VARIABLES LIKE \"nothing\"";
    bench.check_to_end(&format!("mysql -vvv -e '{sql}'"), 5, &expect![[r#""#]]);
    bench.check_to_end("mysql < V2.sql", 5, &expect![[r#""#]]);
}

#[test]
fn tables_are_described() {
    let mut bench = bench(&[]);
    for (line, expected) in [
        ("mysql -e 'SHOW TABLES'", expect![[r#""#]]),
        ("mysql -e 'DESCRIBE orders'", expect![[r#""#]]),
        ("mysql -e 'SHOW CREATE TABLE orders\\G'", expect![[r#""#]]),
        ("mysql -e 'SHOW INDEX FROM orders'", expect![[r#""#]]),
        ("mysql -e 'DESC nothing'", expect![[r#""#]]),
        ("mysql -e 'SHOW DATABASES; USE shop; USE other'", expect![[r#""#]]),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

/// MY-04, MY-06.
#[test]
fn variables_are_set_and_shown() {
    let mut bench = bench(&[]);
    let sql = "SHOW VARIABLES LIKE \"%lock_wait%\"; SET lock_wait_timeout = 2; SET @@session.wait_timeout = 0; \
               SHOW VARIABLES LIKE \"%wait_timeout\"; SET nothing = 1";
    bench.check_to_end(&format!("mysql -e '{sql}'"), 5, &expect![[r#""#]]);
}

/// MY-04.
#[test]
fn who_waits_for_whom_is_told() {
    let mut bench = stalled();
    for (line, expected) in [
        ("mysql -e 'SHOW PROCESSLIST'", expect![[r#""#]]),
        (
            "mysql -e 'SELECT OBJECT_NAME, lock_type, lock_status, owner_thread_id FROM performance_schema.metadata_locks'",
            expect![[r#""#]],
        ),
        (
            "mysql -e 'SELECT waiting_query, blocking_pid, blocking_lock_type, sql_kill_blocking_connection \
             FROM sys.schema_table_lock_waits WHERE waiting_pid = 4714'",
            expect![[r#""#]],
        ),
        ("mysql -e 'SELECT * FROM information_schema.innodb_trx\\G'", expect![[r#""#]]),
        (
            "mysql -e 'SELECT t.processlist_id FROM performance_schema.metadata_locks m JOIN \
             performance_schema.threads t ON t.thread_id = m.owner_thread_id WHERE m.lock_status = \"GRANTED\" \
             ORDER BY 1 LIMIT 1'",
            expect![[r#""#]],
        ),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

/// MY-04.
#[test]
fn a_killed_transaction_lets_everybody_go_on() {
    let mut bench = stalled();
    for (line, expected) in [
        ("mysql -e 'KILL 4711'", expect![[r#""#]]),
        ("mysql -e 'KILL 4711'", expect![[r#""#]]),
        ("mysql -Ne 'SELECT count(*) FROM information_schema.processlist'", expect![[r#""#]]),
        ("mysql -e 'SHOW COLUMNS FROM orders' | grep note", expect![[r#""#]]),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

#[test]
fn a_killed_statement_is_told_so() {
    let desk = "[{name: desk, at: 1s, sql: SELECT total FROM orders WHERE id = 7, idle: 60s}]";
    let kills = "[{name: desk, at: 1s, sql: SELECT total FROM orders WHERE id = 7, idle: 60s}, \
                 {name: boss, at: 5s, sql: KILL QUERY 4714}]";
    let alter = "mysql -e 'ALTER TABLE orders ADD note text'";
    for (sessions, expected) in [
        (kills.to_owned(), expect![[r#""#]]),
        (kills.replace("QUERY ", ""), expect![[r#""#]]),
        (desk.replace("idle: 60s", "idle: 3s"), expect![[r#""#]]),
    ] {
        let mut bench = Bench::mysql(SHOP, &sessions, &[]);
        bench.wait(2);
        bench.check_to_end(alter, 10, &expected);
    }
}

/// FW-02, FW-08, MY-05.
#[test]
fn a_migration_that_fails_half_way_leaves_half_of_it_and_flyway_says_so() {
    let two = "ALTER TABLE orders ADD COLUMN a int;\nALTER TABLE nothing ADD COLUMN b int;";
    let mut bench = bench(&[
        ("sql/V2__note.sql", "ALTER TABLE orders ADD note text;"),
        ("sql/V3__two.sql", two),
    ]);
    for (line, expected) in [
        ("flyway migrate", expect![[r#""#]]),
        (
            "mysql -e 'SELECT installed_rank, version, script, installed_by, success FROM flyway_schema_history'",
            expect![[r#""#]],
        ),
        ("mysql -e 'DESCRIBE flyway_schema_history'", expect![[r#""#]]),
        ("flyway migrate", expect![[r#""#]]),
        ("flyway repair", expect![[r#""#]]),
        ("mysql -e 'SHOW COLUMNS FROM orders' | grep -c '\ta\t\\|a '", expect![[r#""#]]),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

#[test]
fn each_client_finds_only_its_own_server() {
    let mut bench = bench(&[]);
    bench.check("psql -c 'SELECT 1'", &expect![[r#""#]]);
    bench.check("liquibase --changelog-file=a.yaml update", &expect![[r#""#]]);
    let mut bench = Bench::holding("CREATE TABLE orders (id bigint);", "[]", &[]);
    bench.check("mysql -e 'SELECT 1'", &expect![[r#""#]]);
}
