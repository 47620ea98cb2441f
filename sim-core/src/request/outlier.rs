//! What the gateway learns about endpoints from the answers, and what it does about it (B.5).

use super::Ctx;
use crate::mesh::MeshEvent;
use crate::mesh::proxy::{HostId, MERGE_WINDOW, Verdict};
use crate::trace::Topic;
use crate::world::{Scope, World};

impl World {
    /// An endpoint has answered, or failed to. Without outlier detection this is one branch (IST-50).
    #[inline]
    pub(super) fn observe(&mut self, host: HostId, code: u16, ctx: &mut Ctx<'_>) {
        if self.mesh.proxy(host.proxy()).detects() {
            self.judge(host, code, ctx);
        }
    }

    /// Most endpoints are never watched: the caller has no room for this.
    #[inline(never)]
    fn judge(&mut self, host: HostId, code: u16, ctx: &mut Ctx<'_>) {
        let proxy = self.mesh.proxy_mut(host.proxy());
        let Some((pod, cluster, verdict)) = proxy.observe(host, code, ctx.now) else {
            return;
        };
        let name = self.cluster.state.pods.get(&pod).map_or("a pod that has gone", |pod| &pod.name);
        let text = match verdict {
            Verdict::Ejected { time, out, of, .. } => format!(
                "ejects {name} from {cluster} for at least {time}: too many errors in a row \
                 ({out} of {of} endpoints out)"
            ),
            Verdict::Spared { out, of } => format!(
                "would eject {name} from {cluster}, but maxEjectionPercent does not allow {} of {of} \
                 endpoints out",
                out + 1
            ),
        };
        let rules: &[&str] = match verdict {
            Verdict::Ejected { .. } => &["IST-51", "IST-53"],
            Verdict::Spared { .. } => &["IST-51", "IST-52"],
        };
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        if let Verdict::Ejected { later: Some(detector), .. } = verdict {
            scope.after(MERGE_WINDOW, MeshEvent::Merged { detector });
        }
        scope.note(Topic::Endpoints, self.mesh.subject(host.proxy()), text, rules);
    }
}
