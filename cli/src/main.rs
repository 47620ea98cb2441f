//! `cutover`: runs and checks scenarios of blue-green rollouts.
//!
//! The simulator itself is `sim-core`; this program knows files, terminals and exit codes.

mod analyze;
mod args;
mod check;
mod compare;
mod compat;
mod document;
mod export;
mod folder;
mod input;
mod level;
mod lint;
mod map;
mod output;
mod query;
mod report;
mod run;
mod test_rules;
mod text;
mod why;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

/// Exit status of a run that missed an objective.
const MISSED: u8 = 1;
/// Exit status for errors of an analysis, as istioctl has it.
const FOUND_ISSUES: u8 = 79;
/// Exit status for input that cannot be used, and for output that cannot be written.
const INVALID: u8 = 2;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::check(&args),
        Command::Analyze(args) => analyze::analyze(&args),
        Command::Compat(args) => compat::compat(&args),
        Command::Lint(args) => lint::lint(&args),
        Command::Map(args) => map::map(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Export(args) => export::export(&args),
        Command::Query(args) => query::query(&args),
        Command::TestRules(args) => test_rules::test_rules(&args),
        Command::Why(args) => why::why(&args),
    }
}
