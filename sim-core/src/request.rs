//! The life of one request, from the user's click to the last thing anybody knows of it.
//!
//! ```text
//! user ── sent ──► gateway ── delivered ──► pod: queue ► worker: CPU ► [pool ► database]… ─┐
//!   ▲                │ ▲  └─ refused ──► back-off ──► another endpoint (IST-30)             │
//!   └── answered ◄───┘ └──────────────────────── returned ◄────────────────────────────────┘
//! ```
//!
//! Callers in the cluster reach the pods without a gateway. Those that have a sidecar have it in the
//! gateway's place; of the others `direct` tells.
//!
//! Two things end independently: what the client's side expects (`client`) and what happens on the
//! server's side (`place`). A user who gives up leaves the work behind (E.2); a pod that dies leaves
//! the user with 503 UC. The slot is free when both have ended.

mod connection;
mod cpu;
mod direct;
mod event;
mod mirror;
mod network;
mod outlier;
mod retry;
mod sidecar;
pub mod statement;
pub mod table;
#[cfg(test)]
mod tests;

use crate::cluster::ClusterEvent;
use crate::cluster::pod::PodId;
use crate::engine::Context;
use crate::event::Event;
use crate::mesh::flag::Flags;
use crate::mesh::proxy::{Choice, HostId};
use crate::mesh::retry::Failure;
use crate::telemetry::failure::{CallError, Sign};
use crate::telemetry::registry::{DestinationId, Reporter};
use crate::time::SimDuration;
use crate::world::World;

use crate::request::statement::Unserved;

pub use crate::request::event::RequestEvent;
pub use crate::request::table::{ClientSide, Ended, Line, Place, Request, RequestId, Requests};

type Ctx<'a> = Context<'a, Event>;

impl World {
    /// Lets one step happen. A step of a request that has ended in the meantime means nothing.
    #[inline]
    pub fn request_event(&mut self, event: RequestEvent, ctx: &mut Ctx<'_>) {
        let id = event.request();
        if !self.requests.is_live(id) {
            return;
        }
        match event {
            RequestEvent::Sent(_) => self.send(id, ctx),
            RequestEvent::Admitted(_) => self.delay_over(id, ctx),
            RequestEvent::Retried(_) => self.choose_endpoint(id, ctx),
            RequestEvent::Delivered(_) => self.deliver(id, ctx),
            RequestEvent::Refused(_) => self.disconnected(id, Failure::Connect, ctx),
            RequestEvent::Computed { attempt, .. } => {
                if self.requests[id].tries == attempt {
                    self.computed(id, ctx);
                }
            }
            RequestEvent::Queried(_) => self.queried(id, ctx),
            RequestEvent::Returned(_) => self.returned(id, ctx),
            RequestEvent::Closed(_) => self.disconnected(id, Failure::Reset, ctx),
            RequestEvent::RouteTimeout(_) => self.route_timeout(id, ctx),
            RequestEvent::TryTimeout { attempt, .. } => self.try_timeout(id, attempt, ctx),
            RequestEvent::UserTimeout(_) => self.give_up(id, ctx),
            RequestEvent::Knocked(_) => self.knock(id, ctx),
            RequestEvent::PoolTimeout { attempt, .. } => self.pool_timeout(id, attempt, ctx),
            RequestEvent::Granted(_) => self.granted(id, ctx),
            RequestEvent::DeadlockDue(_) => self.deadlock_due(id, ctx),
            RequestEvent::Heard(_) => self.hear(id, ctx),
        }
    }

    /// A user arrives and clicks.
    #[inline]
    pub fn arrive(&mut self, population: u16, ctx: &mut Ctx<'_>) {
        let users = &mut self.workload.users[population as usize];
        if !users.arrived(population, ctx) {
            return;
        }
        let class = users.choose();
        let id = self.requests.open(class, ctx.now);
        self.send(id, ctx);
    }

