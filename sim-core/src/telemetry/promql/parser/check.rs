//! Whether what was parsed fits together: kinds and numbers of arguments, sides of operators.

use super::super::binary::{Binary, Many};
use super::super::call::Call;
use super::super::functions::{Function, Signature, is_label_name};
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

/// Labels that are written by a call, or read to be joined, must have names that labels may have.
pub(super) fn check_label_names(call: &Call) -> Parsed<()> {
    let sources = match call.function {
        Function::LabelReplace => 0,
        Function::LabelJoin => call.arguments.len(),
        _ => return Ok(()),
    };
    for (index, argument) in call.arguments.iter().enumerate() {
        let role = match index {
            1 => "destination",
            3.. if index < sources => "source",
            _ => continue,
        };
        if let Expr::Text(column, label) = argument
            && !is_label_name(label)
        {
            let message = format!("invalid {role} label name in {}(): {label}", call.name);
            return Err(QueryError::new(*column, message));
        }
    }
    Ok(())
}

/// A binary expression whose sides and modifiers fit its operator, which stands at `place`.
pub(super) fn checked_binary(mut binary: Binary, place: u32) -> Parsed<Expr> {
    let (left, right) = (binary.left.kind(), binary.right.kind());
    let Binary { column, operator, returns_bool, ref matching, .. } = binary;
    let is_scalar = [left, right] == [Kind::Scalar, Kind::Scalar];
    let has_scalar = left == Kind::Scalar || right == Kind::Scalar;
    let word = operator.word();
    let wrong = |kind: &Kind| matches!(kind, Kind::Matrix | Kind::String);
    let (column, message) = if wrong(&left) || wrong(&right) {
        let place = if wrong(&left) { column } else { binary.right.column() };
        let message = "binary expression must contain only scalar and instant vector types";
        (place, message.to_owned())
    } else if returns_bool && !operator.is_comparison() {
        (place, "bool modifier can only be used on comparison operators".to_owned())
    } else if operator.is_comparison() && is_scalar && !returns_bool {
        (place, "comparisons between scalars must use BOOL modifier".to_owned())
    } else if operator.is_set() && has_scalar {
        (column, format!("set operator {word:?} not allowed in binary scalar expression"))
    } else if operator.is_set() && matching.many != Many::Neither {
        (column, format!("no grouping allowed for {word:?} operation"))
    } else if has_scalar && (!matching.labels.is_empty() || matching.many != Many::Neither) {
        (column, "vector matching only allowed between instant vectors".to_owned())
    } else {
        binary.kind = if is_scalar { Kind::Scalar } else { Kind::Vector };
        return Ok(Expr::Binary(Box::new(binary)));
    };
    Err(QueryError::new(column, message))
}
