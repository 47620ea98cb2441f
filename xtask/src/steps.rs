//! Progress on the terminal: `[2/5] WebAssembly target … installed (3.1 s)`.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;

/// A command's steps.
#[derive(Debug)]
pub(crate) struct Steps {
    total: usize,
    done: usize,
    began: Instant,
}

/// A step under way.
#[derive(Debug)]
pub(crate) struct Step {
    name: String,
    /// Whether somebody else has written below the step's first line.
    interrupted: bool,
}

impl Step {
    /// Ends the line: a program is about to write to the terminal.
    pub(crate) fn interrupt(&mut self) {
        if !self.interrupted {
            println!();
        }
        self.interrupted = true;
    }
}

impl Steps {
    /// So many steps lie ahead.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, done: 0, began: Instant::now() }
    }

    /// Takes one step; `work` says in a word what came of it.
    pub(crate) fn step(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Step) -> Result<String>,
    ) -> Result<()> {
        self.done += 1;
        let name = format!("[{}/{}] {name} …", self.done, self.total);
        print!("{name}");
        std::io::stdout().flush()?;
        let began = Instant::now();
        let mut step = Step { name, interrupted: false };
        let outcome = work(&mut step);
        let took = seconds(began.elapsed());
        if step.interrupted {
            print!("{}", step.name);
        }
        match &outcome {
            Ok(outcome) => println!(" {outcome} ({took})"),
            Err(_) => println!(" failed ({took})"),
        }
        outcome.map(drop)
    }

    /// Time since the first step began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// A length of time for people.
pub(crate) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..100 => format!("{:.1} s", time.as_secs_f64()),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        assert_eq!(seconds(Duration::from_millis(3_120)), "3.1 s");
        assert_eq!(seconds(Duration::from_secs(754)), "12 min 34 s");
    }
}
