//! UPDATE and DELETE in strict mode.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{
    BinaryOperator, Delete, Expr, FromTable, InTarget, ObjectName, TableFactor, TableWithJoins,
    Update,
};

use crate::engine::Engine;
use crate::fault::Fault;
use crate::lock::LockMode;
use crate::mysql::fault;
use crate::mysql::write::stores;
use crate::query::{Checker, Given, Relation, Scope, Type, broken_check};
use crate::types::SqlType;

impl Checker<'_> {
    pub(crate) fn update_strictly(&mut self, update: &Update) -> Result<(), Fault> {
        if update.from.is_some() {
            return Err(fault::syntax("FROM"));
        }
        let mut scope = Scope::new(Engine::Mysql);
        self.aliases_differ(std::slice::from_ref(&update.table))?;
        self.from(&update.table, &mut scope)?;
        let assigned = self.assign(&update.assignments, &scope)?;
        scope.clause = "where clause";
        if let Some(condition) = &update.selection {
            self.condition(condition, "WHERE", &scope)?;
        }
        scope.clause = "order clause";
        for order in &update.order_by {
            self.infer(&order.expr, &scope)?;
        }
        for one in &assigned {
            self.access.lock(&one.table, LockMode::SHARED_WRITE);
            self.access.row_locks.insert(one.table.clone());
            self.not_read_again(&one.table, update.selection.as_ref())?;
            if one.column.generated.is_some() && one.given != Given::Default {
                return Err(fault::generated(&one.column.name, &one.table));
            }
        }
        self.compares_numbers(update.selection.as_ref(), &scope)?;
        let tables: BTreeSet<&str> = assigned.iter().map(|one| one.table.as_str()).collect();
        for name in tables {
            let table = self.schema.table(name)?;
            if table.has_triggers {
                return Fault::not_modelled(format!("writing to {name}, which has a trigger"));
            }
            if table.rows == Some(0) {
                continue;
            }
            let own: Vec<_> = assigned.iter().filter(|one| one.table == name).collect();
            for one in &own {
                stores(one.column, &one.given, one.number, 1)?;
            }
            let given: BTreeMap<&str, &Given> =
                own.iter().map(|one| (one.column.name.as_str(), &one.given)).collect();
            if let Some(check) = broken_check(Engine::Mysql, table, &given, false)? {
                return Err(fault::check_violated(check));
            }
        }
        Ok(())
    }

    pub(crate) fn delete_any(&mut self, delete: &Delete) -> Result<(), Fault> {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let mut scope = Scope::new(Engine::Mysql);
        let sources: &[TableWithJoins] = delete.using.as_deref().unwrap_or(from);
        let in_sight = self.aliases_differ(sources)?;
        let named: Vec<&ObjectName> = match &delete.using {
            Some(_) => from.iter().filter_map(table_name).collect(),
            None => delete.tables.iter().collect(),
        };
        let named = named.into_iter().map(|name| self.engine.table(name));
        let named = named.collect::<Result<Vec<_>, _>>()?;
        if let Some(name) = named.iter().find(|name| !in_sight.contains(name)) {
            return Err(fault::no_multi_table(name));
        }
        for table in sources {
            self.from(table, &mut scope)?;
        }
        let is_named = |relation: &&Relation| named.contains(&relation.name);
        let own = scope.relations.iter().filter(is_named);
        let mut targets: Vec<_> = own.map(|relation| relation.table.clone()).collect();
        if targets.is_empty() {
            targets.extend(scope.relations.iter().map(|relation| relation.table.clone()));
        }
        scope.clause = "where clause";
        if let Some(condition) = &delete.selection {
            self.condition(condition, "WHERE", &scope)?;
        }
        scope.clause = "order clause";
        for order in &delete.order_by {
            self.infer(&order.expr, &scope)?;
        }
        for table in targets {
            let Some(table) = table else {
                return Fault::not_modelled("DELETE of what is no table");
            };
            self.not_read_again(&table, delete.selection.as_ref())?;
            self.access.lock(&table, LockMode::SHARED_WRITE);
            self.access.row_locks.insert(table);
        }
        self.compares_numbers(delete.selection.as_ref(), &scope)
    }

    /// The names under which tables come into sight; MySQL compares them before it looks for a table.
    pub(crate) fn aliases_differ(&self, from: &[TableWithJoins]) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        if self.engine == Engine::Postgresql {
            return Ok(names);
        }
        for table in from {
            let joined = table.joins.iter().map(|join| &join.relation);
            for factor in std::iter::once(&table.relation).chain(joined) {
                let name = match factor {
                    TableFactor::Table { alias: Some(alias), .. }
                    | TableFactor::Derived { alias: Some(alias), .. } => {
                        self.engine.relation(&alias.name)
                    }
                    TableFactor::Table { name, .. } => self.engine.table(name)?,
                    _ => continue,
                };
                if names.contains(&name) {
                    return Err(fault::same_alias(name));
                }
                names.push(name);
            }
        }
        Ok(names)
    }

    /// A subquery in the condition must not read the table that is changed.
    fn not_read_again(&self, table: &str, condition: Option<&Expr>) -> Result<(), Fault> {
        let reads = |expr: &Expr| match expr {
            Expr::In { target: InTarget::Subquery(query), .. }
            | Expr::Exists { subquery: query, .. }
            | Expr::Subquery(query) => {
                let mut inner = Checker::new(self.schema);
                let known = inner.query(query, &Scope::new(Engine::Mysql)).is_ok();
                (known, inner.access.locks.iter().any(|lock| lock.table == table))
            }
            _ => (true, false),
        };
        let Some(condition) = condition else { return Ok(()) };
        match parts(condition).into_iter().map(reads).find(|(_, reads)| *reads) {
            Some(_) => Err(fault::changes_what_it_reads(table)),
            None => Ok(()),
        }
    }

    /// Strict mode refuses a text that is no number where rows that change are compared with numbers;
    /// whether a row comes that far is not known.
    fn compares_numbers(
        &mut self,
        condition: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> Result<(), Fault> {
        for part in condition.map(parts).unwrap_or_default() {
            let Expr::BinaryOp { left, right, .. } = part else { continue };
            let sides = [self.infer(left, scope)?, self.infer(right, scope)?];
            if let [Type::Known(SqlType::Mysql(ty)), Type::Literal(text)]
            | [Type::Literal(text), Type::Known(SqlType::Mysql(ty))] = &sides
                && ty.is_number()
                && text.trim().parse::<f64>().is_err()
            {
                return Fault::not_modelled(format!("{part} while rows are changed"));
            }
        }
        Ok(())
    }
}

/// The conditions that are joined by AND and OR.
fn parts(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::BinaryOp { left, op, right }
            if [BinaryOperator::And, BinaryOperator::Or].contains(op) =>
        {
            let mut all = parts(left);
            all.extend(parts(right));
            all
        }
        Expr::Nested(inner) => parts(inner),
        other => vec![other],
    }
}

fn table_name(table: &TableWithJoins) -> Option<&ObjectName> {
    match &table.relation {
        TableFactor::Table { name, .. } => Some(name),
        _ => None,
    }
}
