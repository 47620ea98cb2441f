//! What a sidecar does to requests: it answers for an application that does not, and takes everything
//! with it when it ends (IST-80, 81).
//!
//! A gateway that reaches a sidecar has its connection. What goes wrong behind it comes back as an
//! answer, 503, which the gateway does not retry by default (IST-30), and only the sidecar's own
//! metrics have the flag. Left out: the sidecar's own retries towards its application.

use super::{ClientSide, Ctx, Place, Request, RequestEvent, RequestId};
use crate::cluster::pod::PodId;
use crate::mesh::flag::Flags;
use crate::mesh::retry::Failure;
use crate::telemetry::registry::{Reporter, SourceId};
use crate::world::World;

impl World {
    /// Nobody listens where the request arrives: the connection is refused, or the sidecar says so.
    pub(super) fn turn_away(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        if request.client == ClientSide::Done {
            return self.leave(id);
        }
        request.place = Place::Returning;
        let pod = request.pod;
        if self.mesh.sidecars.serves(pod) {
            request.delivered = ctx.now;
            self.answer_for(id, Flags::UPSTREAM_FAILURE, ctx);
        } else {
            self.go_home(pod, RequestEvent::Refused(id), ctx);
        }
    }

    /// The process that works for a request ends: its client learns it, from the sidecar if there is
    /// one that lives on.
    pub(super) fn cut(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &self.requests[id];
        let (pod, client, place) = (request.pod, request.client, request.place);
        // Nobody waits for the answer to a copy.
        if client == ClientSide::Mirrored || !self.mesh.sidecars.serves(pod) {
            return self.go_home(pod, RequestEvent::Closed(id), ctx);
        }
        // Its statement keeps the slot until the database has executed it.
        let id = if place == Place::Orphaned { self.detach(id, ctx) } else { id };
        self.answer_for(id, Flags::UPSTREAM_CLOSED, ctx);
    }

    /// The sidecar answers 503 in place of the application.
    fn answer_for(&mut self, id: RequestId, flag: Flags, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        request.code = 503;
        let (pod, host, at_pod) = (request.pod, request.host, ctx.now.since(request.delivered));
        let (ends, event) = match request.client.is_direct() {
            true => ((SourceId::UNKNOWN, self.called_by(id)), RequestEvent::Heard(id)),
            false => (self.mesh.ends_of(host), RequestEvent::Returned(id)),
        };
        self.registry.count(Reporter::Destination, ends, (503, flag), at_pod);
        self.go_home(pod, event, ctx);
    }

    /// The sidecar of a pod is gone, and with it every connection. The application knows nothing of it
    /// and works on, for nobody. How many requests wait in vain.
    pub(crate) fn cut_off(&mut self, pod: PodId, ctx: &mut Ctx<'_>) -> u32 {
        self.hang_up_idle(pod, ctx);
        let mut cut = 0;
        for id in self.requests.at_pod(pod) {
            let request = &self.requests[id];
            if matches!(request.place, Place::Travelling | Place::Returning) {
                continue;
            }
            match request.client {
                ClientSide::Done => {}
                ClientSide::Mirrored => self.disconnected(id, Failure::Reset, ctx),
                _ => {
                    cut += 1;
                    let id = self.detach(id, ctx);
                    self.go_home(pod, RequestEvent::Closed(id), ctx);
                }
            }
            self.stop_awaiting(id, pod, ctx);
        }
        cut
    }

    /// A request that waited for a connection to the database gets none any more.
    fn stop_awaiting(&mut self, id: RequestId, pod: PodId, ctx: &mut Ctx<'_>) {
        if self.requests.is_live(id) && self.requests[id].place == Place::AwaitingConnection {
            let (server, _) = self.application.running(pod);
            server.pool_queue.remove(id, &mut self.requests);
            self.answer(id, 500, ctx);
        }
    }

    /// Whether somebody waits for an answer of a pod.
    pub(crate) fn has_open_requests(&self, pod: PodId) -> bool {
        let waits = |id: RequestId| self.requests[id].client != ClientSide::Done;
        self.requests.at_pod(pod).into_iter().any(waits)
    }

    /// Takes what the client waits for out of the slot of the work: an answer is on its way to it.
    fn detach(&mut self, id: RequestId, ctx: &mut Ctx<'_>) -> RequestId {
        let Request { pod, delivered, connection, client, .. } = self.requests[id];
        let heir = self.leave_work_behind(id, ctx);
        let request = &mut self.requests[heir];
        (request.pod, request.delivered, request.connection) = (pod, delivered, connection);
        request.client = if client.is_direct() { client } else { ClientSide::InFlight };
        request.place = Place::Returning;
        heir
    }
}
