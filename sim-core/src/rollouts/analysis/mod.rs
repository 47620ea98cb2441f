//! Analysis: metrics that are measured again and again, and what they mean together (ROLL-40..46).

pub mod assess;
pub(crate) mod condition;
mod job;
pub mod run;
pub mod spec;
