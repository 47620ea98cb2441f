//! What must hold after every event. Tests check it after every step; a run does not.

use crate::cluster::pod::PodId;
use crate::database::instance::Instance;
use crate::request::{ClientSide, Place, Request};
use crate::telemetry::registry::Reporter;
use crate::time::SimTime;
use crate::world::World;

/// Says that two counts of the same thing differ.
fn equal(what: &str, counted: u64, kept: u64) -> Result<(), String> {
    if counted == kept { Ok(()) } else { Err(format!("{what}: counted {counted}, kept {kept}")) }
}

/// Says that a count exceeds its limit.
fn within(what: &str, count: u32, limit: u32) -> Result<(), String> {
    if count <= limit { Ok(()) } else { Err(format!("{what}: {count} of at most {limit}")) }
}

impl World {
    /// Checks that no request is lost or counted twice, that pods are conserved, and that nothing
    /// uses more than there is. `Err` says what is broken.
    pub fn check(&self, now: SimTime) -> Result<(), String> {
        self.check_users()?;
        self.check_servers()?;
        self.check_database()?;
        crate::cluster::invariant::check(&self.cluster, now)
    }

    fn live(&self, wanted: impl Fn(&Request) -> bool) -> u64 {
        self.requests.iter().filter(|request| wanted(request)).count() as u64
    }

    /// Every try that was sent has ended in one way or is being waited for.
    fn check_users(&self) -> Result<(), String> {
        for (index, users) in self.workload.users.iter().enumerate() {
            let counts = &self.registry.users[index];
            let name = &users.population.name;
            let waiting = self.live(|request| {
                self.workload.population_of(request.class) == index
                    && matches!(
                        request.client,
                        ClientSide::Delayed
                            | ClientSide::Pending
                            | ClientSide::InFlight
                            | ClientSide::BackingOff
                            | ClientSide::Queueing
                            | ClientSide::Connecting
                            | ClientSide::Connected
                    )
            });
            equal(&format!("{name} waiting"), waiting, users.waiting.into())?;
            equal(&format!("{name} sent"), counts.ended() + waiting, counts.sent)?;
            if let Some(pool) = &users.pool {
                let mine = |one: &Request| self.workload.population_of(one.class) == index;
                let queueing = self.live(|one| mine(one) && one.client == ClientSide::Queueing);
                equal(&format!("{name} in line"), queueing, pool.line.len().into())?;
                let connected = self.live(|one| {
                    mine(one)
                        && matches!(one.client, ClientSide::Connecting | ClientSide::Connected)
                });
                equal(&format!("{name} connections"), connected, pool.busy() as u64)?;
            }
        }
        let source = self.registry.series().filter(|(_, one)| one.reporter == Reporter::Source);
        let reported = source.map(|(_, series)| series.requests).sum();
        let mut ended = 0;
        for (users, counts) in self.workload.users.iter().zip(&self.registry.users) {
            // Direct calls are seen by no proxy.
            ended += if users.pool.is_some() { 0 } else { counts.ended() - counts.refused };
        }
        equal("requests that the proxies report", ended, reported)?;
        let in_flight = self
            .live(|request| matches!(request.client, ClientSide::InFlight | ClientSide::Mirrored));
        let open = self.mesh.proxies().map(|at| u64::from(at.proxy.active())).sum();
        equal("requests that the proxies have open", in_flight, open)
    }

    /// Workers, queues and connections are what the requests say.
    fn check_servers(&self) -> Result<(), String> {
        for server in self.application.servers() {
            let at = |places: &[Place]| {
                self.live(|request| request.pod == server.pod && places.contains(&request.place))
            };
            let PodId(pod) = server.pod;
            let working = [
                Place::Computing,
                Place::AwaitingConnection,
                Place::AwaitingLock,
                Place::AwaitingCore,
                Place::Querying,
            ];
            equal(&format!("pod {pod} busy"), at(&working), server.busy.into())?;
            equal(&format!("pod {pod} queue"), at(&[Place::Queued]), server.queue.len().into())?;
            let connected = at(&[Place::AwaitingLock, Place::AwaitingCore, Place::Querying]);
            equal(&format!("pod {pod} connections"), connected, server.connections.into())?;
            within(&format!("pod {pod} workers"), server.busy, server.workers)?;
            within(&format!("pod {pod} queue"), server.queue.len(), server.queue_max)?;
        }
        Ok(())
    }

    /// Locks and connections are what requests and sessions say.
    fn check_instance(&self, instance: &Instance) -> Result<(), String> {
        for (id, relation) in instance.locks.iter() {
            let (held, waiting) = instance.locks.counts(id);
            let holders = instance.holders(id);
            for mode in schema::LockMode::ALL {
                let name = relation.describe();
                let own = holders.iter().filter(|(_, (_, one))| *one == mode).count();
                equal(&format!("{mode} on {name}"), own as u64, held[mode as usize].into())?;
                let queued = relation.queue.iter().filter(|one| one.mode == mode).count();
                let kept = waiting[mode as usize];
                equal(&format!("{mode} on {name} waiting"), queued as u64, kept.into())?;
            }
        }
        let pools = self.application.servers().map(|server| u64::from(server.opened)).sum::<u64>();
        let sessions = instance.open_sessions().count() as u64;
        let left = self.live(|one| one.place == Place::Orphaned);
        equal("connections", pools + sessions + left, instance.connections.open.into())
    }

    fn check_database(&self) -> Result<(), String> {
        let database = &self.database;
        let running = self.live(|one| matches!(one.place, Place::Querying | Place::Orphaned));
        equal("database running", running, database.running.into())?;
        if let Some(instance) = &database.instance {
            self.check_instance(instance)?;
        }
        let waiting = self.live(|one| one.place == Place::AwaitingCore);
        equal("database waiting", waiting, database.waiting.len().into())?;
        let cores = database.shape.cores.unwrap_or(u32::MAX);
        within("database cores", database.running, cores)
    }
}
