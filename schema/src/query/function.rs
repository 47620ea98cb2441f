//! Functions whose results are known by type.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::mysql;
use crate::query::compare::reads;
use crate::query::{Checker, Scope, Type};
use crate::types::SqlType;

/// Functions that gather rows.
const AGGREGATES: [&str; 18] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "bool_and",
    "bool_or",
    "every",
    "string_agg",
    "array_agg",
    "json_agg",
    "jsonb_agg",
    "json_object_agg",
    "jsonb_object_agg",
    "stddev",
    "variance",
    "percentile_cont",
    "mode",
];

/// Functions whose arguments must be of one type.
const ALIKE: [&str; 4] = ["coalesce", "greatest", "least", "nullif"];

/// Functions of numbers and intervals.
const OF_NUMBERS: [&str; 10] =
    ["sum", "avg", "stddev", "variance", "abs", "round", "ceil", "ceiling", "floor", "sqrt"];

/// Functions of texts.
const OF_TEXT: [&str; 20] = [
    "lower",
    "upper",
    "length",
    "initcap",
    "trim",
    "btrim",
    "ltrim",
    "rtrim",
    "replace",
    "left",
    "right",
    "lpad",
    "rpad",
    "substr",
    "substring",
    "split_part",
    "md5",
    "reverse",
    "char_length",
    "string_agg",
];

/// Functions whose result is of the type of their first argument.
const SAME: [&str; 15] = [
    "coalesce",
    "greatest",
    "least",
    "nullif",
    "min",
    "max",
    "abs",
    "round",
    "ceil",
    "ceiling",
    "floor",
    "lag",
    "lead",
    "first_value",
    "last_value",
];

/// Whether a call gathers rows: an aggregate without OVER.
pub(super) fn is_aggregate(function: &Function) -> bool {
    let name = function.name.to_string().to_lowercase();
    function.over.is_none()
        && (AGGREGATES.contains(&name.as_str())
            || mysql::function::AGGREGATES.contains(&name.as_str()))
}

/// Functions by the type of their result.
const RESULTS: &[(SqlType, &[&str])] = &[
    (
        SqlType::Int8,
        &[
            "count",
            "nextval",
            "currval",
            "row_number",
            "rank",
            "dense_rank",
            "ntile",
            "lastval",
            "setval",
        ],
    ),
    (
        SqlType::Timestamptz,
        &[
            "now",
            "clock_timestamp",
            "statement_timestamp",
            "transaction_timestamp",
            "current_timestamp",
            "to_timestamp",
        ],
    ),
    (SqlType::Timestamp, &["localtimestamp"]),
    (SqlType::Date, &["current_date", "to_date"]),
    (SqlType::Time, &["current_time", "localtime"]),
    (
        SqlType::Float8,
        &["random", "power", "sqrt", "ln", "exp", "log", "date_part", "percentile_cont"],
    ),
    (SqlType::Uuid, &["gen_random_uuid", "uuid_generate_v4"]),
    (
        SqlType::Text,
        &[
            "lower",
            "upper",
            "concat",
            "concat_ws",
            "trim",
            "btrim",
            "ltrim",
            "rtrim",
            "replace",
            "left",
            "right",
            "lpad",
            "rpad",
            "substr",
            "substring",
            "initcap",
            "split_part",
            "to_char",
            "md5",
            "string_agg",
            "reverse",
            "repeat",
            "format",
            "encode",
            "regexp_replace",
            "current_user",
            "session_user",
            "current_setting",
            "set_config",
            "quote_literal",
            "quote_ident",
            "array_to_string",
            "json_extract_path_text",
            "jsonb_extract_path_text",
            "translate",
            "chr",
            "version",
        ],
    ),
    (
        SqlType::Int4,
        &[
            "length",
            "char_length",
            "character_length",
            "octet_length",
            "strpos",
            "position",
            "ascii",
            "cardinality",
            "array_length",
            "jsonb_array_length",
            "json_array_length",
            "pg_backend_pid",
            "bit_length",
        ],
    ),
    (
        SqlType::Bool,
        &[
            "bool_and",
            "bool_or",
            "every",
            "starts_with",
            "pg_try_advisory_lock",
            "pg_advisory_unlock",
            "jsonb_exists",
        ],
    ),
    (
        SqlType::Json,
        &[
            "json_agg",
            "json_build_object",
            "json_object_agg",
            "row_to_json",
            "to_json",
            "json_build_array",
        ],
    ),
    (
        SqlType::Jsonb,
        &[
            "jsonb_agg",
            "jsonb_build_object",
            "jsonb_object_agg",
            "to_jsonb",
            "jsonb_set",
            "jsonb_build_array",
            "jsonb_strip_nulls",
        ],
    ),
    (SqlType::Interval, &["age", "make_interval"]),
];

