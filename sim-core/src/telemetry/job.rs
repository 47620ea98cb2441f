//! What Prometheus scrapes, and when within an interval (PROM-01).

use crate::digest::Digest;
use crate::time::SimDuration;

/// Targets that are scraped at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// The proxies' metrics.
    Proxies,
    /// What users count for themselves.
    Users,
    /// kube-state-metrics.
    KubeState,
    /// The kubelets' metrics of containers.
    Containers,
    /// The database's exporter.
    Database,
    /// istiod, and what tells of schemas.
    ControlPlane,
    /// Alertmanager's own.
    Alertmanager,
}

impl Job {
    /// All, in the order in which one moment scrapes them.
    pub const ALL: [Self; 7] = [
        Self::Proxies,
        Self::Users,
        Self::KubeState,
        Self::Containers,
        Self::Database,
        Self::ControlPlane,
        Self::Alertmanager,
    ];

    /// Name, which decides the phase.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proxies => "proxies",
            Self::Users => "users",
            Self::KubeState => "kube-state-metrics",
            Self::Containers => "containers",
            Self::Database => "database",
            Self::ControlPlane => "control-plane",
            Self::Alertmanager => "alertmanager",
        }
    }

    /// From the beginning of an interval until it is scraped: always the same, whatever the seed, and below
    /// the interval. Prometheus takes a hash of the target's labels.
    pub fn phase(self, interval: SimDuration) -> SimDuration {
        let mut digest = Digest::default();
        digest.fold_text(self.name());
        let share = u128::from(digest.value());
        SimDuration::from_micros(((share * u128::from(interval.as_micros())) >> 64) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PROM-01.
    #[test]
    fn every_job_has_a_phase_of_its_own_within_the_interval() {
        let interval = SimDuration::from_secs(60);
        let mut phases = Job::ALL.map(|job| job.phase(interval).as_micros());
        phases.sort_unstable();
        assert!(phases.windows(2).all(|pair| pair[0] + 100_000 < pair[1]), "{phases:?}");
        assert!(phases.iter().all(|phase| *phase < interval.as_micros()), "{phases:?}");
    }
}
