//! Requests of callers in the cluster that have no sidecar: no gateway, no route, no retry but their own.
//!
//! ```text
//! caller ── a connection that is free ──────────────────────────► its pod: as any request ─┐
//!   ▲  └─── none: kube-proxy picks an endpoint ─► handshake ────► that pod                 │
//!   └────────────────────────────────────────────────────────────────────────── heard ◄────┘
//! ```
//!
//! kube-proxy balances connections (K8S-71). One that stands stays with its pod when the Service has
//! changed long since (K8S-72), also while the pod ends: during preStop it serves as before (K8S-61).
//! Then it depends on the application:
//!
//! - A graceful one closes idle connections at SIGTERM and answers what it has begun with `Connection:
//!   close`. Only a request that is just on its way then meets a closed connection: reset.
//! - Another ends at SIGTERM, and whatever it has begun is reset.
//!
//! An application that goes on serving its connections after SIGTERM is not modelled. A client that
//! sends a request again after a reset has `retries`.
//!
//! No gateway sees these requests. The application counts them, and so does the caller; Istio's metrics
//! only where a sidecar stands beside the application, as `reporter="destination"`. Such a sidecar also
//! holds the connection and answers 503 for an application that does not (IST-81).

use super::{ClientSide, Ctx, Ended, Place, RequestEvent, RequestId};
use crate::cluster::kube_proxy::Pick;
use crate::cluster::pod::PodId;
use crate::event::Event;
use crate::mesh::flag::Flags;
use crate::telemetry::failure::{CallError, Sign};
use crate::telemetry::registry::{DestinationId, Reporter, SourceId};
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::workload::WorkloadEvent;
use crate::workload::pool::{ConnectionId, Pool, Take};
use crate::world::{Scope, World};

impl World {
    /// A caller sends a request: over a free connection, over a new one, or later over one that gets
    /// free.
    pub(super) fn call(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        self.requests[id].client = ClientSide::Choosing;
        match self.pool_of(id).take(ctx.now) {
            Take::Open(connection) => {
                let pod = self.pool_of(id).get(connection).pod;
                self.assign(id, connection, pod, ClientSide::Connected);
                self.send_over(1, RequestEvent::Delivered(id), ctx);
            }
            Take::Room => self.dial(id, ctx),
            Take::Full => {
                self.requests[id].client = ClientSide::Queueing;
                let population = self.workload.population_of(self.requests[id].class);
                let pool = self.workload.users[population].pool.as_mut();
                pool.expect("its callers have one").line.push(id, &mut self.requests);
            }
        }
    }

    /// A new connection: kube-proxy picks its endpoint, once (K8S-71).
    fn dial(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let population = self.workload.population_of(self.requests[id].class);
        let pool = self.workload.users[population].pool.as_mut().expect("its callers have one");
        let proxy = self.cluster.kube_proxy.as_ref().expect("it was started for its callers");
        let (pod, to, open) =
            match proxy.pick(&pool.calls.service, pool.calls.port, &mut pool.chance) {
                Pick::NoService => return self.fail(id, CallError::UnknownHost, ctx),
                Pick::NoEndpoint => return self.fail(id, CallError::Refused, ctx),
                Pick::NoPort => (PodId(u32::MAX), pool.nobody, false),
                Pick::Endpoint(endpoint) => {
                    let to = self.registry.destination(endpoint.labels.clone());
                    (endpoint.pod, to, endpoint.open)
                }
            };
        let connection = pool.open(pod, to, open, ctx.now);
        self.assign(id, connection, pod, ClientSide::Connecting);
        // Where nobody is, nobody says no: the caller's patience ends it.
        if pod != PodId(u32::MAX) {
            self.send_over(1, RequestEvent::Knocked(id), ctx);
        }
    }

    fn assign(&mut self, id: RequestId, connection: ConnectionId, pod: PodId, client: ClientSide) {
        let stray = !self.pool_of(id).get(connection).open;
        let request = &mut self.requests[id];
        (request.connection, request.pod, request.stray) = (connection, pod, stray);
        request.client = client;
    }

    /// Packets go to the pod, to and fro so often until something happens there. Over a broken way they
    /// are lost, and nobody learns of it.
    fn send_over(&mut self, ways: u64, event: RequestEvent, ctx: &mut Ctx<'_>) {
        let id = event.request();
        let trouble = self.trouble_at(self.requests[id].pod);
        let travels = matches!(event, RequestEvent::Delivered(_)) && !trouble.unreachable;
        self.requests[id].place = if travels { Place::Travelling } else { Place::Gone };
        if !trouble.unreachable {
            let way = self.hop + trouble.delay;
            let time = SimDuration::from_micros(ways * way.as_micros());
            ctx.after(time, Event::Request(event));
        }
    }

    /// The wish for a connection reaches the pod: it is granted, and the request follows, or refused.
    pub(super) fn knock(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &self.requests[id];
        if request.client != ClientSide::Connecting {
            return;
        }
        let (pod, stray) = (request.pod, request.stray);
        let listens = self.application.server(pod).is_some_and(|server| server.is_listening());
        // A sidecar takes every connection in, whatever the application listens on.
        if listens && !stray || self.mesh.sidecars.serves(pod) {
            self.requests[id].client = ClientSide::Connected;
            self.send_over(2, RequestEvent::Delivered(id), ctx);
        } else {
            self.requests[id].place = Place::Returning;
            self.go_home(pod, RequestEvent::Refused(id), ctx);
        }
    }

