//! Questions that rows in memory can answer: views of the system such as `pg_stat_activity`, and functions.
//!
//! A question is answered as the server would, or not at all: what is not modelled is said to be so.

use std::collections::BTreeMap;

use sqlparser::ast::{
    Expr, GroupByExpr, JoinConstraint, JoinOperator, LimitClause, OrderByKind, OrderBySort, Query,
    Select, SelectItem, SetExpr, Statement, TableFactor, TableWithJoins,
};

use crate::catalog::{ident, object};
use crate::engine::Engine;
use crate::fault::Fault;
use crate::query::integer;
use crate::sql::IS_READ;

mod expression;
mod value;

pub use expression::like;
use expression::{Row, is_count};
pub use value::Value;

/// Most rows that a question may combine.
const MOST_ROWS: usize = 100_000;

/// A view, or an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relation {
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
}

/// What can be asked.
pub trait Source {
    /// The database that answers.
    fn engine(&self) -> Engine {
        Engine::Postgresql
    }
    /// A view of the system.
    fn relation(&self, name: &str) -> Option<Relation>;
    /// A function with its arguments; `None` if it is not known.
    fn call(&mut self, name: &str, arguments: &[Value]) -> Option<Result<Value, Fault>>;
}

/// Answers a question that is only about views of the system or functions; `None` if it is about tables, or
/// is no question.
pub fn ask(statement: &Statement, source: &mut dyn Source) -> Option<Result<Relation, Fault>> {
    let Statement::Query(query) = statement else { return None };
    let SetExpr::Select(select) = &*query.body else { return None };
    if !IS_READ {
        return None;
    }
    let factors = select.from.iter().flat_map(|from| {
        std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation))
    });
    let names: Vec<Option<String>> = factors.map(system_name).collect();
    let known =
        |name: &Option<String>| name.as_ref().is_some_and(|name| source.relation(name).is_some());
    names.iter().all(known).then(|| answer(query, select, source))
}

/// Rows that a statement counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Their table.
    pub table: String,
    /// The column that is null in them; all rows if there is none.
    pub null: Option<String>,
    /// The name that the server gives the number.
    pub name: String,
}

/// What a statement counts: `SELECT count(*) FROM orders`, also `WHERE note IS NULL`.
pub fn counted(engine: Engine, statement: &Statement) -> Option<Counted> {
    let Statement::Query(query) = statement else { return None };
    if !IS_READ {
        return None;
    }
    let SetExpr::Select(select) = &*query.body else { return None };
    let (Some(SelectItem::UnnamedExpr(expr)), [from]) =
        (select.projection.first(), &select.from[..])
    else {
        return None;
    };
    let plain = select.projection.len() == 1
        && select.having.is_none()
        && from.joins.is_empty()
        && matches!(&select.group_by, GroupByExpr::Expressions(list, _) if list.is_empty())
        && query.with.is_none();
    let null = match &select.selection {
        None => None,
        Some(Expr::IsNull(inner)) => match &**inner {
            Expr::Identifier(name) => Some(ident(name)),
            _ => return None,
        },
        Some(_) => return None,
    };
    match &from.relation {
        TableFactor::Table { name, .. } if plain && is_count(expr) => {
            let table = engine.table(name).ok()?;
            Some(Counted { table, null, name: expression::name(engine, expr) })
        }
        _ => None,
    }
}

/// The name of a view, which may be written with the schema of the system.
fn system_name(factor: &TableFactor) -> Option<String> {
    let TableFactor::Table { name, args: None, .. } = factor else { return None };
    let name = name.to_string().to_lowercase();
    Some(name.strip_prefix("pg_catalog.").unwrap_or(&name).to_owned())
}

