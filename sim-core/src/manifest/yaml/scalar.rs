//! What a scalar without quotes means to kubectl, which reads YAML 1.1: `yes` and `on` are booleans,
//! `010` is eight, `1_000` is a thousand.

use crate::manifest::yaml::Value;

/// The typed value of plain text.
pub(in crate::manifest) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "y" | "Y" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "n" | "N" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Value> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let text = text.replace('_', "");
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text.as_str()),
    };
    integer(digits)
        .and_then(|value| i64::try_from(if negative { -value } else { value }).ok())
        .map(Value::Int)
        .or_else(|| {
            decimal(digits).map(|value| Value::Float(if negative { -value } else { value }))
        })
}

/// A whole number as Go reads it with base 0: `0x`, `0o`, `0b`, and octal for a leading zero.
fn integer(digits: &str) -> Option<i128> {
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let sign = digits.starts_with(['+', '-']);
    if sign { None } else { i128::from_str_radix(digits, radix).ok() }
}

/// Digits with an optional fraction and exponent; not the names that Rust's parser knows besides.
fn decimal(digits: &str) -> Option<f64> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        }
        None => (digits, "0"),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shaped =
        all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    if shaped && !exponent.is_empty() && all_digits(exponent) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_typed_as_kubectl_types_it() {
        let string = |text: &str| Value::String(text.to_owned());
        for (text, value) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("on", Value::Bool(true)),
            ("no", Value::Bool(false)),
            ("0", Value::Int(0)),
            ("-7", Value::Int(-7)),
            ("+7", Value::Int(7)),
            ("2_000_000", Value::Int(2_000_000)),
            ("0x1F", Value::Int(31)),
            ("010", Value::Int(8)),
            ("0o17", Value::Int(15)),
            ("0b11", Value::Int(3)),
            ("080", Value::Float(80.0)),
            ("9223372036854775807", Value::Int(i64::MAX)),
            ("9223372036854775808", Value::Float(9_223_372_036_854_775_808.0)),
            ("1.10", Value::Float(1.1)),
            (".5", Value::Float(0.5)),
            ("5.", Value::Float(5.0)),
            ("1e3", Value::Float(1000.0)),
            (".inf", Value::Float(f64::INFINITY)),
            (".", string(".")),
            ("1e", string("1e")),
            ("inf", string("inf")),
            ("0x", string("0x")),
            ("--1", string("--1")),
            ("250m", string("250m")),
            ("25%", string("25%")),
            ("10:30", string("10:30")),
            ("2026-11-23", string("2026-11-23")),
            ("v1", string("v1")),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
    }
}
