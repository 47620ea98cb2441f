//! Which types go together: operators and assignments.

use sqlparser::ast::BinaryOperator;

use crate::catalog::{Column, Schema};
use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::mysql;
use crate::query::Type;
use crate::types::SqlType;

/// The type of `left operator right`.
pub(super) fn operate(
    schema: &Schema,
    left: &Type,
    operator: &BinaryOperator,
    right: &Type,
) -> Result<Type, Fault> {
    use BinaryOperator as Op;
    if schema.engine == Engine::Mysql {
        comparable(schema, left, &operator.to_string(), right)?;
        return mysql::operator::result(operator);
    }
    match operator {
        Op::And | Op::Or => {
            boolean(schema, left, &operator.to_string())?;
            boolean(schema, right, &operator.to_string())?;
            Ok(Type::Known(SqlType::Bool))
        }
        Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => {
            comparable(schema, left, &operator.to_string(), right)?;
            Ok(Type::Known(SqlType::Bool))
        }
        Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo => {
            arithmetic(schema, left, operator, right)
        }
        Op::StringConcat => match (left, right) {
            (Type::Known(SqlType::Jsonb), _) | (_, Type::Known(SqlType::Jsonb)) => {
                Ok(Type::Known(SqlType::Jsonb))
            }
            (Type::Known(SqlType::Array(_)), _) | (_, Type::Known(SqlType::Array(_))) => {
                Ok(Type::Any)
            }
            (Type::Known(a), Type::Known(b)) if !a.is_text() && !b.is_text() => {
                Err(fault::no_operator(a.in_messages(), operator, b.in_messages()))
            }
            _ => Ok(Type::Known(SqlType::Text)),
        },
        Op::Arrow | Op::LongArrow | Op::HashArrow | Op::HashLongArrow => match left {
            Type::Known(SqlType::Json | SqlType::Jsonb) | Type::Any => {
                let text = matches!(operator, Op::LongArrow | Op::HashLongArrow);
                let Type::Known(ty) = left else { return Ok(Type::Any) };
                Ok(Type::Known(if text { SqlType::Text } else { ty.clone() }))
            }
            Type::Known(ty) => Err(fault::no_operator(ty.in_messages(), operator, "unknown")),
            _ => Ok(Type::Any),
        },
        Op::AtArrow | Op::ArrowAt | Op::Question | Op::QuestionAnd | Op::QuestionPipe => match left
        {
            Type::Known(SqlType::Jsonb | SqlType::Array(_) | SqlType::Other(_)) | Type::Any => {
                Ok(Type::Known(SqlType::Bool))
            }
            Type::Known(ty) => Err(fault::no_operator(ty.in_messages(), operator, "unknown")),
            _ => Ok(Type::Known(SqlType::Bool)),
        },
        other => Fault::not_modelled(format!("the operator {other}")),
    }
}

/// Whether two values can be compared.
pub(super) fn comparable(
    schema: &Schema,
    left: &Type,
    operator: &str,
    right: &Type,
) -> Result<(), Fault> {
    if schema.engine == Engine::Mysql {
        return mysql::operator::comparable(left, operator, right);
    }
    match (left, right) {
        (Type::Known(a), Type::Known(b)) => {
            if a.is_comparable(b) {
                Ok(())
            } else {
                Err(fault::no_operator(a.in_messages(), operator, b.in_messages()))
            }
        }
        (Type::Known(known), Type::Literal(text)) | (Type::Literal(text), Type::Known(known)) => {
            if *known == SqlType::Json {
                return Err(fault::no_operator(known.in_messages(), operator, "unknown"));
            }
            reads(schema, known, text)
        }
        _ => Ok(()),
    }
}

/// Whether a literal beside a value can be of its type; it is not cut to the length of that.
pub(super) fn reads(schema: &Schema, known: &SqlType, text: &str) -> Result<(), Fault> {
    let free = match known {
        SqlType::Varchar(_) | SqlType::Char(_) => &SqlType::Text,
        other => other,
    };
    free.refuses_text(text, schema).map_or(Ok(()), Err)
}

fn arithmetic(
    schema: &Schema,
    left: &Type,
    operator: &BinaryOperator,
    right: &Type,
) -> Result<Type, Fault> {
    match (left, right) {
        (Type::Known(a), Type::Known(b)) => computed(a, operator, b)
            .ok_or_else(|| fault::no_operator(a.in_messages(), operator, b.in_messages())),
        (Type::Known(a), Type::Literal(text)) | (Type::Literal(text), Type::Known(a)) => {
            if a.is_number() {
                if let Some(fault) = a.refuses_text(text, schema) {
                    return Err(fault);
                }
                return Ok(Type::Known(a.clone()));
            }
            Ok(Type::Any)
        }
        (Type::Known(a), _) | (_, Type::Known(a)) if a.is_number() => Ok(Type::Known(a.clone())),
        _ => Ok(Type::Any),
    }
}

