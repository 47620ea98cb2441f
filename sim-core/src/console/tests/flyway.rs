//! `flyway` before a database.

use expect_test::expect;

use super::bench::Bench;

const SHOP: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);";

fn bench(files: &[(&str, &str)]) -> Bench {
    Bench::holding(SHOP, "[]", files).baselined()
}

const NOTE: (&str, &str) = ("sql/V2__add_note.sql", "ALTER TABLE orders ADD note text;");
const STATUS: (&str, &str) =
    ("sql/V3__add_status.sql", "ALTER TABLE orders ADD status text DEFAULT 'new';");

/// FW-02, FW-10.
#[test]
fn migrate_runs_what_is_due_and_the_table_tells_of_it() {
    let mut bench = bench(&[NOTE, STATUS]);
    bench.check_to_end("flyway migrate", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Successfully validated 2 migrations (execution time 00:00.012s)
        Current version of schema "public": 0
        Migrating schema "public" to version "2 - add note"
        Migrating schema "public" to version "3 - add status"
        Successfully applied 2 migrations to schema "public", now at version v3 (execution time 00:00.019s)
    "#]]);
    bench.check_to_end(
        "flyway info",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            Schema version: 3

            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
            | Category  | Version | Description           | Type     | Installed On        | State    | Undoable |
            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
            |           | 0       | << Flyway Baseline >> | BASELINE | 2026-01-05 09:00:00 | Baseline |          |
            | Versioned | 2       | add note              | SQL      | 2026-01-05 09:00:00 | Success  | No       |
            | Versioned | 3       | add status            | SQL      | 2026-01-05 09:00:00 | Success  | No       |
            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
        "#]],
    );
    bench.check_to_end(
        "psql -Atc 'SELECT installed_rank, version, script, success FROM flyway_schema_history'",
        5,
        &expect![[r#"
            1|0|<< Flyway Baseline >>|t
            2|2|V2__add_note.sql|t
            3|3|V3__add_status.sql|t
        "#]],
    );
    bench.check_to_end(
        "psql -c '\\d orders'",
        5,
        &expect![[r#"
                             Table "public.orders"
             Column |  Type   | Collation | Nullable |   Default   
            --------+---------+-----------+----------+-------------
             id     | bigint  |           | not null | 
             total  | numeric |           |          | 
             note   | text    |           |          | 
             status | text    |           |          | 'new'::text
            Indexes:
                "orders_pkey" PRIMARY KEY, btree (id)

        "#]],
    );
    bench.check_to_end(
        "flyway migrate",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            Successfully validated 2 migrations (execution time 00:00.012s)
            Current version of schema "public": 3
            Schema "public" is up to date. No migration necessary.
        "#]],
    );
}

/// FW-05.
#[test]
fn a_file_that_was_changed_after_its_run_stops_everything_until_repair() {
    let mut bench = bench(&[NOTE]);
    bench.run_to_end("flyway migrate", 5);
    bench.run("echo 'ALTER TABLE orders ADD note varchar(80);' > sql/V2__add_note.sql");
    bench.check_to_end(
        "flyway migrate",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            ! ERROR: Validate failed: Migrations have failed validation
            ! Migration checksum mismatch for migration version 2
            ! -> Applied to database : 12536967
            ! -> Resolved locally    : 473642198
            ! Either revert the changes to the migration, or run repair to update the schema history.
            ! Need more flexibility with validation rules? Learn more: https://rd.gt/3AbJUZE
            status 1
        "#]],
    );
    bench.check_to_end("flyway repair", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Repair of failed migration in Schema History table "public"."flyway_schema_history" not necessary. No failed migration detected.
        Repairing Schema History table for version 2 (Description: add note, Type: SQL, Checksum: 473642198)  ...
        Successfully repaired schema history table "public"."flyway_schema_history" (execution time 00:00.015s).
    "#]]);
    bench.check_to_end(
        "flyway validate",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            Successfully validated 1 migration (execution time 00:00.012s)
        "#]],
    );
}

/// FW-08: with transactional DDL nothing is left, not even a row.
#[test]
fn a_migration_that_fails_is_rolled_back_and_leaves_no_row() {
    let broken =
        ("sql/V3__broken.sql", "ALTER TABLE orders ADD a int;\nALTER TABLE nothing ADD b int;");
    let mut bench = bench(&[NOTE, broken]);
    bench.check_to_end("flyway migrate", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Successfully validated 2 migrations (execution time 00:00.012s)
        Current version of schema "public": 0
        Migrating schema "public" to version "2 - add note"
        Migrating schema "public" to version "3 - broken"
        ! ERROR: Migration of schema "public" to version "3 - broken" failed! Changes successfully rolled back.
        ! ERROR: Script V3__broken.sql failed
        ! ----------------------------
        ! SQL State  : 42P01
        ! Error Code : 0
        ! Message    : ERROR: relation "nothing" does not exist
        ! Location   : sql/V3__broken.sql (/workspace/sql/V3__broken.sql)
        ! Line       : 2
        ! Statement  : ALTER TABLE nothing ADD b int
        status 1
    "#]]);
    let rows = "psql -Atc 'SELECT version, success FROM flyway_schema_history'";
    bench.check_to_end(
        rows,
        5,
        &expect![[r#"
            0|t
            2|t
        "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT a FROM orders'",
        5,
        &expect![[r#"
        ! ERROR:  column "a" does not exist
        ! LINE 1: SELECT a FROM orders
        !                ^
        status 1
    "#]],
    );
}

/// FW-08, FW-09: outside a transaction the failure itself is noted, and stands in the way.
#[test]
fn a_failure_outside_a_transaction_leaves_a_row_that_only_repair_removes() {
    let index = ("sql/V2__index.sql", "CREATE INDEX CONCURRENTLY i ON orders (nothing);");
    let mut bench = bench(&[index]);
    bench.check_to_end("flyway migrate", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Successfully validated 1 migration (execution time 00:00.012s)
        Current version of schema "public": 0
        Migrating schema "public" to version "2 - index" [non-transactional]
        ! ERROR: Migration of schema "public" to version "2 - index" [non-transactional] failed! Please restore backups and roll back database and code!
        ! ERROR: Script V2__index.sql failed
        ! ---------------------------
        ! SQL State  : 42703
        ! Error Code : 0
        ! Message    : ERROR: column "nothing" does not exist
        ! Location   : sql/V2__index.sql (/workspace/sql/V2__index.sql)
        ! Line       : 1
        ! Statement  : CREATE INDEX CONCURRENTLY i ON orders (nothing)
        status 1
    "#]]);
    bench.check_to_end(
        "flyway -validateOnMigrate=false migrate",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            Current version of schema "public": 2
            ! ERROR: Schema "public" contains a failed migration to version 2 !
            status 1
        "#]],
    );
    bench.check_to_end("flyway repair", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Successfully repaired schema history table "public"."flyway_schema_history" (execution time 00:00.015s).
    "#]]);
    bench.check_to_end(
        "flyway info",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            Schema version: 0

            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
            | Category  | Version | Description           | Type     | Installed On        | State    | Undoable |
            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
            |           | 0       | << Flyway Baseline >> | BASELINE | 2026-01-05 09:00:00 | Baseline |          |
            | Versioned | 2       | index                 | SQL      |                     | Pending  | No       |
            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
        "#]],
    );
}

/// FW-01.
#[test]
fn undo_takes_the_newest_version_back() {
    let undo = ("sql/U2__add_note.sql", "ALTER TABLE orders DROP COLUMN note;");
    let mut bench = bench(&[NOTE, undo]);
    bench.run_to_end("flyway migrate", 5);
    bench.check_to_end(
        "flyway undo",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            Undoing migration of schema "public" to version "2 - add note"
            Successfully undid 1 migration to schema "public", now at version v0 (execution time 00:00.010s)
        "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT note FROM orders'",
        5,
        &expect![[r#"
        ! ERROR:  column "note" does not exist
        ! LINE 1: SELECT note FROM orders
        !                ^
        status 1
    "#]],
    );
    bench.check_to_end(
        "flyway info",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            Schema version: 0

            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
            | Category  | Version | Description           | Type     | Installed On        | State    | Undoable |
            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
            |           | 0       | << Flyway Baseline >> | BASELINE | 2026-01-05 09:00:00 | Baseline |          |
            | Versioned | 2       | add note              | SQL      | 2026-01-05 09:00:00 | Undone   |          |
            | Undo      | 2       | add note              | UNDO_SQL | 2026-01-05 09:00:00 | Success  |          |
            | Versioned | 2       | add note              | SQL      |                     | Pending  | Yes      |
            +-----------+---------+-----------------------+----------+---------------------+----------+----------+
        "#]],
    );
}

#[test]
fn clean_is_disabled() {
    let expected = expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        ! ERROR: Unable to execute clean as it has been disabled with the 'flyway.cleanDisabled' property.
        status 1
    "#]];
    bench(&[NOTE]).check_to_end("flyway clean", 5, &expected);
}

#[test]
fn a_repair_makes_no_table() {
    let mut bench = Bench::holding(SHOP, "[]", &[NOTE]);
    let expected = expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Schema history table "public"."flyway_schema_history" does not exist yet
        Repair of failed migration in Schema History table "public"."flyway_schema_history" not necessary as table doesn't exist.
        Successfully repaired schema history table "public"."flyway_schema_history" (execution time 00:00.015s).
    "#]];
    for _ in 0..2 {
        bench.check_to_end("flyway repair", 5, &expected);
    }
}

/// FW-01, FW-06, FW-09.
#[test]
fn what_cannot_be_run_is_said() {
    let files = [NOTE, ("sql/V2.0__other.sql", "SELECT 1;"), ("sql/next.sql", "SELECT 1;")];
    let mut bench = Bench::holding(SHOP, "[]", &files);
    bench.check_to_end(
        "flyway migrate",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            ! ERROR: Found more than one migration with version 2.0
            ! Offenders:
            ! -> sql/V2.0__other.sql (SQL)
            ! -> sql/V2__add_note.sql (SQL)
            status 1
        "#]],
    );
    bench.run("rm sql/V2.0__other.sql");
    bench.check_to_end(
        "flyway -outOfOrder=yes migrate",
        5,
        &expect![[r#"
        ! ERROR: Invalid value for outOfOrder (should be either true or false): yes
        status 1
    "#]],
    );
    bench.check_to_end(
        "flyway -nonsense=1 migrate",
        5,
        &expect![[r#"
        ! ERROR: Unknown configuration property: flyway.nonsense
        status 1
    "#]],
    );
    bench.check_to_end(
        "flyway nonsense",
        5,
        &expect![[r#"
        ! ERROR: Invalid operation: nonsense
        status 1
    "#]],
    );
    bench.check_to_end(
        "flyway -cleanDisabled=false clean",
        5,
        &expect![[r#"
        ! ERROR: flyway.cleanDisabled=false is not modelled: nothing here drops a whole schema
        status 1
    "#]],
    );
    bench.run("echo 'ALTER TABEL orders;' > sql/V4__typo.sql");
    bench.check_to_end("flyway migrate", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Schema history table "public"."flyway_schema_history" does not exist yet
        ! note: sql/next.sql is no name of a migration, so Flyway ignores it
        ! ERROR: sql/V4__typo.sql:1:7: syntax error: Expected: one of VIEW or MATERIALIZED VIEW or TYPE or COLLATION or TABLE or INDEX or FUNCTION or AGGREGATE or ROLE or POLICY or TRIGGER or CONNECTOR or ICEBERG or FOREIGN TABLE or SCHEMA or USER or OPERATOR, found: TABEL
        status 1
    "#]]);
    let mixed = "CREATE INDEX CONCURRENTLY i ON orders (total); ALTER TABLE orders ADD a int;";
    bench.run(&format!("echo '{mixed}' > sql/V4__typo.sql"));
    bench.check_to_end("flyway migrate", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Schema history table "public"."flyway_schema_history" does not exist yet
        Successfully validated 2 migrations (execution time 00:00.012s)
        ! note: sql/next.sql is no name of a migration, so Flyway ignores it
        ! ERROR: Found non-empty schema(s) "public" but no schema history table. Use baseline() or set baselineOnMigrate to true to initialize the schema history table.
        status 1
    "#]]);
    bench.check_to_end(
        "flyway info",
        5,
        &expect![[r#"
            Flyway Teams Edition 10.20.1 by Redgate

            See release notes here: https://rd.gt/416ObMi
            Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
            Schema history table "public"."flyway_schema_history" does not exist yet
            Schema version: << Empty Schema >>

            +-----------+---------+-------------+------+--------------+---------+----------+
            | Category  | Version | Description | Type | Installed On | State   | Undoable |
            +-----------+---------+-------------+------+--------------+---------+----------+
            | Versioned | 2       | add note    | SQL  |              | Pending | No       |
            | Versioned | 4       | typo        | SQL  |              | Pending | No       |
            +-----------+---------+-------------+------+--------------+---------+----------+
            ! note: sql/next.sql is no name of a migration, so Flyway ignores it
        "#]],
    );
}

/// FW-04.
#[test]
fn a_schema_that_holds_something_needs_a_baseline_before_anything_is_run() {
    let mut bench = Bench::holding(SHOP, "[]", &[NOTE, STATUS]);
    bench.check_to_end("flyway migrate", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Schema history table "public"."flyway_schema_history" does not exist yet
        Successfully validated 2 migrations (execution time 00:00.012s)
        ! ERROR: Found non-empty schema(s) "public" but no schema history table. Use baseline() or set baselineOnMigrate to true to initialize the schema history table.
        status 1
    "#]]);
    bench.check_to_end(
        "flyway -baselineVersion=2 baseline",
        5,
        &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Schema history table "public"."flyway_schema_history" does not exist yet
        Creating Schema History table "public"."flyway_schema_history" with baseline ...
        Successfully baselined schema with version: 2
    "#]],
    );
    bench.check_to_end("flyway -baselineVersion=2 baseline", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Schema history table "public"."flyway_schema_history" already initialized with (2,<< Flyway Baseline >>). Skipping.
    "#]]);
    bench.check_to_end("flyway baseline", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        ! ERROR: Unable to baseline schema history table "public"."flyway_schema_history" with (1,<< Flyway Baseline >>) as it has already been baselined with (2,<< Flyway Baseline >>)
        ! Need to reset your baseline? Learn more: https://rd.gt/3CdwkXD
        status 1
    "#]]);
    bench.check_to_end("flyway migrate", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Successfully validated 2 migrations (execution time 00:00.012s)
        Current version of schema "public": 2
        Migrating schema "public" to version "3 - add status"
        Successfully applied 1 migration to schema "public", now at version v3 (execution time 00:00.010s)
    "#]]);
    bench.check_to_end("flyway info", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Schema version: 3

        +-----------+---------+-----------------------+----------+---------------------+----------------+----------+
        | Category  | Version | Description           | Type     | Installed On        | State          | Undoable |
        +-----------+---------+-----------------------+----------+---------------------+----------------+----------+
        |           | 2       | << Flyway Baseline >> | BASELINE | 2026-01-05 09:00:00 | Baseline       |          |
        | Versioned | 2       | add note              | SQL      |                     | Below Baseline | No       |
        | Versioned | 3       | add status            | SQL      | 2026-01-05 09:00:00 | Success        | No       |
        +-----------+---------+-----------------------+----------+---------------------+----------------+----------+
    "#]]);
    let mut bench = Bench::holding(SHOP, "[]", &[NOTE]);
    bench.check_to_end("flyway -baselineOnMigrate=true migrate", 5, &expect![[r#"
        Flyway Teams Edition 10.20.1 by Redgate

        See release notes here: https://rd.gt/416ObMi
        Database: jdbc:postgresql://database:5432/shop (PostgreSQL 15.18)
        Schema history table "public"."flyway_schema_history" does not exist yet
        Successfully validated 1 migration (execution time 00:00.012s)
        Creating Schema History table "public"."flyway_schema_history" with baseline ...
        Successfully baselined schema with version: 1
        Current version of schema "public": 1
        Migrating schema "public" to version "2 - add note"
        Successfully applied 1 migration to schema "public", now at version v2 (execution time 00:00.008s)
    "#]]);
}
