//! `cutover run`: a run to its end, and what it came to.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use sim_core::diagnostic::Diagnostic;
use sim_core::random::Seed;
use sim_core::report::Summary;
use sim_core::scenario::LogEntry;
use sim_core::simulation::Simulation;
use sim_core::telemetry::openmetrics;
use sim_core::time::SimTime;

use crate::args::RunArgs;
use crate::document::{RunDocument, TraceLine};
use crate::report::{self, Samples};
use crate::{INVALID, MISSED, folder, input, output, text};

/// Events between two looks at the progress.
const EVENTS_AT_ONCE: u32 = 500_000;

pub(crate) fn run(args: &RunArgs) -> ExitCode {
    match try_run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(MISSED),
        Err(problems) => {
            output::complain(&problems);
            ExitCode::from(INVALID)
        }
    }
}

/// Whether every objective was reached.
fn try_run(args: &RunArgs) -> Result<bool, Vec<Diagnostic>> {
    let one = |problem: Diagnostic| vec![problem];
    let folder = folder::find(&args.scenario).map_err(one)?;
    let (scenario, notes) = input::scenario(&folder)?;
    output::complain(&notes);
    let log = match &args.log {
        Some(value) => input::log(value, &scenario)?,
        None => Vec::new(),
    };
    let mut simulation = Simulation::new(Arc::new(scenario), Seed(args.seed));
    let mut samples = Samples::new(simulation.end());
    play(&mut simulation, &log, &mut samples);
    let summary = Summary::of(&simulation);
    if let Some(path) = &args.trace {
        output::write_file(path, &trace(&simulation)).map_err(one)?;
    }
    if let Some(path) = &args.metrics {
        let samples = openmetrics::write(&simulation.world().telemetry.tsdb);
        output::write_file(path, &samples).map_err(one)?;
    }
    if let Some(path) = &args.report {
        output::write_file(path, &report::html(&simulation, &summary, &samples, &command(args)))
            .map_err(one)?;
    }
    let printed = if args.json {
        let document = RunDocument::new(&simulation, &summary);
        serde_json::to_string_pretty(&document).expect("plain data has a JSON form") + "\n"
    } else {
        text::run(&simulation, &summary)
    };
    output::print(&printed).map_err(one)?;
    Ok(summary.reached())
}

/// Types the commands of a log at their times and lets the rest of the time pass.
fn play(simulation: &mut Simulation, log: &[LogEntry], samples: &mut Samples) {
    let mut progress = Progress::new(simulation.end());
    for entry in log {
        progress.run_until(simulation, entry.at, samples);
        simulation.execute(&entry.command);
    }
    progress.run_until(simulation, simulation.end(), samples);
    progress.finish();
}

/// The command line that repeats a run.
fn command(args: &RunArgs) -> String {
    let quote = |word: &str| {
        let plain = |character: char| character.is_alphanumeric() || "-_./".contains(character);
        if word.chars().all(plain) {
            word.to_owned()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    let scenario = quote(&args.scenario.display().to_string());
    let log = args.log.iter().map(|log| format!(" --log {}", quote(log)));
    format!("cutover run {scenario} --seed {}{}", args.seed, log.collect::<String>())
}

fn trace(simulation: &Simulation) -> String {
    let lines = simulation.trace().iter().map(|entry| {
        let line = serde_json::to_string(&TraceLine::new(entry));
        line.expect("plain data has a JSON form") + "\n"
    });
    lines.collect()
}

/// How far the run is, on a terminal; nothing elsewhere.
struct Progress {
    end: SimTime,
    shown: bool,
    terminal: bool,
}

impl Progress {
    fn new(end: SimTime) -> Self {
        Self { end, shown: false, terminal: io::stderr().is_terminal() }
    }

    fn run_until(&mut self, simulation: &mut Simulation, time: SimTime, samples: &mut Samples) {
        while samples.next() <= time {
            self.pass(simulation, samples.next());
            samples.take(simulation);
        }
        self.pass(simulation, time);
    }

    fn pass(&mut self, simulation: &mut Simulation, time: SimTime) {
        while !simulation.run_some(time, EVENTS_AT_ONCE) {
            if self.terminal {
                let (now, end) = (simulation.now().as_whole_secs(), self.end.as_whole_secs());
                self.shown |= write!(io::stderr(), "\r{now} of {end} simulated seconds").is_ok();
            }
        }
    }

    fn finish(&self) {
        if self.shown {
            // Erases the line: what follows is the result. A terminal that is gone needs nothing.
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
