//! Which parts of its configuration a proxy has acknowledged: `istioctl proxy-status`.
//!
//! istiod sends all parts together here; a part counts as sent when something in it has changed.

use crate::mesh::config::{Cluster, Config};
use crate::time::SimTime;

/// A part of a configuration, which has its own discovery service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Clusters, without their endpoints.
    Clusters,
    /// Listeners.
    Listeners,
    /// Endpoints.
    Endpoints,
    /// Routes.
    Routes,
}

/// What a cluster is without its endpoints.
fn bare(cluster: &Cluster) -> Cluster {
    Cluster { endpoints: Vec::new(), ..cluster.clone() }
}

impl Part {
    /// Every part, in the order in which istioctl shows them.
    pub const ALL: [Self; 4] = [Self::Clusters, Self::Listeners, Self::Endpoints, Self::Routes];

    /// Whether two configurations differ in this part.
    pub fn differs(self, one: &Config, other: &Config) -> bool {
        match self {
            Self::Clusters => {
                let (one, other) = (one.clusters.iter(), other.clusters.iter());
                one.map(bare).ne(other.map(bare))
            }
            Self::Listeners => one.listens != other.listens,
            Self::Endpoints => {
                let endpoints = |config: &Config| -> Vec<_> {
                    config.clusters.iter().map(|cluster| cluster.endpoints.clone()).collect()
                };
                endpoints(one) != endpoints(other)
            }
            Self::Routes => one.virtual_hosts != other.virtual_hosts,
        }
    }
}

/// When each part was last acknowledged, in the order of [`Part::ALL`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Acknowledged([Option<SimTime>; 4]);

impl Acknowledged {
    /// A proxy goes from one configuration to another.
    pub fn accept(&mut self, old: &Config, new: &Config, now: SimTime) {
        for (part, at) in Part::ALL.into_iter().zip(&mut self.0) {
            if part.differs(old, new) {
                *at = Some(now);
            }
        }
    }

    /// When a part was last acknowledged.
    pub fn at(&self, part: Part) -> Option<SimTime> {
        Part::ALL.into_iter().zip(self.0).find(|(one, _)| *one == part).and_then(|(_, at)| at)
    }
}
