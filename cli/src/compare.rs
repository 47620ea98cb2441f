//! `cutover compare`: several strategies for the same users.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use clap::Args;
use serde::Serialize;
use sim_core::compare::{Making, Options, Outcome, PRICE, SHORTEST, Strategy};
use sim_core::diagnostic::{Diagnostic, Position};
use sim_core::random::Seed;
use sim_core::scenario::Scenario;
use sim_core::time::SimDuration;

use crate::compat::table;
use crate::{INVALID, folder, input, output};

/// Bring the new version in by several strategies, with the same users, and say what each costs
#[derive(Args, Debug)]
#[command(after_help = "\
Strategies: recreate, rolling, blue-green-service, blue-green-route, canary, mirror, header

Each is run twice: with the new version as the scenario has it, and with one that answers 30 % of its
requests with 500. An alert notices the second, and the way back is taken at once.

Exit status:
  0  they have been compared
  2  the scenario cannot be used, or has nothing to compare

Examples:
  cutover compare first-cutover
  cutover compare first-cutover --strategies canary,mirror --svg strategies.svg")]
pub(crate) struct CompareArgs {
    /// Folder of the scenario, or the name of a folder under scenarios/ here or further up
    pub(crate) scenario: PathBuf,

    /// How chance falls: any whole number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Which strategies, with commas between them; all if not given
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) strategies: Vec<String>,

    /// Requests a second of all users; the scenario's own if not given
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<f64>,

    /// Length of each run, at least 18m; the scenario's own if it is longer
    #[arg(long, value_name = "TIME")]
    pub(crate) duration: Option<String>,

    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,

    /// Draw who served when, strategy below strategy
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) svg: Option<PathBuf>,
}

/// Events between two looks at whether a run is over.
const EVENTS_AT_ONCE: u32 = 500_000;
/// Natural width of the drawing, in pixels.
const WIDTH: u32 = 960;
/// The longest run.
const LONGEST: SimDuration = SimDuration::from_secs(24 * 3_600);

pub(crate) fn compare(args: &CompareArgs) -> ExitCode {
    match try_compare(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            output::complain(&problems);
            ExitCode::from(INVALID)
        }
    }
}

fn try_compare(args: &CompareArgs) -> Result<(), Vec<Diagnostic>> {
    let one = |problem: Diagnostic| vec![problem];
    let folder = folder::find(&args.scenario).map_err(one)?;
    let (scenario, notes) = input::scenario(&folder)?;
    output::complain(&notes);
    let options = options(args, &scenario).map_err(one)?;
    let lanes = options.begin(&scenario, Seed(args.seed)).map_err(|problem| {
        let shown = folder.join(folder::SCENARIO_FILE).display().to_string();
        let message = format!("there is nothing to compare: {problem}");
        vec![Diagnostic::error(&shown, Position::default(), message)]
    })?;
    let outcomes = run(lanes);
    if let Some(path) = &args.svg {
        output::write_file(path, &charts::strategies(&outcomes, WIDTH)).map_err(one)?;
    }
    let printed = match args.json {
        true => {
            let document = Document {
                version: 1,
                scenario: &scenario.name,
                seed: args.seed,
                strategies: &outcomes,
            };
            serde_json::to_string_pretty(&document).expect("plain data has a JSON form") + "\n"
        }
        false => output::printable(&text(&outcomes, &scenario, args.seed)),
    };
    output::print(&printed).map_err(one)
}

/// The document of `--json`.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    scenario: &'a str,
    seed: u64,
    strategies: &'a [Outcome],
}

fn options(args: &CompareArgs, scenario: &Scenario) -> Result<Options, Diagnostic> {
    let wrong =
        |option: &str, message: String| Diagnostic::error(option, Position::default(), message);
    let mut options = Options::of(scenario);
    if !args.strategies.is_empty() {
        let named = |name: &String| {
            let found = Strategy::ALL.into_iter().find(|one| one.name() == name);
            let names = Strategy::ALL.map(Strategy::name).join(", ");
            found.ok_or_else(|| {
                wrong("--strategies", format!("there is no {name:?}; write some of {names}"))
            })
        };
        options.strategies = args.strategies.iter().map(named).collect::<Result<_, _>>()?;
    }
    if let Some(rate) = args.rate {
        if !(0.001..=100_000.0).contains(&rate) {
            return Err(wrong(
                "--rate",
                format!("{rate}: write requests a second, 0.001 to 100000"),
            ));
        }
        options.rate = Some(rate);
    }
    if let Some(text) = &args.duration {
        let length = sim_core::manifest::amount::duration(text);
        let length = length.filter(|length| (SHORTEST..=LONGEST).contains(length));
        options.duration = length.ok_or_else(|| {
            wrong("--duration", format!("{text}: write a length of time, 18m to 24h, such as 30m"))
        })?;
    }
    Ok(options)
}

/// Makes all runs, on as many cores as there are.
fn run(lanes: Vec<Making>) -> Vec<Outcome> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let count = lanes.len();
    let waiting = Mutex::new(lanes.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(count));
    let work = || {
        let next = || waiting.lock().ok()?.next();
        while let Some((place, mut lane)) = next() {
            while let ControlFlow::Continue(()) = lane.advance(EVENTS_AT_ONCE) {}
            if let Ok(mut done) = done.lock() {
                done.push((place, lane.outcome()));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores.min(count) {
            scope.spawn(work);
        }
    });
    let mut outcomes = done.into_inner().unwrap_or_default();
    outcomes.sort_by_key(|(place, _)| *place);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn text(outcomes: &[Outcome], scenario: &Scenario, seed: u64) -> String {
    let head = [
        "STRATEGY",
        "FAILED",
        "P99",
        "TIME TO FULL",
        "EXTRA POD-HOURS",
        "COST",
        "BAD: FAILED",
        "DETECTED",
        "BACK AFTER",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(outcomes.iter().map(row));
    let (cpu, memory) = PRICE;
    format!(
        "{} · seed {seed}\n\n{}\n\
         FAILED           tries of users that ended badly\n\
         TIME TO FULL     from the first command until the new version served everybody\n\
         EXTRA POD-HOURS  beyond those of the old version alone; COST is ${cpu} for a virtual CPU and \
         ${memory} for a GiB, for an hour\n\
         BAD              the same with a version that answers 30 % of its requests with 500: how many \
         failed,\n                 from its first request to the alert, from the alert until it served \
         nobody\n",
        scenario.title,
        table(&rows)
    )
}

fn row(outcome: &Outcome) -> Vec<String> {
    let Outcome { strategy, good, bad, money } = outcome;
    let time = |time: Option<SimDuration>| {
        time.map_or_else(|| "-".to_owned(), |time| format!("{:.0} s", time.as_secs_f64()))
    };
    vec![
        (*strategy).to_owned(),
        good.failed.to_string(),
        good.p99_ms.map_or_else(|| "-".to_owned(), |p99| format!("{p99:.0} ms")),
        time(good.full),
        format!("{:.2}", good.extra_pod_seconds / 3_600.0),
        format!("${money:.3}"),
        bad.failed.to_string(),
        time(bad.detected),
        time(bad.back),
    ]
}
