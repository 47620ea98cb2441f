//! A real PostgreSQL judges the model of the shared database: outcomes with SQLSTATE, locks, and
//! whether a table is written or read again.

mod agreement;
mod blocking;
mod corpus;
mod describe;
mod judge;
pub(crate) mod server;
