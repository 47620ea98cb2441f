//! Rules of section B.3 on the way of real requests. Every event is followed by a check of all
//! invariants.

mod direct;
mod faults;
mod outlier;
mod pools;
mod ports;
mod retries;

use crate::application::ApplicationEvent;
use crate::event::Event;
use crate::telemetry::registry::Reporter;
use crate::time::SimDuration;
use crate::world_tests::{Fixture, deployment, routes, scenario};

/// Routes to blue whose rule says more.
fn rule(more: &str) -> String {
    routes(100, 0).replace("  - route:", &format!("  - {more}\n    route:"))
}

/// Blue serves by this rule.
fn serving(rate: f64, more: &str, seed: u64) -> Fixture {
    let mut fixture = Fixture::serving(&scenario(rate, 0.0), seed);
    fixture.apply(&rule(more));
    fixture.run_checked(-25);
    fixture
}

/// Requests that were counted with this code and flag.
fn counted(fixture: &Fixture, reporter: Reporter, code: u16, flag: &str) -> u64 {
    let series = fixture.engine.model.registry.series();
    let wanted = series.filter(|(_, one)| {
        one.reporter == reporter && one.code == code && one.flag.to_string() == flag
    });
    wanted.map(|(_, one)| one.requests).sum()
}

fn inject(fixture: &mut Fixture, line: &str) {
    let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    let fault = crate::fault::parse(&words).expect(line);
    let (_, done) = fixture.engine.intervene(|world, ctx| world.inject(fault, ctx));
    done.expect(line);
}

/// The process of the busiest pod is killed.
fn kill_one(fixture: &mut Fixture) {
    fixture.engine.intervene(|world, ctx| {
        let servers = world.application.servers();
        let server = servers.max_by_key(|server| server.in_flight()).expect("blue runs");
        let event = ApplicationEvent::Killed { pod: server.pod, run: server.run };
        ctx.after(SimDuration::ZERO, Event::Application(event));
    });
}
