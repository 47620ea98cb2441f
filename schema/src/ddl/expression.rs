//! Expressions inside definitions: defaults, checks, generated columns.

use std::sync::Arc;

use sqlparser::ast::{BinaryOperator, Expr, InTarget};

use crate::catalog::{Check, Column, Default, Schema, ident};
use crate::ddl::written::{literal, written};
use crate::fault::{self, Fault};
use crate::query::{self, Checker, Scope, Type, parts, texts};

/// Functions that may give another value for every row; the server calls them volatile.
const VOLATILE: [&str; 14] = [
    "random",
    "clock_timestamp",
    "gen_random_uuid",
    "uuid_generate_v4",
    "nextval",
    "currval",
    "lastval",
    "setval",
    "set_config",
    "pg_sleep",
    "pg_advisory_lock",
    "pg_advisory_xact_lock",
    "pg_try_advisory_lock",
    "pg_advisory_unlock",
];

/// Reads a default, which must fit the column.
pub(super) fn default(schema: &Schema, column: &Column, value: &Expr) -> Result<Default, Fault> {
    if columns(value).is_ok_and(|columns| !columns.iter().all(|name| is_keyword(name))) {
        return Err(fault::default_column());
    }
    let sequence = match value {
        Expr::Function(function) => query::sequence_of(function),
        _ => None,
    };
    let ty = match sequence {
        Some(name) if !schema.has_sequence(&name) && schema.has_relation(&name) => {
            return Fault::not_modelled(format!(
                "a default that asks {name}, which is no sequence"
            ));
        }
        _ => Checker::new(schema).infer(value, &Scope::default())?,
    };
    match &ty {
        Type::Known(ty) if !ty.is_assignable(&column.ty) => {
            let (of, is) = (column.ty.in_messages(), ty.in_messages());
            return Err(fault::default_type(&column.name, of, is));
        }
        Type::Literal(text) => {
            if let Some(fault) = column.ty.refuses_text(text, schema) {
                return Err(fault);
            }
        }
        _ => {}
    }
    let text = match &ty {
        Type::Literal(text) => literal(text, &column.ty),
        _ => written(schema, value, &Scope::default()),
    };
    Ok(Default { text, volatile: is_volatile(value), null: ty == Type::Null })
}

/// Words that are values and look like columns.
pub(super) fn is_keyword(name: &str) -> bool {
    ["current_date", "current_timestamp", "localtimestamp", "current_user", "session_user", "user"]
        .contains(&name)
}

/// Whether each row may get another value (PG-22); of a form that is not known it is taken for granted.
pub(super) fn is_volatile(expr: &Expr) -> bool {
    let called = match expr {
        Expr::Function(function) => function.name.to_string().to_lowercase(),
        _ => String::new(),
    };
    let name = called.strip_prefix("pg_catalog.").unwrap_or(&called);
    VOLATILE.contains(&name) || parts(expr).is_none_or(|parts| parts.into_iter().any(is_volatile))
}

/// The columns that an expression over one row uses.
pub(crate) fn columns(expr: &Expr) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    collect(expr, &mut names)?;
    names.sort();
    names.dedup();
    Ok(names)
}

fn collect(expr: &Expr, names: &mut Vec<String>) -> Result<(), Fault> {
    match expr {
        Expr::Identifier(name) => names.push(ident(name)),
        Expr::CompoundIdentifier(parts) => names.extend(parts.last().map(ident)),
        _ => {}
    }
    match parts(expr) {
        Some(parts) => parts.into_iter().try_for_each(|part| collect(part, names)),
        None => Fault::not_modelled(expr),
    }
}

/// Reads a CHECK.
pub(crate) fn check(expr: &Expr) -> Result<Check, Fault> {
    let bare = without_parentheses(expr);
    let not_null = match bare {
        Expr::IsNotNull(inner) => single(inner),
        _ => None,
    };
    let one_of = match bare {
        Expr::In { expr, target: InTarget::List(list), negated: false, .. } => {
            single(expr).zip(texts(list))
        }
        // As pg_dump writes it.
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
            match without_parentheses(right) {
                Expr::Array(array) => single(left).zip(texts(&array.elem)),
                _ => None,
            }
        }
        _ => None,
    };
    let at_least = match bare {
        Expr::BinaryOp { left, op, right } => single(left).zip(bound(op, right)),
        _ => None,
    };
    let expr_columns = columns(expr)?;
    let (text, expr) = (expr.to_string(), Some(Arc::new(expr.clone())));
    Ok(Check { expr, text, columns: expr_columns, not_null, one_of, at_least })
}

/// The least whole number that a comparison lets pass.
fn bound(operator: &BinaryOperator, right: &Expr) -> Option<i128> {
    let number = query::integer(right)?;
    match operator {
        BinaryOperator::GtEq => Some(number),
        BinaryOperator::Gt => number.checked_add(1),
        _ => None,
    }
}

/// The expression inside parentheses and casts.
fn without_parentheses(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => without_parentheses(inner),
        other => other,
    }
}

fn single(expr: &Expr) -> Option<String> {
    if let Expr::Identifier(name) = without_parentheses(expr) { Some(ident(name)) } else { None }
}
