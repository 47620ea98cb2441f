//! The process in a pod: its workers, its queue, its pool of database connections.

use crate::application::memory::Memory;
use crate::application::pool::WaitingProbes;
use crate::application::quota::CpuQuota;
use crate::application::release::{Release, ReleaseRoute};
use crate::cluster::pod::PodId;
use crate::cluster::spec::Resources;
use crate::fault::Trouble;
use crate::random::{Random, Seed, Stream};
use crate::request::{Line, RequestId};
use crate::time::{SimDuration, SimTime};

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

/// When the CPU part of a request will be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// At this time.
    DoneAt(SimTime),
    /// Not before somebody looks at the CPU quota at this time.
    LookAt(SimTime),
    /// Not before somebody looks at the CPU quota for another reason.
    InLine,
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
    /// Whether it has migrated the database, if its release does so before it listens.
    pub migrated: bool,
    /// Whether its sidecar is missing: nothing gets in or out (IST-81, 82).
    pub cut_off: bool,
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
    /// Database connections that are open (POOL-01); as many as it may need if the database does not count
    /// them.
    pub opened: u32,
    /// Connections of requests that were cut while a statement ran, which the database has yet to close.
    pub left_behind: u32,
    /// Health checks that wait for a connection.
    pub probes: WaitingProbes,
    /// Requests that wait for a connection.
    pub pool_queue: Line,
    /// Requests served since it started; what it learns from them makes it faster (E.2).
    pub served: u64,
    /// CPU time since it was last measured, in microseconds, if there is no limit. A request's part
    /// is added when its worker begins with it.
    cpu_micros: u64,
    /// CPU time up to the last measure, in microseconds.
    cpu_before: u64,
    /// What a CPU limit grants, if the workers can reach it (K8S-57).
    pub quota: Option<CpuQuota>,
    /// Memory limit in bytes (K8S-56).
    pub memory_limit: Option<u64>,
    /// What injected faults do to it.
    pub trouble: Trouble,
    /// Bytes that faults have made it lose, up to when.
    leaked: (u64, SimTime),
    /// When it began to listen.
    listening_since: SimTime,
    service_chance: Random,
    error_chance: Random,
}

impl Server {
    /// A process that has just been started.
    pub fn new(
        pod: PodId,
        (run, release): (u16, u16),
        of: &Release,
        limits: Resources,
        now: SimTime,
        seed: Seed,
    ) -> Self {
        Self {
            pod,
            run,
            release,
            state: ServerState::Starting,
            migrated: false,
            cut_off: false,
            workers: of.workers,
            busy: 0,
            queue: Line::default(),
            queue_max: of.queue,
            connections: 0,
            opened: of.pool.unwrap_or(u32::MAX),
            left_behind: 0,
            probes: WaitingProbes::default(),
            pool_queue: Line::default(),
            served: 0,
            cpu_micros: 0,
            cpu_before: 0,
            quota: CpuQuota::new(limits.cpu_milli, of.workers, now),
            memory_limit: (0 < limits.memory_bytes).then_some(limits.memory_bytes),
            trouble: Trouble::default(),
            leaked: (0, now),
            listening_since: now,
            service_chance: seed.stream(Stream::ServiceTime, pod.0),
            error_chance: seed.stream(Stream::Errors, pod.0),
        }
    }

    /// Start-up is over.
    pub fn listen(&mut self, now: SimTime) {
        self.state = ServerState::Listening;
        self.listening_since = now;
    }

    /// Memory it takes, in bytes.
    #[inline]
    pub fn memory(&self, release: &Release, now: SimTime) -> u64 {
        if self.state == ServerState::Starting {
            return 0;
        }
        let age = now.since(self.listening_since);
        let used = release.memory.used(self.in_flight().into(), self.served, age);
        used.saturating_add(self.leaked(now))
    }

    /// Bytes that faults have made it lose.
    #[inline]
    fn leaked(&self, now: SimTime) -> u64 {
        let (lost, until) = self.leaked;
        match self.trouble.leak {
            0 => lost,
            rate => {
                let micros = u128::from(now.since(until).as_micros());
                let more = u128::from(rate) * micros / 1_000_000;
                lost.saturating_add(u64::try_from(more).unwrap_or(u64::MAX))
            }
        }
    }

