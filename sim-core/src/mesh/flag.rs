//! Envoy's response flags: why a request failed, or took so long (IST-23).
//!
//! Envoy writes them in the order in which it set them: a delay comes first, and what became of the
//! retries before what went wrong.

use std::fmt;

/// The flags that the gateway's proxy puts on a request; [`Flags::NONE`] if the answer came from the
/// application and nothing was odd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flags(u16);

impl Flags {
    /// No flag: the answer came from the application.
    pub const NONE: Self = Self(0);
    /// The proxy was told to delay the request.
    pub const FAULT_DELAY: Self = Self(1);
    /// The proxy was told to answer with an error.
    pub const FAULT_ABORT: Self = Self(1 << 1);
    /// The failure was worth a retry, but every retry was used up.
    pub const RETRY_LIMIT: Self = Self(1 << 2);
    /// A limit of the connection pool was reached: 503, or for a retry the answer that it was about.
    pub const OVERFLOW: Self = Self(1 << 3);
    /// No route matched: 404.
    pub const NO_ROUTE: Self = Self(1 << 4);
    /// The route names a cluster that does not exist: 503.
    pub const NO_CLUSTER: Self = Self(1 << 5);
    /// The cluster has no healthy endpoint: 503.
    pub const NO_HEALTHY_UPSTREAM: Self = Self(1 << 6);
    /// The connection to the endpoint failed: 503.
    pub const UPSTREAM_FAILURE: Self = Self(1 << 7);
    /// The endpoint closed the connection before it answered: 503.
    pub const UPSTREAM_CLOSED: Self = Self(1 << 8);
    /// The timeout of the route or of a try passed: 504.
    pub const UPSTREAM_TIMEOUT: Self = Self(1 << 9);
    /// The client went away: no answer.
    pub const DOWNSTREAM_CLOSED: Self = Self(1 << 10);

    /// All of these and of those.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether all of those are among these.
    pub const fn contain(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// These without those.
    #[must_use]
    const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// What happened in the end: these without delay and used up retries.
    #[must_use]
    pub const fn end(self) -> Self {
        self.without(Self::FAULT_DELAY).without(Self::RETRY_LIMIT)
    }

    /// What they mean, in a few words.
    pub fn meaning(self) -> String {
        let when = |flag, words| if self.contain(flag) { words } else { "" };
        let limit = when(Self::RETRY_LIMIT, ", and no retry was left");
        let delay = when(Self::FAULT_DELAY, ", after the route's delay");
        format!("{}{limit}{delay}", self.cause())
    }

    /// Ids of the rules that make the proxy answer so.
    pub fn rules(self) -> &'static [&'static str] {
        match self.end() {
            Self::NO_ROUTE => &["IST-04", "IST-23"],
            Self::NO_CLUSTER => &["IST-21", "IST-23"],
            Self::NO_HEALTHY_UPSTREAM => &["IST-22", "IST-23"],
            Self::UPSTREAM_TIMEOUT => &["IST-35", "IST-23"],
            Self::FAULT_ABORT => &["IST-37", "IST-23"],
            Self::OVERFLOW => &["IST-61", "IST-23"],
            _ => &["IST-23"],
        }
    }

    /// What happened in the end.
    fn cause(self) -> &'static str {
        let retried = self.contain(Self::RETRY_LIMIT);
        match self.end() {
            Self::NONE if retried => "an error from the application",
            Self::NONE => "answered by the application",
            Self::FAULT_ABORT => "the route's fault answers instead of the application",
            Self::OVERFLOW => "a limit of the connection pool was reached",
            Self::NO_ROUTE => "no route matched",
            Self::NO_CLUSTER => "the route names a subset that no DestinationRule defines",
            Self::NO_HEALTHY_UPSTREAM => "no ready endpoint",
            Self::UPSTREAM_FAILURE => "connection refused",
            Self::UPSTREAM_CLOSED => "the pod ended before it answered",
            Self::UPSTREAM_TIMEOUT if retried => "no try was answered in its time",
            Self::UPSTREAM_TIMEOUT => "the time for the route or for one try passed",
            Self::DOWNSTREAM_CLOSED => "the user gave up waiting",
            // One of the above that may not be retried.
            _ => "it failed, and the limit of retries at once was reached",
        }
    }
}

/// Every flag as Envoy's access log and the label `response_flags` write it, in order.
const NAMES: [(Flags, &str); 11] = [
    (Flags::FAULT_DELAY, "DI"),
    (Flags::FAULT_ABORT, "FI"),
    (Flags::RETRY_LIMIT, "URX"),
    (Flags::OVERFLOW, "UO"),
    (Flags::NO_ROUTE, "NR"),
    (Flags::NO_CLUSTER, "NC"),
    (Flags::NO_HEALTHY_UPSTREAM, "UH"),
    (Flags::UPSTREAM_FAILURE, "UF"),
    (Flags::UPSTREAM_CLOSED, "UC"),
    (Flags::UPSTREAM_TIMEOUT, "UT"),
    (Flags::DOWNSTREAM_CLOSED, "DC"),
];

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = NAMES.iter().filter(|(flag, _)| self.contain(*flag));
        for (place, (_, name)) in set.enumerate() {
            write!(f, "{}{name}", if place == 0 { "" } else { "," })?;
        }
        if *self == Self::NONE { f.write_str("-") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_written_in_the_order_in_which_envoy_sets_them() {
        // IST-23; a real Envoy writes them so.
        let failed = Flags::UPSTREAM_FAILURE.and(Flags::RETRY_LIMIT).and(Flags::FAULT_DELAY);
        for (flags, written, meaning) in [
            (Flags::NONE, "-", "answered by the application"),
            (Flags::UPSTREAM_FAILURE, "UF", "connection refused"),
            (
                failed,
                "DI,URX,UF",
                "connection refused, and no retry was left, after the route's delay",
            ),
            (Flags::RETRY_LIMIT, "URX", "an error from the application, and no retry was left"),
        ] {
            assert_eq!((flags.to_string().as_str(), flags.meaning().as_str()), (written, meaning));
        }
    }
}
