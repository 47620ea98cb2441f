//! What the processes of a pod write besides that they start, listen and end: what goes wrong.
//!
//! A line a request would be a log without end: of each kind the first lines are kept, and then few.

use std::collections::VecDeque;

use crate::time::{SimDuration, SimTime};

/// Lines of one kind that are written one by one.
const FIRST: u64 = 3;
/// After that, one line in this time.
const EVERY: SimDuration = SimDuration::from_secs(10);
/// Most lines that are kept of a pod.
const MOST: usize = 200;

/// A line that a process has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: SimTime,
    /// Which run of the container.
    pub run: u16,
    /// What it says.
    pub text: String,
}

/// Lines of one kind.
#[derive(Clone, Copy, Debug)]
struct Kind {
    key: u32,
    total: u64,
    written: u64,
    at: SimTime,
}

/// The lines of one pod, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    kinds: Vec<Kind>,
    lines: VecDeque<Line>,
}

impl Journal {
    /// Writes a line, unless lines of this kind are frequent. `text` is made only if it is written.
    pub fn note(&mut self, key: u32, run: u16, now: SimTime, text: impl FnOnce() -> String) {
        let place = match self.kinds.iter().position(|kind| kind.key == key) {
            Some(place) => place,
            None => {
                self.kinds.push(Kind { key, total: 0, written: 0, at: now });
                self.kinds.len() - 1
            }
        };
        let kind = &mut self.kinds[place];
        kind.total += 1;
        if FIRST < kind.total && now.since(kind.at) < EVERY {
            return;
        }
        let more = kind.total - kind.written - 1;
        (kind.written, kind.at) = (kind.total, now);
        let mut text = text();
        if 0 < more {
            text = format!("{text} ({more} more before)");
        }
        self.write(run, now, text);
    }

    /// Writes a line.
    pub fn write(&mut self, run: u16, now: SimTime, text: String) {
        self.lines.push_back(Line { at: now, run, text });
        if MOST < self.lines.len() {
            self.lines.pop_front();
        }
    }

    /// What one run of the container has written.
    pub fn lines(&self, run: u16) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.run == run)
    }
}
