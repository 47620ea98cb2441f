//! The pool of database connections of a process, as HikariCP keeps it: of a fixed size, opened at start
//! (POOL-01..04).
//!
//! Simplified: a pool that did not get all its connections asks for more whenever a request finds none
//! free; connections do not grow old.

use crate::cluster::spec::ProbeKind;

/// A health check that waits for a connection behind requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingProbe {
    /// Which probe.
    pub kind: ProbeKind,
    /// Which question of it.
    pub ask: u8,
    /// How many are ahead of it.
    pub ahead: u32,
}

/// Health checks that wait for a connection, at most one of a kind.
#[derive(Clone, Debug, Default)]
pub struct WaitingProbes(Vec<WaitingProbe>);

impl WaitingProbes {
    /// Whether none waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A check stands in line; an older one of the same kind has been given up by the kubelet.
    pub fn push(&mut self, probe: WaitingProbe) {
        self.0.retain(|older| older.kind != probe.kind);
        self.0.push(probe);
    }

    /// A connection is free for the next in line: checks whose turn it is.
    pub fn advance(&mut self) -> Vec<WaitingProbe> {
        let (due, rest) = self.0.iter().partition(|probe| probe.ahead == 0);
        self.0 = rest;
        self.0.iter_mut().for_each(|probe| probe.ahead -= 1);
        due
    }
}
