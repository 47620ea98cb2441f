//! GROUP BY: what rows are gathered by, and which columns are not.

use sqlparser::ast::{Expr, Select, SelectItem};

use crate::catalog::ident;
use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::mysql;
use crate::query::function::{arguments, is_aggregate};
use crate::query::{Checker, Scope};

impl Checker<'_> {
    /// What GROUP BY groups by: an expression, a column of the result, or its number.
    pub(super) fn group_key(
        &mut self,
        expr: &Expr,
        select: &Select,
        scope: &Scope<'_>,
    ) -> Result<String, Fault> {
        if let Ok(place) = expr.to_string().parse::<usize>() {
            let item = place.checked_sub(1).and_then(|index| select.projection.get(index));
            return Ok(item.and_then(expression).map_or_else(String::new, |e| self.key(e, scope)));
        }
        match self.infer(expr, scope) {
            Ok(_) => Ok(self.key(expr, scope)),
            Err(fault) => {
                let named = select.projection.iter().find_map(|item| match item {
                    SelectItem::ExprWithAlias { expr: of, alias }
                        if matches!(expr, Expr::Identifier(name)
                            if ident(alias) == ident(name)) =>
                    {
                        Some(of)
                    }
                    _ => None,
                });
                named.map(|of| self.key(of, scope)).ok_or(fault)
            }
        }
    }

    /// An expression as text in which each column stands with its table.
    pub(super) fn key(&self, expr: &Expr, scope: &Scope<'_>) -> String {
        let found = match expr {
            Expr::Identifier(name) => scope.column(name).ok(),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [relation, column] => scope.column_of(relation, column).ok(),
                _ => None,
            },
            Expr::Nested(inner) => return self.key(inner, scope),
            _ => None,
        };
        match found {
            Some(found) => format!("{}.{}", found.table.unwrap_or_default(), found.column),
            None => expr.to_string().to_lowercase(),
        }
    }

    /// Whether a column outside aggregates is one of those grouped by, or depends on a key that is; if
    /// not, the column.
    pub(super) fn is_grouped(&self, expr: &Expr, scope: &Scope<'_>) -> Result<(), String> {
        let grouped = scope.grouped.as_deref().unwrap_or_default();
        if grouped.contains(&self.key(expr, scope)) {
            return Ok(());
        }
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                let key = self.key(expr, scope);
                let prefix = key.split('.').next().unwrap_or_default();
                let is_grouped = |column: &String| grouped.contains(&format!("{prefix}.{column}"));
                let table = self.schema.tables.get(prefix);
                let depends = match self.engine {
                    Engine::Postgresql => {
                        let primary = table.and_then(|table| table.primary_key());
                        primary.is_some_and(|primary| primary.iter().all(is_grouped))
                    }
                    Engine::Mysql => {
                        let mut keys = table.into_iter().flat_map(mysql::keys_without_null);
                        keys.any(|key| key.iter().all(is_grouped))
                    }
                };
                if depends { Ok(()) } else { Err(key) }
            }
            Expr::Function(function) if is_aggregate(function) => Ok(()),
            Expr::Function(function) => {
                arguments(function).try_for_each(|expr| self.is_grouped(expr, scope))
            }
            Expr::BinaryOp { left, right, .. } => {
                self.is_grouped(left, scope)?;
                self.is_grouped(right, scope)
            }
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => self.is_grouped(inner, scope),
            _ => Ok(()),
        }
    }

    /// What is said of a column that is not grouped.
    pub(super) fn loose(&self, select: &Select, scope: &Scope<'_>, column: &str) -> Fault {
        match self.engine {
            Engine::Postgresql => fault::not_grouped(column),
            Engine::Mysql => mysql::loose(select, scope, column),
        }
    }
}

pub(super) fn expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

pub(super) fn has_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => {
            is_aggregate(function) || arguments(function).any(has_aggregate)
        }
        Expr::BinaryOp { left, right, .. } => has_aggregate(left) || has_aggregate(right),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => has_aggregate(inner),
        _ => false,
    }
}
