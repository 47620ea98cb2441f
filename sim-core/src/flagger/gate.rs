//! The gates of Flagger's load tester: somebody opens and closes them, webhooks ask (its `/gate` and
//! `/rollback` pages).

use std::fmt;

use crate::cluster::NAMESPACE;
use crate::flagger::Flagger;
use crate::flagger::spec::Door;

/// One gate of a canary. All are closed at first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gate {
    /// `NAME.NAMESPACE` of the canary.
    pub(crate) canary: String,
    /// Whether it is the one that rolls back.
    pub(crate) rolls_back: bool,
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.rolls_back { "rollback" } else { "gate" };
        write!(f, "{} {what}", self.canary)
    }
}

impl Flagger {
    /// Opens or closes a gate.
    pub(crate) fn set_gate(&mut self, gate: Gate, open: bool) {
        if open {
            self.open.insert(gate);
        } else {
            self.open.remove(&gate);
        }
    }

    /// Whether a gate is open.
    pub(crate) fn is_open(&self, gate: &Gate) -> bool {
        self.open.contains(gate)
    }

    /// What the load tester answers when Flagger asks about a canary; `Err` has the body of the refusal.
    pub(super) fn ask(&self, door: Door, canary: &str) -> Result<(), &'static str> {
        let canary = format!("{canary}.{NAMESPACE}");
        let open = match door {
            Door::Approve => true,
            Door::Halt => false,
            Door::Gate => self.is_open(&Gate { canary, rolls_back: false }),
            Door::Rollback => self.is_open(&Gate { canary, rolls_back: true }),
        };
        if open { Ok(()) } else { Err("Forbidden") }
    }
}
