//! Istio and Envoy: configuration objects, their delivery to the proxies, and routing.
//!
//! Rules IST-01..11 (routes), 20..26 (subsets), 30..38 (retries, faults, mirrors), 40..43
//! (balancing), 45 and 50..54 (outlier detection), 46, 47 (endpoints), 60..62 (limits), 70..73
//! (propagation), 80..84 (sidecars). Only the ingress gateway's proxy routes; sidecars forward what comes
//! into their pod.

pub mod analyze;
pub mod config;
pub mod fault;
pub mod flag;
pub mod injection;
pub mod matching;
pub mod outlier;
pub mod proxy;
pub mod retry;
pub mod ring;
pub mod sidecar;
pub mod spec;
pub mod status;
#[cfg(test)]
mod tests;
pub mod warm_up;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::api::{ApiServer, Kind};
use crate::cluster::pod::PodId;
use crate::cluster::state::ClusterState;
use crate::mesh::config::Config;
use crate::mesh::proxy::{MERGE_WINDOW, Proxy};
use crate::mesh::sidecar::{Sidecars, Step};
use crate::queue::EventId;
use crate::random::{Random, Seed, Stream};
use crate::scenario::Timing;
use crate::telemetry::registry::Registry;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::workload::Class;
use crate::world::Scope;

/// Istio does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeshEvent {
    /// istiod sees that a Service, its endpoints or an Istio object has changed.
    Changed,
    /// The debounce timer fires (IST-70).
    Debounced,
    /// The pushed configuration of this version reaches the proxy.
    Delivered {
        /// The proxy.
        proxy: u16,
        /// Version of the configuration.
        version: u32,
    },
    /// The outlier detector of this number looks at its endpoints (IST-53).
    Swept {
        /// The detector.
        number: u32,
    },
    /// The gateway's balancer hears of what the outlier detector of this number has changed (IST-54).
    Merged {
        /// The detector.
        number: u32,
    },
    /// A step in the life of a pod's sidecar.
    Sidecar {
        /// The pod.
        pod: PodId,
        /// Which run of the sidecar's container.
        run: u16,
        /// What happens.
        step: Step,
    },
}

/// Entity of the stream that says when istiod sees a change.
const WATCHER: u32 = 100;

/// The version that the simulated Istio claims to be: the last series whose `proxy-status` shows the
/// state of every discovery service.
pub const VERSION: &str = "1.26.0";

/// Namespace of istiod and the gateway.
pub const ISTIO_NAMESPACE: &str = "istio-system";
/// The Deployment of the gateway.
const GATEWAY_DEPLOYMENT: &str = "istio-ingressgateway";
/// Its pod, which users do not see otherwise.
const GATEWAY_POD: &str = "istio-ingressgateway-7f8c9d6b5-x2k4w";

/// A proxy and the pod that it runs in.
#[derive(Clone, Copy, Debug)]
pub struct PodProxy<'m> {
    /// Name of the pod.
    pub pod: &'m str,
    /// Name of its Deployment.
    pub deployment: &'m str,
    /// Namespace of both.
    pub namespace: &'m str,
    /// The proxy.
    pub proxy: &'m Proxy,
}

/// istiod and the gateway.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// The ingress gateway's proxy.
    pub gateway: Proxy,
    /// The proxies beside the applications.
    pub sidecars: Sidecars,
    /// The newest configuration that istiod has computed.
    pub newest: Arc<Config>,
    on_the_way: BTreeMap<u32, Arc<Config>>,
    pending: Option<Pending>,
    /// A fault keeps istiod from computing configurations.
    pub stuck: bool,
    timing: Timing,
    watch_chance: Random,
    push_chance: Random,
}

/// Changes that wait for quiet (IST-70).
#[derive(Clone, Copy, Debug)]
struct Pending {
    first: SimTime,
    last: SimTime,
    cause: EventId,
}

impl Mesh {
    /// A mesh whose proxy knows nothing.
    pub fn new(timing: &Timing, classes: usize, seed: Seed) -> Self {
        Self {
            gateway: Proxy::new(0, classes, seed),
            sidecars: Sidecars::new(timing.sidecar, seed),
            newest: Arc::default(),
            on_the_way: BTreeMap::new(),
            pending: None,
            stuck: false,
            timing: timing.clone(),
            watch_chance: seed.stream(Stream::Watch, WATCHER),
            push_chance: seed.stream(Stream::Propagation, 0),
        }
    }

    /// An object was written or deleted: istiod sees those that it reads itself. Services count when
    /// their endpoints follow, and at once, for their ports.
    pub fn object_changed(&mut self, kind: Kind, scope: &mut Scope<'_, '_>) {
        let watched = match kind {
            Kind::Gateway | Kind::VirtualService | Kind::DestinationRule | Kind::Service => true,
            Kind::Deployment
            | Kind::Job
            | Kind::ConfigMap
            | Kind::Secret
            | Kind::ResourceQuota
            | Kind::HorizontalPodAutoscaler
            | Kind::PodDisruptionBudget => false,
        };
        if watched {
            let (least, most) = self.timing.watch;
            scope.after(self.watch_chance.between(least, most), MeshEvent::Changed);
        }
    }

    /// A change reaches istiod: it waits for quiet before it computes (IST-70).
    pub fn changed(&mut self, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        match &mut self.pending {
            Some(pending) => {
                pending.last = now;
                pending.cause = scope.ctx.cause;
            }
            None => {
                self.pending = Some(Pending { first: now, last: now, cause: scope.ctx.cause });
                scope.after(self.timing.debounce, MeshEvent::Debounced);
            }
        }
    }

