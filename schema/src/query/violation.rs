//! What is found when a row is stored: nulls, and checks that literals break.

use std::collections::BTreeMap;

use sqlparser::ast::{Expr, Value};

use crate::catalog::{Check, Column, ConstraintKind, Table};
use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::query::{Given, Type};

/// What is found when the row is stored: nulls first, in the order of the columns, then checks.
pub(super) fn violations(
    name: &str,
    table: &Table,
    given: &BTreeMap<&str, &Given>,
    new: bool,
) -> Result<(), Fault> {
    if table.has_triggers {
        return Fault::not_modelled(format!("writing to {name}, which has a trigger"));
    }
    for column in table.columns.iter().filter(|column| !column.nullable) {
        let is_null = match given.get(column.name.as_str()) {
            Some(Given::Value(value)) => *value == Type::Null,
            Some(Given::Number(..)) => false,
            Some(Given::Default) => !column.may_be_left_out(),
            None => new && !column.may_be_left_out(),
        };
        if is_null {
            return Err(fault::null_in(&column.name, name));
        }
    }
    match broken_check(Engine::Postgresql, table, given, new)? {
        Some(constraint) => Err(fault::check_violated(constraint, name)),
        None => Ok(()),
    }
}

/// The name of the first check that what is given breaks, as far as literals tell.
pub(crate) fn broken_check<'t>(
    engine: Engine,
    table: &'t Table,
    given: &BTreeMap<&str, &Given>,
    new: bool,
) -> Result<Option<&'t str>, Fault> {
    for constraint in &table.constraints {
        let ConstraintKind::Check(check) = &constraint.kind else { continue };
        // Parameters have values that fit; everything else would have to be computed.
        let computed = |column: &String| match given.get(column.as_str()) {
            Some(Given::Value(Type::Parameter)) => false,
            Some(_) => true,
            None => new,
        };
        if !check.is_plain() && check.columns.iter().any(computed) {
            return Fault::not_modelled(format!("the check {} of these values", constraint.name));
        }
    }
    let broken = table.constraints.iter().filter(|constraint| match &constraint.kind {
        ConstraintKind::Check(check) => breaks(engine, check, table, given, new),
        _ => false,
    });
    // PostgreSQL goes by their names.
    let mut names = broken.map(|constraint| constraint.name.as_str());
    Ok(if engine == Engine::Postgresql { names.min() } else { names.next() })
}

/// Whether what is given breaks a check, as far as literals tell.
fn breaks(
    engine: Engine,
    check: &Check,
    table: &Table,
    given: &BTreeMap<&str, &Given>,
    new: bool,
) -> bool {
    let value = |column: &str| given.get(column).copied();
    // MySQL's usual collations know no case.
    let is = |one: &str, other: &str| match engine {
        Engine::Postgresql => one == other,
        Engine::Mysql => one.to_lowercase() == other.to_lowercase(),
    };
    let odd = check.one_of.as_ref().is_some_and(|(column, texts)| {
        matches!(value(column), Some(Given::Value(Type::Literal(text)))
            if !texts.iter().any(|known| is(known, text)))
    });
    let small = check.at_least.as_ref().is_some_and(
        |(column, least)| matches!(value(column), Some(Given::Number(_, number)) if number < least),
    );
    let null = check.not_null.as_ref().is_some_and(|column| match value(column) {
        Some(Given::Value(value)) => *value == Type::Null,
        Some(Given::Default | Given::Number(..)) => false,
        None => {
            let empty = |column: &Column| {
                column.generated.is_none() && column.default.as_ref().is_none_or(|d| d.null)
            };
            new && table.column(column).is_some_and(empty)
        }
    });
    odd || small || null
}

/// The texts of a list of literals, for checks of the form `column IN ('a', 'b')`.
pub(crate) fn texts(list: &[Expr]) -> Option<Vec<String>> {
    fn bare(expr: &Expr) -> &Expr {
        if let Expr::Cast { expr, .. } | Expr::Nested(expr) = expr { bare(expr) } else { expr }
    }
    let text = |expr: &Expr| match bare(expr) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    list.iter().map(text).collect()
}
