//! SELECT: tables in sight, columns, grouping.

use sqlparser::ast::{
    Expr, GroupByExpr, JoinConstraint, JoinOperator, LimitClause, LockType, ObjectName,
    OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias,
    TableFactor, TableWithJoins,
};

use crate::catalog::ident;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::lock::LockMode;
use crate::mysql;
use crate::query::compare::common;
use crate::query::group::{expression, has_aggregate, ungrouped};
use crate::query::scope::Relation;
use crate::query::{Checker, Scope, Type};
use crate::types::SqlType;

pub(crate) type Columns = Vec<(String, Type)>;

impl Checker<'_> {
    /// Checks a query; the columns of its result.
    pub(crate) fn query(&mut self, query: &Query, outer: &Scope<'_>) -> Result<Columns, Fault> {
        let mut scope = outer.inner();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let name = self.engine.relation(&cte.alias.name);
                if with.recursive {
                    return Fault::not_modelled("WITH RECURSIVE");
                }
                let columns = self.query(&cte.query, &scope)?;
                let columns = self.renamed(columns, &cte.alias);
                scope.named.push(Relation { name, table: None, columns, merged: Vec::new() });
            }
        }
        let (columns, mut inside) = self.body(&query.body, &scope)?;
        if let Some(inside) = &mut inside {
            inside.clause = "order clause";
        }
        let outside = Scope { clause: "order clause", ..scope.inner() };
        if let Some(order) = &query.order_by
            && let OrderByKind::Expressions(list) = &order.kind
        {
            for order in list {
                self.order(&order.expr, &columns, inside.as_ref().unwrap_or(&outside))?;
            }
        }
        let (limit, offset) = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            None => (None, None),
        };
        for expr in limit.into_iter().chain(offset) {
            self.infer(expr, &Scope::new(self.engine))?;
        }
        for lock in &query.locks {
            for relation in inside.iter().flat_map(|scope| &scope.relations) {
                let of = lock.of.as_ref().map(|of| self.engine.table(of)).transpose()?;
                let Some(table) = relation.table.as_ref() else { continue };
                if of.is_none_or(|of| of == relation.name) {
                    let mode = match (self.engine, &lock.lock_type) {
                        (Engine::Postgresql, _) => LockMode::RowShare,
                        (Engine::Mysql, LockType::Share) => LockMode::SHARED_READ,
                        (Engine::Mysql, _) => LockMode::SHARED_WRITE,
                    };
                    self.access.lock(table, mode);
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
                let (mut left, _) = self.body(left, scope)?;
                let (right, _) = self.body(right, scope)?;
                if left.len() != right.len() {
                    return Err(self.engine.union_width());
                }
                if self.engine == Engine::Postgresql {
                    for ((_, ty), (_, right)) in left.iter_mut().zip(&right) {
                        self.alike("UNION", &[ty.clone(), right.clone()])?;
                        *ty = common(ty.clone(), right);
                    }
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
        self.aliases_differ(&select.from)?;
        for table in &select.from {
            self.from(table, &mut scope)?;
        }
        let columns = self.projection(&select.projection, &scope)?;
        if let Some(condition) = &select.selection {
            scope.clause = "where clause";
            self.condition(condition, "WHERE", &scope)?;
        }
        let mut grouped = Vec::new();
        scope.clause = "group statement";
        if let GroupByExpr::Expressions(list, _) = &select.group_by {
            for expr in list {
                grouped.push(self.group_key(expr, select, &scope)?);
            }
        }
        if let Some(condition) = &select.having {
            let mut inner = self.with_results(&columns, &scope)?;
            inner.clause = "having clause";
            self.condition(condition, "HAVING", &inner)?;
        }
        // MySQL takes a HAVING that gathers nothing for another WHERE.
        let having = |having: &Expr| self.engine == Engine::Postgresql || has_aggregate(having);
        let gathers = !grouped.is_empty()
            || select.having.as_ref().is_some_and(having)
            || select.projection.iter().filter_map(expression).any(has_aggregate);
        if gathers {
            scope.clause = "field list";
            scope.grouped = Some(grouped);
            self.all_grouped(select, &scope).map_err(|loose| self.loose(select, &scope, &loose))?;
        }
        Ok((columns, scope))
    }

    /// Whether everything that a SELECT gives out, and that it chooses groups by, is grouped; if not, the
    /// first column that is not.
    fn all_grouped(&self, select: &Select, scope: &Scope<'_>) -> Result<(), String> {
        for expr in select.projection.iter().filter_map(expression) {
            self.is_grouped(expr, scope)?;
        }
        if self.engine == Engine::Mysql {
            return Ok(());
        }
        for item in &select.projection {
            self.is_star_grouped(item, scope)?;
        }
        select.having.iter().try_for_each(|having| self.is_grouped(having, scope))
    }

    /// Brings the tables of an entry of FROM into sight.
    pub(crate) fn from(
        &mut self,
        table: &TableWithJoins,
        scope: &mut Scope<'_>,
    ) -> Result<(), Fault> {
        self.factor(&table.relation, scope)?;
        let clause = std::mem::replace(&mut scope.clause, "on clause");
        for join in &table.joins {
            let left = scope.relations.len();
            self.factor(&join.relation, scope)?;
            let constraint = match &join.join_operator {
                JoinOperator::FullOuter(_) if self.engine == Engine::Mysql => {
                    return Err(mysql::fault::syntax("FULL OUTER JOIN"));
                }
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
                        let name = self.engine.last_column(column)?;
                        let has = |r: &Relation| r.columns.iter().any(|(c, _)| *c == name);
                        let (before, joined) = scope.relations.split_at_mut(left);
                        for (relations, side) in [(&*before, "left"), (&*joined, "right")] {
                            if !relations.iter().any(has) {
                                return Err(self.engine.no_joined_column(&name, side));
                            }
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
        scope.clause = clause;
        Ok(())
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Result<(), Fault> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let relation = self.relation(name, alias.as_ref(), scope)?;
                scope.add(relation)
            }
            TableFactor::Derived { subquery, alias: Some(alias), .. } => {
                let columns = self.query(subquery, scope)?;
                let columns = self.renamed(columns, alias);
                let name = self.engine.relation(&alias.name);
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
        let table = self.engine.table(name)?;
        let shown = alias.map_or_else(|| table.clone(), |a| self.engine.relation(&a.name));
        if let Some(with) = scope.with_query(&table).filter(|_| name.0.len() == 1) {
            return Ok(Relation { name: shown, ..with.clone() });
        }
        let columns = self.schema.table(&table)?.columns.iter();
        let columns = columns.map(|c| (c.name.clone(), Type::Known(c.ty.clone()))).collect();
        self.access.lock(&table, LockMode::AccessShare);
        Ok(Relation { name: shown, table: Some(table), columns, merged: Vec::new() })
    }

    /// The columns of a list of a SELECT or of RETURNING.
    pub(crate) fn projection(
        &mut self,
        items: &[SelectItem],
        scope: &Scope<'_>,
    ) -> Result<Columns, Fault> {
        let mut columns = Columns::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let ty = self.infer(expr, scope)?;
                    columns.push((self.output_name(expr), ty));
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
                    let name = self.engine.table(name)?;
                    let relation = scope.relations.iter().find(|relation| relation.name == name);
                    let relation = relation.ok_or_else(|| self.engine.no_star(&name))?;
                    self.star(relation, &mut columns);
                }
                other @ SelectItem::ExprWithAliases { .. } => return Fault::not_modelled(other),
            }
        }
        Ok(columns)
    }

    fn star(&mut self, relation: &Relation, columns: &mut Columns) {
        if let Some(table) = &relation.table {
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
        let inner = self.with_results(columns, scope)?;
        self.infer(expr, &inner)?;
        match scope.grouped {
            Some(_) if self.engine == Engine::Postgresql => {
                self.is_grouped(expr, scope).map_err(|loose| ungrouped(scope, &loose))
            }
            _ => Ok(()),
        }
    }

    /// What HAVING and the expressions of ORDER BY can name: in MySQL the columns of the result, too.
    fn with_results<'s>(
        &self,
        columns: &Columns,
        scope: &'s Scope<'_>,
    ) -> Result<Scope<'s>, Fault> {
        let mut inner = Scope { clause: scope.clause, ..scope.inner() };
        if self.engine == Engine::Mysql {
            let in_tables = |name: &str| scope.relations.iter().any(|r| r.has(name));
            let columns = columns.iter().filter(|(name, _)| !in_tables(name)).cloned().collect();
            let name = String::new();
            inner.add(Relation { name, table: None, columns, merged: Vec::new() })?;
        }
        Ok(inner)
    }

    fn renamed(&self, columns: Columns, alias: &TableAlias) -> Columns {
        let names = alias.columns.iter().map(|column| Some(ident(&column.name)));
        let names = names.chain(std::iter::repeat(None));
        let renamed =
            |((old, ty), new): ((String, Type), Option<String>)| (new.unwrap_or(old), shown(ty));
        columns.into_iter().zip(names).map(renamed).collect()
    }

    /// The name that a column of a result gets if none is given.
    fn output_name(&self, expr: &Expr) -> String {
        match expr {
            Expr::Identifier(name) => ident(name),
            Expr::CompoundIdentifier(parts) => parts.last().map(ident).unwrap_or_default(),
            Expr::Function(function) => function.name.to_string().to_lowercase(),
            Expr::Cast { expr, .. } | Expr::Nested(expr) => self.output_name(expr),
            _ => "?column?".to_owned(),
        }
    }
}

/// A literal that a query gives out is text.
fn shown(ty: Type) -> Type {
    if let Type::Literal(_) = ty { Type::Known(SqlType::Text) } else { ty }
}
