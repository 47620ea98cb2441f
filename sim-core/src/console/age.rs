//! Ages and times as kubectl prints them.

use crate::time::{SimDuration, SimTime};

/// What the API shows as the time at which a scenario begins: Monday, 5 January 2026, 09:00 UTC.
pub(crate) const EPOCH_SECS: i64 = 1_767_603_600;

/// An age as in the AGE column (`duration.HumanDuration` of apimachinery).
pub(crate) fn human(age: SimDuration) -> String {
    let secs = age.as_micros() / 1_000_000;
    let (minutes, hours) = (secs / 60, secs / 3600);
    let two = |big: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{big}{unit}"),
        _ => format!("{big}{unit}{small}{small_unit}"),
    };
    match () {
        () if secs < 60 * 2 => format!("{secs}s"),
        () if minutes < 10 => two(minutes, "m", secs % 60, "s"),
        () if minutes < 60 * 3 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => two(hours / 24, "d", hours % 24, "h"),
        () => format!("{}d", hours / 24),
    }
}

/// The age of something made at `since`; both ends in whole seconds, as the API keeps them (MOD-3).
pub(crate) fn since(now: SimTime, since: SimTime) -> String {
    let secs = now.as_whole_secs() - since.as_whole_secs();
    human(SimDuration::from_secs(secs.max(0).unsigned_abs()))
}

/// `2026-01-05T09:00:00Z`.
pub(crate) fn timestamp(time: SimTime) -> String {
    let (year, month, day, _) = date(time);
    let (h, m, s) = clock(time);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

/// `Mon, 05 Jan 2026 09:00:00 +0000`, as `kubectl describe` prints times.
pub(crate) fn rfc1123(time: SimTime) -> String {
    let (year, month, day, weekday) = date(time);
    let (h, m, s) = clock(time);
    let (weekday, month) = (DAYS[weekday], MONTHS[month as usize - 1]);
    format!("{weekday}, {day:02} {month} {year} {h:02}:{m:02}:{s:02} +0000")
}

/// `Mon Jan 5 09:00:00 2026 +0000`, as `git log` prints times.
pub(crate) fn git_date(time: SimTime) -> String {
    let (year, month, day, weekday) = date(time);
    let (h, m, s) = clock(time);
    let (weekday, month) = (DAYS[weekday], MONTHS[month as usize - 1]);
    format!("{weekday} {month} {day} {h:02}:{m:02}:{s:02} {year} +0000")
}

/// `2026-01-05 09:00:00 +0000 UTC`, as Go prints times.
pub(crate) fn go_time(time: SimTime) -> String {
    timestamp(time).replace('T', " ").replace('Z', " +0000 UTC")
}

/// `9:05AM`, as Go's `time.Kitchen` prints times.
pub(crate) fn kitchen_time(time: SimTime) -> String {
    let (h, m, _) = clock(time);
    let half = if h < 12 { "AM" } else { "PM" };
    format!("{}:{m:02}{half}", (h + 11) % 12 + 1)
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds since 1970. A scenario lasts hours; far from that, the calendar stands still.
fn seconds(time: SimTime) -> u64 {
    (EPOCH_SECS + time.as_whole_secs().clamp(-EPOCH_SECS, 1 << 36)).unsigned_abs()
}

/// Milliseconds since 1970.
pub(crate) fn epoch_millis(time: SimTime) -> u64 {
    let within = time.as_micros().rem_euclid(1_000_000) / 1_000;
    seconds(time) * 1_000 + within.unsigned_abs()
}

fn clock(time: SimTime) -> (u64, u64, u64) {
    let second = seconds(time) % 86_400;
    (second / 3600, second / 60 % 60, second % 60)
}

/// Year, month, day, and days since a Thursday modulo 7, in the civil calendar.
fn date(time: SimTime) -> (u64, u64, u64, usize) {
    let days = seconds(time) / 86_400;
    let weekday = (days % 7) as usize;
    // Days since 0000-03-01, so that leap days end a year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day, weekday)
}

/// Longest duration of Go: 2^63 nanoseconds.
const DURATION_MAX: f64 = 9_223_372_036.0;

/// A duration as Go's `time.ParseDuration` reads it: `90s`, `1m30s`, `1.5h`, `0`. None if it is below
/// zero; the error is Go's.
pub(crate) fn parse_duration(text: &str) -> Result<Option<SimDuration>, String> {
    let wrong = |what: &str| Err(format!("time: {what} duration \"{text}\""));
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(Some(SimDuration::ZERO));
    }
    if rest.is_empty() {
        return wrong("invalid");
    }
    let mut secs = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let Ok(value) = rest[..end].parse::<f64>() else { return wrong("invalid") };
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        secs += value
            * match &rest[..end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                "" => return wrong("missing unit in"),
                unit => return wrong(&format!("unknown unit \"{unit}\" in")),
            };
        rest = &rest[end..];
    }
    if DURATION_MAX < secs {
        return wrong("invalid");
    }
    let negative = text.starts_with('-') && 0.0 < secs;
    Ok((!negative).then(|| SimDuration::from_secs_f64(secs)))
}

/// A time interval of GNU `sleep`: `30`, `0.5`, `5m`, `2h`, `1d`.
pub(crate) fn parse_interval(text: &str) -> Option<SimDuration> {
    let number = text.trim_end_matches(['s', 'm', 'h', 'd']);
    let unit = match &text[number.len()..] {
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let secs = number.parse::<f64>().ok().filter(|_| plain)? * unit;
    Some(SimDuration::from_secs_f64(secs))
}

/// The moment that [`timestamp`] wrote.
pub(crate) fn parse_timestamp(text: &str) -> Option<SimTime> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    // Years begin in March here, so that leap days end them.
    let shifted = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719_468;
    Some(SimTime::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second - EPOCH_SECS))
}
