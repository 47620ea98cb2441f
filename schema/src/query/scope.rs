//! What names can mean in a place: the tables of FROM, those of queries around, and WITH.

use sqlparser::ast::Ident;

use crate::catalog::ident;
use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::query::{Type, suggestion};

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
    pub(crate) engine: Engine,
    /// The clause in which names are looked up, as MySQL calls it in its messages.
    pub(crate) clause: &'static str,
    pub(crate) relations: Vec<Relation>,
    /// Queries of WITH.
    pub(crate) named: Vec<Relation>,
    /// What the rows are gathered by, if they are.
    pub(crate) grouped: Option<Vec<String>>,
    pub(crate) outer: Option<&'p Scope<'p>>,
}

/// What a column's name has found.
pub(crate) struct Found {
    pub(crate) table: Option<String>,
    pub(crate) column: String,
    pub(crate) ty: Type,
}

impl Scope<'_> {
    /// A scope without anything in it or around it.
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, clause: "field list", ..Self::default() }
    }

    /// An empty scope inside this one.
    pub(crate) fn inner(&self) -> Scope<'_> {
        Scope { outer: Some(self), ..Scope::new(self.engine) }
    }

    /// Whether the tables of a query around it are in sight.
    pub(crate) fn is_inside(&self) -> bool {
        self.outer.is_some_and(|outer| !outer.relations.is_empty() || outer.is_inside())
    }

    /// The WITH query of this name.
    pub(crate) fn with_query(&self, name: &str) -> Option<&Relation> {
        let own = self.named.iter().rev().find(|relation| relation.name == name);
        own.or_else(|| self.outer?.with_query(name))
    }

    pub(crate) fn add(&mut self, relation: Relation) -> Result<(), Fault> {
        if self.relations.iter().any(|other| other.name == relation.name) {
            return Err(self.engine.same_alias(&relation.name));
        }
        self.relations.push(relation);
        Ok(())
    }

    /// The column of this name in any relation, from the inside out.
    pub(crate) fn column(&self, name: &Ident) -> Result<Found, Fault> {
        let found = self.find(&ident(name))?;
        found.ok_or_else(|| {
            let fault = self.engine.no_column(&self.engine.shown(name), self.clause);
            self.hinted(fault, None, &ident(name))
        })
    }

    fn find(&self, column: &str) -> Result<Option<Found>, Fault> {
        let mut found = self.relations.iter().filter_map(|relation| relation.column(column));
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(Some(found)),
            (Some(_), Some(_)) => Err(self.engine.ambiguous(column, self.clause)),
            (None, _) => self.outer.map_or(Ok(None), |outer| outer.find(column)),
        }
    }

    /// The column of a named relation.
    pub(crate) fn column_of(&self, relation: &Ident, name: &Ident) -> Result<Found, Fault> {
        let relation = self.engine.relation(relation);
        let column = ident(name);
        match self.relation(&relation) {
            Some(own) => own.any_column(&column).ok_or_else(|| {
                let fault = self.engine.no_column_of(&relation, &column, self.clause);
                self.hinted(fault, Some(&relation), &column)
            }),
            None => Err(self.unseen(&relation, &column)),
        }
    }

    /// PostgreSQL says which column may have been meant.
    fn hinted(&self, mut fault: Fault, relation: Option<&str>, column: &str) -> Fault {
        if let (Fault::Fails(error), Engine::Postgresql) = (&mut fault, self.engine) {
            error.hint = suggestion::hint(self, relation, column);
        }
        fault
    }

    /// A relation that is not in sight; PostgreSQL knows when it only has another name here.
    fn unseen(&self, relation: &str, column: &str) -> Fault {
        let mut here = Some(self).filter(|_| self.engine == Engine::Postgresql);
        while let Some(scope) = here {
            let mut own = scope.relations.iter();
            if let Some(own) = own.find(|own| own.table.as_deref() == Some(relation)) {
                return fault::hidden_relation(relation, &own.name);
            }
            here = scope.outer;
        }
        self.engine.no_relation(relation, column, self.clause)
    }

    /// The relation of this name, from the inside out.
    fn relation(&self, name: &str) -> Option<&Relation> {
        let own = self.relations.iter().find(|own| own.name == name);
        own.or_else(|| self.outer?.relation(name))
    }
}

impl Relation {
    fn column(&self, name: &str) -> Option<Found> {
        if self.merged.iter().any(|merged| merged == name) { None } else { self.any_column(name) }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|(column, _)| column == name)
    }

    fn any_column(&self, name: &str) -> Option<Found> {
        let (column, ty) = self.columns.iter().find(|(column, _)| column == name)?;
        Some(Found { table: self.table.clone(), column: column.clone(), ty: ty.clone() })
    }
}
