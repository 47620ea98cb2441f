//! The browser's edge: the only place that reads clocks, stores, addresses and sizes.

pub(crate) mod page;
#[cfg(any(feature = "lab", feature = "reader"))]
pub(crate) mod store;

#[cfg(any(feature = "lab", feature = "database"))]
pub(crate) mod clock;
#[cfg(feature = "lab")]
pub(crate) mod fetch;
#[cfg(feature = "lab")]
pub(crate) mod link;
#[cfg(feature = "database")]
pub(crate) mod pglite;
#[cfg(feature = "lab")]
pub(crate) mod size;
