//! Unit tests of rules in the format of `promtool test rules`, with what promtool 2.42 prints of a failure.
//!
//! Not modelled: `external_labels` and `external_url`, which only an Alertmanager would see.

use std::collections::{BTreeMap, BTreeSet};

use super::{AlertState, Group, RuleKind};
use crate::diagnostic::Diagnostic;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::yaml;
use crate::telemetry::labels::Labels;
use crate::telemetry::promql::{self, Query, Step, Value};
use crate::telemetry::tsdb::{SeriesId, Tsdb};
use crate::time::{SimDuration, SimTime};

/// Most evaluations of a test.
const EVALUATIONS_MAX: u64 = 100_000;

/// Most values of all series of a file.
const VALUES_MAX: usize = 2_000_000;

/// Fields by the type that promtool reads them into.
const FIELDS: [(&str, &str); 7] = [
    ("main.unitTestFile", "rule_files evaluation_interval group_eval_order tests"),
    ("main.testGroup", "interval input_series alert_rule_test promql_expr_test name"),
    ("main.series", "series values"),
    ("main.alertTestCase", "eval_time alertname exp_alerts"),
    ("main.alert", "exp_labels exp_annotations"),
    ("main.promqlTestCase", "expr eval_time exp_samples"),
    ("main.sample", "labels value"),
];

/// Rule files by the pattern that a test names: path and text of each.
pub type Reader<'r> = &'r mut dyn FnMut(&str) -> Result<Vec<(String, String)>, String>;

/// Runs the tests of a file.
///
/// # Errors
///
/// What promtool prints of each failure.
pub fn run(file: &str, text: &str, read: Reader<'_>) -> Result<(), Vec<String>> {
    let lines = |problems: Vec<Diagnostic>| -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    };
    let suite = Suite::parse(file, text).map_err(lines)?;
    let mut groups = Vec::new();
    for pattern in &suite.rule_files {
        for (path, text) in read(pattern).map_err(|problem| vec![problem])? {
            groups.extend(super::parse(&path, &text).map_err(lines)?.0);
        }
    }
    let order = |group: &Group| {
        let place = suite.order.iter().position(|name| *name == group.name);
        place.unwrap_or(0)
    };
    groups.sort_by_key(order);
    let mut failures = Vec::new();
    for test in &suite.tests {
        test.run(groups.clone(), suite.interval, &mut failures);
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

struct Suite {
    rule_files: Vec<String>,
    interval: SimDuration,
    order: Vec<String>,
    tests: Vec<Test>,
}

#[derive(Default)]
struct Test {
    name: String,
    series: Vec<(Labels, Vec<Step>)>,
    interval: SimDuration,
    alerts: Vec<AlertCase>,
    expressions: Vec<ExpressionCase>,
}

struct AlertCase {
    at: SimDuration,
    name: String,
    expected: Vec<Alert>,
}

struct ExpressionCase {
    at: SimDuration,
    expr: String,
    expected: Vec<(String, f64)>,
}

/// Labels and annotations, in the order in which alerts are compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

impl Suite {
    fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let documents = yaml::parse(file, text).map_err(|fault| vec![fault])?;
        let mut findings = Findings::new(file);
        let mut suite = Self {
            rule_files: Vec::new(),
            interval: SimDuration::from_secs(60),
            order: Vec::new(),
            tests: Vec::new(),
        };
        if let Some(document) = documents.first() {
            let root = Cursor::root(document);
            check_fields(&root, FIELDS[0], &mut findings);
            suite.rule_files = root.texts("rule_files");
            suite.order = root.texts("group_eval_order");
            let interval = length(&root, "evaluation_interval", &mut findings);
            // As with promtool, an interval of nothing is none.
            let interval = interval.filter(|interval| *interval != SimDuration::ZERO);
            suite.interval = interval.unwrap_or(suite.interval);
            let mut values = VALUES_MAX;
            for test in root.list("tests") {
                suite.tests.push(Test::parse(&test, suite.interval, &mut values, &mut findings));
            }
        }
        let (errors, _) = findings.split();
        if errors.is_empty() { Ok(suite) } else { Err(errors) }
    }
}

