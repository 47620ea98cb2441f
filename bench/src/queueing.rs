//! Model A: users reach two groups of pods, nine in ten the first; every pod has four workers and a
//! line. It runs on the engine alone, without the world, and shows what the engine costs.

use sim_core::engine::{Context, Engine, Model};
use sim_core::queue::Lane;
use sim_core::random::{Random, Seed, Stream};
use sim_core::time::{SimDuration, SimTime};

/// Mean time between arrivals, in microseconds.
const GAP: f64 = 1e6 / 900.0;
/// Mean service time, in microseconds.
const SERVICE: f64 = 10_000.0;
/// Workers of a pod.
const WORKERS: u32 = 4;
/// Pods of a group.
const PODS: usize = 3;
/// Share of the second group.
const SECOND: f64 = 0.1;
/// Steps of the latency histogram within a doubling.
const STEPS: usize = 16;
/// Ends a line.
const NIL: u32 = u32::MAX;

/// What happens.
#[derive(Clone, Copy, Debug, Hash)]
pub enum Event {
    /// A user arrives.
    Arrival,
    /// A worker is done with this request.
    Done(u32),
}

#[derive(Clone, Copy, Debug)]
struct Request {
    arrived: SimTime,
    service: SimDuration,
    pod: u32,
    next: u32,
}

#[derive(Clone, Copy, Debug)]
struct Pod {
    busy: u32,
    waiting: u32,
    head: u32,
    tail: u32,
}

/// What one group has served.
#[derive(Clone, Debug)]
pub struct Served {
    /// Requests.
    pub requests: u64,
    /// Time they waited for a worker, in microseconds.
    pub waited: u64,
    histogram: Vec<u32>,
}

/// The queueing model.
#[derive(Clone, Debug)]
pub struct Queueing {
    left: u32,
    arrivals: Lane,
    pods: [Pod; 2 * PODS],
    turns: [usize; 2],
    requests: Vec<Request>,
    free: u32,
    /// By group.
    pub served: [Served; 2],
    gaps: Random,
    routes: Random,
    services: Random,
}

impl Queueing {
    /// An engine before the first of so many arrivals.
    pub fn engine(requests: u32, seed: Seed) -> Engine<Self> {
        Engine::new(SimTime::ZERO, |ctx| {
            let pod = Pod { busy: 0, waiting: 0, head: NIL, tail: NIL };
            let served = Served { requests: 0, waited: 0, histogram: vec![0; 64 * STEPS] };
            let mut model = Self {
                left: requests,
                arrivals: ctx.open_lane(),
                pods: [pod; 2 * PODS],
                turns: [0; 2],
                requests: Vec::new(),
                free: NIL,
                served: [served.clone(), served],
                gaps: seed.stream(Stream::Arrivals, 0),
                routes: seed.stream(Stream::Routing, 0),
                services: seed.stream(Stream::ServiceTime, 0),
            };
            model.expect_next(ctx);
            model
        })
    }

    fn expect_next(&mut self, ctx: &mut Context<'_, Event>) {
        if 0 < self.left {
            self.left -= 1;
            ctx.after_in(self.arrivals, micros(self.gaps.exponential() * GAP), Event::Arrival);
        }
    }

    fn arrive(&mut self, ctx: &mut Context<'_, Event>) {
        let group = usize::from(self.routes.chance(SECOND));
        let turn = self.turns[group];
        self.turns[group] = if turn + 1 == PODS { 0 } else { turn + 1 };
        let pod = group * PODS + turn;
        let service = micros(self.services.exponential() * SERVICE);
        let id = self.open(Request { arrived: ctx.now, service, pod: pod as u32, next: NIL });
        let pod = &mut self.pods[pod];
        if pod.busy < WORKERS {
            pod.busy += 1;
            ctx.after(service, Event::Done(id));
        } else {
            if pod.waiting == 0 {
                pod.head = id;
            } else {
                self.requests[pod.tail as usize].next = id;
            }
            pod.tail = id;
            pod.waiting += 1;
        }
        self.expect_next(ctx);
    }

    fn done(&mut self, id: u32, ctx: &mut Context<'_, Event>) {
        let request = self.requests[id as usize];
        let group = &mut self.served[request.pod as usize / PODS];
        let sojourn = ctx.now.since(request.arrived).as_micros();
        group.requests += 1;
        group.waited += sojourn - request.service.as_micros();
        group.histogram[bucket(sojourn)] += 1;
        let pod = &mut self.pods[request.pod as usize];
        if 0 < pod.waiting {
            let next = pod.head;
            let waiting = self.requests[next as usize];
            pod.head = waiting.next;
            pod.waiting -= 1;
            ctx.after(waiting.service, Event::Done(next));
        } else {
            pod.busy -= 1;
        }
        self.requests[id as usize].next = self.free;
        self.free = id;
    }

    fn open(&mut self, request: Request) -> u32 {
        let id = self.free;
        if id == NIL {
            self.requests.push(request);
            return (self.requests.len() - 1) as u32;
        }
        let slot = &mut self.requests[id as usize];
        self.free = slot.next;
        *slot = request;
        id
    }
}

impl Model for Queueing {
    type Event = Event;

    #[inline]
    fn apply(&mut self, event: Event, ctx: &mut Context<'_, Event>) {
        match event {
            Event::Arrival => self.arrive(ctx),
            Event::Done(id) => self.done(id, ctx),
        }
    }
}

#[inline]
fn micros(length: f64) -> SimDuration {
    SimDuration::from_micros((length + 0.5) as u64)
}

/// Place in a histogram of [`STEPS`] steps a doubling.
#[inline]
fn bucket(value: u64) -> usize {
    let value = value | STEPS as u64;
    let doubling = 63 - value.leading_zeros() as usize;
    (doubling - 4) * STEPS + (value >> (doubling - 4)) as usize % STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_wait_is_that_of_the_exact_answer() {
        // A pod of the first group is an E3/M/4 queue: every third of 810 arrivals a second, four
        // workers of 10 ms. Its mean wait is 1.45 ms; two million requests know it to about 2 %.
        let mut engine = Queueing::engine(2_000_000, Seed(1));
        engine.run_until(SimTime::MAX);
        let [first, second] = &engine.model.served;
        let wait = first.waited as f64 / first.requests as f64 / 1e3;
        assert!((1.40..1.50).contains(&wait), "{wait} ms");
        let share = second.requests as f64 / 2e6;
        // Three standard deviations of a binomial share.
        assert!((share - SECOND).abs() < 3.0 * (0.09f64 / 2e6).sqrt(), "{share}");
        assert_eq!(first.requests + second.requests, 2_000_000);
    }
}
