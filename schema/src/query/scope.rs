//! What names can mean in a place: the tables of FROM, those of queries around, and WITH.

use sqlparser::ast::Ident;

use crate::catalog::ident;
use crate::fault::{self, Fault};
use crate::query::Type;

/// A table, subquery or WITH query under the name by which columns find it.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) name: String,
    /// The real table behind it.
    pub(crate) table: Option<String>,
    pub(crate) columns: Vec<(String, Type)>,
    /// Columns that a join with USING has merged into those of an earlier relation.
    pub(crate) merged: Vec<String>,
}

/// Names that are in sight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope<'p> {
    pub(crate) relations: Vec<Relation>,
    /// Queries of WITH.
    pub(crate) named: Vec<Relation>,
    pub(crate) outer: Option<&'p Scope<'p>>,
}

/// What a column's name has found.
pub(crate) struct Found {
    pub(crate) table: Option<String>,
    pub(crate) column: String,
    pub(crate) ty: Type,
}

impl Scope<'_> {
    /// An empty scope inside this one.
    pub(crate) fn inner(&self) -> Scope<'_> {
        Scope { relations: Vec::new(), named: Vec::new(), outer: Some(self) }
    }

    /// The WITH query of this name.
    pub(crate) fn with_query(&self, name: &str) -> Option<&Relation> {
        let own = self.named.iter().rev().find(|relation| relation.name == name);
        own.or_else(|| self.outer?.with_query(name))
    }

    pub(crate) fn add(&mut self, relation: Relation) -> Result<(), Fault> {
        if self.relations.iter().any(|other| other.name == relation.name) {
            return Err(fault::duplicate_alias(relation.name));
        }
        self.relations.push(relation);
        Ok(())
    }

    /// The column of this name in any relation, from the inside out.
    pub(crate) fn column(&self, name: &Ident) -> Result<Found, Fault> {
        let column = ident(name);
        let mut found = self.relations.iter().filter_map(|relation| relation.column(&column));
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(found),
            (Some(_), Some(_)) => Err(fault::ambiguous_column(column)),
            (None, _) => match self.outer {
                Some(outer) => outer.column(name),
                None => Err(fault::undefined_column(format!("\"{column}\""))),
            },
        }
    }

    /// The column of a named relation.
    pub(crate) fn column_of(&self, relation: &Ident, name: &Ident) -> Result<Found, Fault> {
        let (relation, column) = (ident(relation), ident(name));
        let own = self.relations.iter().find(|own| own.name == relation);
        match (own, self.outer) {
            (Some(own), _) => own
                .any_column(&column)
                .ok_or_else(|| fault::undefined_column(format!("{relation}.{column}"))),
            (None, Some(outer)) => outer.column_of(&Ident::new(relation), name),
            (None, None) => Err(fault::missing_from(relation)),
        }
    }
}

impl Relation {
    fn column(&self, name: &str) -> Option<Found> {
        if self.merged.iter().any(|merged| merged == name) { None } else { self.any_column(name) }
    }

    fn any_column(&self, name: &str) -> Option<Found> {
        let (column, ty) = self.columns.iter().find(|(column, _)| column == name)?;
        Some(Found { table: self.table.clone(), column: column.clone(), ty: ty.clone() })
    }
}
