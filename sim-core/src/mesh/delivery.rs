//! What istiod knows of one proxy, and what is on its way there (IST-71).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::NAMESPACE;
use crate::mesh::ISTIO_NAMESPACE;
use crate::mesh::config::Config;
use crate::mesh::proxy::ProxyId;
use crate::random::{Random, Seed, Stream};
use crate::time::SimDuration;

/// Most replicas of the gateway.
pub const GATEWAYS_MAX: u8 = 8;
/// Most pods of one population of callers.
pub const CALLERS_MAX: u8 = 20;

/// The Deployment of the gateway.
const GATEWAY: &str = "istio-ingressgateway";
/// What distinguishes the names of pods. They are the same in every run, so that a scenario can name
/// them.
const SUFFIXES: [&str; CALLERS_MAX as usize] = [
    "x2k4w", "b7mqt", "h9v5d", "n4cjz", "r6wgp", "t8fl2", "q5zxk", "d2bv7", "c8hn4", "w5jrq",
    "f7tdz", "z9gkb", "k2xpv", "m6cwl", "v4qsh", "g5bnf", "p8zjt", "j9rdx", "l7vkc", "s4mgw",
];

/// A proxy that istiod configures.
#[derive(Clone, Debug)]
pub(super) struct Subscriber {
    /// Name of its pod, which users do not see otherwise.
    pub(super) pod: String,
    /// Name of the pod's Deployment.
    pub(super) deployment: String,
    /// For whom its configuration is computed.
    pub(super) audience: usize,
    /// A fault holds up what istiod sends it.
    pub(super) stuck: bool,
    /// By version.
    on_the_way: BTreeMap<u32, Arc<Config>>,
    /// How long what istiod sends takes to get there.
    chance: Random,
}

impl Subscriber {
    /// A replica of the gateway.
    pub(super) fn gateway(id: ProxyId, seed: Seed) -> Self {
        Self::new((id, 0), (GATEWAY, "7f8c9d6b5"), usize::from(id.0), seed)
    }

    /// The pod at this place of a workload that calls others.
    pub(super) fn caller(
        (id, audience): (ProxyId, usize),
        workload: &str,
        place: usize,
        seed: Seed,
    ) -> Self {
        Self::new((id, audience), (workload, "6d4b8c7f9"), place, seed)
    }

    fn new(
        (id, audience): (ProxyId, usize),
        (deployment, hash): (&str, &str),
        place: usize,
        seed: Seed,
    ) -> Self {
        let suffix = SUFFIXES[place % SUFFIXES.len()];
        Self {
            pod: format!("{deployment}-{hash}-{suffix}"),
            deployment: deployment.to_owned(),
            audience,
            stuck: false,
            on_the_way: BTreeMap::new(),
            chance: seed.stream(Stream::Propagation, id.0.into()),
        }
    }

    /// Namespace of its pod.
    pub(super) fn namespace(&self) -> &'static str {
        if self.audience == 0 { ISTIO_NAMESPACE } else { NAMESPACE }
    }

    /// istiod sends a configuration: how long it takes, within these bounds; `None` if it is held up.
    pub(super) fn send(
        &mut self,
        config: &Arc<Config>,
        (least, most): (SimDuration, SimDuration),
    ) -> Option<SimDuration> {
        if self.stuck || self.on_the_way.contains_key(&config.version) {
            return None;
        }
        self.on_the_way.insert(config.version, Arc::clone(config));
        Some(self.chance.between(least, most))
    }

    /// The configuration of a version arrives: nothing if a newer one was faster. What is older than it
    /// will come to nothing.
    pub(super) fn take(&mut self, version: u32) -> Option<Arc<Config>> {
        let config = self.on_the_way.remove(&version)?;
        self.on_the_way.retain(|&other, _| version < other);
        Some(config)
    }
}
