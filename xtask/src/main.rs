//! The repository's own commands, run as `cargo xtask COMMAND`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program of the terminal")]

mod arguments;
mod bench;
mod book;
mod build;
mod bundle;
mod ci;
mod repository;
mod scenarios;
mod serve;
mod setup;
mod steps;
mod summary;
mod test;
mod watch;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands:
  build   Build the guide into dist/book
  serve   Build the guide and serve it: [--port NUMBER] [--host ADDRESS] [--watch]
  test    Run all tests: [--without browser,node,envoy,postgres,mariadb,liquibase,
          prometheus,python,helm,grafana,actionlint,jactionlint] [FILTER]
  ci      Check format, lints and documentation, then run all tests
  bench   Measure speed, memory and the page's weight beside a yardstick
  help    Print this text

What is missing on the machine (the WebAssembly target, Chromium, Node, Envoy,
PostgreSQL, MariaDB, Prometheus) is installed where that is possible.
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
        Some("serve") => serve::run(arguments),
        Some("test") => test::run(&test::Options::parse(arguments)?),
        Some("ci") => {
            arguments.finish()?;
            ci::run()
        }
        Some("bench") => {
            arguments.finish()?;
            bench::run()
        }
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => bail!("there is no command `{other}`\n\n{HELP}"),
        None => bail!("a command is missing\n\n{HELP}"),
    }
}
