//! Copies of requests (IST-38): real load on the pods and the database of their destination, but
//! nobody waits for the answer, and no user is behind them.

use super::{ClientSide, Ctx, Place, RequestEvent, RequestId};
use crate::event::Event;
use crate::mesh::proxy::{Choice, ProxyId};
use crate::workload::ClassId;
use crate::world::World;

impl World {
    /// Sends copies of a request that was routed, as its rule asks.
    pub(super) fn mirror(&mut self, class: ClassId, proxy: ProxyId, ctx: &mut Ctx<'_>) {
        for index in 0..self.mesh.proxy(proxy).mirrors(class) {
            // A copy that finds no endpoint is dropped without a trace, as Envoy does.
            let Some(Choice::Endpoint { host, pod }) =
                self.mesh.proxy_mut(proxy).mirror(class, index, ctx.now)
            else {
                continue;
            };
            let id = self.requests.open(class, ctx.now);
            let copy = &mut self.requests[id];
            (copy.sent, copy.host, copy.pod) = (ctx.now, host, pod);
            copy.stray = self.mesh.proxy(proxy).is_astray(host);
            copy.client = ClientSide::Mirrored;
            copy.place = Place::Travelling;
            self.depart(id, pod, ctx);
            if let Some(limit) = self.mesh.proxy(proxy).route_timeout(class) {
                ctx.after(limit, Event::Request(RequestEvent::RouteTimeout(id)));
            }
        }
    }

    /// The gateway has done with a copy: whatever the answer is, it is dropped.
    pub(super) fn drop_copy(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let copy = &mut self.requests[id];
        copy.client = ClientSide::Done;
        let (host, place) = (copy.host, copy.place);
        if place == Place::Gone {
            self.requests.close(id);
        }
        self.release(host, ctx);
    }
}
