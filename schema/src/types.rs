//! Types of columns and expressions.

use std::fmt;

use serde::de::IgnoredAny;

use sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, ObjectName, ObjectNamePart,
    TimezoneInfo,
};

use crate::catalog::{Schema, ident, object, quoted};
use crate::fault::{self, Fault};
use crate::mysql::types::MySqlType;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlType {
    /// `boolean`.
    Bool,
    /// `smallint`.
    Int2,
    /// `integer`.
    Int4,
    /// `bigint`.
    Int8,
    /// `numeric`, perhaps with precision and scale.
    Numeric(Option<(u64, i64)>),
    /// `real`.
    Float4,
    /// `double precision`.
    Float8,
    /// `text`.
    Text,
    /// `character varying`, perhaps with a greatest length.
    Varchar(Option<u64>),
    /// `character`, padded to a length.
    Char(u64),
    /// `bytea`.
    Bytea,
    /// `date`.
    Date,
    /// `time without time zone`.
    Time,
    /// `timestamp without time zone`.
    Timestamp,
    /// `timestamp with time zone`.
    Timestamptz,
    /// `interval`.
    Interval,
    /// `uuid`.
    Uuid,
    /// `json`.
    Json,
    /// `jsonb`.
    Jsonb,
    /// An enumeration, by name.
    Enum(String),
    /// An array.
    Array(Box<SqlType>),
    /// A type of which only the name is known.
    Other(String),
    /// A type of MySQL, whose values have rules of their own.
    Mysql(MySqlType),
}

/// Names of types that exist and about which nothing else is modelled.
const OTHERS: [&str; 36] = [
    "inet",
    "cidr",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "oid",
    "regclass",
    "regproc",
    "regrole",
    "regtype",
    "pg_lsn",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "xml",
    "jsonpath",
    "tsvector",
    "tsquery",
    "timetz",
    "int4range",
    "int8range",
    "numrange",
    "tsrange",
    "tstzrange",
    "daterange",
    "int4multirange",
    "int8multirange",
    "nummultirange",
    "tsmultirange",
    "tstzmultirange",
    "datemultirange",
];

/// Those of them whose values are not written without a digit or a colon.
const OF_DIGITS: [&str; 6] = ["inet", "cidr", "macaddr", "macaddr8", "money", "oid"];

/// What a column's declared type says: some stand for a sequence as well.
pub(crate) struct Declared {
    pub(crate) ty: SqlType,
    /// `serial` and its kin: NOT NULL, with a default from a sequence of their own.
    pub(crate) serial: bool,
}

/// Reads a declared type.
pub(crate) fn declared(data_type: &DataType, schema: &Schema) -> Result<Declared, Fault> {
    if let DataType::Custom(name, _) = data_type {
        let serial = match object(name).unwrap_or_default().as_str() {
            "serial" | "serial4" => Some(SqlType::Int4),
            "bigserial" | "serial8" => Some(SqlType::Int8),
            "smallserial" | "serial2" => Some(SqlType::Int2),
            _ => None,
        };
        if let Some(ty) = serial {
            return Ok(Declared { ty, serial: true });
        }
    }
    Ok(Declared { ty: SqlType::read(data_type, schema)?, serial: false })
}

