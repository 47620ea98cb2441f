//! `promql 'EXPR'`: what an expression gives now, in the columns of promql-cli: a column a label, then value
//! and time.

use std::collections::BTreeSet;

use crate::console::session::Session;
use crate::console::table::{self, Layout};
use crate::console::timestamp;
use crate::telemetry::labels::Labels;
use crate::telemetry::promql::print::number;
use crate::telemetry::promql::{Query, Value};
use crate::telemetry::tsdb::Point;
use crate::time::SimTime;

/// Space between the columns.
const COLUMNS: Layout = Layout { min_width: 0, padding: 4 };

pub(super) fn promql(words: &[String], session: &mut Session<'_, '_>) {
    let (flags, words): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with("--"));
    let bare = match flags[..] {
        [] => false,
        [flag] if flag == "--no-headers" => true,
        [flag, ..] => return session.out.fail(format!("Error: unknown flag: {flag}")),
    };
    let [text] = words[..] else {
        return session.out.fail("Usage: promql 'EXPR' [--no-headers]; quote the expression");
    };
    let now = session.ctx.now;
    let tsdb = &session.world.telemetry.tsdb;
    let query = match Query::parse(text) {
        Ok(query) => query,
        Err(problem) => {
            return session
                .out
                .fail(format!("error querying prometheus: {}", problem.in_text(text)));
        }
    };
    let rows = match query.answer(tsdb, now) {
        Err(problem) => {
            return session.out.fail(format!("error querying prometheus: {}", problem.message));
        }
        Ok(Value::String(text)) => return session.out.print(text),
        Ok(Value::Scalar(value)) => vec![(Labels::default(), value, now)],
        Ok(Value::Vector(vector)) => {
            vector.into_iter().map(|(labels, value)| (labels, value, now)).collect()
        }
        Ok(Value::Matrix(matrix)) => matrix.into_iter().flat_map(samples).collect(),
    };
    session.out.stdout.push_str(&written(&rows, bare));
}

/// The samples of one series of a range vector.
fn samples((labels, points): (Labels, Vec<Point>)) -> Vec<(Labels, f64, SimTime)> {
    points.into_iter().map(|point| (labels.clone(), point.value, point.at())).collect()
}

fn written(rows: &[(Labels, f64, SimTime)], bare: bool) -> String {
    let names: BTreeSet<&str> =
        rows.iter().flat_map(|(labels, ..)| labels.iter().map(|(name, _)| name)).collect();
    let head = names.iter().map(|name| name.to_uppercase());
    let head: Vec<String> = head.chain(["VALUE", "TIMESTAMP"].map(str::to_owned)).collect();
    let lines = rows.iter().map(|(labels, value, at)| {
        let own = names.iter().map(|name| labels.get(name).to_owned());
        own.chain([number(*value), timestamp(*at)]).collect::<Vec<String>>()
    });
    table::rows_in(COLUMNS, (!bare).then_some(head).into_iter().chain(lines))
}