    /// The request reaches the gateway: the user's clock starts, and faults are injected (IST-37). Callers
    /// of a Service have no gateway.
    fn send(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        self.requests.number(id);
        let request = &mut self.requests[id];
        request.sent = ctx.now;
        let class = request.class;
        let population = self.workload.population_of(class);
        self.registry.users[population].sent += 1;
        let users = &mut self.workload.users[population];
        users.waiting += 1;
        let patience = users.population.timeout;
        let timeout = Event::Request(RequestEvent::UserTimeout(id));
        ctx.after_in(users.timeouts, patience, timeout);
        if users.pool.is_some() {
            return self.call(id, ctx);
        }
        let proxy = users.entrance();
        self.requests[id].host = HostId::none_of(proxy);
        match self.mesh.proxy_mut(proxy).delay(class) {
            Some(delay) => {
                let request = &mut self.requests[id];
                request.client = ClientSide::Delayed;
                request.delayed = true;
                ctx.after(delay, Event::Request(RequestEvent::Admitted(id)));
            }
            None => self.admit(id, ctx),
        }
    }

    /// An injected delay is over, if the user still waits.
    fn delay_over(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        if self.requests[id].client == ClientSide::Delayed {
            self.admit(id, ctx);
        }
    }

    /// The request passes the faults: it is answered by one, or routed, and the route's clock starts
    /// (IST-35, 37).
    #[inline(always)]
    fn admit(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let Request { class, host, .. } = self.requests[id];
        let (abort, timeout) = self.mesh.proxy_mut(host.proxy()).admit(class);
        if let Some(code) = abort {
            return self.finish(id, DestinationId::UNKNOWN, (code, Flags::FAULT_ABORT), ctx);
        }
        if let Some(limit) = timeout {
            ctx.after(limit, Event::Request(RequestEvent::RouteTimeout(id)));
        }
        self.choose_endpoint(id, ctx);
    }

    /// The gateway chooses a destination by weight, then an endpoint of it (IST-01..08, 40). A retry
    /// stays with its destination and avoids the endpoint that failed (IST-31).
    #[inline(always)]
    fn choose_endpoint(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        let (class, tries) = (request.class, request.tries);
        let proxy = self.mesh.proxy_mut(request.host.proxy());
        let choice = match tries {
            0 => proxy.choose(class, ctx.now),
            _ => proxy.choose_again(class, request.host, id.slot, ctx.now),
        };
        // Until an endpoint is chosen, nothing is open there.
        request.client = ClientSide::Choosing;
        match choice {
            Choice::Endpoint { host, pod } => {
                request.host = host;
                self.travel(id, pod, ctx);
            }
            Choice::Wait { host } => {
                request.host = host;
                request.client = ClientSide::Pending;
                proxy.enqueue(host, id, &mut self.requests);
            }
            Choice::NotListening => self.refuse(id, Flags::NONE.into(), ctx),
            Choice::UnknownHost => self.refuse(id, Sign::Caller(CallError::UnknownHost), ctx),
            Choice::Fail { code, flag, to } => self.finish(id, to, (code, flag), ctx),
        }
    }

    /// The request leaves the gateway for the pod that was chosen.
    #[inline(always)]
    fn travel(&mut self, id: RequestId, pod: PodId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        (request.pod, request.code) = (pod, 0);
        request.stray = self.mesh.proxy(request.host.proxy()).is_astray(request.host);
        request.client = ClientSide::InFlight;
        request.place = Place::Travelling;
        self.depart(id, pod, ctx);
        let Request { class, host, tries: attempt, place, .. } = self.requests[id];
        let Some(rule) = self.mesh.proxy(host.proxy()).rule(class) else { return };
        let mirrored = attempt == 0 && !rule.mirrors.is_empty();
        // The clock of a try starts when there is a connection (IST-32).
        if let Some(limit) = rule.retries.per_try.filter(|_| place == Place::Travelling) {
            ctx.after(limit, Event::Request(RequestEvent::TryTimeout { id, attempt }));
        }
        if mirrored {
            self.mirror(class, host.proxy(), ctx);
        }
    }

    /// The request reaches the pod: served, queued, turned away, or refused.
    fn deliver(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        let server = self.application.server_mut(request.pod);
        let Some(server) = server.filter(|server| server.is_open() && !request.stray) else {
            return self.turn_away(id, ctx);
        };
        request.delivered = ctx.now;
        if server.busy < server.workers {
            server.busy += 1;
            self.compute(id, ctx);
        } else if server.queue.len() < server.queue_max {
            request.place = Place::Queued;
            server.queue.push(id, &mut self.requests);
        } else {
            return self.answer(id, 503, ctx);
        }
        let pod = self.requests[id].pod;
        let (server, running) = self.application.running(pod);
        if server.is_too_big(&running.release, ctx.now) {
            let run = server.run;
            self.out_of_memory(pod, run, ctx);
        }
    }