/// Functions that exist and whose result is not modelled.
const OPAQUE: [&str; 13] = [
    "date_trunc",
    "array_agg",
    "mod",
    "div",
    "sign",
    "trunc",
    "unnest",
    "mode",
    "pg_sleep",
    "pg_advisory_lock",
    "pg_advisory_xact_lock",
    "generate_series",
    "row",
];

/// The type of a function's result, by its name and the type of its first argument.
fn result(name: &str, first: Option<&Type>) -> Option<Type> {
    let first = match first {
        Some(Type::Known(ty)) => Some(ty),
        _ => None,
    };
    if SAME.contains(&name) {
        return Some(first.map_or(Type::Any, |ty| Type::Known(ty.clone())));
    }
    match (name, first) {
        ("sum", Some(SqlType::Int2 | SqlType::Int4)) => return Some(Type::Known(SqlType::Int8)),
        ("sum", Some(SqlType::Int8)) => return Some(Type::Known(SqlType::Numeric(None))),
        ("sum", ty) => return Some(ty.map_or(Type::Any, |ty| Type::Known(ty.clone()))),
        ("avg" | "stddev" | "variance", Some(SqlType::Float4 | SqlType::Float8)) => {
            return Some(Type::Known(SqlType::Float8));
        }
        ("avg", Some(SqlType::Interval)) => return Some(Type::Known(SqlType::Interval)),
        ("avg" | "stddev" | "variance", _) => return Some(Type::Known(SqlType::Numeric(None))),
        _ => {}
    }
    let known = RESULTS.iter().find(|(_, names)| names.contains(&name));
    match known {
        Some((ty, _)) => Some(Type::Known(ty.clone())),
        None => OPAQUE.contains(&name).then_some(Type::Any),
    }
}

