//! Failed requests by kind, counted for people; the trace names the first ones and then few.

use std::collections::BTreeMap;
use std::fmt;

use crate::mesh::flag::Flags;
use crate::time::{SimDuration, SimTime};

/// Failures of one kind that the trace names one by one.
const NAMED_FIRST: u64 = 3;

/// After that, one line in this time.
const NAMED_EVERY: SimDuration = SimDuration::from_secs(10);

/// How a call ends that no proxy sees, as the caller's own client says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallError {
    /// The name has no address: there is no such Service.
    UnknownHost,
    /// Nobody took the connection.
    Refused,
    /// The connection was closed before the answer was there.
    Reset,
    /// No answer came in time.
    TimedOut,
}

impl CallError {
    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::UnknownHost => "no Service has this name",
            Self::Refused => "nobody listens, or the Service has no endpoint",
            Self::Reset => "the pod closed the connection before it answered",
            Self::TimedOut => "the caller gave up waiting",
        }
    }

    fn rules(self) -> &'static [&'static str] {
        match self {
            Self::UnknownHost | Self::TimedOut => &[],
            Self::Refused => &["K8S-70", "K8S-74"],
            Self::Reset => &["K8S-60", "K8S-72"],
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownHost => "unknown host",
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::TimedOut => "timeout",
        })
    }
}

/// What marks the end of a request besides its code: what the gateway's proxy says, or, where there is
/// no proxy, the caller's client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Envoy's response flags.
    Proxy(Flags),
    /// The error that the caller met.
    Caller(CallError),
}

impl Sign {
    /// Envoy's flags; none if no proxy saw the request.
    pub fn flags(self) -> Flags {
        match self {
            Self::Proxy(flags) => flags,
            Self::Caller(_) => Flags::NONE,
        }
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> String {
        match self {
            Self::Proxy(flags) => flags.meaning(),
            Self::Caller(error) => error.meaning().to_owned(),
        }
    }

    /// Ids of the rules that lead to it.
    pub fn rules(self) -> &'static [&'static str] {
        match self {
            Self::Proxy(flags) => flags.rules(),
            Self::Caller(error) => error.rules(),
        }
    }
}

impl Default for Sign {
    fn default() -> Self {
        Self::Proxy(Flags::NONE)
    }
}

impl From<Flags> for Sign {
    #[inline]
    fn from(flags: Flags) -> Self {
        Self::Proxy(flags)
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy(flags) => flags.fmt(f),
            Self::Caller(error) => error.fmt(f),
        }
    }
}

/// What failures of one kind have in common: version of the destination, code, sign.
pub type FailureKind = (String, u16, Sign);

/// Failures of one kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct FailureCount {
    /// How many so far.
    pub total: u64,
    named: u64,
    named_at: SimTime,
}

/// All failures so far.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    kinds: BTreeMap<FailureKind, FailureCount>,
}

impl Failures {
    /// Counts a failure. Gives a line for the trace, unless lines of this kind are frequent.
    /// `from` says who has answered if it was not the gateway; it is asked only for a line.
    pub fn note(
        &mut self,
        version: &str,
        (code, sign): (u16, Sign),
        from: impl FnOnce() -> String,
        now: SimTime,
    ) -> Option<String> {
        // There are few kinds, and in overload most requests fail: no name is copied for each.
        let same = |kind: &FailureKind| kind.0 == version && (kind.1, kind.2) == (code, sign);
        let count = match self.kinds.iter().position(|(kind, _)| same(kind)) {
            Some(place) => self.kinds.values_mut().nth(place).expect("it was just found"),
            None => self.kinds.entry((version.to_owned(), code, sign)).or_default(),
        };
        count.total += 1;
        if NAMED_FIRST < count.total && now.since(count.named_at) < NAMED_EVERY {
            return None;
        }
        let more = count.total - count.named - 1;
        count.named = count.total;
        count.named_at = now;
        let what = match (code, sign) {
            (_, Sign::Caller(error)) => format!("{error}: {}", error.meaning()),
            (0, Sign::Proxy(Flags::NONE)) => {
                "connection refused: no Gateway opens port 80".to_owned()
            }
            (0, flag) => format!("no answer ({flag}): {}", flag.meaning()),
            (code, Sign::Proxy(Flags::NONE)) => format!("{code} from {}", from()),
            (code, flag) => format!("{code} {flag}: {}", flag.meaning()),
        };
        let to = if version == "unknown" { String::new() } else { format!(", version {version}") };
        let since = if more == 0 { String::new() } else { format!(" ({more} more before)") };
        Some(format!("failed with {what}{to}{since}"))
    }

    /// Every kind with its count, in order of version, code and flag.
    pub fn iter(&self) -> impl Iterator<Item = (&FailureKind, &FailureCount)> {
        self.kinds.iter()
    }

    /// How many failures of a kind so far.
    pub fn total(&self, kind: &FailureKind) -> u64 {
        self.kinds.get(kind).map_or(0, |count| count.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_failures_of_one_kind_give_few_lines() {
        let mut failures = Failures::default();
        let lines = (0..1000).filter_map(|tenth| {
            let now = SimTime::from_micros(tenth * 100_000);
            let kind = (503, Flags::NO_HEALTHY_UPSTREAM.into());
            failures.note("unknown", kind, String::new, now)
        });
        let lines: Vec<_> = lines.collect();
        // 100 s: the first three, then one in ten seconds.
        assert_eq!(lines.len(), 12);
        assert_eq!(lines[0], "failed with 503 UH: no ready endpoint");
        assert!(lines[3].ends_with("(99 more before)"), "{}", lines[3]);
    }
}
