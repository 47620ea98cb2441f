//! What OpenKruise does with a shop's releases (KRU-01..10).

mod bench;
mod console;
mod endings;
mod refused;
mod routes;
mod steps;
