//! Expressions over a row of views.

use std::cmp::Ordering;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    InTarget, UnaryOperator,
};

use crate::ask::{Source, Value};
use crate::catalog::ident;
use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::query::arguments;

/// A row: values by the name of their relation and their own.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    cells: Vec<(String, String, Value)>,
}

impl Row {
    /// The row beside one of another relation.
    pub(super) fn with(&self, relation: &str, columns: &[String], values: &[Value]) -> Self {
        let mut cells = self.cells.clone();
        for (place, column) in columns.iter().enumerate() {
            let value = values.get(place).cloned().unwrap_or(Value::Null);
            cells.push((relation.to_owned(), column.clone(), value));
        }
        Self { cells }
    }

    /// Every column.
    pub(super) fn all(&self) -> Vec<(String, Expr)> {
        let column = |(relation, name, _): &(String, String, Value)| {
            let parts = [relation, name].map(|part| Ident::with_quote('"', part));
            (name.clone(), Expr::CompoundIdentifier(parts.to_vec()))
        };
        self.cells.iter().map(column).collect()
    }

    /// Whether all columns of this name are alike, and not null.
    pub(super) fn agrees_on(&self, name: &str) -> bool {
        let mut of = self.cells.iter().filter(|cell| is_named(&cell.1, name)).map(|cell| &cell.2);
        let first = of.next();
        first.is_some_and(|first| *first != Value::Null && of.all(|other| other == first))
    }

    fn column(&self, engine: Engine, relation: Option<&str>, name: &str) -> Result<Value, Fault> {
        let here = |cell: &&(String, String, Value)| {
            is_named(&cell.1, name) && relation.is_none_or(|relation| is_named(&cell.0, relation))
        };
        match self.cells.iter().find(here) {
            Some((_, _, value)) => Ok(value.clone()),
            None => Err(match relation {
                Some(relation) => engine.no_column_of(relation, name, "field list"),
                None => engine.no_column(name, "field list"),
            }),
        }
    }

    /// The value of an expression.
    pub(super) fn value(&self, expr: &Expr, source: &mut dyn Source) -> Result<Value, Fault> {
        if let Some(name) = variable(expr) {
            return call(&name, &[], source);
        }
        match expr {
            Expr::Identifier(name) => match &*ident(name) {
                "current_user" | "session_user" | "current_timestamp" if self.cells.is_empty() => {
                    call(&ident(name), &[], source)
                }
                name => self.column(source.engine(), None, name),
            },
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [relation, name] => {
                    self.column(source.engine(), Some(&ident(relation)), &ident(name))
                }
                _ => Fault::not_modelled(expr),
            },
            Expr::Value(value) => literal(&value.value, expr),
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => self.value(inner, source),
            Expr::IsNull(inner) => Ok(Value::Bool(self.value(inner, source)? == Value::Null)),
            Expr::IsNotNull(inner) => Ok(Value::Bool(self.value(inner, source)? != Value::Null)),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                Ok(match self.value(expr, source)? {
                    Value::Bool(value) => Value::Bool(!value),
                    _ => Value::Null,
                })
            }
            Expr::BinaryOp { left, op, right } => {
                let (left, right) = (self.value(left, source)?, self.value(right, source)?);
                binary(&left, op, &right, expr)
            }
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
                let left = self.value(left, source)?;
                Ok(match (left, self.value(right, source)?) {
                    (Value::Int(one), Value::List(items)) => Value::Bool(items.contains(&one)),
                    _ => Value::Null,
                })
            }
            Expr::Like { negated, expr, pattern, .. } => {
                let like = self.is_like(expr, pattern, false, source)?;
                Ok(Value::Bool(like != *negated))
            }
            Expr::ILike { negated, expr, pattern, .. } => {
                let like = self.is_like(expr, pattern, true, source)?;
                Ok(Value::Bool(like != *negated))
            }
            Expr::Function(function) => self.function(function, source),
            other => self.list(other, source),
        }
    }

    fn function(&self, function: &Function, source: &mut dyn Source) -> Result<Value, Fault> {
        let mut values = Vec::new();
        for argument in arguments(function) {
            values.push(self.value(argument, source)?);
        }
        let name = function.name.to_string().to_lowercase();
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        match (name, &values[..]) {
            ("cardinality", [Value::List(items)]) => Ok(Value::Int(items.len() as i64)),
            ("coalesce", values) => {
                let first = values.iter().find(|value| **value != Value::Null);
                Ok(first.cloned().unwrap_or(Value::Null))
            }
            ("left", [Value::Text(text), Value::Int(count)]) => {
                let count = usize::try_from(*count).unwrap_or(0);
                Ok(Value::Text(text.chars().take(count).collect()))
            }
            (name, values) => call(name, values, source),
        }
    }

    fn is_like(
        &self,
        expr: &Expr,
        pattern: &Expr,
        fold: bool,
        source: &mut dyn Source,
    ) -> Result<bool, Fault> {
        let (Value::Text(text), Value::Text(pattern)) =
            (self.value(expr, source)?, self.value(pattern, source)?)
        else {
            return Ok(false);
        };
        let case = |text: String| if fold { text.to_lowercase() } else { text };
        Ok(like(&case(text), &case(pattern)))
    }

    /// `x IN (1, 2)`.
    fn list(&self, expr: &Expr, source: &mut dyn Source) -> Result<Value, Fault> {
        let Expr::In { expr: inner, target: InTarget::List(list), negated, .. } = expr else {
            return Fault::not_modelled(expr);
        };
        let value = self.value(inner, source)?;
        let mut found = false;
        for item in list {
            found |= value.compare(&self.value(item, source)?) == Some(Ordering::Equal);
        }
        Ok(Value::Bool(found != *negated))
    }
}

