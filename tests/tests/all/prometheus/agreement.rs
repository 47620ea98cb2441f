//! Answers: ours beside Prometheus's.

use std::collections::BTreeMap;

use anyhow::Result;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use sim_core::telemetry::promql::{self, Query};
use sim_core::time::{SimDuration, SimTime};

use super::corpus::{HISTORY, INSTANT, ORDERED};
use super::differences::{ANSWERS, RENAMED, TAKEN, is_deviation_of_nan};
use super::generated;
use super::samples::{BEGINNING, Samples};
use super::server::Server;

/// Queries that are generated.
const GENERATED: usize = 300;
/// How far two answers may lie apart, as a part of the larger.
const RELATIVE: f64 = 1e-9;
/// What rounding may leave where a number is taken from one as large.
const ABSOLUTE: f64 = 1e-12;

/// Cases counted by how they ended.
#[derive(Debug, Default)]
struct Tally {
    /// Both give the same series.
    agree: usize,
    /// Both give nothing.
    empty: usize,
    /// Both refuse, in the same words.
    refused: usize,
    /// They differ as the versions do.
    known: usize,
    differ: Vec<String>,
}

impl Tally {
    fn compare(&mut self, what: &str, ours: &Value, theirs: &Value, is_ordered: bool) {
        let failed = |answer: &Value| answer["status"] == "error";
        if failed(ours) && failed(theirs) && told(ours) == told(theirs) {
            self.refused += 1;
        } else if !failed(ours) && !failed(theirs) && same(ours, theirs, is_ordered) {
            match ours["data"]["result"].as_array().is_some_and(Vec::is_empty) {
                true => self.empty += 1,
                false => self.agree += 1,
            }
        } else if is_deviation_of_nan(what, ours, theirs) {
            self.known += 1;
        } else {
            self.differ.push(format!("{what}\n    ours   {ours}\n    theirs {theirs}"));
        }
    }

    fn print(&self, title: &str) {
        let Self { agree, empty, refused, known, differ } = self;
        println!(
            "{title}: {agree} agree, {empty} agree on nothing, {refused} are refused alike, {known} differ as \
             versions do, {} differ",
            differ.len()
        );
        assert!(differ.is_empty(), "{title}:\n{}", differ.join("\n"));
    }
}

/// The type of an error and what is said. Which two of several series are named hangs on their order.
fn told(answer: &Value) -> (&Value, &str) {
    let text = answer["error"].as_str().unwrap_or_default();
    let end = text.find("of the operation: [").unwrap_or(text.len());
    (&answer["errorType"], &text[..end])
}

/// Whether two answers are equal; series in any order, unless the query orders them.
fn same(ours: &Value, theirs: &Value, is_ordered: bool) -> bool {
    let (ours, theirs) = (&ours["data"], &theirs["data"]);
    let is_list = matches!(ours["resultType"].as_str(), Some("vector" | "matrix"));
    if ours["resultType"] != theirs["resultType"] {
        return false;
    }
    if is_ordered || !is_list {
        return close(&ours["result"], &theirs["result"]);
    }
    let by_metric = |answer: &Value| -> BTreeMap<String, Value> {
        let rows = answer["result"].as_array().into_iter().flatten();
        rows.map(|row| (row["metric"].to_string(), row.clone())).collect()
    };
    let (ours, theirs) = (by_metric(ours), by_metric(theirs));
    ours.len() == theirs.len()
        && ours
            .iter()
            .zip(&theirs)
            .all(|(ours, theirs)| ours.0 == theirs.0 && close(ours.1, theirs.1))
}

/// Equal but for rounding: numbers, and texts that are numbers.
fn close(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| close(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|b| close(value, b)))
        }
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::String(one), Value::String(other)) if one != other => {
            let (Ok(one), Ok(other)) = (one.parse::<f64>(), other.parse::<f64>()) else {
                return false;
            };
            let distance = (one - other).abs();
            distance <= RELATIVE * one.abs().max(other.abs()) || distance <= ABSOLUTE
        }
        _ => one == other,
    }
}

/// One of them is asked.
trait Answers {
    /// At a time of the calendar, in milliseconds.
    fn instant(&self, query: &str, millis: i64) -> Result<Value>;
    /// From, to and step in milliseconds.
    fn range(&self, query: &str, times: [i64; 3]) -> Result<Value>;
}

fn secs(millis: i64) -> String {
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}

impl Answers for Server {
    fn instant(&self, query: &str, millis: i64) -> Result<Value> {
        let query = RENAMED
            .iter()
            .fold(query.to_owned(), |text, (ours, theirs)| text.replace(ours, theirs));
        self.api("query", &[("query", &query), ("time", &secs(millis))])
    }

    fn range(&self, query: &str, [from, to, step]: [i64; 3]) -> Result<Value> {
        let (from, to, step) = (secs(from), secs(to), secs(step));
        let times = [("query", query), ("start", &from), ("end", &to), ("step", &step)];
        self.api("query_range", &times)
    }
}

