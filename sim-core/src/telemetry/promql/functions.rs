//! Functions: their signatures, and what they do.

use regex::Regex;

use super::evaluator::{Evaluator, Vector, distinct};
use super::selector::Window;
use super::statistics::order;
use super::{Expr, Kind, QueryError, counter, histogram, over_time};
use crate::telemetry::labels::Labels;

/// What a function does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Function {
    /// One value of the samples of each series in a range; the name goes.
    Range(fn(&Window<'_>) -> Option<f64>),
    /// The same, but the result is a sample itself: the name stays.
    Pick(fn(&Window<'_>) -> Option<f64>),
    /// One value of each value, and of the scalars that follow; the name goes.
    Map(fn(f64, &[f64]) -> f64),
    Clamp,
    Absent,
    AbsentOverTime,
    Scalar,
    Vector,
    Time,
    Pi,
    Timestamp,
    Sort,
    SortDesc,
    LabelReplace,
    LabelJoin,
    HistogramQuantile,
}

/// How a function is called.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [Kind],
    /// Arguments at the end that may be left out.
    pub(super) optional: usize,
    /// Whether the last argument may come again and again.
    pub(super) repeats: bool,
    pub(super) result: Kind,
    pub(super) function: Function,
}

const fn signature(
    name: &'static str,
    arguments: &'static [Kind],
    result: Kind,
    function: Function,
) -> Signature {
    Signature { name, arguments, optional: 0, repeats: false, result, function }
}

const fn range(name: &'static str, function: fn(&Window<'_>) -> Option<f64>) -> Signature {
    signature(name, &[Kind::Matrix], Kind::Vector, Function::Range(function))
}

const fn map(
    name: &'static str,
    arguments: &'static [Kind],
    function: fn(f64, &[f64]) -> f64,
) -> Signature {
    signature(name, arguments, Kind::Vector, Function::Map(function))
}

const VECTOR: &[Kind] = &[Kind::Vector];
const VECTOR_SCALAR: &[Kind] = &[Kind::Vector, Kind::Scalar];

/// Go's `math.Max`: an infinity wins, else NaN does.
fn larger(one: f64, other: f64) -> f64 {
    if one == f64::INFINITY || other == f64::INFINITY {
        f64::INFINITY
    } else if one.is_nan() || other.is_nan() {
        f64::NAN
    } else {
        one.max(other)
    }
}

/// Go's `math.Min`.
fn smaller(one: f64, other: f64) -> f64 {
    -larger(-one, -other)
}

fn round(value: f64, to: &[f64]) -> f64 {
    let inverse = 1.0 / to.first().copied().unwrap_or(1.0);
    (value * inverse + 0.5).floor() / inverse
}

fn sign(value: f64) -> f64 {
    if value == 0.0 || value.is_nan() { value } else { value.signum() }
}

/// Every function that is evaluated, as Prometheus knows it.
pub(super) static FUNCTIONS: &[Signature] = &[
    range("rate", counter::rate),
    range("increase", counter::increase),
    range("delta", counter::delta),
    range("irate", counter::irate),
    range("idelta", counter::idelta),
    range("resets", counter::resets),
    range("changes", counter::changes),
    range("avg_over_time", over_time::avg),
    range("min_over_time", over_time::min),
    range("max_over_time", over_time::max),
    range("sum_over_time", over_time::sum),
    range("count_over_time", over_time::count),
    range("present_over_time", over_time::present),
    range("stddev_over_time", over_time::stddev),
    range("stdvar_over_time", over_time::stdvar),
    signature(
        "quantile_over_time",
        &[Kind::Scalar, Kind::Matrix],
        Kind::Vector,
        Function::Range(over_time::quantile),
    ),
    signature("last_over_time", &[Kind::Matrix], Kind::Vector, Function::Pick(over_time::last)),
    signature("first_over_time", &[Kind::Matrix], Kind::Vector, Function::Pick(over_time::first)),
    signature("absent_over_time", &[Kind::Matrix], Kind::Vector, Function::AbsentOverTime),
    map("abs", VECTOR, |value, _| value.abs()),
    map("ceil", VECTOR, |value, _| value.ceil()),
    map("floor", VECTOR, |value, _| value.floor()),
    map("exp", VECTOR, |value, _| libm::exp(value)),
    map("ln", VECTOR, |value, _| libm::log(value)),
    map("log2", VECTOR, |value, _| libm::log2(value)),
    map("log10", VECTOR, |value, _| libm::log10(value)),
    map("sqrt", VECTOR, |value, _| libm::sqrt(value)),
    map("sgn", VECTOR, |value, _| sign(value)),
    map("clamp_min", VECTOR_SCALAR, |value, min| larger(min[0], value)),
    map("clamp_max", VECTOR_SCALAR, |value, max| smaller(max[0], value)),
    Signature { optional: 1, ..map("round", VECTOR_SCALAR, round) },
    signature("clamp", &[Kind::Vector, Kind::Scalar, Kind::Scalar], Kind::Vector, Function::Clamp),
    signature("absent", VECTOR, Kind::Vector, Function::Absent),
    signature("scalar", VECTOR, Kind::Scalar, Function::Scalar),
    signature("vector", &[Kind::Scalar], Kind::Vector, Function::Vector),
    signature("time", &[], Kind::Scalar, Function::Time),
    signature("pi", &[], Kind::Scalar, Function::Pi),
    signature("timestamp", VECTOR, Kind::Vector, Function::Timestamp),
    signature("sort", VECTOR, Kind::Vector, Function::Sort),
    signature("sort_desc", VECTOR, Kind::Vector, Function::SortDesc),
    signature(
        "label_replace",
        &[Kind::Vector, Kind::String, Kind::String, Kind::String, Kind::String],
        Kind::Vector,
        Function::LabelReplace,
    ),
    Signature {
        optional: 1,
        repeats: true,
        ..signature(
            "label_join",
            &[Kind::Vector, Kind::String, Kind::String, Kind::String],
            Kind::Vector,
            Function::LabelJoin,
        )
    },
    signature(
        "histogram_quantile",
        &[Kind::Scalar, Kind::Vector],
        Kind::Vector,
        Function::HistogramQuantile,
    ),
];

/// Functions and aggregators of Prometheus that are not evaluated here; a query that uses one is
/// refused.
pub(super) const UNSUPPORTED: &str = "acos acosh asin asinh atan atanh cos cosh day_of_month \
    day_of_week day_of_year days_in_month deg deriv double_exponential_smoothing end histogram_avg \
    histogram_count histogram_fraction histogram_quantiles histogram_stddev histogram_stdvar \
    histogram_sum holt_winters hour info limit_ratio limitk mad_over_time max_of min_of minute month \
    predict_linear rad range sin sinh sort_by_label sort_by_label_desc start step tan tanh \
    ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time year";

/// A function with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) column: u32,
    pub(super) name: &'static str,
    pub(super) function: Function,
    pub(super) result: Kind,
    pub(super) arguments: Vec<Expr>,
    /// The regular expression of `label_replace`.
    pub(super) pattern: Option<Regex>,
}

