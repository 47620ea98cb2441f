//! Faults that an instructor injects: what is broken, whom it hits, how long.
//!
//! A fault is an ordinary command line (`fault pod-crash -l version=green`), typed or scripted, so it
//! is part of scenario and log like everything else. With `--chance` it hits each target by chance, each
//! time for at least its length; every fault has a stream of its own, so that one more moves no other.

mod apply;
mod kind;
mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::cluster::pod::{Pod, PodId};
use crate::console::Selector;
use crate::random::{Random, Seed, Stream};
use crate::time::{SimDuration, SimTime};

pub use kind::{Description, KINDS, Kind};
pub(crate) use parse::parse;

/// What a kind of fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Pods: `pod/NAME` or `-l SELECTOR`.
    Pods,
    /// A node: `node/NAME`.
    Node,
    /// An image, by name with tag.
    Image,
    /// A path of requests.
    Path,
    /// Users: `users/NAME`, or all.
    Users,
    /// What istiod sends to the proxy of a pod: `pod/NAME`, or all.
    Proxies,
    /// Everybody.
    World,
}

/// What one fault hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Pod(String),
    Labels(Selector),
    Node(String),
    Image(String),
    Path(String),
    Users(String),
    Everybody,
}

/// How strong one fault is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Strength {
    None,
    Factor(f64),
    Share(f64),
    Time(SimDuration),
    Bytes(u64),
}

/// Chance of being hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Chance {
    /// Probability for each target at each draw.
    pub(crate) share: f64,
    /// Time between draws.
    pub(crate) every: SimDuration,
}

/// A fault as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) target: Target,
    pub(crate) strength: Strength,
    /// How long it lasts; with a chance, how long each hit lasts. None: until it is ended.
    pub(crate) lasts: Option<SimDuration>,
    pub(crate) chance: Option<Chance>,
}

impl Fault {
    fn selects(&self, pod: &Pod) -> bool {
        match &self.target {
            Target::Pod(name) => pod.name == *name,
            Target::Labels(selector) => selector.selects(&pod.labels),
            _ => false,
        }
    }
}

/// Something about a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultEvent {
    /// Chance is asked whom the fault of this number hits.
    Drawn(u16),
    /// The fault of this number is over.
    Over(u16),
    /// It is over for a pod that it hit by chance.
    Released {
        /// The fault.
        number: u16,
        /// The pod.
        pod: PodId,
    },
}

/// A fault that is not over.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    pub(crate) fault: Fault,
    pub(crate) since: SimTime,
    /// Pods that are hit by chance, until when.
    hit: BTreeMap<PodId, SimTime>,
    random: Random,
}

impl Active {
    /// Whether it is felt at a pod now.
    fn hits(&self, pod: &Pod) -> bool {
        match self.fault.chance {
            None => self.fault.selects(pod),
            Some(_) => self.hit.contains_key(&pod.id),
        }
    }
}

/// What faults together do to a pod.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trouble {
    /// Work takes this many times as long.
    pub pace: f64,
    /// Start-up takes this many times as long.
    pub startup: f64,
    /// Share of answers that are errors.
    pub errors: f64,
    /// The process ends so long after its start.
    pub crash_after: Option<SimDuration>,
    /// What the readiness check says instead of the truth.
    pub readiness: Option<bool>,
    /// Bytes that are lost in a second.
    pub leak: u64,
    /// What the way to it takes more.
    pub delay: SimDuration,
    /// Whether the gateway's packets are lost.
    pub unreachable: bool,
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            pace: 1.0,
            startup: 1.0,
            errors: 0.0,
            crash_after: None,
            readiness: None,
            leak: 0,
            delay: SimDuration::ZERO,
            unreachable: false,
        }
    }
}

impl Trouble {
    fn add(&mut self, fault: &Fault) {
        match (fault.kind, fault.strength) {
            (Kind::CpuSteal, Strength::Factor(factor)) => self.pace *= factor,
            (Kind::SlowStart, Strength::Factor(factor)) => self.startup *= factor,
            (Kind::Errors, Strength::Share(share)) => {
                self.errors = 1.0 - (1.0 - self.errors) * (1.0 - share);
            }
            (Kind::CrashLoop, Strength::Time(after)) => {
                self.crash_after = Some(self.crash_after.map_or(after, |other| other.min(after)));
            }
            (Kind::MemoryLeak, Strength::Bytes(bytes)) => {
                self.leak = self.leak.saturating_add(bytes);
            }
            (Kind::NetworkDelay, Strength::Time(delay)) => self.delay += delay,
            (Kind::LyingReadiness, _) => self.readiness = Some(true),
            (Kind::FailingReadiness, _) => self.readiness = Some(false),
            (Kind::Partition, _) => self.unreachable = true,
            _ => {}
        }
    }
}

/// All faults of a run.
#[derive(Clone, Debug)]
pub struct Faults {
    active: BTreeMap<u16, Active>,
    next: u16,
    seed: Seed,
    /// Share of requests of a path that end their process, by class; empty if there are none.
    poison: Vec<f64>,
    poison_chance: Random,
}

impl Faults {
    /// Nothing is broken.
    pub fn new(seed: Seed) -> Self {
        let poison_chance = seed.stream(Stream::Poison, 0);
        Self { active: BTreeMap::new(), next: 1, seed, poison: Vec::new(), poison_chance }
    }

    /// Faults that are not over, by number.
    pub(crate) fn active(&self) -> impl Iterator<Item = (u16, &Active)> {
        self.active.iter().map(|(number, active)| (*number, active))
    }

    /// Whether one of them makes answers errors.
    pub(crate) fn breaks_answers(&self) -> bool {
        let broken =
            |active: &Active| matches!(active.fault.kind, Kind::Errors | Kind::FailingDatabase);
        self.active.values().any(broken)
    }

    /// What they do to a pod.
    pub fn trouble(&self, pod: &Pod) -> Trouble {
        let mut trouble = Trouble::default();
        for active in self.active.values().filter(|active| active.hits(pod)) {
            trouble.add(&active.fault);
        }
        trouble
    }

    /// Whether a request of this class ends the process that serves it.
    #[inline]
    pub fn is_poison(&mut self, class: usize) -> bool {
        let share = self.poison.get(class).copied().unwrap_or(0.0);
        0.0 < share && self.poison_chance.chance(share)
    }
}
