//! MySQL's types, and the values that they take in strict mode.

use std::fmt;

use serde::de::IgnoredAny;
use sqlparser::ast::{BinaryLength, CharacterLength, DataType, EnumMember, ExactNumberInfo};

use crate::fault::Fault;
use crate::mysql::fault;

/// A type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MySqlType {
    /// `tinyint` to `bigint`.
    Integer {
        /// How many bytes it has: 1, 2, 3, 4 or 8.
        bytes: u8,
        /// Whether it has no negative numbers.
        unsigned: bool,
    },
    /// `decimal`, with precision and scale.
    Decimal(u64, i64),
    /// `float`.
    Float,
    /// `double`.
    Double,
    /// `bit`, with its number of bits.
    Bit(u64),
    /// `year`.
    Year,
    /// `char` and `binary`, with their length.
    Char(Text),
    /// `varchar` and `varbinary`, with their greatest length.
    Varchar(Text),
    /// `tinytext` to `longtext` and `tinyblob` to `longblob`.
    Text {
        /// Bytes of its length: 1 to 4.
        bytes: u8,
        /// Its charset.
        charset: Charset,
    },
    /// `date`.
    Date,
    /// `time`, with digits behind the second.
    Time(u64),
    /// `datetime`, with digits behind the second.
    Datetime(u64),
    /// `timestamp`, with digits behind the second.
    Timestamp(u64),
    /// `enum`, with its labels.
    Enum(Vec<String>),
    /// `set`, with its labels.
    Set(Vec<String>),
    /// `json`.
    Json,
}

/// A text of limited length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its greatest length in characters.
    pub length: u64,
    /// Its charset.
    pub charset: Charset,
}

/// A charset; none for bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charset(pub Option<String>);

impl Charset {
    /// The charset that a table has if nothing is said.
    pub(crate) fn standard() -> Self {
        Self(Some("utf8mb4".to_owned()))
    }

    /// Bytes of its longest character.
    fn width(&self) -> u64 {
        match self.0.as_deref() {
            None | Some("latin1" | "ascii" | "binary") => 1,
            Some("ucs2" | "gbk" | "sjis") => 2,
            Some("utf8" | "utf8mb3") => 3,
            Some(_) => 4,
        }
    }
}

impl Text {
    /// Whether its length is written in one byte.
    fn is_short(&self) -> bool {
        self.length.saturating_mul(self.charset.width()) < 256
    }
}

/// Most bytes of a row, and so of a `varchar`.
const MOST_BYTES: u64 = 65_535;

impl MySqlType {
    /// Reads a type. `charset` is that of the table or of the column.
    pub(crate) fn read(data_type: &DataType, name: &str, charset: &Charset) -> Result<Self, Fault> {
        let text = |length: u64, charset: &Charset| Text { length, charset: charset.clone() };
        let bytes = Charset(None);
        let long = |bytes: u8, charset: &Charset| Self::Text { bytes, charset: charset.clone() };
        let length = |given: &Option<CharacterLength>| match given {
            Some(CharacterLength::IntegerLength { length, .. }) => Some(*length),
            _ => None,
        };
        if let Some(integer) = integer(data_type) {
            return Ok(integer);
        }
        Ok(match data_type {
            DataType::Zerofill(inner) => match Self::read(inner, name, charset)? {
                Self::Integer { bytes, .. } => Self::Integer { bytes, unsigned: true },
                other => other,
            },
            DataType::Bool | DataType::Boolean => Self::Integer { bytes: 1, unsigned: false },
            DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => {
                decimal(info)
            }
            DataType::Float(ExactNumberInfo::Precision(25..)) => Self::Double,
            DataType::Float(_) | DataType::Float4 => Self::Float,
            DataType::Double(_) | DataType::DoublePrecision | DataType::Real | DataType::Float8 => {
                Self::Double
            }
            DataType::Bit(bits) => Self::Bit(bits.unwrap_or(1)),
            DataType::Char(n) | DataType::Character(n) => {
                Self::Char(text(length(n).unwrap_or(1), charset))
            }
            DataType::Binary(n) => Self::Char(text(n.unwrap_or(1), &bytes)),
            DataType::Varchar(n) | DataType::CharacterVarying(n) => {
                let Some(length) = length(n) else { return Err(fault::syntax(data_type)) };
                let text = text(length, charset);
                if MOST_BYTES < length.saturating_mul(charset.width()) {
                    return Err(fault::too_big(name));
                }
                Self::Varchar(text)
            }
            DataType::Varbinary(Some(BinaryLength::IntegerLength { length })) => {
                Self::Varchar(text(*length, &bytes))
            }
            DataType::TinyText => long(1, charset),
            DataType::Text => long(2, charset),
            DataType::MediumText => long(3, charset),
            DataType::LongText => long(4, charset),
            DataType::TinyBlob => long(1, &bytes),
            DataType::Blob(_) => long(2, &bytes),
            DataType::MediumBlob => long(3, &bytes),
            DataType::LongBlob => long(4, &bytes),
            DataType::Date => Self::Date,
            DataType::Time(digits, _) => Self::Time(digits.unwrap_or(0)),
            DataType::Datetime(digits) => Self::Datetime(digits.unwrap_or(0)),
            DataType::Timestamp(digits, sqlparser::ast::TimezoneInfo::None) => {
                Self::Timestamp(digits.unwrap_or(0))
            }
            DataType::Enum(members, None) => {
                let label = |member: &EnumMember| match member {
                    EnumMember::Name(name) => Ok(name.clone()),
                    EnumMember::NamedValue(..) => Fault::not_modelled("numbers of labels"),
                };
                Self::Enum(members.iter().map(label).collect::<Result<_, _>>()?)
            }
            DataType::Set(labels) => Self::Set(labels.clone()),
            DataType::JSON => Self::Json,
            DataType::Custom(name, _) if name.to_string().eq_ignore_ascii_case("year") => {
                Self::Year
            }
            other => return Fault::not_modelled(format!("the type {other}")),
        })
    }