impl Call {
    /// The string that an argument is; the parser checked that it is one.
    fn text(&self, index: usize) -> &str {
        match self.arguments.get(index) {
            Some(Expr::Text(_, text)) => text,
            _ => "",
        }
    }

    fn label_replace(&self, labels: &Labels) -> Labels {
        let source = labels.get(self.text(3));
        match self.pattern.as_ref().and_then(|pattern| pattern.captures(source)) {
            None => labels.clone(),
            Some(captures) => {
                let mut value = String::new();
                captures.expand(self.text(2), &mut value);
                labels.with(self.text(1), &value)
            }
        }
    }

    fn label_join(&self, labels: &Labels) -> Labels {
        let sources = 3..self.arguments.len();
        let values: Vec<&str> = sources.map(|index| labels.get(self.text(index))).collect();
        labels.with(self.text(1), &values.join(self.text(2)))
    }

    /// Labels that `absent` gives its one sample.
    fn absent_labels(&self) -> Labels {
        match self.arguments.first() {
            Some(Expr::Instant(selector) | Expr::Range(selector, _)) => selector.fixed_labels(),
            _ => Labels::default(),
        }
    }
}

fn each(vector: Vector, function: impl Fn(f64) -> f64) -> Vector {
    vector.into_iter().map(|(labels, value)| (labels.without_name(), function(value))).collect()
}

