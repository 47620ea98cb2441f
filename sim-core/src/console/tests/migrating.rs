//! Who migrates: pods at their start, several at once, and Jobs.

use expect_test::expect;

use super::bench::{BLUE, Bench};

const SHOP: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);";

const CHANGELOG: (&str, &str) = (
    "changelog.yaml",
    "\
databaseChangeLog:
  - changeSet: {id: 1, author: ann, changes: [{sql: ALTER TABLE orders ADD note text}]}
  - changeSet: {id: 2, author: ann, changes: [{sql: CREATE INDEX orders_by_note ON orders (note)}]}
",
);

/// The index takes 20 seconds.
const ROWS: u64 = 10_000_000;

const FLYWAY: [(&str, &str); 2] = [
    ("db/migration/V1__note.sql", "ALTER TABLE orders ADD note text;"),
    ("db/migration/V2__index.sql", "CREATE INDEX orders_by_note ON orders (note);"),
];

const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  backoffLimit: 3
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: migrate, image: 'myorg/migrate:v2'}
";

/// Blue with another probe that kills what does not listen 12 seconds after its start.
fn watched() -> String {
    let liveness = "          livenessProbe:\n            httpGet: {path: /health, port: 8080}\n            \
                    initialDelaySeconds: 10\n            periodSeconds: 2\n            failureThreshold: 1\n";
    BLUE.replace("          resources:\n", &format!("{liveness}          resources:\n"))
}

fn liquibase(files: &[(&str, &str)]) -> Bench {
    let files: Vec<_> = files.iter().copied().chain([CHANGELOG]).collect();
    Bench::migrating_with("{liquibase: changelog.yaml}", SHOP, ROWS, &files)
}

fn flyway(files: &[(&str, &str)]) -> Bench {
    let files: Vec<_> = files.iter().copied().chain(FLYWAY).collect();
    Bench::migrating_with("{flyway: db/migration}", SHOP, ROWS, &files).baselined()
}

fn psql(bench: &mut Bench, sql: &str) -> String {
    bench.run_to_end(&format!("psql -Atc \"{sql}\""), 5).stdout
}

fn ready(bench: &mut Bench) -> usize {
    bench.run("kubectl get pods").stdout.matches("1/1").count()
}

/// LQ-04.
#[test]
fn one_of_the_pods_that_start_migrates_and_the_others_wait() {
    let mut bench = liquibase(&[]);
    bench.run("kubectl apply -f blue.yaml");
    bench.wait(10);
    let locked = "SELECT locked FROM databasechangeloglock";
    assert_eq!(psql(&mut bench, locked), "t\n(1 row)\n".split('(').next().unwrap());
    assert_eq!(ready(&mut bench), 0, "nobody listens yet");
    bench.wait(40);
    assert_eq!(ready(&mut bench), 2);
    assert_eq!(psql(&mut bench, "SELECT count(*) FROM databasechangelog"), "2\n");
    assert_eq!(psql(&mut bench, locked), "f\n");
    let logs = bench.run("kubectl logs -l app=my-app --tail=-1").stdout;
    assert_eq!(logs.matches("Running Changeset: changelog.yaml::2::ann").count(), 1, "{logs}");
    assert!(logs.contains("Waiting for changelog lock...."), "{logs}");
}

/// LQ-04.
#[test]
fn a_killed_pod_leaves_the_row_locked_until_somebody_releases_it() {
    let blue = watched();
    let mut bench = liquibase(&[("blue.yaml", &blue)]);
    bench.run("kubectl apply -f blue.yaml");
    bench.wait(60);
    assert_eq!(
        psql(
            &mut bench,
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE%' AND state = 'active'"
        ),
        "0\n"
    );
    assert_eq!(psql(&mut bench, "SELECT locked FROM databasechangeloglock"), "t\n");
    bench.run("kubectl scale deployment my-app-blue --replicas=0");
    bench.wait(10);
    bench.run("liquibase release-locks");
    let reply = bench.run_to_end("liquibase update --changelog-file=changelog.yaml", 60);
    assert_eq!(reply.status, Some(0), "{}", reply.stderr);
    bench.run("kubectl scale deployment my-app-blue --replicas=2");
    bench.wait(20);
    assert_eq!(ready(&mut bench), 2, "nothing is left to do");
}