fn answer(query: &Query, select: &Select, source: &mut dyn Source) -> Result<Relation, Fault> {
    if query.with.is_some() || select.having.is_some() || select.distinct.is_some() {
        return Fault::not_modelled("WITH, HAVING and DISTINCT in questions to the system's views");
    }
    let mut rows = vec![Row::default()];
    for from in &select.from {
        rows = joined(rows, from, source)?;
    }
    if let Some(condition) = &select.selection {
        let mut kept = Vec::new();
        for row in rows {
            if row.value(condition, source)?.is_true() {
                kept.push(row);
            }
        }
        rows = kept;
    }
    let items = items(select, rows.first(), source)?;
    let columns = items.iter().map(|(name, _)| name.clone()).collect();
    let groups = groups(select, &items, rows, source)?;
    let mut shown = Vec::new();
    for (row, count) in &groups {
        let mut cells = Vec::new();
        for (_, expr) in &items {
            cells.push(match is_count(expr) {
                true => Value::Int(*count),
                false => row.value(expr, source)?,
            });
        }
        let keys = keys(query, &items, (row, &cells), source)?;
        shown.push((keys, cells));
    }
    let falling = directions(query);
    shown.sort_by(|(one, _), (other, _)| {
        let compare = one.iter().zip(other).zip(&falling).map(|((one, other), falling)| {
            let order = one.order(other);
            if *falling { order.reverse() } else { order }
        });
        compare.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    shown.truncate(limit(query)?);
    Ok(Relation { columns, rows: shown.into_iter().map(|(_, cells)| cells).collect() })
}

/// Every row beside every row of what is joined to it, as far as the condition holds.
fn joined(
    rows: Vec<Row>,
    from: &TableWithJoins,
    source: &mut dyn Source,
) -> Result<Vec<Row>, Fault> {
    let mut rows = beside(rows, &from.relation, None, false, source)?;
    for join in &from.joins {
        let (constraint, outer) = match &join.join_operator {
            JoinOperator::Join(on) | JoinOperator::Inner(on) => (Some(on), false),
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (Some(on), true),
            JoinOperator::CrossJoin(_) => (None, false),
            _ => return Fault::not_modelled("this kind of join in a question to a view"),
        };
        rows = beside(rows, &join.relation, constraint, outer, source)?;
    }
    Ok(rows)
}

fn beside(
    rows: Vec<Row>,
    factor: &TableFactor,
    constraint: Option<&JoinConstraint>,
    outer: bool,
    source: &mut dyn Source,
) -> Result<Vec<Row>, Fault> {
    let name = system_name(factor).unwrap_or_default();
    let TableFactor::Table { alias, .. } = factor else { return Fault::not_modelled(factor) };
    let relation = source.relation(&name).ok_or_else(|| source.engine().no_table(&name))?;
    let name = alias.as_ref().map_or(name, |alias| ident(&alias.name));
    let mut all = Vec::new();
    for row in rows {
        let mut found = false;
        for values in &relation.rows {
            let both = row.with(&name, &relation.columns, values);
            let fits = match constraint {
                None | Some(JoinConstraint::None) => true,
                Some(JoinConstraint::On(condition)) => both.value(condition, source)?.is_true(),
                Some(JoinConstraint::Using(columns)) => {
                    let mut fits = true;
                    for column in columns {
                        fits &= both.agrees_on(&object(column)?);
                    }
                    fits
                }
                Some(JoinConstraint::Natural | JoinConstraint::UsingAlias(..)) => {
                    return Fault::not_modelled("NATURAL JOIN");
                }
            };
            if fits {
                found = true;
                all.push(both);
            }
            if MOST_ROWS < all.len() {
                return Fault::not_modelled("a question that combines so many rows");
            }
        }
        if outer && !found {
            let nulls = vec![Value::Null; relation.columns.len()];
            all.push(row.with(&name, &relation.columns, &nulls));
        }
    }
    Ok(all)
}

/// The columns that are asked for, with their names.
fn items(
    select: &Select,
    first: Option<&Row>,
    source: &dyn Source,
) -> Result<Vec<(String, Expr)>, Fault> {
    let mut items = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                items.push((expression::name(source.engine(), expr), expr.clone()));
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                items.push((source.engine().shown(alias), expr.clone()));
            }
            SelectItem::Wildcard(_) => match first {
                Some(row) => items.extend(row.all()),
                None => items.extend(columns(select, source)),
            },
            other => return Fault::not_modelled(other),
        }
    }
    Ok(items)
}

