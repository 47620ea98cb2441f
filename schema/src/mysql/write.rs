//! INSERT and REPLACE in strict mode, and assignments.

use sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, Insert, ObjectName, ObjectNamePart, OnInsert, Parens,
    SetExpr, TableObject,
};

use crate::catalog::{Column, Table, ident};
use crate::engine::Engine;
use crate::fault::Fault;
use crate::lock::LockMode;
use crate::mysql::fault;
use crate::query::write::{relation, targets};
use crate::query::{Checker, Given, Relation, Scope, Type, broken_check, integer};
use crate::types::SqlType;

/// A value for a column of a table.
pub(super) struct Assigned<'s> {
    pub(super) table: String,
    pub(super) column: &'s Column,
    pub(super) given: Given,
    /// The number that is written out, whole or not.
    pub(super) number: Option<f64>,
}

impl<'s> Checker<'s> {
    pub(crate) fn insert_strictly(&mut self, insert: &Insert) -> Result<(), Fault> {
        let TableObject::TableName(name) = &insert.table else {
            return Fault::not_modelled(&insert.table);
        };
        let name = self.engine.table(name)?;
        let schema = self.schema;
        let table = schema.table(&name)?;
        self.access.lock(&name, LockMode::SHARED_WRITE);
        self.access.inserts.insert(name.clone());
        let scope = Scope::new(Engine::Mysql);
        if !insert.assignments.is_empty() {
            let mut scope = scope.inner();
            scope.add(relation(&name, None, table))?;
            let assigned = self.assign(&insert.assignments, &scope)?;
            let row = assigned.iter().map(|one| (one.column, &one.given, one.number)).collect();
            self.row(&name, table, row, 1, insert)?;
            return self.on_duplicate(insert, &name, table);
        }
        let first = match insert.source.as_deref().map(|query| &*query.body) {
            Some(SetExpr::Values(values)) => values.rows.first().map(|row| row.content.len()),
            _ => None,
        };
        if !insert.columns.is_empty() && first.is_some_and(|n| n != insert.columns.len()) {
            return Err(fault::column_count(1));
        }
        let targets = targets(Engine::Mysql, &name, table, insert)?;
        let rows = self.rows(insert, &scope)?;
        for (index, row) in rows.iter().enumerate() {
            let defaults = row.is_empty() && insert.columns.is_empty();
            if row.len() != targets.len() && !defaults {
                return Err(fault::column_count(index + 1));
            }
        }
        for target in &targets {
            self.access.writes.insert((name.clone(), target.name.clone()));
        }
        self.on_duplicate(insert, &name, table)?;
        let numbers = numbers(insert);
        for (index, row) in rows.iter().enumerate() {
            let written = numbers.get(index);
            let number = |at: usize| written.and_then(|row| row.get(at).copied().flatten());
            let given = targets.iter().zip(row).enumerate();
            let given = given.map(|(at, (column, given))| (*column, given, number(at))).collect();
            self.row(&name, table, given, index + 1, insert)?;
        }
        Ok(())
    }

    /// Whether a new row can be stored.
    fn row(
        &self,
        name: &str,
        table: &Table,
        given: Vec<(&Column, &Given, Option<f64>)>,
        row: usize,
        insert: &Insert,
    ) -> Result<(), Fault> {
        if table.has_triggers {
            return Fault::not_modelled(format!("writing to {name}, which has a trigger"));
        }
        for (column, given, _) in &given {
            if column.generated.is_some() && **given != Given::Default {
                return Err(fault::generated(&column.name, name));
            }
        }
        if insert.ignore {
            return Ok(());
        }
        let is_given = |column: &Column| given.iter().any(|(own, ..)| own.name == column.name);
        for column in table.columns.iter().filter(|column| !is_given(column)) {
            if !may_be_left_out(column) {
                return Err(fault::no_default(&column.name));
            }
        }
        for (column, given, number) in &given {
            stores(column, given, *number, row)?;
        }
        let given = given.into_iter().map(|(column, given, _)| (column.name.as_str(), given));
        match broken_check(Engine::Mysql, table, &given.collect(), true)? {
            Some(check) => Err(fault::check_violated(check)),
            None => Ok(()),
        }
    }