/// FW-09.
#[test]
fn the_lock_of_flyway_goes_with_the_session_of_a_killed_pod() {
    let blue = watched();
    let mut bench = flyway(&[("blue.yaml", &blue)]);
    bench.run("kubectl apply -f blue.yaml");
    bench.wait(60);
    bench.run("kubectl scale deployment my-app-blue --replicas=0");
    bench.wait(10);
    let reply = bench.run_to_end("flyway migrate", 60);
    assert_eq!(reply.status, Some(0), "{}{}", reply.stdout, reply.stderr);
    assert_eq!(psql(&mut bench, "SELECT count(*) FROM flyway_schema_history"), "3\n");
}

/// FW-09.
#[test]
fn one_flyway_works_and_a_second_one_waits_and_finds_nothing_to_do() {
    let mut bench = flyway(&[]);
    bench.run("kubectl apply -f blue.yaml");
    bench.wait(50);
    assert_eq!(ready(&mut bench), 2);
    let logs = bench.run("kubectl logs -l app=my-app --tail=-1").stdout;
    assert_eq!(logs.matches("to version \"2 - index\"").count(), 1, "{logs}");
    assert_eq!(logs.matches("is up to date. No migration necessary.").count(), 1, "{logs}");
}

/// FW-09: 50 attempts, a second apart.
#[test]
fn flyway_gives_up_after_fifty_attempts() {
    let files = [("job.yaml", JOB)];
    let files: Vec<_> = files.into_iter().chain(FLYWAY).collect();
    let bench = Bench::migrating_with("{flyway: db/migration}", SHOP, 4 * ROWS, &files);
    let mut bench = bench.baselined();
    bench.run("kubectl apply -f job.yaml");
    bench.wait(10);
    let reply = bench.run_to_end("flyway migrate", 60);
    assert!(reply.stderr.contains("Number of retries exceeded"), "{}", reply.stderr);
}

/// LQ-04.
#[test]
fn a_job_runs_the_tool_and_its_log_tells_of_it() {
    let mut bench = liquibase(&[("job.yaml", JOB)]);
    bench.run("kubectl apply -f job.yaml");
    bench.wait(40);
    bench.check(
        "kubectl logs job/migrate",
        &expect![[r#"
        starting myorg/migrate:v2
        Starting Liquibase at 09:00:05 (version 4.28.0 #2272 built at 2024-05-16 19:00+0000)
        Liquibase Version: 4.28.0
        Running Changeset: changelog.yaml::1::ann
        Running Changeset: changelog.yaml::2::ann
        UPDATE SUMMARY
        Run:                          2
        Previously run:               0
        Filtered out:                 0
        -------------------------------
        Total change sets:            2
        Liquibase: Update has been successful. Rows affected: 2
        Liquibase command 'update' was executed successfully.
        process ends with status 0
    "#]],
    );
    bench.check(
        "kubectl get jobs",
        &expect![[r#"
        NAME      STATUS     COMPLETIONS   DURATION   AGE
        migrate   Complete   1/1           25s        40s
    "#]],
    );
}

/// LQ-04.
#[test]
fn who_holds_the_row_is_named_and_a_lost_connection_cannot_free_it() {
    let mut bench = liquibase(&[("job.yaml", JOB)]);
    bench.run("kubectl apply -f job.yaml");
    bench.wait(10);
    bench.check(
        "liquibase list-locks",
        &expect![[r#"
        Database change log locks for postgres@jdbc:postgresql://database:5432/shop
         - migrate-xxxxx (10.244.1.2) at Jan 5, 2026, 9:00:05 AM
        NOTE:  The lock time displayed is based on the database's configured time
        ! Starting Liquibase at 09:00:10 (version 4.28.0 #2272 built at 2024-05-16 19:00+0000)
        ! Liquibase Version: 4.28.0
        ! Liquibase command 'list-locks' was executed successfully.
    "#]],
    );
    let pid = psql(&mut bench, "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE%'");
    psql(&mut bench, &format!("SELECT pg_terminate_backend({})", pid.trim()));
    bench.wait(5);
    assert_eq!(psql(&mut bench, "SELECT locked FROM databasechangeloglock"), "t\n");
    let trace = bench.world().trace.iter();
    let left = trace.filter(|entry| entry.text.contains("stays LOCKED")).count();
    assert_eq!(left, 1);
}
