//! Where Prometheus 2.42 is known to answer otherwise than version 3, which we follow. An entry that is
//! never met fails the test, so that the list cannot rot.

use serde_json::Value;

/// A function that has another name in version 3: ours, the one of 2.42.
pub(super) const RENAMED: [(&str, &str); 1] = [("double_exponential_smoothing", "holt_winters")];

/// Queries that both answer, each in its own way: query, milliseconds since the beginning, why.
pub(super) const ANSWERS: &[(&str, i64, &str)] = &[
    (
        "count_over_time(kube_pod_status_ready[2m])",
        300_000,
        "a range of 2.42 has a sample that lies on its left edge",
    ),
    ("count_over_time(vector(1)[2m:30s])", 300_000, "so has a subquery"),
    (
        "sum(increase(istio_requests_total{reporter=\"source\"}[5m]))",
        300_433,
        "a counter that begins late in the range is followed back to zero, even beyond half a gap",
    ),
    ("kube_deployment_spec_replicas atan2 2", 300_433, "atan2 keeps the metric's name in 2.42"),
    ("stddev(vector(NaN))", 300_433, "the deviation of a single NaN is 0 in 2.42"),
    ("stdvar(vector(NaN))", 300_433, "likewise"),
];

/// Texts that only one of them takes as a query, and why.
pub(super) const TAKEN: &[(&str, &str)] = &[
    ("rate(http_requests_total[60])", "version 3 counts seconds where a duration has no unit"),
    ("http_requests_total offset 60", "likewise"),
    ("vector(5m)", "version 3 takes a duration as a number of seconds"),
    ("http_requests_total offset +1m", "2.42 has no plus before an offset"),
    ("first_over_time(http_requests_total[1m])", "2.42 does not have this function"),
    ("mad_over_time(http_requests_total[1m])", "likewise"),
    ("sort_by_label(http_requests_total, 'pod')", "likewise"),
    ("ts_of_last_over_time(http_requests_total[1m])", "likewise"),
    ("limitk(2, http_requests_total)", "2.42 does not have this aggregator"),
    ("limit_ratio(0.5, http_requests_total)", "likewise"),
    ("holt_winters(http_requests_total[1m], 0.5, 0.5)", "version 3 has it by another name"),
];

/// Mistakes that both refuse in other words: a text, and why.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("x{a=~'('}", "the words are those of the engine of regular expressions"),
    ("x[", "a range may be a number in version 3"),
    ("x @ 5m", "a moment may be a duration in version 3"),
    ("\"\\q\"", "Prometheus names the character by its number, too"),
    ("label_replace(x, 'a b', '', '', '')", "we find it without series, Prometheus in one"),
    ("label_join(x, 'a', '', '1x')", "likewise"),
    ("count_values('a b', x)", "likewise"),
    ("x{a==5}", "we read all words before we judge their order"),
    ("x + on() group_left bool y", "Prometheus expects labels of the other side there"),
];

/// Whether two answers differ only by the deviation of a single NaN, which is 0 in 2.42.
pub(super) fn is_deviation_of_nan(query: &str, ours: &Value, theirs: &Value) -> bool {
    let is_asked = query.contains("stddev") || query.contains("stdvar");
    let (ours, theirs) = (ours.to_string(), theirs.to_string());
    is_asked && ours.replace("\"NaN\"", "\"0\"") == theirs
}
