//! Istio and Envoy: configuration objects, their delivery to the proxies, and routing.
//!
//! Rules IST-01..11 (routes), 20..26 (subsets), 30..38 (retries, faults, mirrors), 40..43
//! (balancing), 45 and 50..54 (outlier detection), 46, 47 (endpoints), 60..62 (limits), 70..73
//! (propagation), 80..84 (sidecars). The proxies of the ingress gateway route, and so do the sidecars of
//! callers in the cluster, each with what it has got of the configuration. Sidecars beside the
//! application forward what comes into their pod.

pub mod analyze;
pub mod audience;
mod change;
pub mod config;
pub mod delivery;
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

use std::sync::Arc;

use crate::cluster::api::{ApiServer, Kind};
use crate::cluster::pod::PodId;
use crate::cluster::state::ClusterState;
use crate::mesh::audience::Audience;
use crate::mesh::change::describe;
use crate::mesh::config::Config;
use crate::mesh::delivery::Subscriber;
use crate::mesh::proxy::{DetectorId, HostId, MERGE_WINDOW, Proxy, ProxyId};
use crate::mesh::sidecar::{Sidecars, Step};
use crate::queue::EventId;
use crate::random::{Random, Seed, Stream};
use crate::scenario::{Timing, Way};
use crate::telemetry::registry::{DestinationId, Registry, Source, SourceId};
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::workload::{Class, Workload};
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
        proxy: ProxyId,
        /// Version of the configuration.
        version: u32,
    },
    /// An outlier detector of a proxy looks at its endpoints (IST-53).
    Swept {
        /// The detector.
        detector: DetectorId,
    },
    /// A proxy's balancer hears of what one of its outlier detectors has changed (IST-54).
    Merged {
        /// The detector.
        detector: DetectorId,
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
    /// The newest configuration for it, which it may not have.
    pub newest: &'m Config,
}

/// istiod and the proxies.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// Those of the ingress gateway's replicas, then those of callers' pods.
    proxies: Vec<Proxy>,
    /// What istiod knows of each of them.
    subscribers: Vec<Subscriber>,
    /// The proxies beside the applications.
    pub sidecars: Sidecars,
    /// For whom configurations are computed, and the newest; the gateway comes first.
    audiences: Vec<(Audience, Arc<Config>)>,
    /// Version of the newest of all.
    version: u32,
    pending: Option<Pending>,
    /// A fault keeps istiod from computing configurations.
    pub stuck: bool,
    timing: Timing,
    watch_chance: Random,
}

/// Changes that wait for quiet (IST-70).
#[derive(Clone, Copy, Debug)]
struct Pending {
    first: SimTime,
    last: SimTime,
    cause: EventId,
}

impl Mesh {
    /// A mesh with this many replicas of the gateway, at least one, which know nothing.
    pub fn new(timing: &Timing, gateways: u8, classes: usize, seed: Seed) -> Self {
        let ids = (0..gateways.max(1)).map(ProxyId);
        Self {
            proxies: ids.clone().map(|id| Proxy::new(id, classes, seed)).collect(),
            subscribers: ids.map(|id| Subscriber::gateway(id, seed)).collect(),
            sidecars: Sidecars::new(timing.sidecar, seed),
            audiences: vec![(Audience::Gateway, Arc::default())],
            version: 0,
            pending: None,
            stuck: false,
            timing: timing.clone(),
            watch_chance: seed.stream(Stream::Watch, WATCHER),
        }
    }

    /// Callers in the cluster join with their sidecars, which know nothing yet.
    pub fn join(&mut self, workload: &Workload, registry: &mut Registry, seed: Seed) {
        for users in &workload.users {
            let Way::Sidecar(calls) = &users.population.way else { continue };
            let audience = self.audiences.len();
            let source = registry.source(Source::caller(&calls.workload, &calls.labels));
            for (place, id) in users.proxies().enumerate() {
                let mut proxy = Proxy::new(id, workload.classes.len(), seed);
                proxy.source = source;
                self.proxies.push(proxy);
                let subscriber = Subscriber::caller((id, audience), &calls.workload, place, seed);
                self.subscribers.push(subscriber);
            }
            let (workload, labels) = (calls.workload.clone(), calls.labels.clone());
            self.audiences.push((Audience::Sidecars { workload, labels }, Arc::default()));
        }
    }

    /// An object was written or deleted: istiod sees those that it reads itself. Services count when
    /// their endpoints follow, and at once, for their ports.
    pub fn object_changed(&mut self, kind: Kind, scope: &mut Scope<'_, '_>) {
        let watched = matches!(
            kind,
            Kind::Gateway | Kind::VirtualService | Kind::DestinationRule | Kind::Service
        );
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
        let (version, cause) = (self.version + 1, pending.cause);
        for audience in 0..self.audiences.len() {
            let (whom, newest) = &mut self.audiences[audience];
            let config = Config::compute((version, cause), whom, api, state);
            if !config.differs(newest) {
                continue;
            }
            let whose = match whom {
                Audience::Gateway => String::new(),
                Audience::Sidecars { workload, .. } => format!(" for the sidecars of {workload}"),
            };
            let what = describe(newest, &config);
            let text = format!("computed configuration {version}{whose}: {what}");
            *newest = Arc::new(config);
            scope.note_because(cause, Topic::Config, "istiod", text, &["IST-70"]);
            self.version = version;
            for id in self.ids() {
                if self.subscriber(id).audience == audience {
                    self.push(id, scope);
                }
            }
        }
    }