    /// A worker begins with the request.
    fn compute(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        request.place = Place::Computing;
        // A retry of the gateway may use the slot again.
        (request.statements, request.unserved) = (0, Unserved::No);
        let (server, running) = self.application.running(request.pod);
        request.route = running.route_of(request.class);
        let time = match running.release.routes.get(request.route as usize) {
            Some(route) => server.service_time(&running.release, route),
            None => SimDuration::ZERO,
        };
        let (pod, run) = (request.pod, server.run);
        let work = server.work(id, time, ctx.now);
        self.await_cpu(id, (pod, run), work, ctx);
    }

    /// The CPU part is done: an error, a statement, or the answer.
    #[inline(always)]
    fn computed(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        if request.place != Place::Computing {
            return;
        }
        let (server, running) = self.application.running(request.pod);
        let Some(route) = running.release.routes.get(request.route as usize) else {
            return self.answer(id, 404, ctx);
        };
        let run = server.run;
        if self.faults.is_poison(request.class.0.into()) {
            let pod = request.pod;
            self.crash(pod, run, ctx);
        } else if server.fails(route) {
            let (pod, route, number) = (request.pod, request.route, request.number);
            self.application.log_error(pod, route, number, ctx.now);
            self.answer(id, 500, ctx);
        } else if route.sql.is_empty() {
            self.answer(id, 200, ctx);
        } else if server.has_connection() {
            server.connections += 1;
            self.query(id, ctx);
        } else {
            self.await_connection(id, ctx);
        }
    }

    /// The pod answers: the answer travels, the worker is free for the next in line.
    fn answer(&mut self, id: RequestId, code: u16, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        let (pod, had_worker) = (request.pod, request.place != Place::Travelling);
        request.code = code;
        match request.client {
            ClientSide::Done => self.leave(id),
            ClientSide::Connected => self.answer_caller(id, ctx),
            _ => {
                request.place = Place::Returning;
                let duration = ctx.now.since(request.delivered);
                let ends = self.mesh.ends_of(request.host);
                self.registry.count(Reporter::Destination, ends, (code, Flags::NONE), duration);
                self.go_home(pod, RequestEvent::Returned(id), ctx);
            }
        }
        if had_worker {
            self.free_worker(pod, ctx);
        }
    }

    /// A worker has nothing to do: it takes the next in line, or the process ends if it drains.
    fn free_worker(&mut self, pod: PodId, ctx: &mut Ctx<'_>) {
        let (server, _) = self.application.running(pod);
        server.served += 1;
        if let Some(next) = server.queue.pop(&mut self.requests) {
            return self.compute(next, ctx);
        }
        server.busy -= 1;
        if server.busy == 0 && server.is_draining() {
            let run = server.run;
            let how = ClusterEvent::ContainerExited { pod, run, code: 0 };
            self.end_process(pod, how, ctx);
        }
    }

    /// The answer reaches the gateway, and at the same moment the user.
    fn returned(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        request.place = Place::Gone;
        let (client, host, code) = (request.client, request.host, request.code);
        if client == ClientSide::Done {
            return self.requests.close(id);
        }
        self.observe(host, code, ctx);
        if client == ClientSide::Mirrored {
            return self.drop_copy(id, ctx);
        }
        if 400 <= code {
            return self.try_failed(id, Failure::Status(code), ctx);
        }
        let to = self.mesh.destination_of(host);
        self.finish(id, to, (code, Flags::NONE), ctx);
    }

    /// The user has an answer, good or bad.
    fn finish(
        &mut self,
        id: RequestId,
        to: DestinationId,
        (code, flag): (u16, Flags),
        ctx: &mut Ctx<'_>,
    ) {
        let request = &self.requests[id];
        let flag = request.flags(flag);
        let duration = ctx.now.since(request.sent);
        let from = self.mesh.proxy(request.host.proxy()).source;
        self.registry.count(Reporter::Source, (from, to), (code, flag), duration);
        let counts = &mut self.registry.users[self.workload.population_of(request.class)];
        if code < 500 {
            counts.answered += 1;
            counts.denied += u64::from(400 <= code);
            if flag.contain(Flags::NO_ROUTE) {
                // An answer of the gateway's own, which nobody wanted (IST-04).
                self.note_failure(id, to, (code, flag.into()), ctx);
            } else {
                self.requests.ended = Ended { number: request.number, code, sign: flag.into(), to };
            }
            self.end_client(id, ctx);
        } else {
            counts.errors += 1;
            self.note_failure(id, to, (code, flag.into()), ctx);
            self.try_again(id, ctx);
        }
    }

