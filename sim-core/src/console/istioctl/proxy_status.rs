//! `istioctl proxy-status`: what each proxy has acknowledged of what istiod has sent (IST-71).
//!
//! Simpler than the real thing: sidecars beside the application are listed, but they only forward what
//! comes into their pod, so nothing is pushed to them and they are always in step.

use super::proxy_config::{self, dump, routes};
use crate::cluster::NAMESPACE;
use crate::console::age;
use crate::console::diff;
use crate::console::kubectl::Outcome;
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::console::table;
use crate::mesh::status::Part;
use crate::mesh::{PodProxy, VERSION};

/// The pod of istiod, which users do not see otherwise.
const ISTIOD: &str = "istiod-6d9f8b7c54-m8w2z";

pub(super) fn proxy_status(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    if !arguments.words.is_empty() {
        return compare(session, arguments);
    }
    let header = ["NAME", "CLUSTER", "CDS", "LDS", "EDS", "RDS", "ECDS", "ISTIOD", "VERSION"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let wanted = arguments.text("namespace");
    for at in session.world.mesh.proxies() {
        if wanted.is_some_and(|namespace| namespace != at.namespace) {
            continue;
        }
        let mut row = vec![format!("{}.{}", at.pod, at.namespace), "Kubernetes".to_owned()];
        row.extend(Part::ALL.map(|part| state(part, &at, session)));
        row.extend(["IGNORED", ISTIOD, VERSION].map(str::to_owned));
        rows.push(row);
    }
    if wanted.is_none_or(|namespace| namespace == NAMESPACE) {
        let world = &session.world;
        let sidecars = world.cluster.state.pods.values();
        let up = sidecars.filter(|pod| world.mesh.sidecars.serves(pod.id));
        rows.extend(up.map(|pod| sidecar(&pod.name)));
    }
    rows[1..].sort();
    let text = table::rows_in(table::ISTIOCTL, rows);
    session.out.stdout.push_str(&text);
    Ok(())
}

/// The row of a sidecar. It has what it needs to be up, and is sent nothing else here.
fn sidecar(pod: &str) -> Vec<String> {
    let mut row = vec![format!("{pod}.{NAMESPACE}"), "Kubernetes".to_owned()];
    row.extend(Part::ALL.map(|_| "SYNCED".to_owned()));
    row.extend(["IGNORED", ISTIOD, VERSION].map(str::to_owned));
    row
}

/// `SYNCED (12s)`, `STALE (12s)`, or `IGNORED` for what the proxy does not ask for.
fn state(part: Part, at: &PodProxy<'_>, session: &Session<'_, '_>) -> String {
    let (own, newest) = (&at.proxy.config, at.newest);
    // Without a listener that wants routes nobody asks for them.
    if part == Part::Routes && own.listens.is_empty() && newest.listens.is_empty() {
        return "IGNORED".to_owned();
    }
    let stale = part.differs(own, newest);
    match (at.proxy.acknowledged.at(part), stale) {
        (Some(since), stale) => {
            let word = if stale { "STALE" } else { "SYNCED" };
            format!("{word} ({})", age::since(session.ctx.now, since))
        }
        (None, true) => "STALE (Never Acknowledged)".to_owned(),
        (None, false) => "SYNCED".to_owned(),
    }
}

/// `istioctl proxy-status POD`: what istiod has against what the proxy has.
fn compare(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let found = proxy_config::find(arguments, session.world)?;
    let (own, newest) = (&found.proxy.config, found.newest);
    let mut text = String::new();
    for (name, show) in [
        ("Clusters", dump::clusters as fn(&_) -> _),
        ("Listeners", dump::listeners),
        ("Routes", routes::routes),
    ] {
        let (sent, used) = (dump::json(&show(newest)), dump::json(&show(own)));
        if sent == used {
            text += &format!("{name} Match\n");
        } else {
            text += &format!("{name} Don't Match\n");
            let titles = (format!("Istiod {name}"), format!("Envoy {name}"));
            text += &diff::unified(&titles.0, &titles.1, &sent, &used);
        }
    }
    session.out.stdout.push_str(&text);
    Ok(())
}
