//! What Flagger does with a shop's rollouts (FLG-01..10).

mod bench;
mod console;
mod gates;
mod metrics;
mod rollout;
mod weights;
