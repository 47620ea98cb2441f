//! `liquibase` before a database.

mod changesets;

use expect_test::{Expect, expect};

use super::bench::{Bench, shown};
use crate::time::{SimDuration, SimTime};

/// Longest time that a command takes, in seconds: five minutes for a lock, and some.
const LIMIT: u64 = 400;

const SHOP: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);";

const ROOT: (&str, &str) = (
    "changelog.yaml",
    "\
databaseChangeLog:
  - include: {file: changes/note.sql, relativeToChangelogFile: true}
  - changeSet:
      id: 3
      author: ann
      comment: From YAML
      changes:
        - sql: ALTER TABLE orders ADD COLUMN gift boolean
      rollback: ALTER TABLE orders DROP COLUMN gift
",
);

const NOTE: (&str, &str) = (
    "changes/note.sql",
    "\
--liquibase formatted sql

--changeset ann:1
--comment: What the customer says
ALTER TABLE orders ADD note text;
--rollback ALTER TABLE orders DROP COLUMN note;

--changeset ann:2 context:prod labels:slow
CREATE INDEX orders_by_note ON orders (note);
",
);

const SETTINGS: (&str, &str) = (
    "liquibase.properties",
    "# Where it is\nchangelogFile: changelog.yaml\nurl: jdbc:postgresql://database:5432/shop\n",
);

fn bench() -> Bench {
    Bench::holding(SHOP, "[]", &[ROOT, NOTE, SETTINGS])
}

/// The same with this formatted file alone.
fn formatted(lines: &str) -> Bench {
    let text = format!("--liquibase formatted sql\n{lines}");
    let settings = "changelogFile: changes.sql";
    let files = [("changes.sql", &*text), ("liquibase.properties", settings)];
    Bench::holding(SHOP, "[]", &files)
}

/// Runs Liquibase to its end and compares all it prints but its banner, which it must print.
#[track_caller]
fn check(bench: &mut Bench, line: &str, expected: &Expect) {
    let since_nine = SimDuration::from_secs(9 * 3_600) + (bench.now() - SimTime::ZERO);
    let seconds = since_nine.as_micros() / 1_000_000;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let banner = format!(
        "! Starting Liquibase at {hour:02}:{minute:02}:{second:02} \
         (version 4.28.0 #2272 built at 2024-05-16 19:00+0000)\n! Liquibase Version: 4.28.0\n"
    );
    let printed = shown(&bench.run_to_end(line, LIMIT));
    let (before, after) = printed.split_once(&banner).unwrap_or_else(|| panic!("{printed}"));
    expected.assert_eq(&format!("{before}{after}"));
}

