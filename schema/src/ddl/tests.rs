//! What a schema becomes by statements that the server takes or refuses.

use std::collections::BTreeMap;

use crate::{Cost, Schema, apply, check, compat, parse};

const SHOP: &str = "
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, at timestamptz);
";

fn schema(sql: &str) -> Schema {
    compat::schema(&parse(sql).unwrap(), &BTreeMap::new()).unwrap()
}

/// What becomes of the last of some statements.
fn ends(sql: &str) -> String {
    let mut schema = schema(SHOP);
    let mut end = String::new();
    for statement in parse(sql).unwrap().statements {
        end = match apply(&schema, &statement.ast, false) {
            Ok((next, _)) => {
                schema = next;
                "ok".to_owned()
            }
            Err(fault) => fault.to_string().split(':').next().unwrap_or_default().to_owned(),
        };
    }
    end
}

#[test]
fn a_table_that_is_not_modelled_is_there_until_it_is_dropped_pg_06() {
    let parted = "CREATE TABLE parted (id bigint) PARTITION BY RANGE (id)";
    let cases = [
        ("DROP TABLE parted", "ok"),
        ("DROP TABLE parted; DROP TABLE parted", "42P01"),
        ("DROP TABLE parted; CREATE TABLE parted (id bigint)", "ok"),
        ("DROP TABLE parted; CREATE TABLE parted (id bigint); SELECT id FROM parted", "ok"),
        ("CREATE TABLE parted (id bigint)", "42P07"),
        ("ALTER TABLE IF EXISTS parted ADD COLUMN a text; SELECT a FROM parted", "not modelled"),
    ];
    for (sql, expected) in cases {
        assert_eq!(ends(&format!("{parted}; {sql}")), expected, "{sql}");
    }
}

#[test]
fn a_type_has_its_own_case_where_it_is_quoted_pg_06() {
    let role = "CREATE TYPE \"Role\" AS ENUM ('Admin')";
    let cases = [
        ("CREATE TABLE a (role \"Role\" NOT NULL DEFAULT 'Admin', all_roles \"Role\"[])", "ok"),
        ("CREATE TABLE a (role public.\"Role\")", "ok"),
        ("CREATE TABLE a (role Role)", "42704"),
        ("CREATE TABLE a (role \"Role\" DEFAULT 'admin')", "22P02"),
    ];
    for (sql, expected) in cases {
        assert_eq!(ends(&format!("{role}; {sql}")), expected, "{sql}");
    }
}

#[test]
fn a_default_that_each_row_computes_for_itself_writes_all_rows_pg_22() {
    let cases = [
        ("text DEFAULT substring('abc', 1 + floor(random() * 2)::integer)", Cost::Rewrite),
        ("integer DEFAULT floor(random() * 100)", Cost::Rewrite),
        ("timestamp DEFAULT (clock_timestamp() AT TIME ZONE 'utc')", Cost::Rewrite),
        ("integer DEFAULT CASE WHEN random() > 0.5 THEN 1 ELSE 2 END", Cost::Rewrite),
        ("timestamp DEFAULT (now() AT TIME ZONE 'utc')", Cost::Instant),
        ("date DEFAULT date '2026-01-01'", Cost::Instant),
    ];
    for (column, expected) in cases {
        let sql = format!("ALTER TABLE orders ADD COLUMN a {column}");
        let (_, effect) =
            apply(&schema(SHOP), &parse(&sql).unwrap().statements[0].ast, true).unwrap();
        assert_eq!(effect.work[0].cost, expected, "{sql}");
    }
}

#[test]
fn a_foreign_key_is_looked_up_under_a_lock_on_the_other_table_pg_02() {
    let cases = [
        ("INSERT INTO orders VALUES (1, 2)", "orders RowExclusive, customers RowShare"),
        ("INSERT INTO orders VALUES (1, NULL)", "orders RowExclusive"),
        ("INSERT INTO orders (id) VALUES (1)", "orders RowExclusive"),
        ("UPDATE orders SET customer_id = 3", "orders RowExclusive, customers RowShare"),
        ("UPDATE orders SET at = now()", "orders RowExclusive"),
        ("UPDATE customers SET id = 3", "customers RowExclusive, orders RowShare"),
        ("DELETE FROM customers", "customers RowExclusive, orders RowShare"),
        ("DELETE FROM orders", "orders RowExclusive"),
    ];
    for (sql, expected) in cases {
        let access = check(&schema(SHOP), &parse(sql).unwrap().statements[0].ast).unwrap();
        let locks = access.locks.iter().map(|lock| format!("{} {:?}", lock.table, lock.mode));
        assert_eq!(locks.collect::<Vec<_>>().join(", "), expected, "{sql}");
    }
}