fn success(value: &promql::Value, at: SimTime) -> Result<Value> {
    let result: Value = serde_json::from_str(&value.result_json(at))?;
    Ok(json!({"status": "success", "data": {"resultType": value.result_type(), "result": result}}))
}

fn failure(kind: &str, error: &str) -> Value {
    json!({"status": "error", "errorType": kind, "error": error})
}

impl Answers for Samples {
    fn instant(&self, text: &str, millis: i64) -> Result<Value> {
        let at = SimTime::from_micros(millis * 1_000);
        match Query::parse(text) {
            Err(error) => {
                let error = format!("invalid parameter \"query\": {}", error.in_text(text));
                Ok(failure("bad_data", &error))
            }
            Ok(query) => match query.answer(&self.tsdb, at) {
                Ok(value) => success(&value, at),
                Err(error) => Ok(failure("execution", &error.message)),
            },
        }
    }

    fn range(&self, text: &str, [from, to, step]: [i64; 3]) -> Result<Value> {
        let at = |millis: i64| SimTime::from_micros(millis * 1_000);
        let step = SimDuration::from_millis(step.unsigned_abs());
        let query = Query::parse(text).map_err(|error| anyhow::anyhow!("{text}: {error}"))?;
        match query.evaluate_range(&self.tsdb, at(from), at(to), step) {
            Ok(matrix) => success(&promql::Value::Matrix(matrix), at(to)),
            Err(error) => Ok(failure("execution", &error.message)),
        }
    }
}

/// Moments of a run that lie on no edge of a range: early, in its course, and when it is over.
fn moments(samples: &Samples) -> [i64; 3] {
    [1, 2, 4].map(|quarter| (BEGINNING + samples.length * quarter / 4) * 1_000 + 433)
}

#[test]
fn queries_over_a_run_have_the_answers_of_prometheus_prom_02_prom_06() -> Result<()> {
    let mut tally = Tally::default();
    for (name, log) in [("first-cutover", "reference"), ("retries-feed-the-fire", "reference")] {
        let samples = Samples::of(name, log)?;
        let server = Server::start(&samples.text)?;
        // Early in a run counters begin, which the two versions follow back differently.
        for at in &moments(&samples)[1..] {
            for (query, is_ordered) in INSTANT
                .iter()
                .map(|query| (query, false))
                .chain(ORDERED.iter().map(|query| (query, true)))
            {
                let (ours, theirs) = (samples.instant(query, *at)?, server.instant(query, *at)?);
                tally.compare(&format!("{name} {at}: {query}"), &ours, &theirs, is_ordered);
            }
        }
        let begin = BEGINNING * 1_000 + 433;
        let times = [begin, begin + samples.length * 1_000, 15_000];
        for query in HISTORY {
            let (ours, theirs) = (samples.range(query, times)?, server.range(query, times)?);
            tally.compare(&format!("{name}: {query}"), &ours, &theirs, true);
        }
    }
    tally.print(&format!("{} written queries", INSTANT.len() + ORDERED.len() + HISTORY.len()));
    Ok(())
}

#[test]
fn generated_queries_have_the_answers_of_prometheus_prom_03_prom_05() -> Result<()> {
    let samples = Samples::of("first-cutover", "reference")?;
    let server = Server::start(&samples.text)?;
    // The same queries every time: what they find is mended once.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let strategy = generated::vector();
    let mut tally = Tally::default();
    for number in 0..GENERATED {
        let tree = strategy.new_tree(&mut runner).map_err(|reason| anyhow::anyhow!("{reason}"))?;
        let query = tree.current();
        let at = moments(&samples)[number % 3];
        let (ours, theirs) = (samples.instant(&query, at)?, server.instant(&query, at)?);
        tally.compare(&query, &ours, &theirs, false);
    }
    tally.print(&format!("{GENERATED} generated queries"));
    assert!(GENERATED / 2 < tally.agree, "most queries give something");
    Ok(())
}

#[test]
fn known_differences_of_version_2_are_still_there_prom_02() -> Result<()> {
    let samples = Samples::of("first-cutover", "reference")?;
    let server = Server::start(&samples.text)?;
    for (query, at, why) in ANSWERS {
        let at = BEGINNING * 1_000 + at;
        let (ours, theirs) = (samples.instant(query, at)?, server.instant(query, at)?);
        assert_eq!((&ours["status"], &theirs["status"]), (&json!("success"), &json!("success")));
        assert!(!same(&ours, &theirs, false), "{query} does not differ: {ours}");
        println!("  known to differ: {query}: {why}");
    }
    for (query, why) in TAKEN {
        let at = moments(&samples)[0];
        let ours = samples.instant(query, at)?["status"] == "success";
        let theirs = server.api("query", &[("query", query), ("time", &secs(at))])?;
        assert_ne!(ours, theirs["status"] == "success", "{query}: {theirs}");
        println!("  taken by one: {query}: {why}");
    }
    println!("{} known differences", ANSWERS.len() + TAKEN.len());
    Ok(())
}
