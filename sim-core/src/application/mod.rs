//! What a release does to a request: workers, queue, service time, start-up, errors (E.2).

pub mod release;

use crate::cluster::pod::PodId;
use crate::cluster::spec::ProbeKind;

/// A release does something, or something is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationEvent {
    /// The kubelet has started the container for the `run`-th time, counted from 0.
    Started {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// Its start-up is over: it listens.
    Listening {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// The kubelet asks its health endpoint; it answers with `ClusterEvent::ProbeAnswered`.
    Probed {
        /// The pod.
        pod: PodId,
        /// Which probe.
        kind: ProbeKind,
        /// Which question; the answer names it.
        ask: u8,
    },
    /// It is asked to end (SIGTERM); it answers with `ClusterEvent::ContainerExited`.
    Terminated {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// It is killed (SIGKILL): requests in flight are cut.
    Killed {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
}
