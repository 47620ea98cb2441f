//! Expressions: every name in them is looked up, and every operator's types are compared.

use sqlparser::ast::{AccessExpr, Array, Expr, InTarget, UnaryOperator, Value, WindowType};

use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::query::compare::{boolean, common, comparable, operate};
use crate::query::group::has_aggregate;
use crate::query::scope::Found;
use crate::query::{Checker, Scope};
use crate::types::SqlType;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    /// Its type.
    Known(SqlType),
    /// A quoted literal: it takes the type that is wanted, if its text allows.
    Literal(String),
    /// A parameter: it takes the type that is wanted.
    Parameter,
    /// NULL.
    Null,
    /// A type that is not modelled.
    Any,
}

impl Checker<'_> {
    pub(crate) fn found(&mut self, found: Found) -> Type {
        if let Some(table) = found.table {
            self.access.reads.insert((table, found.column));
        }
        found.ty
    }

    /// An expression that must be a condition.
    pub(crate) fn condition(
        &mut self,
        expr: &Expr,
        clause: &str,
        scope: &Scope<'_>,
    ) -> Result<(), Fault> {
        let ty = self.infer(expr, scope)?;
        let is_of_rows = matches!(clause, "WHERE" | "JOIN/ON") && !scope.is_inside();
        if self.engine == Engine::Postgresql && is_of_rows && has_aggregate(expr) {
            return Err(fault::aggregate_in(clause));
        }
        boolean(self.schema, &ty, clause)
    }

    /// The type of an expression.
    pub(crate) fn infer(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Type, Fault> {
        let bool = Ok(Type::Known(SqlType::Bool));
        if self.engine == Engine::Mysql
            && let Some(ty) = self.only_in_mysql(expr, scope)?
        {
            return Ok(ty);
        }
        match expr {
            Expr::Identifier(name) => self.identifier(name, scope),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [relation, column] => {
                    Ok(scope.column_of(relation, column).map(|f| self.found(f))?)
                }
                _ => Fault::not_modelled(expr),
            },
            Expr::Value(value) => literal(&value.value),
            Expr::Nested(inner) => self.infer(inner, scope),
            Expr::BinaryOp { left, op, right } => {
                let (left, right) = (self.infer(left, scope)?, self.infer(right, scope)?);
                operate(self.schema, &left, op, &right)
            }
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, scope),
            Expr::IsNull(e) | Expr::IsNotNull(e) => self.infer(e, scope).and(bool),
            Expr::IsTrue(e) | Expr::IsNotTrue(e) | Expr::IsFalse(e) | Expr::IsNotFalse(e) => {
                self.condition(e, "IS TRUE", scope).and(bool)
            }
            Expr::IsDistinctFrom(a, b) | Expr::IsNotDistinctFrom(a, b) => {
                let (a, b) = (self.infer(a, scope)?, self.infer(b, scope)?);
                comparable(self.schema, &a, "=", &b).and(bool)
            }
            Expr::Between { expr, low, high, .. } => {
                let of = self.infer(expr, scope)?;
                for (bound, operator) in [(low, ">="), (high, "<=")] {
                    let bound = self.infer(bound, scope)?;
                    comparable(self.schema, &of, operator, &bound)?;
                }
                bool
            }
            Expr::In { expr, target, .. } => self.one_of(expr, target, scope).and(bool),
            Expr::Like { expr, pattern, .. }
            | Expr::ILike { expr, pattern, .. }
            | Expr::SimilarTo { expr, pattern, .. } => self.like(expr, pattern, scope).and(bool),
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => {
                let left = self.infer(left, scope)?;
                self.element_of(&left, right, scope).and(bool)
            }
            Expr::Exists { subquery, .. } => self.query(subquery, scope).map(drop).and(bool),
            Expr::Subquery(query) => match self.query(query, scope)?.as_slice() {
                [(_, ty)] => Ok(ty.clone()),
                _ => Err(self.engine.one_column()),
            },
            Expr::Cast { expr, data_type, .. } => self.cast(expr, data_type, scope),
            Expr::Function(function) => {
                let ty = self.function(function, scope)?;
                if let Some(WindowType::WindowSpec(window)) = &function.over {
                    let order = window.order_by.iter().map(|order| &order.expr);
                    for expr in window.partition_by.iter().chain(order) {
                        self.infer(expr, scope)?;
                    }
                }
                Ok(ty)
            }
            _ => self.other(expr, scope),
        }
    }

    fn like(&mut self, expr: &Expr, pattern: &Expr, scope: &Scope<'_>) -> Result<(), Fault> {
        let of = self.infer(expr, scope)?;
        self.infer(pattern, scope)?;
        match of {
            _ if self.engine == Engine::Mysql => Ok(()),
            Type::Known(ty) if !ty.is_text() && !matches!(ty, SqlType::Other(_)) => {
                Err(fault::no_operator(ty.in_messages(), "~~", "unknown"))
            }
            _ => Ok(()),
        }
    }

    /// The rarer expressions.
    fn other(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Type, Fault> {
        let text = Ok(Type::Known(SqlType::Text));
        match expr {
            Expr::Case { operand, conditions, else_result, .. } => {
                let of = operand.as_ref().map(|o| self.infer(o, scope)).transpose()?;
                let mut results = Vec::new();
                for when in conditions {
                    let condition = self.infer(&when.condition, scope)?;
                    match &of {
                        Some(of) => comparable(self.schema, of, "=", &condition)?,
                        None => boolean(self.schema, &condition, "CASE/WHEN")?,
                    }
                    results.push(self.infer(&when.result, scope)?);
                }
                // As the server does, it comes first.
                if let Some(otherwise) = else_result {
                    results.insert(0, self.infer(otherwise, scope)?);
                }
                if self.engine == Engine::Postgresql {
                    self.alike("CASE", &results)?;
                }
                let first = results.pop().unwrap_or(Type::Any);
                let result = results.iter().fold(first, common);
                Ok(if let Type::Literal(_) = result { Type::Known(SqlType::Text) } else { result })
            }
            Expr::Extract { expr, .. } => {
                self.infer(expr, scope).and(Ok(Type::Known(SqlType::Numeric(None))))
            }
            Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => self.infer(expr, scope),
            Expr::Position { expr, r#in } => {
                self.infer(expr, scope)?;
                self.infer(r#in, scope).and(Ok(Type::Known(SqlType::Int4)))
            }
            Expr::Substring { expr, substring_from, substring_for, special, .. } => {
                let places = [substring_from, substring_for].into_iter().flatten();
                let all = std::iter::once(&**expr).chain(places.map(|place| &**place));
                let name = if *special { "substring" } else { "pg_catalog.substring" };
                self.of_text(name, all, scope).and(text)
            }
            Expr::Trim { expr, .. } => {
                self.of_text("pg_catalog.btrim", std::iter::once(&**expr), scope).and(text)
            }
            Expr::Collate { expr, .. } => self.infer(expr, scope),
            Expr::AtTimeZone { timestamp, .. } => Ok(match self.infer(timestamp, scope)? {
                Type::Known(SqlType::Timestamptz) => Type::Known(SqlType::Timestamp),
                Type::Known(SqlType::Timestamp | SqlType::Date) => {
                    Type::Known(SqlType::Timestamptz)
                }
                _ => Type::Any,
            }),
            Expr::TypedString(typed) => {
                SqlType::read(&typed.data_type, self.schema).map(Type::Known)
            }
            Expr::Interval(_) => Ok(Type::Known(SqlType::Interval)),
            Expr::Array(Array { elem: elements, .. }) | Expr::Tuple(elements) => {
                elements.iter().try_for_each(|one| self.infer(one, scope).map(drop))?;
                Ok(Type::Any)
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                for access in access_chain {
                    let AccessExpr::Subscript(_) = access else {
                        return Fault::not_modelled(expr);
                    };
                }
                self.infer(root, scope).and(Ok(Type::Any))
            }
            _ => Fault::not_modelled(expr),
        }
    }

    fn identifier(
        &mut self,
        name: &sqlparser::ast::Ident,
        scope: &Scope<'_>,
    ) -> Result<Type, Fault> {
        let found = scope.column(name);
        if self.engine == Engine::Mysql {
            // A variable of the session.
            let variable = name.value.starts_with('@') && name.quote_style.is_none();
            return if variable { Ok(Type::Any) } else { found.map(|found| self.found(found)) };
        }
        // Keywords that are values, unless a column has the name.
        let keyword = match name.value.to_lowercase().as_str() {
            "current_date" => SqlType::Date,
            "current_timestamp" => SqlType::Timestamptz,
            "localtimestamp" => SqlType::Timestamp,
            "current_user" | "session_user" | "user" => SqlType::Text,
            _ => return found.map(|found| self.found(found)),
        };
        Ok(if name.quote_style.is_some() {
            found.map(|found| self.found(found))?
        } else {
            Type::Known(keyword)
        })
    }

    fn unary(
        &mut self,
        operator: UnaryOperator,
        expr: &Expr,
        scope: &Scope<'_>,
    ) -> Result<Type, Fault> {
        let ty = self.infer(expr, scope)?;
        match operator {
            UnaryOperator::Not => {
                boolean(self.schema, &ty, "NOT")?;
                Ok(Type::Known(SqlType::Bool))
            }
            UnaryOperator::Minus | UnaryOperator::Plus => match ty {
                _ if self.engine == Engine::Mysql => Ok(Type::Any),
                Type::Known(ty) if !ty.is_number() && ty != SqlType::Interval => {
                    Err(fault::no_operator("", operator, ty.in_messages()))
                }
                other => Ok(other),
            },
            _ => Fault::not_modelled(format!("the operator {operator}")),
        }
    }

    fn one_of(&mut self, expr: &Expr, target: &InTarget, scope: &Scope<'_>) -> Result<(), Fault> {
        let of = self.infer(expr, scope)?;
        match target {
            InTarget::List(list) => {
                for item in list {
                    let item = self.infer(item, scope)?;
                    comparable(self.schema, &of, "=", &item)?;
                }
                Ok(())
            }
            InTarget::Subquery(query) => match self.query(query, scope)?.as_slice() {
                [(_, ty)] => comparable(self.schema, &of, "=", ty),
                _ if matches!(expr, Expr::Tuple(_)) => Ok(()),
                _ => Err(self.engine.too_many_columns()),
            },
            _ => Fault::not_modelled(target),
        }
    }

    /// `value = ANY (array)`: each element is compared.
    fn element_of(&mut self, of: &Type, array: &Expr, scope: &Scope<'_>) -> Result<(), Fault> {
        match array {
            Expr::Nested(inner) => self.element_of(of, inner, scope),
            Expr::Array(array) if self.engine == Engine::Postgresql => {
                array.elem.iter().try_for_each(|element| {
                    let element = self.infer(element, scope)?;
                    comparable(self.schema, of, "=", &element)
                })
            }
            other => self.infer(other, scope).map(drop),
        }
    }

    fn cast(
        &mut self,
        expr: &Expr,
        data_type: &sqlparser::ast::DataType,
        scope: &Scope<'_>,
    ) -> Result<Type, Fault> {
        let from = self.infer(expr, scope)?;
        let to = SqlType::read(data_type, self.schema)?;
        match from {
            Type::Literal(text) if !matches!(to, SqlType::Varchar(_) | SqlType::Char(_)) => {
                to.refuses_text(&text, self.schema).map_or(Ok(Type::Known(to)), Err)
            }
            _ => Ok(Type::Known(to)),
        }
    }
}

fn literal(value: &Value) -> Result<Type, Fault> {
    Ok(match value {
        Value::Number(text, _) => Type::Known(number(text)),
        Value::SingleQuotedString(text)
        | Value::DoubleQuotedString(text)
        | Value::EscapedStringLiteral(text) => Type::Literal(text.clone()),
        Value::HexStringLiteral(_) => Type::Any,
        Value::DollarQuotedString(text) => Type::Literal(text.value.clone()),
        Value::Boolean(_) => Type::Known(SqlType::Bool),
        Value::Null => Type::Null,
        Value::Placeholder(_) => Type::Parameter,
        other => return Fault::not_modelled(other),
    })
}

/// The type of a number: the first that holds it.
fn number(text: &str) -> SqlType {
    match text.parse::<i64>() {
        Ok(number) if i32::try_from(number).is_ok() => SqlType::Int4,
        Ok(_) => SqlType::Int8,
        Err(_) => SqlType::Numeric(None),
    }
}

/// The whole number that an expression writes, if it is one.
pub(crate) fn integer(expr: &Expr) -> Option<i128> {
    match expr {
        Expr::Nested(inner) => integer(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => integer(expr).map(|number| -number),
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
