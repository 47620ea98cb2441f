//! `Perhaps you meant to reference the column "orders.total".`: which columns are near to a name that nothing has
//! (`updateFuzzyAttrMatchState` of PostgreSQL's parser).

use strsim::levenshtein;

use crate::query::Scope;

/// Most edits between a name and what may be meant by it.
const DISTANCE_MAX: usize = 3;
/// Longest name that is compared; no column's is longer.
const NAME_MAX: usize = 64;

/// The nearest column so far.
struct Nearest {
    distance: usize,
    /// The columns at that distance; of more than two none is meant.
    columns: Vec<String>,
}

/// The hint for a column that is not in sight, of a relation or of any.
pub(super) fn hint(scope: &Scope<'_>, relation: Option<&str>, name: &str) -> Option<String> {
    if NAME_MAX < name.len() {
        return None;
    }
    let mut nearest = Nearest { distance: DISTANCE_MAX + 1, columns: Vec::new() };
    let mut here = Some(scope);
    while let Some(scope) = here {
        for own in &scope.relations {
            let penalty = relation.map_or(0, |wanted| levenshtein(wanted, &own.name));
            for (column, _) in &own.columns {
                nearest.see(name, column, penalty, || format!("\"{}.{column}\"", own.name));
            }
        }
        here = scope.outer;
    }
    match nearest.columns.as_slice() {
        [] => None,
        columns => {
            let columns = columns.join(" or the column ");
            Some(format!("Perhaps you meant to reference the column {columns}."))
        }
    }
}

impl Nearest {
    fn see(&mut self, name: &str, column: &str, penalty: usize, full: impl Fn() -> String) {
        let edits = levenshtein(column, name);
        // Where more than half is different, nothing is meant.
        if self.distance < penalty || name.len() / 2 < edits {
            return;
        }
        let distance = edits + penalty;
        if distance < self.distance {
            (self.distance, self.columns) = (distance, vec![full()]);
        } else if distance == self.distance && distance <= DISTANCE_MAX {
            self.columns.push(full());
            if 2 < self.columns.len() {
                self.columns.clear();
                self.distance = distance.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Relation, Type};

    #[test]
    fn the_nearest_columns_are_meant_if_there_are_two_at_most() {
        let relation = |name: &str, columns: &[&str]| Relation {
            name: name.to_owned(),
            table: None,
            columns: columns.iter().map(|column| ((*column).to_owned(), Type::Any)).collect(),
            merged: Vec::new(),
        };
        let relations = vec![
            relation("orders", &["id", "customer_id", "total"]),
            relation("c", &["id", "name", "note", "nota", "node"]),
        ];
        let scope = Scope { relations, ..Scope::default() };
        // As a real server answers.
        let rows = [
            (None, "custmer_id", Some("\"orders.customer_id\"")),
            (None, "totla", Some("\"orders.total\" or the column \"c.nota\"")),
            (None, "colour", None),
            (None, "nam", Some("\"c.name\"")),
            (None, "nots", Some("\"c.note\" or the column \"c.nota\"")),
            (None, "nodes", Some("\"c.node\"")),
            (None, "nodx", Some("\"c.node\"")),
            (Some("orders"), "totla", Some("\"orders.total\"")),
        ];
        for (of, name, expected) in rows {
            let hint = hint(&scope, of, name);
            let expected =
                expected.map(|of| format!("Perhaps you meant to reference the column {of}."));
            assert_eq!(hint, expected, "{name}");
        }
    }
}
