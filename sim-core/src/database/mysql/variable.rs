//! Variables: `SET`, `SHOW VARIABLES` and `SELECT @@name` (MY-04, MY-06).

use schema::ask::Value;
use schema::{Fault, SqlError, ask};

use crate::database::mysql::not_modelled;
use crate::database::session::{Limits, Session, Table};
use crate::scenario::DatabaseShape;
use crate::time::SimDuration;

/// Variables that are taken and have no effect here.
const WITHOUT_EFFECT: [&str; 10] = [
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
    "interactive_timeout",
    "net_read_timeout",
    "net_write_timeout",
    "sql_notes",
    "time_zone",
    "unique_checks",
];

/// Variables that no session has for itself.
const GLOBAL: [&str; 4] =
    ["innodb_deadlock_detect", "innodb_rollback_on_timeout", "max_connections", "version"];

/// A length of time: its name, microseconds of its unit, its least and greatest number, and where it is.
type Length = (&'static str, u64, u64, u64, fn(&mut Limits) -> &mut SimDuration);

const LENGTHS: [Length; 4] = [
    ("innodb_lock_wait_timeout", 1_000_000, 1, 1_073_741_824, |limits| &mut limits.rows),
    ("lock_wait_timeout", 1_000_000, 1, 31_536_000, |limits| &mut limits.lock),
    ("max_execution_time", 1_000, 0, 4_294_967_295, |limits| &mut limits.statement),
    ("wait_timeout", 1_000_000, 1, 31_536_000, |limits| &mut limits.idle),
];

/// `SET name = value`; whether what is open is committed by that.
pub(super) fn set(
    session: &mut Session,
    name: &str,
    value: Option<&str>,
) -> Result<bool, SqlError> {
    let name = name.trim_start_matches("@@");
    let name = ["session.", "local."].iter().find_map(|own| name.strip_prefix(own)).unwrap_or(name);
    if name.starts_with("global.") || name.starts_with('@') {
        return Err(not_modelled(&format!("SET {name}: only variables of the session are")));
    }
    let number = |value: &str| {
        value.trim().parse::<i128>().map_err(|_| {
            let message = format!("Incorrect argument type to variable '{name}'");
            SqlError::mysql("42000", 1232, message)
        })
    };
    if let Some((_, unit, least, most, of)) = LENGTHS.iter().find(|length| length.0 == name) {
        let length = match value {
            None => *of(&mut session.script.limits),
            // A number that is too small or too large is taken as the nearest.
            Some(value) => {
                let number = number(value)?.clamp(i128::from(*least), i128::from(*most));
                SimDuration::from_micros(u64::try_from(number).unwrap_or(0).saturating_mul(*unit))
            }
        };
        *of(&mut session.limits) = length;
        return Ok(false);
    }
    let is_on = match value.map(str::to_lowercase).as_deref() {
        None | Some("1" | "on" | "true") => Some(true),
        Some("0" | "off" | "false") => Some(false),
        Some(_) => None,
    };
    let wrong = || {
        let message = format!(
            "Variable '{name}' can't be set to the value of '{}'",
            value.unwrap_or_default()
        );
        SqlError::mysql("42000", 1231, message)
    };
    match name {
        "autocommit" => {
            let before = std::mem::replace(&mut session.autocommit, is_on.ok_or_else(wrong)?);
            Ok(session.autocommit && !before)
        }
        "foreign_key_checks" => {
            session.foreign_keys_unchecked = !is_on.ok_or_else(wrong)?;
            Ok(false)
        }
        name if WITHOUT_EFFECT.contains(&name) => Ok(false),
        "sql_mode" | "transaction_isolation" => Err(not_modelled(&format!("SET {name}"))),
        name => {
            let message = format!("Unknown system variable '{name}'");
            Err(SqlError::mysql("HY000", 1193, message))
        }
    }
}

/// Variables that are modelled, with their values: those of the session, or those that new ones get.
fn all(session: &Session, shape: &DatabaseShape, global: bool) -> Vec<(&'static str, Value)> {
    let mut limits = if global { session.script.limits } else { session.limits };
    let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let mut all: Vec<(&str, Value)> = LENGTHS
        .iter()
        .map(|(name, unit, _, _, of)| (*name, number(of(&mut limits).as_micros() / unit)))
        .collect();
    all.extend([
        ("autocommit", Value::Bool(global || session.autocommit)),
        ("foreign_key_checks", Value::Bool(global || !session.foreign_keys_unchecked)),
        ("innodb_deadlock_detect", Value::Bool(true)),
        ("innodb_rollback_on_timeout", Value::Bool(false)),
        ("max_connections", number(shape.connections.into())),
        ("transaction_isolation", Value::Text("REPEATABLE-READ".to_owned())),
        ("version", Value::Text("8.0.36".to_owned())),
    ]);
    all.sort_by_key(|(name, _)| *name);
    all
}

/// `SHOW VARIABLES LIKE pattern`: those that are modelled.
pub(super) fn show(session: &Session, shape: &DatabaseShape, pattern: &str) -> Table {
    let pattern = pattern.to_lowercase();
    let mut all = all(session, shape, false);
    all.retain(|(name, _)| ask::like(name, &pattern));
    let row = |(name, value): (&str, Value)| {
        let value = match value {
            Value::Bool(on) => Some(if on { "ON" } else { "OFF" }.to_owned()),
            other => other.text(),
        };
        vec![Some(name.to_owned()), value]
    };
    Table {
        columns: ["Variable_name", "Value"].map(str::to_owned).to_vec(),
        rows: all.into_iter().map(row).collect(),
        texts: vec![true; 2],
    }
}

/// `SELECT @@name`, with `session.` or `global.` before it.
pub(super) fn value(
    session: &Session,
    shape: &DatabaseShape,
    written: &str,
) -> Result<Value, Fault> {
    let lower = written.to_ascii_lowercase();
    let (scope, name) = lower.split_once('.').unwrap_or(("", &lower));
    if !["", "session", "local", "global"].contains(&scope) {
        return Err(Fault::NotModelled(format!("@@{written}")));
    }
    let fails =
        |number, message| Err(Fault::Fails(Box::new(SqlError::mysql("HY000", number, message))));
    let mut all = all(session, shape, scope == "global").into_iter();
    match all.find(|(known, _)| *known == name) {
        Some((name, _)) if matches!(scope, "session" | "local") && GLOBAL.contains(&name) => {
            fails(1238, format!("Variable '{name}' is a GLOBAL variable"))
        }
        // A switch is a number here.
        Some((_, Value::Bool(on))) => Ok(Value::Int(on.into())),
        Some((_, value)) => Ok(value),
        None if name == "sql_mode" || WITHOUT_EFFECT.contains(&name) => {
            Err(Fault::NotModelled(format!("@@{name}")))
        }
        None => {
            let name = &written[written.len() - name.len()..];
            fails(1193, format!("Unknown system variable '{name}'"))
        }
    }
}