/// The type that two values have in common, as those of a CASE or of a UNION must.
pub(super) fn common(one: Type, other: &Type) -> Type {
    match (one, other) {
        (Type::Known(a), Type::Known(b)) if a == *b => Type::Known(a),
        (Type::Known(a), Type::Known(b)) if a.is_number() && b.is_number() => {
            Type::Known(wider(&a, b))
        }
        (Type::Known(a), Type::Known(b)) if a.is_text() && b.is_text() => {
            Type::Known(if *b == SqlType::Text { SqlType::Text } else { a.plain() })
        }
        (Type::Known(a), Type::Known(b)) if a.is_moment() && b.is_moment() => {
            let zoned = [&a, b].contains(&&SqlType::Timestamptz);
            Type::Known(if zoned { SqlType::Timestamptz } else { SqlType::Timestamp })
        }
        (Type::Known(known), Type::Literal(_) | Type::Null) => Type::Known(known.plain()),
        (Type::Literal(_) | Type::Null, Type::Known(known)) => Type::Known(known.plain()),
        (Type::Literal(_), Type::Literal(_) | Type::Null) | (Type::Null, Type::Literal(_)) => {
            Type::Known(SqlType::Text)
        }
        (Type::Null, Type::Null) => Type::Null,
        _ => Type::Any,
    }
}

/// The type of what arithmetic makes of two values; none if the server has no such operator.
fn computed(a: &SqlType, operator: &BinaryOperator, b: &SqlType) -> Option<Type> {
    use BinaryOperator::{Divide, Minus, Multiply, Plus};
    use SqlType::{Array, Date, Interval, Jsonb, Other, Time, Timestamp};
    let adds = matches!(operator, Plus | Minus);
    let later = |moment: &SqlType| if *moment == Date { Timestamp } else { moment.clone() };
    Some(Type::Known(match (a, operator, b) {
        _ if a.is_number() && b.is_number() => wider(a, b),
        (moment, _, Interval) if moment.is_moment() && adds => later(moment),
        (Interval, Plus, moment) if moment.is_moment() => later(moment),
        (Date, _, days) if days.is_integer() && adds => Date,
        (days, Plus, Date) if days.is_integer() => Date,
        (Time, _, Interval) if adds => Time,
        (Interval, Plus, Time) => Time,
        (Interval, _, Interval) if adds => Interval,
        (Interval, Multiply | Divide, times) if times.is_number() => Interval,
        (times, Multiply, Interval) if times.is_number() => Interval,
        (a, Minus, b) if a.is_moment() && b.is_moment() => return Some(Type::Any),
        (Time | Jsonb | Other(_) | Array(_), ..) | (.., Time | Other(_) | Array(_)) => {
            return Some(Type::Any);
        }
        _ => return None,
    }))
}

/// The type of a sum of two numbers.
pub(super) fn wider(a: &SqlType, b: &SqlType) -> SqlType {
    let rank = |ty: &SqlType| match ty {
        SqlType::Int2 => 0,
        SqlType::Int4 => 1,
        SqlType::Int8 => 2,
        SqlType::Numeric(_) => 3,
        SqlType::Float4 => 4,
        _ => 5,
    };
    let wider = if rank(a) < rank(b) { b } else { a };
    match wider {
        SqlType::Numeric(_) => SqlType::Numeric(None),
        other => other.clone(),
    }
}

/// Whether a value is a condition.
pub(super) fn boolean(schema: &Schema, ty: &Type, clause: &str) -> Result<(), Fault> {
    match ty {
        // Everything has a truth.
        _ if schema.engine == Engine::Mysql => Ok(()),
        Type::Known(SqlType::Bool) | Type::Any | Type::Parameter | Type::Null => Ok(()),
        Type::Known(other) => Err(fault::not_boolean(clause, other.in_messages())),
        Type::Literal(text) => SqlType::Bool.refuses_text(text, schema).map_or(Ok(()), Err),
    }
}

/// Whether a value can be put into a column of a table.
pub(super) fn assign(schema: &Schema, column: &Column, value: &Type) -> Result<(), Fault> {
    match value {
        Type::Known(ty) if ty.is_assignable(&column.ty) => Ok(()),
        Type::Known(ty) => {
            Err(fault::column_type(&column.name, column.ty.in_messages(), ty.in_messages()))
        }
        Type::Literal(text) => column.ty.refuses_text(text, schema).map_or(Ok(()), Err),
        Type::Null | Type::Parameter | Type::Any => Ok(()),
    }
}
