//! Whether what was parsed fits together: kinds and numbers of arguments, sides of operators.

use super::super::binary::{Binary, Many};
use super::super::functions::Signature;
use super::super::{Expr, Kind, QueryError};
use super::Parsed;

pub(super) fn check_kind(expr: &Expr, wanted: Kind, place: &str) -> Parsed<()> {
    let kind = expr.kind();
    if kind == wanted {
        return Ok(());
    }
    Err(QueryError::new(expr.column(), format!("expected type {wanted} in {place}, got {kind}")))
}

pub(super) fn check_arguments(
    signature: &Signature,
    arguments: &[Expr],
    column: u32,
) -> Parsed<()> {
    let Signature { name, arguments: wanted, optional, repeats, .. } = signature;
    let (least, most) = (wanted.len() - optional, wanted.len());
    let count = arguments.len();
    let bound = match () {
        () if count < least && (0 < *optional) => format!("at least {least}"),
        () if count < least || (most < count && *optional == 0) => format!("{least}"),
        () if most < count && !repeats => format!("at most {most}"),
        () => {
            for (index, argument) in arguments.iter().enumerate() {
                let place = format!("call to function {name:?}");
                check_kind(argument, wanted[index.min(most - 1)], &place)?;
            }
            return Ok(());
        }
    };
    let message = format!("expected {bound} argument(s) in call to {name:?}, got {count}");
    Err(QueryError::new(column, message))
}

/// A binary expression whose sides and modifiers fit its operator.
pub(super) fn checked_binary(mut binary: Binary) -> Parsed<Expr> {
    let (left, right) = (binary.left.kind(), binary.right.kind());
    let Binary { column, operator, returns_bool, ref matching, .. } = binary;
    let is_scalar = [left, right] == [Kind::Scalar, Kind::Scalar];
    let has_scalar = left == Kind::Scalar || right == Kind::Scalar;
    let wrong = if [left, right].iter().any(|kind| matches!(kind, Kind::Matrix | Kind::String)) {
        "binary expression must contain only scalar and instant vector types"
    } else if returns_bool && !operator.is_comparison() {
        "bool modifier can only be used on comparison operators"
    } else if operator.is_comparison() && is_scalar && !returns_bool {
        "comparisons between scalars must use BOOL modifier"
    } else if operator.is_set() && has_scalar {
        "set operators are not allowed in binary scalar expression"
    } else if operator.is_set() && matching.many != Many::Neither {
        "no grouping allowed for set operations"
    } else if has_scalar && (!matching.labels.is_empty() || matching.many != Many::Neither) {
        "vector matching only allowed between instant vectors"
    } else {
        binary.kind = if is_scalar { Kind::Scalar } else { Kind::Vector };
        return Ok(Expr::Binary(Box::new(binary)));
    };
    Err(QueryError::new(column, wrong))
}
