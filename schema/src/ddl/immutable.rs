//! Whether an expression always makes the same of the same row, as indexes and generated columns need
//! (PG-06): what depends on the time, the time zone or the way in which dates are written does not.

use sqlparser::ast::{BinaryOperator, Expr};

use crate::catalog::Schema;
use crate::ddl::expression::{is_keyword, is_volatile};
use crate::fault::Fault;
use crate::query::{Checker, Scope, Type, parts};
use crate::types::SqlType;

/// Functions that depend on more than their arguments, whatever these are; the server calls them stable.
const STABLE: [&str; 29] = [
    "now",
    "statement_timestamp",
    "transaction_timestamp",
    "current_timestamp",
    "localtimestamp",
    "current_date",
    "current_time",
    "localtime",
    "current_user",
    "session_user",
    "current_setting",
    "version",
    "pg_backend_pid",
    "to_char",
    "to_date",
    "concat",
    "concat_ws",
    "format",
    "array_to_string",
    "to_json",
    "to_jsonb",
    "row_to_json",
    "json_build_object",
    "json_build_array",
    "jsonb_build_object",
    "jsonb_build_array",
    "unnest",
    "generate_series",
    "row",
];

/// Whether it does, over one row of what is in sight.
pub(super) fn is_immutable(schema: &Schema, expr: &Expr, scope: &Scope<'_>) -> Result<bool, Fault> {
    let of = |expr: &Expr| {
        Ok(match Checker::new(schema).infer(expr, scope)? {
            Type::Known(ty) => Some(ty),
            _ => None,
        })
    };
    let depends = match expr {
        Expr::Identifier(name) => {
            name.quote_style.is_none() && is_keyword(&name.value.to_lowercase())
        }
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            let arguments = parts(expr).unwrap_or_default();
            let types = arguments.into_iter().map(of).collect::<Result<Vec<_>, Fault>>()?;
            is_volatile(expr) || is_stable(&name, &types)
        }
        Expr::Cast { expr, data_type, .. } => {
            let to = SqlType::read(data_type, schema)?;
            of(expr)?.is_some_and(|from| converts_by_setting(&from, &to))
        }
        Expr::BinaryOp { left, op, right } => match (of(left)?, of(right)?) {
            (Some(left), Some(right)) => combines_by_setting(&left, op, &right),
            _ => false,
        },
        Expr::Extract { expr, .. } => of(expr)? == Some(SqlType::Timestamptz),
        Expr::AtTimeZone { timestamp, .. } => of(timestamp)? == Some(SqlType::Date),
        _ => false,
    };
    if depends {
        return Ok(false);
    }
    let inside = parts(expr).unwrap_or_default();
    inside.into_iter().try_fold(true, |all, part| Ok(all && is_immutable(schema, part, scope)?))
}

fn is_stable(name: &str, types: &[Option<SqlType>]) -> bool {
    use SqlType::{Date, Timestamptz};
    let has = |ty: &SqlType| types.contains(&Some(ty.clone()));
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    match name {
        // A date becomes a moment of the time zone first.
        "date_trunc" => has(&Timestamptz) || has(&Date),
        "date_part" => has(&Timestamptz),
        "age" => types.len() == 1,
        "to_timestamp" => types.len() == 2,
        _ => STABLE.contains(&name),
    }
}

/// Whether a cast depends on the time zone, or on how dates and labels are written.
fn converts_by_setting(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{Date, Enum, Interval, Timestamp, Timestamptz};
    let is_written =
        |ty: &SqlType| matches!(ty, Date | Timestamp | Timestamptz | Interval | Enum(_));
    match (from, to) {
        (from, to) if from == to => false,
        (from, to) if from.is_text() => is_written(to),
        (from, to) if to.is_text() => is_written(from),
        (Timestamptz, _) | (Date | Timestamp, Timestamptz) => true,
        _ => false,
    }
}

fn combines_by_setting(left: &SqlType, operator: &BinaryOperator, right: &SqlType) -> bool {
    use SqlType::{Interval, Timestamptz};
    let is_zoned = |ty: &SqlType| *ty == Timestamptz;
    match operator {
        BinaryOperator::StringConcat if left.is_text() => converts_by_setting(right, left),
        BinaryOperator::StringConcat => right.is_text() && converts_by_setting(left, right),
        _ if is_zoned(left) && is_zoned(right) => false,
        _ if is_zoned(left) || is_zoned(right) => {
            [left, right].into_iter().any(|ty| *ty == Interval || ty.is_moment() && !is_zoned(ty))
        }
        _ => false,
    }
}