    /// Nobody listens where the user knocks: no Gateway has opened the port, or nobody has that name.
    fn refuse(&mut self, id: RequestId, sign: Sign, ctx: &mut Ctx<'_>) {
        let class = self.requests[id].class;
        self.registry.users[self.workload.population_of(class)].refused += 1;
        self.note_failure(id, DestinationId::UNKNOWN, (0, sign), ctx);
        self.try_again(id, ctx);
    }

    /// The user gives up: the gateway sees the connection close (DC), the pod works on (E.2).
    fn give_up(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &self.requests[id];
        match request.client {
            ClientSide::Done => return,
            client if client.is_direct() => return self.lose_patience(id, ctx),
            _ => {}
        }
        let ends = self.mesh.ends_of(request.host);
        let flag = request.flags(Flags::DOWNSTREAM_CLOSED);
        let outcome = (0, flag);
        self.registry.count(Reporter::Source, ends, outcome, ctx.now.since(request.sent));
        self.hang_up(id, ctx);
        let request = &self.requests[id];
        self.registry.users[self.workload.population_of(request.class)].timeouts += 1;
        self.note_failure(id, ends.1, (0, flag.into()), ctx);
        self.try_again(id, ctx);
    }

    /// The user ends this try and, if patience is left, pauses and sends the request again.
    fn try_again(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let Request { class, started, user_tries, .. } = self.requests[id];
        self.end_client(id, ctx);
        let population = self.workload.population_of(class);
        let users = &mut self.workload.users[population];
        if users.population.retries <= u32::from(user_tries) {
            return;
        }
        self.registry.users[population].retries += 1;
        let pause = users.pause();
        let again = self.requests.open(class, started);
        let request = &mut self.requests[again];
        request.user_tries = user_tries + 1;
        request.client = ClientSide::Pausing;
        ctx.after(pause, Event::Request(RequestEvent::Sent(again)));
    }

    /// The client's side has ended.
    fn end_client(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let (client, host) = (self.requests[id].client, self.requests[id].host);
        match client {
            ClientSide::InFlight => self.release(host, ctx),
            ClientSide::BackingOff => self.mesh.proxy_mut(host.proxy()).give_up_retry(host),
            ClientSide::Pending => {
                self.mesh.proxy_mut(host.proxy()).dequeue(host, id, &mut self.requests);
            }
            _ => {}
        }
        let request = &mut self.requests[id];
        request.client = ClientSide::Done;
        let (class, place) = (request.class, request.place);
        let population = self.workload.population_of(class);
        self.workload.users[population].waiting -= 1;
        if place == Place::Gone {
            self.requests.close(id);
        }
    }

    /// The server's side has ended.
    fn leave(&mut self, id: RequestId) {
        self.requests[id].place = Place::Gone;
        if self.requests[id].client == ClientSide::Done {
            self.requests.close(id);
        }
    }

    /// The process of a pod ends: whatever it had begun is cut (503 UC, IST-23).
    pub fn cut_requests(&mut self, pod: PodId, ctx: &mut Ctx<'_>) {
        self.hang_up_idle(pod, ctx);
        for id in self.requests.at_pod(pod) {
            match self.requests[id].place {
                Place::Travelling | Place::Returning | Place::Gone | Place::Orphaned => continue,
                Place::AwaitingLock => self.abandon_locks(id, ctx),
                Place::AwaitingCore => {
                    self.database.waiting.remove(id, &mut self.requests);
                    self.abandon_locks(id, ctx);
                }
                Place::Querying => {
                    self.requests[id].place = Place::Orphaned;
                    if let Some(server) = self.application.server_mut(pod) {
                        server.left_behind += 1;
                    }
                }
                Place::Queued | Place::Computing | Place::AwaitingConnection => {}
            }
            let request = &mut self.requests[id];
            if request.client == ClientSide::Done {
                if request.place != Place::Orphaned {
                    self.leave(id);
                }
                continue;
            }
            if request.place != Place::Orphaned {
                request.place = Place::Returning;
            }
            self.cut(id, ctx);
        }
    }
}
