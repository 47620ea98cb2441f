//! Failed requests by kind, counted for people; the trace names the first ones and then few.

use std::collections::BTreeMap;

use crate::mesh::flag::Flags;
use crate::time::{SimDuration, SimTime};

/// Failures of one kind that the trace names one by one.
const NAMED_FIRST: u64 = 3;

/// After that, one line in this time.
const NAMED_EVERY: SimDuration = SimDuration::from_secs(10);

/// What failures of one kind have in common: version of the destination, code, flag.
pub type FailureKind = (String, u16, Flags);

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
    /// `from` says who has answered if it was not the gateway.
    pub fn note(
        &mut self,
        version: &str,
        (code, flag): (u16, Flags),
        from: &str,
        now: SimTime,
    ) -> Option<String> {
        // There are few kinds, and in overload most requests fail: no name is copied for each.
        let same = |kind: &FailureKind| kind.0 == version && (kind.1, kind.2) == (code, flag);
        let count = match self.kinds.iter().position(|(kind, _)| same(kind)) {
            Some(place) => self.kinds.values_mut().nth(place).expect("it was just found"),
            None => self.kinds.entry((version.to_owned(), code, flag)).or_default(),
        };
        count.total += 1;
        if NAMED_FIRST < count.total && now.since(count.named_at) < NAMED_EVERY {
            return None;
        }
        let more = count.total - count.named - 1;
        count.named = count.total;
        count.named_at = now;
        let what = match (code, flag) {
            (0, Flags::NONE) => "connection refused: no Gateway opens port 80".to_owned(),
            (0, flag) => format!("no answer ({flag}): {}", flag.meaning()),
            (code, Flags::NONE) => format!("{code} from {from}"),
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
            failures.note("unknown", (503, Flags::NO_HEALTHY_UPSTREAM), "", now)
        });
        let lines: Vec<_> = lines.collect();
        // 100 s: the first three, then one in ten seconds.
        assert_eq!(lines.len(), 12);
        assert_eq!(lines[0], "failed with 503 UH: no ready endpoint");
        assert!(lines[3].ends_with("(99 more before)"), "{}", lines[3]);
    }
}