    /// The timer fires: push if it was quiet long enough or changes have waited too long, else wait
    /// for the rest of the quiet time (IST-70, 71).
    pub fn debounced(&mut self, api: &ApiServer, state: &ClusterState, scope: &mut Scope<'_, '_>) {
        let Some(pending) = self.pending.filter(|_| !self.stuck) else { return };
        let now = scope.now();
        let quiet = now.since(pending.last);
        if quiet < self.timing.debounce && now.since(pending.first) < self.timing.debounce_max {
            let rest = self.timing.debounce.as_micros() - quiet.as_micros();
            scope.after(SimDuration::from_micros(rest), MeshEvent::Debounced);
            return;
        }
        self.pending = None;
        let version = self.newest.version + 1;
        let config = Config::compute(version, pending.cause, api, state);
        if !config.differs(&self.newest) {
            return;
        }
        let text = format!("computed configuration {version}: {}", describe(&self.newest, &config));
        scope.note_because(pending.cause, Topic::Config, "istiod", text, &["IST-70"]);
        self.newest = Arc::new(config);
        self.on_the_way.insert(version, Arc::clone(&self.newest));
        let (least, most) = self.timing.push;
        let delay = self.push_chance.between(least, most);
        scope.after(delay, MeshEvent::Delivered { proxy: 0, version });
    }

    /// Every proxy of the mesh, with the pod that it runs in.
    pub fn proxies(&self) -> impl Iterator<Item = PodProxy<'_>> {
        let gateway = PodProxy {
            pod: GATEWAY_POD,
            deployment: GATEWAY_DEPLOYMENT,
            namespace: ISTIO_NAMESPACE,
            proxy: &self.gateway,
        };
        [gateway].into_iter()
    }

    /// A configuration reaches the gateway, unless a newer one was faster.
    pub fn delivered(
        &mut self,
        version: u32,
        classes: &[Class],
        registry: &mut Registry,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(config) = self.on_the_way.remove(&version) else { return };
        if version <= self.gateway.config.version {
            return;
        }
        self.on_the_way.retain(|&other, _| version < other);
        let text =
            format!("uses configuration {version}: {}", describe(&self.gateway.config, &config));
        scope.note(Topic::Config, "gateway", text, &["IST-71", "IST-73"]);
        self.gateway.acknowledged.accept(&self.gateway.config, &config, scope.now());
        for (number, interval) in self.gateway.accept(config, classes, registry, scope.now()) {
            scope.after(interval, MeshEvent::Swept { number });
        }
    }

    /// A detector looks at its endpoints: those whose time is over come back (IST-53).
    pub fn swept(&mut self, number: u32, state: &ClusterState, scope: &mut Scope<'_, '_>) {
        let Some(sweep) = self.gateway.sweep(number, scope.now()) else { return };
        for pod in sweep.back {
            let name = state.pods.get(&pod).map_or("a pod that has gone", |pod| &pod.name);
            let text = format!("takes {name} back into {}", sweep.cluster);
            scope.note(Topic::Endpoints, "gateway", text, &["IST-53"]);
        }
        if sweep.later {
            scope.after(MERGE_WINDOW, MeshEvent::Merged { number });
        }
        scope.after(sweep.interval, MeshEvent::Swept { number });
    }
}

/// What a person would say has changed from one configuration to the next.
fn describe(old: &Config, new: &Config) -> String {
    let mut changes = Vec::new();
    if old.listens.is_empty() && !new.listens.is_empty() {
        changes.push("port 80 opens".to_owned());
    } else if !old.listens.is_empty() && new.listens.is_empty() {
        changes.push("port 80 closes".to_owned());
    }
    if old.virtual_hosts != new.virtual_hosts {
        changes.extend(new.virtual_hosts.iter().map(|one| {
            let rules: Vec<_> = one.routes.iter().map(describe_route).collect();
            format!("{} routes {}", one.name, rules.join("; then "))
        }));
        if new.virtual_hosts.is_empty() {
            changes.push("no routes".to_owned());
        }
    }
    for cluster in &new.clusters {
        let same = |other: &&config::Cluster| {
            (&other.service, other.port, &other.subset)
                == (&cluster.service, cluster.port, &cluster.subset)
        };
        let known = old.clusters.iter().find(same);
        if known.is_some_and(|known| !known.same_settings(cluster)) {
            let name = config_name(&cluster.service, &cluster.subset);
            changes.push(format!("{name} has another traffic policy"));
        }
        let before = known.map(|other| other.endpoints.len());
        let now = cluster.endpoints.len();
        if before != Some(now) && (!cluster.subset.is_empty() || before.unwrap_or(0) != now) {
            let name = config_name(&cluster.service, &cluster.subset);
            let before = before.map_or_else(|| "new".to_owned(), |count| count.to_string());
            changes.push(format!("{name} endpoints {before} → {now}"));
        }
    }
    if changes.is_empty() { "endpoints changed".to_owned() } else { changes.join(", ") }
}

fn describe_route(route: &config::Route) -> String {
    let total: u32 = route.destinations.iter().map(|to| to.weight).sum();
    let share = |to: &config::Weighted| {
        let percent = 100.0 * f64::from(to.weight) / f64::from(total.max(1));
        format!("{:.0} % to {}", percent, config_name(&to.host, &to.subset))
    };
    route.destinations.iter().map(share).collect::<Vec<_>>().join(", ")
}

/// `my-app-service` or `my-app-service/green`.
pub fn config_name(service: &str, subset: &str) -> String {
    if subset.is_empty() { service.to_owned() } else { format!("{service}/{subset}") }
}
