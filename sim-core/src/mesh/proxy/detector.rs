//! The proxy's detectors: one for each cluster whose policy asks for outlier detection (IST-50).

use super::{DetectorId, HostId, Proxy, Upstreams};
use crate::cluster::pod::PodId;
use crate::mesh::config::Cluster;
use crate::mesh::config_name;
use crate::mesh::outlier::Outlier;
use crate::time::{SimDuration, SimTime};

/// Changes of health that follow one another faster than this reach Envoy's balancer together, this
/// long after the second of them (`update_merge_window`).
pub const MERGE_WINDOW: SimDuration = SimDuration::from_secs(1);

/// The detector of one cluster. It survives changes of the cluster's endpoints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detector {
    pub(super) policy: Outlier,
    /// Names it among all that ever were.
    pub(super) id: DetectorId,
    /// Whether it has been said that the cap spares an endpoint.
    pub(super) spared: bool,
    /// When the balancer was last told who is left out.
    pub(super) told: SimTime,
    /// When it will be told of changes that it has not heard of.
    pub(super) due: Option<SimTime>,
}

/// What follows from one error too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint is left out.
    Ejected {
        /// At least so long.
        time: SimDuration,
        /// Endpoints that are out now.
        out: usize,
        /// Endpoints of the cluster.
        of: usize,
        /// The detector, if the balancer is told of it only after the merge window.
        later: Option<DetectorId>,
    },
    /// The cap does not allow it (IST-52). Said once.
    Spared {
        /// Endpoints that are out.
        out: usize,
        /// Endpoints of the cluster.
        of: usize,
    },
}

/// What a sweep has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Time to the next one.
    pub interval: SimDuration,
    /// The cluster.
    pub cluster: String,
    /// Endpoints that come back.
    pub back: Vec<PodId>,
    /// Whether the balancer is told of them only after the merge window.
    pub later: bool,
}

impl Proxy {
    /// Whether outlier detection leaves an endpoint of a cluster out (IST-54).
    pub fn is_ejected(&self, cluster: &Cluster, pod: PodId) -> bool {
        let key = (&cluster.service, &cluster.port, &cluster.subset);
        self.hosts.iter().any(|host| {
            let (service, port, subset) = &*host.key;
            host.pod == pod && (service, port, subset) == key && host.health.is_ejected()
        })
    }

    /// Whether any cluster has outlier detection.
    #[inline]
    pub fn detects(&self) -> bool {
        self.detects
    }

    /// Counts an answer of an endpoint. Tells what follows, if anything does.
    pub fn observe(
        &mut self,
        id: HostId,
        code: u16,
        now: SimTime,
    ) -> Option<(PodId, String, Verdict)> {
        let host = &mut self.hosts[id.place()];
        let index = host.cluster.filter(|_| host.listed)?;
        let upstreams = &mut self.clusters[usize::from(index)];
        let detector = upstreams.detector.as_mut()?;
        if !host.health.observe(&detector.policy, code) {
            return None;
        }
        let (pod, of) = (host.pod, upstreams.members.len());
        let cluster = config_name(&host.key.0, &host.key.2);
        let ejected = |id: &&HostId| self.hosts[id.place()].health.is_ejected();
        let out = upstreams.members.iter().filter(ejected).count();
        if !detector.policy.may_eject(out, of) {
            let first = !std::mem::replace(&mut detector.spared, true);
            return first.then_some((pod, cluster, Verdict::Spared { out, of }));
        }
        let (policy, detector) = (detector.policy, detector.id);
        let time = self.hosts[id.place()].health.eject(&policy, now);
        let later = self.tell(index, now).then_some(detector);
        Some((pod, cluster, Verdict::Ejected { time, out: out + 1, of, later }))
    }

    /// A detector looks at its endpoints; `None` if it is no more.
    pub fn sweep(&mut self, detector: DetectorId, now: SimTime) -> Option<Sweep> {
        let of_it = |one: &Upstreams| one.detector.is_some_and(|it| it.id == detector);
        let index = self.clusters.iter().position(of_it)?;
        let upstreams = &self.clusters[index];
        let policy = upstreams.detector?.policy;
        let mut back = Vec::new();
        for id in &upstreams.members {
            let host = &mut self.hosts[id.place()];
            if host.health.sweep(&policy, now) {
                back.push(host.pod);
            }
        }
        let cluster = &self.config.clusters[index];
        let cluster = config_name(&cluster.service, &cluster.subset);
        let later = !back.is_empty() && self.tell(u16::try_from(index).ok()?, now);
        Some(Sweep { interval: policy.interval, cluster, back, later })
    }

    /// Tells the balancer of a cluster who is left out: at once, or with all that changes within the
    /// merge window. True if a new window begins, whose end is to be reported to [`Self::merge`].
    fn tell(&mut self, index: u16, now: SimTime) -> bool {
        let Some(detector) = &mut self.clusters[usize::from(index)].detector else { return false };
        if MERGE_WINDOW < now.since(detector.told) {
            detector.told = now;
            detector.due = None;
            self.balance(index);
            return false;
        }
        let begins = detector.due.is_none();
        detector.due.get_or_insert(now + MERGE_WINDOW);
        begins
    }

    /// A merge window of a detector is over.
    pub fn merge(&mut self, id: DetectorId, now: SimTime) {
        let mut detectors = self.clusters.iter_mut().map(|one| one.detector.as_mut());
        let of_it = |one: &Detector| one.id == id && one.due == Some(now);
        let index = detectors.position(|one| one.is_some_and(|one| of_it(one)));
        let Some(index) = index.and_then(|index| u16::try_from(index).ok()) else { return };
        if let Some(detector) = &mut self.clusters[usize::from(index)].detector {
            (detector.told, detector.due) = (now, None);
        }
        self.balance(index);
    }

    /// Chooses among which endpoints a cluster balances: those that are not ejected, or all in panic
    /// (IST-45, 54).
    pub(super) fn balance(&mut self, index: u16) {
        let upstreams = &mut self.clusters[usize::from(index)];
        upstreams.hosts.clone_from(&upstreams.members);
        if let Some(detector) = upstreams.detector {
            upstreams.hosts.retain(|id| !self.hosts[id.place()].health.is_ejected());
            if detector.policy.panics(upstreams.hosts.len(), upstreams.members.len()) {
                upstreams.hosts.clone_from(&upstreams.members);
            }
        }
        self.lay_ring(index);
    }

    /// Gives a cluster its detector: the one it had if nothing but endpoints has changed, with what it
    /// knows of those that stay; else a new one, which is then told with its interval.
    pub(super) fn detect(
        &mut self,
        policy: Option<Outlier>,
        kept: Option<Detector>,
    ) -> (Option<Detector>, Option<(DetectorId, SimDuration)>) {
        let Some(policy) = policy else { return (None, None) };
        self.detects = true;
        if let Some(kept) = kept {
            return (Some(kept), None);
        }
        let id = self.next_detector;
        self.next_detector = id.next();
        let told = SimTime::from_micros(i64::MIN / 2);
        let detector = Detector { policy, id, spared: false, told, due: None };
        (Some(detector), Some((id, policy.interval)))
    }
}
