//! What `psql` shows of the schema: `\d`, `\d TABLE`, `\dt`, `\di`.

use schema::{ConstraintKind, Schema};

use crate::database::instance::Instance;
use crate::database::session::{Description, Reply, Table};

impl Instance {
    /// The answer to a command of `psql` that begins with a backslash.
    pub(super) fn describe(&self, command: &str) -> Reply {
        let mut words = command.split_whitespace();
        let (verb, name) = (words.next().unwrap_or_default(), words.next());
        let verb = verb.trim_end_matches('+');
        match (verb, name) {
            ("\\echo", _) => {
                Reply::Text(format!("{}\n", command["\\echo".len()..].trim().trim_matches('\'')))
            }
            ("\\d", Some(name)) => match self.schema.tables.contains_key(name) {
                true => Reply::Described(table(&self.schema, name)),
                false => missing(name),
            },
            ("\\d" | "\\dt" | "\\di" | "\\ds" | "\\dv", None) => {
                let described = relations(&self.schema, verb);
                match described.table.rows.is_empty() {
                    true => Reply::Text("Did not find any relations.\n".to_owned()),
                    false => Reply::Described(described),
                }
            }
            ("\\dt" | "\\di", Some(name)) => {
                let mut described = relations(&self.schema, verb);
                described.table.rows.retain(|row| row.get(1) == Some(&Some(name.to_owned())));
                match described.table.rows.is_empty() {
                    true => missing(name),
                    false => Reply::Described(described),
                }
            }
            _ => {
                Reply::Text(format!("not modelled: {verb}; there are \\d, \\dt, \\di and \\echo\n"))
            }
        }
    }
}

fn missing(name: &str) -> Reply {
    Reply::Text(format!("Did not find any relation named \"{name}\".\n"))
}

fn cells<const N: usize>(row: [&str; N]) -> Vec<Option<String>> {
    row.map(|cell| Some(cell.to_owned())).to_vec()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `List of relations`.
fn relations(schema: &Schema, verb: &str) -> Description {
    let mut rows = Vec::new();
    let wants = |kind: &str| match verb {
        "\\d" => kind != "index",
        "\\dt" => kind == "table",
        "\\di" => kind == "index",
        "\\ds" => kind == "sequence",
        _ => kind == "view",
    };
    for (name, table) in &schema.tables {
        if wants("table") {
            rows.push(cells(["public", name, "table", "postgres"]));
        }
        for index in table.indexes.iter().filter(|_| wants("index")) {
            let mut row = cells(["public", &index.name, "index", "postgres"]);
            row.push(Some(name.clone()));
            rows.push(row);
        }
    }
    let others = [("sequence", &schema.sequences), ("view", &schema.views)];
    for (kind, names) in others.into_iter().filter(|(kind, _)| wants(kind)) {
        rows.extend(names.iter().map(|name| cells(["public", name, kind, "postgres"])));
    }
    rows.sort();
    let mut columns = names(&["Schema", "Name", "Type", "Owner"]);
    if verb == "\\di" {
        columns.push("Table".to_owned());
    }
    let table = Table { columns, rows, ..Table::default() };
    Description { title: "List of relations".to_owned(), table, footer: Vec::new() }
}

/// `Table "public.orders"`.
fn table(schema: &Schema, name: &str) -> Description {
    let table = &schema.tables[name];
    let column = |column: &schema::Column| {
        let default = match (&column.generated, &column.default) {
            (Some(of), _) => format!("generated from {}", of.join(", ")),
            (None, Some(default)) if !default.null => default.text.clone(),
            _ => String::new(),
        };
        let nullable = if column.nullable { "" } else { "not null" };
        cells([&column.name, &column.ty.to_string(), "", nullable, &default])
    };
    let mut footer = Vec::new();
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            footer.push(title.to_owned());
            footer.extend(lines.into_iter().map(|line| format!("    {line}")));
        }
    };
    section("Indexes:", indexes(table));
    let of_kind = |wanted: fn(&ConstraintKind) -> bool| {
        let found = table.constraints.iter().filter(move |one| wanted(&one.kind));
        found.map(|one| format!("\"{}\" {}", one.name, one.definition())).collect()
    };
    section("Check constraints:", of_kind(|kind| matches!(kind, ConstraintKind::Check(_))));
    let foreign = |kind: &ConstraintKind| matches!(kind, ConstraintKind::Foreign { .. });
    section("Foreign-key constraints:", of_kind(foreign));
    let mut referenced = Vec::new();
    for (owner, other) in &schema.tables {
        for one in &other.constraints {
            if matches!(&one.kind, ConstraintKind::Foreign { table, .. } if table == name) {
                let definition = one.definition();
                referenced
                    .push(format!("TABLE \"{owner}\" CONSTRAINT \"{}\" {definition}", one.name));
            }
        }
    }
    section("Referenced by:", referenced);
    let columns = names(&["Column", "Type", "Collation", "Nullable", "Default"]);
    let rows = table.columns.iter().map(column).collect();
    let title = format!("Table \"public.{name}\"");
    Description { title, table: Table { columns, rows, ..Table::default() }, footer }
}

/// Indexes, the primary key first.
fn indexes(table: &schema::Table) -> Vec<String> {
    let mut lines = Vec::new();
    for index in &table.indexes {
        let constraint = table.constraints.iter().find(|one| one.name == index.name);
        let primary = constraint.is_some_and(|one| matches!(one.kind, ConstraintKind::Primary(_)));
        let what = match constraint.filter(|_| index.of_constraint) {
            Some(constraint) => constraint.definition(),
            None => {
                let unique = if index.unique { "UNIQUE, " } else { "" };
                format!("{unique}btree ({})", index.columns.join(", "))
            }
        };
        let invalid = if index.valid { "" } else { " INVALID" };
        lines.push((!primary, index.name.clone(), format!("\"{}\" {what}{invalid}", index.name)));
    }
    lines.sort();
    lines.into_iter().map(|(_, _, line)| line).collect()
}
