//! Indexes.

use crate::catalog::{Column, quoted, quoted_list};

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its columns; of an index over expressions, the columns they use.
    pub columns: Vec<String>,
    /// What it sorts by; none if that is just its columns.
    pub keys: Option<Keys>,
    /// The rows that it covers, written back likewise.
    pub predicate: Option<String>,
    /// Whether it lets no value in twice.
    pub unique: bool,
    /// Whether it covers only some rows, or expressions.
    pub partial: bool,
    /// Whether it serves a constraint of the same name.
    pub of_constraint: bool,
    /// Whether it can be used; one whose `CREATE INDEX CONCURRENTLY` has failed cannot (PG-40).
    pub valid: bool,
}

impl Index {
    /// A plain one over some columns.
    pub(crate) fn over(name: String, columns: Vec<String>) -> Self {
        Self {
            name,
            columns,
            keys: None,
            predicate: None,
            unique: false,
            partial: false,
            of_constraint: false,
            valid: true,
        }
    }

    /// One of its columns is about to get another name: in the index it keeps its own.
    pub(crate) fn keep_names(&mut self, columns: &[Column]) {
        let key = |name: &String| {
            let column = columns.iter().find(|column| column.name == *name);
            let ty = column.map(|column| column.ty.to_string()).unwrap_or_default();
            Key { name: name.clone(), ty, definition: quoted(name), order: String::new() }
        };
        self.keys.get_or_insert_with(|| Keys {
            method: "btree".to_owned(),
            list: self.columns.iter().map(key).collect(),
        });
    }

    /// What it is, as `\d` shows it: `UNIQUE, btree (code) WHERE open`.
    pub fn definition(&self) -> String {
        let unique = if self.unique { "UNIQUE, " } else { "" };
        let rows = self.predicate.as_ref().map(|rows| format!(" WHERE {rows}"));
        format!("{unique}{}{}", self.method_and_keys(), rows.unwrap_or_default())
    }

    /// `btree (code)`.
    fn method_and_keys(&self) -> String {
        match &self.keys {
            None => format!("btree ({})", quoted_list(&self.columns)),
            Some(Keys { method, list }) => {
                let keys = list.iter().map(|key| format!("{}{}", key.definition, key.order));
                format!("{method} ({})", keys.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// What an index sorts by that is not just columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Its kind: `btree`.
    pub method: String,
    /// The keys, in order.
    pub list: Vec<Key>,
}

/// A key of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name in the index.
    pub name: String,
    /// Its type, if it is known.
    pub ty: String,
    /// As PostgreSQL writes it back: `lower(mail)`.
    pub definition: String,
    /// What follows that: ` DESC`.
    pub order: String,
}