/// All columns, if there is no row to tell them.
fn columns(select: &Select, source: &dyn Source) -> Vec<(String, Expr)> {
    let names = select.from.iter().filter_map(|from| system_name(&from.relation));
    let relations = names.filter_map(|name| source.relation(&name));
    let empty = relations.map(|of| Row::default().with("", &of.columns, &[]));
    empty.flat_map(|row| row.all()).collect()
}

/// Rows that are shown, each with how many it stands for.
fn groups(
    select: &Select,
    items: &[(String, Expr)],
    rows: Vec<Row>,
    source: &mut dyn Source,
) -> Result<Vec<(Row, i64)>, Fault> {
    let GroupByExpr::Expressions(by, _) = &select.group_by else {
        return Fault::not_modelled("GROUP BY ALL");
    };
    let counts = items.iter().any(|(_, expr)| is_count(expr));
    if by.is_empty() && !counts {
        return Ok(rows.into_iter().map(|row| (row, 1)).collect());
    }
    if by.is_empty() {
        let count = rows.len() as i64;
        return Ok(vec![(rows.into_iter().next().unwrap_or_default(), count)]);
    }
    let mut groups: BTreeMap<Vec<String>, (Row, i64)> = BTreeMap::new();
    for row in rows {
        let mut key = Vec::new();
        for expr in by {
            let place = integer(expr).and_then(|place| usize::try_from(place - 1).ok());
            let expr = place.and_then(|place| items.get(place)).map_or(expr, |(_, expr)| expr);
            key.push(format!("{:?}", row.value(expr, source)?));
        }
        groups.entry(key).or_insert((row, 0)).1 += 1;
    }
    Ok(groups.into_values().collect())
}

fn order_by(query: &Query) -> &[sqlparser::ast::OrderByExpr] {
    match query.order_by.as_ref().map(|order| &order.kind) {
        Some(OrderByKind::Expressions(list)) => list,
        _ => &[],
    }
}

fn directions(query: &Query) -> Vec<bool> {
    order_by(query).iter().map(|order| order.options.sort == Some(OrderBySort::Desc)).collect()
}

/// What a row is sorted by: a column that is shown, by name or place, or anything of the row.
fn keys(
    query: &Query,
    items: &[(String, Expr)],
    (row, cells): (&Row, &[Value]),
    source: &mut dyn Source,
) -> Result<Vec<Value>, Fault> {
    let key = |expr: &Expr| {
        let place = integer(expr).and_then(|place| usize::try_from(place - 1).ok());
        let named = match expr {
            Expr::Identifier(name) => {
                items.iter().position(|(item, _)| item.eq_ignore_ascii_case(&ident(name)))
            }
            _ => items.iter().position(|(_, item)| item == expr),
        };
        match place.or(named).and_then(|place| cells.get(place)) {
            Some(value) => Ok(value.clone()),
            None => row.value(expr, source),
        }
    };
    order_by(query).iter().map(|order| &order.expr).map(key).collect()
}