    /// The pod answers. One that drains says `Connection: close`.
    pub(super) fn answer_caller(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        request.place = Place::Returning;
        let (pod, connection) = (request.pod, request.connection);
        let (code, took) = (request.code, ctx.now.since(request.delivered));
        if self.application.server(pod).is_some_and(|server| server.is_draining()) {
            self.pool_of(id).is_last(connection);
        }
        if self.mesh.sidecars.serves(pod) {
            let ends = (SourceId::UNKNOWN, self.called_by(id));
            self.registry.count(Reporter::Destination, ends, (code, Flags::NONE), took);
        }
        self.go_home(pod, RequestEvent::Heard(id), ctx);
    }

    /// The answer is there, and the connection free for the next request.
    pub(super) fn hear(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        self.requests[id].place = Place::Gone;
        let request = &self.requests[id];
        let (code, connection, number) = (request.code, request.connection, request.number);
        if request.client != ClientSide::Connected {
            return self.requests.close(id);
        }
        let population = self.workload.population_of(request.class);
        let to = self.pool_of(id).get(connection).to;
        self.registry.count_direct(to, (code, None));
        self.pool_of(id).give_back(connection, ctx.now);
        let counts = &mut self.registry.users[population];
        if code < 500 {
            counts.answered += 1;
            counts.denied += u64::from(400 <= code);
            self.requests.ended = Ended { number, code, sign: Sign::default(), to };
            self.end_client(id, ctx);
        } else {
            counts.errors += 1;
            self.note_failure(id, to, (code, Sign::default()), ctx);
            self.try_again(id, ctx);
        }
        self.serve_line(population, ctx);
    }

    /// The caller learns that it got no connection, or has none any more.
    pub(super) fn lose_connection(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let error = match self.requests[id].client {
            ClientSide::Connecting => CallError::Refused,
            _ => CallError::Reset,
        };
        self.fail(id, error, ctx);
    }

    /// The caller has waited long enough, and closes the connection if it has one: an answer that is
    /// still to come would be taken for that of the next request.
    pub(super) fn lose_patience(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        self.fail(id, CallError::TimedOut, ctx);
    }

    /// A call fails.
    fn fail(&mut self, id: RequestId, error: CallError, ctx: &mut Ctx<'_>) {
        let request = &self.requests[id];
        let (client, connection) = (request.client, request.connection);
        let population = self.workload.population_of(request.class);
        let pool = self.workload.users[population].pool.as_mut().expect("its callers have one");
        let mut to = pool.nobody;
        match client {
            ClientSide::Connecting | ClientSide::Connected => {
                to = pool.get(connection).to;
                pool.close(connection);
            }
            ClientSide::Queueing => pool.line.remove(id, &mut self.requests),
            _ => {}
        }
        self.count_failure(population, to, error);
        self.note_failure(id, to, (0, Sign::Caller(error)), ctx);
        self.try_again(id, ctx);
        if client != ClientSide::Choosing {
            self.serve_line(population, ctx);
        }
    }

    fn count_failure(&mut self, population: usize, to: DestinationId, error: CallError) {
        self.registry.count_direct(to, (0, Some(error)));
        let counts = &mut self.registry.users[population];
        match error {
            CallError::Refused | CallError::UnknownHost => counts.refused += 1,
            CallError::Reset => counts.resets += 1,
            CallError::TimedOut => counts.timeouts += 1,
        }
    }

    /// Requests that wait for a connection get what there is now.
    fn serve_line(&mut self, population: usize, ctx: &mut Ctx<'_>) {
        loop {
            let pool = self.workload.users[population].pool.as_mut();
            let pool = pool.expect("its callers have one");
            if !pool.has_room() {
                return;
            }
            let Some(next) = pool.line.pop(&mut self.requests) else { return };
            self.call(next, ctx);
        }
    }

    /// A pod closes every connection on which it does not work: its process ends, or drains.
    pub(crate) fn hang_up_idle(&mut self, pod: PodId, ctx: &mut Ctx<'_>) {
        if self.workload.calls_directly() {
            let delay = self.hop + self.trouble_at(pod).delay;
            ctx.after(delay, WorkloadEvent::HungUp(pod).into());
        }
    }

    /// Callers learn of it. What is still under way on these connections is answered, or reset.
    pub(crate) fn hung_up(&mut self, pod: PodId, ctx: &mut Ctx<'_>) {
        let known = self.cluster.state.pods.get(&pod);
        let name = known.map_or("a pod that has gone", |pod| &pod.name);
        let cause = known.map_or(ctx.cause, |pod| pod.changed_by);
        for users in &mut self.workload.users {
            let Some(pool) = &mut users.pool else { continue };
            let (idle, busy) = pool.hang_up(pod);
            if 0 < idle + busy {
                let subject = format!("users/{}", users.population.name);
                let text = format!(
                    "{name} has closed {idle} idle connections; the {busy} in use end as well"
                );
                let scope = &mut Scope { ctx, trace: &mut self.trace };
                scope.note_because(cause, Topic::Endpoints, subject, text, &["K8S-64", "K8S-72"]);
            }
        }
    }

    /// What a direct caller has reached.
    pub(super) fn called_by(&mut self, id: RequestId) -> DestinationId {
        let connection = self.requests[id].connection;
        self.pool_of(id).get(connection).to
    }

    fn pool_of(&mut self, id: RequestId) -> &mut Pool {
        let population = self.workload.population_of(self.requests[id].class);
        self.workload.users[population].pool.as_mut().expect("its callers have one")
    }
}
