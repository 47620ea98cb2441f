//! A real Envoy judges the simulated gateway: both run the same manifests, and where they differ the
//! simulator is wrong.
//!
//! The control plane between the manifests and Envoy is ours ([`config`]), written after the rules
//! about istiod and apart from the simulated istiod; so what is judged is how the proxy behaves.
//! Pods are servers in this process, one port each. What Envoy did is read from its access log and its
//! statistics. Counts that chance decides may differ by five standard deviations, which two equal
//! proxies exceed in one of two million comparisons.

mod agreement;
mod case;
mod config;
mod gateway;
mod pods;

mod faults;
mod limits;
mod outliers;
mod retries;
mod routes;
