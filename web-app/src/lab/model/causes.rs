//! Why something happened: the chain from an entry of the trace back to a command or a fault.

use sim_core::trace::{Entry, Trace};

/// Longest chain that is shown; each entry's cause lies before it, so a chain always ends.
const LONGEST: usize = 24;

/// The entry at `index` and what led to it, the first cause first.
pub fn chain(trace: &Trace, index: usize) -> Vec<Entry> {
    let mut chain = Vec::new();
    let mut next = Some(index);
    while let Some(place) = next
        && let Some(entry) = trace.get(place)
        && chain.len() < LONGEST
    {
        next = cause_of(trace, entry, place);
        chain.push(entry.clone());
    }
    chain.reverse();
    chain
}

/// Place of the newest entry written by the event that caused `entry`.
fn cause_of(trace: &Trace, entry: &Entry, place: usize) -> Option<usize> {
    (0..place).rev().find(|&earlier| {
        trace
            .get(earlier)
            .is_some_and(|earlier| earlier.id == entry.cause && earlier.id != entry.id)
    })
}

#[cfg(test)]
mod tests {
    use sim_core::queue::EventId;
    use sim_core::time::SimTime;
    use sim_core::trace::Topic;

    use super::*;

    fn trace(entries: &[(u64, u64, &str)]) -> Trace {
        let mut trace = Trace::default();
        for (place, &(id, cause, text)) in entries.iter().enumerate() {
            trace.push(Entry {
                at: SimTime::from_secs(place as i64),
                id: EventId(id),
                cause: EventId(cause),
                topic: Topic::Pod,
                subject: "pod/a".into(),
                text: text.into(),
                rules: &[],
            });
        }
        trace
    }

    fn texts(trace: &Trace, index: usize) -> Vec<String> {
        chain(trace, index).into_iter().map(|entry| entry.text).collect()
    }

    #[test]
    fn a_failure_leads_back_to_the_command() {
        let trace = trace(&[(1, 0, "applied"), (5, 9, "other"), (7, 1, "deleted"), (8, 7, "503")]);
        assert_eq!(texts(&trace, 3), ["applied", "deleted", "503"]);
        assert_eq!(texts(&trace, 1), ["other"]);
        assert!(texts(&trace, 99).is_empty());
    }

    #[test]
    fn entries_of_one_event_are_not_causes_of_each_other() {
        let trace = trace(&[(3, 3, "first"), (3, 3, "second")]);
        assert_eq!(texts(&trace, 1), ["second"]);
    }
}
