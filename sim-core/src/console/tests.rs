//! Tests of the console: lines in, what a terminal shows out.

mod apply;
mod bench;
mod describe;
mod files;
mod follow;
mod get;
mod never;
mod write;
