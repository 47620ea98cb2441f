//! Tests of the console: lines in, what a terminal shows out.

mod apply;
mod autoscale;
mod bench;
mod complete;
mod config;
mod describe;
mod documents;
mod drain;
mod files;
mod flyway;
mod follow;
mod get;
mod istioctl;
mod jobs;
mod merge;
mod never;
mod proxies;
mod psql;
mod quota;
mod rollout;
mod select;
mod shell;
mod sidecars;
mod text;
mod usage;
mod write;