impl SqlType {
    /// Reads a type; names are looked up in the schema.
    pub(crate) fn read(data_type: &DataType, schema: &Schema) -> Result<Self, Fault> {
        let length = |length: &Option<CharacterLength>| match length {
            Some(CharacterLength::IntegerLength { length, .. }) => Some(*length),
            Some(CharacterLength::Max) | None => None,
        };
        Ok(match data_type {
            DataType::Bool | DataType::Boolean => Self::Bool,
            DataType::SmallInt(None) | DataType::Int2(None) => Self::Int2,
            DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => Self::Int4,
            DataType::BigInt(None) | DataType::Int8(None) => Self::Int8,
            DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => {
                Self::Numeric(match info {
                    ExactNumberInfo::None => None,
                    ExactNumberInfo::Precision(precision) => Some((*precision, 0)),
                    ExactNumberInfo::PrecisionAndScale(precision, scale) => {
                        Some((*precision, *scale))
                    }
                })
            }
            DataType::Real | DataType::Float4 => Self::Float4,
            DataType::Float(ExactNumberInfo::Precision(1..=24)) => Self::Float4,
            DataType::Float(_)
            | DataType::Float8
            | DataType::Double(_)
            | DataType::DoublePrecision => Self::Float8,
            DataType::Text => Self::Text,
            DataType::Varchar(n) | DataType::CharacterVarying(n) | DataType::CharVarying(n) => {
                Self::Varchar(length(n))
            }
            DataType::Char(n) | DataType::Character(n) => Self::Char(length(n).unwrap_or(1)),
            DataType::Bytea => Self::Bytea,
            DataType::Date => Self::Date,
            DataType::Time(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => Self::Time,
            DataType::Timestamp(_, zone) => match zone {
                TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => Self::Timestamp,
                TimezoneInfo::WithTimeZone | TimezoneInfo::Tz => Self::Timestamptz,
            },
            DataType::Interval { .. } => Self::Interval,
            DataType::Uuid => Self::Uuid,
            DataType::JSON => Self::Json,
            DataType::JSONB => Self::Jsonb,
            DataType::Bit(_) => Self::Other("bit".into()),
            DataType::BitVarying(_) | DataType::VarBit(_) => Self::Other("bit varying".into()),
            DataType::Regclass => Self::Other("regclass".into()),
            DataType::TsVector => Self::Other("tsvector".into()),
            DataType::TsQuery => Self::Other("tsquery".into()),
            DataType::Array(
                ArrayElemTypeDef::SquareBracket(element, _)
                | ArrayElemTypeDef::AngleBracket(element),
            ) => Self::Array(Box::new(Self::read(element, schema)?)),
            DataType::Custom(name, _) => return Self::named(name, schema),
            other => return Fault::not_modelled(format!("the type {other}")),
        })
    }

    fn named(name: &ObjectName, schema: &Schema) -> Result<Self, Fault> {
        if let [ObjectNamePart::Identifier(of), ObjectNamePart::Identifier(own)] = &*name.0
            && ident(of) == "pg_catalog"
        {
            let own = ident(own);
            return match OTHERS.contains(&own.as_str()) {
                true => Ok(Self::Other(own)),
                false => Fault::not_modelled(format!("the type {name}")),
            };
        }
        let name = object(name)?;
        if schema.enums.contains_key(&name) {
            return Ok(Self::Enum(name));
        }
        if let Some(what) = schema.opaque.get(&name) {
            return Fault::not_modelled(format!("{name}, because of {what}"));
        }
        if OTHERS.contains(&name.as_str()) {
            return Ok(Self::Other(name));
        }
        if schema.has_extensions {
            return Fault::not_modelled(format!("the type {name}, perhaps of an extension"));
        }
        Err(fault::undefined_object("type", name))
    }

    pub(crate) fn is_number(&self) -> bool {
        use SqlType::{Float4, Float8, Int2, Int4, Int8, Numeric};
        matches!(self, Int2 | Int4 | Int8 | Numeric(_) | Float4 | Float8)
    }

    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8)
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Varchar(_) | Self::Char(_))
    }

    pub(crate) fn is_moment(&self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::Timestamptz)
    }

    /// Whether its values can be put in order, as an index of the usual kind does.
    pub(crate) fn has_order(&self) -> bool {
        match self {
            Self::Json => false,
            Self::Other(name) => {
                let without = ["xml", "jsonpath", "point", "line", "lseg", "box", "path"];
                !without.contains(&name.as_str()) && name != "polygon" && name != "circle"
            }
            _ => true,
        }
    }

    /// Whether an index of this kind takes its values without being told how.
    pub(crate) fn is_indexed_by(&self, method: &str) -> bool {
        match method {
            "btree" => self.has_order(),
            "gin" => match self {
                Self::Jsonb | Self::Array(_) => true,
                Self::Other(name) => name == "tsvector",
                _ => false,
            },
            _ => true,
        }
    }

    /// Whether a value of this type is stored in a column of another without a word: PostgreSQL's
    /// assignment casts.
    pub(crate) fn is_assignable(&self, to: &Self) -> bool {
        use SqlType::{Array, Date, Interval, Json, Jsonb, Other, Time, Timestamp, Timestamptz};
        if self == to || to.is_text() {
            return true;
        }
        match (self, to) {
            (from, to) if from.is_number() && to.is_number() => true,
            (Date | Timestamp | Timestamptz, Date | Timestamp | Timestamptz) => true,
            (Timestamp | Timestamptz | Interval, Time) | (Time, Interval) => true,
            (Json | Jsonb, Json | Jsonb) => true,
            (Array(from), Array(to)) => from.is_assignable(to),
            (Other(from), Other(to)) => is_kin(from, to),
            (from, Other(to)) => match to.as_str() {
                "money" => matches!(from, SqlType::Int4 | SqlType::Int8 | SqlType::Numeric(_)),
                "oid" | "regclass" | "regproc" | "regrole" | "regtype" => from.is_integer(),
                "name" => from.is_text(),
                _ => false,
            },
            (Other(from), to) => match from.as_str() {
                "money" => matches!(to, SqlType::Numeric(_)),
                "oid" => matches!(to, SqlType::Int4 | SqlType::Int8),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether values of this type can be compared with `=` to values of another.
    pub(crate) fn is_comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json, _) | (_, Self::Json) => false,
            (a, b) if a.is_number() && b.is_number() => true,
            (a, b) if a.is_text() && b.is_text() => true,
            (a, b) if a.is_moment() && b.is_moment() => true,
            (Self::Numeric(_), Self::Numeric(_)) => true,
            (Self::Array(a), Self::Array(b)) => a.is_comparable(b),
            (Self::Other(a), Self::Other(b)) => is_kin(a, b),
            (Self::Other(name), other) | (other, Self::Other(name)) => match name.as_str() {
                "oid" | "regclass" | "regproc" | "regrole" | "regtype" => other.is_integer(),
                "name" => other.is_text(),
                _ => false,
            },
            (a, b) => a == b,
        }
    }

    /// Whether changing a column from this type to another writes every row again (PG-26, PG-27).
    /// From `timestamp` to `timestamptz` and back a session in UTC is spared; sessions here are not.
    pub(crate) fn is_rewritten_as(&self, to: &Self) -> bool {
        use SqlType::{Numeric, Text, Varchar};
        match (self, to) {
            (from, to) if from == to => false,
            (Varchar(_) | Text, Text | Varchar(None)) => false,
            (Varchar(Some(from)), Varchar(Some(to))) => to < from,
            (Numeric(_), Numeric(None)) => false,
            (Numeric(Some((p, s))), Numeric(Some((p2, s2)))) => s != s2 || p2 < p,
            (Self::Other(from), Self::Other(to)) => !(from == "cidr" && to == "inet"),
            _ => true,
        }
    }

    /// What is wrong with a quoted literal as a value of this type, if anything is.
    pub(crate) fn refuses_text(&self, text: &str, schema: &Schema) -> Option<Fault> {
        let bad = || Some(fault::bad_text(self.plain(), text));
        let trimmed = text.trim();
        match self {
            Self::Int2 | Self::Int4 | Self::Int8 => match trimmed.parse::<i128>() {
                Ok(number) => self.refuses_integer(number),
                Err(_) => bad(),
            },
            Self::Numeric(_) | Self::Float4 | Self::Float8 => match trimmed.parse::<f64>() {
                Ok(_) => None,
                Err(_) => bad(),
            },
            Self::Bool => {
                let lower = trimmed.to_lowercase();
                let is_word = |word: &str| !lower.is_empty() && word.starts_with(&lower);
                let known = ["true", "false", "yes", "no"].into_iter().any(is_word)
                    || ["on", "off", "of", "1", "0"].contains(&lower.as_str());
                if known { None } else { bad() }
            }
            Self::Uuid => {
                let digits: String = trimmed.chars().filter(|c| *c != '-').collect();
                let is_uuid = digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit());
                if is_uuid { None } else { bad() }
            }
            Self::Enum(name) => refuses_label(name, text, schema),
            Self::Date | Self::Time | Self::Timestamp | Self::Timestamptz | Self::Interval => {
                const WORDS: [&str; 8] = [
                    "now",
                    "today",
                    "tomorrow",
                    "yesterday",
                    "epoch",
                    "infinity",
                    "-infinity",
                    "allballs",
                ];
                let lower = trimmed.to_lowercase();
                let is_time =
                    trimmed.contains(|c: char| c.is_ascii_digit()) || WORDS.contains(&&*lower);
                if is_time {
                    None
                } else {
                    Some(fault::bad_time(self.to_string().replace(" without time zone", ""), text))
                }
            }
            Self::Array(_) => {
                let is_array = trimmed.starts_with(['{', '[']) && trimmed.ends_with('}');
                if is_array { None } else { Some(fault::bad_array(text)) }
            }
            Self::Json | Self::Jsonb => match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => None,
                Err(_) => Some(bad_json(text)),
            },
            Self::Other(name) if OF_DIGITS.contains(&name.as_str()) => {
                let has_digit = trimmed.contains(|c: char| c.is_ascii_digit() || c == ':');
                if has_digit { None } else { bad() }
            }
            Self::Varchar(Some(most)) | Self::Char(most) => {
                let fits = text.trim_end_matches(' ').chars().count() as u64 <= *most;
                if fits { None } else { Some(fault::too_long(self)) }
            }
            _ => None,
        }
    }

    /// What is wrong with a whole number as a value of this type.
    pub(crate) fn refuses_integer(&self, number: i128) -> Option<Fault> {
        let (least, most) = match self {
            Self::Int2 => (i128::from(i16::MIN), i128::from(i16::MAX)),
            Self::Int4 => (i128::from(i32::MIN), i128::from(i32::MAX)),
            Self::Int8 => (i128::from(i64::MIN), i128::from(i64::MAX)),
            _ => return None,
        };
        (!(least..=most).contains(&number)).then(|| fault::out_of_range(self))
    }

    /// Its name where the server writes an expression back.
    pub(crate) fn in_expressions(&self) -> String {
        if let Self::Char(_) = self { "bpchar".to_owned() } else { self.plain().to_string() }
    }

    /// Its name in messages about operators and functions.
    pub(crate) fn in_messages(&self) -> String {
        if let Self::Char(_) = self { "character".to_owned() } else { self.plain().to_string() }
    }

    /// The name without length or precision.
    pub(crate) fn plain(&self) -> Self {
        match self {
            Self::Varchar(_) => Self::Varchar(None),
            Self::Numeric(_) => Self::Numeric(None),
            other => other.clone(),
        }
    }
}

