//! Settings of a session: `SET` and `SHOW` (PG-05).

use schema::{Engine, SqlError};

use crate::database::dialect::Dialect;
use crate::database::session::{Limits, Session, Table};
use crate::scenario::DatabaseShape;
use crate::time::SimDuration;

/// Settings that are taken and have no effect here.
const WITHOUT_EFFECT: [&str; 37] = [
    "application_name",
    "bytea_output",
    "check_function_bodies",
    "client_encoding",
    "client_min_messages",
    "commit_delay",
    "datestyle",
    "deadlock_timeout",
    "default_table_access_method",
    "default_tablespace",
    "default_transaction_deferrable",
    "default_transaction_isolation",
    "effective_cache_size",
    "extra_float_digits",
    "idle_session_timeout",
    "intervalstyle",
    "jit",
    "log_duration",
    "log_error_verbosity",
    "log_lock_waits",
    "log_min_duration_statement",
    "log_min_error_statement",
    "log_min_messages",
    "log_statement",
    "maintenance_work_mem",
    "max_parallel_maintenance_workers",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "role",
    "row_security",
    "search_path",
    "session_replication_role",
    "standard_conforming_strings",
    "synchronous_commit",
    "timezone",
    "work_mem",
    "xmloption",
];

const UNITS: &str =
    "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".";

fn limit<'l>(limits: &'l mut Limits, name: &str) -> Option<&'l mut SimDuration> {
    match name {
        "lock_timeout" => Some(&mut limits.lock),
        "statement_timeout" => Some(&mut limits.statement),
        "idle_in_transaction_session_timeout" => Some(&mut limits.idle),
        _ => None,
    }
}

/// Sets a limit; any other setting is passed over.
pub(crate) fn set_limit(limits: &mut Limits, name: &str, value: &str) -> Result<(), SqlError> {
    let Some(of) = limit(limits, name) else { return Ok(()) };
    let millis = millis(value).map_err(|hint| {
        let message = format!("invalid value for parameter \"{name}\": \"{value}\"");
        SqlError { hint: hint.map(str::to_owned), ..SqlError::new("22023", message) }
    })?;
    let Ok(length) = u64::try_from(millis) else {
        let range = format!("the valid range for parameter \"{name}\" (0 .. {})", i32::MAX);
        return Err(SqlError::new("22023", format!("{millis} ms is outside {range}")));
    };
    *of = SimDuration::from_millis(length);
    Ok(())
}

/// `SET name = value`; without a value as at the beginning.
pub(super) fn set(
    session: &mut Session,
    name: &str,
    value: Option<&str>,
    local: bool,
) -> Result<(), SqlError> {
    let mut limits = session.limits;
    let Some(of) = limit(&mut limits, name) else {
        if WITHOUT_EFFECT.contains(&name) || name.contains('.') {
            return Ok(());
        }
        // The server has hundreds of settings, and some name may be one of them.
        return Err(SqlError::new("0A000", format!("not modelled: SET {name}")));
    };
    match value {
        None => {
            let first = limit(&mut session.script.limits, name);
            *of = first.map_or(SimDuration::ZERO, |first| *first);
        }
        Some(text) => set_limit(&mut limits, name, text)?,
    }
    match &mut session.transaction {
        // Outside of a transaction it has no effect, and the server warns.
        None if local => return Ok(()),
        Some(transaction) if local => {
            transaction.at_commit.get_or_insert(session.limits);
        }
        Some(transaction) => {
            if let Some(of) = transaction.at_commit.as_mut().and_then(|kept| limit(kept, name)) {
                *of = limit(&mut limits, name).map_or(SimDuration::ZERO, |set| *set);
            }
        }
        None => {}
    }
    session.limits = limits;
    Ok(())
}

/// A length of time as the server reads it: milliseconds, or a number with its unit; it is rounded to whole
/// milliseconds. If it cannot be read, what the server hints at.
fn millis(text: &str) -> Result<i32, Option<&'static str>> {
    let text = text.trim();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let number: f64 = text[..end].parse().map_err(|_| None)?;
    let millis = match text[end..].trim() {
        "us" => 0.001,
        "" | "ms" => 1.0,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return Err(Some(UNITS)),
    };
    let millis = (number * millis).round_ties_even();
    if millis.abs() <= f64::from(i32::MAX) {
        Ok(millis as i32)
    } else {
        Err(Some("Value exceeds integer range."))
    }
}

/// `SHOW name`.
pub(super) fn show(
    session: &mut Session,
    shape: &DatabaseShape,
    name: &str,
) -> Result<Table, SqlError> {
    let value = match name {
        "deadlock_timeout" => "1s".to_owned(),
        "max_connections" => (shape.connections + shape.reserved).to_string(),
        "superuser_reserved_connections" => shape.reserved.to_string(),
        "server_version" => Dialect::of(Engine::Postgresql).version().to_owned(),
        "search_path" => "\"$user\", public".to_owned(),
        "application_name" => session.script.application.to_string(),
        "transaction_isolation" | "default_transaction_isolation" => "read committed".to_owned(),
        _ => match limit(&mut session.limits, name) {
            Some(length) => written(*length),
            None => {
                return Err(SqlError::new("0A000", format!("not modelled: SHOW {name}")));
            }
        },
    };
    Ok(Table { columns: vec![name.to_owned()], rows: vec![vec![Some(value)]], texts: vec![true] })
}

/// A length of time as the server writes it: in the largest unit that leaves no rest.
fn written(length: SimDuration) -> String {
    let millis = length.as_micros() / 1_000;
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    match units.iter().find(|(unit, _)| millis.is_multiple_of(*unit)) {
        _ if millis == 0 => "0".to_owned(),
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PG-05.
    #[test]
    fn lengths_are_read_and_written_as_the_server_does() {
        let cases = [
            ("0", "0"),
            ("500", "500ms"),
            ("2s", "2s"),
            ("1500ms", "1500ms"),
            ("120s", "2min"),
            ("1.5s", "1500ms"),
            ("2500 us", "2ms"),
        ];
        for (text, expected) in cases {
            let mut limits = Limits::default();
            set_limit(&mut limits, "lock_timeout", text).unwrap();
            assert_eq!(written(limits.lock), expected, "{text}");
        }
    }

    /// In a real server's words.
    #[test]
    fn a_length_that_cannot_be_read_is_refused_as_the_server_does() {
        let invalid = |text| format!("invalid value for parameter \"lock_timeout\": \"{text}\"");
        let range =
            "ms is outside the valid range for parameter \"lock_timeout\" (0 .. 2147483647)";
        let too_great = Some("Value exceeds integer range.");
        let cases = [
            ("", invalid(""), None),
            (".", invalid("."), None),
            ("s", invalid("s"), None),
            ("2 sec", invalid("2 sec"), Some(UNITS)),
            ("1 2", invalid("1 2"), Some(UNITS)),
            ("30d", invalid("30d"), too_great),
            ("99999999999999999999", invalid("99999999999999999999"), too_great),
            ("-1", format!("-1 {range}"), None),
            ("-1.4s", format!("-1400 {range}"), None),
            ("-1000min", format!("-60000000 {range}"), None),
        ];
        for (text, message, hint) in cases {
            let error = set_limit(&mut Limits::default(), "lock_timeout", text).unwrap_err();
            assert_eq!((error.code, error.message), ("22023", message));
            assert_eq!(error.hint.as_deref(), hint, "{text}");
        }
    }
}
