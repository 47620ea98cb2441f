//! Behaviour of the whole cluster, with a stand-in for the application.

mod bench;
mod endpoints;
mod life;
mod probes;
mod quota;
mod replica_sets;
mod restarts;
mod rollouts;
mod scheduling;
mod swarm;
mod termination;
