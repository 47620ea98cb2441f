//! The browser's edge: the only place that reads clocks, stores, addresses and sizes.

pub(crate) mod page;
pub(crate) mod store;

#[cfg(feature = "lab")]
pub(crate) mod clock;
#[cfg(feature = "lab")]
pub(crate) mod fetch;
#[cfg(feature = "lab")]
pub(crate) mod link;
#[cfg(feature = "lab")]
pub(crate) mod size;