fn limit(query: &Query) -> Result<usize, Fault> {
    match &query.limit_clause {
        None => Ok(usize::MAX),
        Some(LimitClause::LimitOffset { limit: Some(limit), offset: None, .. }) => {
            let number = integer(limit).and_then(|number| usize::try_from(number).ok());
            number.map_or_else(|| Fault::not_modelled(limit), Ok)
        }
        Some(other) => Fault::not_modelled(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Server;

    impl Source for Server {
        fn relation(&self, name: &str) -> Option<Relation> {
            let text = |text: &str| Value::Text(text.to_owned());
            let (columns, rows) = match name {
                "pg_stat_activity" => (
                    vec!["pid", "state", "query"],
                    vec![
                        vec![Value::Int(11), text("active"), text("SELECT 1")],
                        vec![Value::Int(12), text("idle"), text("COMMIT")],
                        vec![Value::Int(13), text("idle"), Value::Null],
                    ],
                ),
                "pg_locks" => (
                    vec!["pid", "granted"],
                    vec![
                        vec![Value::Int(11), Value::Bool(false)],
                        vec![Value::Int(12), Value::Bool(true)],
                    ],
                ),
                _ => return None,
            };
            let columns = columns.into_iter().map(str::to_owned).collect();
            Some(Relation { columns, rows })
        }

        fn call(&mut self, name: &str, arguments: &[Value]) -> Option<Result<Value, Fault>> {
            match (name, arguments) {
                ("pg_blocking_pids", [Value::Int(11)]) => Some(Ok(Value::List(vec![12]))),
                ("pg_blocking_pids", _) => Some(Ok(Value::List(Vec::new()))),
                _ => None,
            }
        }
    }

    fn rows(sql: &str) -> String {
        let statement = crate::parse(sql).unwrap().statements.remove(0);
        match ask(&statement.ast, &mut Server) {
            None => "about tables".to_owned(),
            Some(Err(fault)) => fault.to_string(),
            Some(Ok(relation)) => {
                let line = |row: &Vec<Value>| {
                    let cells = row.iter().map(|cell| cell.text().unwrap_or("-".to_owned()));
                    cells.collect::<Vec<_>>().join(",")
                };
                let rows: Vec<String> = relation.rows.iter().map(line).collect();
                format!("{}: {}", relation.columns.join(","), rows.join(" "))
            }
        }
    }

    #[test]
    fn questions_to_views_are_answered_as_the_server_would() {
        let cases = [
            ("SELECT pid FROM pg_stat_activity", "pid: 11 12 13"),
            ("SELECT * FROM pg_locks", "pid,granted: 11,f 12,t"),
            ("SELECT pid FROM pg_stat_activity WHERE state <> 'idle'", "pid: 11"),
            ("SELECT pid p FROM pg_stat_activity WHERE query IS NULL OR pid IN (11)", "p: 11 13"),
            ("SELECT pid FROM pg_stat_activity ORDER BY 1 DESC LIMIT 2", "pid: 13 12"),
            ("SELECT count(*) FROM pg_catalog.pg_stat_activity", "count: 3"),
            (
                "SELECT state, count(*) FROM pg_stat_activity GROUP BY state ORDER BY count DESC",
                "state,count: idle,2 active,1",
            ),
            (
                "SELECT a.pid, l.granted FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid \
                 WHERE NOT l.granted",
                "pid,granted: 11,f",
            ),
            (
                "SELECT a.pid, granted FROM pg_stat_activity a LEFT JOIN pg_locks USING (pid)",
                "pid,granted: 11,f 12,t 13,-",
            ),
            (
                "SELECT pid, pg_blocking_pids(pid) AS by FROM pg_stat_activity \
                 WHERE cardinality(pg_blocking_pids(pid)) > 0",
                "pid,by: 11,{12}",
            ),
            ("SELECT pid FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids(11))", "pid: 12"),
            ("SELECT query FROM pg_stat_activity WHERE query ILIKE 'sel%'", "query: SELECT 1"),
            ("SELECT 1", "?column?: 1"),
            ("SELECT 1 + 2 AS three, 'a'::text", "three,text: 3,a"),
            ("SELECT nothing FROM pg_locks", "42703: column \"nothing\" does not exist"),
            ("SELECT pg_sleep(1)", "not modelled: the function pg_sleep"),
            ("SELECT id FROM orders", "about tables"),
        ];
        for (sql, expected) in cases {
            assert_eq!(rows(sql), expected, "{sql}");
        }
    }

    #[test]
    fn only_the_number_of_all_rows_or_those_without_a_value_is_counted() {
        let of =
            |sql: &str| counted(Engine::Postgresql, &crate::parse(sql).unwrap().statements[0].ast);
        let all = Counted { table: "orders".to_owned(), null: None, name: "count".to_owned() };
        assert_eq!(of("SELECT count(*) FROM public.orders"), Some(all.clone()));
        let null = Counted { null: Some("note".to_owned()), ..all };
        assert_eq!(of("SELECT count(*) FROM orders WHERE note IS NULL"), Some(null));
        assert_eq!(of("SELECT count(*) FROM orders WHERE id = 1"), None);
        assert_eq!(of("SELECT count(id) FROM orders"), None);
        assert_eq!(of("SELECT count(*) FROM orders, customers"), None);
        assert_eq!(of("SELECT count(*), 1 FROM orders"), None);
    }
}
