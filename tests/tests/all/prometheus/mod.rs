//! A real Prometheus judges our PromQL: runs are written as OpenMetrics, promtool makes data of them, and
//! every query is put to both. Where version 2.42 is known to answer otherwise than version 3, which we
//! follow, `differences` says how.

mod agreement;
mod corpus;
mod differences;
mod generated;
mod mistakes;
mod rules;
mod samples;
mod server;
