//! The repository's own commands, run as `cargo xtask COMMAND`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program of the terminal")]

mod arguments;
mod book;
mod build;
mod bundle;
mod repository;
mod scenarios;
mod steps;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands:
  build   Build the guide into dist/book
  help    Print this text
";

fn main() -> ExitCode {
    let mut arguments = Arguments::new(std::env::args().skip(1));
    match run(&mut arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &mut Arguments) -> Result<()> {
    match arguments.next().as_deref() {
        Some("build") => {
            arguments.finish()?;
            build::run()
        }
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => bail!("there is no command `{other}`\n\n{HELP}"),
        None => bail!("a command is missing\n\n{HELP}"),
    }
}
