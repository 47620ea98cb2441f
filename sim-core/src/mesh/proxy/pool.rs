//! Limits of a cluster (B.6): requests wait for a connection, or are turned away with 503 UO.
//!
//! Simplified: a connection lives as long as its request, idle ones do not count; and a copy that
//! would have to wait is dropped.

use super::{Choice, HostId, Proxy};
use crate::cluster::pod::PodId;
use crate::mesh::flag::Flags;
use crate::request::{Line, RequestId, Requests};

impl Proxy {
    /// What happens to a request to an endpoint of a cluster with limits. An endpoint may always have
    /// one connection, or its line would never move (IST-61).
    pub(super) fn within_limits(&mut self, cluster: u16, id: HostId) -> Choice {
        let upstreams = &self.clusters[usize::from(cluster)];
        let Some(limits) = &upstreams.limits else { return self.open(id) };
        let members = upstreams.members.iter().map(|id| &self.hosts[id.place()]);
        let (active, pending) = members.fold((0, 0), |(active, pending), host| {
            (active + host.active, pending + host.line.len())
        });
        let host = &self.hosts[id.place()];
        if limits.requests <= active {
            Choice::Fail { code: 503, flag: Flags::OVERFLOW, to: host.destination }
        } else if active < limits.connections || host.active == 0 {
            self.open(id)
        } else if pending < limits.pending {
            Choice::Wait { host: id }
        } else {
            Choice::Fail { code: 503, flag: Flags::OVERFLOW, to: host.destination }
        }
    }

    /// A request goes to an endpoint.
    #[inline]
    pub(super) fn open(&mut self, id: HostId) -> Choice {
        let host = &mut self.hosts[id.place()];
        host.active += 1;
        Choice::Endpoint { host: id, pod: host.pod }
    }

    /// Whether the process of an endpoint's pod does not listen on the target port.
    #[inline]
    pub fn is_astray(&self, host: HostId) -> bool {
        !self.hosts[host.place()].open
    }

    /// A request waits for a connection to an endpoint.
    pub fn enqueue(&mut self, host: HostId, id: RequestId, requests: &mut Requests) {
        self.line(host).push(id, requests);
    }

    /// A request waits no longer.
    pub fn dequeue(&mut self, host: HostId, id: RequestId, requests: &mut Requests) {
        self.line(host).remove(id, requests);
    }

    /// The next request that gets a connection to an endpoint, with the endpoint's pod.
    pub fn next(&mut self, host: HostId, requests: &mut Requests) -> Option<(RequestId, PodId)> {
        let next = self.line(host).pop(requests)?;
        match self.open(host) {
            Choice::Endpoint { pod, .. } => Some((next, pod)),
            _ => None,
        }
    }

    /// Most retries at once in the cluster of an endpoint, if there is a limit (IST-62).
    pub fn retry_limit(&self, host: HostId) -> Option<u32> {
        let cluster = self.hosts[host.place()].cluster?;
        Some(self.clusters[usize::from(cluster)].limits?.retries)
    }

    /// Whether an endpoint of some proxy belongs to the cluster of one of this proxy's.
    pub fn same_cluster(&self, other: HostId, one: HostId) -> bool {
        other.proxy() == self.id
            && self.hosts[other.place()].cluster == self.hosts[one.place()].cluster
    }

    fn line(&mut self, host: HostId) -> &mut Line {
        &mut self.hosts[host.place()].line
    }
}
