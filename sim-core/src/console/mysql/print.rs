//! How `mysql` prints what it is answered.

use crate::console::follow::FollowStep;
use crate::console::typed::Written;
use crate::database::session::{Reply, Table};

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In boxes.
    Boxes,
    /// With tabs between the columns.
    Tabs,
    /// A column a line.
    Vertical,
}

/// How answers are printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) form: Form,
    /// Whether columns have their names.
    pub(super) names: bool,
    /// One: statements; two: numbers of rows and times; three: boxes wherever it prints.
    pub(super) verbose: u8,
}

impl Default for Style {
    fn default() -> Self {
        Self { form: Form::Tabs, names: true, verbose: 0 }
    }
}

/// Prints one answer; `took` is how long it was waited for, in microseconds.
pub(super) fn answer(
    reply: &Reply,
    written: Option<&Written>,
    style: Style,
    took: u64,
    step: &mut FollowStep,
) {
    let rule = "--------------";
    if let (1.., Some(written)) = (style.verbose, written) {
        step.stdout += &format!("{rule}\n{}\n{rule}\n\n", written.text);
    }
    let time = format!("({:.2} sec)", took as f64 / 1e6);
    let counts = 1 < style.verbose;
    match reply {
        Reply::Done(tag) if tag == "SELECT" => {
            step.stderr +=
                "note: which rows there are is not modelled; only count(*) of a table is\n";
        }
        Reply::Done(text) if counts => {
            let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
            let rest = if rest.is_empty() { String::new() } else { format!("{rest}\n") };
            step.stdout += &format!("Query OK{first} {time}\n{rest}\n");
        }
        Reply::Rows(table) => {
            let vertical = written.is_some_and(|written| written.vertical);
            let form = if vertical { Form::Vertical } else { style.form };
            step.stdout += &rows(table, form, style.names);
            if counts {
                let count = match table.rows.len() {
                    0 => "Empty set".to_owned(),
                    1 => "1 row in set".to_owned(),
                    many => format!("{many} rows in set"),
                };
                step.stdout += &format!("{count} {time}\n\n");
            }
        }
        Reply::Failed(error) => {
            let line = written.map_or(1, |written| written.line);
            let number = error.number.map(|number| format!(" {number} ({})", error.code));
            let number = number.unwrap_or_default();
            step.stderr += &format!("ERROR{number} at line {line}: {}\n", error.message);
        }
        Reply::Done(_)
        | Reply::Text(_)
        | Reply::Nothing { .. }
        | Reply::Described(_)
        | Reply::Warning(_)
        | Reply::Notice(_) => {}
    }
}

fn rows(table: &Table, form: Form, names: bool) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    match form {
        Form::Boxes => boxes(table, names),
        Form::Tabs => tabs(table, names),
        Form::Vertical => vertical(table, names),
    }
}

fn shown(cell: Option<&String>) -> &str {
    cell.map_or("NULL", String::as_str)
}

fn boxes(table: &Table, names: bool) -> String {
    let places = 0..table.columns.len();
    let cell = |row: &[Option<String>], place: usize| {
        shown(row.get(place).and_then(Option::as_ref)).to_owned()
    };
    let width = |place: usize| {
        let cells = table.rows.iter().map(|row| cell(row, place).chars().count());
        let name = table.columns[place].chars().count();
        cells.chain(names.then_some(name)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = places.clone().map(width).collect();
    let is_number = |place: usize| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(place)?.as_ref()).peekable();
        let is_text = table.texts.get(place).is_some_and(|is_text| *is_text);
        !is_text && cells.peek().is_some() && cells.all(|cell| cell.parse::<f64>().is_ok())
    };
    let right: Vec<bool> = places.clone().map(is_number).collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect();
    let rule = format!("{rule}+\n");
    let mut text = rule.clone();
    if names {
        for place in places.clone() {
            text += &format!("| {:<width$} ", table.columns[place], width = widths[place]);
        }
        text += &format!("|\n{rule}");
    }
    for row in &table.rows {
        for place in places.clone() {
            let (cell, width) = (cell(row, place), widths[place]);
            text += &match right[place] {
                true => format!("| {cell:>width$} "),
                false => format!("| {cell:<width$} "),
            };
        }
        text += "|\n";
    }
    text + &rule
}

fn tabs(table: &Table, names: bool) -> String {
    let escaped = |cell: &Option<String>| {
        shown(cell.as_ref()).replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
    };
    let mut text = String::new();
    if names {
        text += &format!("{}\n", table.columns.join("\t"));
    }
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(escaped).collect();
        text += &format!("{}\n", cells.join("\t"));
    }
    text
}

fn vertical(table: &Table, names: bool) -> String {
    let width = table.columns.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let stars = "*".repeat(27);
    let mut text = String::new();
    for (number, row) in (1..).zip(&table.rows) {
        text += &format!("{stars} {number}. row {stars}\n");
        for (name, cell) in table.columns.iter().zip(row) {
            let cell = shown(cell.as_ref());
            text += &match names {
                true => format!("{name:>width$}: {cell}\n"),
                false => format!("{cell}\n"),
            };
        }
    }
    text
}
