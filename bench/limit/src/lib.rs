//! The yardstick: both models written by hand for speed and nothing else. No causes, no digest, no
//! features; what is left is about what this machine can do.

#![allow(clippy::all, reason = "a yardstick is tuned, not tidy")]

mod heap;
pub mod model_a;
pub mod model_b;
mod rng;
