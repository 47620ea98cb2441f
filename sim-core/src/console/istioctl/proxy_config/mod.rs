//! `istioctl proxy-config`: the configuration that one proxy uses now, which may be older than what
//! istiod has computed (IST-71).
//!
//! Clusters of the control plane's own services are left out; there are no such services here.

pub(super) mod dump;
pub(super) mod routes;
mod rows;

use serde_json::Value;

use super::error;
use crate::cluster::NAMESPACE;
use crate::cluster::api::Kind;
use crate::cluster::pod::Pod;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::{Failure, Outcome};
use crate::console::session::Session;
use crate::console::table::{self, Layout};
use crate::manifest;
use crate::mesh::PodProxy;
use crate::mesh::proxy::Proxy;
use crate::world::World;

/// How a command shows a configuration.
struct View {
    /// Name of the command, for errors.
    name: &'static str,
    layout: Layout,
    header: &'static [&'static str],
    rows: fn(&Proxy, &Arguments) -> Vec<Vec<String>>,
    dump: fn(&Proxy) -> Vec<Value>,
    /// Whether an entry of the dump is wanted.
    wanted: fn(&Value, &Arguments) -> bool,
}

pub(super) fn clusters(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let header = &["SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE"];
    let view = View {
        name: "cluster",
        layout: table::ISTIOCTL,
        header,
        rows: rows::clusters,
        dump: |proxy| dump::clusters(&proxy.config),
        wanted: |entry, arguments| rows::is_cluster_wanted(name_of(entry), arguments),
    };
    show(&view, session, arguments)
}

pub(super) fn endpoints(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let view = View {
        name: "endpoints",
        layout: table::ISTIOCTL,
        header: &["ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER"],
        rows: rows::endpoints,
        dump: dump::endpoints,
        wanted: rows::is_endpoint_entry_wanted,
    };
    show(&view, session, arguments)
}

pub(super) fn listeners(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let view = View {
        name: "listener",
        layout: table::LISTENERS,
        header: &["ADDRESSES", "PORT", "MATCH", "DESTINATION"],
        rows: rows::listeners,
        dump: |proxy| dump::listeners(&proxy.config),
        wanted: rows::is_listener_wanted,
    };
    show(&view, session, arguments)
}

pub(super) fn route(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let view = View {
        name: "route",
        layout: table::ISTIOCTL,
        header: &["NAME", "VHOST NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE"],
        rows: rows::routes,
        dump: |proxy| routes::routes(&proxy.config),
        wanted: |entry, arguments| {
            arguments.text("name").is_none_or(|name| name.is_empty() || name == name_of(entry))
        },
    };
    show(&view, session, arguments)
}

fn name_of(entry: &Value) -> &str {
    entry["name"].as_str().unwrap_or_default()
}

fn show(view: &View, session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    if arguments.words.len() != 1 {
        return Err(error(format!("{} requires pod name or --file parameter", view.name)));
    }
    let found = find(arguments, session.world)?;
    let entries = || -> Value {
        (view.dump)(found.proxy)
            .into_iter()
            .filter(|entry| (view.wanted)(entry, arguments))
            .collect()
    };
    let text = match arguments.text("output").unwrap_or("short") {
        "short" => {
            let header = view.header.iter().map(|title| (*title).to_owned()).collect();
            let rows = [header].into_iter().chain((view.rows)(found.proxy, arguments));
            table::rows_in(view.layout, rows.collect::<Vec<Vec<String>>>())
        }
        "json" => dump::indented(&entries()) + "\n",
        "yaml" => manifest::to_yaml(&entries()) + "\n",
        other => return Err(error(format!("output format {other:?} not supported"))),
    };
    session.out.stdout.push_str(&text);
    Ok(())
}

/// The proxy that the command's first word names: `POD`, `POD.NAMESPACE`, `deploy/NAME`.
pub(super) fn find<'w>(arguments: &Arguments, world: &'w World) -> Result<PodProxy<'w>, Failure> {
    let word = arguments.words.first().map_or("", String::as_str);
    let (kind, name) = word.split_once('/').map_or((None, word), |(kind, name)| (Some(kind), name));
    let (name, namespace) = match name.split_once('.') {
        Some((name, namespace)) => (name, namespace),
        None => (name, arguments.text("namespace").unwrap_or("default")),
    };
    let here = world.mesh.proxies().filter(|found| found.namespace == namespace);
    let resource = match kind.map(Resource::named) {
        None => Resource::Pod,
        Some(Some(resource)) => resource,
        Some(None) => {
            let kind = kind.unwrap_or_default();
            return Err(error(format!("the server doesn't have a resource type {kind:?}")));
        }
    };
    let mut proxies: Vec<PodProxy<'w>> = match resource {
        Resource::Object(crate::cluster::api::Kind::Deployment) => {
            here.filter(|found| found.deployment == name).collect()
        }
        _ => here.filter(|found| found.pod == name).collect(),
    };
    if !proxies.is_empty() {
        return Ok(proxies.remove(0));
    }
    let object = ObjectRef::new(resource, name);
    if namespace == NAMESPACE && has_sidecar(&object, world) {
        return Err(error(format!(
            "not modelled: what the sidecar of {name}.{namespace} is sent; it only forwards what comes \
             into its pod"
        )));
    }
    if namespace == "default" && object.exists(world) {
        return Err(error(format!(
            "failed to execute command on {name}.{namespace} sidecar: container istio-proxy is not \
             valid for {} {name}",
            resource.info().singular
        )));
    }
    let kind = match resource {
        Resource::Pod => "unable to retrieve Pod: pods".to_owned(),
        other => other.plural_qualified(),
    };
    Err(error(format!("{kind} {name:?} not found")))
}

/// Whether an object is a pod with a sidecar that is up, or a Deployment of such pods.
fn has_sidecar(object: &ObjectRef, world: &World) -> bool {
    let state = &world.cluster.state;
    let is_meant = |pod: &&Pod| match object.resource {
        Resource::Pod => pod.name == object.name,
        Resource::Object(Kind::Deployment) => {
            let set = state.replica_sets.get(pod.replica_set());
            set.is_some_and(|set| set.is_owned_by(Kind::Deployment, &object.name))
        }
        _ => false,
    };
    state.pods.values().filter(is_meant).any(|pod| world.mesh.sidecars.serves(pod.id))
}