/// Why a text is no label of an enumeration, or none that can be used yet.
fn refuses_label(name: &str, text: &str, schema: &Schema) -> Option<Fault> {
    let is_new = schema.unsafe_labels.get(name).is_some_and(|labels| labels.contains(text));
    let known = schema.enums.get(name).is_some_and(|labels| labels.iter().any(|l| l == text));
    match (known, is_new) {
        (false, _) => Some(fault::bad_enum(quoted(name), text)),
        (true, true) => Some(fault::unsafe_label(text, name)),
        (true, false) => None,
    }
}

/// A text that is no JSON.
fn bad_json(text: &str) -> Fault {
    match text.split(|c: char| c.is_whitespace() || ",:[]{}\"".contains(c)).find(|w| !w.is_empty())
    {
        Some(word) => fault::bad_json(word),
        None => fault::bad_json_end(),
    }
}

/// Whether two types of which only the names are known stand for each other.
fn is_kin(one: &str, other: &str) -> bool {
    const KIN: [&[&str]; 4] = [
        &["cidr", "inet"],
        &["macaddr", "macaddr8"],
        &["bit", "bit varying"],
        &["oid", "regclass", "regproc", "regrole", "regtype"],
    ];
    one == other || KIN.iter().any(|kin| kin.contains(&one) && kin.contains(&other))
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Varchar(Some(n)) => return write!(f, "character varying({n})"),
            Self::Char(n) => return write!(f, "character({n})"),
            Self::Numeric(Some((p, s))) => return write!(f, "numeric({p},{s})"),
            Self::Array(element) => return write!(f, "{element}[]"),
            Self::Mysql(ty) => return write!(f, "{ty}"),
            Self::Enum(name) => return f.write_str(&quoted(name)),
            Self::Other(name) => name,
            Self::Bool => "boolean",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Numeric(None) => "numeric",
            Self::Float4 => "real",
            Self::Float8 => "double precision",
            Self::Text => "text",
            Self::Varchar(None) => "character varying",
            Self::Bytea => "bytea",
            Self::Date => "date",
            Self::Time => "time without time zone",
            Self::Timestamp => "timestamp without time zone",
            Self::Timestamptz => "timestamp with time zone",
            Self::Interval => "interval",
            Self::Uuid => "uuid",
            Self::Json => "json",
            Self::Jsonb => "jsonb",
        };
        f.write_str(name)
    }
}
