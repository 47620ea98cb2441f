//! Istio and Envoy: configuration objects, its delivery to the proxies, and routing.
//!
//! Rules IST-01..07 (routes), 20..25 (subsets), 30..36 (retries), 40 (load balancing), 46, 47
//! (endpoints), 70..73 (propagation).

pub mod spec;

/// Istio does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeshEvent {
    /// istiod sees that a Service, its endpoints or an Istio object has changed.
    Changed,
    /// The debounce timer fires (IST-70).
    Debounced,
    /// The pushed configuration of this version reaches the proxy.
    Delivered {
        /// The proxy.
        proxy: u16,
        /// Version of the configuration.
        version: u32,
    },
}
