//! A real Liquibase judges the model: the rows of both its tables with their checksums, what it says, and
//! its exit status.

mod agreement;
mod corpus;
mod model;
mod program;
