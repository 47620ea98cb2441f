//! Changesets: their transactions, their preconditions, and what cannot be read.

use expect_test::expect;

use super::{bench, check, formatted};

/// LQ-05.
#[test]
fn each_changeset_is_a_transaction_of_its_own() {
    let mut bench = formatted(
        "--changeset ann:1\nALTER TABLE orders ADD note text;\n--changeset ann:2 failOnError:false\n\
         ALTER TABLE orders ADD note text;\n--changeset ann:3\nALTER TABLE orders ADD gift boolean;\n\
         ALTER TABLE nothing ADD gift boolean;\n--changeset ann:4\nSELECT 1;\n",
    );
    check(
        &mut bench,
        "liquibase update",
        &expect![[r#"

        UPDATE SUMMARY
        Run:                          2
        Previously run:               0
        Filtered out:                 0
        -------------------------------
        Total change sets:            4

        ! Running Changeset: changes.sql::1::ann
        ! Running Changeset: changes.sql::2::ann
        ! Running Changeset: changes.sql::3::ann
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  PSQLException
        ! ERROR: Exception Primary Reason:  ERROR: relation "nothing" does not exist
        ! ERROR: Exception Primary Source:  PostgreSQL 15.18
        ! 
        ! Unexpected error running Liquibase: Migration failed for changeset changes.sql::3::ann:
        !      Reason: liquibase.exception.DatabaseException: ERROR: relation "nothing" does not exist [Failed SQL: (0) ALTER TABLE nothing ADD gift boolean]
        ! 
        ! For more information, please use the --log-level flag
        status 1
    "#]],
    );
    bench.check_to_end(
        "psql -Atc 'SELECT id FROM databasechangelog'",
        5,
        &expect![[r#"
        1
    "#]],
    );
    bench.check_to_end(
        "psql -c '\\d orders'",
        5,
        &expect![[r#"
                           Table "public.orders"
             Column |  Type   | Collation | Nullable | Default 
            --------+---------+-----------+----------+---------
             id     | bigint  |           | not null | 
             total  | numeric |           |          | 
             note   | text    |           |          | 
            Indexes:
                "orders_pkey" PRIMARY KEY, btree (id)

        "#]],
    );
    check(
        &mut bench,
        "liquibase list-locks",
        &expect![[r#"
        Database change log locks for postgres@jdbc:postgresql://database:5432/shop
         - No locks
        ! Liquibase command 'list-locks' was executed successfully.
    "#]],
    );
}

/// LQ-05.
#[test]
fn preconditions_decide_about_a_changeset() {
    let mut bench = formatted(
        "--changeset ann:1\n--preconditions onFail:MARK_RAN\n--precondition-table-exists table:nothing\n\
         ALTER TABLE nothing ADD note text;\n\
         --changeset ann:2\n--preconditions onFail:CONTINUE\n\
         --precondition-sql-check expectedResult:0 SELECT count(*) FROM pg_tables WHERE tablename = 'orders'\n\
         CREATE TABLE orders (id int);\n\
         --changeset ann:3\n--preconditions onFail:WARN\n--precondition-table-exists table:nothing\nSELECT 1;\n\
         --changeset ann:4\n--preconditions onFail:HALT\n--precondition-sql-check expectedResult:7 SELECT 1\n\
         SELECT 1;\n",
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
        Total change sets:            4

        ! Running Changeset: changes.sql::1::ann
        ! Running Changeset: changes.sql::2::ann
        ! Running Changeset: changes.sql::3::ann
        ! WARNING: Executing changes.sql::3::ann despite precondition failure due to onFail='WARN':
        !       1 preconditions failed
        !      changes.sql : Table public.nothing does not exist
        ! Running Changeset: changes.sql::4::ann
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  PreconditionFailedException
        ! ERROR: Exception Primary Reason:  Preconditions Failed
        ! ERROR: Exception Primary Source:  PostgreSQL 15.18
        ! 
        ! Unexpected error running Liquibase: Migration failed for changeset changes.sql::4::ann:
        !      Reason: 
        !           changes.sql : SQL Precondition failed.  Expected '7' got '1'
        !   - Caused by: Preconditions Failed
        ! 
        ! For more information, please use the --log-level flag
        status 1
    "#]],
    );
    bench.check_to_end(
        "psql -Atc 'SELECT id, exectype FROM databasechangelog'",
        5,
        &expect![[r#"
        1|MARK_RAN
        3|EXECUTED
    "#]],
    );
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    let mut bench = bench();
    for (line, expected) in [
        ("liquibase", "Missing required subcommand"),
        ("liquibase nothing", "Unexpected argument(s): nothing"),
        ("liquibase --wrong=1 status", "Unexpected argument(s): --wrong"),
        ("liquibase tag", "Error parsing command line: Invalid argument '--tag': missing"),
        ("liquibase rollback-count x", "Invalid value 'x' for '--count'"),
        ("liquibase rollback-to-date x", "Invalid value 'x' for '--date'"),
        ("liquibase --changelog-file=no.yaml status", "no.yaml does not exist"),
        (
            "liquibase --url=jdbc:postgresql://database/other status",
            "database \"other\" does not exist",
        ),
        (
            "LIQUIBASE_COMMAND_URL=jdbc:postgresql://d/x liquibase status",
            "database \"x\" does not exist",
        ),
    ] {
        let reply = bench.run(line);
        assert!(reply.stderr.contains(expected), "{line}: {}", reply.stderr);
        assert_ne!(reply.status, Some(0), "{line}");
    }
    bench.run("echo '-changeset ann:3' >> changes/note.sql");
    bench.check("liquibase status", &expect![[r#"
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  ChangeLogParseException
        ! ERROR: Exception Primary Reason:  
        ! Unexpected formatting in formatted changelog 'changes/note.sql' at line 10.
        ! Formatted SQL changelogs require known formats, such as '--changeset <authorname>:<changesetId>' and others to be recognized and run.
        ! Learn all the options at https://docs.liquibase.com/concepts/changelogs/sql-format.html
        ! ERROR: Exception Primary Source:  4.28.0
        ! 
        ! Unexpected error running Liquibase: Error parsing changelog.yaml : 
        ! Unexpected formatting in formatted changelog 'changes/note.sql' at line 10.
        ! Formatted SQL changelogs require known formats, such as '--changeset <authorname>:<changesetId>' and others to be recognized and run.
        ! Learn all the options at https://docs.liquibase.com/concepts/changelogs/sql-format.html
        ! 
        ! For more information, please use the --log-level flag
        ! note: changes/note.sql:10:1: Unexpected formatting in formatted changelog 'changes/note.sql' at line 10.
        status 1
    "#]]);
    bench.run("sed -i 's/- sql: ALTER.*/- createTable: {tableName: a}/' changelog.yaml");
    bench.run("sed -i '$d' changes/note.sql");
    bench.check("liquibase status", &expect![[r#"
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  ChangeLogParseException
        ! ERROR: Exception Primary Reason:  not modelled: the change createTable; write it as sql
        ! ERROR: Exception Primary Source:  4.28.0
        ! 
        ! Unexpected error running Liquibase: Error parsing changelog.yaml : not modelled: the change createTable; write it as sql
        ! 
        ! For more information, please use the --log-level flag
        ! note: changelog.yaml:8:11: not modelled: the change createTable; write it as sql
        status 1
    "#]]);
    bench.run("sed -i 's/ADD note text/ADD note texts text/' changes/note.sql");
    bench.run("sed -i 's/- createTable: .*/- sql: SELEC 1/' changelog.yaml");
    bench.check("liquibase status", &expect![[r#"
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  ChangeLogParseException
        ! ERROR: Exception Primary Reason:  syntax error: expected the end of the statement, found text
        ! ERROR: Exception Primary Source:  4.28.0
        ! 
        ! Unexpected error running Liquibase: Error parsing changelog.yaml : syntax error: expected the end of the statement, found text
        ! 
        ! For more information, please use the --log-level flag
        ! note: changes/note.sql:5:35: syntax error: expected the end of the statement, found text
        ! note: changelog.yaml:8:1: syntax error: Expected: an SQL statement, found: SELEC
        status 1
    "#]]);
}
