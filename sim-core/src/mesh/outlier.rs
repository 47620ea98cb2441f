//! Outlier detection: endpoints that fail too often in a row are left out for a while (B.5).
//!
//! Simplified: `splitExternalLocalOriginErrors` is not modelled; a failed or cut connection counts as
//! 503 and a timeout as 504, as Envoy counts without it (IST-51).

use crate::time::{SimDuration, SimTime};

/// Ejections never last longer than this, unless the base is longer (IST-53).
const LONGEST: SimDuration = SimDuration::from_secs(300);

/// `outlierDetection` of a policy (IST-50).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlier {
    /// 5xx in a row; 0 switches it off.
    pub consecutive_5xx: u32,
    /// 502, 503 and 504 in a row; 0 switches it off.
    pub consecutive_gateway: u32,
    /// Time between sweeps.
    pub interval: SimDuration,
    /// Time out, for each ejection in a row.
    pub base: SimDuration,
    /// Most endpoints out at once.
    pub max_percent: u32,
    /// Below this share of healthy endpoints all are used (IST-45).
    pub min_health_percent: u32,
}

impl Default for Outlier {
    fn default() -> Self {
        Self {
            consecutive_5xx: 5,
            consecutive_gateway: 0,
            interval: SimDuration::from_secs(10),
            base: SimDuration::from_secs(30),
            max_percent: 10,
            min_health_percent: 0,
        }
    }
}

impl Outlier {
    /// Whether one more of `hosts` endpoints may be left out (IST-52).
    pub fn may_eject(&self, ejected: usize, hosts: usize) -> bool {
        100 * (ejected as u64 + 1) <= u64::from(self.max_percent.min(100)) * hosts as u64
    }

    /// How long the `times`-th ejection in a row lasts at least (IST-53).
    pub fn time_out(&self, times: u32) -> SimDuration {
        self.base.times(times.into()).min(LONGEST.max(self.base))
    }

    /// Whether so few endpoints are healthy that all are used (IST-45).
    pub fn panics(&self, healthy: usize, hosts: usize) -> bool {
        100 * (healthy as u64) < u64::from(self.min_health_percent) * hosts as u64
    }
}

/// What a proxy has seen of an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    errors: u32,
    gateway_errors: u32,
    ejected: Option<SimTime>,
    /// Ejections in a row; every sweep that finds it healthy forgets one.
    times: u32,
}

impl Health {
    /// Whether it is left out.
    pub fn is_ejected(&self) -> bool {
        self.ejected.is_some()
    }

    /// Counts an answer. True if a count has reached its threshold; it begins again then (IST-51).
    pub fn observe(&mut self, policy: &Outlier, code: u16) -> bool {
        if code < 500 {
            (self.errors, self.gateway_errors) = (0, 0);
            return false;
        }
        self.errors += 1;
        self.gateway_errors = if (502..=504).contains(&code) { self.gateway_errors + 1 } else { 0 };
        let gateway = self.gateway_errors == policy.consecutive_gateway && gateway_on(policy);
        let any = self.errors == policy.consecutive_5xx && policy.consecutive_5xx != 0;
        if gateway {
            self.gateway_errors = 0;
        }
        if any {
            self.errors = 0;
        }
        (gateway || any) && !self.is_ejected()
    }

    /// Leaves it out from now on. Says how long at least.
    pub fn eject(&mut self, policy: &Outlier, now: SimTime) -> SimDuration {
        self.ejected = Some(now);
        if policy.base.times(self.times.into()) < LONGEST.max(policy.base) + policy.base {
            self.times += 1;
        }
        policy.time_out(self.times)
    }

    /// A sweep looks at it. True if it comes back (IST-53).
    pub fn sweep(&mut self, policy: &Outlier, now: SimTime) -> bool {
        let Some(since) = self.ejected else {
            self.times = self.times.saturating_sub(1);
            return false;
        };
        if now.since(since) < policy.time_out(self.times) {
            return false;
        }
        *self = Self { times: self.times, ..Self::default() };
        true
    }
}

fn gateway_on(policy: &Outlier) -> bool {
    policy.consecutive_gateway != 0
}
