//! The steps in the life of a request.

use super::RequestId;

/// A step in the life of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestEvent {
    /// The user tries again after a pause.
    Sent(RequestId),
    /// The delay that the gateway injects is over.
    Admitted(RequestId),
    /// The gateway tries another endpoint after its back-off.
    Retried(RequestId),
    /// It reaches the pod.
    Delivered(RequestId),
    /// The gateway learns that the connection was refused.
    Refused(RequestId),
    /// Its CPU part is done.
    Computed {
        /// The request.
        id: RequestId,
        /// Tries of the gateway before that one.
        attempt: u8,
    },
    /// Its database statement is done.
    Queried(RequestId),
    /// The answer reaches the gateway.
    Returned(RequestId),
    /// The gateway learns that the pod has closed the connection.
    Closed(RequestId),
    /// The route's timeout has passed.
    RouteTimeout(RequestId),
    /// The user has waited long enough.
    UserTimeout(RequestId),
    /// The wish of a direct caller for a connection reaches the pod.
    Knocked(RequestId),
    /// The answer reaches a direct caller.
    Heard(RequestId),
    /// The time for one try has passed.
    TryTimeout {
        /// The request.
        id: RequestId,
        /// Tries before that one.
        attempt: u8,
    },
    /// It has the lock on a table for which it has waited.
    Granted(RequestId),
    /// It has waited so long, and holds something, that somebody looks whether it waits for itself.
    DeadlockDue(RequestId),
    /// It has waited for a connection of the pool as long as that lets it (POOL-02).
    PoolTimeout {
        /// The request.
        id: RequestId,
        /// Tries of the gateway before that one.
        attempt: u8,
    },
}

impl RequestEvent {
    /// The request that it is about.
    #[inline]
    pub fn request(self) -> RequestId {
        let (Self::Sent(id)
        | Self::Admitted(id)
        | Self::Retried(id)
        | Self::Delivered(id)
        | Self::Refused(id)
        | Self::Queried(id)
        | Self::Returned(id)
        | Self::Closed(id)
        | Self::RouteTimeout(id)
        | Self::UserTimeout(id)
        | Self::Knocked(id)
        | Self::Heard(id)
        | Self::Granted(id)
        | Self::DeadlockDue(id)
        | Self::Computed { id, .. }
        | Self::PoolTimeout { id, .. }
        | Self::TryTimeout { id, .. }) = self;
        id
    }
}
