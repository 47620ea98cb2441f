//! Everything that crosses crates, in one program.

#![expect(clippy::print_stdout, reason = "tables of digests and timings are read by people")]

mod browser;
mod determinism;
mod envoy;
mod examples;
mod git;
mod invariants;
mod liquibase_judge;
mod manifests;
mod mariadb;
mod node;
mod postgres;
mod prometheus;
mod scenarios;
mod server;
mod terminal;
mod tidy;
mod why;