    /// Sends a proxy its newest configuration, unless a fault holds up what istiod sends it (IST-71).
    fn push(&mut self, id: ProxyId, scope: &mut Scope<'_, '_>) {
        let subscriber = &mut self.subscribers[usize::from(id.0)];
        let (_, newest) = &self.audiences[subscriber.audience];
        if let Some(delay) = subscriber.send(newest, self.timing.push) {
            scope.after(delay, MeshEvent::Delivered { proxy: id, version: newest.version });
        }
    }

    /// Holds up from now on what istiod sends to the proxies of these pods, and to no others. Who was
    /// held up gets what it has missed.
    pub fn hold_up(&mut self, pods: &[&str], scope: &mut Scope<'_, '_>) {
        for id in self.ids() {
            let subscriber = &mut self.subscribers[usize::from(id.0)];
            let stuck = pods.contains(&subscriber.pod.as_str());
            let was_stuck = std::mem::replace(&mut subscriber.stuck, stuck);
            if was_stuck && self.proxy(id).config.version < self.newest_for(id).version {
                self.push(id, scope);
            }
        }
    }

    /// The newest configuration of the gateway.
    pub fn newest(&self) -> &Config {
        &self.audiences[0].1
    }

    /// The newest configuration for a proxy, which it may not have.
    pub fn newest_for(&self, id: ProxyId) -> &Config {
        &self.audiences[self.subscriber(id).audience].1
    }

    fn subscriber(&self, id: ProxyId) -> &Subscriber {
        &self.subscribers[usize::from(id.0)]
    }

    fn ids(&self) -> impl Iterator<Item = ProxyId> + use<> {
        (0..=u8::MAX).take(self.proxies.len()).map(ProxyId)
    }

    /// A proxy.
    #[inline]
    pub fn proxy(&self, id: ProxyId) -> &Proxy {
        &self.proxies[usize::from(id.0)]
    }

    /// A proxy.
    #[inline]
    pub fn proxy_mut(&mut self, id: ProxyId) -> &mut Proxy {
        &mut self.proxies[usize::from(id.0)]
    }

    /// What the metrics say of a proxy and of one of its endpoints.
    #[inline]
    pub fn ends_of(&self, host: HostId) -> (SourceId, DestinationId) {
        let proxy = self.proxy(host.proxy());
        (proxy.source, proxy.destination_of(host))
    }

    /// What the metrics say of an endpoint of some proxy.
    #[inline]
    pub fn destination_of(&self, host: HostId) -> DestinationId {
        self.proxy(host.proxy()).destination_of(host)
    }

    /// The proxy of the gateway's first replica.
    pub fn gateway(&self) -> &Proxy {
        self.proxy(ProxyId::default())
    }

    /// Every proxy that routes, with the pod that it runs in: those of the gateway first.
    pub fn proxies(&self) -> impl Iterator<Item = PodProxy<'_>> {
        self.subscribers.iter().zip(&self.proxies).map(|(subscriber, proxy)| PodProxy {
            pod: &subscriber.pod,
            deployment: &subscriber.deployment,
            namespace: subscriber.namespace(),
            proxy,
            newest: &self.audiences[subscriber.audience].1,
        })
    }

    /// The proxies of the gateway's replicas.
    pub fn gateways(&self) -> impl Iterator<Item = PodProxy<'_>> {
        self.proxies().take_while(|at| at.namespace == ISTIO_NAMESPACE)
    }

    /// What a proxy is, in a word.
    pub fn role(&self, id: ProxyId) -> &'static str {
        match self.audiences[self.subscriber(id).audience].0 {
            Audience::Gateway => "gateway",
            Audience::Sidecars { .. } => "sidecar",
        }
    }

    /// What the trace calls a proxy: the gateway as such while it has one replica only.
    pub fn subject(&self, id: ProxyId) -> String {
        match self.role(id) {
            "gateway" if self.gateways().nth(1).is_none() => "gateway".to_owned(),
            role => format!("{role}/{}", self.subscriber(id).pod),
        }
    }

    /// A configuration reaches a proxy, unless a newer one was faster.
    pub fn delivered(
        &mut self,
        (id, version): (ProxyId, u32),
        classes: &[Class],
        registry: &mut Registry,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(config) = self.subscribers[usize::from(id.0)].take(version) else { return };
        let subject = self.subject(id);
        let proxy = self.proxy_mut(id);
        let text = format!("uses configuration {version}: {}", describe(&proxy.config, &config));
        scope.note(Topic::Config, subject, text, &["IST-71", "IST-73"]);
        proxy.acknowledged.accept(&proxy.config, &config, scope.now());
        for (detector, interval) in proxy.accept(config, classes, registry, scope.now()) {
            scope.after(interval, MeshEvent::Swept { detector });
        }
    }

    /// A detector looks at its endpoints: those whose time is over come back (IST-53).
    pub fn swept(&mut self, detector: DetectorId, state: &ClusterState, scope: &mut Scope<'_, '_>) {
        let id = detector.proxy();
        let Some(sweep) = self.proxy_mut(id).sweep(detector, scope.now()) else { return };
        for pod in sweep.back {
            let name = state.pods.get(&pod).map_or("a pod that has gone", |pod| &pod.name);
            let text = format!("takes {name} back into {}", sweep.cluster);
            scope.note(Topic::Endpoints, self.subject(id), text, &["IST-53"]);
        }
        if sweep.later {
            scope.after(MERGE_WINDOW, MeshEvent::Merged { detector });
        }
        scope.after(sweep.interval, MeshEvent::Swept { detector });
    }
}

/// `my-app-service` or `my-app-service/green`.
pub fn config_name(service: &str, subset: &str) -> String {
    if subset.is_empty() { service.to_owned() } else { format!("{service}/{subset}") }
}
