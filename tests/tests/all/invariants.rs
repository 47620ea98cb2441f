//! What must hold after every event holds in random worlds. `SIM_SEED=n` runs one of them.

use sim_core::time::SimTime;
use wasm_digest::Case;

/// Random worlds, and the length of each in events: enough for roll-outs, crashes and overload.
const WORLDS: u32 = 20;
const EVENTS: u32 = 15_000;

#[test]
fn no_request_pod_or_capacity_is_lost_in_random_worlds() {
    let one = std::env::var("SIM_SEED").ok().and_then(|seed| seed.parse().ok());
    for world in one.map_or(1..WORLDS + 1, |seed| seed..seed + 1) {
        let mut case = Case::random(world);
        for _ in 0..EVENTS {
            if case.advance(1) {
                break;
            }
            let now = case.simulation().now();
            // Checking costs far more than an event: every event of every third second.
            if now < SimTime::ZERO || now.as_whole_secs() % 3 != 0 {
                continue;
            }
            if let Err(broken) = case.simulation().world().check(now) {
                panic!("{broken} at {now}; repeat with SIM_SEED={world}");
            }
        }
    }
}
