//! `cutover why`: what led to something in a run.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;

use sim_core::diagnostic::{Diagnostic, Position};
use sim_core::random::Seed;
use sim_core::simulation::Simulation;
use sim_core::time::SimTime;
use sim_core::why::{self, Origin};

use crate::args::WhyArgs;
use crate::{INVALID, folder, input, output};

pub(crate) fn why(args: &WhyArgs) -> ExitCode {
    match answer(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            output::complain(&problems);
            ExitCode::from(INVALID)
        }
    }
}

fn answer(args: &WhyArgs) -> Result<(), Vec<Diagnostic>> {
    let folder = folder::find(&args.scenario).map_err(|problem| vec![problem])?;
    let (scenario, _) = input::scenario(&folder)?;
    let log = match &args.log {
        Some(value) => input::log(value, &scenario)?,
        None => Vec::new(),
    };
    let until = SimTime::ZERO + args.at.unwrap_or(scenario.duration);
    let origin = Origin { scenario: Arc::new(scenario), seed: Seed(args.seed) };
    let answer = match args.subject.strip_prefix("request/").map(str::parse) {
        Some(Ok(number)) => {
            why::request(&origin, &log, number, until).map(|it| why::print_journey(&it))
        }
        Some(Err(_)) => Err("request/ is followed by a number".to_owned()),
        None => {
            let mut simulation = Simulation::rerun(&origin);
            simulation.watch(&log, until, |_| ControlFlow::Continue(()));
            why::print_subject(simulation.trace(), &args.subject)
        }
    };
    let refuse = |problem| vec![Diagnostic::error(&args.subject, Position::default(), problem)];
    output::print(&answer.map_err(refuse)?).map_err(|problem| vec![problem])
}
