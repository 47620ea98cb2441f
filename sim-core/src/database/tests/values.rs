//! Forms of values: what one release writes and another cannot read.

use std::collections::BTreeMap;

use super::{ORDERS, answers, execute, serving, session, shop};
use crate::application::release::ReleaseValues;
use crate::database::session::Reply;
use crate::scenario::{ColumnValues, Scenario};
use crate::world_tests::Fixture;

const READ: &str = "SELECT id, total FROM orders WHERE id = $1";
const NOTE: &str = "SELECT id, note FROM orders WHERE id = $1";

/// Blue sends this and reads these forms of a column.
fn reading(sql: &[&str], column: &str, forms: &[&str]) -> Scenario {
    let mut scenario = shop(50.0, sql, sql);
    let reads = Some(forms.iter().map(|form| (*form).to_owned()).collect());
    let values = ReleaseValues { writes: "json".to_owned(), reads };
    for release in scenario.releases.values_mut() {
        release.values = BTreeMap::from([(column.to_owned(), values.clone())]);
    }
    scenario
}

fn few_orders(scenario: &mut Scenario, rows: u64) {
    let schema = scenario.database.schema.as_mut().unwrap();
    let table = std::sync::Arc::make_mut(schema).tables.get_mut("orders").unwrap();
    table.rows = Some(rows);
}

fn failed(fixture: &Fixture) -> u64 {
    fixture.counted("blue", 500)
}

