//! The command line.

use std::path::PathBuf;

use sim_core::manifest::amount;
use sim_core::time::{SimDuration, SimTime};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::compare::CompareArgs;
use crate::export::ExportArgs;

/// What the document of a run promises.
const JSON_HELP: &str = "\
Print one JSON document instead of text

Its shape is stable: fields are added, but none is renamed or removed while `version` is 1. Times are
in seconds since the scenario began. Fields: version, scenario, title, seed, digest, duration_seconds,
reached, objectives, commands, requests (by version, code and flag), requests_total, requests_failed,
direct (calls no proxy saw), latency, users, cost (in pod-seconds), service_level, hints.";

/// Run and check scenarios of blue-green rollouts: Kubernetes, Istio and one shared database,
/// simulated. The same scenario, seed and log of commands always give the same run.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(RunArgs),
    Check(CheckArgs),
    Analyze(AnalyzeArgs),
    Compat(CompatArgs),
    Lint(LintArgs),
    Map(MapArgs),
    Compare(CompareArgs),
    Export(ExportArgs),
    Query(QueryArgs),
    TestRules(TestRulesArgs),
    Why(WhyArgs),
}

/// Run a scenario to its end and say what it came to.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status:
  0  every objective was reached
  1  an objective was missed
  2  the scenario or the log cannot be used, or a file cannot be written

Examples:
  cutover run first-cutover --log reference
  cutover run first-cutover --log naive/switch-before-ready --report lost-requests.html
  cutover run ./my-scenario --seed 7 --log attempt.log --json")]
pub(crate) struct RunArgs {
    /// Folder of the scenario, or the name of a folder under scenarios/ here or further up
    pub(crate) scenario: PathBuf,

    /// How chance falls: any whole number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Commands to type, with times: a file, or the name of one of the scenario's own logs
    ///
    /// FILE is a path (attempt.log), or the name of one of the scenario's own logs: `reference` for
    /// solutions/reference.log, `naive/switch-before-ready` for naive/switch-before-ready.log. Without
    /// this option nobody types anything.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<String>,

    /// Print one JSON document instead of text
    #[arg(long, long_help = JSON_HELP)]
    pub(crate) json: bool,

    /// Write what happened, and what caused it, as JSON lines
    ///
    /// One object a line: at (seconds), id, cause (the id behind it), topic, subject, text, rules (the
    /// rules of the model that made it happen).
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,

    /// Write the samples that were scraped as OpenMetrics, for a real Prometheus
    ///
    /// `promtool tsdb create-blocks-from openmetrics FILE FOLDER` makes the data of a Prometheus of them.
    /// Times are those of the run's calendar, which begins at 2026-01-05T09:00:00Z (1767603600). The format
    /// cannot say that a series has ended: Prometheus shows its last value for five minutes more. Samples
    /// of the last six hours are kept.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,

    /// Write a report with charts as one HTML file
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
}

/// Check scenarios, manifests and logs, and name every problem with its place.
#[derive(Args, Debug)]
#[command(after_help = "\
Errors mean that the input cannot be used. Notes name fields that have no effect in the simulation.
As text, both go to standard error as FILE:LINE:COLUMN: MESSAGE, and a count to standard output.
As JSON, one document goes to standard output. Its shape is stable: fields are added, but none is
renamed or removed while `version` is 1. Fields: version, checked, errors, notes, and findings, each
with file, line and column (from 1; 0 if the whole file is meant), severity (error or note), message
and, if there is advice, help.

Exit status:
  0  no errors, perhaps notes
  2  errors

Examples:
  cutover check scenarios
  cutover check scenarios/first-cutover green-deployment.yaml attempt.log --format json")]
pub(crate) struct CheckArgs {
    /// Scenario folder, folder of scenarios, scenario.yaml, manifest (.yaml, .yml) or log (.log)
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Analyze manifests as `istioctl analyze` does, without a cluster.
#[derive(Args, Debug)]
#[command(after_help = "\
All files together are one mesh, in which Istio's ingress gateway runs. Codes, levels and words are
those of Istio 1.26. Unlike istioctl, which finds no pods in files, Deployments stand for the pods that
they would make, and objects of every namespace are judged.

As text, messages go to standard output; JSON is the list that istioctl prints: code, level, origin,
message, reference (FILE:LINE), documentationUrl.

Exit status:
  0   no errors, perhaps warnings
  79  errors
  2   a file cannot be read or parsed

Examples:
  cutover analyze blue.yaml green.yaml mesh.yaml
  cutover analyze *.yaml --output json")]
pub(crate) struct AnalyzeArgs {
    /// Manifests: YAML or JSON
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// How to print what was found
    #[arg(long, short, value_enum, default_value_t = Output::Log)]
    pub(crate) output: Output,
}

/// Say which release works on which schema: every statement, after every migration.
#[derive(Args, Debug)]
#[command(after_help = "\
Rows are the schema before and after each migration, columns the releases. A cell says ok; breaks, with
SQLSTATE, statement and reason; blocks, if a statement waits while the migration works for a time that
grows with the table; or unknown, if something is not modelled. Releases are given from the oldest to
the newest. The point of no return is the migration after which the oldest release does not work any
more: from there on traffic cannot go back to it.

Migrations have Flyway's names and run in the order of their versions, in PostgreSQL each in a transaction
unless it cannot; in MySQL, which rolls no change of a schema back, a migration that fails leaves what it
did before. Tables whose rows are not given may have any number.

As JSON: steps (migration, releases by name with status, code, statement, reason; together; error;
notes) and point_of_no_return. Fields are added, but none is renamed or removed.

Exit status:
  0  the matrix was made, whatever it says
  2  a file cannot be read or parsed

Examples:
  cutover compat --schema schema.sql --release v1=v1.sql --release v2=v2.sql V*.sql --rows orders=2000000
  cutover compat --engine mysql --schema schema.sql --release v1=v1.sql V*.sql")]
pub(crate) struct CompatArgs {
    /// The database
    #[arg(long, value_enum, default_value_t = Engine::Postgresql)]
    pub(crate) engine: Engine,

