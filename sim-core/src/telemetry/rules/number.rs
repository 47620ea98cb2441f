//! Numbers as Go's `fmt` and Prometheus's templates write them.

/// `%g` with so many significant digits; with the fewest that tell the number if none are given.
pub(super) fn general(value: f64, precision: Option<usize>) -> String {
    if let Some(text) = special(value) {
        return text;
    }
    let text = match precision {
        Some(digits) => format!("{:.*e}", digits.max(1) - 1, value),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count() as i32;
    let wanted = precision.map_or(6, |digits| digits.max(1) as i32);
    // With fewer digits than wanted, those before the point decide.
    let is_short = precision.is_some() && digits < wanted && exponent < digits;
    let threshold = if is_short { digits } else { wanted };
    if exponent < -4 || threshold <= exponent {
        return format!("{mantissa}{}", power(exponent));
    }
    let decimals = (digits - 1 - exponent).max(0) as usize;
    format!("{value:.decimals$}")
}

/// `%e` with six digits, or as many as given.
pub(super) fn scientific(value: f64, precision: usize) -> String {
    if let Some(text) = special(value) {
        return text;
    }
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}{}", power(exponent.parse().unwrap_or(0)))
}

/// `%f`.
pub(super) fn fixed(value: f64, precision: usize) -> String {
    special(value).unwrap_or_else(|| format!("{value:.precision$}"))
}

fn special(value: f64) -> Option<String> {
    match value {
        f64::INFINITY => Some("+Inf".to_owned()),
        f64::NEG_INFINITY => Some("-Inf".to_owned()),
        _ => value.is_nan().then(|| "NaN".to_owned()),
    }
}

fn power(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("e{sign}{:02}", exponent.abs())
}

/// Four significant digits, as all of Prometheus's functions for people give.
fn four(value: f64) -> String {
    general(value, Some(4))
}

const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

/// A number below one as thousandths and the like.
fn small(mut value: f64) -> String {
    let mut prefix = "";
    for next in SMALL {
        if 1.0 <= value.abs() {
            break;
        }
        prefix = next;
        value *= 1_000.0;
    }
    format!("{}{prefix}", four(value))
}

fn large(mut value: f64, base: f64, prefixes: [&'static str; 8]) -> String {
    let mut prefix = "";
    for next in prefixes {
        if value.abs() < base {
            break;
        }
        prefix = next;
        value /= base;
    }
    format!("{}{prefix}", four(value))
}

/// `1.235M`.
pub(super) fn humanize(value: f64) -> String {
    match value {
        _ if value == 0.0 || !value.is_finite() => four(value),
        _ if value.abs() < 1.0 => small(value),
        _ => large(value, 1_000.0, ["k", "M", "G", "T", "P", "E", "Z", "Y"]),
    }
}

/// `1.177Mi`.
pub(super) fn humanize_1024(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return four(value);
    }
    large(value, 1_024.0, ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
}

/// `1d 3h 46m 40s`.
pub(super) fn humanize_duration(value: f64) -> String {
    if !value.is_finite() {
        return four(value);
    }
    if value == 0.0 {
        return format!("{}s", four(value));
    }
    if value.abs() < 1.0 {
        return format!("{}s", small(value));
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let whole = value.abs() as u64;
    let (seconds, minutes) = (whole % 60, whole / 60 % 60);
    let (hours, days) = (whole / 3_600 % 24, whole / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", four(value.abs())),
        (0, 0, _) => format!("{sign}{minutes}m {seconds}s"),
        (0, _, _) => format!("{sign}{hours}h {minutes}m {seconds}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {seconds}s"),
    }
}

/// `12.5%`.
pub(super) fn humanize_percentage(value: f64) -> String {
    format!("{}%", four(value * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written down from promtool 2.42.
    #[test]
    fn numbers_are_written_for_people_as_prometheus_writes_them() {
        let rows = [
            (1234567.891, "1.234567891e+06", "1.235M", "1.177Mi", "14d 6h 56m 7s", "1.235e+08%"),
            (0.000123456, "0.000123456", "123.5u", "0.0001235", "123.5us", "0.01235%"),
            (100000.0, "100000", "100k", "97.66ki", "1d 3h 46m 40s", "1e+07%"),
            (1e6, "1e+06", "1M", "976.6ki", "11d 13h 46m 40s", "1e+08%"),
            (-3.5, "-3.5", "-3.5", "-3.5", "-3.5s", "-350%"),
            (0.0, "0", "0", "0", "0s", "0%"),
            (f64::INFINITY, "+Inf", "+Inf", "+Inf", "+Inf", "+Inf%"),
            (f64::NAN, "NaN", "NaN", "NaN", "NaN", "NaN%"),
            (99999.6, "99999.6", "100k", "97.66ki", "1d 3h 46m 39s", "1e+07%"),
        ];
        for (value, plain, si, binary, duration, percentage) in rows {
            assert_eq!(general(value, None), plain);
            assert_eq!(humanize(value), si);
            assert_eq!(humanize_1024(value), binary);
            assert_eq!(humanize_duration(value), duration);
            assert_eq!(humanize_percentage(value), percentage);
        }
        assert_eq!(scientific(1234567.891, 6), "1.234568e+06");
        assert_eq!(fixed(1234567.891, 2), "1234567.89");
    }
}
