//! How `psql` prints what it is answered.

use crate::console::follow::FollowStep;
use crate::console::typed::Written;
use crate::database::session::{Description, Reply, Table};

/// How answers are printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// In columns.
    pub(super) aligned: bool,
    /// `-t`: rows alone.
    pub(super) tuples_only: bool,
    /// `-q`: no tags.
    pub(super) quiet: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { aligned: true, tuples_only: false, quiet: false }
    }
}

/// Prints one answer.
pub(super) fn answer(
    reply: &Reply,
    written: Option<&Written>,
    style: Style,
    step: &mut FollowStep,
) {
    match reply {
        Reply::Done(tag) if tag == "SELECT" => {
            step.stderr +=
                "note: which rows there are is not modelled; only count(*) of a table is\n";
        }
        Reply::Done(_) if style.quiet => {}
        Reply::Done(tag) => step.stdout += &format!("{tag}\n"),
        Reply::Rows(table) => step.stdout += &rows(table, style),
        Reply::Text(text) => step.stdout += text,
        Reply::Nothing { text, .. } => {
            let place = place(written);
            let error = if place.is_empty() { "" } else { "error: " };
            step.stderr += &format!("{place}{error}{text}\n");
        }
        Reply::Described(description) => step.stdout += &described(description),
        Reply::Warning(text) => step.stderr += &format!("{}WARNING:  {text}\n", place(written)),
        Reply::Failed(error) => {
            step.stderr += &format!("{}ERROR:  {}\n", place(written), error.message);
            if let Some(line) = written.and_then(|written| line_of(&error.message, written)) {
                step.stderr += &line;
            }
            let more = [("DETAIL", &error.detail), ("HINT", &error.hint)];
            for (what, text) in more {
                if let Some(text) = text {
                    step.stderr += &format!("{what}:  {text}\n");
                }
            }
        }
    }
}

/// `psql:V2__x.sql:3: `.
fn place(written: Option<&Written>) -> String {
    let place = written.and_then(|written| written.place.as_ref());
    place.map_or_else(String::new, |(file, line)| format!("psql:{file}:{line}: "))
}

/// The line of the statement in which something is wrong, and a mark below it. The server gives the place
/// of a name; here it is found by the name that the message quotes.
fn line_of(message: &str, written: &Written) -> Option<String> {
    if !written.has_places {
        return None;
    }
    let name = message.split('"').nth(1)?;
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let is_word = |(at, found): &(usize, &str)| {
        let before = written.text[..*at].chars().next_back();
        let after = written.text[at + found.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    };
    let (at, _) = written.text.match_indices(name).find(is_word)?;
    let start = written.text[..at].rfind('\n').map_or(0, |end| end + 1);
    let number = written.text[..at].matches('\n').count() + 1;
    let line = written.text[start..].lines().next().unwrap_or_default();
    let lead = format!("LINE {number}: ");
    let indent = lead.chars().count() + written.text[start..at].chars().count();
    Some(format!("{lead}{line}\n{}^\n", " ".repeat(indent)))
}

fn rows(table: &Table, style: Style) -> String {
    let mut text = String::new();
    if !style.aligned {
        if !style.tuples_only {
            text += &format!("{}\n", table.columns.join("|"));
        }
        for row in &table.rows {
            let cells: Vec<&str> =
                row.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
            text += &format!("{}\n", cells.join("|"));
        }
    } else {
        text += &aligned(table, style.tuples_only);
    }
    if !style.tuples_only {
        let noun = if table.rows.len() == 1 { "row" } else { "rows" };
        text += &format!("({} {noun})\n", table.rows.len());
    }
    if style.aligned { text + "\n" } else { text }
}

fn described(description: &Description) -> String {
    let table = aligned(&description.table, false);
    let width = table.lines().next().map_or(0, |line| line.chars().count());
    let title = &description.title;
    let indent = width.saturating_sub(title.chars().count()) / 2;
    let footer: String = description.footer.iter().map(|line| format!("{line}\n")).collect();
    let rows = description.table.rows.len();
    let count = match (title.starts_with("List"), rows) {
        (false, _) => String::new(),
        (true, 1) => "(1 row)\n".to_owned(),
        (true, rows) => format!("({rows} rows)\n"),
    };
    format!("{}{title}\n{table}{footer}{count}\n", " ".repeat(indent))
}

/// Columns side by side: their names in the middle, numbers to the right, the rest to the left.
fn aligned(table: &Table, tuples_only: bool) -> String {
    let cell = |row: &[Option<String>], column: usize| {
        row.get(column).and_then(Clone::clone).unwrap_or_default().replace('\n', " ")
    };
    let columns = 0..table.columns.len();
    let width = |column: usize| {
        let cells = table.rows.iter().map(|row| cell(row, column).chars().count());
        cells.chain([table.columns[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = columns.clone().map(width).collect();
    let is_number = |column: usize| {
        let is_text = table.texts.get(column).is_some_and(|is_text| *is_text);
        let cells = table.rows.iter().map(|row| cell(row, column)).filter(|cell| !cell.is_empty());
        let mut cells = cells.peekable();
        !is_text && cells.peek().is_some() && cells.all(|cell| cell.parse::<f64>().is_ok())
    };
    let mut text = String::new();
    if !tuples_only {
        let names: Vec<String> = columns
            .clone()
            .map(|column| format!(" {:^width$} ", table.columns[column], width = widths[column]))
            .collect();
        text += &format!("{}\n", names.join("|"));
        let lines: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
        text += &format!("{}\n", lines.join("+"));
    }
    for row in &table.rows {
        let cells: Vec<String> = columns
            .clone()
            .map(|column| {
                let (text, width) = (cell(row, column), widths[column]);
                let is_last = column + 1 == table.columns.len();
                match (is_number(column), is_last) {
                    (true, true) => format!(" {text:>width$}"),
                    (true, false) => format!(" {text:>width$} "),
                    (false, true) => format!(" {text}"),
                    (false, false) => format!(" {text:<width$} "),
                }
            })
            .collect();
        text += &format!("{}\n", cells.join("|"));
    }
    text
}
