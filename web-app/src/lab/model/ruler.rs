//! The ruler of time: marks for commands above it, for incidents below it.

use sim_core::simulation::{Author, Printed};
use sim_core::time::SimTime;
use sim_core::trace::{Topic, Trace};

use super::words::cut;

/// Two marks closer than this share of the ruler become one.
const CLOSE: f64 = 0.012;
/// Most marks of one kind.
const MOST: usize = 80;
/// Most texts of one mark.
const MOST_TEXTS: usize = 6;

/// A mark on the ruler.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where, as a share of the whole run.
    pub place: f64,
    /// When the first of it happened.
    pub at: SimTime,
    /// What, in few words.
    pub label: String,
    /// Everything it stands for, or the first of it.
    pub texts: Vec<String>,
}

/// A time's place on a ruler that ends at `end`.
pub fn place(time: SimTime, end: SimTime) -> f64 {
    (time.as_secs_f64() / end.as_secs_f64().max(1e-6)).clamp(0.0, 1.0)
}

/// Marks of the commands that change something or were typed by the learner.
pub fn commands<'a>(printed: impl Iterator<Item = &'a Printed>, end: SimTime) -> Vec<Mark> {
    let given = printed.filter(|printed| SimTime::ZERO <= printed.at);
    let wanted = given
        .filter(|printed| printed.author == Author::Script || short(&printed.command).is_some());
    marks(
        wanted.map(|printed| (printed.at, first_line(&printed.command))),
        |command| short(command).unwrap_or_else(|| cut(command, 20)),
        end,
    )
}

/// Marks of what went wrong: faults, and the beginning of each spell of failed requests.
pub fn incidents(trace: &Trace, end: SimTime) -> Vec<Mark> {
    let wrong = trace.iter().filter(|entry| {
        SimTime::ZERO <= entry.at && matches!(entry.topic, Topic::Fault | Topic::Request)
    });
    marks(wrong.map(|entry| (entry.at, entry.text.as_str())), |text| cut(text, 20), end)
}

fn first_line(command: &str) -> &str {
    command.lines().next().unwrap_or_default()
}

/// A spell of thousands of failures is one mark, and costs no more than one.
fn marks<'a>(
    found: impl Iterator<Item = (SimTime, &'a str)>,
    label: impl Fn(&str) -> String,
    end: SimTime,
) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut newest = f64::NEG_INFINITY;
    for (at, text) in found {
        let place = place(at, end);
        let close = place - newest < CLOSE;
        newest = place;
        if let Some(last) = marks.last_mut().filter(|_| close) {
            if last.texts.len() < MOST_TEXTS && !last.texts.iter().any(|known| known == text) {
                last.texts.push(text.to_owned());
            }
            continue;
        }
        if MOST <= marks.len() {
            break;
        }
        marks.push(Mark { place, at, label: label(text), texts: vec![text.to_owned()] });
    }
    marks
}

/// A command in few words, if it changes something.
fn short(command: &str) -> Option<String> {
    let mut words = command.split_whitespace();
    let program = words.next()?;
    let verb = words.next()?;
    let reads = ["get", "describe", "logs", "top", "explain", "version", "help", "events", "wait"];
    if program != "kubectl" || reads.contains(&verb) {
        return None;
    }
    let object = words.find(|word| !word.starts_with('-')).unwrap_or_default();
    let object = object.rsplit('/').next().unwrap_or(object);
    let object = object.trim_end_matches(".yaml");
    // Most commands apply a file, and its name says enough.
    let label = if verb == "apply" { object.to_owned() } else { format!("{verb} {object}") };
    Some(cut(&label, 24))
}

/// Times to write on a ruler of this length: round minutes, at most `most` of them.
pub fn ticks(end: SimTime, most: i64) -> Vec<SimTime> {
    let whole = end.as_whole_secs();
    let steps = [15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    let step = steps.into_iter().find(|step| whole / step < most).unwrap_or(7200);
    (0..=whole / step).map(|index| SimTime::from_secs(index * step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_change_something_are_marked() {
        for (command, label) in [
            ("kubectl apply -f green-deployment.yaml", Some("green-deployment")),
            ("kubectl scale deployment/my-app-blue --replicas=0", Some("scale my-app-blue")),
            ("kubectl get pods", None),
            ("cat a.yaml", None),
        ] {
            assert_eq!(short(command).as_deref(), label);
        }
    }

    #[test]
    fn marks_that_would_overlap_become_one() {
        let found = [(10, "a"), (11, "b"), (12, "b"), (500, "c")];
        let found = found.into_iter().map(|(secs, text)| (SimTime::from_secs(secs), text));
        let marks = marks(found, str::to_uppercase, SimTime::from_secs(1000));
        assert_eq!(marks.len(), 2);
        assert_eq!((marks[0].label.as_str(), marks[0].texts.len()), ("A", 2));
    }

    #[test]
    fn ticks_are_round_and_few() {
        let texts = |secs, most| {
            ticks(SimTime::from_secs(secs), most)
                .into_iter()
                .map(crate::lab::model::words::clock)
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(1200, 6), ["0:00", "5:00", "10:00", "15:00", "20:00"]);
        assert_eq!(texts(60, 6), ["0:00", "0:15", "0:30", "0:45", "1:00"]);
    }
}
