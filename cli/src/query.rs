//! `cutover query`: PromQL over the samples of a run, answered as Prometheus's HTTP API does.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;

use sim_core::diagnostic::Diagnostic;
use sim_core::random::Seed;
use sim_core::simulation::Simulation;
use sim_core::telemetry::promql::{Query, Value};
use sim_core::telemetry::tsdb::Tsdb;
use sim_core::time::{SimDuration, SimTime};
use sim_core::why::Origin;

use crate::args::QueryArgs;
use crate::{INVALID, folder, input, output};

/// The answer's outer shape, in the order of Prometheus.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: &'static str,
    result: serde_json::Value,
}

/// Why there is no answer: Prometheus's type of error, and its text.
type Refused = (&'static str, String);

pub(crate) fn query(args: &QueryArgs) -> ExitCode {
    let given = answer(args).and_then(|answer| {
        let is_answered = answer.data.is_some();
        let text = serde_json::to_string(&answer).expect("plain data has a JSON form") + "\n";
        output::print(&text).map_err(|problem| vec![problem])?;
        Ok(is_answered)
    });
    match given {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(INVALID),
        Err(problems) => {
            output::complain(&problems);
            ExitCode::from(INVALID)
        }
    }
}

/// The moments that a query is asked about.
enum When {
    At(SimTime),
    Range(SimTime, SimTime, SimDuration),
}

fn answer(args: &QueryArgs) -> Result<Answer, Vec<Diagnostic>> {
    let folder = folder::find(&args.scenario).map_err(|problem| vec![problem])?;
    let (scenario, _) = input::scenario(&folder)?;
    let log = match &args.log {
        Some(value) => input::log(value, &scenario)?,
        None => Vec::new(),
    };
    let end = SimTime::ZERO + scenario.duration;
    let answer = prepare(args, end).and_then(|(query, when)| {
        let until = match when {
            When::At(at) => at,
            When::Range(_, to, _) => to,
        };
        let origin = Origin { scenario: Arc::new(scenario), seed: Seed(args.seed) };
        let mut simulation = Simulation::rerun(&origin);
        simulation.watch(&log, until, |_| ControlFlow::Continue(()));
        ask(&query, &when, &simulation.world().telemetry.tsdb)
    });
    Ok(match answer {
        Ok(data) => Answer { status: "success", data: Some(data), error_type: None, error: None },
        Err((kind, error)) => {
            Answer { status: "error", data: None, error_type: Some(kind), error: Some(error) }
        }
    })
}

/// The query and its times, or what is wrong with them before anything is run.
fn prepare(args: &QueryArgs, end: SimTime) -> Result<(Query, When), Refused> {
    let bad = |error: String| ("bad_data", error);
    let text = args.expr.as_str();
    let query = Query::parse(text).map_err(|error| error.in_text(text));
    let Some(from) = args.start else {
        let query = query.map_err(|error| bad(format!("invalid parameter \"query\": {error}")))?;
        return Ok((query, When::At(args.at.unwrap_or(end))));
    };
    let to = args.end.unwrap_or(end);
    if to < from {
        let error = "invalid parameter \"end\": end timestamp must not be before start time";
        return Err(bad(error.to_owned()));
    }
    let query = query.map_err(bad)?;
    // The page of Prometheus asks for 250 points.
    let step = args.step.unwrap_or_else(|| {
        SimDuration::from_secs((to.since(from).as_micros() / 250_000_000).max(1))
    });
    query.check_range(from, to, step).map_err(|error| bad(error.message))?;
    Ok((query, When::Range(from, to, step)))
}

fn ask(query: &Query, when: &When, tsdb: &Tsdb) -> Result<Data, Refused> {
    let (at, value) = match *when {
        When::At(at) => (at, query.answer(tsdb, at)),
        When::Range(from, to, step) => {
            (to, query.evaluate_range(tsdb, from, to, step).map(Value::Matrix))
        }
    };
    let value = value.map_err(|error| ("execution", error.message))?;
    let result = serde_json::from_str(&value.result_json(at)).expect("the result is JSON");
    Ok(Data { result_type: value.result_type(), result })
}
