//! Expressions as the server writes them back, in `\d` among others: with the types of their literals and the
//! casts that it has put in, and no more parentheses than needed (`pg_get_expr`).

use sqlparser::ast::{
    BinaryOperator as Op, Expr, FunctionArguments, InTarget, UnaryOperator, Value,
};

use crate::catalog::{Default, Schema, ident, quoted};
use crate::ddl::expression::is_keyword;
use crate::query::{Checker, Scope, Type, arguments, parts, sequence_of};
use crate::types::SqlType;

/// Expressions that are deeper stay as they were written: a stack has its end.
const DEPTH_MAX: u32 = 40;

/// An expression over what is in sight. One of a form that is not known stays as it was written.
pub(super) fn written(schema: &Schema, expr: &Expr, scope: &Scope<'_>) -> String {
    let text = if is_deep(expr) { None } else { Writer { schema, scope }.write(expr, None) };
    text.unwrap_or_else(|| expr.to_string())
}

fn is_deep(expr: &Expr) -> bool {
    let mut open = vec![(expr, 0)];
    while let Some((expr, depth)) = open.pop() {
        if DEPTH_MAX < depth {
            return true;
        }
        open.extend(parts(expr).into_iter().flatten().map(|part| (part, depth + 1)));
    }
    false
}

/// Whether what was written back has this column in it.
pub(super) fn mentions(text: &str, column: &str) -> bool {
    renamed(text, column, "") != text
}

/// The same after a column has got another name.
pub(super) fn renamed(text: &str, from: &str, to: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
    let (from, to) = (quoted(from), quoted(to));
    let (mut out, mut rest, mut literal) = (String::new(), text, false);
    while let Some(first) = rest.chars().next() {
        let length = match is_part(first) && !literal {
            true => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        literal ^= first == '\'';
        let is_column = word == from && !after.starts_with('(') && !out.ends_with("::");
        out.push_str(if is_column { &to } else { word });
        rest = after;
    }
    out
}

/// A literal with the type that it has got.
pub(super) fn literal(text: &str, ty: &SqlType) -> String {
    match ty {
        SqlType::Int4 => text.trim().to_owned(),
        SqlType::Bool => {
            let begins = text.trim().to_lowercase();
            let is_true = ["t", "y", "1", "on"].iter().any(|yes| begins.starts_with(yes));
            is_true.to_string()
        }
        _ => format!("'{}'::{}", text.replace('\'', "''"), ty.in_expressions()),
    }
}

struct Writer<'w> {
    schema: &'w Schema,
    scope: &'w Scope<'w>,
}

