//! Functions: their signatures, and what they compute.

use super::selector::Window;
use super::{Kind, calendar, counter, over_time, trend};

/// What a function does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Function {
    /// One value of the samples of each series in a range; the name goes.
    Range(fn(&Window<'_>) -> Option<f64>),
    /// The same, but the result is a sample itself: the name stays.
    Pick(fn(&Window<'_>) -> Option<f64>),
    /// One value of each value, and of the scalars that follow; the name goes.
    Map(fn(f64, &[f64]) -> f64),
    /// One value of a time; the name goes.
    Date(fn(f64) -> f64),
    /// As `Range`, of factors that must lie between 0 and 1.
    Smoothing,
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
    SortByLabel,
    SortByLabelDesc,
    LabelReplace,
    LabelJoin,
    HistogramQuantile,
    HistogramFraction,
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

const fn plain(name: &'static str, function: fn(f64, &[f64]) -> f64) -> Signature {
    map(name, VECTOR, function)
}

const fn date(name: &'static str, function: fn(f64) -> f64) -> Signature {
    signature(name, VECTOR, Kind::Vector, Function::Date(function))
}

const fn sort_by_label(name: &'static str, function: Function) -> Signature {
    let sort = signature(name, &[Kind::Vector, Kind::String], Kind::Vector, function);
    Signature { optional: 1, repeats: true, ..sort }
}

const VECTOR: &[Kind] = &[Kind::Vector];
const VECTOR_SCALAR: &[Kind] = &[Kind::Vector, Kind::Scalar];

/// Go's `math.Max`: an infinity wins, else NaN does.
pub(super) fn larger(one: f64, other: f64) -> f64 {
    if one == f64::INFINITY || other == f64::INFINITY {
        f64::INFINITY
    } else if one.is_nan() || other.is_nan() {
        f64::NAN
    } else {
        one.max(other)
    }
}

/// Go's `math.Min`.
pub(super) fn smaller(one: f64, other: f64) -> f64 {
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
    range("mad_over_time", over_time::mad),
    range("ts_of_first_over_time", over_time::ts_of_first),
    range("ts_of_last_over_time", over_time::ts_of_last),
    range("ts_of_min_over_time", over_time::ts_of_min),
    range("ts_of_max_over_time", over_time::ts_of_max),
    range("deriv", trend::deriv),
    signature(
        "predict_linear",
        &[Kind::Matrix, Kind::Scalar],
        Kind::Vector,
        Function::Range(trend::predict),
    ),
    signature(
        "double_exponential_smoothing",
        &[Kind::Matrix, Kind::Scalar, Kind::Scalar],
        Kind::Vector,
        Function::Smoothing,
    ),
    signature(
        "quantile_over_time",
        &[Kind::Scalar, Kind::Matrix],
        Kind::Vector,
        Function::Range(over_time::quantile),
    ),
    signature("last_over_time", &[Kind::Matrix], Kind::Vector, Function::Pick(over_time::last)),
    signature("first_over_time", &[Kind::Matrix], Kind::Vector, Function::Pick(over_time::first)),
    signature("absent_over_time", &[Kind::Matrix], Kind::Vector, Function::AbsentOverTime),
    plain("abs", |value, _| value.abs()),
    plain("ceil", |value, _| value.ceil()),
    plain("floor", |value, _| value.floor()),
    plain("exp", |value, _| libm::exp(value)),
    plain("ln", |value, _| libm::log(value)),
    plain("log2", |value, _| libm::log2(value)),
    plain("log10", |value, _| libm::log10(value)),
    plain("sqrt", |value, _| libm::sqrt(value)),
    plain("sgn", |value, _| sign(value)),
    plain("sin", |value, _| libm::sin(value)),
    plain("cos", |value, _| libm::cos(value)),
    plain("tan", |value, _| libm::tan(value)),
    plain("asin", |value, _| libm::asin(value)),
    plain("acos", |value, _| libm::acos(value)),
    plain("atan", |value, _| libm::atan(value)),
    plain("sinh", |value, _| libm::sinh(value)),
    plain("cosh", |value, _| libm::cosh(value)),
    plain("tanh", |value, _| libm::tanh(value)),
    plain("asinh", |value, _| libm::asinh(value)),
    plain("acosh", |value, _| libm::acosh(value)),
    plain("atanh", |value, _| libm::atanh(value)),
    plain("deg", |value, _| value * 180.0 / std::f64::consts::PI),
    plain("rad", |value, _| value * std::f64::consts::PI / 180.0),
    date("minute", calendar::minute),
    date("hour", calendar::hour),
    date("day_of_week", calendar::day_of_week),
    date("day_of_month", calendar::day_of_month),
    date("day_of_year", calendar::day_of_year),
    date("days_in_month", calendar::days_in_month),
    date("month", calendar::month),
    date("year", calendar::year),
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
    sort_by_label("sort_by_label", Function::SortByLabel),
    sort_by_label("sort_by_label_desc", Function::SortByLabelDesc),
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
    signature(
        "histogram_fraction",
        &[Kind::Scalar, Kind::Scalar, Kind::Vector],
        Kind::Vector,
        Function::HistogramFraction,
    ),
];

/// Functions and aggregators of Prometheus that are not evaluated here; a query that uses one is
/// refused.
pub(super) const UNSUPPORTED: &str = "end histogram_avg histogram_count \
    histogram_quantiles histogram_stddev histogram_stdvar histogram_sum holt_winters info \
    max_of min_of range start step";

/// Whether labels may have this name.
pub fn is_label_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
