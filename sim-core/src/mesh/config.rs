//! What istiod computes for a proxy from the objects that users wrote and the endpoints.

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::pod::{Pod, PodId};
use crate::cluster::spec::{Labels, ServicePort, TargetPort};
use crate::cluster::state::{ClusterState, Endpoint};
use crate::mesh::audience::Audience;
use crate::mesh::fault::{Fault, Share};
use crate::mesh::matching::HttpMatch;
use crate::mesh::outlier::Outlier;
use crate::mesh::retry::RetryPolicy;
use crate::mesh::ring::{ConsistentHash, ENTRIES_MOST};
use crate::mesh::spec::{
    DestinationRuleSpec, HttpRoute, Limits, LoadBalancer, RouteDestination, SUBSETS_MAX,
    TrafficPolicy,
};
use crate::mesh::warm_up::WarmUp;
use crate::queue::EventId;
use crate::telemetry::registry::Destination;
use crate::time::SimDuration;

/// Port on which users reach the gateway.
pub const HTTP_PORT: u16 = 80;

/// How long a proxy tries to connect if no DestinationRule says so (IST-36).
pub const CONNECT_TIMEOUT: SimDuration = SimDuration::from_secs(10);

/// The configuration of a proxy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Raised with every computation.
    pub version: u32,
    /// The event behind the newest change in it.
    pub cause: EventId,
    /// Whether it is for sidecars, where Services have names without a domain.
    pub inside: bool,
    /// Host patterns for which some Gateway opens port 80; empty: nobody listens. A sidecar takes in
    /// whatever its pod sends.
    pub listens: Vec<String>,
    /// Routes of the `VirtualServices` bound to the gateway, or to the mesh.
    pub virtual_hosts: Vec<VirtualHost>,
    /// Clusters: one a service port, and one a subset of it (IST-20).
    pub clusters: Vec<Cluster>,
}

/// The rules of one VirtualService, or what a sidecar does without one (IST-03).
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualHost {
    /// Name of the VirtualService; empty if there is none.
    pub name: String,
    /// Host patterns.
    pub hosts: Vec<String>,
    /// Only requests to this port; `None`: to any.
    pub port: Option<u16>,
    /// Rules in order.
    pub routes: Vec<Route>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Alternatives; none matches everything.
    pub matches: Vec<HttpMatch>,
    /// Where requests go, without destinations of weight 0 (IST-07).
    pub destinations: Vec<Weighted>,
    /// Limit over all tries (IST-35).
    pub timeout: Option<SimDuration>,
    /// When a request is tried again (IST-30..34).
    pub retries: RetryPolicy,
    /// Faults to inject (IST-37).
    pub fault: Option<Fault>,
    /// Clusters that get copies, and of how many requests (IST-38).
    pub mirrors: Vec<(Option<u16>, Share)>,
}

/// One destination of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// Share relative to the sum of the rule.
    pub weight: u32,
    /// Service as written.
    pub host: String,
    /// Subset; empty if none.
    pub subset: String,
    /// Index of the cluster, if it exists (IST-21).
    pub cluster: Option<u16>,
}

/// One cluster (IST-20).
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Name of the Service.
    pub service: String,
    /// Port of the Service.
    pub port: u16,
    /// Subset; empty for the whole service.
    pub subset: String,
    /// Name of the oldest DestinationRule behind it; empty if there is none.
    pub destination_rule: String,
    /// How an endpoint is chosen.
    pub balancer: LoadBalancer,
    /// What of a request decides its endpoint (IST-43).
    pub hash: Option<ConsistentHash>,
    /// How new endpoints begin (IST-42).
    pub warm_up: Option<WarmUp>,
    /// When an endpoint is left out (IST-50).
    pub outlier: Option<Outlier>,
    /// How much it may be used at once (IST-60).
    pub limits: Option<Limits>,
    /// How long a proxy tries to connect (IST-36).
    pub connect_timeout: SimDuration,
    /// Ready endpoints (IST-46).
    pub endpoints: Vec<Upstream>,
}

/// One endpoint of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Upstream {
    /// The pod.
    pub pod: PodId,
    /// Its address. The proxy goes on using it after the pod is gone.
    pub ip: String,
    /// The target port.
    pub port: u16,
    /// Whether the pod's container listens on the target port.
    pub open: bool,
    /// What Istio's labels say of it.
    pub labels: Destination,
}

impl Cluster {
    /// Whether two clusters are the same but for their endpoints: a proxy keeps what it knows then.
    pub fn same_settings(&self, other: &Self) -> bool {
        (&self.service, self.port, &self.subset) == (&other.service, other.port, &other.subset)
            && self.balancer == other.balancer
            && self.hash == other.hash
            && self.warm_up == other.warm_up
            && self.outlier == other.outlier
            && self.limits == other.limits
            && self.connect_timeout == other.connect_timeout
    }
}

