//! SELECT: tables in sight, columns, grouping.

use sqlparser::ast::{
    Expr, GroupByExpr, JoinConstraint, JoinOperator, LimitClause, LockType, ObjectName,
    OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias,
    TableFactor, TableWithJoins,
};

use crate::catalog::{ident, object};
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::query::function::{arguments, is_aggregate};
use crate::query::scope::Relation;
use crate::query::{Checker, Scope, Type};
use crate::types::SqlType;

type Columns = Vec<(String, Type)>;

impl Checker<'_> {
    /// Checks a query; the columns of its result.
    pub(super) fn query(&mut self, query: &Query, outer: &Scope<'_>) -> Result<Columns, Fault> {
        let mut scope = outer.inner();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let name = ident(&cte.alias.name);
                if with.recursive {
                    return Fault::not_modelled("WITH RECURSIVE");
                }
                let columns = self.query(&cte.query, &scope)?;
                let columns = renamed(columns, &cte.alias);
                scope.named.push(Relation { name, table: None, columns, merged: Vec::new() });
            }
        }
        let (columns, inside) = self.body(&query.body, &scope)?;
        if let Some(order) = &query.order_by
            && let OrderByKind::Expressions(list) = &order.kind
        {
            for order in list {
                self.order(&order.expr, &columns, inside.as_ref().unwrap_or(&scope))?;
            }
        }
        if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &query.limit_clause {
            for expr in limit.iter().chain(offset.as_ref().map(|offset| &offset.value)) {
                self.infer(expr, &Scope::default())?;
            }
        }
        for lock in &query.locks {
            for relation in inside.iter().flat_map(|scope| &scope.relations) {
                let of = lock.of.as_ref().map(object).transpose()?;
                let Some(table) = relation.table.as_ref() else { continue };
                if of.is_none_or(|of| of == relation.name) {
                    self.access.lock(table, LockMode::RowShare);
                    if lock.lock_type == LockType::Update {
                        self.access.row_locks.insert(table.clone());
                    }
                }
            }
        }
        Ok(columns)
    }

    /// The columns, and for a plain SELECT what was in sight.
    fn body<'s>(
        &mut self,
        body: &SetExpr,
        scope: &'s Scope<'_>,
    ) -> Result<(Columns, Option<Scope<'s>>), Fault> {
        match body {
            SetExpr::Select(select) => {
                let (columns, inside) = self.select(select, scope)?;
                Ok((columns, Some(inside)))
            }
            SetExpr::Query(query) => Ok((self.query(query, scope)?, None)),
            SetExpr::SetOperation { left, right, .. } => {
                let (left, _) = self.body(left, scope)?;
                let (right, _) = self.body(right, scope)?;
                if left.len() != right.len() {
                    return Err(fault::union_width());
                }
                Ok((left, None))
            }
            SetExpr::Values(values) => {
                let mut columns = Columns::new();
                for row in &values.rows {
                    let types = row.content.iter().map(|expr| self.infer(expr, scope));
                    let types = types.collect::<Result<Vec<_>, _>>()?;
                    let name = |(index, ty)| (format!("column{}", index + 1), ty);
                    columns = types.into_iter().enumerate().map(name).collect();
                }
                Ok((columns, None))
            }
            SetExpr::Insert(sqlparser::ast::Statement::Insert(insert)) => {
                Ok((self.insert(insert, scope)?, None))
            }
            SetExpr::Update(sqlparser::ast::Statement::Update(update)) => {
                Ok((self.update(update, scope)?, None))
            }
            SetExpr::Delete(sqlparser::ast::Statement::Delete(delete)) => {
                Ok((self.delete(delete, scope)?, None))
            }
            other => Fault::not_modelled(other),
        }
    }

    fn select<'s>(
        &mut self,
        select: &Select,
        outer: &'s Scope<'_>,
    ) -> Result<(Columns, Scope<'s>), Fault> {
        let mut scope = outer.inner();
        for table in &select.from {
            self.from(table, &mut scope)?;
        }
        let columns = self.projection(&select.projection, &scope)?;
        if let Some(condition) = &select.selection {
            self.condition(condition, "WHERE", &scope)?;
        }
        let mut grouped = Vec::new();
        if let GroupByExpr::Expressions(list, _) = &select.group_by {
            for expr in list {
                grouped.push(self.group_key(expr, select, &scope)?);
            }
        }
        if let Some(condition) = &select.having {
            self.condition(condition, "HAVING", &scope)?;
        }
        let gathers = !grouped.is_empty()
            || select.having.is_some()
            || select.projection.iter().filter_map(expression).any(has_aggregate);
        if gathers {
            for expr in select.projection.iter().filter_map(expression) {
                self.is_grouped(expr, &grouped, &scope)?;
            }
        }
        Ok((columns, scope))
    }

    /// Brings the tables of an entry of FROM into sight.
    pub(super) fn from(
        &mut self,
        table: &TableWithJoins,
        scope: &mut Scope<'_>,
    ) -> Result<(), Fault> {
        self.factor(&table.relation, scope)?;
        for join in &table.joins {
            let left = scope.relations.len();
            self.factor(&join.relation, scope)?;
            let constraint = match &join.join_operator {
                JoinOperator::Join(c)
                | JoinOperator::Inner(c)
                | JoinOperator::Left(c)
                | JoinOperator::LeftOuter(c)
                | JoinOperator::Right(c)
                | JoinOperator::RightOuter(c)
                | JoinOperator::FullOuter(c)
                | JoinOperator::CrossJoin(c) => c,
                other => return Fault::not_modelled(format!("the join {other:?}")),
            };
            match constraint {
                JoinConstraint::On(condition) => self.condition(condition, "JOIN/ON", scope)?,
                JoinConstraint::Using(columns) => {
                    for column in columns {
                        let name = object(column)?;
                        let has = |r: &Relation| r.columns.iter().any(|(c, _)| *c == name);
                        let (before, joined) = scope.relations.split_at_mut(left);
                        if !before.iter().any(has) || !joined.iter().any(has) {
                            return Err(fault::undefined_column(format!("\"{name}\"")));
                        }
                        for relation in before.iter().filter(|r| has(r)).chain(joined.iter()) {
                            if let Some(table) = &relation.table {
                                self.access.reads.insert((table.clone(), name.clone()));
                            }
                        }
                        joined.iter_mut().for_each(|relation| relation.merged.push(name.clone()));
                    }
                }
                JoinConstraint::None => {}
                other => return Fault::not_modelled(format!("the join {other:?}")),
            }
        }
        Ok(())
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Result<(), Fault> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let relation = self.relation(name, alias.as_ref(), scope)?;
                scope.add(relation)
            }
            TableFactor::Derived { subquery, alias: Some(alias), .. } => {
                let columns = renamed(self.query(subquery, scope)?, alias);
                let name = ident(&alias.name);
                scope.add(Relation { name, table: None, columns, merged: Vec::new() })
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                self.from(table_with_joins, scope)
            }
            other => Fault::not_modelled(other),
        }
    }

    /// A named table or WITH query; a table is locked for reading.
    pub(crate) fn relation(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        scope: &Scope<'_>,
    ) -> Result<Relation, Fault> {
        let table = object(name)?;
        let shown = alias.map_or_else(|| table.clone(), |alias| ident(&alias.name));
        if let Some(with) = scope.with_query(&table).filter(|_| name.0.len() == 1) {
            return Ok(Relation { name: shown, ..with.clone() });
        }
        let columns = self.schema.table(&table)?.columns.iter();
        let columns = columns.map(|c| (c.name.clone(), Type::Known(c.ty.clone()))).collect();
        self.access.lock(&table, LockMode::AccessShare);
        Ok(Relation { name: shown, table: Some(table), columns, merged: Vec::new() })
    }

    /// The columns of a list of a SELECT or of RETURNING.
    pub(super) fn projection(
        &mut self,
        items: &[SelectItem],
        scope: &Scope<'_>,
    ) -> Result<Columns, Fault> {
        let mut columns = Columns::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let ty = self.infer(expr, scope)?;
                    columns.push((output_name(expr), ty));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    columns.push((ident(alias), self.infer(expr, scope)?));
                }
                SelectItem::Wildcard(_) => {
                    let all: Vec<Relation> = scope.relations.clone();
                    all.iter().for_each(|relation| self.star(relation, &mut columns));
                }
                SelectItem::QualifiedWildcard(kind, _) => {
                    let SelectItemQualifiedWildcardKind::ObjectName(name) = kind else {
                        return Fault::not_modelled(item);
                    };
                    let name = object(name)?;
                    let relation = scope.relations.iter().find(|relation| relation.name == name);
                    let relation = relation.ok_or_else(|| fault::missing_from(&name))?;
                    self.star(relation, &mut columns);
                }
                other @ SelectItem::ExprWithAliases { .. } => return Fault::not_modelled(other),
            }
        }
        Ok(columns)
    }

    fn star(&mut self, relation: &Relation, columns: &mut Columns) {
        if let Some(table) = &relation.table {
            self.access.stars.insert(table.clone());
            let reads = relation.columns.iter().map(|(name, _)| (table.clone(), name.clone()));
            self.access.reads.extend(reads);
        }
        columns
            .extend(relation.columns.iter().filter(|(n, _)| !relation.merged.contains(n)).cloned());
    }

    /// ORDER BY takes a column of the result by its name first.
    fn order(&mut self, expr: &Expr, columns: &Columns, scope: &Scope<'_>) -> Result<(), Fault> {
        if let Expr::Identifier(name) = expr
            && columns.iter().any(|(column, _)| *column == ident(name))
        {
            return Ok(());
        }
        self.infer(expr, scope).map(drop)
    }

    /// What GROUP BY groups by: an expression, a column of the result, or its number.
    fn group_key(
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
                        if ident(alias) == expr.to_string().to_lowercase() =>
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
    fn key(&self, expr: &Expr, scope: &Scope<'_>) -> String {
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

    /// Whether a column outside aggregates is one of those grouped by, or depends on a primary key
    /// that is.
    fn is_grouped(&self, expr: &Expr, grouped: &[String], scope: &Scope<'_>) -> Result<(), Fault> {
        if grouped.contains(&self.key(expr, scope)) {
            return Ok(());
        }
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                let key = self.key(expr, scope);
                let table = key.split('.').next().and_then(|table| self.schema.tables.get(table));
                let depends = table.and_then(|t| t.primary_key()).is_some_and(|primary| {
                    let prefix = key.split('.').next().unwrap_or_default();
                    primary.iter().all(|column| grouped.contains(&format!("{prefix}.{column}")))
                });
                if depends { Ok(()) } else { Err(fault::not_grouped(key)) }
            }
            Expr::Function(function) if is_aggregate(function) => Ok(()),
            Expr::Function(function) => {
                arguments(function).try_for_each(|expr| self.is_grouped(expr, grouped, scope))
            }
            Expr::BinaryOp { left, right, .. } => {
                self.is_grouped(left, grouped, scope)?;
                self.is_grouped(right, grouped, scope)
            }
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => {
                self.is_grouped(inner, grouped, scope)
            }
            _ => Ok(()),
        }
    }
}

fn renamed(columns: Columns, alias: &TableAlias) -> Columns {
    let names = alias.columns.iter().map(|column| Some(ident(&column.name)));
    let names = names.chain(std::iter::repeat(None));
    columns.into_iter().zip(names).map(|((old, ty), new)| (new.unwrap_or(old), shown(ty))).collect()
}

/// A literal that a query gives out is text.
fn shown(ty: Type) -> Type {
    if let Type::Literal(_) = ty { Type::Known(SqlType::Text) } else { ty }
}

fn expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

fn has_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => {
            is_aggregate(function) || arguments(function).any(has_aggregate)
        }
        Expr::BinaryOp { left, right, .. } => has_aggregate(left) || has_aggregate(right),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => has_aggregate(inner),
        _ => false,
    }
}

/// The name that a column of a result gets if none is given.
fn output_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => ident(name),
        Expr::CompoundIdentifier(parts) => parts.last().map(ident).unwrap_or_default(),
        Expr::Function(function) => function.name.to_string().to_lowercase(),
        Expr::Cast { expr, .. } | Expr::Nested(expr) => output_name(expr),
        _ => "?column?".to_owned(),
    }
}