    /// What the database holds at first: CREATE TABLE and the like
    #[arg(long, value_name = "FILE.sql")]
    pub(crate) schema: PathBuf,

    /// A release and a file with every statement that it sends; may be given several times
    #[arg(long = "release", value_name = "NAME=FILE.sql", required = true, value_parser = pair)]
    pub(crate) releases: Vec<(String, String)>,

    /// How many rows a table has; may be given several times
    #[arg(long, value_name = "TABLE=N", value_parser = rows)]
    pub(crate) rows: Vec<(String, u64)>,

    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,

    /// Migrations, with the names that Flyway wants
    #[arg(value_name = "MIGRATION")]
    pub(crate) migrations: Vec<PathBuf>,
}

/// Lint migrations: with squawk's rules, and with the releases that are live.
#[derive(Args, Debug)]
#[command(after_help = "\
squawk knows PostgreSQL and one file; for MySQL its rules are left out, and a note says so. Given a schema and the releases that run while a migration is
applied, this command also says which statement of a migration breaks or stops which release; and what
squawk warns of for the sake of running clients is a note if no live release depends on it.

Without --schema only squawk's rules apply. Migrations have Flyway's names and are applied in the order
of their versions.

Exit status:
  0  no errors or warnings, perhaps notes
  1  errors or warnings
  2  a file cannot be read or parsed

Examples:
  cutover lint V7__drop_name.sql
  cutover lint --schema schema.sql --release v2=v2.sql --release v3=v3.sql V*.sql --format json")]
pub(crate) struct LintArgs {
    /// The database
    #[arg(long, value_enum, default_value_t = Engine::Postgresql)]
    pub(crate) engine: Engine,

    /// What the database holds at first: CREATE TABLE and the like
    #[arg(long, value_name = "FILE.sql")]
    pub(crate) schema: Option<PathBuf>,

    /// A release that is live, and a file with every statement that it sends
    #[arg(long = "release", value_name = "NAME=FILE.sql", requires = "schema", value_parser = pair)]
    pub(crate) releases: Vec<(String, String)>,

    /// How many rows a table has; may be given several times
    #[arg(long, value_name = "TABLE=N", requires = "schema", value_parser = rows)]
    pub(crate) rows: Vec<(String, u64)>,

    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Migrations, with the names that Flyway wants
    #[arg(required = true, value_name = "MIGRATION")]
    pub(crate) migrations: Vec<PathBuf>,
}

/// Draw the safety map of a scenario: every release on every schema at every split of the traffic.
#[derive(Args, Debug)]
#[command(after_help = "\
Every cell is a run of its own: all releases are deployed, the schema is in place, the gateway has the
weights, and some hundred requests pass. A cell is safe; degraded, if p99 doubles or a release reads what
another one leaves empty; errors, if requests fail; or data loss, if a release reads a column that another
one does not keep up, though a migration says that it holds the same datum. The migrations are those of the
workspace that have not been run, each folder in the order of its versions. Each is also run while traffic
flows: ▲ before a cell says that requests fail or stand still meanwhile, △ that they wait.

With --log the run of that log is the path over the map: where it was, when, and what users saw there. Schemas
and splits that only this run has are added.

As JSON: version, scenario, seed, versions, columns (percent by version), rows (label, after, typed, error,
cells with class, requests, failed, p99_ms, reasons; edges with flow, waited, failed, seconds), path (from and
until in microseconds, row, column, class, requests, failed, reasons), notes, point_of_no_return, worst. Fields
are added, but none is renamed or removed while version is 1.

Exit status:
  0  the map was made; the path, if there is one, meets neither errors nor data loss
  1  the path meets errors or data loss
  2  the scenario or the log cannot be used, has nothing to map, or a file cannot be written

Examples:
  cutover map rename-in-one-step
  cutover map rename-in-one-step --log naive/rename-and-switch --svg map.svg")]
pub(crate) struct MapArgs {
    /// Folder of the scenario, or the name of a folder under scenarios/ here or further up
    pub(crate) scenario: PathBuf,

    /// How chance falls: any whole number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// The run that is the path: a file, or the name of one of the scenario's own logs
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<String>,

    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,

