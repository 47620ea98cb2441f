//! A table as `DESCRIBE`, `SHOW CREATE TABLE` and `SHOW INDEX` tell of it.
//!
//! Simplified: what a foreign key does on delete is not kept, so it is not told; a `tinyint` is shown as the
//! boolean that it mostly is.

use std::fmt::Write;

use schema::{Column, ConstraintKind, Index, MySqlType, SqlType, Table as Described};

use crate::database::session::Table;

fn some(text: impl Into<String>) -> Option<String> {
    Some(text.into())
}

/// The type as the server writes it: without digits behind the second if there are none.
fn type_of(column: &Column) -> String {
    match column.ty.to_string().as_str() {
        "tinyint" => "tinyint(1)".to_owned(),
        other => other.replace("(0)", ""),
    }
}

/// The text of a default, and whether it is an expression.
fn default_of(column: &Column) -> Option<(String, bool)> {
    let default = column.default.as_ref().filter(|default| !default.null)?;
    let computed = default.volatile || default.text.to_uppercase().starts_with("CURRENT_");
    let text = default.text.trim_matches('\'');
    let scale = match &column.ty {
        SqlType::Mysql(MySqlType::Decimal(_, scale)) => usize::try_from(*scale).ok(),
        _ => None,
    };
    let number = scale.zip(text.parse::<f64>().ok());
    let text =
        number.map_or_else(|| text.to_owned(), |(scale, number)| format!("{number:.scale$}"));
    Some((text, computed))
}

fn is_primary(table: &Described, index: &Index) -> bool {
    index.name == "primary" && table.primary_key().is_some()
}

/// `PRI`, `UNI`, `MUL`, or nothing.
fn key_of(table: &Described, column: &Column) -> &'static str {
    if table.primary_key().is_some_and(|key| key.contains(&column.name)) {
        return "PRI";
    }
    let mut first =
        table.indexes.iter().filter(|index| index.columns.first() == Some(&column.name));
    match first.clone().any(|index| index.unique && index.columns.len() == 1) {
        true => "UNI",
        false if first.next().is_some() => "MUL",
        false => "",
    }
}

/// `DESCRIBE`.
pub(super) fn columns(table: &Described) -> Table {
    let row = |column: &Column| {
        let default = default_of(column);
        let extra = match (&column.generated, &default) {
            (Some(_), _) if column.stored => "STORED GENERATED",
            (Some(_), _) => "VIRTUAL GENERATED",
            (None, _) if column.auto_increment => "auto_increment",
            (None, Some((_, true))) => "DEFAULT_GENERATED",
            (None, _) => "",
        };
        vec![
            some(&column.name),
            some(type_of(column)),
            some(if column.nullable { "YES" } else { "NO" }),
            some(key_of(table, column)),
            default.map(|(text, _)| text),
            some(extra),
        ]
    };
    Table {
        columns: ["Field", "Type", "Null", "Key", "Default", "Extra"].map(str::to_owned).to_vec(),
        rows: table.columns.iter().map(row).collect(),
        texts: vec![true; 6],
    }
}

fn list(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(",")
}

/// Indexes, the primary key first.
fn sorted(table: &Described) -> Vec<&Index> {
    let mut all: Vec<&Index> = table.indexes.iter().collect();
    all.sort_by_key(|index| (!is_primary(table, index), !index.unique));
    all
}

/// `SHOW CREATE TABLE`.
pub(super) fn create(name: &str, table: &Described) -> String {
    let mut lines = Vec::new();
    for column in &table.columns {
        let mut line = format!("`{}` {}", column.name, type_of(column));
        if !column.nullable {
            line += " NOT NULL";
        }
        match default_of(column) {
            _ if column.auto_increment => line += " AUTO_INCREMENT",
            Some((text, true)) => line += &format!(" DEFAULT {text}"),
            Some((text, false)) => line += &format!(" DEFAULT '{text}'"),
            None if column.nullable && column.generated.is_none() => line += " DEFAULT NULL",
            None => {}
        }
        lines.push(line);
    }
    for index in sorted(table) {
        let columns = list(&index.columns);
        lines.push(match (is_primary(table, index), index.unique) {
            (true, _) => format!("PRIMARY KEY ({columns})"),
            (false, true) => format!("UNIQUE KEY `{}` ({columns})", index.name),
            (false, false) => format!("KEY `{}` ({columns})", index.name),
        });
    }
    for constraint in &table.constraints {
        let text = match &constraint.kind {
            ConstraintKind::Foreign { columns, table, referred, actions } => {
                let (own, other) = (list(columns), list(referred));
                let (delete, update) = (actions.on_delete(), actions.on_update());
                format!("FOREIGN KEY ({own}) REFERENCES `{table}` ({other}){delete}{update}")
            }
            ConstraintKind::Check(_) => constraint.definition(),
            ConstraintKind::Primary(_) | ConstraintKind::Unique(_) => continue,
        };
        lines.push(format!("CONSTRAINT `{}` {text}", constraint.name));
    }
    let charset = table.charset.0.as_deref().unwrap_or("binary");
    let mut text = format!("CREATE TABLE `{name}` (\n  {}\n", lines.join(",\n  "));
    let _ = write!(text, ") ENGINE=InnoDB DEFAULT CHARSET={charset}");
    if charset == "utf8mb4" {
        text += " COLLATE=utf8mb4_0900_ai_ci";
    }
    text
}

/// `SHOW INDEX`, without what is counted.
pub(super) fn indexes(name: &str, table: &Described) -> Table {
    let mut rows = Vec::new();
    for index in sorted(table) {
        let shown = if is_primary(table, index) { "PRIMARY" } else { &index.name };
        for (place, column) in (1..).zip(&index.columns) {
            let nullable = table.column(column).is_some_and(|column| column.nullable);
            rows.push(vec![
                some(name),
                some(if index.unique { "0" } else { "1" }),
                some(shown),
                some(format!("{place}")),
                some(column),
                some(if nullable { "YES" } else { "" }),
                some("BTREE"),
            ]);
        }
    }
    let columns =
        ["Table", "Non_unique", "Key_name", "Seq_in_index", "Column_name", "Null", "Index_type"];
    Table { columns: columns.map(str::to_owned).to_vec(), rows, ..Table::default() }
}
