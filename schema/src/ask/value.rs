//! Values of views.

use std::cmp::Ordering;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// None.
    Null,
    /// `t` or `f`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// A point in time, in microseconds of a run, and as people read it.
    Time(i64, String),
    /// A length of time, in microseconds.
    Interval(i64),
    /// Whole numbers.
    List(Vec<i64>),
}

impl Value {
    /// As `psql` shows it; nothing if it is null.
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(value) => if *value { "t" } else { "f" }.to_owned(),
            Self::Int(value) => value.to_string(),
            Self::Text(text) | Self::Time(_, text) => text.clone(),
            Self::Interval(micros) => interval(*micros),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(i64::to_string).collect();
                format!("{{{}}}", items.join(","))
            }
        })
    }

    /// Whether it is true; null is not.
    pub(super) fn is_true(&self) -> bool {
        *self == Self::Bool(true)
    }

    /// Which of two values comes first; null comes last, and what cannot be compared is equal.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Greater,
            (_, Self::Null) => Ordering::Less,
            _ => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }

    /// How two values compare, if they can be compared.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Int(one), Self::Int(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Time(one, _), Self::Time(other, _)) => one.cmp(other),
            (Self::Interval(one), Self::Interval(other)) => one.cmp(other),
            // A literal is of the type that it is compared with.
            (Self::Int(one), Self::Text(text)) => one.cmp(&text.parse().ok()?),
            (Self::Text(text), Self::Int(other)) => text.parse::<i64>().ok()?.cmp(other),
            _ => return None,
        })
    }
}

/// `00:01:23.5`.
fn interval(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let text = format!("{sign}{hours:02}:{minutes:02}:{:02}", seconds % 60);
    match micros % 1_000_000 {
        0 => text,
        rest => format!("{text}.{rest:06}").trim_end_matches('0').to_owned(),
    }
}