    fn on_duplicate(&mut self, insert: &Insert, name: &str, table: &Table) -> Result<(), Fault> {
        let assignments = match &insert.on {
            None => return Ok(()),
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => assignments,
            Some(other) => return Fault::not_modelled(other),
        };
        let own = relation(name, None, table);
        let mut scope = Scope::new(Engine::Mysql);
        let mut values = own.clone();
        if let Some(alias) = &insert.insert_alias {
            let renamed = alias.col_aliases.iter().flatten().map(ident);
            let columns = values.columns.iter().map(|(_, ty)| ty.clone());
            let names: Vec<String> = renamed.collect();
            if !names.is_empty() {
                values.columns = names.into_iter().zip(columns).collect();
            }
            let name = self.engine.table(&alias.row_alias)?;
            scope.add(Relation { name, table: None, ..values })?;
        }
        // A bare name is the column of the old row.
        let mut inner = scope.inner();
        inner.add(own)?;
        let assigned = self.assign(assignments, &inner)?;
        self.access.row_locks.insert(name.to_owned());
        for one in assigned {
            if one.column.generated.is_some() && one.given != Given::Default {
                return Err(fault::generated(&one.column.name, name));
            }
        }
        Ok(())
    }

    /// Reads assignments, whose targets are columns in sight.
    pub(super) fn assign(
        &mut self,
        assignments: &[Assignment],
        scope: &Scope<'_>,
    ) -> Result<Vec<Assigned<'s>>, Fault> {
        let mut all = Vec::new();
        for Assignment { target, value } in assignments {
            let AssignmentTarget::ColumnName(target) = target else {
                return Fault::not_modelled(target);
            };
            let found = self.target(target, scope)?;
            let Some(table) = found.0 else {
                return Fault::not_modelled(format!("an update of {target}"));
            };
            let schema = self.schema;
            let column = schema.table(&table)?.column(&found.1);
            let column = column.ok_or_else(|| fault::unknown_column(&found.1, "field list"))?;
            let given = self.given(value, scope)?;
            let number = number(value);
            self.access.writes.insert((table.clone(), column.name.clone()));
            all.push(Assigned { table, column, given, number });
        }
        Ok(all)
    }

    /// The table and the column that an assignment names.
    fn target(
        &self,
        target: &ObjectName,
        scope: &Scope<'_>,
    ) -> Result<(Option<String>, String), Fault> {
        let found = match target.0.as_slice() {
            [ObjectNamePart::Identifier(column)] => scope.column(column)?,
            [ObjectNamePart::Identifier(table), ObjectNamePart::Identifier(column)] => {
                scope.column_of(table, column)?
            }
            _ => return Fault::not_modelled(target),
        };
        Ok((found.table, found.column))
    }
}

/// Whether strict mode lets an INSERT leave a column out.
fn may_be_left_out(column: &Column) -> bool {
    column.auto_increment || column.may_be_left_out()
}

/// Whether a column takes what it is given.
pub(super) fn stores(
    column: &Column,
    given: &Given,
    number: Option<f64>,
    row: usize,
) -> Result<(), Fault> {
    let value = match given {
        Given::Default if may_be_left_out(column) => return Ok(()),
        Given::Default => return Err(fault::no_default(&column.name)),
        Given::Value(value) | Given::Number(value, _) => value,
    };
    let SqlType::Mysql(ty) = &column.ty else { return Ok(()) };
    let refused = match (value, number) {
        (Type::Null, _) if !column.nullable && !column.auto_increment => {
            Some(fault::null(&column.name))
        }
        (Type::Literal(text), _) => ty.refuses_text(text, &column.name, row),
        (_, Some(number)) => ty.refuses_number(number, &column.name, row),
        _ => None,
    };
    refused.map_or(Ok(()), Err)
}

/// The numbers that are written out in the rows of an INSERT.
fn numbers(insert: &Insert) -> Vec<Vec<Option<f64>>> {
    match insert.source.as_deref().map(|query| &*query.body) {
        Some(SetExpr::Values(values)) => {
            let row = |row: &Parens<Vec<Expr>>| row.content.iter().map(number).collect();
            values.rows.iter().map(row).collect()
        }
        _ => Vec::new(),
    }
}

/// The number that an expression writes out.
fn number(expr: &Expr) -> Option<f64> {
    match integer(expr) {
        Some(whole) => Some(whole as f64),
        None => expr.to_string().parse().ok().filter(|n: &f64| n.is_finite()),
    }
}