impl Route {
    /// Whether it serves every request that reaches it.
    pub(super) fn is_catch_all(&self) -> bool {
        self.matches.is_empty() || self.matches.iter().any(HttpMatch::is_catch_all)
    }
}

impl Config {
    /// Computes the configuration for an audience. Objects are read as they are now.
    pub fn compute(
        (version, cause): (u32, EventId),
        audience: &Audience,
        api: &ApiServer,
        state: &ClusterState,
    ) -> Self {
        let clusters = clusters(api, state);
        let listens = audience.listens(api);
        let virtual_hosts = audience.virtual_hosts(api, &clusters);
        let inside = matches!(audience, Audience::Sidecars { .. });
        Self { version, cause, inside, listens, virtual_hosts, clusters }
    }

    /// Whether the proxy would behave differently.
    pub fn differs(&self, other: &Self) -> bool {
        self.listens != other.listens
            || self.virtual_hosts != other.virtual_hosts
            || self.clusters != other.clusters
    }

    /// The rules for requests to a host and port, most specific pattern first (the proxy takes one
    /// virtual host only: those of the best pattern), catch-all rules last.
    pub fn routes_for(&self, host: &str, port: u16) -> Vec<(&VirtualHost, &Route)> {
        let here = || self.virtual_hosts.iter().filter(|one| one.port.is_none_or(|it| it == port));
        let best = here()
            .flat_map(|virtual_host| &virtual_host.hosts)
            .filter(|pattern| host_matches(pattern, host))
            .max_by_key(|pattern| (!pattern.starts_with('*'), pattern.len()));
        let Some(best) = best else { return Vec::new() };
        let named = here().filter(|one| one.hosts.contains(best));
        let rules = named.flat_map(|one| one.routes.iter().map(move |route| (one, route)));
        let (catch_all, special): (Vec<_>, Vec<_>) =
            rules.partition(|(_, route)| route.is_catch_all());
        special.into_iter().chain(catch_all).collect()
    }
}

/// Whether a host pattern (`*`, `*.example.com`, `shop.example.com`) covers a host.
pub fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => host.ends_with(suffix),
        None => pattern == host,
    }
}

