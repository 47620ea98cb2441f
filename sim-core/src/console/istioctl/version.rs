//! `istioctl version`.

use crate::console::kubectl::Outcome;
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::mesh::VERSION;

pub(super) fn version(session: &mut Session<'_, '_>, _: &Arguments) -> Outcome {
    let mesh = &session.world.mesh;
    let proxies = mesh.proxies().count() + mesh.sidecars.count();
    session.out.print(format!("client version: {VERSION} (simulated)"));
    session.out.print(format!("control plane version: {VERSION} (simulated)"));
    session.out.print(format!("data plane version: {VERSION} ({proxies} proxies)"));
    Ok(())
}
