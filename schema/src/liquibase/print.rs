//! What Liquibase's command line prints.

use crate::liquibase::VERSION;
use crate::liquibase::changeset::ChangeSet;
use crate::liquibase::history::{Entry, History, LockRow};
use crate::liquibase::plan::{Filter, State, reasons};

/// Which build of the version it is.
const BUILD: &str = "#2272 built at 2024-05-16 19:00+0000";
/// Names of months.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What stands above everything else on standard error; `clock` is the time of day.
pub fn banner(clock: &str) -> String {
    format!(
        "Starting Liquibase at {clock} (version {VERSION} {BUILD})\nLiquibase Version: {VERSION}\n"
    )
}

/// `2026-01-05 09:00:00` as Java writes it for Americans, in short: `1/5/26, 9:00 AM`.
pub fn short(time: &str) -> String {
    let [year, month, day, hour, minute, _] = fields(time);
    let (hour, half) = halves(hour);
    format!("{month}/{day}/{:02}, {hour}:{minute:02} {half}", year % 100)
}

/// The same at length: `Jan 5, 2026, 9:00:00 AM`.
fn long(time: &str) -> String {
    let [year, month, day, hour, minute, second] = fields(time);
    let (hour, half) = halves(hour);
    let month = MONTHS[(month as usize).clamp(1, 12) - 1];
    format!("{month} {day}, {year}, {hour}:{minute:02}:{second:02} {half}")
}

fn halves(hour: u32) -> (u32, &'static str) {
    let half = if hour < 12 { "AM" } else { "PM" };
    (
        match hour % 12 {
            0 => 12,
            hour => hour,
        },
        half,
    )
}

fn fields(time: &str) -> [u32; 6] {
    let mut numbers = time.split(['-', ' ', ':']).map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

/// The last line of a command that has worked.
pub fn succeeded(command: &str) -> String {
    format!("Liquibase command '{command}' was executed successfully.\n")
}

/// What a command says that has failed: what kind of error it is, what it says first, where it comes from,
/// and in full.
pub fn failed(class: &str, reason: &str, source: &str, whole: &str) -> String {
    format!(
        "ERROR: Exception Details\nERROR: Exception Primary Class:  {class}\nERROR: Exception Primary \
         Reason:  {reason}\nERROR: Exception Primary Source:  {source}\n\nUnexpected error running \
         Liquibase: {whole}\n\nFor more information, please use the --log-level flag\n"
    )
}

/// The same of an error that is Liquibase's own.
pub fn refused(class: &str, reason: &str) -> String {
    failed(class, reason, VERSION, reason)
}

/// The answer of `status`; `address` is that of the database.
pub fn status(sets: &[ChangeSet], states: &[State], address: &str) -> String {
    let due = sets.iter().zip(states).filter(|(_, state)| matches!(state, State::Due(_)));
    let names: Vec<String> = due.map(|(set, _)| format!("     {}\n", set.name())).collect();
    match names.len() {
        0 => format!("{address} is up to date\n"),
        1 => format!("1 changeset has not been applied to {address}\n{}", names.concat()),
        count => {
            format!("{count} changesets have not been applied to {address}\n{}", names.concat())
        }
    }
}

/// Width of the summary.
const WIDTH: usize = 31;

/// What `update` says at its end: `ran` is how many changesets it has run, `history` what there was before.
pub fn summary(
    sets: &[ChangeSet],
    (states, history): (&[State], &History),
    filter: &Filter,
    ran: usize,
) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut count = |reason| match counts.iter_mut().find(|(other, _)| *other == reason) {
        Some((_, count)) => *count += 1,
        None => counts.push((reason, 1)),
    };
    let (mut before, mut filtered) = (0, 0);
    for (set, state) in sets.iter().zip(states) {
        let known = history.entry(set).is_some();
        let mut found = reasons(set, filter);
        before += usize::from(known && *state == State::Ran);
        if known && !found.is_empty() {
            found.insert(1, "Already ran");
        }
        if *state == State::AfterCount {
            found.push("After count");
        }
        filtered += usize::from(!found.is_empty());
        found.into_iter().for_each(&mut count);
    }
    let line = |name: &str, count: usize| {
        let width = WIDTH.saturating_sub(name.len());
        format!("{name}{count:>width$}\n")
    };
    let mut text = format!(
        "\nUPDATE SUMMARY\n{}{}{}{}\n{}\n",
        line("Run:", ran),
        line("Previously run:", before),
        line("Filtered out:", filtered),
        "-".repeat(WIDTH),
        line("Total change sets:", sets.len()),
    );
    if !counts.is_empty() {
        text += "\nFILTERED CHANGE SETS SUMMARY\n";
        for (reason, count) in counts {
            text += &line(&format!("{reason}:"), count);
        }
        text.push('\n');
    }
    text
}

/// The columns of `history`.
const HEADER: [&str; 6] =
    ["Deployment ID", "Update Date", "Changelog Path", "Changeset Author", "Changeset ID", "Tag"];

/// The answer of `history`: a table for each run.
pub fn history(history: &History, url: &str) -> String {
    let mut text = format!("Liquibase History for {url}\n\n");
    if history.entries.is_empty() {
        return text + "No changesets deployed\n";
    }
    let mut runs: Vec<Vec<&Entry>> = Vec::new();
    for entry in history.in_order() {
        match runs.last_mut().filter(|run| run[0].deployment == entry.deployment) {
            Some(run) => run.push(entry),
            None => runs.push(vec![entry]),
        }
    }
    for run in runs {
        text += &table(&run.iter().map(|entry| row(entry)).collect::<Vec<_>>());
        text.push('\n');
    }
    text
}

fn row(entry: &Entry) -> [String; 6] {
    [
        entry.deployment.clone(),
        short(&entry.date),
        entry.filename.clone(),
        entry.author.clone(),
        entry.id.clone(),
        entry.tag.clone().unwrap_or_default(),
    ]
}

fn table(rows: &[[String; 6]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADER[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADER.len()).map(width).collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect();
    let line = |cells: [&str; 6]| {
        let cells = cells.iter().zip(&widths).map(|(cell, &width)| format!("| {cell:width$} "));
        format!("{}|\n", cells.collect::<String>())
    };
    let mut text = format!("{rule}+\n{}{rule}+\n", line(HEADER));
    for row in rows {
        text += &format!("{}{rule}+\n", line(row.each_ref().map(String::as_str)));
    }
    text
}

/// The answer of `list-locks`.
pub fn locks(lock: Option<&LockRow>, address: &str) -> String {
    let head = format!("Database change log locks for {address}\n");
    match lock.and_then(|lock| lock.held.as_ref()) {
        None => head + " - No locks\n",
        Some((by, since)) => format!(
            "{head} - {by} at {}\nNOTE:  The lock time displayed is based on the database's configured \
             time\n",
            long(since)
        ),
    }
}
