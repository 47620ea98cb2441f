//! Amounts as the field writes them: lengths of time, quantities of CPU and memory.

use crate::time::SimDuration;

/// Longest length of time that is read: a year.
const MAX_MICROS: f64 = 366.0 * 86_400.0 * 1e6;

/// A length of time in Go's notation: `5s`, `250ms`, `1m30s`, `1.5h`.
pub fn duration(text: &str) -> Option<SimDuration> {
    let mut micros = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| !c.is_ascii_lowercase() && c != 'µ').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "us" | "µs" => 1.0,
            "ms" => 1e3,
            "s" => 1e6,
            "m" => 60e6,
            "h" => 3_600e6,
            _ => return None,
        };
        micros += number.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    let fits = !text.is_empty() && micros <= MAX_MICROS;
    fits.then(|| SimDuration::from_secs_f64(micros / 1e6))
}

/// A length of time, or the shortest and longest: `6s`, `4s..8s`.
pub fn duration_range(text: &str) -> Option<(SimDuration, SimDuration)> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let (least, most) = (duration(least.trim())?, duration(most.trim())?);
    (least <= most).then_some((least, most))
}

/// How often something happens, by second: `120/s`, `90/min`.
pub fn rate(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('/')?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    let number = number.trim();
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    number.parse::<f64>().ok().filter(|_| plain).map(|number| number / seconds)
}

/// A Kubernetes quantity in thousandths: `250m` is 250, `1Gi` is 2^30 thousand. Fractions of a
/// thousandth are rounded up, as Kubernetes does.
pub fn quantity_milli(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let (number, suffix) = digits.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() == 0 || 18 < whole.len() || 9 < fraction.len() {
        return None;
    }
    // Billionths of the unit, exact: 9 digits of fraction at most.
    let billionths: i128 = format!("{whole}{fraction:0<9}").parse().ok()?;
    let (numerator, denominator) = scale(suffix)?;
    let product = billionths.checked_mul(numerator)?.checked_mul(1_000)?;
    let divisor = denominator * 1_000_000_000;
    let milli = product / divisor + i128::from(product % divisor != 0);
    Some(if negative { -milli } else { milli })
}

/// What a suffix multiplies by, as a fraction.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    let exponent = suffix.strip_prefix(['e', 'E']).and_then(|power| power.parse::<i32>().ok());
    Some(match (suffix, exponent) {
        (_, Some(power @ 0..=18)) => (10_i128.pow(power.unsigned_abs()), 1),
        (_, Some(power @ -9..=-1)) => (1, 10_i128.pow(power.unsigned_abs())),
        ("n", _) => (1, 1_000_000_000),
        ("u", _) => (1, 1_000_000),
        ("m", _) => (1, 1_000),
        ("", _) => (1, 1),
        ("k", _) => (1_000, 1),
        ("M", _) => (1_000_000, 1),
        ("G", _) => (1_000_000_000, 1),
        ("T", _) => (1_000_000_000_000, 1),
        ("P", _) => (1_000_000_000_000_000, 1),
        ("E", _) => (1_000_000_000_000_000_000, 1),
        ("Ki", _) => (1 << 10, 1),
        ("Mi", _) => (1 << 20, 1),
        ("Gi", _) => (1 << 30, 1),
        ("Ti", _) => (1 << 40, 1),
        ("Pi", _) => (1 << 50, 1),
        ("Ei", _) => (1 << 60, 1),
        _ => return None,
    })
}

/// An amount of CPU: `250m`, `2`.
pub fn cpu(milli: u64) -> String {
    if milli.is_multiple_of(1000) { (milli / 1000).to_string() } else { format!("{milli}m") }
}

/// An amount of memory in the largest unit that divides it: `512Mi`, `1Gi`.
pub fn memory(bytes: u64) -> String {
    let units = [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let unit = units.iter().find(|(_, shift)| 0 < bytes && bytes.is_multiple_of(1 << shift));
    unit.map_or_else(|| bytes.to_string(), |(unit, shift)| format!("{}{unit}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_in_gos_notation() {
        let micros = |text: &str| duration(text).map(SimDuration::as_micros);
        for (text, expected) in [
            ("5s", Some(5_000_000)),
            ("250ms", Some(250_000)),
            ("1.5s", Some(1_500_000)),
            ("1m30s", Some(90_000_000)),
            ("20m", Some(1_200_000_000)),
            ("7us", Some(7)),
            ("0s", Some(0)),
            ("", None),
            ("5", None),
            ("s", None),
            ("5 s", None),
            ("-5s", None),
            ("5sec", None),
            ("1e3s", None),
            ("1.2.3s", None),
            ("99999999999999999h", None),
        ] {
            assert_eq!(micros(text), expected, "{text}");
        }
        let range = |text: &str| duration_range(text).map(|(a, b)| (a.as_micros(), b.as_micros()));
        assert_eq!(range("4s..8s"), Some((4_000_000, 8_000_000)));
        assert_eq!(range("6s"), Some((6_000_000, 6_000_000)));
        assert_eq!(range("8s..4s"), None);
    }

    #[test]
    fn rates_say_how_often_in_what_time() {
        for (text, expected) in [
            ("120/s", Some(120.0)),
            ("90/min", Some(1.5)),
            ("0.5/s", Some(0.5)),
            ("120", None),
            ("-1/s", None),
            ("inf/s", None),
            ("/s", None),
            ("120/day", None),
        ] {
            assert_eq!(rate(text), expected, "{text}");
        }
    }

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, expected) in [
            ("250m", Some(250)),
            ("0.5", Some(500)),
            ("1", Some(1_000)),
            ("512Mi", Some(512 * 1_024 * 1_024 * 1_000)),
            ("1Gi", Some(1_024 * 1_024 * 1_024 * 1_000)),
            ("1.5Gi", Some(1_610_612_736_000)),
            ("2k", Some(2_000_000)),
            ("1e3", Some(1_000_000)),
            ("100n", Some(1)),
            ("-1", Some(-1_000)),
            ("", None),
            (".", None),
            ("1MB", None),
            ("1 Gi", None),
            ("one", None),
            ("1.1.1", None),
            ("999999999999999999E", None),
        ] {
            assert_eq!(quantity_milli(text), expected, "{text}");
        }
    }
}
