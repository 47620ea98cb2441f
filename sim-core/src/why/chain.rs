//! The chain from an entry of the trace back to a command or a fault.

use crate::trace::{Entry, Topic, Trace};

/// Longest chain that is given; each entry's cause lies before it, so a chain always ends.
const LONGEST: usize = 24;

/// The entry at `index` and what led to it, the first cause last.
pub fn chain(trace: &Trace, index: usize) -> Vec<&Entry> {
    let mut chain = Vec::new();
    let mut next = Some(index);
    while let Some(place) = next
        && let Some(entry) = trace.get(place)
        && chain.len() < LONGEST
    {
        next = cause_of(trace, entry, place);
        chain.push(entry);
    }
    chain
}

/// Place of the entry that caused `entry`, among those that the causing event wrote: what it says of
/// the same subject, or the newest. What a command does at once is caused by its line. An event that
/// wrote nothing is spoken for by what the entry's own event has said of the subject before.
fn cause_of(trace: &Trace, entry: &Entry, place: usize) -> Option<usize> {
    if entry.cause == entry.id {
        // A sync of Argo CD speaks for what it writes, as a command line does.
        let speaks = |topic| matches!(topic, Topic::Command | Topic::Delivery);
        let line = |earlier: &Entry| earlier.id == entry.id && speaks(earlier.topic);
        let found = (0..place).rev().find(|&earlier| trace.get(earlier).is_some_and(line));
        return found.filter(|_| entry.topic != Topic::Command);
    }
    let wrote = |&earlier: &usize| trace.get(earlier).is_some_and(|one| one.id == entry.cause);
    let same = |&earlier: &usize| {
        trace.get(earlier).is_some_and(|earlier| earlier.subject == entry.subject)
    };
    let written = || (0..place).rev().filter(wrote);
    let told = |cause| (0..place).any(|one| trace.get(one).is_some_and(|one| one.id == cause));
    let speaks = |one: &Entry| one.id == entry.id && one.cause != one.id && told(one.cause);
    let before = |&earlier: &usize| trace.get(earlier).is_some_and(speaks);
    let spoken = || (0..place).rev().filter(before).find(same);
    written().find(same).or_else(|| written().next()).or_else(spoken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::EventId;
    use crate::time::SimTime;

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
        chain(trace, index).into_iter().rev().map(|entry| entry.text.clone()).collect()
    }

    #[test]
    fn a_failure_leads_back_to_the_command() {
        let trace = trace(&[(1, 0, "applied"), (5, 9, "other"), (7, 1, "deleted"), (8, 7, "503")]);
        assert_eq!(texts(&trace, 3), ["applied", "deleted", "503"]);
        assert_eq!(texts(&trace, 1), ["other"]);
        assert!(texts(&trace, 99).is_empty());
    }

    #[test]
    fn what_a_command_does_at_once_is_caused_by_its_line() {
        let line = |entry: &Entry| Entry { topic: Topic::Command, ..entry.clone() };
        let plain = trace(&[(3, 3, "kubectl apply"), (3, 3, "created")]);
        let mut trace = Trace::default();
        trace.push(line(plain.get(0).expect("two entries")));
        trace.push(plain.get(1).expect("two entries").clone());
        assert_eq!(texts(&trace, 1), ["kubectl apply", "created"]);
        assert_eq!(texts(&trace, 0), ["kubectl apply"]);
    }

    #[test]
    fn of_several_entries_of_one_event_the_one_of_the_same_subject_is_the_cause() {
        let mut trace = trace(&[(1, 0, "a created"), (1, 0, "b created"), (2, 1, "a runs")]);
        assert_eq!(texts(&trace, 2), ["b created", "a runs"], "the newest, if all are alike");
        trace = trace
            .iter()
            .map(|entry| Entry { subject: entry.text[..1].to_owned(), ..entry.clone() })
            .fold(Trace::default(), |mut trace, entry| {
                trace.push(entry);
                trace
            });
        assert_eq!(texts(&trace, 2), ["a created", "a runs"]);
    }

    #[test]
    fn a_cause_that_wrote_nothing_is_skipped_over() {
        // SIGTERM (1) ends a process (2, silent), whose end (3) ends the container and then the pod.
        let trace = trace(&[(1, 0, "SIGTERM"), (3, 1, "container ended"), (3, 2, "pod ended")]);
        assert_eq!(texts(&trace, 2), ["SIGTERM", "container ended", "pod ended"]);
    }

    #[test]
    fn entries_of_one_event_are_not_causes_of_each_other() {
        let trace = trace(&[(3, 3, "first"), (3, 3, "second")]);
        assert_eq!(texts(&trace, 1), ["second"]);
    }
}
