//! Operators: MySQL turns almost every value into almost every type.

use sqlparser::ast::BinaryOperator;

use crate::fault::Fault;
use crate::mysql::fault;
use crate::query::Type;
use crate::types::SqlType;

/// The type of an operation, if MySQL has its operator.
pub(crate) fn result(operator: &BinaryOperator) -> Result<Type, Fault> {
    use BinaryOperator as Op;
    match operator {
        Op::And | Op::Or | Op::Xor | Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => {
            Ok(Type::Any)
        }
        // `||` is OR, and `&&` is AND.
        Op::StringConcat | Op::Spaceship | Op::Regexp => Ok(Type::Any),
        Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo | Op::MyIntegerDivide => {
            Ok(Type::Any)
        }
        Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor => Ok(Type::Any),
        Op::PGBitwiseShiftLeft | Op::PGBitwiseShiftRight | Op::Arrow | Op::LongArrow => {
            Ok(Type::Any)
        }
        Op::AtArrow | Op::ArrowAt | Op::HashArrow | Op::HashLongArrow | Op::PGRegexMatch => {
            Err(fault::syntax(operator))
        }
        other => Fault::not_modelled(format!("the operator {other}")),
    }
}

/// Whether two values can be compared: only what stands beside a point in time must be one.
pub(crate) fn comparable(left: &Type, operator: &str, right: &Type) -> Result<(), Fault> {
    let compares = ["=", "<>", "<", "<=", ">", ">=", "<=>"].contains(&operator);
    match (left, right) {
        (Type::Known(SqlType::Mysql(ty)), Type::Literal(text))
        | (Type::Literal(text), Type::Known(SqlType::Mysql(ty)))
            if compares && ty.is_moment() && !text.contains(|c: char| c.is_ascii_digit()) =>
        {
            Err(fault::wrong_literal(ty.moment().to_uppercase(), text))
        }
        _ => Ok(()),
    }
}
