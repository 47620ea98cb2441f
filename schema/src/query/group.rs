//! GROUP BY: what rows are gathered by, and which columns are not.

use sqlparser::ast::{Expr, Select, SelectItem, SelectItemQualifiedWildcardKind as Kind};

use crate::catalog::ident;
use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::mysql;
use crate::query::function::is_aggregate;
use crate::query::parts::parts;
use crate::query::{Checker, Relation, Scope};

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
        let key = self.key(expr, scope);
        if grouped.contains(&key) {
            return Ok(());
        }
        match expr {
            // Another query around this one, or a keyword.
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) if !self.is_own(expr, scope) => {
                Ok(())
            }
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => self.depends(key, grouped),
            Expr::Function(function) if is_aggregate(function) => Ok(()),
            other => {
                let mut inside = parts(other).into_iter().flatten();
                inside.try_for_each(|part| self.is_grouped(part, scope))
            }
        }
    }

    /// Whether all columns that a star stands for are grouped; if not, the first that is not.
    pub(super) fn is_star_grouped(
        &self,
        item: &SelectItem,
        scope: &Scope<'_>,
    ) -> Result<(), String> {
        let name = match item {
            SelectItem::Wildcard(_) => None,
            SelectItem::QualifiedWildcard(Kind::ObjectName(name), _) => {
                self.engine.table(name).ok()
            }
            _ => return Ok(()),
        };
        let grouped = scope.grouped.as_deref().unwrap_or_default();
        let shown = |relation: &&Relation| name.as_ref().is_none_or(|name| *name == relation.name);
        scope.relations.iter().filter(shown).try_for_each(|relation| {
            let table = relation.table.as_deref().unwrap_or_default();
            relation.columns.iter().try_for_each(|(column, _)| {
                let key = format!("{table}.{column}");
                if grouped.contains(&key) { Ok(()) } else { self.depends(key, grouped) }
            })
        })
    }

    /// Whether a column belongs to a table of this very query.
    fn is_own(&self, expr: &Expr, scope: &Scope<'_>) -> bool {
        match expr {
            Expr::Identifier(name) => scope.relations.iter().any(|own| own.has(&ident(name))),
            Expr::CompoundIdentifier(parts) => parts.first().is_some_and(|relation| {
                let name = self.engine.relation(relation);
                scope.relations.iter().any(|own| own.name == name)
            }),
            _ => false,
        }
    }

    /// Whether a column depends on a key that is grouped by; if not, the column.
    fn depends(&self, column: String, grouped: &[String]) -> Result<(), String> {
        let prefix = column.split('.').next().unwrap_or_default();
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
        if depends { Ok(()) } else { Err(column) }
    }

    /// What is said of a column that is not grouped.
    pub(super) fn loose(&self, select: &Select, scope: &Scope<'_>, column: &str) -> Fault {
        match self.engine {
            Engine::Postgresql => ungrouped(scope, column),
            Engine::Mysql => mysql::loose(select, scope, column),
        }
    }
}

/// What PostgreSQL says of a column that is not grouped: it names the table as the query does.
pub(super) fn ungrouped(scope: &Scope<'_>, column: &str) -> Fault {
    let (table, name) = column.split_once('.').unwrap_or(("", column));
    let found = scope.relations.iter().find(|own| own.table.as_deref() == Some(table));
    let relation = found.map_or(table, |relation| relation.name.as_str());
    fault::not_grouped(format!("{relation}.{name}"))
}

pub(super) fn expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

pub(super) fn has_aggregate(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function) if is_aggregate(function))
        || parts(expr).into_iter().flatten().any(has_aggregate)
}
