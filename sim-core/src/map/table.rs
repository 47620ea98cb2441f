//! The map in words, as page, program and book show it.

use crate::map::{Class, Flow, SafetyMap, Station};

/// What a field of the table shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The verdict; none as long as there is none.
    pub class: Option<Class>,
    /// A few letters: the share of requests that fail, or how slow they are.
    pub text: String,
    /// What the migration before it does to the traffic.
    pub flow: Option<Flow>,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// The file without its folder, or the statement that was typed.
    pub name: String,
    /// Its folder, that it was typed, or why it fails.
    pub note: String,
    /// What it follows, if that is not the row above.
    pub apart: Option<String>,
    /// By column.
    pub fields: Vec<Field>,
}

impl SafetyMap {
    /// The columns in two short lines: who, and how much.
    pub fn heads(&self) -> Vec<[String; 2]> {
        let name = |version: usize| self.versions[version].clone();
        let head = |column: usize| {
            let shares: Vec<(usize, u8)> = self.columns[column].shares().collect();
            match shares[..] {
                [(one, _)] => [name(one), "all".to_owned()],
                [_, (new, percent)] if self.versions.len() == 2 => {
                    [name(new), format!("{percent} %")]
                }
                _ => {
                    let names: Vec<String> = shares.iter().map(|share| name(share.0)).collect();
                    let parts: Vec<String> =
                        shares.iter().map(|share| share.1.to_string()).collect();
                    [names.join("+"), parts.join(":")]
                }
            }
        };
        (0..self.columns.len()).map(head).collect()
    }

    /// The rows.
    pub fn table(&self) -> Vec<TableRow> {
        let row = |index: usize| {
            let row = &self.rows[index];
            let (folder, name) = match row.label.rsplit_once('/') {
                Some((folder, name)) if row.label.ends_with(".sql") => (format!("{folder}/"), name),
                _ => (String::new(), self.row(index)),
            };
            let note = match &row.error {
                Some(problem) => format!("fails: {problem}"),
                None if row.typed && folder.is_empty() => "typed in this run".to_owned(),
                None => folder,
            };
            let apart = row.after.filter(|after| after + 1 != index);
            let apart = apart.map(|after| format!("or, after {}:", self.row(after)));
            let field = |column: usize| Field {
                class: row.cells[column].as_ref().map(|cell| cell.class),
                text: self.letters(index, column),
                flow: row.edges.get(column).and_then(|edge| Some(edge.as_ref()?.flow)),
            };
            let fields = (0..self.columns.len()).map(field).collect();
            TableRow { name: name.to_owned(), note, apart, fields }
        };
        (0..self.rows.len()).map(row).collect()
    }

    /// What a cell says beside its sign.
    fn letters(&self, row: usize, column: usize) -> String {
        let Some(cell) = &self.rows[row].cells[column] else { return String::new() };
        match cell.class {
            _ if 0 < cell.failed => {
                let share = cell.failed as f64 * 100.0 / cell.requests.max(1) as f64;
                match share {
                    _ if cell.failed == cell.requests => "all".to_owned(),
                    _ if share < 1.0 => "<1 %".to_owned(),
                    _ => format!("{share:.0} %"),
                }
            }
            _ => String::new(),
        }
    }

    /// Row and column of the stations that lie on the map.
    pub fn places(&self) -> Vec<(usize, usize)> {
        self.path.iter().filter_map(|station| Some((station.row, station.column?))).collect()
    }

    /// The number of each station on the map, from 1; none for those beside it.
    pub fn numbers(&self) -> Vec<Option<usize>> {
        let mut next = 0;
        let number = |station: &Station| {
            next += usize::from(station.column.is_some());
            station.column.map(|_| next)
        };
        self.path.iter().map(number).collect()
    }

    /// A station in words: `V2__rename_mail.sql, v1`.
    pub fn place(&self, station: &Station) -> String {
        let traffic = station.column.map(|column| self.column(column));
        let traffic =
            traffic.unwrap_or_else(|| "traffic that goes to no release of the map".to_owned());
        format!("{}, {traffic}", self.row(station.row))
    }

    /// One sentence for those who do not see the picture.
    pub fn summary(&self) -> String {
        let count = |class: Class| {
            let cells = self.rows.iter().flat_map(|row| row.cells.iter().flatten());
            (cells.filter(|cell| cell.class == class).count(), class)
        };
        let counts = Class::ALL.map(count).into_iter().filter(|(count, _)| 0 < *count);
        let counts = counts.map(|(count, class)| format!("{count} {}", class.name()));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let (rows, columns) = (self.rows.len(), self.columns.len());
        let path = match self.worst().map(|worst| self.path[worst].class) {
            Some(class) => {
                format!(" The run has {} stations; the worst is {}.", self.path.len(), class.name())
            }
            None => String::new(),
        };
        format!("{rows} schemas by {columns} splits of the traffic: {counts}.{path}")
    }

    /// What can be said of the way back, as a sentence; empty as long as it is not known.
    pub fn way_back(&self) -> String {
        let Some(first) = self.versions.first() else { return String::new() };
        if let Some(station) = self.path_of_no_return() {
            let Station { from, row, .. } = self.path[station];
            return format!(
                "Point of no return: {} at {from}. After it {first} does not work.",
                self.row(row)
            );
        }
        if !self.path.is_empty() {
            return format!("No point of no return: at the end {first} would still work.");
        }
        let rows = self.points_of_no_return();
        let names: Vec<&str> = rows.iter().map(|row| self.row(*row)).collect();
        match names[..] {
            [] => format!("No point of no return: {first} works to the end."),
            [one] => format!("Point of no return: {one}. After it {first} does not work."),
            _ => format!(
                "Points of no return: {}. After any of them {first} does not work.",
                names.join(", ")
            ),
        }
    }
}

impl Flow {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Waits => "waits",
            Self::Blocks => "blocks",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Free => "the migration runs unnoticed",
            Self::Waits => "while the migration runs, requests wait a second or longer",
            Self::Blocks => "while the migration runs, requests fail or stand still",
        }
    }
}
