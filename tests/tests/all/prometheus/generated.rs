//! Queries over the series of any run, made from parts that fit together.

use proptest::prelude::*;
use proptest::sample::select;

/// Gauges and counters by which requests, pods and deployments are measured.
const SELECTORS: &[&str] = &[
    "istio_requests_total",
    "istio_requests_total{reporter=\"source\"}",
    "istio_requests_total{response_code!~\"5..\", reporter=\"destination\"}",
    "istio_request_duration_milliseconds_sum",
    "istio_request_duration_milliseconds_count{reporter=\"source\"}",
    "istio_request_duration_milliseconds_bucket{le=\"25.0\"}",
    "http_requests_total",
    "http_requests_total{version=~\"b.*|g.*\"}",
    "container_memory_working_set_bytes",
    "container_cpu_usage_seconds_total",
    "kube_pod_status_ready",
    "kube_deployment_status_replicas_available",
    "kube_deployment_spec_replicas{deployment!=\"none\"}",
    "users_requests_total{result=\"answered\"}",
    "{__name__=~\"kube_deployment_.+\", deployment=~\".*blue\"}",
    "nothing_at_all",
];

/// Functions of a range.
const RANGED: &[&str] = &[
    "rate",
    "increase",
    "delta",
    "irate",
    "idelta",
    "resets",
    "changes",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "last_over_time",
    "present_over_time",
    "deriv",
];

/// Functions of a value.
const MAPPED: &[&str] = &[
    "abs",
    "ceil",
    "floor",
    "round",
    "sqrt",
    "exp",
    "ln",
    "log2",
    "log10",
    "sgn",
    "sin",
    "cos",
    "atan",
    "sinh",
    "tanh",
    "asinh",
    "deg",
    "rad",
    "timestamp",
    "day_of_week",
    "hour",
    "minute",
    "-",
    "+",
];

const AGGREGATORS: &[&str] =
    &["sum", "avg", "min", "max", "count", "group", "quantile(0.5, ", "quantile(0.9, "];

const GROUPINGS: &[&str] = &[
    "",
    " by (destination_version)",
    " by (pod)",
    " by (deployment, namespace)",
    " by (version, app)",
    " without (pod)",
    " without (response_code, le)",
    " by (absent)",
];

const OPERATORS: &[&str] =
    &["+", "-", "*", "/", "%", ">", "<", ">=", "<=", "==", "!=", "> bool", "<= bool", "== bool"];

/// Ranges no edge of which a sample lies on.
const RANGES: &[&str] = &["17s", "30s", "1m", "90s", "2m", "5m"];

fn selector() -> impl Strategy<Value = String> {
    let modifier = select(
        &["", "", "", "", " offset 30s", " offset -20s", " offset 2m", " @ 1767603720.2"][..],
    );
    (select(SELECTORS), modifier).prop_map(|(selector, modifier)| format!("{selector}{modifier}"))
}

fn ranged() -> impl Strategy<Value = String> {
    let plain = (select(RANGED), select(SELECTORS), select(RANGES))
        .prop_map(|(function, selector, range)| format!("{function}({selector}[{range}])"));
    let two = (select(SELECTORS), select(RANGES)).prop_flat_map(|(selector, range)| {
        select(vec![
            format!("quantile_over_time(0.7, {selector}[{range}])"),
            format!("predict_linear({selector}[{range}], 60)"),
            format!("double_exponential_smoothing({selector}[{range}], 0.3, 0.6)"),
        ])
    });
    // Steps of a subquery lie on round times, and so must not the edges of the ranges in it.
    let nested =
        (select(RANGED), select(&["rate", "increase", "max_over_time"][..]), select(SELECTORS))
            .prop_map(|(outer, inner, selector)| {
                format!("{outer}({inner}({selector}[61433ms])[2m:20s])")
            });
    prop_oneof![4 => plain, 1 => two, 1 => nested]
}

fn number() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "1",
            "0",
            "-2",
            "0.5",
            "100",
            "1e3",
            "NaN",
            "Inf",
            "time()",
            "scalar(sum(http_requests_total))",
        ][..],
    )
}

/// Expressions that give an instant vector.
pub(super) fn vector() -> impl Strategy<Value = String> {
    let quantile =
        (select(&["0.5", "0.9", "0.99", "-1", "2"][..]), select(RANGES)).prop_map(|(q, range)| {
            format!(
                "histogram_quantile({q}, sum by (le, destination_version) \
             (rate(istio_request_duration_milliseconds_bucket[{range}])))"
            )
        });
    let leaf = prop_oneof![3 => selector(), 4 => ranged(), 1 => quantile];
    leaf.prop_recursive(3, 16, 2, |inner| {
        let aggregated = (select(AGGREGATORS), select(GROUPINGS), inner.clone()).prop_map(
            |(aggregator, grouping, inner)| match aggregator.strip_suffix(' ') {
                Some(_) => format!("{aggregator}{inner}){grouping}"),
                None => format!("{aggregator}{grouping} ({inner})"),
            },
        );
        let mapped = (select(MAPPED), inner.clone())
            .prop_map(|(function, inner)| format!("{function}({inner})"));
        let scaled = (inner.clone(), select(OPERATORS), number(), any::<bool>()).prop_map(
            |(inner, operator, number, is_left)| match is_left {
                true => format!("{number} {operator} ({inner})"),
                false => format!("({inner}) {operator} {number}"),
            },
        );
        let grouping = select(&["pod", "destination_version", "deployment"][..]);
        let matched = (inner.clone(), select(OPERATORS), grouping.clone(), inner.clone()).prop_map(
            |(left, operator, label, right)| {
                format!("sum by ({label}) ({left}) {operator} on ({label}) sum by ({label}) ({right})")
            },
        );
        let widened = (inner.clone(), grouping, inner.clone()).prop_map(|(left, label, right)| {
            format!("({left}) / on ({label}) group_left sum by ({label}) ({right})")
        });
        let sets = (inner.clone(), select(&["and", "or", "unless", "and on (pod)", "unless ignoring (pod)"][..]), inner)
            .prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})"));
        prop_oneof![3 => aggregated, 2 => mapped, 2 => scaled, 2 => matched, 1 => widened, 1 => sets]
    })
}
