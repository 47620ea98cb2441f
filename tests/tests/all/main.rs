//! Everything that crosses crates, in one program.

mod browser;
mod determinism;
mod invariants;
mod node;
mod scenarios;
mod server;
mod tidy;
