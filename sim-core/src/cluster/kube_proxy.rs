//! kube-proxy: which pod a new connection to a Service gets (K8S-71, 72, 74).
//!
//! As in its iptables mode: every new connection gets any endpoint with equal chance, and a connection
//! that stands is left alone whatever becomes of the Service. It knows only what it has last written,
//! and it writes at most once a second (`minSyncPeriod`).
//!
//! Simplified: all callers are on one node, so there is one kube-proxy; and without callers that need
//! it there is none. Writing takes no time.

use std::collections::BTreeMap;

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::spec::ServicePort;
use crate::cluster::state::{ClusterState, Endpoint};
use crate::cluster::wake::Watcher;
use crate::cluster::{Cluster, ClusterEvent};
use crate::mesh::config::{Upstream, upstreams};
use crate::random::Random;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::Scope;

/// Least time between two writings.
const MIN_SYNC_PERIOD: SimDuration = SimDuration::from_secs(1);

/// Where a new connection goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pick<'p> {
    /// The name of the Service has no address.
    NoService,
    /// The Service has no such port, so no rule catches the packets: nobody answers.
    NoPort,
    /// There is no endpoint, and a rule says so: the connection is refused at once.
    NoEndpoint,
    /// To this endpoint.
    Endpoint(&'p Upstream),
}

/// The rules for one port of a Service: its endpoints.
#[derive(Clone, Debug, PartialEq)]
struct Rules {
    port: ServicePort,
    endpoints: Vec<Upstream>,
    /// None was ready: these end and still serve (K8S-74).
    ending: bool,
}

/// What kube-proxy has written on the node of the callers.
#[derive(Clone, Debug, Default)]
pub struct KubeProxy {
    services: BTreeMap<String, Vec<Rules>>,
    written: Option<SimTime>,
    due: bool,
}

impl KubeProxy {
    /// Where a new connection to this port of a Service goes.
    pub fn pick(&self, service: &str, port: u16, chance: &mut Random) -> Pick<'_> {
        let Some(rules) = self.services.get(service) else { return Pick::NoService };
        let Some(rules) = rules.iter().find(|rules| rules.port.port == port) else {
            return Pick::NoPort;
        };
        match u32::try_from(rules.endpoints.len()) {
            Ok(0) | Err(_) => Pick::NoEndpoint,
            Ok(count) => Pick::Endpoint(&rules.endpoints[chance.below(count) as usize]),
        }
    }

    fn ports(&self, service: &str) -> impl Iterator<Item = &ServicePort> {
        self.services.get(service).into_iter().flatten().map(|rules| &rules.port)
    }
}

impl Cluster {
    /// There are callers without a proxy of their own: kube-proxy leads their connections.
    pub fn start_kube_proxy(&mut self) {
        self.kube_proxy = Some(KubeProxy::default());
    }

    /// A Service was written. kube-proxy cares for its ports only: a selector shows in the endpoints.
    pub(super) fn service_seen(
        &mut self,
        service: &str,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(proxy) = &self.kube_proxy else { return };
        if !proxy.ports(service).eq(ports(api, service)) {
            self.wake_kube_proxy(scope);
        }
    }

    /// Endpoints have changed: kube-proxy writes when it has seen that, and not too often.
    pub(super) fn wake_kube_proxy(&mut self, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let Some(proxy) = &mut self.kube_proxy else { return };
        if std::mem::replace(&mut proxy.due, true) {
            return;
        }
        let soonest = proxy.written.map_or(now, |written| written + MIN_SYNC_PERIOD);
        let seen = now + self.latency(Watcher::KubeProxy);
        scope.after(seen.max(soonest) - now, ClusterEvent::RulesDue);
    }

    /// kube-proxy writes what it knows now.
    pub(super) fn write_rules(&mut self, api: &ApiServer, scope: &mut Scope<'_, '_>) {
        let Some(proxy) = &mut self.kube_proxy else { return };
        (proxy.due, proxy.written) = (false, Some(scope.now()));
        let services = api.list(Kind::Service).map(|(name, _)| {
            let rules = ports(api, name).iter().map(|port| rules(name, port, &self.state));
            (name.to_owned(), rules.collect::<Vec<_>>())
        });
        let before = std::mem::replace(&mut proxy.services, services.collect());
        for (name, rules) in &proxy.services {
            if before.get(name) != Some(rules) {
                let cause = self.state.endpoints.get(name).map(|endpoints| endpoints.changed_by);
                let cause = cause.unwrap_or(scope.ctx.cause);
                let (text, about) = describe(rules);
                let subject = format!("kube-proxy/{name}");
                scope.note_because(cause, Topic::Config, subject, text, about);
            }
        }
    }
}

fn ports<'a>(api: &'a ApiServer, service: &str) -> &'a [ServicePort] {
    match api.get(Kind::Service, service).map(|object| &object.manifest.spec) {
        Some(Spec::Service(spec)) => &spec.ports,
        _ => &[],
    }
}

/// The endpoints of one port: the ready ones, or, if there is none, those that end and still serve
/// (K8S-74). A pod without the named port is none.
fn rules(service: &str, port: &ServicePort, state: &ClusterState) -> Rules {
    let listed = state.endpoints.get(service).map_or(&[][..], |endpoints| &endpoints.pods);
    let chosen = |holds: fn(&Endpoint) -> bool| {
        let endpoints: Vec<_> = listed.iter().filter(|endpoint| holds(endpoint)).collect();
        let mut found = upstreams(service, port, &endpoints, None, state);
        found.retain(|endpoint| endpoint.port != 0);
        found
    };
    let mut endpoints = chosen(Endpoint::is_ready);
    let ending = endpoints.is_empty();
    if ending {
        endpoints = chosen(|endpoint| endpoint.serving && endpoint.terminating);
    }
    Rules { port: port.clone(), endpoints, ending }
}

/// What a person would say of a Service's rules, and the rules of the model behind it.
fn describe(rules: &[Rules]) -> (String, &'static [&'static str]) {
    let Some(first) = rules.first().filter(|rules| !rules.endpoints.is_empty()) else {
        return ("new connections are refused: no endpoint".to_owned(), &["K8S-70", "K8S-74"]);
    };
    let mut versions: BTreeMap<&str, u32> = BTreeMap::new();
    for endpoint in &first.endpoints {
        *versions.entry(&endpoint.labels.version).or_default() += 1;
    }
    let versions: Vec<_> = versions.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let pods = if first.endpoints.len() == 1 { "pod" } else { "pods" };
    let to = format!("new connections go to {} {pods}", versions.join(" and "));
    match first.ending {
        true => (format!("no endpoint is ready: {to} that end and still serve"), &["K8S-74"]),
        false => (format!("{to}; those that are open stay where they are"), &["K8S-71", "K8S-72"]),
    }
}
