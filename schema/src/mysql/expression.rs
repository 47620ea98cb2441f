//! Expressions that only MySQL has, or that only PostgreSQL has.

use sqlparser::ast::{CastKind, Expr};

use crate::fault::Fault;
use crate::mysql::fault;
use crate::query::{Checker, Scope, Type};

impl Checker<'_> {
    /// The type of an expression in which MySQL is different; none if it is not.
    pub(crate) fn only_in_mysql(
        &mut self,
        expr: &Expr,
        scope: &Scope<'_>,
    ) -> Result<Option<Type>, Fault> {
        match expr {
            Expr::Cast { kind: CastKind::DoubleColon, .. } => Err(fault::syntax("::")),
            Expr::Cast { expr, .. } | Expr::Convert { expr, .. } => {
                self.infer(expr, scope)?;
                Ok(Some(Type::Any))
            }
            Expr::Interval(interval) => {
                self.infer(&interval.value, scope)?;
                Ok(Some(Type::Any))
            }
            Expr::RLike { expr, pattern, .. } => {
                self.infer(expr, scope)?;
                self.infer(pattern, scope)?;
                Ok(Some(Type::Any))
            }
            Expr::Extract { expr, .. } | Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => {
                self.infer(expr, scope)?;
                Ok(Some(Type::Any))
            }
            Expr::TypedString(_) => Ok(Some(Type::Any)),
            Expr::ILike { .. } => Err(fault::syntax("ILIKE")),
            Expr::SimilarTo { .. } => Err(fault::syntax("SIMILAR TO")),
            Expr::Array(_) => Err(fault::syntax("ARRAY")),
            Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => {
                Err(fault::syntax("DISTINCT FROM"))
            }
            Expr::AtTimeZone { .. } => Fault::not_modelled(expr),
            _ => Ok(None),
        }
    }
}
