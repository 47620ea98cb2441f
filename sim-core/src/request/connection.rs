//! The connections of a pod to the database: its pool, who waits for it, and when the database has none
//! left (POOL-01..04, PG-09).
//!
//! Without a schema the database counts no connections: a pool has its size, or no limit.

use schema::Engine;

use super::{Ctx, Place, RequestEvent, RequestId};
use crate::application;
use crate::cluster::ClusterEvent;
use crate::cluster::pod::PodId;
use crate::database::dialect::{Rules, logged};
use crate::database::instance::Instance;
use crate::event::Event;
use crate::request::statement::Unserved;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// Kinds of lines in a pod's log, beside those of its statements.
const REFUSED_LINE: u32 = u32::MAX - 3;
const TIMEOUT_LINE: u32 = u32::MAX - 2;

/// What the application writes when no connection is free in time (POOL-02).
pub(super) fn timed_out(timeout: SimDuration) -> String {
    let millis = timeout.as_micros() / 1_000;
    format!(
        "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request \
         timed out after {millis}ms."
    )
}

/// What the application writes when the database refuses a connection (PG-09).
pub(super) fn refused(instance: &Instance) -> String {
    let error = instance.connections.refusal(false);
    logged("FATAL", &error)
}

impl World {
    /// A process has started: it opens its pool. False if it gets no connection, and ends (POOL-04).
    pub(crate) fn fill_pool(&mut self, pod: PodId, ctx: &mut Ctx<'_>) -> bool {
        let Some(instance) = &mut self.database.instance else { return true };
        let (server, running) = self.application.running(pod);
        let Some(wanted) = running.release.pool.filter(|_| running.release.needs_database()) else {
            return true;
        };
        server.opened = instance.connections.open(wanted, false);
        let (opened, total) = (server.opened, instance.connections);
        let engine = instance.dialect().engine;
        if opened == wanted {
            return true;
        }
        let complaint = refused(instance);
        let line = match opened {
            0 => format!("HikariPool-1 - Exception during pool initialization. {complaint}"),
            _ => format!("HikariPool-1 - {opened} of {wanted} connections: {complaint}"),
        };
        self.application.log(pod, REFUSED_LINE, ctx.now, || line);
        let name = self.cluster.state.pods.get(&pod).map_or("", |pod| &pod.name);
        let text = format!(
            "gets {opened} of {wanted} connections: {} of {} are open",
            total.open, total.limit
        );
        let subject = format!("pod/{name}");
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let rules: Rules = match engine {
            Engine::Postgresql => &["PG-09", "POOL-04"],
            Engine::Mysql => &["MY-06", "POOL-04"],
        };
        scope.note(Topic::Pod, subject, text, rules);
        0 < opened
    }

    /// No connection is free: one more is opened, if there may be one, or the request waits.
    pub(super) fn await_connection(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        let (pod, attempt) = (request.pod, request.tries);
        let (server, running) = self.application.running(pod);
        let pool = running.release.pool;
        let timeout = running.release.connection_timeout;
        if let Some(instance) = &mut self.database.instance {
            let may_grow = pool.is_none_or(|pool| server.opened < pool);
            if may_grow && instance.connections.open(1, false) == 1 {
                server.opened += 1;
                server.connections += 1;
                return self.query(id, ctx);
            }
            if pool.is_none() {
                request.unserved = Unserved::NoConnection;
                let line = refused(instance);
                self.application.log(pod, REFUSED_LINE, ctx.now, || line);
                return self.answer(id, 500, ctx);
            }
            ctx.after(timeout, Event::Request(RequestEvent::PoolTimeout { id, attempt }));
        }
        request.place = Place::AwaitingConnection;
        server.pool_queue.push(id, &mut self.requests);
    }

    /// The request has waited for a connection long enough (POOL-02).
    pub(super) fn pool_timeout(&mut self, id: RequestId, attempt: u8, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        if request.place != Place::AwaitingConnection || request.tries != attempt {
            return;
        }
        request.unserved = Unserved::PoolTimeout;
        let pod = request.pod;
        let (server, running) = self.application.running(pod);
        server.pool_queue.remove(id, &mut self.requests);
        let timeout = running.release.connection_timeout;
        self.application.log(pod, TIMEOUT_LINE, ctx.now, || timed_out(timeout));
        self.answer(id, 500, ctx);
    }

    /// A connection is needed no longer: the next in line has it, or it is free, or closed.
    pub(super) fn hand_on_connection(&mut self, pod: PodId, ctx: &mut Ctx<'_>) {
        let (server, running) = self.application.running(pod);
        if !server.probes.is_empty() {
            for probe in server.probes.advance() {
                let (after, event) = application::healthy(pod, probe);
                ctx.after(after, event.into());
            }
        }
        match server.pool_queue.pop(&mut self.requests) {
            Some(next) => self.query(next, ctx),
            None => {
                server.connections -= 1;
                if let Some(instance) = &mut self.database.instance
                    && running.release.pool.is_none()
                {
                    server.opened -= 1;
                    instance.connections.close(1);
                }
            }
        }
    }

    /// A process has ended: its connections are closed, but for those on which a statement still runs.
    pub(crate) fn end_process(&mut self, pod: PodId, how: ClusterEvent, ctx: &mut Ctx<'_>) {
        if let (Some(instance), Some(server)) =
            (&mut self.database.instance, self.application.server(pod))
        {
            instance.connections.close(server.opened - server.left_behind);
        }
        self.application.end(pod, how, ctx);
    }
}