    /// Faults do something else to it from now on.
    pub fn feels(&mut self, trouble: Trouble, now: SimTime) {
        self.leaked = (self.leaked(now), now);
        self.trouble = trouble;
    }

    /// Whether it takes more memory than it may (K8S-56).
    #[inline]
    pub fn is_too_big(&self, release: &Release, now: SimTime) -> bool {
        self.memory_limit.is_some_and(|limit| limit < self.memory(release, now))
    }

    /// When it gets too big without any more requests, if it ever does.
    pub fn outgrows(&self, release: &Release, now: SimTime) -> Option<SimTime> {
        let limit = self.memory_limit?;
        if self.trouble.leak == 0 && self.leaked.0 == 0 {
            return release.memory.outgrows(limit, self.listening_since);
        }
        // From now on everything that leaks leaks as fast as it does now.
        let rate = release.memory.leak_second.saturating_add(self.trouble.leak);
        let base = self.memory(release, now);
        Memory { base, leak_second: rate, ..Memory::default() }.outgrows(limit, now)
    }

    /// A worker begins with a request that needs `time` of CPU. Gives when to look whether it has got
    /// it: with a limit nobody may have to look because of this request.
    #[inline]
    pub fn work(&mut self, id: RequestId, time: SimDuration, now: SimTime) -> Work {
        match &mut self.quota {
            None => {
                self.cpu_micros += time.as_micros();
                Work::DoneAt(now + time)
            }
            Some(quota) => quota.begin(id, time, now).map_or(Work::InLine, Work::LookAt),
        }
    }

    /// CPU time since it was last measured, in microseconds.
    pub fn take_cpu(&mut self, now: SimTime) -> u64 {
        let used = match &mut self.quota {
            None => std::mem::take(&mut self.cpu_micros),
            Some(quota) => quota.take_used(now),
        };
        self.cpu_before += used;
        used
    }

    /// CPU time since it was started, in seconds; with a limit as of when somebody last looked.
    pub fn cpu_seconds(&self) -> f64 {
        let since = self.quota.as_ref().map_or(self.cpu_micros, CpuQuota::used);
        (self.cpu_before + since) as f64 / 1e6
    }

    /// Whether it has not started yet.
    pub fn is_starting(&self) -> bool {
        self.state == ServerState::Starting
    }

    /// Whether new connections are accepted.
    pub fn is_listening(&self) -> bool {
        self.state == ServerState::Listening
    }

    /// Whether a request can get in.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.is_listening() && !self.cut_off
    }

    /// Whether it only finishes what it has begun.
    pub fn is_draining(&self) -> bool {
        self.state == ServerState::Draining
    }

    /// Whether a connection to the database is free.
    #[inline]
    pub fn has_connection(&self) -> bool {
        self.connections < self.opened
    }

    /// Requests it has accepted and not answered.
    pub fn in_flight(&self) -> u32 {
        self.busy + self.queue.len()
    }

    /// CPU time of the next request on this route: lognormal, longer while the process is cold.
    #[inline]
    pub fn service_time(&mut self, release: &Release, route: &ReleaseRoute) -> SimDuration {
        let warm = route.cpu.draw(&mut self.service_chance);
        let mut factor = self.trouble.pace;
        if 1.0 < release.cold_factor {
            let left = libm::exp(-(self.served as f64) / release.cold_requests);
            factor *= 1.0 + (release.cold_factor - 1.0) * left;
        } else if factor == 1.0 {
            return warm;
        }
        SimDuration::from_micros((warm.as_micros() as f64 * factor + 0.5) as u64)
    }

    /// Whether the next request on this route is answered with an error: by chance, or because no
    /// sidecar leads to the database.
    #[inline]
    pub fn fails(&mut self, route: &ReleaseRoute) -> bool {
        if self.cut_off && !route.sql.is_empty() {
            return true;
        }
        let share = route.errors.max(self.trouble.errors);
        0.0 < share && self.error_chance.chance(share)
    }
}
