//! How many rows a batch of a backfill changes (EC-5).

use std::collections::BTreeMap;

use sqlparser::ast::{BinaryOperator, Expr};

use crate::catalog::{Table, ident};
use crate::query::integer;

/// How many rows a condition selects at most that says from which to which whole number a key goes, as a
/// batch of a backfill does (EC-5).
pub(crate) fn rows(table: &Table, condition: &Expr) -> Option<u64> {
    let mut bounds: BTreeMap<String, (Option<i128>, Option<i128>)> = BTreeMap::new();
    let mut parts = vec![condition];
    while let Some(part) = parts.pop() {
        match part {
            Expr::Nested(inner) => parts.push(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                parts.extend([&**left, &**right]);
            }
            Expr::Between { expr, negated: false, low, high } => {
                if let Expr::Identifier(name) = &**expr {
                    bounds.insert(ident(name), (integer(low), integer(high)));
                }
            }
            Expr::BinaryOp { left, op, right } => {
                let Expr::Identifier(name) = &**left else { continue };
                let Some(number) = integer(right) else { continue };
                let (least, most) = bounds.entry(ident(name)).or_default();
                match op {
                    BinaryOperator::Gt => *least = Some(number.saturating_add(1)),
                    BinaryOperator::GtEq => *least = Some(number),
                    BinaryOperator::Lt => *most = Some(number.saturating_sub(1)),
                    BinaryOperator::LtEq => *most = Some(number),
                    BinaryOperator::Eq => (*least, *most) = (Some(number), Some(number)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let is_key = |name: &String| {
        let mut keys = table.indexes.iter().filter(|index| index.unique && index.valid);
        keys.any(|index| !index.partial && index.columns == [name.as_str()])
    };
    let of_key = bounds.into_iter().filter(|(name, _)| is_key(name));
    let counts = of_key.filter_map(|(_, (least, most))| {
        let count = most?.saturating_sub(least?).saturating_add(1);
        Some(u64::try_from(count).unwrap_or(if count < 0 { 0 } else { u64::MAX }))
    });
    counts.min()
}
