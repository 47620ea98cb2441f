//! The choice of an endpoint within a cluster (B.4).

use super::{Choice, HostId, Proxy};
use crate::mesh::flag::Flags;
use crate::mesh::spec::LoadBalancer;
use crate::mesh::warm_up;
use crate::time::SimTime;
use crate::workload::ClassId;

impl Proxy {
    /// Chooses an endpoint of a cluster; up to five times again if the request in this slot was tried
    /// there (IST-31).
    #[inline(always)]
    pub(super) fn choose_endpoint(
        &mut self,
        cluster: u16,
        class: ClassId,
        avoid: Option<u32>,
        now: SimTime,
    ) -> Choice {
        let upstreams = &mut self.clusters[cluster as usize];
        let count = u32::try_from(upstreams.hosts.len()).expect("far fewer endpoints than 2^32");
        if count == 0 {
            let to = upstreams.empty;
            return Choice::Fail { code: 503, flag: Flags::NO_HEALTHY_UPSTREAM, to };
        }
        let mut id = HostId::default();
        for _ in 0..=5 {
            id = match upstreams.balancer {
                _ if count == 1 => upstreams.hosts[0],
                LoadBalancer::LeastRequest | LoadBalancer::RoundRobin
                    if upstreams.warm_up.is_some_and(|(_, until)| now < until) =>
                {
                    let least_request = upstreams.balancer == LoadBalancer::LeastRequest;
                    let warm_up = upstreams.warm_up.map(|(warm_up, _)| warm_up);
                    let weights = upstreams.hosts.iter().map(|id| {
                        let host = &self.hosts[id.place()];
                        let weight = warm_up.map_or(1.0, |it| it.weight(now.since(host.since)));
                        let load = if least_request { host.active } else { 0 };
                        weight / f64::from(load + 1)
                    });
                    upstreams.hosts[warm_up::draw(weights, &mut self.chance)]
                }
                LoadBalancer::LeastRequest => {
                    let one = upstreams.hosts[self.chance.below(count) as usize];
                    let other = upstreams.hosts[self.chance.below(count) as usize];
                    let active = |id: HostId| self.hosts[id.place()].active;
                    if active(other) < active(one) { other } else { one }
                }
                LoadBalancer::RoundRobin => {
                    upstreams.turn = (upstreams.turn + 1) % count;
                    upstreams.hosts[upstreams.turn as usize]
                }
                LoadBalancer::Random => upstreams.hosts[self.chance.below(count) as usize],
                LoadBalancer::ConsistentHash => {
                    let led = upstreams.hashing.as_ref().and_then(|hashing| {
                        let hash = hashing.hash_of(class.0);
                        hashing.endpoint(hash.unwrap_or_else(|| self.chance.bits()))
                    });
                    // A retry returns to the same endpoint (IST-31).
                    id = led.unwrap_or(upstreams.hosts[0]);
                    break;
                }
            };
            if avoid.is_none_or(|slot| !self.tried.contains(slot, id)) {
                break;
            }
        }
        if upstreams.limits.is_some() { self.within_limits(cluster, id) } else { self.open(id) }
    }
}
