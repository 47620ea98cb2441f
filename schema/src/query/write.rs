//! INSERT, UPDATE, DELETE.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, Expr, FromTable, Insert,
    OnConflictAction, OnInsert, SelectItem, SetExpr, TableFactor, TableObject, Update,
    UpdateTableFromKind,
};

use crate::catalog::{Column, Table, ident, object};
use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::query::compare::assign;
use crate::query::expression::integer;
use crate::query::foreign::Change;
use crate::query::scope::Relation;
use crate::query::violation::violations;
use crate::query::{Checker, Scope, Type};

type Columns = Vec<(String, Type)>;

/// What a column gets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    /// What the column's definition says.
    Default,
    /// A value.
    Value(Type),
    /// A whole number that is written out.
    Number(Type, i128),
}

impl Given {
    pub(crate) fn value(&self) -> Option<&Type> {
        match self {
            Self::Default => None,
            Self::Value(ty) | Self::Number(ty, _) => Some(ty),
        }
    }
}

impl Checker<'_> {
    pub(super) fn insert(&mut self, insert: &Insert, outer: &Scope<'_>) -> Result<Columns, Fault> {
        let TableObject::TableName(name) = &insert.table else {
            return Fault::not_modelled(&insert.table);
        };
        let name = object(name)?;
        let schema = self.schema;
        let table = schema.table(&name)?;
        let targets = targets(self.engine, &name, table, insert)?;
        let rows = self.rows(insert, outer)?;
        for row in &rows {
            if targets.len() < row.len() {
                return Err(fault::too_many_values());
            }
            if row.len() < targets.len() && !insert.columns.is_empty() {
                return Err(fault::too_few_values());
            }
            for (column, given) in targets.iter().zip(row) {
                self.give(&name, column, given)?;
            }
        }
        let alias = insert.table_alias.as_ref().map(|alias| ident(&alias.alias));
        let relation = relation(&name, alias.as_deref(), table);
        self.on_conflict(insert, &name, table, &relation)?;
        let columns = self.returning(insert.returning.as_deref(), relation, outer)?;
        self.access.lock(&name, LockMode::RowExclusive);
        self.access.inserts.insert(name.clone());
        let has_value = |column: &str, row: &[Given]| {
            let place = targets.iter().position(|target| target.name == column);
            match place.and_then(|place| row.get(place)) {
                Some(Given::Value(value)) => *value != Type::Null,
                Some(Given::Number(..)) => true,
                Some(Given::Default) | None => {
                    table.column(column).is_some_and(Column::fills_itself)
                }
            }
        };
        self.lock_parents(table, |key| {
            rows.iter().any(|row| key.iter().all(|column| has_value(column, row)))
        });
        for row in &rows {
            let mut given = targets.iter().zip(row);
            if let Some((column, _)) =
                given.find(|(column, given)| column.is_fixed() && **given != Given::Default)
            {
                return Err(match column.identity {
                    Some(_) => fault::always_identity(&column.name),
                    None => fault::generated(&column.name),
                });
            }
            let given = targets.iter().map(|column| column.name.as_str()).zip(row);
            violations(&name, table, &given.collect(), true)?;
        }
        Ok(columns)
    }

    /// What each row gives, by position.
    pub(crate) fn rows(
        &mut self,
        insert: &Insert,
        outer: &Scope<'_>,
    ) -> Result<Vec<Vec<Given>>, Fault> {
        let Some(query) = &insert.source else { return Ok(vec![Vec::new()]) };
        if let SetExpr::Values(values) = &*query.body {
            let row = |row: &Vec<Expr>| row.iter().map(|expr| self.given(expr, outer)).collect();
            let rows = values.rows.iter().map(|values| &values.content).map(row);
            let rows = rows.collect::<Result<Vec<Vec<Given>>, Fault>>()?;
            let is_even = rows.iter().all(|row| row.len() == rows[0].len());
            if !is_even && self.engine == Engine::Postgresql {
                return Err(fault::values_width());
            }
            return Ok(rows);
        }
        let columns = self.query(query, outer)?;
        Ok(vec![columns.into_iter().map(|(_, ty)| Given::Value(ty)).collect()])
    }

    pub(crate) fn given(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Given, Fault> {
        match expr {
            Expr::Identifier(name)
                if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default") =>
            {
                Ok(Given::Default)
            }
            expr => {
                let ty = self.infer(expr, scope)?;
                Ok(match integer(expr) {
                    Some(number) => Given::Number(ty, number),
                    None => Given::Value(ty),
                })
            }
        }
    }

    /// Whether a column takes what it is given.
    fn give(&mut self, table: &str, column: &Column, given: &Given) -> Result<(), Fault> {
        self.access.writes.insert((table.to_owned(), column.name.clone()));
        self.fits(column, given)
    }

    fn fits(&self, column: &Column, given: &Given) -> Result<(), Fault> {
        let Some(value) = given.value() else { return Ok(()) };
        assign(self.schema, column, value)?;
        match given {
            Given::Number(_, number) => column.ty.refuses_integer(*number).map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }

    fn on_conflict(
        &mut self,
        insert: &Insert,
        name: &str,
        table: &Table,
        relation: &Relation,
    ) -> Result<(), Fault> {
        let conflict = match &insert.on {
            None => return Ok(()),
            Some(OnInsert::OnConflict(conflict)) => conflict,
            Some(_) => return Fault::not_modelled("ON DUPLICATE KEY"),
        };
        let mut is_unique = true;
        match &conflict.conflict_target {
            Some(ConflictTarget::Columns { columns, .. }) => {
                let columns: Vec<String> = columns.iter().map(ident).collect();
                for column in &columns {
                    if table.column(column).is_none() {
                        return Err(fault::undefined_column(format!("\"{column}\"")));
                    }
                }
                is_unique = table.has_unique(&columns);
            }
            Some(ConflictTarget::OnConstraint(constraint)) => {
                let constraint = object(constraint)?;
                if table.constraint(&constraint).is_none() {
                    return Err(fault::undefined_object("constraint", constraint));
                }
            }
            None if matches!(conflict.action, OnConflictAction::DoUpdate(_)) => {
                return Err(fault::no_inference());
            }
            None => {}
        }
        if let OnConflictAction::DoUpdate(update) = &conflict.action {
            let mut scope = Scope::default();
            scope.add(relation.clone())?;
            scope.add(Relation { name: "excluded".into(), table: None, ..relation.clone() })?;
            self.assignments(name, table, &update.assignments, &scope)?;
            if let Some(condition) = &update.selection {
                self.condition(condition, "WHERE", &scope)?;
            }
            self.access.row_locks.insert(name.to_owned());
        }
        // The server looks for the index when it plans, after everything has been read.
        if is_unique { Ok(()) } else { Err(fault::no_conflict_target()) }
    }

    pub(super) fn update(&mut self, update: &Update, outer: &Scope<'_>) -> Result<Columns, Fault> {
        let (name, alias) = target(&update.table.relation)?;
        let schema = self.schema;
        let table = schema.table(&name)?;
        let mut scope = outer.inner();
        scope.add(relation(&name, alias.as_deref(), table))?;
        match &update.from {
            Some(
                UpdateTableFromKind::AfterSet(tables) | UpdateTableFromKind::BeforeSet(tables),
            ) => {
                for table in tables {
                    self.from(table, &mut scope)?;
                }
            }
            None => {}
        }
        // The server reads SET last.
        if let Some(condition) = &update.selection {
            self.condition(condition, "WHERE", &scope)?;
        }
        let columns = match update.returning.as_deref() {
            Some(items) => self.projection(items, &scope)?,
            None => Columns::new(),
        };
        self.access.lock(&name, LockMode::RowExclusive);
        let given = self.assignments(&name, table, &update.assignments, &scope)?;
        self.access.row_locks.insert(name.clone());
        if table.rows == Some(0) {
            return Ok(columns);
        }
        let given = given.iter().map(|(column, given)| (column.as_str(), given)).collect();
        violations(&name, table, &given, false)?;
        Ok(columns)
    }

    fn assignments(
        &mut self,
        name: &str,
        table: &Table,
        assignments: &[Assignment],
        scope: &Scope<'_>,
    ) -> Result<Vec<(String, Given)>, Fault> {
        let mut all: Vec<(String, Given)> = Vec::new();
        // The server reads all values first.
        let values = assignments.iter().map(|assignment| self.given(&assignment.value, scope));
        let values = values.collect::<Result<Vec<_>, Fault>>()?;
        for (Assignment { target, .. }, given) in assignments.iter().zip(values) {
            let AssignmentTarget::ColumnName(target) = target else {
                return Fault::not_modelled(target);
            };
            let target = object(target)?;
            let column = table.column(&target);
            let column = column.ok_or_else(|| fault::undefined_column_of(&target, name))?;
            if all.iter().any(|(name, _)| *name == target) {
                return Err(fault::assigned_twice(target));
            }
            if given.value().is_some() {
                self.fits(column, &given)?;
                if column.is_fixed() {
                    return Err(match column.identity {
                        Some(_) => fault::always_identity_update(target),
                        None => fault::generated_update(target),
                    });
                }
            }
            self.access.writes.insert((name.to_owned(), target.clone()));
            all.push((target, given));
        }
        if table.rows != Some(0) {
            let changed: Vec<String> = all.iter().map(|(column, _)| column.clone()).collect();
            self.lock_parents(table, |key| key.iter().any(|column| changed.contains(column)));
            self.lock_children(name, Change::Columns(&changed));
        }
        Ok(all)
    }

    pub(super) fn delete(&mut self, delete: &Delete, outer: &Scope<'_>) -> Result<Columns, Fault> {
        let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
        let [of] = tables.as_slice() else {
            return Fault::not_modelled("DELETE of several tables");
        };
        let (name, alias) = target(&of.relation)?;
        let schema = self.schema;
        let table = schema.table(&name)?;
        let mut scope = outer.inner();
        scope.add(relation(&name, alias.as_deref(), table))?;
        for table in delete.using.iter().flatten() {
            self.from(table, &mut scope)?;
        }
        if let Some(condition) = &delete.selection {
            self.condition(condition, "WHERE", &scope)?;
        }
        let columns = match delete.returning.as_deref() {
            Some(items) => self.projection(items, &scope)?,
            None => Columns::new(),
        };
        self.access.lock(&name, LockMode::RowExclusive);
        if table.rows != Some(0) {
            self.lock_children(&name, Change::Gone);
        }
        self.access.row_locks.insert(name);
        Ok(columns)
    }

    fn returning(
        &mut self,
        items: Option<&[SelectItem]>,
        own: Relation,
        outer: &Scope<'_>,
    ) -> Result<Columns, Fault> {
        let Some(items) = items else { return Ok(Columns::new()) };
        let mut scope = outer.inner();
        scope.add(own)?;
        self.projection(items, &scope)
    }
}

/// The columns that an INSERT names, or all.
pub(crate) fn targets<'t>(
    engine: Engine,
    name: &str,
    table: &'t Table,
    insert: &Insert,
) -> Result<Vec<&'t Column>, Fault> {
    if insert.columns.is_empty() {
        return Ok(table.columns.iter().collect());
    }
    let mut targets: Vec<&Column> = Vec::new();
    for column in &insert.columns {
        let column = engine.last_column(column)?;
        let found = table.column(&column).ok_or_else(|| engine.no_target(&column, name))?;
        if targets.iter().any(|target| target.name == column) {
            return Err(engine.column_twice(&column));
        }
        targets.push(found);
    }
    Ok(targets)
}

fn target(factor: &TableFactor) -> Result<(String, Option<String>), Fault> {
    match factor {
        TableFactor::Table { name, alias, args: None, .. } => {
            Ok((object(name)?, alias.as_ref().map(|alias| ident(&alias.name))))
        }
        other => Fault::not_modelled(other),
    }
}

pub(crate) fn relation(name: &str, alias: Option<&str>, table: &Table) -> Relation {
    let columns = table.columns.iter();
    let columns = columns.map(|c| (c.name.clone(), Type::Known(c.ty.clone()))).collect();
    let shown = alias.unwrap_or(name).to_owned();
    Relation { name: shown, table: Some(name.to_owned()), columns, merged: Vec::new() }
}