/// LQ-01, LQ-02.
#[test]
fn update_runs_what_is_due_and_the_table_tells_of_it() {
    let mut bench = bench();
    check(
        &mut bench,
        "liquibase status",
        &expect![[r#"
        3 changesets have not been applied to postgres@jdbc:postgresql://database:5432/shop
             changes/note.sql::1::ann
             changes/note.sql::2::ann
             changelog.yaml::3::ann
        ! Liquibase command 'status' was executed successfully.
    "#]],
    );
    check(
        &mut bench,
        "liquibase update",
        &expect![[r#"

        UPDATE SUMMARY
        Run:                          3
        Previously run:               0
        Filtered out:                 0
        -------------------------------
        Total change sets:            3

        ! Running Changeset: changes/note.sql::1::ann
        ! Running Changeset: changes/note.sql::2::ann
        ! Running Changeset: changelog.yaml::3::ann
        ! Liquibase: Update has been successful. Rows affected: 3
        ! Liquibase command 'update' was executed successfully.
    "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT id, author, filename, orderexecuted, exectype, md5sum FROM databasechangelog'",
        5,
        &expect![[r#"
             id | author |     filename     | orderexecuted | exectype |               md5sum               
            ----+--------+------------------+---------------+----------+------------------------------------
             1  | ann    | changes/note.sql |             1 | EXECUTED | 9:ee6d44aab6e6ec3f489b88c65f93cc40
             2  | ann    | changes/note.sql |             2 | EXECUTED | 9:5de0da912cb60b05d47b52a0921ad365
             3  | ann    | changelog.yaml   |             3 | EXECUTED | 9:794663878728ccd52bed5bc372163c38
            (3 rows)

        "#]],
    );
    bench.check_to_end(
        "psql -Atc 'SELECT description, comments, contexts, labels, deployment_id FROM databasechangelog'",
        5,
        &expect![[r#"
            sql|What the customer says|||7603600001
            sql||prod|slow|7603600001
            sql|From YAML|||7603600001
        "#]],
    );
    check(
        &mut bench,
        "liquibase update",
        &expect![[r#"

        UPDATE SUMMARY
        Run:                          0
        Previously run:               3
        Filtered out:                 0
        -------------------------------
        Total change sets:            3

        ! Database is up to date, no changesets to execute
        ! Liquibase command 'update' was executed successfully.
    "#]],
    );
    check(
        &mut bench,
        "liquibase history",
        &expect![[r#"
        Liquibase History for jdbc:postgresql://database:5432/shop

        +---------------+-----------------+------------------+------------------+--------------+-----+
        | Deployment ID | Update Date     | Changelog Path   | Changeset Author | Changeset ID | Tag |
        +---------------+-----------------+------------------+------------------+--------------+-----+
        | 7603600001    | 1/5/26, 9:00 AM | changes/note.sql | ann              | 1            |     |
        +---------------+-----------------+------------------+------------------+--------------+-----+
        | 7603600001    | 1/5/26, 9:00 AM | changes/note.sql | ann              | 2            |     |
        +---------------+-----------------+------------------+------------------+--------------+-----+
        | 7603600001    | 1/5/26, 9:00 AM | changelog.yaml   | ann              | 3            |     |
        +---------------+-----------------+------------------+------------------+--------------+-----+

        ! Liquibase command 'history' was executed successfully.
    "#]],
    );
    check(
        &mut bench,
        "liquibase --show-banner=false validate",
        &expect![[r#"
        ! No validation errors found.
        ! Liquibase command 'validate' was executed successfully.
    "#]],
    );
}

/// LQ-03.
#[test]
fn a_changeset_that_was_changed_after_its_run_stops_everything() {
    let mut bench = bench();
    bench.run_to_end("liquibase update", 5);
    bench.run("sed -i 's/note text/note varchar(80)/' changes/note.sql");
    check(
        &mut bench,
        "liquibase update",
        &expect![[r#"
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  ValidationFailedException
        ! ERROR: Exception Primary Reason:  Validation Failed:
        !      1 changesets check sum
        !           changes/note.sql::1::ann was: 9:ee6d44aab6e6ec3f489b88c65f93cc40 but is now: 9:6c61c76e07ba4dd37cc842a69504455d
        ! 
        ! ERROR: Exception Primary Source:  4.28.0
        ! 
        ! Unexpected error running Liquibase: Validation Failed:
        !      1 changesets check sum
        !           changes/note.sql::1::ann was: 9:ee6d44aab6e6ec3f489b88c65f93cc40 but is now: 9:6c61c76e07ba4dd37cc842a69504455d
        ! 
        ! 
        ! For more information, please use the --log-level flag
        status 1
    "#]],
    );
    bench.run("liquibase clear-checksums");
    check(
        &mut bench,
        "liquibase update",
        &expect![[r#"

        UPDATE SUMMARY
        Run:                          0
        Previously run:               3
        Filtered out:                 0
        -------------------------------
        Total change sets:            3

        ! Database is up to date, no changesets to execute
        ! Liquibase command 'update' was executed successfully.
    "#]],
    );
}

/// LQ-05.
#[test]
fn contexts_and_counts_choose_what_is_run() {
    let mut bench = bench();
    check(
        &mut bench,
        "liquibase update --contexts=test",
        &expect![[r#"

        UPDATE SUMMARY
        Run:                          2
        Previously run:               0
        Filtered out:                 1
        -------------------------------
        Total change sets:            3


        FILTERED CHANGE SETS SUMMARY
        Context mismatch:             1

        ! Running Changeset: changes/note.sql::1::ann
        ! Running Changeset: changelog.yaml::3::ann
        ! Liquibase: Update has been successful. Rows affected: 2
        ! Liquibase command 'update' was executed successfully.
    "#]],
    );
    check(
        &mut bench,
        "liquibase status",
        &expect![[r#"
        1 changeset has not been applied to postgres@jdbc:postgresql://database:5432/shop
             changes/note.sql::2::ann
        ! Liquibase command 'status' was executed successfully.
    "#]],
    );
    check(
        &mut bench,
        "liquibase update-count 1 --label-filter '!slow'",
        &expect![[r#"

        UPDATE SUMMARY
        Run:                          0
        Previously run:               2
        Filtered out:                 1
        -------------------------------
        Total change sets:            3


        FILTERED CHANGE SETS SUMMARY
        Label mismatch:               1

        ! Database is up to date, no changesets to execute
        ! Liquibase command 'update-count' was executed successfully.
    "#]],
    );
}

/// LQ-04.
#[test]
fn a_row_that_nobody_frees_is_waited_for_five_minutes() {
    let mut bench = bench();
    bench.run("liquibase status");
    bench.check_to_end(
        "psql -c 'SELECT * FROM databasechangeloglock'",
        5,
        &expect![[r#"
             id | locked | lockgranted | lockedby 
            ----+--------+-------------+----------
              1 | f      |             | 
            (1 row)

        "#]],
    );
    bench.run_to_end("psql -c 'UPDATE databasechangeloglock SET locked = true WHERE id = 1'", 5);
    check(
        &mut bench,
        "liquibase list-locks",
        &expect![[r#"
        Database change log locks for postgres@jdbc:postgresql://database:5432/shop
         -  at Jan 5, 2026, 9:00:00 AM
        NOTE:  The lock time displayed is based on the database's configured time
        ! Liquibase command 'list-locks' was executed successfully.
    "#]],
    );
    let reply = bench.run_to_end("liquibase --log-level=info update", 290);
    assert_eq!(reply.status, None, "{}", reply.stderr);
    assert_eq!(reply.stderr.matches("Waiting for changelog lock....").count(), 29);
    bench.wait(20);
    let transcript = bench.simulation.transcript();
    let last = transcript.iter().next_back().unwrap();
    expect![[r#"
        ! Starting Liquibase at 09:00:00 (version 4.28.0 #2272 built at 2024-05-16 19:00+0000)
        ! Liquibase Version: 4.28.0
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  LockException
        ! ERROR: Exception Primary Reason:  Could not acquire change log lock.  Currently locked by  since 1/5/26, 9:00 AM
        ! ERROR: Exception Primary Source:  4.28.0
        ! 
        ! Unexpected error running Liquibase: Could not acquire change log lock.  Currently locked by  since 1/5/26, 9:00 AM
        ! 
        ! For more information, please use the --log-level flag
        status 1"#]].assert_eq(
        &super::bench::shown(&last.reply)
            .replace(" INFO ", "\n INFO ")
            .lines()
            .filter(|line| !line.contains("Waiting") && !line.starts_with("! ["))
            .collect::<Vec<_>>()
            .join("\n"),
    );
    check(
        &mut bench,
        "liquibase releaseLocks",
        &expect![[r#"
        ! Successfully released all database change log locks for 'postgres@jdbc:postgresql://database:5432/shop'
        ! Liquibase command 'release-locks' was executed successfully.
    "#]],
    );
    assert_eq!(bench.run_to_end("liquibase update", 5).status, Some(0));
}

/// LQ-04: what has nothing to do needs no lock.
#[test]
fn nothing_to_do_needs_no_lock() {
    let mut bench = bench();
    bench.run_to_end("liquibase update", 5);
    bench.run_to_end("psql -c 'UPDATE databasechangeloglock SET locked = true'", 5);
    let reply = bench.run_to_end("liquibase update", 5);
    assert!(
        reply.stderr.contains("Database is up to date, no changesets to execute"),
        "{}",
        reply.stderr
    );
    let reply = bench.run_to_end("liquibase --changelog-lock-wait-time-in-minutes=0 tag v1", 20);
    assert!(reply.stderr.contains("Could not acquire change log lock."), "{}", reply.stderr);
}

/// LQ-06.
#[test]
fn a_rollback_runs_what_is_written_from_the_newest_on() {
    let mut bench = bench();
    bench.run_to_end("liquibase update-count 1", 5);
    check(
        &mut bench,
        "liquibase tag v1",
        &expect![[r#"
        ! Successfully tagged 'postgres@jdbc:postgresql://database:5432/shop'
        ! Liquibase command 'tag' was executed successfully.
    "#]],
    );
    bench.run_to_end("liquibase update --label-filter='!slow'", 5);
    check(
        &mut bench,
        "liquibase rollback v1",
        &expect![[r#"
        ! Rolling Back Changeset: changelog.yaml::3::ann
        ! Liquibase command 'rollback' was executed successfully.
    "#]],
    );
    bench.check_to_end(
        "psql -Atc 'SELECT id, tag FROM databasechangelog'",
        5,
        &expect![[r#"
        1|v1
    "#]],
    );
    bench.run_to_end("liquibase update", 5);
    check(
        &mut bench,
        "liquibase rollback-count 2",
        &expect![[r#"
        ! Rolling Back Changeset: changelog.yaml::3::ann
        ! Rolling Back Changeset: changes/note.sql::2::ann
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  RollbackFailedException
        ! ERROR: Exception Primary Reason:  Liquibase does not support automatic rollback generation for raw sql changes (did you mean to specify keyword "empty" to ignore rolling back this change?)
        ! ERROR: Exception Primary Source:  4.28.0
        ! 
        ! Unexpected error running Liquibase: Liquibase does not support automatic rollback generation for raw sql changes (did you mean to specify keyword "empty" to ignore rolling back this change?)
        ! 
        ! For more information, please use the --log-level flag
        status 1
    "#]],
    );
    check(
        &mut bench,
        "liquibase rollback v2",
        &expect![[r#"
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  RollbackFailedException
        ! ERROR: Exception Primary Reason:  Could not find tag 'v2' in the database
        ! ERROR: Exception Primary Source:  4.28.0
        ! 
        ! Unexpected error running Liquibase: Could not find tag 'v2' in the database
        ! 
        ! For more information, please use the --log-level flag
        status 1
    "#]],
    );
    check(
        &mut bench,
        "liquibase rollback-to-date 2026-01-06",
        &expect![[r#"
        ! INFO: 0 changesets rolled back.
        ! Liquibase command 'rollback-to-date' was executed successfully.
    "#]],
    );
}

/// LQ-02, LQ-04.
#[test]
fn update_sql_prints_what_update_would_send() {
    let mut bench = bench();
    check(
        &mut bench,
        "liquibase update-sql",
        &expect![[r#"
        -- Lock Database
        UPDATE public.databasechangeloglock SET LOCKED = TRUE, LOCKEDBY = 'workstation (192.0.2.10)', LOCKGRANTED = NOW() WHERE ID = 1 AND LOCKED = FALSE;

        -- *********************************************************************
        -- Update Database Script
        -- *********************************************************************
        -- Change Log: changelog.yaml
        -- Ran at: 1/5/26, 9:00 AM
        -- Against: postgres@jdbc:postgresql://database:5432/shop
        -- Liquibase version: 4.28.0
        -- *********************************************************************

        -- Changeset changes/note.sql::1::ann
        -- What the customer says
        ALTER TABLE orders ADD note text;

        INSERT INTO public.databasechangelog (ID, AUTHOR, FILENAME, DATEEXECUTED, ORDEREXECUTED, MD5SUM, DESCRIPTION, COMMENTS, EXECTYPE, CONTEXTS, LABELS, LIQUIBASE, DEPLOYMENT_ID) VALUES ('1', 'ann', 'changes/note.sql', NOW(), 1, '9:ee6d44aab6e6ec3f489b88c65f93cc40', 'sql', 'What the customer says', 'EXECUTED', NULL, NULL, '4.28.0', '7603600000');

        -- Changeset changes/note.sql::2::ann
        CREATE INDEX orders_by_note ON orders (note);

        INSERT INTO public.databasechangelog (ID, AUTHOR, FILENAME, DATEEXECUTED, ORDEREXECUTED, MD5SUM, DESCRIPTION, COMMENTS, EXECTYPE, CONTEXTS, LABELS, LIQUIBASE, DEPLOYMENT_ID) VALUES ('2', 'ann', 'changes/note.sql', NOW(), 2, '9:5de0da912cb60b05d47b52a0921ad365', 'sql', '', 'EXECUTED', 'prod', 'slow', '4.28.0', '7603600000');

        -- Changeset changelog.yaml::3::ann
        -- From YAML
        ALTER TABLE orders ADD COLUMN gift boolean;

        INSERT INTO public.databasechangelog (ID, AUTHOR, FILENAME, DATEEXECUTED, ORDEREXECUTED, MD5SUM, DESCRIPTION, COMMENTS, EXECTYPE, CONTEXTS, LABELS, LIQUIBASE, DEPLOYMENT_ID) VALUES ('3', 'ann', 'changelog.yaml', NOW(), 3, '9:794663878728ccd52bed5bc372163c38', 'sql', 'From YAML', 'EXECUTED', NULL, NULL, '4.28.0', '7603600000');

        -- Release Database Lock
        UPDATE public.databasechangeloglock SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1;

        ! Liquibase command 'update-sql' was executed successfully.
    "#]],
    );
}

#[test]
fn commands_and_options_are_completed() {
    let bench = bench();
    let complete = |line: &str| bench.simulation.complete(line);
    assert_eq!(complete("liquibase rel"), ["release-locks"]);
    assert_eq!(complete("liquibase --url"), ["--url="]);
    assert_eq!(
        complete("liquibase --changelog-file=chang"),
        ["--changelog-file=changelog.yaml", "--changelog-file=changes/"]
    );
}
