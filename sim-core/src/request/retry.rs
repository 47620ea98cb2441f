//! A try fails: another one, or the end (IST-30..34).

use super::{ClientSide, Ctx, Place, Request, RequestEvent, RequestId};
use crate::event::Event;
use crate::mesh::flag::Flags;
use crate::mesh::proxy::HostId;
use crate::mesh::retry::{End, Failure};
use crate::telemetry::registry::Reporter;
use crate::time::SimDuration;
use crate::world::World;

impl World {
    /// The gateway learns that a try has failed: another endpoint after a pause, or the answer.
    pub(super) fn try_failed(&mut self, id: RequestId, failure: Failure, ctx: &mut Ctx<'_>) {
        let request = &self.requests[id];
        let (class, host, tries) = (request.class, request.host, request.tries);
        let policy = self.mesh.proxy(host.proxy()).retry_policy(class);
        let wanted = policy.is_some_and(|policy| policy.conditions.hold(failure));
        let attempts = policy.map_or(0, |policy| policy.attempts);
        let end = match () {
            () if !wanted || attempts == 0 => Some(End::Unwanted),
            () if attempts <= tries => Some(End::UsedUp),
            () if !self.may_retry(id) => Some(End::Overflow),
            () => None,
        };
        if let Some(end) = end {
            let answer = failure.answer(end);
            let to = self.mesh.destination_of(host);
            return self.finish(id, to, answer, ctx);
        }
        self.release(host, ctx);
        let id = self.leave_work_behind(id, ctx);
        let proxy = self.mesh.proxy_mut(host.proxy());
        proxy.put_off(host, id.slot, tries);
        let pause = proxy.back_off(class, tries + 1);
        let request = &mut self.requests[id];
        request.tries += 1;
        request.client = ClientSide::BackingOff;
        ctx.after(pause, Event::Request(RequestEvent::Retried(id)));
    }

    /// The gateway learns that there is no connection to the pod, or no more.
    pub(super) fn disconnected(&mut self, id: RequestId, failure: Failure, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        if request.place == Place::Returning {
            request.place = Place::Gone;
        }
        let (client, place, host) = (request.client, request.place, request.host);
        if client.is_direct() {
            return self.lose_connection(id, ctx);
        }
        if client != ClientSide::Done {
            self.observe(host, 503, ctx);
        }
        match (client, place) {
            (ClientSide::Done, Place::Gone) => self.requests.close(id),
            (ClientSide::Done, _) => {}
            (ClientSide::Mirrored, _) => self.drop_copy(id, ctx),
            _ => self.try_failed(id, failure, ctx),
        }
    }

    /// The route's timeout has passed: no other try (IST-34, 35).
    pub(super) fn route_timeout(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &self.requests[id];
        if request.client == ClientSide::Done {
            return;
        }
        let to = self.mesh.destination_of(request.host);
        let (client, host) = (request.client, request.host);
        self.hang_up(id, ctx);
        if matches!(client, ClientSide::InFlight | ClientSide::Mirrored) {
            self.observe(host, 504, ctx);
        }
        if client == ClientSide::Mirrored {
            return self.drop_copy(id, ctx);
        }
        self.finish(id, to, (504, Flags::UPSTREAM_TIMEOUT), ctx);
    }

    /// The time for one try has passed (IST-32).
    pub(super) fn try_timeout(&mut self, id: RequestId, attempt: u8, ctx: &mut Ctx<'_>) {
        let request = &self.requests[id];
        if request.client == ClientSide::InFlight && request.tries == attempt {
            let host = request.host;
            self.hang_up(id, ctx);
            self.observe(host, 504, ctx);
            self.try_failed(id, Failure::TryTimeout, ctx);
        }
    }

    /// Whether the cluster's limit of retries at once leaves room for one more, when a request's own
    /// last retry is over (IST-62).
    fn may_retry(&self, id: RequestId) -> bool {
        let Request { host, tries, .. } = self.requests[id];
        let proxy = self.mesh.proxy(host.proxy());
        let limit = proxy.retry_limit(host).filter(|&limit| limit != u32::MAX);
        let Some(limit) = limit else { return true };
        let retried = self.requests.iter().filter(|request| {
            0 < request.tries
                && !matches!(request.client, ClientSide::Done | ClientSide::Mirrored)
                && proxy.same_cluster(request.host, host)
        });
        retried.count() - usize::from(0 < tries) < limit as usize
    }

    /// A request is over for the gateway: the next in line gets the connection, if one waits (IST-61).
    #[inline]
    pub(super) fn release(&mut self, host: HostId, ctx: &mut Ctx<'_>) {
        if self.mesh.proxy_mut(host.proxy()).release(host) {
            self.serve_next(host, ctx);
        }
    }

    /// Nobody waits where no limit says so: the caller has no room for this.
    #[inline(never)]
    fn serve_next(&mut self, host: HostId, ctx: &mut Ctx<'_>) {
        let proxy = self.mesh.proxy_mut(host.proxy());
        if let Some((next, pod)) = proxy.next(host, &mut self.requests) {
            self.travel(next, pod, ctx);
        }
    }

    /// The gateway closes the connection on which a pod works: its sidecar sees the client leave.
    pub(super) fn hang_up(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &self.requests[id];
        if !matches!(request.place, Place::Gone | Place::Travelling | Place::Returning) {
            let ends = self.mesh.ends_of(request.host);
            let at_pod = ctx.now.since(request.delivered);
            let outcome = (0, Flags::DOWNSTREAM_CLOSED);
            self.registry.count(Reporter::Destination, ends, outcome, at_pod);
        }
    }

    /// The work of the try that failed goes on without anybody who waits; the request goes on in a
    /// slot of its own, with what is left of its clocks.
    pub(super) fn leave_work_behind(&mut self, id: RequestId, ctx: &mut Ctx<'_>) -> RequestId {
        let old = self.requests[id];
        if old.place == Place::Gone {
            return id;
        }
        self.requests[id].client = ClientSide::Done;
        let heir = self.requests.open(old.class, old.started);
        let request = &mut self.requests[heir];
        (request.sent, request.host) = (old.sent, old.host);
        (request.user_tries, request.tries) = (old.user_tries, old.tries);
        (request.delayed, request.number) = (old.delayed, old.number);
        let proxy = self.mesh.proxy_mut(old.host.proxy());
        proxy.tried.moves(id.slot, heir.slot);
        let waited = ctx.now.since(old.sent).as_micros();
        let rest =
            |limit: SimDuration| SimDuration::from_micros(limit.as_micros().saturating_sub(waited));
        let population = self.workload.population_of(old.class);
        let patience = self.workload.users[population].population.timeout;
        ctx.after(rest(patience), Event::Request(RequestEvent::UserTimeout(heir)));
        let limit = proxy.route_timeout(old.class);
        if let Some(limit) = limit.filter(|_| !old.client.is_direct()) {
            // The route's clock started after the injected delay (IST-37).
            let held_up = proxy.rule(old.class).and_then(|rule| rule.fault?.delay);
            let held_up = held_up.filter(|_| old.delayed).map_or(SimDuration::ZERO, |(d, _)| d);
            ctx.after(rest(limit + held_up), Event::Request(RequestEvent::RouteTimeout(heir)));
        }
        heir
    }
}
