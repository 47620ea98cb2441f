//! How `psql` prints, and with which flags: written down from psql 15.

use expect_test::expect;

use super::bench;

#[test]
fn a_lost_connection_is_told_of() {
    let text = "SELECT count(*) FROM orders; SELECT pg_terminate_backend(pg_backend_pid()); \
                SELECT count(*) FROM orders;\n";
    let mut bench = bench(&[("kill.sql", text)]);
    bench.check_to_end(
        "psql -f kill.sql",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

            ! psql:kill.sql:1: FATAL:  terminating connection due to administrator command
            ! psql:kill.sql:1: server closed the connection unexpectedly
            ! 	This probably means the server terminated abnormally
            ! 	before or while processing the request.
            ! psql:kill.sql:1: error: connection to server was lost
            status 2
        "#]],
    );
    bench.check_to_end(
        "psql < kill.sql",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

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
fn flags_can_be_written_together() {
    let mut bench = bench(&[]);
    let rows = bench.run_to_end("psql -tc 'SELECT count(*) FROM orders'", 5);
    assert_eq!(rows.stdout, "  1000\n\n");
    bench.check_to_end("psql -qc 'ALTER TABLE orders ADD note text'", 5, &expect![""]);
    bench.check_to_end(
        "psql -Atqc 'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
            1000
        "#]],
    );
    bench.check_to_end(
        "psql -XAtc'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
            1000
        "#]],
    );
    bench.check_to_end(
        "psql -tc",
        5,
        &expect![[r#"
            ! psql: option requires an argument -- 'c'
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -xc 'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
            -[ RECORD 1 ]
            count | 1000

        "#]],
    );
    bench.check_to_end(
        "psql -x -c '\\dt'",
        5,
        &expect![[r#"
            List of relations
            -[ RECORD 1 ]-----
            Schema | public
            Name   | customers
            Type   | table
            Owner  | postgres
            -[ RECORD 2 ]-----
            Schema | public
            Name   | orders
            Type   | table
            Owner  | postgres

        "#]],
    );
    bench.check_to_end(
        "psql -Axc 'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
            count|1000
        "#]],
    );
    bench.check_to_end(
        "psql -xtc 'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
            count | 1000

        "#]],
    );
}