/// `@@name` or `@@session.name`: a variable of MySQL.
fn variable(expr: &Expr) -> Option<String> {
    let first = match expr {
        Expr::Identifier(name) => name,
        Expr::CompoundIdentifier(parts) => parts.first()?,
        _ => return None,
    };
    (first.quote_style.is_none() && first.value.starts_with("@@")).then(|| expr.to_string())
}

fn call(name: &str, values: &[Value], source: &mut dyn Source) -> Result<Value, Fault> {
    let known = source.call(name, values);
    known.unwrap_or_else(|| Fault::not_modelled(format!("the function {name}")))
}

fn literal(value: &sqlparser::ast::Value, expr: &Expr) -> Result<Value, Fault> {
    Ok(match value {
        sqlparser::ast::Value::Number(text, _) => match text.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => return Fault::not_modelled(expr),
        },
        sqlparser::ast::Value::SingleQuotedString(text)
        | sqlparser::ast::Value::DoubleQuotedString(text) => Value::Text(text.clone()),
        sqlparser::ast::Value::Boolean(value) => Value::Bool(*value),
        sqlparser::ast::Value::Null => Value::Null,
        _ => return Fault::not_modelled(expr),
    })
}

fn binary(left: &Value, op: &BinaryOperator, right: &Value, expr: &Expr) -> Result<Value, Fault> {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq, Minus, NotEq, Or, Plus};
    let holds = |wanted: fn(Ordering) -> bool| match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        _ => match left.compare(right) {
            Some(order) => Ok(Value::Bool(wanted(order))),
            None => Fault::not_modelled(expr),
        },
    };
    match op {
        Eq => holds(Ordering::is_eq),
        NotEq => holds(Ordering::is_ne),
        Lt => holds(Ordering::is_lt),
        LtEq => holds(Ordering::is_le),
        Gt => holds(Ordering::is_gt),
        GtEq => holds(Ordering::is_ge),
        And => Ok(Value::Bool(left.is_true() && right.is_true())),
        Or => Ok(Value::Bool(left.is_true() || right.is_true())),
        Minus | Plus => match (left, right) {
            (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
            (Value::Time(one, _), Value::Time(other, _)) if *op == Minus => {
                Ok(Value::Interval(one - other))
            }
            (Value::Int(one), Value::Int(other)) => {
                let sum =
                    if *op == Minus { one.checked_sub(*other) } else { one.checked_add(*other) };
                sum.map_or_else(|| Err(fault::out_of_range("bigint")), |sum| Ok(Value::Int(sum)))
            }
            _ => Fault::not_modelled(expr),
        },
        _ => Fault::not_modelled(expr),
    }
}

/// `LIKE`: `%` is any text, `_` one character.
pub fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    // Reachable places of the pattern, character by character: never more work than their product.
    let mut open = vec![false; pattern.len() + 1];
    let pass = |open: &mut Vec<bool>| {
        for (place, c) in pattern.iter().enumerate() {
            if *c == '%' && open[place] {
                open[place + 1] = true;
            }
        }
    };
    open[0] = true;
    pass(&mut open);
    for c in &text {
        let mut next = vec![false; pattern.len() + 1];
        for (place, wanted) in pattern.iter().enumerate().filter(|(place, _)| open[*place]) {
            match wanted {
                '%' => next[place] = true,
                _ if *wanted == '_' || wanted == c => next[place + 1] = true,
                _ => {}
            }
        }
        pass(&mut next);
        open = next;
    }
    open[pattern.len()]
}

/// Whether it is `count(*)`.
pub(super) fn is_count(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    let FunctionArguments::List(list) = &function.args else { return false };
    let star = |argument: &FunctionArg| {
        matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Wildcard))
    };
    function.name.to_string().eq_ignore_ascii_case("count") && list.args.iter().all(star)
}

/// Whether a column or view of the system is meant: MySQL writes its own in capitals, and compares them
/// without regard to that.
fn is_named(own: &str, name: &str) -> bool {
    own.eq_ignore_ascii_case(name)
}

/// The name that the server gives a column: MySQL takes what is written.
pub(super) fn name(engine: Engine, expr: &Expr) -> String {
    if let Some(name) = variable(expr) {
        return name;
    }
    match expr {
        Expr::Identifier(name) if engine == Engine::Mysql => name.value.clone(),
        Expr::CompoundIdentifier(parts) if engine == Engine::Mysql => {
            parts.last().map(|last| last.value.clone()).unwrap_or_default()
        }
        expr if engine == Engine::Mysql => expr.to_string(),
        Expr::Identifier(name) => ident(name),
        Expr::CompoundIdentifier(parts) => parts.last().map(ident).unwrap_or_default(),
        Expr::Function(function) => function.name.to_string().to_lowercase(),
        Expr::Cast { expr, data_type, .. } => match &**expr {
            Expr::Value(_) => data_type.to_string().to_lowercase(),
            inner => name(engine, inner),
        },
        Expr::Nested(inner) => name(engine, inner),
        _ => "?column?".to_owned(),
    }
}
