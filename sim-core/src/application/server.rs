//! The process in a pod: its workers, its queue, its pool of database connections.

use crate::application::release::{Release, ReleaseRoute};
use crate::cluster::pod::PodId;
use crate::random::{Random, Seed, Stream};
use crate::request::Line;
use crate::time::SimDuration;

/// What the process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// Starting: nobody listens.
    Starting,
    /// Serving.
    Listening,
    /// After SIGTERM: it finishes what it has begun and refuses the rest.
    Draining,
}

/// The process in a pod.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its pod.
    pub pod: PodId,
    /// Which run of the container it is.
    pub run: u16,
    /// Index of its release.
    pub release: u16,
    /// What it is doing.
    pub state: ServerState,
    /// Workers it has.
    pub workers: u32,
    /// Workers that serve a request.
    pub busy: u32,
    /// Requests that wait for a worker.
    pub queue: Line,
    /// Most requests that may wait for a worker.
    pub queue_max: u32,
    /// Database connections that are in use.
    pub connections: u32,
    /// Requests that wait for a connection.
    pub pool_queue: Line,
    /// Requests served since it started; what it learns from them makes it faster (E.2).
    pub served: u64,
    /// CPU time since it was last measured, in microseconds. A request's part is added when its
    /// worker begins with it.
    pub cpu_micros: u64,
    service_chance: Random,
    error_chance: Random,
}

impl Server {
    /// A process that has just been started.
    pub fn new(pod: PodId, run: u16, release: u16, of: &Release, seed: Seed) -> Self {
        Self {
            pod,
            run,
            release,
            state: ServerState::Starting,
            workers: of.workers,
            busy: 0,
            queue: Line::default(),
            queue_max: of.queue,
            connections: 0,
            pool_queue: Line::default(),
            served: 0,
            cpu_micros: 0,
            service_chance: seed.stream(Stream::ServiceTime, pod.0),
            error_chance: seed.stream(Stream::Errors, pod.0),
        }
    }

    /// Whether new connections are accepted.
    pub fn is_listening(&self) -> bool {
        self.state == ServerState::Listening
    }

    /// Whether it only finishes what it has begun.
    pub fn is_draining(&self) -> bool {
        self.state == ServerState::Draining
    }

    /// Requests it has accepted and not answered.
    pub fn in_flight(&self) -> u32 {
        self.busy + self.queue.len()
    }

    /// CPU time of the next request on this route: lognormal, longer while the process is cold.
    #[inline]
    pub fn service_time(&mut self, release: &Release, route: &ReleaseRoute) -> SimDuration {
        let warm = route.cpu.draw(&mut self.service_chance);
        if release.cold_factor <= 1.0 {
            return warm;
        }
        let left = libm::exp(-(self.served as f64) / release.cold_requests);
        let factor = 1.0 + (release.cold_factor - 1.0) * left;
        SimDuration::from_micros((warm.as_micros() as f64 * factor + 0.5) as u64)
    }

    /// Whether the next request on this route is answered with an error.
    #[inline]
    pub fn fails(&mut self, route: &ReleaseRoute) -> bool {
        0.0 < route.errors && self.error_chance.chance(route.errors)
    }
}
