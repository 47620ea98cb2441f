//! Behaviour of whole queries, a file a subject.

mod aggregates;
mod binaries;
mod functions;
mod oracles;
mod ranges;
mod selectors;
mod shape;
mod syntax;