impl Checker<'_> {
    pub(super) fn function(
        &mut self,
        function: &Function,
        scope: &Scope<'_>,
    ) -> Result<Type, Fault> {
        if self.engine == Engine::Mysql {
            return self.mysql_function(function, scope);
        }
        let name = function.name.to_string().to_lowercase();
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        let mut types = Vec::new();
        match &function.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => drop(self.query(query, scope)?),
            FunctionArguments::List(list) => {
                for argument in &list.args {
                    types.extend(self.argument(argument, scope)?);
                }
            }
        }
        if let Some(filter) = &function.filter {
            self.condition(filter, "FILTER", scope)?;
        }
        for order in &function.within_group {
            self.infer(&order.expr, scope)?;
        }
        self.takes(name, &types)?;
        if let Some(sequence) = sequence_of(function) {
            self.finds_sequence(&sequence)?;
        }
        match result(name, types.first()) {
            Some(ty) => Ok(ty),
            None => Fault::not_modelled(format!("the function {name}()")),
        }
    }

    fn finds_sequence(&self, name: &str) -> Result<(), Fault> {
        let schema = self.schema;
        match schema.has_relation(name) {
            _ if schema.has_sequence(name) || schema.opaque.contains_key(name) => Ok(()),
            true => Err(fault::not_a_sequence(name)),
            false => Err(fault::undefined_table(name)),
        }
    }

    /// Whether a function takes these arguments.
    fn takes(&self, called: &str, types: &[Type]) -> Result<(), Fault> {
        let name = called.strip_prefix("pg_catalog.").unwrap_or(called);
        if ALIKE.contains(&name) {
            return self.alike(&name.to_uppercase(), types);
        }
        let Some(Type::Known(ty)) = types.first() else { return Ok(()) };
        let takes = if OF_NUMBERS.contains(&name) {
            ty.is_number() || *ty == SqlType::Interval
        } else if OF_TEXT.contains(&name) {
            ty.is_text() || matches!(ty, SqlType::Bytea | SqlType::Other(_))
        } else if ["min", "max"].contains(&name) {
            use SqlType::{Bool, Bytea, Json, Jsonb, Uuid};
            !matches!(ty, Bool | Bytea | Json | Jsonb | Uuid)
        } else {
            true
        };
        if takes {
            return Ok(());
        }
        let types = types.iter().map(|ty| match ty {
            Type::Known(ty) => ty.in_messages(),
            _ => "unknown".to_owned(),
        });
        Err(fault::no_function(called, types.collect::<Vec<_>>().join(", ")))
    }

    /// Whether some values are of one type, as those of a CASE must be.
    pub(super) fn alike(&self, of: &str, types: &[Type]) -> Result<(), Fault> {
        let Some((first, others)) = types.split_first() else { return Ok(()) };
        others.iter().try_for_each(|other| match (first, other) {
            (Type::Known(a), Type::Known(b)) if !a.is_comparable(b) && a != b => {
                Err(fault::no_common_type(of, a.in_messages(), b.in_messages()))
            }
            (Type::Known(ty), Type::Literal(text)) | (Type::Literal(text), Type::Known(ty)) => {
                reads(self.schema, ty, text)
            }
            _ => Ok(()),
        })
    }

    /// Expressions that a function of texts takes.
    pub(super) fn of_text<'e>(
        &mut self,
        name: &str,
        arguments: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
    ) -> Result<(), Fault> {
        let types = arguments.into_iter().map(|expr| self.infer(expr, scope));
        let types = types.collect::<Result<Vec<_>, Fault>>()?;
        if self.engine == Engine::Postgresql { self.takes(name, &types) } else { Ok(()) }
    }

    pub(crate) fn argument(
        &mut self,
        argument: &FunctionArg,
        scope: &Scope<'_>,
    ) -> Result<Option<Type>, Fault> {
        let argument = match argument {
            FunctionArg::Unnamed(argument)
            | FunctionArg::Named { arg: argument, .. }
            | FunctionArg::ExprNamed { arg: argument, .. } => argument,
        };
        match argument {
            FunctionArgExpr::Expr(expr) => self.infer(expr, scope).map(Some),
            FunctionArgExpr::Wildcard => Ok(None),
            _ => Fault::not_modelled(argument),
        }
    }
}

/// The sequence that a call names by a literal: `nextval('orders_id_seq')`.
pub(crate) fn sequence_of(function: &Function) -> Option<String> {
    let name = function.name.to_string().to_lowercase();
    let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
    let of =
        arguments(function).next().filter(|_| ["nextval", "currval", "setval"].contains(&name))?;
    let literal = if let Expr::Cast { expr, .. } = of { expr } else { of };
    let Expr::Value(value) = literal else { return None };
    let Value::SingleQuotedString(text) = &value.value else { return None };
    let own = text.strip_prefix("public.").unwrap_or(text);
    let quoted = own.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Some(quoted.map_or_else(|| own.to_lowercase(), str::to_owned))
}

/// Expressions below a function's arguments, for walks that do not need types.
pub(crate) fn arguments(function: &Function) -> impl Iterator<Item = &Expr> {
    let list = match &function.args {
        FunctionArguments::List(list) => list.args.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
        | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. } => Some(expr),
        _ => None,
    })
}