/// Whether every wanted label is there; none wanted is fine, unlike in a selector.
pub(super) fn selects_all(wanted: &Labels, labels: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// The name of the Service that a host names, seen from namespace `default` (IST-06).
pub fn service_name(host: &str) -> &str {
    let host = host.strip_suffix(".cluster.local").unwrap_or(host);
    let host = host.strip_suffix(".svc").unwrap_or(host);
    host.strip_suffix(".default").unwrap_or(host)
}

pub(super) fn route(rule: &HttpRoute, api: &ApiServer, clusters: &[Cluster]) -> Route {
    let alone = rule.destinations.len() == 1;
    let weighted = rule.destinations.iter().map(|to| Weighted {
        weight: if alone { 1 } else { to.weight.unwrap_or(0) },
        host: service_name(&to.host).to_owned(),
        subset: to.subset.clone().unwrap_or_default(),
        cluster: cluster_of(to, api, clusters),
    });
    let mirrors =
        rule.mirrors.iter().map(|mirror| (cluster_of(&mirror.to, api, clusters), mirror.share));
    Route {
        matches: Vec::new(),
        destinations: weighted.filter(|to| 0 < to.weight).collect(),
        timeout: rule.timeout,
        retries: RetryPolicy::new(rule.retries.as_ref()),
        fault: rule.fault,
        mirrors: mirrors.collect(),
    }
}

/// Index of the cluster that a destination names, if there is one (IST-20, 21).
fn cluster_of(to: &RouteDestination, api: &ApiServer, clusters: &[Cluster]) -> Option<u16> {
    let service = service_name(&to.host);
    let subset = to.subset.as_deref().unwrap_or_default();
    let port = to.port.or_else(|| only_port(api, service)).unwrap_or(HTTP_PORT);
    let named = |cluster: &Cluster| {
        cluster.service == service && cluster.port == port && cluster.subset == subset
    };
    clusters.iter().position(named).and_then(|index| u16::try_from(index).ok())
}

/// The port of a Service that has exactly one (IST-11).
fn only_port(api: &ApiServer, service: &str) -> Option<u16> {
    match &api.get(Kind::Service, service)?.manifest.spec {
        Spec::Service(spec) if spec.ports.len() == 1 => Some(spec.ports[0].port),
        _ => None,
    }
}

fn clusters(api: &ApiServer, state: &ClusterState) -> Vec<Cluster> {
    let mut clusters = Vec::new();
    for (name, object) in api.list(Kind::Service) {
        let Spec::Service(service) = &object.manifest.spec else { continue };
        let ready: Vec<_> = state
            .endpoints
            .get(name)
            .map(|endpoints| endpoints.pods.iter().filter(|endpoint| endpoint.is_ready()).collect())
            .unwrap_or_default();
        let rules = destination_rules(api, name);
        // The first policy counts (IST-26); that of a subset overrides it by field (IST-25).
        let nothing = TrafficPolicy::default();
        let policy = rules.iter().find_map(|(_, rule)| rule.policy.as_ref()).unwrap_or(&nothing);
        let destination_rule = rules.first().map_or("", |(name, _)| *name);
        for port in &service.ports {
            let cluster = |subset: &str, labels: Option<&Labels>, own: &TrafficPolicy| Cluster {
                service: name.to_owned(),
                port: port.port,
                subset: subset.to_owned(),
                destination_rule: destination_rule.to_owned(),
                balancer: own.load_balancer.or(policy.load_balancer).unwrap_or_default(),
                // `loadBalancer` overrides as a whole.
                hash: own.load_balancer.map_or(&policy.hash, |_| &own.hash).clone(),
                warm_up: own.load_balancer.map_or(policy.warm_up, |_| own.warm_up),
                outlier: own.outlier.or(policy.outlier),
                limits: own.limits.or(policy.limits),
                connect_timeout: own
                    .connect_timeout
                    .or(policy.connect_timeout)
                    .unwrap_or(CONNECT_TIMEOUT),
                endpoints: upstreams(name, port, &ready, labels, state),
            };
            clusters.push(cluster("", None, &nothing));
            // Several rules for one host merge; the first definition of a subset wins (IST-26).
            let mut seen = Vec::new();
            for subset in rules.iter().flat_map(|(_, rule)| &rule.subsets) {
                if seen.len() < SUBSETS_MAX && !seen.contains(&&subset.name) {
                    seen.push(&subset.name);
                    clusters.push(cluster(&subset.name, Some(&subset.labels), &subset.policy));
                }
            }
        }
    }
    // Many rings share the room that a few would have.
    let rings = clusters.iter().filter(|cluster| cluster.hash.is_some()).count() as u32;
    for hash in clusters.iter_mut().filter_map(|cluster| cluster.hash.as_mut()) {
        hash.minimum = hash.minimum.min(ENTRIES_MOST / rings);
    }
    clusters
}

/// The `DestinationRules` of a Service with their names, oldest first.
fn destination_rules<'a>(
    api: &'a ApiServer,
    service: &str,
) -> Vec<(&'a str, &'a DestinationRuleSpec)> {
    let mut rules: Vec<_> = api
        .list(Kind::DestinationRule)
        .filter_map(|(name, object)| match &object.manifest.spec {
            Spec::DestinationRule(rule) if service_name(&rule.host) == service => {
                Some((object.created, name, rule))
            }
            _ => None,
        })
        .collect();
    rules.sort_by_key(|(age, ..)| *age);
    rules.into_iter().map(|(_, name, rule)| (name, rule)).collect()
}

/// The number of a Service's target port in a pod, and whether its process listens there: on the ports that
/// it declares, or on any if it declares none. `None` for a name that the pod does not know: it is no
/// endpoint of that port (K8S-70).
fn target_port(target: &TargetPort, pod: &Pod) -> Option<(u16, bool)> {
    let ports = pod.template.spec.containers.iter().flat_map(|container| &container.ports);
    let mut ports = ports.peekable();
    match target {
        TargetPort::Number(number) => {
            let undeclared = ports.peek().is_none();
            Some((*number, undeclared || ports.any(|declared| declared.port == *number)))
        }
        TargetPort::Name(name) => {
            let declared = ports.find(|declared| declared.name == *name)?;
            Some((declared.port, true))
        }
    }
}

/// Endpoints of a port as a proxy needs them; with labels, only pods that have them.
pub(crate) fn upstreams(
    service: &str,
    port: &ServicePort,
    ready: &[&Endpoint],
    labels: Option<&Labels>,
    state: &ClusterState,
) -> Vec<Upstream> {
    let pods = ready.iter().filter_map(|endpoint| state.pods.get(&endpoint.pod));
    pods.filter(|pod| labels.is_none_or(|wanted| selects_all(wanted, &pod.labels)))
        .filter_map(|pod| {
            let (number, open) = target_port(&port.target, pod)?;
            let label = |key| pod.labels.get(key).cloned().unwrap_or_else(|| "unknown".into());
            let workload = state.replica_sets.get(pod.replica_set());
            Some(Upstream {
                pod: pod.id,
                ip: pod.ip.clone().unwrap_or_default(),
                port: number,
                open,
                labels: Destination {
                    service: service.to_owned(),
                    workload: workload
                        .map_or_else(|| pod.name.clone(), |set| set.deployment.clone()),
                    app: label("app"),
                    version: label("version"),
                },
            })
        })
        .collect()
}