fn check_fields(cursor: &Cursor<'_>, (owner, fields): (&str, &str), findings: &mut Findings) {
    for (key, _) in cursor.entries() {
        if !fields.split(' ').any(|field| field == key.text) {
            let message = format!("field {} not found in type {owner}", key.text);
            findings.error(key.position, message);
        }
    }
}

fn length(owner: &Cursor<'_>, name: &str, findings: &mut Findings) -> Option<SimDuration> {
    let cursor = owner.get(name)?;
    let text = plain(&cursor);
    let length = promql::duration(&text);
    if length.is_none() {
        let message = format!("not a valid duration string: {text:?}");
        findings.fix(cursor.position(), message, "write a duration such as 5m or 1h30m");
    }
    length
}

/// The text of a scalar, however YAML types it.
fn plain(cursor: &Cursor<'_>) -> String {
    match cursor.node.to_json() {
        serde_json::Value::String(text) => text,
        // YAML writes infinity and NaN as no JSON number.
        serde_json::Value::Null => match cursor.node.value {
            yaml::Value::Float(value) => value.to_string(),
            _ => String::new(),
        },
        other => other.to_string(),
    }
}

fn text(owner: &Cursor<'_>, name: &str) -> String {
    owner.get(name).map(|cursor| plain(&cursor)).unwrap_or_default()
}

impl Test {
    /// `values` is how many values its series may still have.
    fn parse(
        test: &Cursor<'_>,
        default: SimDuration,
        values: &mut usize,
        findings: &mut Findings,
    ) -> Self {
        check_fields(test, FIELDS[1], findings);
        let interval = length(test, "interval", findings).unwrap_or(default);
        let mut parsed = Self { name: text(test, "name"), interval, ..Self::default() };
        for series in test.list("input_series") {
            check_fields(&series, FIELDS[2], findings);
            let both = promql::metric(&text(&series, "series"))
                .and_then(|labels| Ok((labels, promql::steps(&text(&series, "values"), values)?)));
            match both {
                Ok(both) => parsed.series.push(both),
                Err(problem) => findings.error(series.position(), problem),
            }
        }
        for case in test.list("alert_rule_test") {
            parsed.alerts.push(AlertCase::parse(&case, &parsed.name, findings));
        }
        for case in test.list("promql_expr_test") {
            parsed.expressions.push(ExpressionCase::parse(&case, findings));
        }
        parsed
    }

    fn run(&self, groups: Vec<Group>, interval: SimDuration, failures: &mut Vec<String>) {
        let times = self.alerts.iter().map(|case| case.at);
        let times = times.chain(self.expressions.iter().map(|case| case.at));
        let last = times.max().unwrap_or_default();
        if EVALUATIONS_MAX < last.as_micros() / interval.as_micros().max(1) {
            failures.push(format!("    a test has more than {EVALUATIONS_MAX} evaluations"));
            return;
        }
        let mut stage = Stage::new(self, groups);
        let mut at = SimDuration::ZERO;
        while at <= last {
            if let Err(problems) = stage.evaluate(at) {
                failures.extend(problems);
                return;
            }
            let until = at + interval;
            // A test between two evaluations is about the earlier.
            let due: BTreeSet<SimDuration> = self.alerts.iter().map(|case| case.at).collect();
            for time in due.range(at..until) {
                for case in self.alerts.iter().filter(|case| case.at == *time) {
                    failures.extend(self.check_alerts(case, &stage));
                }
            }
            at = until;
        }
        failures.extend(self.expressions.iter().filter_map(|case| case.check(&stage.tsdb)));
    }

    fn check_alerts(&self, case: &AlertCase, stage: &Stage<'_>) -> Option<String> {
        let mut found = stage.firing(&case.name);
        let mut expected = case.expected.clone();
        found.sort();
        expected.sort();
        if found == expected {
            return None;
        }
        let name = match self.name.is_empty() {
            true => String::new(),
            false => format!("    name: {},\n", self.name),
        };
        Some(format!(
            "{name}    alertname: {}, time: {}, \n        exp:{}, \n        got:{}",
            case.name,
            written(case.at),
            listed(&expected),
            listed(&found)
        ))
    }
}

