//! Answers and errors as Prometheus writes them: the JSON of its HTTP API, and the lines of
//! `promtool query`. Times are in seconds.

use std::fmt::Write as _;

use super::{Expr, Query, QueryError, Value};
use crate::telemetry::labels::{Labels, METRIC_NAME};
use crate::telemetry::tsdb::{Point, Tsdb, millis};
use crate::time::SimTime;

/// A number in the shortest notation without an exponent: what promtool and templates print.
pub fn number(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => value.to_string(),
    }
}

/// The same with an exponent where the HTTP API writes one.
fn api_number(value: f64) -> String {
    let is_plain = value == 0.0 || !value.is_finite() || (1e-6..1e21).contains(&value.abs());
    if is_plain {
        return number(value);
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn seconds(millis: i64) -> String {
    (millis as f64 / 1000.0).to_string()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `{"__name__":"up","job":"a"}`.
fn json_labels(labels: &Labels) -> String {
    let labels = labels.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
    format!("{{{}}}", labels.collect::<Vec<_>>().join(","))
}

/// `[1.5,"2"]`.
fn json_point(millis: i64, value: f64) -> String {
    format!("[{},\"{}\"]", seconds(millis), api_number(value))
}

/// `up{job="a"}`.
pub fn metric(labels: &Labels) -> String {
    let name = labels.get(METRIC_NAME);
    let pairs = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value:?}")).collect();
    match pairs.is_empty() && !name.is_empty() {
        true => name.to_owned(),
        false => format!("{name}{{{}}}", pairs.join(", ")),
    }
}

impl Value {
    /// The member `resultType` of the HTTP API's answer.
    pub fn result_type(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::String(_) => "string",
            Self::Vector(_) => "vector",
            Self::Matrix(_) => "matrix",
        }
    }

    /// The member `result`, as JSON.
    pub fn result_json(&self, at: SimTime) -> String {
        let at = millis(at);
        let list = |rows: Vec<String>| format!("[{}]", rows.join(","));
        match self {
            Self::Scalar(value) => json_point(at, *value),
            Self::String(text) => format!("[{},{}]", seconds(at), quoted(text)),
            Self::Vector(vector) => {
                let row = |(labels, value): &(Labels, f64)| {
                    let point = json_point(at, *value);
                    format!("{{\"metric\":{},\"value\":{point}}}", json_labels(labels))
                };
                list(vector.iter().map(row).collect())
            }
            Self::Matrix(matrix) => {
                let row = |(labels, points): &(Labels, Vec<Point>)| {
                    let points = points.iter().map(|point| json_point(point.millis, point.value));
                    let points = list(points.collect());
                    format!("{{\"metric\":{},\"values\":{points}}}", json_labels(labels))
                };
                list(matrix.iter().map(row).collect())
            }
        }
    }

    /// The lines of `promtool query`.
    pub fn to_lines(&self, at: SimTime) -> String {
        let at = millis(at);
        let point = |millis: i64, value: f64| format!("{} @[{}]", number(value), seconds(millis));
        match self {
            Self::Scalar(value) => format!("scalar: {}\n", point(at, *value)),
            Self::String(text) => format!("{text}\n"),
            Self::Vector(vector) => {
                let row = |(labels, value): &(Labels, f64)| {
                    format!("{} => {}", metric(labels), point(at, *value))
                };
                vector.iter().map(row).collect::<Vec<_>>().join("\n") + "\n"
            }
            Self::Matrix(matrix) => {
                let row = |(labels, points): &(Labels, Vec<Point>)| {
                    let mut text = format!("{} =>", metric(labels));
                    for each in points {
                        let _ = write!(text, "\n{}", point(each.millis, each.value));
                    }
                    text
                };
                matrix.iter().map(row).collect::<Vec<_>>().join("\n") + "\n"
            }
        }
    }
}

impl Query {
    /// The answer at a moment, in the order in which it is printed: by labels, unless the query has an
    /// order of its own.
    ///
    /// # Errors
    ///
    /// As [`Query::evaluate`].
    pub fn answer(&self, tsdb: &Tsdb, at: SimTime) -> Result<Value, QueryError> {
        let mut value = self.evaluate(tsdb, at)?;
        match &mut value {
            Value::Vector(vector) if !self.orders() => vector.sort_by(|a, b| a.0.cmp(&b.0)),
            Value::Matrix(matrix) => matrix.sort_by(|a, b| a.0.cmp(&b.0)),
            _ => {}
        }
        Ok(value)
    }

    fn orders(&self) -> bool {
        let names = ["sort", "sort_desc", "sort_by_label", "sort_by_label_desc"];
        match &*self.root {
            Expr::Call(call) => names.contains(&call.name),
            Expr::Aggregate(aggregate) => aggregate.aggregator.chooses(),
            _ => false,
        }
    }
}

impl QueryError {
    /// The error of a text that is no query, with line and column, as Prometheus writes it. Its columns
    /// count bytes.
    pub fn in_text(&self, text: &str) -> String {
        let place = text.char_indices().nth(self.column.saturating_sub(1) as usize);
        let before = &text[..place.map_or(text.len(), |(place, _)| place)];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
        format!("{line}:{column}: parse error: {}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (value, plain, api) in [
            (1.0, "1", "1"),
            (0.1, "0.1", "0.1"),
            (-0.0, "-0", "-0"),
            (1e-7, "0.0000001", "1e-07"),
            (1.5e21, "1500000000000000000000", "1.5e+21"),
            (f64::NAN, "NaN", "NaN"),
            (f64::NEG_INFINITY, "-Inf", "-Inf"),
        ] {
            assert_eq!((number(value).as_str(), api_number(value).as_str()), (plain, api));
        }
    }

    #[test]
    fn the_place_of_a_mistake_is_a_line_and_a_column_of_bytes() {
        let text = "up ==\n 'é' + ü";
        let error = Query::parse(text).unwrap_err();
        assert!(error.in_text(text).starts_with("2:9: parse error: "), "{}", error.in_text(text));
    }

    #[test]
    fn an_answer_has_the_shape_of_the_http_api() {
        let up = Labels::new([(METRIC_NAME, "up"), ("job", "a\"b")]);
        let at = SimTime::from_micros(10_500_000);
        let vector = Value::Vector(vec![(up.clone(), f64::INFINITY)]);
        assert_eq!(
            vector.result_json(at),
            r#"[{"metric":{"__name__":"up","job":"a\"b"},"value":[10.5,"+Inf"]}]"#
        );
        assert_eq!(vector.to_lines(at), "up{job=\"a\\\"b\"} => +Inf @[10.5]\n");
        let matrix = Value::Matrix(vec![(up, vec![Point { millis: -1_000, value: 2.0 }])]);
        assert_eq!(
            matrix.result_json(at),
            r#"[{"metric":{"__name__":"up","job":"a\"b"},"values":[[-1,"2"]]}]"#
        );
        assert_eq!(matrix.to_lines(at), "up{job=\"a\\\"b\"} =>\n2 @[-1]\n");
        assert_eq!(Value::Scalar(0.5).to_lines(at), "scalar: 0.5 @[10.5]\n");
    }
}
