//! `psql` before a database.

use expect_test::expect;

use super::bench::Bench;

mod client;
mod print;

const SHOP: &str = "CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, total numeric CHECK (total >= 0));
CREATE INDEX orders_by_customer ON orders (customer_id);";

fn bench(files: &[(&str, &str)]) -> Bench {
    Bench::holding(SHOP, "[]", files)
}

/// A report keeps orders for a minute from second 1 on, an ALTER waits for it.
fn stalled() -> Bench {
    let report = "[{name: report, at: 1s, sql: SELECT total FROM orders, runs: 60s}]";
    let mut bench = Bench::holding(SHOP, report, &[]);
    bench.wait(2);
    bench.run("psql -c 'ALTER TABLE orders ADD note text'");
    bench.wait(1);
    bench
}

#[test]
fn statements_are_answered_as_psql_does() {
    let mut bench = bench(&[]);
    bench.check_to_end(
        "psql -c 'ALTER TABLE orders ADD note text'",
        5,
        &expect![[r#"
        ALTER TABLE
    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
         count 
        -------
          1000
        (1 row)

    "#]],
    );
    bench.check_to_end(
        "psql -Atc 'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
        1000
    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT amount FROM orders'",
        5,
        &expect![[r#"
        ! ERROR:  column "amount" does not exist
        ! LINE 1: SELECT amount FROM orders
        !                ^
        status 1
    "#]],
    );
    bench.check_to_end(
        "psql -c 'ALTER TABLE orders DROP COLUMN amount'",
        5,
        &expect![[r#"
        ! ERROR:  column "amount" of relation "orders" does not exist
        status 1
    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT total FROM orders'",
        5,
        &expect![[r#"
        ! note: which rows there are is not modelled; only count(*) of a table is
    "#]],
    );
    bench.check_to_end(
        "psql -c 'SHOW lock_timeout' -c 'COMMIT'",
        5,
        &expect![[r#"
         lock_timeout 
        --------------
         0
        (1 row)

        COMMIT
        ! WARNING:  there is no transaction in progress
    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT pg_sleep(1)'",
        5,
        &expect![[r#"
        ! ERROR:  not modelled: the function pg_sleep
        status 1
    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELEC 1'",
        5,
        &expect![[r#"
        ! ERROR:  syntax error: Expected: an SQL statement, found: SELEC
        ! note: nothing has been executed; a real psql executes what comes before
        status 1
    "#]],
    );
}

#[test]
fn the_schema_is_shown() {
    let mut bench = bench(&[]);
    bench.check_to_end(
        "psql -c '\\d orders'",
        5,
        &expect![[r#"
                             Table "public.orders"
               Column    |  Type   | Collation | Nullable | Default 
            -------------+---------+-----------+----------+---------
             id          | bigint  |           | not null | 
             customer_id | bigint  |           |          | 
             total       | numeric |           |          | 
            Indexes:
                "orders_pkey" PRIMARY KEY, btree (id)
                "orders_by_customer" btree (customer_id)
            Check constraints:
                "orders_total_check" CHECK (total >= 0::numeric)
            Foreign-key constraints:
                "orders_customer_id_fkey" FOREIGN KEY (customer_id) REFERENCES customers(id)

        "#]],
    );
    bench.check_to_end(
        "psql -c '\\dt'",
        5,
        &expect![[r#"
                   List of relations
         Schema |   Name    | Type  |  Owner   
        --------+-----------+-------+----------
         public | customers | table | postgres
         public | orders    | table | postgres
        (2 rows)

    "#]],
    );
    bench.check_to_end(
        "psql -c '\\di'",
        5,
        &expect![[r#"
                             List of relations
         Schema |        Name        | Type  |  Owner   |   Table   
        --------+--------------------+-------+----------+-----------
         public | customers_pkey     | index | postgres | customers
         public | orders_by_customer | index | postgres | orders
         public | orders_pkey        | index | postgres | orders
        (3 rows)

    "#]],
    );
    bench.check_to_end(
        "psql -c '\\d none'",
        5,
        &expect![[r#"
            ! Did not find any relation named "none".
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -c '\\watch'",
        5,
        &expect![[r#"
        ! invalid command \watch; there are \d, \dt, \di, \echo
        status 1
    "#]],
    );
}

#[test]
fn a_file_goes_on_after_an_error_unless_it_is_told_to_stop() {
    let file = "ALTER TABLE orders ADD note text;\nALTER TABLE orders DROP none;\nSELECT none\n  \
                FROM orders;\n\\echo 'still here'\nCREATE INDEX ON orders (note);\n";
    let mut bench = bench(&[("V2__note.sql", file)]);
    let stop = "psql -v ON_ERROR_STOP=1 -1 -f V2__note.sql";
    bench.check_to_end(
        stop,
        5,
        &expect![[r#"
        ALTER TABLE
        ! psql:V2__note.sql:2: ERROR:  column "none" of relation "orders" does not exist
        status 3
    "#]],
    );
    bench.check_to_end(
        "psql -f V2__note.sql",
        5,
        &expect![[r#"
            ALTER TABLE
            still here
            CREATE INDEX
            ! psql:V2__note.sql:2: ERROR:  column "none" of relation "orders" does not exist
            ! psql:V2__note.sql:4: ERROR:  column "none" does not exist
            ! LINE 1: SELECT none
            !                ^
            ! HINT:  Perhaps you meant to reference the column "orders.note".
        "#]],
    );
    bench.check_to_end(
        "psql < V2__note.sql",
        5,
        &expect![[r#"
            still here
            CREATE INDEX
            ! ERROR:  column "note" of relation "orders" already exists
            ! ERROR:  column "none" of relation "orders" does not exist
            ! ERROR:  column "none" does not exist
            ! LINE 1: SELECT none
            !                ^
            ! HINT:  Perhaps you meant to reference the column "orders.note".
        "#]],
    );
    bench.check_to_end(
        "psql -f none.sql",
        5,
        &expect![[r#"
        ! psql: error: none.sql: No such file or directory
        status 1
    "#]],
    );
}

/// PG-41.
#[test]
fn several_statements_in_one_command_are_one_transaction() {
    let mut bench = bench(&[]);
    let sql = "psql -c 'ALTER TABLE orders ADD note text; ALTER TABLE orders DROP none'";
    bench.check_to_end(
        sql,
        5,
        &expect![[r#"
        ALTER TABLE
        ! ERROR:  column "none" of relation "orders" does not exist
        status 1
    "#]],
    );
    bench.check_to_end(
        "psql -c 'ALTER TABLE orders DROP note'",
        5,
        &expect![[r#"
        ! ERROR:  column "note" of relation "orders" does not exist
        status 1
    "#]],
    );
}

/// PG-04, PG-07.
#[test]
fn who_waits_for_whom_can_be_seen_and_ended() {
    let mut bench = stalled();
    let who =
        "psql -c 'SELECT pid, application_name, state, wait_event, query FROM pg_stat_activity'";
    bench.check_to_end(who, 5, &expect![[r#"
         pid  | application_name | state  | wait_event |                                    query                                     
        ------+------------------+--------+------------+------------------------------------------------------------------------------
         4711 | report           | active |            | SELECT total FROM orders
         4714 | psql             | active | relation   | ALTER TABLE orders ADD note text
         4717 | psql             | active |            | SELECT pid, application_name, state, wait_event, query FROM pg_stat_activity
        (3 rows)

    "#]]);
    bench.check_to_end(
        "psql -c 'SELECT relation, pid, mode, granted FROM pg_locks ORDER BY pid'",
        5,
        &expect![[r#"
             relation | pid  |        mode         | granted 
            ----------+------+---------------------+---------
             orders   | 4711 | AccessShareLock     | t
             orders   | 4714 | AccessExclusiveLock | f
            (2 rows)

        "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT pg_blocking_pids(4714)'",
        5,
        &expect![[r#"
         pg_blocking_pids 
        ------------------
         {4711}
        (1 row)

    "#]],
    );
    bench.check(
        "psql -c \"SET lock_timeout = '2s'\" -c 'SELECT total FROM orders'",
        &expect![[r#"
            goes on
        "#]],
    );
    bench.wait(3);
    let last = bench.simulation.transcript().iter().next_back().unwrap().reply.clone();
    expect![[r#"
        SET
        ! ERROR:  canceling statement due to lock timeout
        status 1
    "#]]
    .assert_eq(&super::bench::shown(&last));
    bench.check_to_end(
        "psql -c 'SELECT pg_cancel_backend(4714)'",
        5,
        &expect![[r#"
         pg_cancel_backend 
        -------------------
         t
        (1 row)

    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT pg_terminate_backend(4711)'",
        5,
        &expect![[r#"
         pg_terminate_backend 
        ----------------------
         t
        (1 row)

    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT pg_terminate_backend(4711)'",
        5,
        &expect![[r#"
         pg_terminate_backend 
        ----------------------
         f
        (1 row)

    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT pg_terminate_backend(pg_backend_pid())'",
        5,
        &expect![[r#"
            ! FATAL:  terminating connection due to administrator command
            ! server closed the connection unexpectedly
            ! 	This probably means the server terminated abnormally
            ! 	before or while processing the request.
            ! connection to server was lost
            status 2
        "#]],
    );
}

#[test]
fn a_session_goes_on_when_the_terminal_is_needed() {
    let mut bench = stalled();
    bench.run("pwd");
    bench.wait(70);
    let schema = &bench.world().database.instance.as_ref().unwrap().schema;
    assert!(schema.tables["orders"].column("note").is_some());
}

/// PG-09.
#[test]
fn a_full_server_refuses_all_but_superusers() {
    let idle = |number| format!("{{name: s{number}, at: 1s, sql: SELECT 1, idle: 10m}}");
    let sessions: Vec<String> = (0..97).map(idle).collect();
    let mut bench = Bench::holding(SHOP, &format!("[{}]", sessions.join(", ")), &[]);
    bench.wait(2);
    bench.check_to_end("psql -U shop -c 'SELECT 1'", 5, &expect![[r#"
        ! psql: error: connection to server at "database", port 5432 failed: FATAL:  remaining connection slots are reserved for non-replication superuser connections
        status 2
    "#]]);
    bench.check_to_end(
        "psql -Atc 'SELECT count(*) FROM pg_stat_activity'",
        5,
        &expect![[r#"
        98
    "#]],
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut bench = bench(&[]);
    for line in ["psql", "psql --html", "psql -c", "psql -d other -c 'SELECT 1'"] {
        let reply = bench.run(line);
        assert!(reply.stdout.is_empty() && reply.status != Some(0), "{line}: {reply:?}");
    }
    let mut without = Bench::empty();
    without.check(
        "psql -c 'SELECT 1'",
        &expect![[r#"
        ! psql: not modelled: the scenario does not say what its database holds
        status 2
    "#]],
    );
}

/// A Job whose image executes a folder of migrations.
const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: myorg/migrate:v3}]
";

fn job(sessions: &str, migrations: &[(&str, &str)]) -> Bench {
    let mut files = vec![("job.yaml", JOB)];
    files.extend(migrations);
    let mut bench = Bench::migrating(SHOP, sessions, &files);
    bench.run("kubectl apply -f job.yaml");
    bench
}

/// PG-41, K8S-33.
#[test]
fn a_job_migrates_file_by_file() {
    let mut bench = job(
        "[]",
        &[
            ("migrations/V2__note.sql", "ALTER TABLE orders ADD note text;"),
            ("migrations/V3__index.sql", "CREATE INDEX CONCURRENTLY notes ON orders (note);"),
        ],
    );
    bench.check_to_end(
        "kubectl wait --for=condition=complete job/migrate",
        30,
        &expect![[r#"
        job.batch/migrate condition met
    "#]],
    );
    bench.check(
        "kubectl logs job/migrate",
        &expect![[r#"
            starting myorg/migrate:v3
            executing migrations/V2__note.sql
            executing migrations/V3__index.sql
            process ends with status 0
        "#]],
    );
    let database = &bench.world().database;
    assert_eq!(database.version(), "migrations/V3__index.sql");
}

#[test]
fn a_job_whose_migration_fails_fails_and_leaves_what_was_committed() {
    let mut bench = job(
        "[]",
        &[
            ("migrations/V2__note.sql", "ALTER TABLE orders ADD note text;"),
            (
                "migrations/V3__more.sql",
                "ALTER TABLE orders ADD more text; ALTER TABLE none ADD x int;",
            ),
        ],
    );
    bench.wait(60);
    bench.check(
        "kubectl logs job/migrate",
        &expect![[r#"
            starting myorg/migrate:v3
            executing migrations/V2__note.sql
            executing migrations/V3__more.sql
            ERROR: relation "none" does not exist (SQLSTATE 42P01)
            process ends with status 1
            ! Found 2 pods, using pod/migrate-xxxxx
        "#]],
    );
    bench.check(
        "kubectl get pods",
        &expect![[r#"
        NAME            READY   STATUS   RESTARTS   AGE
        migrate-xxxxx   0/1     Error    0          60s
        migrate-xxxxx   0/1     Error    0          47s
    "#]],
    );
    let schema = &bench.world().database.instance.as_ref().unwrap().schema;
    assert!(schema.tables["orders"].column("note").is_some());
    assert!(schema.tables["orders"].column("more").is_none());
}

#[test]
fn a_job_that_is_deleted_gives_its_locks_back() {
    let idle = "[{name: idle, at: 1s, sql: SELECT total FROM orders, idle: 10m}]";
    let note = [("migrations/V2__note.sql", "ALTER TABLE orders ADD note text;")];
    let mut bench = job(idle, &note);
    bench.wait(20);
    let sessions = |bench: &Bench| {
        let instance = bench.world().database.instance.as_ref().unwrap();
        instance.open_sessions().map(|session| session.query().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(sessions(&bench), ["SELECT total FROM orders", "ALTER TABLE orders ADD note text"]);
    bench.run("kubectl delete job migrate");
    bench.wait(60);
    assert_eq!(sessions(&bench), ["SELECT total FROM orders"]);
}

#[test]
fn what_is_skipped_is_told() {
    let mut bench = bench(&[]);
    bench.check_to_end(
        "psql -c 'DROP TABLE IF EXISTS none'",
        5,
        &expect![[r#"
        DROP TABLE
        ! NOTICE:  table "none" does not exist, skipping
    "#]],
    );
    bench.check_to_end(
        "psql -c 'ALTER TABLE orders ADD COLUMN IF NOT EXISTS total int'",
        5,
        &expect![[r#"
            ALTER TABLE
            ! NOTICE:  column "total" of relation "orders" already exists, skipping
        "#]],
    );
}
