//! The CPU part of a request: the time it takes without a limit, and longer with one (K8S-57).

use crate::application::ApplicationEvent;
use crate::application::quota::CpuQuota;
use crate::application::server::Work;
use crate::cluster::pod::PodId;
use crate::event::Event;
use crate::request::{Ctx, RequestEvent, RequestId};
use crate::world::World;

impl World {
    /// A worker has begun with a request: when it goes on.
    #[inline]
    pub(super) fn await_cpu(
        &self,
        id: RequestId,
        (pod, run): (PodId, u16),
        work: Work,
        ctx: &mut Ctx<'_>,
    ) {
        match work {
            Work::DoneAt(at) => {
                let attempt = self.requests[id].tries;
                let computed = RequestEvent::Computed { id, attempt };
                ctx.after(at - ctx.now, Event::Request(computed));
            }
            Work::LookAt(at) => {
                ctx.after(at - ctx.now, ApplicationEvent::CpuDue { pod, run }.into());
            }
            Work::InLine => {}
        }
    }

    /// A process with a CPU limit: requests that have got all of their CPU time go on.
    pub fn cpu_due(&mut self, pod: PodId, run: u16, ctx: &mut Ctx<'_>) {
        let quota = self.application.quota(pod, run);
        if !quota.is_some_and(|quota| quota.is_due(ctx.now)) {
            return;
        }
        // A process that has nothing more to do may end meanwhile.
        while let Some(id) = self.application.quota(pod, run).and_then(CpuQuota::finished) {
            self.computed(id, ctx);
        }
        if let Some(at) = self.application.quota(pod, run).and_then(CpuQuota::look_again) {
            ctx.after(at - ctx.now, ApplicationEvent::CpuDue { pod, run }.into());
        }
    }
}