    /// Draw the map
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) svg: Option<PathBuf>,
}

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// PostgreSQL 15
    Postgresql,
    /// MySQL 8.0.36 with InnoDB
    Mysql,
}

impl From<Engine> for schema::Engine {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Postgresql => Self::Postgresql,
            Engine::Mysql => Self::Mysql,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), file.to_owned()))
        }
        _ => Err("write NAME=FILE.sql".to_owned()),
    }
}

fn rows(text: &str) -> Result<(String, u64), String> {
    let number = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let number =
        number.and_then(|(name, n)| Some((name.to_owned(), n.replace('_', "").parse().ok()?)));
    number.ok_or_else(|| "write TABLE=N, such as orders=2000000".to_owned())
}

/// Ask PromQL of a run, and print what Prometheus's HTTP API would answer.
#[derive(Args, Debug)]
#[command(after_help = "\
The answer is one JSON document: status, and data with resultType (vector, matrix, scalar or string) and
result; or status, errorType (bad_data, execution) and error, in Prometheus's own shape and words. Times
are in seconds since the scenario began, in the answer as in the query: time() is 0 there. Prometheus
scrapes from one minute before.

Exit status:
  0  answered
  2  the query is no PromQL or cannot be evaluated, or the scenario or the log cannot be used

Examples:
  cutover query first-cutover 'sum by (destination_version) (rate(istio_requests_total[1m]))' --at 5m
  cutover query first-cutover 'kube_deployment_status_replicas_available' --log reference \\
      --start 0 --end 10m --step 30s")]
pub(crate) struct QueryArgs {
    /// Folder of the scenario, or the name of a folder under scenarios/ here or further up
    pub(crate) scenario: PathBuf,

    /// PromQL
    pub(crate) expr: String,

    /// How chance falls: any whole number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Commands to type, with times: a file, or the name of one of the scenario's own logs
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<String>,

    /// The moment, in seconds or as 5m; the end of the run if not given
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "start",
          allow_negative_numbers = true)]
    pub(crate) at: Option<SimTime>,

    /// The first moment of a range
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    pub(crate) start: Option<SimTime>,

    /// The last moment of a range; the end of the run if not given
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "start",
          allow_negative_numbers = true)]
    pub(crate) end: Option<SimTime>,

    /// The step of a range; a 250th of it if not given
    #[arg(long, value_name = "DURATION", value_parser = step, requires = "start")]
    pub(crate) step: Option<SimDuration>,
}

/// Test Prometheus's rules with made series, as `promtool test rules` does.
#[derive(Args, Debug)]
#[command(after_help = "\
The files are promtool's own: rule_files, evaluation_interval, group_eval_order and tests, with interval,
input_series (0+10x5, 1x3, _, stale), alert_rule_test and promql_expr_test. So is what is printed.
external_labels and external_url are not modelled, and of templates only the simple part is: labels, the
value, printf, and the functions that write numbers for people.

Exit status:
  0  all tests succeed
  1  a test fails, or a file holds no tests or no rules
  2  a file cannot be read

Examples:
  cutover test-rules rules/tests.yaml")]
pub(crate) struct TestRulesArgs {
    /// Files of tests
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// Seconds since the scenario began, or a length of time such as 5m; either may be negative.
fn moment(text: &str) -> Result<SimTime, String> {
    let (sign, amount) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let length = step(amount).map_err(|_| "write seconds such as 90, or 5m".to_owned())?;
    Ok(SimTime::from_micros(sign * length.as_micros() as i64))
}

/// Seconds, or a length of time such as 30s.
fn step(text: &str) -> Result<SimDuration, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let with_unit = if is_number { format!("{text}s") } else { text.to_owned() };
    amount::duration(&with_unit).ok_or_else(|| "write seconds such as 15, or 30s".to_owned())
}

/// Run a scenario again and say what led to something in it.
#[derive(Args, Debug)]
#[command(after_help = "\
Requests are numbered from 1 in the order in which users send them; `cutover run --trace` names those
that failed. Times are those of the run, rules those of the simulator's model.

Exit status:
  0  answered
  2  there is no such thing in the run, or the scenario or the log cannot be used

Examples:
  cutover why first-cutover request/1201 --log naive/switch-before-ready
  cutover why first-cutover deployment/my-app-green --log reference --at 40s")]
pub(crate) struct WhyArgs {
    /// Folder of the scenario, or the name of a folder under scenarios/ here or further up
    pub(crate) scenario: PathBuf,

    /// request/N, pod/NAME, or another KIND/NAME that the trace knows
    pub(crate) subject: String,

    /// How chance falls: any whole number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Commands to type, with times: a file, or the name of one of the scenario's own logs
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<String>,

    /// Ask at this time of the run (90s, 5m) instead of its end
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub(crate) at: Option<SimDuration>,
}

fn seconds(text: &str) -> Result<SimDuration, String> {
    amount::duration(text).ok_or_else(|| "write a length of time such as 90s or 5m".to_owned())
}

/// How messages of an analysis are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A line each
    Log,
    /// A list of objects
    Json,
    /// The same list
    Yaml,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line each
    Text,
    /// One JSON document
    Json,
}