impl AlertCase {
    fn parse(case: &Cursor<'_>, test: &str, findings: &mut Findings) -> Self {
        check_fields(case, FIELDS[3], findings);
        let at = length(case, "eval_time", findings).unwrap_or_default();
        let name = text(case, "alertname");
        if name.is_empty() {
            let test =
                if test.is_empty() { String::new() } else { format!(" (in TestGroup {test})") };
            let message = format!(
                "an item under alert_rule_test misses required attribute alertname at eval_time {}{test}",
                written(at)
            );
            findings.error(case.position(), message);
        }
        let mut expected = Vec::new();
        for alert in case.list("exp_alerts") {
            check_fields(&alert, FIELDS[4], findings);
            let map = |field: &str| {
                let entries = alert.get(field).map(|map| map.entries()).unwrap_or_default();
                entries.into_iter().map(|(key, value)| (key.text.clone(), plain(&value)))
            };
            let mut labels: BTreeMap<String, String> = map("exp_labels").collect();
            labels.insert("alertname".to_owned(), name.clone());
            expected.push(Alert { labels, annotations: map("exp_annotations").collect() });
        }
        Self { at, name, expected }
    }
}

impl ExpressionCase {
    fn parse(case: &Cursor<'_>, findings: &mut Findings) -> Self {
        check_fields(case, FIELDS[5], findings);
        let at = length(case, "eval_time", findings).unwrap_or_default();
        let mut expected = Vec::new();
        for sample in case.list("exp_samples") {
            check_fields(&sample, FIELDS[6], findings);
            let value = sample.get("value").map_or(Ok(0.0), |value| plain(&value).parse());
            match value {
                Ok(value) => expected.push((text(&sample, "labels"), value)),
                Err(_) => findings.error(sample.position(), "value: write a number"),
            }
        }
        Self { at, expr: text(case, "expr"), expected }
    }

    fn check(&self, tsdb: &Tsdb) -> Option<String> {
        let at = SimTime::ZERO + self.at;
        let about = format!("    expr: {:?}, time: {},", self.expr, written(self.at));
        let value = Query::parse(&self.expr)
            .map_err(|error| error.in_text(&self.expr))
            .and_then(|query| query.answer(tsdb, at).map_err(|error| error.message));
        let mut found = match value {
            Ok(Value::Vector(vector)) => vector,
            Ok(Value::Scalar(value)) => vec![(Labels::default(), value)],
            Ok(Value::Matrix(_) | Value::String(_)) => {
                return Some(format!("{about} err: rule result is not a vector or scalar"));
            }
            Err(problem) => return Some(format!("{about} err: {problem}")),
        };
        let mut expected = Vec::new();
        for (labels, value) in &self.expected {
            match promql::metric(labels) {
                Ok(metric) => expected.push((metric, *value)),
                Err(problem) => {
                    return Some(format!("{about} err: labels {labels:?}: {problem}"));
                }
            }
        }
        found.sort_by(|one, other| one.0.cmp(&other.0));
        expected.sort_by(|one, other| one.0.cmp(&other.0));
        if found == expected {
            return None;
        }
        let (expected, found) = (samples(&expected), samples(&found));
        Some(format!("{about}\n        exp: {expected}\n        got: {found}"))
    }
}

/// Rules at work over the series of a test.
struct Stage<'t> {
    tsdb: Tsdb,
    groups: Vec<Group>,
    /// The steps of each series that have not been stored yet, and how many have.
    coming: Vec<(SeriesId, &'t [Step], u64)>,
    interval: SimDuration,
}

impl<'t> Stage<'t> {
    fn new(test: &'t Test, groups: Vec<Group>) -> Self {
        let mut tsdb = Tsdb::default();
        let series = test.series.iter();
        let coming = series.map(|(labels, steps)| (tsdb.series(labels.clone()), &steps[..], 0));
        let coming = coming.collect();
        Self { tsdb, groups, coming, interval: test.interval }
    }

