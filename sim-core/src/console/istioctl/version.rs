//! `istioctl version`.

use crate::console::kubectl::Outcome;
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;

/// The version that the simulated Istio claims to be: the last series whose `proxy-status` shows the
/// state of every discovery service.
pub(super) const VERSION: &str = "1.26.0";

pub(super) fn version(session: &mut Session<'_, '_>, _: &Arguments) -> Outcome {
    let proxies = session.world.mesh.proxies().count();
    session.out.print(format!("client version: {VERSION} (simulated)"));
    session.out.print(format!("control plane version: {VERSION} (simulated)"));
    session.out.print(format!("data plane version: {VERSION} ({proxies} proxies)"));
    Ok(())
}
