//! The vectors OPG-5, 6 and 10 in a run: what a session waits for is what the server would do.

use super::{ORDERS, READ, answers, execute, serving, session, shop};
use crate::database::session::SessionId;
use crate::world_tests::Fixture;

/// What writing every order again takes at least: 200 000 rows a second (PG-43).
const REWRITE: f64 = ORDERS as f64 / 2e5;

fn seconds(fixture: &Fixture, id: SessionId) -> f64 {
    let session = session(fixture, id);
    let last = session.answers.last().expect("an answer");
    last.at.since(session.began).as_micros() as f64 / 1e6
}

/// How long each statement takes, after those of `before`.
fn rewrites(before: &str, sql: &str) -> bool {
    let mut fixture = serving(&shop(0.001, &[READ], &[READ]));
    if !before.is_empty() {
        execute(&mut fixture, "psql", before);
    }
    fixture.run_checked(-20);
    let id = execute(&mut fixture, "psql", sql);
    fixture.run_checked(40);
    assert_eq!(answers(&fixture, id), ["ALTER TABLE"], "{sql}");
    let seconds = seconds(&fixture, id);
    assert!(!(0.1..REWRITE).contains(&seconds), "{sql} takes {seconds} s");
    REWRITE <= seconds
}

/// PG-21, PG-22.
#[test]
fn a_default_that_may_differ_by_row_writes_every_row_again_opg_5() {
    let add = |default: &str| format!("ALTER TABLE orders ADD x timestamptz DEFAULT {default}");
    for (default, rewritten) in [("now()", false), ("clock_timestamp()", true)] {
        assert_eq!(rewrites("", &add(default)), rewritten, "{default}");
    }
}

/// PG-26, PG-27.
#[test]
fn only_a_type_that_holds_every_old_value_as_it_is_spares_the_rewrite_opg_6() {
    for (from, to, rewritten) in [
        ("varchar(50)", "varchar(100)", false),
        ("varchar(50)", "text", false),
        ("varchar(50)", "varchar(20)", true),
        ("integer", "bigint", true),
    ] {
        let add = format!("ALTER TABLE orders ADD x {from}");
        let change = format!("ALTER TABLE orders ALTER x TYPE {to}");
        assert_eq!(rewrites(&add, &change), rewritten, "{from} to {to}");
    }
}
