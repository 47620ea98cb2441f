//! What can be broken: one line a kind.

use crate::fault::Reach;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The process ends.
    PodCrash,
    /// The process ends again and again.
    CrashLoop,
    /// The process is killed for its memory.
    OutOfMemory,
    /// Memory is lost every second.
    MemoryLeak,
    /// Start-up takes longer.
    SlowStart,
    /// The readiness check passes whatever the truth is.
    LyingReadiness,
    /// The readiness check fails although the application serves.
    FailingReadiness,
    /// A share of answers are errors.
    Errors,
    /// Another tenant takes the CPU.
    CpuSteal,
    /// A request of one path ends the process that serves it.
    PoisonRequest,
    /// An image cannot be pulled.
    ImagePull,
    /// A node stops.
    NodeLoss,
    /// The gateway's packets do not arrive.
    Partition,
    /// The way to pods takes longer.
    NetworkDelay,
    /// Proxies get no configuration.
    StuckPush,
    /// Statements take longer.
    SlowDatabase,
    /// A share of statements fail.
    FailingDatabase,
    /// Many users at once.
    ThunderingHerd,
}

/// What is said of a kind.
#[derive(Debug)]
pub struct Description {
    /// The kind.
    pub kind: Kind,
    /// Its name in commands.
    pub name: &'static str,
    /// What it hits.
    pub reach: Reach,
    /// The option that says how strong it is, with what is taken without it.
    pub strength: Option<(&'static str, &'static str)>,
    /// Whether it happens at once and is then over.
    pub at_once: bool,
    /// What it is like, in a line.
    pub about: &'static str,
    /// Rules of the model that say what follows from it.
    pub rules: &'static [&'static str],
}

const fn describe(
    kind: Kind,
    name: &'static str,
    reach: Reach,
    strength: Option<(&'static str, &'static str)>,
    about: &'static str,
    rules: &'static [&'static str],
) -> Description {
    let at_once = matches!(kind, Kind::PodCrash | Kind::OutOfMemory | Kind::NodeLoss);
    Description { kind, name, reach, strength, at_once, about, rules }
}

/// Every kind, by name.
pub const KINDS: &[Description] = &[
    describe(
        Kind::CpuSteal,
        "cpu-steal",
        Reach::Pods,
        Some(("factor", "2")),
        "another tenant of the node takes CPU: work takes FACTOR times as long",
        &["K8S-57"],
    ),
    describe(
        Kind::CrashLoop,
        "crash-loop",
        Reach::Pods,
        Some(("after", "5s")),
        "the process ends with exit code 1 at AFTER its start, each time",
        &["K8S-50"],
    ),
    describe(
        Kind::Errors,
        "errors",
        Reach::Pods,
        Some(("share", "0.2")),
        "a SHARE of requests is answered 500, as by a broken dependency of these pods",
        &["IST-51"],
    ),
    describe(
        Kind::FailingDatabase,
        "failing-database",
        Reach::World,
        Some(("share", "0.1")),
        "a SHARE of database statements fails, and the request with them",
        &[],
    ),
    describe(
        Kind::FailingReadiness,
        "failing-readiness",
        Reach::Pods,
        None,
        "the readiness check fails although the application serves",
        &["K8S-43", "K8S-70"],
    ),
    describe(
        Kind::ImagePull,
        "image-pull",
        Reach::Image,
        None,
        "the registry does not give the image out",
        &["K8S-54"],
    ),
    describe(
        Kind::LyingReadiness,
        "lying-readiness",
        Reach::Pods,
        None,
        "the readiness check passes from the start, whether or not the application listens",
        &["K8S-31", "K8S-70"],
    ),
    describe(
        Kind::MemoryLeak,
        "memory-leak",
        Reach::Pods,
        Some(("rate", "1Mi")),
        "the process loses RATE of memory every second",
        &["K8S-56"],
    ),
    describe(
        Kind::NetworkDelay,
        "network-delay",
        Reach::Pods,
        Some(("delay", "100ms")),
        "every way between gateway and pod takes DELAY more",
        &["IST-35"],
    ),
    describe(
        Kind::NodeLoss,
        "node-loss",
        Reach::Node,
        None,
        "the node stops: its pods end, and nobody says so",
        &["K8S-92", "K8S-93"],
    ),
    describe(
        Kind::OutOfMemory,
        "oom",
        Reach::Pods,
        None,
        "the kernel kills the process for its memory: exit code 137, OOMKilled",
        &["K8S-56", "K8S-50"],
    ),
    describe(
        Kind::Partition,
        "partition",
        Reach::Pods,
        None,
        "the gateway's packets to these pods are lost, while the kubelet still reaches them",
        &["IST-36"],
    ),
    describe(
        Kind::PodCrash,
        "pod-crash",
        Reach::Pods,
        None,
        "the process ends at once with exit code 1",
        &["K8S-50"],
    ),
    describe(
        Kind::PoisonRequest,
        "poison-request",
        Reach::Path,
        Some(("share", "0.01")),
        "a SHARE of the requests for PATH ends the process that serves them",
        &["K8S-50", "IST-34"],
    ),
    describe(
        Kind::SlowDatabase,
        "slow-database",
        Reach::World,
        Some(("factor", "5")),
        "every statement takes FACTOR times as long",
        &["POOL-02"],
    ),
    describe(
        Kind::SlowStart,
        "slow-start",
        Reach::Pods,
        Some(("factor", "5")),
        "start-up takes FACTOR times as long",
        &["K8S-46"],
    ),
    describe(
        Kind::StuckPush,
        "stuck-push",
        Reach::Proxies,
        None,
        "no new configuration reaches the proxies, or that of the pod: they keep what they have",
        &["IST-71"],
    ),
    describe(
        Kind::ThunderingHerd,
        "thundering-herd",
        Reach::Users,
        Some(("factor", "5")),
        "FACTOR times as many users arrive",
        &["Q-02", "Q-08"],
    ),
];

impl Kind {
    /// What is said of it.
    pub fn description(self) -> &'static Description {
        KINDS.iter().find(|one| one.kind == self).expect("every kind is described")
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<&'static Description> {
        KINDS.iter().find(|one| one.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_in_the_order_of_their_names_and_explain_themselves() {
        assert!(KINDS.is_sorted_by_key(|one| one.name));
        for one in KINDS {
            assert_eq!(one.kind.description().name, one.name);
            assert!(!one.about.is_empty() && !one.about.ends_with('.'), "{}", one.name);
            if let Some((option, _)) = one.strength {
                assert!(one.about.contains(&option.to_uppercase()), "{}", one.name);
            }
        }
    }
}
