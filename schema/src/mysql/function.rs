//! MySQL's own functions, with the numbers of arguments they take.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use crate::fault::Fault;
use crate::mysql::fault;
use crate::query::{Checker, Scope, Type};

/// Functions that gather rows, beside those that PostgreSQL has as well.
pub(crate) const AGGREGATES: [&str; 12] = [
    "group_concat",
    "json_arrayagg",
    "json_objectagg",
    "std",
    "stddev_pop",
    "stddev_samp",
    "var_pop",
    "var_samp",
    "bit_and",
    "bit_or",
    "bit_xor",
    "any_value",
];

/// Functions by the numbers of arguments they take.
const KNOWN: &[(std::ops::RangeInclusive<usize>, &str)] = &[
    (0..=0, "uuid last_insert_id connection_id database user row_number rank dense_rank cume_dist"),
    (
        0..=0,
        "curdate current_date utc_date found_rows row_count version pi percent_rank current_user",
    ),
    (
        0..=1,
        "now curtime current_timestamp localtimestamp localtime current_time utc_timestamp sysdate",
    ),
    (0..=1, "unix_timestamp rand last_insert_id"),
    (1..=1, "lower upper lcase ucase length char_length character_length octet_length bit_length"),
    (1..=1, "ltrim rtrim reverse ascii hex unhex md5 sha1 crc32 space quote soundex ord bin"),
    (1..=1, "abs ceil ceiling floor sqrt sign exp ln log2 log10 sin cos tan degrees radians"),
    (1..=1, "date time year month day dayofmonth dayofweek dayofyear weekday hour minute second"),
    (1..=1, "quarter monthname dayname last_day to_days from_days to_seconds microsecond"),
    (1..=1, "sum avg min max std stddev stddev_pop stddev_samp variance var_pop var_samp bit_and"),
    (
        1..=1,
        "bit_or bit_xor json_arrayagg isnull any_value values default ntile first_value last_value",
    ),
    (1..=1, "json_valid json_type json_depth json_quote json_unquote sleep uuid_short is_uuid"),
    (1..=1, "to_base64 from_base64 inet_aton inet_ntoa release_lock is_free_lock"),
    (
        1..=2,
        "log round from_unixtime uuid_to_bin bin_to_uuid week timestamp json_length json_keys trim",
    ),
    (1..=3, "lag lead"),
    (
        2..=2,
        "ifnull nullif mod power pow left right repeat instr strcmp date_format str_to_date datediff",
    ),
    (
        2..=2,
        "timediff addtime subtime sha2 truncate find_in_set date_add date_sub format nth_value atan2",
    ),
    (
        2..=2,
        "regexp_like json_objectagg get_lock convert_tz makedate time_format addtime adddate subdate",
    ),
    (2..=3, "locate substring_index substr substring mid json_contains json_value"),
    (3..=3, "if replace lpad rpad timestampdiff timestampadd maketime"),
    (4..=4, "insert"),
    (1..=usize::MAX, "concat count group_concat char coalesce json_object json_array elt field"),
    (
        2..=usize::MAX,
        "concat_ws greatest least json_extract json_set json_insert json_replace json_remove",
    ),
    (
        2..=usize::MAX,
        "json_merge_patch json_merge_preserve json_search json_contains_path interval",
    ),
    (3..=usize::MAX, "json_array_append regexp_replace json_overlaps regexp_substr regexp_instr"),
];

/// Functions that MySQL lacks and PostgreSQL has, so that they are not taken for a stored one.
const FOREIGN: [&str; 8] = [
    "string_agg",
    "array_agg",
    "date_trunc",
    "to_char",
    "gen_random_uuid",
    "split_part",
    "jsonb_build_object",
    "generate_series",
];

/// Whether a call gives another value to each row or cannot be a constant.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) => true,
        Expr::UnaryOp { expr, .. } | Expr::Nested(expr) => is_constant(expr),
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            ["current_timestamp", "now", "localtimestamp", "localtime"].contains(&name.as_str())
        }
        _ => false,
    }
}

impl Checker<'_> {
    pub(crate) fn mysql_function(
        &mut self,
        function: &Function,
        scope: &Scope<'_>,
    ) -> Result<Type, Fault> {
        let name = function.name.to_string().to_lowercase();
        let name = name.trim_matches('`');
        let list = match &function.args {
            FunctionArguments::None => &[],
            FunctionArguments::Subquery(query) => {
                self.query(query, scope)?;
                return Ok(Type::Any);
            }
            FunctionArguments::List(list) => list.args.as_slice(),
        };
        // The first argument is a unit such as DAY.
        let skipped = usize::from(["timestampdiff", "timestampadd"].contains(&name));
        let takes: Vec<_> =
            KNOWN.iter().filter(|(_, names)| names.split(' ').any(|n| n == name)).collect();
        let count = list.len();
        if !takes.is_empty() && !takes.iter().any(|(numbers, _)| numbers.contains(&count)) {
            return Err(fault::parameter_count(name));
        }
        let mut types = Vec::new();
        for argument in list.iter().skip(skipped) {
            types.extend(self.argument(argument, scope)?);
        }
        if function.filter.is_some() || !function.within_group.is_empty() {
            return Err(fault::syntax(function.name.to_string()));
        }
        if FOREIGN.contains(&name) {
            return Fault::not_modelled(format!(
                "the function {name}(): PostgreSQL has it; MySQL has none of its own"
            ));
        }
        if takes.is_empty() {
            return Fault::not_modelled(format!("the function {name}()"));
        }
        let all = matches!(list, [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]);
        if all && name != "count" {
            return Err(fault::syntax("*"));
        }
        Ok(match (name, types.first()) {
            ("ifnull" | "coalesce" | "min" | "max" | "any_value", Some(ty)) => ty.clone(),
            _ => Type::Any,
        })
    }
}
