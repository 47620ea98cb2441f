//! What `psql` sends, and how it tells what it is answered: written down from psql 15.

use expect_test::expect;

use super::bench;

/// A real server looks at nothing after an error in a message, whatever transactions it has (PG-41).
#[test]
fn one_command_is_one_message() {
    let mut bench = bench(&[]);
    bench.check_to_end(
        "psql -c 'BEGIN; SELECT amount FROM orders; COMMIT; ALTER TABLE orders ADD note text'",
        5,
        &expect![[r#"
            BEGIN
            ! ERROR:  column "amount" does not exist
            ! LINE 1: BEGIN; SELECT amount FROM orders; COMMIT; ALTER TABLE orders...
            !                       ^
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT amount FROM orders;'",
        5,
        &expect![[r#"
            ! ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM orders;
            !                ^
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT count(*) FROM orders; SELECT amount FROM orders; SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

            ! ERROR:  column "amount" does not exist
            ! LINE 1: SELECT count(*) FROM orders; SELECT amount FROM orders; SELE...
            !                                             ^
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -c 'BEGIN; ALTER TABLE orders ADD kept text; COMMIT; ALTER TABLE orders ADD lost text; SELECT amount FROM orders; COMMIT'",
        5,
        &expect![[r#"
            BEGIN
            ALTER TABLE
            COMMIT
            ALTER TABLE
            ! ERROR:  column "amount" does not exist
            ! LINE 1: ... COMMIT; ALTER TABLE orders ADD lost text; SELECT amount FRO...
            !                                                              ^
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -c 'ALTER TABLE orders DROP kept' -c 'SELECT lost FROM orders'",
        5,
        &expect![[r#"
            ALTER TABLE
            ! ERROR:  column "lost" does not exist
            ! LINE 1: SELECT lost FROM orders
            !                ^
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT count(*) FROM orders; BEGIN; END; ROLLBACK'",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

            BEGIN
            COMMIT
            ROLLBACK
            ! WARNING:  there is no transaction in progress
        "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT count(*) FROM orders; CREATE INDEX CONCURRENTLY ON orders (total)'",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

            ! ERROR:  CREATE INDEX CONCURRENTLY cannot run inside a transaction block
            status 1
        "#]],
    );
}

/// PG-41.
#[test]
fn several_commands_are_several_messages() {
    let mut bench = bench(&[]);
    bench.check_to_end(
        "psql -c 'ALTER TABLE orders ADD note text; SELECT amount FROM orders; SELECT count(*) FROM orders' -c 'SELECT count(*) FROM orders' -c 'SELECT note FROM orders'",
        5,
        &expect![[r#"
            ALTER TABLE
             count 
            -------
              1000
            (1 row)

            ! ERROR:  column "amount" does not exist
            ! LINE 1: ALTER TABLE orders ADD note text; SELECT amount FROM orders;...
            !                                                  ^
            ! ERROR:  column "note" does not exist
            ! LINE 1: SELECT note FROM orders
            !                ^
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -c 'BEGIN; SELECT amount FROM orders; SELECT count(*) FROM orders' -c 'SELECT count(*) FROM orders' -c COMMIT",
        5,
        &expect![[r#"
            BEGIN
            ROLLBACK
            ! ERROR:  column "amount" does not exist
            ! LINE 1: BEGIN; SELECT amount FROM orders; SELECT count(*) FROM order...
            !                       ^
            ! ERROR:  current transaction is aborted, commands ignored until end of transaction block
        "#]],
    );
    bench.check_to_end(
        "psql -c 'BEGIN' -c 'ALTER TABLE orders ADD a int; ALTER TABLE orders ADD b int' -c ROLLBACK -c 'SELECT a FROM orders'",
        5,
        &expect![[r#"
            BEGIN
            ALTER TABLE
            ALTER TABLE
            ROLLBACK
            ! ERROR:  column "a" does not exist
            ! LINE 1: SELECT a FROM orders
            !                ^
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -v ON_ERROR_STOP=1 -c 'SELECT amount FROM orders' -c 'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
            ! ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM orders
            !                ^
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -c 'BEGIN; ALTER TABLE orders ADD note text; COMMIT' -c 'ALTER TABLE orders DROP note'",
        5,
        &expect![[r#"
            BEGIN
            ALTER TABLE
            COMMIT
            ALTER TABLE
        "#]],
    );
}

/// What the rest of a message would have done to its transaction is not known to the session.
#[test]
fn an_error_before_the_end_of_a_transaction_ends_several_commands() {
    let mut bench = bench(&[]);
    bench.check_to_end(
        "psql -c 'BEGIN; SELECT amount FROM orders; COMMIT' -c 'SELECT count(*) FROM orders'",
        5,
        &expect![[r#"
            BEGIN
            ! ERROR:  column "amount" does not exist
            ! LINE 1: BEGIN; SELECT amount FROM orders; COMMIT
            !                       ^
            ! note: nothing after the error has been executed; how psql goes on after an error is not modelled where a -c with several statements ends or begins a transaction
            status 1
        "#]],
    );
}

#[test]
fn a_file_is_sent_statement_by_statement() {
    let text = "SELECT count(*) FROM orders;\nSELECT id,\n  amount\nFROM orders\n;\n\
                ALTER TABLE orders ADD note text; SELECT none FROM orders; SELECT amount FROM customers";
    let mut bench = bench(&[("many.sql", text)]);
    bench.check_to_end(
        "psql -f many.sql",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

            ALTER TABLE
            ! psql:many.sql:5: ERROR:  column "amount" does not exist
            ! LINE 2:   amount
            !           ^
            ! psql:many.sql:6: ERROR:  column "none" does not exist
            ! LINE 1: SELECT none FROM orders;
            !                ^
            ! HINT:  Perhaps you meant to reference the column "orders.note".
            ! psql:many.sql:6: ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM customers
            !                ^
        "#]],
    );
    bench.check_to_end(
        "cat many.sql | psql -q",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

            ! ERROR:  column "amount" does not exist
            ! LINE 2:   amount
            !           ^
            ! ERROR:  column "note" of relation "orders" already exists
            ! ERROR:  column "none" does not exist
            ! LINE 1: SELECT none FROM orders;
            !                ^
            ! HINT:  Perhaps you meant to reference the column "orders.note".
            ! ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM customers
            !                ^
        "#]],
    );
    bench.check_to_end(
        "psql -f - < many.sql",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

            ! psql:<stdin>:5: ERROR:  column "amount" does not exist
            ! LINE 2:   amount
            !           ^
            ! psql:<stdin>:6: ERROR:  column "note" of relation "orders" already exists
            ! psql:<stdin>:6: ERROR:  column "none" does not exist
            ! LINE 1: SELECT none FROM orders;
            !                ^
            ! HINT:  Perhaps you meant to reference the column "orders.note".
            ! psql:<stdin>:6: ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM customers
            !                ^
        "#]],
    );
    bench.check_to_end(
        "psql -c 'SELECT amount FROM orders' -f many.sql",
        5,
        &expect![[r#"
             count 
            -------
              1000
            (1 row)

            ! ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM orders
            !                ^
            ! psql:many.sql:5: ERROR:  column "amount" does not exist
            ! LINE 2:   amount
            !           ^
            ! psql:many.sql:6: ERROR:  column "note" of relation "orders" already exists
            ! psql:many.sql:6: ERROR:  column "none" does not exist
            ! LINE 1: SELECT none FROM orders;
            !                ^
            ! HINT:  Perhaps you meant to reference the column "orders.note".
            ! psql:many.sql:6: ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM customers
            !                ^
        "#]],
    );
}

/// PG-41.
#[test]
fn one_transaction_goes_on_after_an_error() {
    let text = "ALTER TABLE orders ADD note text;\nALTER TABLE orders DROP none;\nSELECT count(*)\n  \
                FROM orders;\n\\echo 'still here'\n";
    let mut bench = bench(&[("one.sql", text)]);
    bench.check_to_end(
        "psql -1 -f one.sql",
        5,
        &expect![[r#"
            ALTER TABLE
            still here
            ! psql:one.sql:2: ERROR:  column "none" of relation "orders" does not exist
            ! psql:one.sql:4: ERROR:  current transaction is aborted, commands ignored until end of transaction block
        "#]],
    );
    bench.check_to_end(
        "psql -1 < one.sql",
        5,
        &expect![[r#"
            ALTER TABLE
            still here
            ! ERROR:  column "none" of relation "orders" does not exist
            ! ERROR:  current transaction is aborted, commands ignored until end of transaction block
        "#]],
    );
    bench.check_to_end(
        "psql -1 -v ON_ERROR_STOP=1 -f one.sql",
        5,
        &expect![[r#"
            ALTER TABLE
            ! psql:one.sql:2: ERROR:  column "none" of relation "orders" does not exist
            status 3
        "#]],
    );
    bench.check_to_end(
        "psql -1 -c 'SELECT amount FROM orders' -c 'SELECT count(*) FROM orders; SELECT count(*) FROM orders' -c 'ALTER TABLE orders ADD note text'",
        5,
        &expect![[r#"
            ! ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM orders
            !                ^
            ! ERROR:  current transaction is aborted, commands ignored until end of transaction block
            ! ERROR:  current transaction is aborted, commands ignored until end of transaction block
            status 1
        "#]],
    );
    bench.check_to_end(
        "psql -1 -c 'ALTER TABLE orders ADD note text' -c 'SELECT amount FROM orders'",
        5,
        &expect![[r#"
            ALTER TABLE
            ! ERROR:  column "amount" does not exist
            ! LINE 1: SELECT amount FROM orders
            !                ^
            status 1
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
        "psql -1 -c 'ALTER TABLE orders ADD note text' -c 'ALTER TABLE orders DROP note'",
        5,
        &expect![[r#"
            ALTER TABLE
            ALTER TABLE
        "#]],
    );
}