    /// Whether it is a number.
    pub(crate) fn is_number(&self) -> bool {
        use MySqlType::{Bit, Decimal, Double, Float, Integer, Year};
        matches!(self, Integer { .. } | Decimal(..) | Float | Double | Bit(_) | Year)
    }

    /// Whether it is a text whose bytes lie beside the row: a key over it needs a length.
    pub(crate) fn is_long(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Json)
    }

    /// Whether it is a point in time.
    pub(crate) fn is_moment(&self) -> bool {
        matches!(self, Self::Date | Self::Datetime(_) | Self::Timestamp(_))
    }

    /// Whether a foreign key may lead from one to the other.
    pub(crate) fn is_referable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Char(a) | Self::Varchar(a), Self::Char(b) | Self::Varchar(b)) => {
                a.charset == b.charset
            }
            (a, b) => a == b,
        }
    }

    /// Whether values keep their bytes in a column of the other type (MY-02): more labels at the end, or a
    /// longer text whose length is still written in as many bytes.
    pub(crate) fn is_extended_by(&self, other: &Self) -> Option<Extension> {
        match (self, other) {
            (from, to) if from == to => Some(Extension::Same),
            (Self::Enum(from), Self::Enum(to)) | (Self::Set(from), Self::Set(to)) => {
                let same_size = (from.len() < 256) == (to.len() < 256);
                (to.starts_with(from) && same_size).then_some(Extension::Labels)
            }
            (Self::Varchar(from), Self::Varchar(to)) => {
                let grows = from.charset == to.charset && from.length <= to.length;
                (grows && from.is_short() == to.is_short()).then_some(Extension::Length)
            }
            _ => None,
        }
    }

    /// What is wrong with a quoted literal in a column of this type.
    pub(crate) fn refuses_text(&self, text: &str, column: &str, row: usize) -> Option<Fault> {
        match self {
            Self::Integer { .. } => match text.trim().parse::<f64>() {
                Ok(number) => self.refuses_number(number, column, row),
                Err(_) => Some(self.not_a_number("integer", text, column, row)),
            },
            Self::Decimal(..) => match text.trim().parse::<f64>() {
                Ok(number) => self.refuses_number(number, column, row),
                Err(_) => Some(self.not_a_number("decimal", text, column, row)),
            },
            Self::Float | Self::Double | Self::Year | Self::Bit(_) => {
                let is_number = text.trim().parse::<f64>().is_ok() || matches!(self, Self::Bit(_));
                (!is_number).then(|| fault::truncated(column, row))
            }
            Self::Char(most) | Self::Varchar(most) => {
                let fits = text.trim_end_matches(' ').chars().count() as u64 <= most.length;
                (!fits).then(|| fault::too_long(column, row))
            }
            Self::Text { bytes, .. } => {
                let fits = (text.len() as u64) < 1 << (8 * u64::from(*bytes));
                (!fits).then(|| fault::too_long(column, row))
            }
            Self::Date | Self::Time(_) | Self::Datetime(_) | Self::Timestamp(_) => {
                let is_time = text.contains(|c: char| c.is_ascii_digit());
                let kind = self.moment();
                (!is_time).then(|| fault::incorrect_time(kind, text, column, row))
            }
            Self::Enum(labels) => {
                let known = labels.iter().any(|label| label.eq_ignore_ascii_case(text));
                let by_number =
                    text.parse::<usize>().is_ok_and(|n| (1..=labels.len()).contains(&n));
                (!known && !by_number).then(|| fault::truncated(column, row))
            }
            Self::Set(labels) => {
                let known =
                    |part: &str| labels.iter().any(|label| label.eq_ignore_ascii_case(part));
                let known = text.is_empty() || text.split(',').all(known);
                (!known).then(|| fault::truncated(column, row))
            }
            Self::Json => match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => None,
                Err(_) => Some(fault::invalid_json(column)),
            },
        }
    }

    /// A text that is no number: cut off if it begins with one.
    fn not_a_number(&self, kind: &str, text: &str, column: &str, row: usize) -> Fault {
        let digits = text.trim().trim_start_matches(['-', '+']);
        match digits.starts_with(|c: char| c.is_ascii_digit()) {
            true => fault::truncated(column, row),
            false => fault::incorrect(kind, text, column, row),
        }
    }

    /// What is wrong with a number in a column of this type.
    pub(crate) fn refuses_number(&self, number: f64, column: &str, row: usize) -> Option<Fault> {
        let out = || Some(fault::out_of_range(column, row));
        match self {
            Self::Integer { bytes, unsigned } => {
                let bits = u32::from(*bytes) * 8;
                let (least, most) = match unsigned {
                    true => (0.0, 2_f64.powi(bits.cast_signed()) - 1.0),
                    false => {
                        let half = 2_f64.powi(bits.cast_signed() - 1);
                        (-half, half - 1.0)
                    }
                };
                if (least..=most).contains(&number.round()) { None } else { out() }
            }
            Self::Decimal(precision, scale) => {
                let digits = i32::try_from(*precision).unwrap_or(65)
                    - i32::try_from(*scale).unwrap_or_default();
                if number.abs() < 10_f64.powi(digits) { None } else { out() }
            }
            Self::Date | Self::Datetime(_) | Self::Timestamp(_)
                if number < 101.0 && number != 0.0 =>
            {
                Some(fault::incorrect_time(self.moment(), number, column, row))
            }
            Self::Enum(labels) => {
                let known = 1.0 <= number && number <= labels.len() as f64;
                (!known).then(|| fault::truncated(column, row))
            }
            Self::Json => None,
            _ => None,
        }
    }

    /// What messages call it as a point in time.
    pub(crate) fn moment(&self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Time(_) => "time",
            _ => "datetime",
        }
    }
}

