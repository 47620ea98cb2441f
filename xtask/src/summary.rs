//! What `cargo test` printed, as a table.

use std::fmt;

/// One row a test program.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rows: Vec<Row>,
    failed: Vec<String>,
}

#[derive(Debug, Default)]
struct Row {
    program: String,
    passed: u32,
    failed: u32,
    ignored: u32,
    time: String,
}

impl Summary {
    /// Takes in one line of output.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(program) = line.strip_prefix("Running ") {
            self.rows.push(Row { program: name(program), ..Row::default() });
        } else if let Some(library) = line.strip_prefix("Doc-tests ") {
            self.rows.push(Row { program: format!("{library}, examples"), ..Row::default() });
        } else if let Some(test) =
            line.strip_prefix("test ").and_then(|t| t.strip_suffix(" ... FAILED"))
        {
            self.failed.push(test.to_owned());
        } else if let Some(result) = line.strip_prefix("test result: ")
            && let Some(row) = self.rows.last_mut()
        {
            row.count(result);
        }
    }
}

impl Row {
    /// Reads `ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
    fn count(&mut self, result: &str) {
        for part in result.split([';', '.']).map(str::trim) {
            match part.split_once(' ').and_then(|(n, what)| Some((n.parse().ok()?, what))) {
                Some((count, "passed")) => self.passed = count,
                Some((count, "failed")) => self.failed = count,
                Some((count, "ignored")) => self.ignored = count,
                _ => {}
            }
        }
        self.time = result.rsplit("finished in ").next().unwrap_or_default().to_owned();
    }
}

/// `unittests src/lib.rs (target/debug/deps/sim_core-0123)` is `sim_core`.
fn name(program: &str) -> String {
    let path = program.rsplit(['(', '/']).next().unwrap_or(program).trim_end_matches(')');
    path.rsplit_once('-').map_or(path, |(name, _)| name).to_owned()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<32} {:>7} {:>7} {:>8} {:>9}",
            "program", "passed", "failed", "ignored", "time"
        )?;
        let busy = |row: &&Row| 0 < row.passed + row.failed + row.ignored;
        for Row { program, passed, failed, ignored, time } in self.rows.iter().filter(busy) {
            writeln!(f, "{program:<32} {passed:>7} {failed:>7} {ignored:>8} {time:>9}")?;
        }
        let total = |count: fn(&Row) -> u32| self.rows.iter().map(count).sum::<u32>();
        let (passed, failed) = (total(|row| row.passed), total(|row| row.failed));
        writeln!(f, "{:<32} {passed:>7} {failed:>7} {:>8}", "all", total(|row| row.ignored))?;
        self.failed.iter().try_for_each(|test| writeln!(f, "failed: {test}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_program_that_ran_a_test() {
        let mut summary = Summary::default();
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/sim_core-0f1e)",
            "test queue::order ... ok",
            "test queue::limit ... FAILED",
            "test result: FAILED. 1 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.25s",
            "     Running unittests src/main.rs (target/debug/deps/idle-1a2b)",
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            summary.read(line);
        }
        let text = summary.to_string();
        let rows: Vec<Vec<&str>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["sim_core", "1", "1", "2", "0.25s"]);
        assert_eq!(rows[2], ["all", "1", "1", "2"]);
        assert_eq!(rows[3], ["failed:", "queue::limit"]);
        assert_eq!(rows.len(), 4);
    }
}