fn nulls(fixture: &mut Fixture, sql: &str, until: i64) -> String {
    let id = execute(fixture, "psql", sql);
    fixture.run_checked(until);
    match &session(fixture, id).answers.last().unwrap().reply {
        Reply::Rows(table) => table.rows[0][0].clone().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_release_that_does_not_know_the_form_of_a_row_answers_500_ec_6() {
    let mut scenario = reading(&[READ], "orders.total", &["cents"]);
    let holds = ColumnValues { holds: "json".to_owned(), ..ColumnValues::default() };
    scenario.database.values = BTreeMap::from([("orders.total".to_owned(), holds)]);
    let mut fixture = serving(&scenario);
    fixture.run_checked(-20);
    assert_eq!(fixture.counted("blue", 200), 0);
    assert!(100 < failed(&fixture));
    let text = "the application: cannot read orders.total: its form is json";
    assert!(fixture.engine.model.trace.iter().any(|entry| entry.text.contains(text)));
}

#[test]
fn rows_that_a_release_writes_are_met_as_often_as_there_are_of_them_ec_6() {
    let write = "UPDATE orders SET total = $1 WHERE id = $2";
    let mut scenario = reading(&[write, READ], "orders.total", &["plain"]);
    few_orders(&mut scenario, 1_000);
    let mut fixture = serving(&scenario);
    fixture.run_checked(0);
    let (good, bad) = (fixture.counted("blue", 200) as f64, failed(&fixture) as f64);
    // After n updates e^(-n/1,000) of the rows are as they were; on average over n, this share is not.
    let n = (good + bad) / 1_000.0;
    let expected = 1.0 - (1.0 - libm::exp(-n)) / n;
    let share = bad / (good + bad);
    let four_deviations = 4.0 * (expected * (1.0 - expected) / (good + bad)).sqrt();
    assert!((share - expected).abs() < four_deviations, "{share} where {expected} was expected");
}

#[test]
fn a_new_column_is_null_until_a_backfill_has_come_to_the_row_ec_4_ec_5() {
    let mut scenario = reading(&[NOTE], "orders.note", &["plain"]);
    few_orders(&mut scenario, 1_000);
    let mut fixture = serving(&scenario);
    fixture.run_checked(-29);
    execute(&mut fixture, "V2__note.sql", "ALTER TABLE orders ADD COLUMN note text");
    fixture.run_checked(-25);
    let before = failed(&fixture);
    assert!(100 < before);
    let count = "SELECT count(*) FROM orders WHERE note IS NULL";
    assert_eq!(nulls(&mut fixture, count, -24), "1000");
    let batch = "UPDATE orders SET note = total WHERE note IS NULL AND id BETWEEN 1 AND 400";
    execute(&mut fixture, "psql", batch);
    assert_eq!(nulls(&mut fixture, count, -20), "600");
    execute(&mut fixture, "psql", "UPDATE orders SET note = total WHERE note IS NULL");
    assert_eq!(nulls(&mut fixture, count, -15), "0");
    let after = failed(&fixture);
    fixture.run_checked(-10);
    assert_eq!(failed(&fixture), after);
}

#[test]
fn a_column_that_has_nulls_cannot_be_made_not_null_pg_28_pg_32() {
    let mut fixture = serving(&reading(&[READ], "orders.note", &["plain"]));
    let sql = "ALTER TABLE orders ADD COLUMN note text; \
               ALTER TABLE orders ADD CONSTRAINT given CHECK (note IS NOT NULL) NOT VALID; \
               ALTER TABLE orders VALIDATE CONSTRAINT given; \
               ALTER TABLE orders ALTER note SET NOT NULL; \
               UPDATE orders SET note = 'x'; \
               ALTER TABLE orders VALIDATE CONSTRAINT given; \
               ALTER TABLE orders ALTER note SET NOT NULL";
    let id = execute(&mut fixture, "psql", sql);
    fixture.run_checked(120);
    let done = "ALTER TABLE";
    assert_eq!(answers(&fixture, id), [done, done, "23514", "23502", "UPDATE", done, done]);
    assert_eq!(fixture.engine.model.database.instance.as_ref().unwrap().rows("orders"), ORDERS);
}

#[test]
fn a_default_fills_the_rows_and_a_rename_keeps_them_pg_21_ec_3() {
    let mut scenario = reading(&[READ], "orders.note", &["plain"]);
    let renamed = ReleaseValues { writes: "plain".to_owned(), reads: None };
    for release in scenario.releases.values_mut() {
        release.values.insert("orders.remark".to_owned(), renamed.clone());
    }
    let mut fixture = serving(&scenario);
    let sql = "ALTER TABLE orders ADD COLUMN note text DEFAULT 'none'; \
               ALTER TABLE orders RENAME COLUMN note TO remark; \
               ALTER TABLE orders ADD COLUMN note text";
    execute(&mut fixture, "psql", sql);
    fixture.run_checked(-25);
    let count = |column: &str| format!("SELECT count(*) FROM orders WHERE {column} IS NULL");
    assert_eq!(nulls(&mut fixture, &count("remark"), -20), "0");
    assert_eq!(nulls(&mut fixture, &count("note"), -15), ORDERS.to_string());
}

/// PG-31, PG-32.
#[test]
fn a_check_that_is_not_valid_yet_stops_every_change_of_an_old_row_opg_7() {
    let change = "UPDATE orders SET total = $1 WHERE id = $2";
    let mut scenario = reading(&[change], "orders.note", &["null", "plain"]);
    few_orders(&mut scenario, 1_000);
    let mut fixture = serving(&scenario);
    execute(&mut fixture, "V2", "ALTER TABLE orders ADD note text");
    fixture.run_checked(-20);
    assert_eq!(failed(&fixture), 0);
    let check = "ALTER TABLE orders ADD CONSTRAINT has_note CHECK (note IS NOT NULL) NOT VALID";
    execute(&mut fixture, "V3", check);
    fixture.run_checked(-10);
    let after = failed(&fixture);
    assert!(100 < after);
    let text =
        "new row for relation \"orders\" violates check constraint \"has_note\" (SQLSTATE 23514)";
    assert!(fixture.engine.model.trace.iter().any(|entry| entry.text.contains(text)));
    // The old rows are the trouble, not the check: with values in them everybody may write.
    execute(&mut fixture, "V4", "UPDATE orders SET note = ''");
    fixture.run_checked(-5);
    let mended = failed(&fixture);
    fixture.run_checked(5);
    assert_eq!(failed(&fixture), mended);
}