/// How a type contains another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// It is the same.
    Same,
    /// It has more labels at the end.
    Labels,
    /// It is a longer `varchar`.
    Length,
}

fn decimal(info: &ExactNumberInfo) -> MySqlType {
    match info {
        ExactNumberInfo::None => MySqlType::Decimal(10, 0),
        ExactNumberInfo::Precision(precision) => MySqlType::Decimal(*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => {
            MySqlType::Decimal(*precision, *scale)
        }
    }
}

fn integer(data_type: &DataType) -> Option<MySqlType> {
    use DataType as D;
    let (bytes, unsigned) = match data_type {
        D::TinyInt(_) => (1, false),
        D::TinyIntUnsigned(_) => (1, true),
        D::SmallInt(_) | D::Int2(_) => (2, false),
        D::SmallIntUnsigned(_) | D::Int2Unsigned(_) => (2, true),
        D::MediumInt(_) => (3, false),
        D::MediumIntUnsigned(_) => (3, true),
        D::Int(_) | D::Integer(_) | D::Int4(_) => (4, false),
        D::IntUnsigned(_) | D::IntegerUnsigned(_) | D::Int4Unsigned(_) => (4, true),
        D::BigInt(_) | D::Int8(_) => (8, false),
        D::BigIntUnsigned(_) | D::Int8Unsigned(_) => (8, true),
        _ => return None,
    };
    Some(MySqlType::Integer { bytes, unsigned })
}

impl fmt::Display for MySqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_bytes = |charset: &Charset| charset.0.is_none();
        match self {
            Self::Integer { bytes, unsigned } => {
                let name = match bytes {
                    1 => "tinyint",
                    2 => "smallint",
                    3 => "mediumint",
                    4 => "int",
                    _ => "bigint",
                };
                write!(f, "{name}{}", if *unsigned { " unsigned" } else { "" })
            }
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Bit(bits) => write!(f, "bit({bits})"),
            Self::Year => f.write_str("year"),
            Self::Char(Text { length, charset }) => {
                write!(f, "{}({length})", if is_bytes(charset) { "binary" } else { "char" })
            }
            Self::Varchar(Text { length, charset }) => {
                write!(f, "{}({length})", if is_bytes(charset) { "varbinary" } else { "varchar" })
            }
            Self::Text { bytes, charset } => {
                let size = ["tiny", "", "medium", "long"];
                let size = size.get(usize::from(*bytes) - 1).unwrap_or(&"");
                write!(f, "{size}{}", if is_bytes(charset) { "blob" } else { "text" })
            }
            Self::Date => f.write_str("date"),
            Self::Time(digits) => write!(f, "time({digits})"),
            Self::Datetime(digits) => write!(f, "datetime({digits})"),
            Self::Timestamp(digits) => write!(f, "timestamp({digits})"),
            Self::Enum(labels) => write!(f, "enum('{}')", labels.join("','")),
            Self::Set(labels) => write!(f, "set('{}')", labels.join("','")),
            Self::Json => f.write_str("json"),
        }
    }
}
