//! What happens to sessions.

use crate::cluster::pod::PodId;
use crate::database::session::SessionId;

/// Something happens to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatabaseEvent {
    /// The scenario's session of this number begins.
    Scripted(u16),
    /// The task that runs in a container executes its SQL.
    Task {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
        /// Which run of the container.
        run: u16,
    },
    /// It goes on: its next step, with a lock that it has got, or its work is done.
    Continued {
        /// Which.
        session: SessionId,
        /// What it was doing.
        turn: u16,
    },
    /// It has waited for a lock as long as `lock_timeout` lets it (PG-07).
    LockTimeout {
        /// Which.
        session: SessionId,
        /// What it was doing.
        turn: u16,
    },
    /// Its statement has taken as long as `statement_timeout` lets it (PG-07).
    StatementTimeout {
        /// Which.
        session: SessionId,
        /// Which of its statements.
        statement: u16,
    },
    /// It has been idle in transaction for as long as it may.
    IdleTimeout {
        /// Which.
        session: SessionId,
        /// What it was doing.
        turn: u16,
    },
    /// It has waited for a lock so long that somebody looks whether it waits for itself (PG-06).
    DeadlockDue {
        /// Which.
        session: SessionId,
        /// What it was doing.
        turn: u16,
    },
}
