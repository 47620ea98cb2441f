//! What an expression is made of, for walks that need no types.

use sqlparser::ast::{AccessExpr, Expr, InTarget, Subscript};

use crate::query::function::arguments;

/// The expressions right inside an expression; `None` if it is of a form whose parts are not known, as
/// one with a query in it.
pub(crate) fn parts(expr: &Expr) -> Option<Vec<&Expr>> {
    Some(match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::TypedString(_) => Vec::new(),
        Expr::Interval(interval) => vec![&interval.value],
        Expr::BinaryOp { left, right, .. }
        | Expr::AnyOp { left, right, .. }
        | Expr::AllOp { left, right, .. }
        | Expr::IsDistinctFrom(left, right)
        | Expr::IsNotDistinctFrom(left, right) => vec![left, right],
        Expr::Nested(inner)
        | Expr::Cast { expr: inner, .. }
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner)
        | Expr::Extract { expr: inner, .. }
        | Expr::Ceil { expr: inner, .. }
        | Expr::Floor { expr: inner, .. }
        | Expr::Collate { expr: inner, .. } => vec![inner],
        Expr::Between { expr, low, high, .. } => vec![expr, low, high],
        Expr::In { expr, target: InTarget::List(list), .. } => one_and(expr, list),
        Expr::Like { expr, pattern, .. }
        | Expr::ILike { expr, pattern, .. }
        | Expr::SimilarTo { expr, pattern, .. } => vec![expr, pattern],
        Expr::Position { expr, r#in } => vec![expr, r#in],
        Expr::AtTimeZone { timestamp, time_zone } => vec![timestamp, time_zone],
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let places = [substring_from, substring_for].into_iter().flatten();
            one_and(expr, places.map(|place| &**place))
        }
        Expr::Trim { expr, trim_what, trim_characters, .. } => {
            let of = trim_what.iter().map(|what| &**what);
            one_and(expr, of.chain(trim_characters.iter().flatten()))
        }
        Expr::Function(function) => arguments(function).collect(),
        Expr::Array(array) => array.elem.iter().collect(),
        Expr::Tuple(list) => list.iter().collect(),
        Expr::Case { operand, conditions, else_result, .. } => {
            let around = operand.iter().chain(else_result).map(|part| &**part);
            let cases = conditions.iter().flat_map(|when| [&when.condition, &when.result]);
            around.chain(cases).collect()
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let place = |access| match access {
                &AccessExpr::Subscript(Subscript::Index { ref index }) => Some(index),
                _ => None,
            };
            let places: Option<Vec<&Expr>> = access_chain.iter().map(place).collect();
            one_and(root, places?)
        }
        _ => return None,
    })
}

fn one_and<'e>(one: &'e Expr, others: impl IntoIterator<Item = &'e Expr>) -> Vec<&'e Expr> {
    std::iter::once(one).chain(others).collect()
}
