//! The simulator behind Cutover: Kubernetes, Istio and one shared database, driven by commands.
//!
//! `Run = f(scenario, seed, log)`: the same scenario, seed and log of commands give the same run,
//! natively and as WebAssembly. Nothing else enters: no clock, no files, no threads.
//!
//! Reading order: [`time`], [`random`], [`queue`], [`engine`] are the engine; [`request`] is the life
//! of one request; [`cluster`], [`mesh`], [`application`], [`workload`] and [`telemetry`] are the parts
//! of the world; [`simulation`] is what programs use.

#![cfg_attr(test, allow(clippy::too_many_lines, reason = "tables of cases and snapshots are long"))]

pub mod application;
pub mod chunked;
pub mod cluster;
pub mod compare;
pub mod console;
pub mod database;
pub mod delivery;
pub mod diagnostic;
pub mod digest;
pub mod engine;
pub mod event;
pub mod fault;
pub mod flagger;
pub mod invariant;
pub mod kruise;
pub mod manifest;
pub mod map;
pub mod mesh;
pub mod queue;
pub mod random;
pub mod recording;
pub mod report;
pub mod request;
pub mod rollouts;
pub mod scenario;
pub mod session;
pub mod simulation;
pub mod telemetry;
#[cfg(test)]
mod terminal;
pub mod time;
pub mod trace;
pub mod view;
pub mod why;
pub mod workload;
pub mod world;
#[cfg(test)]
mod world_tests;
