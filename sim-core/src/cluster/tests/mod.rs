//! Behaviour of the whole cluster, with a stand-in for the application.

mod autoscaling;
mod bench;
mod disruption;
mod endpoints;
mod init;
mod jobs;
mod life;
mod node_loss;
mod probes;
mod quota;
mod replica_sets;
mod restarts;
mod rollouts;
mod scheduling;
mod sidecars;
mod swarm;
mod termination;
