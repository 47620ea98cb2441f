//! How `psql` prints what it is answered.

use schema::SqlError;

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
    /// `-x`: the columns of a row one below the other.
    pub(super) expanded: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { aligned: true, tuples_only: false, quiet: false, expanded: false }
    }
}

/// Prints one answer.
pub(super) fn answer(reply: &Reply, written: &Written, style: Style, step: &mut FollowStep) {
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
        Reply::Described(description) => step.stdout += &described(description, style),
        Reply::Notice(text) => step.stderr += &format!("{}NOTICE:  {text}\n", place(written)),
        Reply::Warning(text) => step.stderr += &format!("{}WARNING:  {text}\n", place(written)),
        Reply::Failed(error) => {
            step.stderr += &format!("{}ERROR:  {}\n", place(written), error.message);
            if let Some(line) = line_of(error, written) {
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

/// The server has ended the session, and `psql` finds out at this step.
pub(super) fn lost(message: &str, written: &Written, step: &mut FollowStep) {
    let place = place(written);
    let error = if place.is_empty() { "" } else { "error: " };
    step.stderr += &format!(
        "{place}FATAL:  {message}\n\
         {place}server closed the connection unexpectedly\n\
         \tThis probably means the server terminated abnormally\n\
         \tbefore or while processing the request.\n\
         {place}{error}connection to server was lost\n"
    );
}

/// `psql:V2__x.sql:3: `.
fn place(written: &Written) -> String {
    let place = written.place.as_ref();
    place.map_or_else(String::new, |(file, line)| format!("psql:{file}:{line}: "))
}

/// What of a line is shown at most.
const LINE_WIDTH: usize = 60;
/// What of a long line is shown at least from the mark on.
const LINE_REST: usize = 10;

/// The line in which something is wrong, and a mark below it.
fn line_of(error: &SqlError, written: &Written) -> Option<String> {
    if !written.has_places {
        return None;
    }
    let at =
        written.own.start + schema::session::place(error, written.text.get(written.own.clone())?)?;
    let (before, rest) = written.text.split_at(at);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let number = before.matches('\n').count() + 1;
    let mark = before[start..].chars().count();
    let line = before[start..].chars().chain(rest.lines().next().unwrap_or_default().chars());
    let line: Vec<char> = line.map(|c| if c == '\t' { ' ' } else { c }).collect();
    let end = match line.len() {
        length if length <= LINE_WIDTH => length,
        length => length.min((mark + LINE_REST).max(LINE_WIDTH)),
    };
    let begin = end.saturating_sub(LINE_WIDTH);
    let dots = |is_cut| if is_cut { "..." } else { "" };
    let lead = format!("LINE {number}: {}", dots(0 < begin));
    let shown: String = line[begin..end].iter().collect();
    let indent = " ".repeat(lead.chars().count() + mark - begin);
    Some(format!("{lead}{shown}{}\n{indent}^\n", dots(end < line.len())))
}

fn rows(table: &Table, style: Style) -> String {
    if style.expanded {
        return expanded(table, style);
    }
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

/// Every row as a record: its columns one below the other.
fn expanded(table: &Table, style: Style) -> String {
    let names = table.columns.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let cells = table.rows.iter().flatten().flatten();
    let values = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
    let rule = format!("{}+{}", "-".repeat(names + 1), "-".repeat(values + 1));
    let mut text = String::new();
    for (row, number) in table.rows.iter().zip(1..) {
        let title = format!("-[ RECORD {number} ]");
        match (style.aligned, style.tuples_only) {
            (true, false) => {
                text += &format!("{title}{}\n", rule.get(title.len()..).unwrap_or_default());
            }
            (true, true) if 1 < number => text += &format!("{rule}\n"),
            (false, _) if 1 < number => text.push('\n'),
            _ => {}
        }
        for (name, cell) in table.columns.iter().zip(row) {
            let cell = cell.as_deref().unwrap_or_default();
            text += &match style.aligned {
                true => format!("{name:<names$} | {cell}\n"),
                false => format!("{name}|{cell}\n"),
            };
        }
    }
    if !style.aligned {
        return text;
    }
    if table.rows.is_empty() && !style.tuples_only {
        text += "(0 rows)\n";
    }
    text + "\n"
}

fn described(description: &Description, style: Style) -> String {
    let title = &description.title;
    if style.expanded && title.starts_with("List") {
        return format!("{title}\n{}", expanded(&description.table, style));
    }
    let table = aligned(&description.table, false);
    let width = table.lines().next().map_or(0, |line| line.chars().count());
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