impl Writer<'_> {
    fn infer(&self, expr: &Expr) -> Type {
        Checker::new(self.schema).infer(expr, self.scope).unwrap_or(Type::Any)
    }

    /// `wanted` is what the server makes of it.
    fn write(&self, expr: &Expr, wanted: Option<&SqlType>) -> Option<String> {
        match bare(expr) {
            Expr::Value(value) => match (&value.value, wanted) {
                (Value::SingleQuotedString(text), Some(wanted)) => Some(literal(text, wanted)),
                (Value::Number(..) | Value::Boolean(_), _) => {
                    self.cast(expr, value.to_string(), wanted)
                }
                _ => None,
            },
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } if is_number(inner) => {
                self.negative(expr, inner, wanted)
            }
            Expr::Identifier(_) | Expr::Function(_) | Expr::Cast { .. } => {
                self.value(bare(expr)).and_then(|text| self.cast(expr, text, wanted))
            }
            other => self.predicate(other),
        }
    }

    /// A value of another type than is wanted is cast to that.
    fn cast(&self, expr: &Expr, text: String, wanted: Option<&SqlType>) -> Option<String> {
        Some(match (self.infer(expr), wanted) {
            (Type::Known(own), Some(wanted)) if own.plain() != wanted.plain() => {
                format!("{text}::{}", wanted.in_expressions())
            }
            _ => text,
        })
    }

    fn negative(&self, expr: &Expr, number: &Expr, wanted: Option<&SqlType>) -> Option<String> {
        let Type::Known(own) = self.infer(expr) else { return None };
        let to = wanted.filter(|wanted| !own.is_integer() || !wanted.is_integer());
        Some(format!("'-{number}'::{}", to.unwrap_or(&own).in_expressions()))
    }

    /// Columns, keywords, calls and casts.
    fn value(&self, expr: &Expr) -> Option<String> {
        Some(match expr {
            Expr::Identifier(name) if is_keyword(&ident(name)) => name.value.to_uppercase(),
            Expr::Identifier(name) => quoted(&ident(name)),
            Expr::Function(function) if function.args == FunctionArguments::None => {
                function.to_string().to_uppercase()
            }
            Expr::Function(function) => {
                if let Some(sequence) = sequence_of(function) {
                    return Some(Default::sequence(&sequence).text);
                }
                let name = function.name.to_string().to_lowercase();
                let takes = |ty: Type| match ty {
                    Type::Known(SqlType::Varchar(_)) | Type::Literal(_) => Some(SqlType::Text),
                    _ => None,
                };
                let inside =
                    arguments(function).map(|one| self.write(one, takes(self.infer(one)).as_ref()));
                let inside = inside.collect::<Option<Vec<_>>>()?.join(", ");
                let name = if name == "coalesce" { name.to_uppercase() } else { name };
                format!("{name}({inside})")
            }
            Expr::Cast { expr: inner, data_type, .. } => {
                let to = SqlType::read(data_type, self.schema).ok()?;
                if let Expr::Value(value) = bare(inner)
                    && let Value::SingleQuotedString(text) = &value.value
                {
                    return Some(literal(text, &to));
                }
                format!("{}::{to}", self.operand(inner, None)?)
            }
            _ => return None,
        })
    }

    /// What is true or false, and sums.
    fn predicate(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::BinaryOp { left, op, right } => self.operation(left, op, right),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                let inner = self.write(expr, None)?;
                let is_joined = matches!(bare(expr), Expr::BinaryOp { op: Op::And | Op::Or, .. });
                Some(if is_joined { format!("NOT ({inner})") } else { format!("NOT {inner}") })
            }
            Expr::IsNull(inner) => Some(format!("{} IS NULL", self.operand(inner, None)?)),
            Expr::IsNotNull(inner) => Some(format!("{} IS NOT NULL", self.operand(inner, None)?)),
            Expr::In { expr, target: InTarget::List(list), negated, .. } => {
                self.one_of(expr, list, *negated)
            }
            Expr::AnyOp { left, compare_op: Op::Eq, right, .. } => match bare(right) {
                Expr::Array(array) => self.one_of(left, &array.elem, false),
                _ => None,
            },
            Expr::Between { expr, negated, low, high } => {
                let [from, to] = if *negated { [Op::Lt, Op::Gt] } else { [Op::GtEq, Op::LtEq] };
                let word = if *negated { "OR" } else { "AND" };
                let from = self.operation(expr, &from, low)?;
                Some(format!("{from} {word} {}", self.operation(expr, &to, high)?))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
                let op = if *negated { "!~~" } else { "~~" };
                let text = Some(&SqlType::Text);
                let (left, right) = (self.operand(expr, text)?, self.write(pattern, text)?);
                Some(format!("{left} {op} {right}"))
            }
            _ => None,
        }
    }

    /// With parentheses, unless it holds together by itself.
    fn operand(&self, expr: &Expr, wanted: Option<&SqlType>) -> Option<String> {
        let text = self.write(expr, wanted)?;
        let is_simple = match bare(expr) {
            Expr::BinaryOp { .. } | Expr::In { .. } | Expr::Between { .. } | Expr::Like { .. } => {
                false
            }
            Expr::UnaryOp { op, .. } => *op != UnaryOperator::Not,
            _ => true,
        };
        Some(if is_simple { text } else { format!("({text})") })
    }

    fn operation(&self, left: &Expr, op: &Op, right: &Expr) -> Option<String> {
        let joined = |expr: &Expr| {
            let text = self.write(expr, None)?;
            let breaks = *op == Op::And && matches!(bare(expr), Expr::BinaryOp { op: Op::Or, .. });
            Some(if breaks { format!("({text})") } else { text })
        };
        let compares = matches!(op, Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq);
        let adds = matches!(op, Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo);
        let (left, right) = match op {
            Op::And | Op::Or => (joined(left)?, joined(right)?),
            Op::StringConcat => {
                let text = Some(&SqlType::Text);
                (self.operand(left, text)?, self.operand(right, text)?)
            }
            _ if compares || adds => {
                let to = common(&self.infer(left), &self.infer(right));
                (self.operand(left, to.as_ref())?, self.operand(right, to.as_ref())?)
            }
            _ => return None,
        };
        Some(format!("{left} {op} {right}"))
    }

    /// A list is an array to the server.
    fn one_of(&self, expr: &Expr, list: &[Expr], negated: bool) -> Option<String> {
        if let [only] = list {
            let op = if negated { Op::NotEq } else { Op::Eq };
            return self.operation(expr, &op, only);
        }
        let Type::Known(ty) = self.infer(expr) else { return None };
        let is_varchar = matches!(ty, SqlType::Varchar(_));
        let elements = list.iter().map(|one| self.write(bare(one), Some(&ty)));
        let elements = elements.collect::<Option<Vec<_>>>()?.join(", ");
        let left = self.operand(expr, is_varchar.then_some(&SqlType::Text))?;
        let cast = if is_varchar { "::text[]" } else { "" };
        let any = if negated { "<> ALL" } else { "= ANY" };
        Some(format!("{left} {any} (ARRAY[{elements}]{cast})"))
    }
}

