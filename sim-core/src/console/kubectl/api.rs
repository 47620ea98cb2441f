//! `kubectl version`, `api-resources`, `config`.

use crate::cluster::version::Version;
use crate::console::kubectl::Outcome;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::RESOURCES;
use crate::console::session::Session;
use crate::console::table;

/// `kubectl version`.
pub(crate) fn version(session: &mut Session<'_, '_>, _: &Arguments) -> Outcome {
    session.out.print(format!("Client Version: {} (simulated)", Version::default()));
    session.out.print("Kustomize Version: none");
    session.out.print(format!("Server Version: {} (simulated)", session.world.cluster.version));
    Ok(())
}

/// `kubectl api-resources`.
pub(crate) fn resources(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let names_only = arguments.text("output") == Some("name");
    let mut rows = Vec::new();
    if !arguments.has("no-headers") && !names_only {
        let header = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
        rows.push(header.map(str::to_owned).to_vec());
    }
    let addons = session.world.delivery.addons();
    for info in RESOURCES.iter().filter(|info| info.resource.is_known(addons)) {
        if names_only {
            session.out.print(info.resource.plural_qualified());
            continue;
        }
        rows.push(vec![
            info.plural.to_owned(),
            info.short.join(","),
            info.version.to_owned(),
            info.namespaced.to_string(),
            info.kind.to_owned(),
        ]);
    }
    let text = table::rows(rows);
    session.out.stdout.push_str(&text);
    Ok(())
}

/// `kubectl config current-context`.
pub(crate) fn current_context(session: &mut Session<'_, '_>, _: &Arguments) -> Outcome {
    session.out.print("cutover");
    Ok(())
}
