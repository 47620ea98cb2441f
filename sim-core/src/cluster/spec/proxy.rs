//! What the annotations of a pod can say about its sidecar.

use crate::time::SimDuration;

/// How a sidecar starts and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyConfig {
    /// `terminationDrainDuration`: from SIGTERM to its end; default 5 s (IST-80).
    pub drain: SimDuration,
    /// `EXIT_ON_ZERO_ACTIVE_CONNECTIONS`: it does not end while requests are open; default false.
    pub waits_for_requests: bool,
    /// `MINIMUM_DRAIN_DURATION`: how long it waits before it counts them; default 5 s.
    pub least_drain: SimDuration,
    /// `holdApplicationUntilProxyStarts`: the application is started after it; default false (IST-82).
    pub holds_application: bool,
    /// Whether its agent asks the application in the kubelet's place; default true (IST-83).
    pub relays_probes: bool,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            drain: SimDuration::from_secs(5),
            waits_for_requests: false,
            least_drain: SimDuration::from_secs(5),
            holds_application: false,
            relays_probes: true,
        }
    }
}