fn bare(expr: &Expr) -> &Expr {
    if let Expr::Nested(inner) = expr { bare(inner) } else { expr }
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..)))
}

/// The type in which the server compares two values, or computes with them; none if each stays what it is.
fn common(left: &Type, right: &Type) -> Option<SqlType> {
    let of = |known: &SqlType| match known {
        SqlType::Varchar(_) => SqlType::Text,
        other => other.plain(),
    };
    match (left, right) {
        (Type::Known(a), Type::Known(b)) if a.is_integer() && b.is_integer() => None,
        (Type::Known(a), Type::Known(b)) if a.is_number() && b.is_number() => {
            let is_float = |ty: &SqlType| matches!(ty, SqlType::Float4 | SqlType::Float8);
            let wide =
                if is_float(a) || is_float(b) { SqlType::Float8 } else { SqlType::Numeric(None) };
            Some(wide)
        }
        (Type::Known(a), Type::Known(b)) if a.is_text() && b.is_text() => Some(SqlType::Text),
        (Type::Known(known), Type::Literal(_)) | (Type::Literal(_), Type::Known(known)) => {
            Some(of(known))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_name_is_written_where_the_old_one_is_a_column() {
        for (text, renamed_text) in [
            ("note <> ''::text", "remark <> ''::text"),
            ("lower(note)", "lower(remark)"),
            ("note(note)", "note(remark)"),
            ("x = 'note'::note", "x = 'note'::note"),
            ("x = 'it''s note'::text AND note", "x = 'it''s note'::text AND remark"),
            ("notes > 1", "notes > 1"),
        ] {
            assert_eq!(renamed(text, "note", "remark"), renamed_text);
        }
        assert_eq!(renamed("note > 1", "note", "Note"), "\"Note\" > 1");
        assert_eq!(renamed("\"Note\" > 1", "Note", "note"), "note > 1");
    }

    #[test]
    fn literals_are_written_with_their_types() {
        let rows = [
            ("7", SqlType::Int4, "7"),
            ("7", SqlType::Int8, "'7'::bigint"),
            ("yes", SqlType::Bool, "true"),
            ("off", SqlType::Bool, "false"),
            ("it's", SqlType::Varchar(Some(9)), "'it''s'::character varying"),
            ("abc", SqlType::Char(3), "'abc'::bpchar"),
        ];
        for (text, ty, expected) in rows {
            assert_eq!(literal(text, &ty), expected);
        }
    }
}