    /// Stores what there is until a moment, then evaluates all groups.
    fn evaluate(&mut self, until: SimDuration) -> Result<(), Vec<String>> {
        for (id, steps, count) in &mut self.coming {
            while let (Some((step, rest)), true) =
                (steps.split_first(), self.interval.times(*count) <= until)
            {
                let at = SimTime::ZERO + self.interval.times(*count);
                match step {
                    Step::Value(value) => self.tsdb.append(*id, at, *value),
                    Step::Stale => self.tsdb.mark_stale(*id, at),
                    Step::Missing => true,
                };
                (*steps, *count) = (rest, *count + 1);
            }
        }
        let mut problems = Vec::new();
        for group in &mut self.groups {
            group.evaluate(&mut self.tsdb, SimTime::ZERO + until);
            for rule in &group.rules {
                if let Some(problem) = &rule.problem {
                    problems.push(format!(
                        "    rule: {}, time: {}, err: {problem}",
                        rule.name(),
                        spent(until)
                    ));
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn firing(&self, name: &str) -> Vec<Alert> {
        let rules = self.groups.iter().flat_map(|group| &group.rules);
        let alerting = rules.filter_map(|rule| match rule.kind() {
            RuleKind::Alerting(alerting) if alerting.name() == name => Some(alerting),
            RuleKind::Alerting(_) | RuleKind::Recording(_) => None,
        });
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let alerts = alerting.flat_map(|alerting| alerting.alerts());
        let firing = alerts.filter(|(_, alert)| alert.state == AlertState::Firing);
        let alert = |(labels, alert): (&Labels, &super::ActiveAlert)| Alert {
            labels: labels.iter().map(owned).collect(),
            annotations: alert.annotations.iter().cloned().collect(),
        };
        firing.map(alert).collect()
    }
}

/// `{a="b", c="d"}`.
fn pairs(map: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = map.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn listed(alerts: &[Alert]) -> String {
    if alerts.is_empty() {
        return "[]".to_owned();
    }
    let alert = |(index, alert): (usize, &Alert)| {
        format!(
            "\n            {index}:\n              Labels:{}\n              Annotations:{}",
            pairs(&alert.labels),
            pairs(&alert.annotations)
        )
    };
    let alerts: Vec<String> = alerts.iter().enumerate().map(alert).collect();
    format!("[{}\n            ]", alerts.join(","))
}

/// Series and values as promtool shows them: `{__name__="up"} 1E+00`.
fn samples(samples: &[(Labels, f64)]) -> String {
    if samples.is_empty() {
        return "nil".to_owned();
    }
    let number = |value: f64| {
        if !value.is_finite() {
            return promql::print::number(value);
        }
        let text = format!("{value:E}");
        let (mantissa, exponent) = text.split_once('E').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        format!("{mantissa}E{sign}{digits:0>2}")
    };
    let sample = |(labels, value): &(Labels, f64)| format!("{labels} {}", number(*value));
    samples.iter().map(sample).collect::<Vec<_>>().join(", ")
}

/// A length of time as Prometheus writes it: `1h30m`, `0s`.
fn written(length: SimDuration) -> String {
    let mut millis = length.as_micros() / 1_000;
    let mut text = String::new();
    let units = [
        ("y", 31_536_000_000, true),
        ("w", 604_800_000, true),
        ("d", 86_400_000, false),
        ("h", 3_600_000, false),
        ("m", 60_000, false),
        ("s", 1_000, false),
        ("ms", 1, false),
    ];
    for (unit, size, must_fit) in units {
        let count = millis / size;
        if 0 < count && (!must_fit || millis.is_multiple_of(size)) {
            text += &format!("{count}{unit}");
            millis -= count * size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A length of time as Go writes it: `1h30m0s`.
fn spent(length: SimDuration) -> String {
    let secs = length.as_micros() / 1_000_000;
    let within = length.as_micros() % 1_000_000;
    let seconds = match within {
        0 => format!("{}s", secs % 60),
        _ => format!("{}s", (secs % 60) as f64 + within as f64 / 1e6),
    };
    match (secs / 3_600, secs / 60 % 60) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes}m{seconds}"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
    }
}
