//! The way between gateway and pod. Without faults it always takes the same time, so a lane suffices.

use super::{Ctx, Place, RequestEvent, RequestId};
use crate::cluster::pod::PodId;
use crate::event::Event;
use crate::fault::Trouble;
use crate::world::World;

impl World {
    /// The request leaves the gateway. Over a broken way it asks in vain for a connection.
    #[inline(always)]
    pub(super) fn depart(&mut self, id: RequestId, pod: PodId, ctx: &mut Ctx<'_>) {
        let delivered = Event::Request(RequestEvent::Delivered(id));
        if !self.network_troubled {
            ctx.after_in(self.hops, self.hop, delivered);
            return;
        }
        let trouble = self.trouble_at(pod);
        if trouble.unreachable {
            self.requests[id].place = Place::Returning;
            // It tries as long as its cluster says (IST-36).
            let host = self.requests[id].host;
            let limit = self.mesh.proxy(host.proxy()).connect_timeout(host);
            ctx.after(limit, Event::Request(RequestEvent::Refused(id)));
        } else {
            ctx.after(self.hop + trouble.delay, delivered);
        }
    }

    /// The pod's word goes to the gateway. Connections that stand are not cut by a broken way.
    #[inline]
    pub(super) fn go_home(&mut self, pod: PodId, word: RequestEvent, ctx: &mut Ctx<'_>) {
        if self.network_troubled {
            let delay = self.trouble_at(pod).delay;
            ctx.after(self.hop + delay, Event::Request(word));
        } else {
            ctx.after_in(self.hops, self.hop, Event::Request(word));
        }
    }

    pub(super) fn trouble_at(&self, pod: PodId) -> Trouble {
        self.application.server(pod).map_or_else(Trouble::default, |server| server.trouble)
    }
}
