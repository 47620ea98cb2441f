//! Clusters whose endpoint the request decides (IST-43).

use super::{HostId, Proxy};
use crate::mesh::config::Cluster;
use crate::mesh::ring::Ring;
use crate::workload::Class;

/// What a cluster with consistent hashing needs besides its endpoints.
#[derive(Clone, Debug)]
pub(super) struct Hashing {
    /// Addresses of the cluster's members.
    addresses: Vec<String>,
    minimum: u32,
    /// Hash of every class of requests; `None` if chance decides.
    hashes: Vec<Option<u64>>,
    ring: Ring<HostId>,
}

impl Hashing {
    /// That of a cluster, if its policy asks for it.
    pub(super) fn new(cluster: &Cluster, classes: &[Class]) -> Option<Self> {
        let hash = cluster.hash.as_ref()?;
        let addresses = cluster.endpoints.iter().map(|one| format!("{}:{}", one.ip, one.port));
        let hashes = classes.iter().map(|class| hash.key.hash(class));
        let (addresses, hashes) = (addresses.collect(), hashes.collect());
        Some(Self { addresses, minimum: hash.minimum, hashes, ring: Ring::default() })
    }

    /// The hash of a class.
    #[inline]
    pub(super) fn hash_of(&self, class: u16) -> Option<u64> {
        self.hashes[usize::from(class)]
    }

    /// The endpoint that a hash leads to.
    #[inline]
    pub(super) fn endpoint(&self, hash: u64) -> Option<HostId> {
        self.ring.at(hash)
    }
}

impl Proxy {
    /// Lays the ring of a cluster anew, over those endpoints among which it balances.
    pub(super) fn lay_ring(&mut self, index: u16) {
        let upstreams = &mut self.clusters[usize::from(index)];
        let Some(hashing) = &mut upstreams.hashing else { return };
        let members = upstreams.members.iter().zip(&hashing.addresses);
        let used = members.filter(|(id, _)| upstreams.hosts.contains(id));
        let used: Vec<_> = used.map(|(&id, address)| (address.as_str(), id)).collect();
        hashing.ring = Ring::new(used.into_iter(), hashing.minimum);
    }
}
