//! The JSON document of a run. Its shape is a promise: fields may be added, but none is renamed or
//! removed without raising [`VERSION`].

use serde::Serialize;
use sim_core::report::service_level::ServiceLevel;
use sim_core::report::{DirectCount, Latency, PodCost, RequestCount, Summary, UserSummary};
use sim_core::scenario::ObjectiveMode;
use sim_core::simulation::{Author, ObjectiveState, ObjectiveStatus, Printed, Simulation};
use sim_core::time::SimTime;
use sim_core::trace;

/// Version of the document's shape.
const VERSION: u32 = 1;

/// What `cutover run --json` prints. Times are seconds since the scenario began.
#[derive(Debug, Serialize)]
pub(crate) struct RunDocument<'a> {
    /// Version of this shape.
    version: u32,
    /// Name of the scenario's folder.
    scenario: &'a str,
    /// Title for people.
    title: &'a str,
    /// The seed.
    seed: u64,
    /// Sixteen hexadecimal digits; equal digests mean equal runs.
    digest: String,
    /// How long the run lasted.
    duration_seconds: f64,
    /// Whether every objective was reached.
    reached: bool,
    /// Objectives, in the scenario's order.
    objectives: Vec<ObjectiveRow<'a>>,
    /// Commands of the learner and the scenario's script, oldest first.
    commands: Vec<CommandRow<'a>>,
    /// Requests as the gateway saw them, by version, code and flag.
    requests: &'a [RequestCount],
    /// Requests in all.
    requests_total: u64,
    /// Requests that failed.
    requests_failed: u64,
    /// Calls that no proxy saw, by version and outcome.
    direct: &'a [DirectCount],
    /// Latency by version.
    latency: &'a [Latency],
    /// What each population of users experienced.
    users: &'a [UserSummary],
    /// Pods times seconds by version.
    cost: &'a [PodCost],
    /// What it means for a service level; null if nobody came through the gateway.
    service_level: Option<ServiceLevel>,
    /// Hints that were given.
    hints: Vec<HintRow<'a>>,
}

#[derive(Debug, Serialize)]
struct ObjectiveRow<'a> {
    id: &'a str,
    title: &'a str,
    /// `at-end`, `always` or `eventually`.
    mode: ObjectiveMode,
    /// `reached`, `missed` or `open`.
    state: &'static str,
    /// Since when it is reached or missed.
    at: Option<f64>,
    /// Why it could not be judged.
    problem: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct CommandRow<'a> {
    at: f64,
    /// `learner` or `script`.
    author: Author,
    command: &'a str,
    /// Exit status; null if it was still running at the end.
    status: Option<i32>,
    stdout: &'a str,
    stderr: &'a str,
}

#[derive(Debug, Serialize)]
struct HintRow<'a> {
    at: f64,
    say: &'a str,
}

impl<'a> RunDocument<'a> {
    pub(crate) fn new(simulation: &'a Simulation, summary: &'a Summary) -> Self {
        Self {
            version: VERSION,
            scenario: &summary.scenario,
            title: &summary.title,
            seed: summary.seed.0,
            digest: summary.digest.to_string(),
            duration_seconds: summary.now.as_secs_f64(),
            reached: summary.reached(),
            objectives: summary.objectives.iter().map(ObjectiveRow::new).collect(),
            commands: simulation
                .transcript()
                .iter()
                .chain(simulation.going())
                .map(CommandRow::new)
                .collect(),
            requests: &summary.requests,
            requests_total: summary.total(),
            requests_failed: summary.failed(),
            direct: &summary.direct,
            latency: &summary.latency,
            users: &summary.users,
            cost: &summary.cost,
            service_level: ServiceLevel::of(simulation),
            hints: simulation
                .hints()
                .iter()
                .map(|(at, hint)| HintRow { at: at.as_secs_f64(), say: &hint.say })
                .collect(),
        }
    }
}

impl<'a> ObjectiveRow<'a> {
    fn new(status: &'a ObjectiveStatus) -> Self {
        let (state, at) = match status.state {
            ObjectiveState::Open => ("open", None),
            ObjectiveState::Reached(at) => ("reached", Some(at)),
            ObjectiveState::Missed(at) => ("missed", Some(at)),
        };
        Self {
            id: &status.id,
            title: &status.title,
            mode: status.mode,
            state,
            at: at.map(SimTime::as_secs_f64),
            problem: status.problem.as_deref(),
        }
    }
}

impl<'a> CommandRow<'a> {
    fn new(printed: &'a Printed) -> Self {
        Self {
            at: printed.at.as_secs_f64(),
            author: printed.author,
            command: &printed.command,
            status: printed.reply.status,
            stdout: &printed.reply.stdout,
            stderr: &printed.reply.stderr,
        }
    }
}

/// One line of `--trace`.
#[derive(Debug, Serialize)]
pub(crate) struct TraceLine<'a> {
    at: f64,
    id: u64,
    /// Id of the event or command behind it; 0 if there is none.
    cause: u64,
    topic: trace::Topic,
    subject: &'a str,
    text: &'a str,
    rules: &'a [&'a str],
}

impl<'a> TraceLine<'a> {
    pub(crate) fn new(entry: &'a trace::Entry) -> Self {
        Self {
            at: entry.at.as_secs_f64(),
            id: entry.id.0,
            cause: entry.cause.0,
            topic: entry.topic,
            subject: &entry.subject,
            text: &entry.text,
            rules: entry.rules,
        }
    }
}
