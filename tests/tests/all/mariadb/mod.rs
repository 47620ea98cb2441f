//! A real MariaDB judges the model of MySQL: outcomes with number and SQLSTATE, by which algorithm a table
//! is changed, and who waits for whom. Where the two servers are known to differ, `differences` says how.

mod agreement;
mod client;
mod corpus;
mod differences;
mod judge;
mod online;
mod running;
mod server;
mod waiting;