#[test]
fn numbers_beyond_all_types_are_no_reason_to_stop() {
    let most = i128::MAX;
    assert_eq!(ends(&format!("ALTER TABLE orders ADD CHECK (id > {most})")), "ok");
    let long = format!("CREATE TABLE a (b varchar({}))", u64::MAX);
    let script = crate::Engine::Mysql.parse(&long).unwrap();
    let empty = Schema { engine: crate::Engine::Mysql, ..Schema::default() };
    assert!(apply(&empty, &script.statements[0].ast, false).is_err());
}

/// The costs of the last of some statements after the shop and the others.
fn costs(sql: &str) -> Vec<Cost> {
    let mut schema = schema(SHOP);
    let mut costs = Vec::new();
    for statement in parse(sql).unwrap().statements {
        let (next, effect) = apply(&schema, &statement.ast, false).unwrap();
        schema = next;
        costs = effect.work.iter().map(|work| work.cost).collect();
    }
    costs
}

#[test]
fn a_column_of_an_expression_s_index_cannot_change_its_type_without_that_being_built_pg_26() {
    let table = "CREATE TABLE a (g varchar(10), h interval, n integer)";
    let widen = "ALTER TABLE a ALTER COLUMN g TYPE varchar(20)";
    let cases = [
        (String::new(), widen, vec![Cost::Instant]),
        ("; CREATE INDEX ON a (g)".to_owned(), widen, vec![Cost::Instant]),
        ("; CREATE INDEX ON a (lower(g))".to_owned(), widen, vec![Cost::Instant, Cost::Index]),
        (
            "; CREATE INDEX ON a (n) WHERE g = 'a'".to_owned(),
            widen,
            vec![Cost::Instant, Cost::Index],
        ),
        ("; CREATE INDEX ON a (n) WHERE n > 1".to_owned(), widen, vec![Cost::Instant]),
        ("; ALTER TABLE a ADD CHECK (g <> '')".to_owned(), widen, vec![Cost::Scan]),
        ("; ALTER TABLE a ADD CHECK (g <> '') NOT VALID".to_owned(), widen, vec![Cost::Instant]),
        (String::new(), "ALTER TABLE a ALTER COLUMN h TYPE interval(3)", vec![Cost::Rewrite]),
    ];
    for (before, change, expected) in cases {
        assert_eq!(costs(&format!("{table}{before}; {change}")), expected, "{before} {change}");
    }
}

#[test]
fn a_check_that_says_more_than_not_null_proves_it_as_well_pg_28() {
    let set = "ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL";
    let cases = [
        ("customer_id IS NOT NULL", Cost::Instant),
        ("customer_id IS NOT NULL AND customer_id > 0", Cost::Instant),
        ("customer_id IS NOT NULL OR id > 0", Cost::Scan),
        ("customer_id > 0", Cost::Scan),
    ];
    for (check, expected) in cases {
        let sql = format!("ALTER TABLE orders ADD CHECK ({check}); {set}");
        assert_eq!(costs(&sql), [expected], "{check}");
    }
}

#[test]
fn a_new_column_that_is_null_everywhere_refers_to_nothing_that_must_be_looked_up_pg_34() {
    let cases = [("", Cost::Instant), (" DEFAULT NULL", Cost::Scan), (" DEFAULT 1", Cost::Scan)];
    for (default, expected) in cases {
        let sql = format!("ALTER TABLE orders ADD COLUMN c bigint{default} REFERENCES customers");
        assert_eq!(costs(&sql), [Cost::Instant, expected], "{default}");
    }
}

#[test]
fn an_index_is_dropped_concurrently_outside_of_transactions_under_a_weak_lock_pg_40() {
    let schema = schema(&format!("{SHOP}; CREATE INDEX by_at ON orders (at)"));
    let ast = |sql: &str| parse(sql).unwrap().statements.remove(0).ast;
    let drop = ast("DROP INDEX CONCURRENTLY by_at");
    let (after, effect) = apply(&schema, &drop, false).unwrap();
    assert!(after.tables["orders"].indexes.iter().all(|index| index.name != "by_at"));
    assert_eq!(effect.locks.len(), 1);
    assert_eq!(effect.locks[0].mode, crate::LockMode::ShareUpdateExclusive);
    assert!(effect.outside_transaction && crate::session::is_concurrent(&drop));
    let refused = |sql: &str, inside| apply(&schema, &ast(sql), inside).unwrap_err().to_string();
    assert!(refused("DROP INDEX CONCURRENTLY by_at", true).starts_with("25001"));
    assert!(refused("DROP INDEX CONCURRENTLY none", false).starts_with("42704"));
    assert!(apply(&schema, &ast("DROP INDEX CONCURRENTLY IF EXISTS none"), false).is_ok());
    assert_eq!(refused("VACUUM ANALYZE orders", false), "not modelled: VACUUM ANALYZE orders");
}
