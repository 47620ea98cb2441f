//! Logs: one command a line with its time, `06:42.318 kubectl apply -f green.yaml`.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::findings::Findings;
use crate::scenario::LogEntry;
use crate::time::SimTime;

/// Longest command line, in bytes.
pub const MAX_COMMAND: usize = 4_096;
/// Most commands of a log.
pub const MAX_ENTRIES: usize = 10_000;
/// Latest time of a command, in minutes: a day.
const MAX_MINUTES: i64 = 24 * 60;

/// What a log file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The commands in order of time.
    pub entries: Vec<LogEntry>,
    /// Where each command stands in the file.
    pub positions: Vec<Position>,
    /// The objective named by a `# misses: ID` line, and where.
    pub misses: Option<(String, Position)>,
}

/// Reads a log. Empty lines and lines that begin with `#` are comments.
pub fn parse(file: &str, text: &str) -> Result<Log, Vec<Diagnostic>> {
    let mut findings = Findings::new(file);
    let mut log = Log::default();
    // Some editors begin a file with a mark of the byte order.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        let indent = line.chars().take_while(|c| c.is_whitespace()).count() as u32;
        let position = Position { line: index as u32 + 1, column: indent + 1 };
        if let Some(comment) = trimmed.strip_prefix('#') {
            if let Some(id) = comment.trim().strip_prefix("misses:") {
                log.misses = Some((id.trim().to_owned(), position));
            }
        } else if !trimmed.is_empty() {
            match entry(trimmed, log.entries.last()) {
                Ok(entry) => {
                    log.entries.push(entry);
                    log.positions.push(position);
                }
                Err((message, help)) => findings.fix(position, message, help),
            }
        }
    }
    if MAX_ENTRIES < log.entries.len() {
        let message = format!("the log has {} commands", log.entries.len());
        findings.fix(
            Position { line: 1, column: 1 },
            message,
            format!("write at most {MAX_ENTRIES}"),
        );
    }
    if findings.is_usable() { Ok(log) } else { Err(findings.split().0) }
}

/// Prints a log so that [`parse`] reads the same commands at the same times.
pub fn print(entries: &[LogEntry]) -> String {
    let mut out = String::new();
    for LogEntry { at, command } in entries {
        let micros = at.as_micros();
        let (minutes, rest) = (micros / 60_000_000, micros % 60_000_000);
        let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
        let _ = write!(out, "{minutes:02}:{seconds:02}");
        let _ = match fraction {
            0 => Ok(()),
            millis if millis % 1_000 == 0 => write!(out, ".{:03}", millis / 1_000),
            micros => write!(out, ".{micros:06}"),
        };
        let _ = writeln!(out, " {command}");
    }
    out
}

fn entry(line: &str, before: Option<&LogEntry>) -> Result<LogEntry, (String, String)> {
    let (time, command) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let command = command.trim();
    let at = time_of(time).ok_or_else(|| {
        let time: String = time.chars().take(40).collect();
        let help = "begin the line with minutes and seconds: 06:42 kubectl get pods".to_owned();
        (format!("{time:?} is no time"), help)
    })?;
    if command.is_empty() {
        return Err(("there is no command".to_owned(), format!("write {time} kubectl get pods")));
    }
    if MAX_COMMAND < command.len() {
        let message = format!("the command has {} bytes", command.len());
        return Err((message, format!("write at most {MAX_COMMAND}")));
    }
    match before {
        Some(before) if at < before.at => {
            let message = format!("time {at} lies before that of the line above, {}", before.at);
            Err((message, "sort the lines by time".to_owned()))
        }
        _ => Ok(LogEntry { at, command: command.to_owned() }),
    }
}

/// `MM:SS`, with up to six digits of fraction.
fn time_of(text: &str) -> Option<SimTime> {
    let (minutes, seconds) = text.split_once(':')?;
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let digits = |text: &str, most: usize| {
        let good = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if good { text.parse::<i64>().ok() } else { None }
    };
    let (minutes, seconds) = (digits(minutes, 4)?, digits(seconds, 2)?);
    digits(fraction, 6)?;
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    let fits = seconds < 60 && minutes < MAX_MINUTES;
    fits.then(|| SimTime::from_micros((minutes * 60 + seconds) * 1_000_000 + micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_log_holds_times_commands_and_what_it_misses() {
        let text = "# Too early.\n# misses: no-lost-requests\n\n00:30 kubectl get pods\n\
                    01:05.25   kubectl apply -f green.yaml  \n";
        let log = parse("a.log", text).unwrap();
        let expected =
            [(30_000_000, "kubectl get pods"), (65_250_000, "kubectl apply -f green.yaml")];
        let expected = expected.map(|(at, command)| LogEntry {
            at: SimTime::from_micros(at),
            command: command.to_owned(),
        });
        assert_eq!(log.entries, expected);
        let place = Position { line: 2, column: 1 };
        assert_eq!(log.misses, Some(("no-lost-requests".to_owned(), place)));
    }

    #[test]
    fn every_bad_line_is_reported_with_its_place() {
        let text = "kubectl get pods\n  00:61 ls\n01:00\n02:00 ls\n01:59.999 ls\n-1:00 ls\n";
        let errors = parse("a.log", text).unwrap_err();
        let shown: Vec<String> = errors.iter().map(Diagnostic::to_string).collect();
        let help = "begin the line with minutes and seconds: 06:42 kubectl get pods";
        assert_eq!(
            shown,
            [
                format!("a.log:1:1: error: \"kubectl\" is no time; {help}"),
                format!("a.log:2:3: error: \"00:61\" is no time; {help}"),
                "a.log:3:1: error: there is no command; write 01:00 kubectl get pods".to_owned(),
                "a.log:5:1: error: time 01:59.999 lies before that of the line above, 02:00.000; \
                 sort the lines by time"
                    .to_owned(),
                format!("a.log:6:1: error: \"-1:00\" is no time; {help}"),
            ]
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(times in prop::collection::vec(0i64..86_400_000_000, 0..20)) {
            let mut times = times;
            times.sort_unstable();
            let entry = |at| LogEntry { at: SimTime::from_micros(at), command: "kubectl get po".to_owned() };
            let entries: Vec<LogEntry> = times.into_iter().map(entry).collect();
            prop_assert_eq!(parse("a.log", &print(&entries)).unwrap().entries, entries);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,200}") {
            let _ = parse("a.log", &text);
        }
    }
}