fn relabelled(vector: Vector, labels: impl Fn(&Labels) -> Labels) -> Vector {
    vector.into_iter().map(|(old, value)| (labels(&old), value)).collect()
}

/// Sorted by value, NaN last.
fn sorted(mut vector: Vector, descending: bool) -> Vector {
    vector.sort_by(|(_, one), (_, other)| order(*one, *other, descending));
    vector
}

impl Evaluator<'_> {
    pub(super) fn scalar_call(&self, call: &Call, at: i64) -> Result<f64, QueryError> {
        match call.function {
            Function::Time => Ok(at as f64 / 1000.0),
            Function::Pi => Ok(std::f64::consts::PI),
            _ => match self.vector(&call.arguments[0], at)?[..] {
                [(_, value)] => Ok(value),
                _ => Ok(f64::NAN),
            },
        }
    }

    pub(super) fn vector_call(&self, call: &Call, at: i64) -> Result<Vector, QueryError> {
        let vector = |index: usize| self.vector(&call.arguments[index], at);
        let scalar = |index: usize| self.scalar(&call.arguments[index], at);
        let result = match call.function {
            Function::Range(function) => self.range_call(call, function, false, at)?,
            Function::Pick(function) => self.range_call(call, function, true, at)?,
            Function::Map(function) => {
                let scalars: Result<Vec<f64>, _> = (1..call.arguments.len()).map(scalar).collect();
                let scalars = scalars?;
                each(vector(0)?, |value| function(value, &scalars))
            }
            Function::Clamp => {
                let (min, max) = (scalar(1)?, scalar(2)?);
                if max < min {
                    return Ok(Vector::new());
                }
                each(vector(0)?, |value| larger(min, smaller(max, value)))
            }
            Function::Absent => match vector(0)?.is_empty() {
                true => vec![(call.absent_labels(), 1.0)],
                false => Vector::new(),
            },
            Function::AbsentOverTime => {
                let mut is_empty = true;
                let mut visit = |_: &Labels, _: &Window<'_>| is_empty = false;
                self.each_window(&call.arguments[0], at, 0.0, &mut visit)?;
                if is_empty { vec![(call.absent_labels(), 1.0)] } else { Vector::new() }
            }
            Function::Vector => vec![(Labels::default(), scalar(0)?)],
            Function::Timestamp => self.timestamp(&call.arguments[0], at)?,
            Function::Sort => sorted(vector(0)?, false),
            Function::SortDesc => sorted(vector(0)?, true),
            Function::LabelReplace => relabelled(vector(0)?, |labels| call.label_replace(labels)),
            Function::LabelJoin => relabelled(vector(0)?, |labels| call.label_join(labels)),
            Function::HistogramQuantile => histogram::quantiles(scalar(0)?, &vector(1)?),
            Function::Scalar | Function::Time | Function::Pi => {
                vec![(Labels::default(), self.scalar_call(call, at)?)]
            }
        };
        distinct(result, call.column)
    }

    fn range_call(
        &self,
        call: &Call,
        function: fn(&Window<'_>) -> Option<f64>,
        keeps_name: bool,
        at: i64,
    ) -> Result<Vector, QueryError> {
        let (parameter, range) = match &call.arguments[..] {
            [range] => (0.0, range),
            [parameter, range, ..] => (self.scalar(parameter, at)?, range),
            [] => return Ok(Vector::new()),
        };
        let mut result = Vector::new();
        self.each_window(range, at, parameter, &mut |labels, window| {
            if let Some(value) = function(window) {
                let labels = if keeps_name { labels.clone() } else { labels.without_name() };
                result.push((labels, value));
            }
        })?;
        Ok(result)
    }

    /// When the samples of a selector were taken; of anything else, the present.
    fn timestamp(&self, inner: &Expr, at: i64) -> Result<Vector, QueryError> {
        if let Expr::Instant(selector) = inner {
            let newest = self.newest(selector, at)?.into_iter();
            let times = newest.map(|(labels, point)| (labels.clone(), point.millis as f64));
            return Ok(each(times.collect(), |millis| millis / 1000.0));
        }
        Ok(each(self.vector(inner, at)?, |_| at as f64 / 1000.0))
    }
}

/// Whether labels may have this name.
pub(super) fn is_label_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
