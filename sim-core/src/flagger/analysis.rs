//! The analysis: metrics from Prometheus against their bounds (FLG-08, FLG-10).

use crate::cluster::NAMESPACE;
use crate::flagger::look::{Look, Routes};
use crate::flagger::spec::{Bounds, Check, Metric, render};
use crate::flagger::template_spec;
use crate::telemetry::promql::{Query, Value};

/// `request-success-rate` with Istio: what the canary's own sidecars have counted, so that answers which
/// the client's proxy made are not in it (FLG-10).
const SUCCESS_RATE: &str = "\
sum(rate(istio_requests_total{reporter=\"destination\",\
destination_workload_namespace=\"{{ namespace }}\",destination_workload=~\"{{ target }}\",\
response_code!~\"5.*\"}[{{ interval }}])) \
/ sum(rate(istio_requests_total{reporter=\"destination\",\
destination_workload_namespace=\"{{ namespace }}\",destination_workload=~\"{{ target }}\"\
}[{{ interval }}])) * 100";

/// `request-duration` with Istio.
const DURATION: &str = "\
histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket{\
reporter=\"destination\",destination_workload_namespace=\"{{ namespace }}\",\
destination_workload=~\"{{ target }}\"}[{{ interval }}])) by (le))";

/// Why a query gives no number.
enum NoValue {
    /// There is none, or what there is is not a number.
    Found,
    /// The query is wrong.
    Failed(String),
}

/// A value that is not good: what it is, how it stands to its bound.
struct Breach {
    /// The bound.
    bound: f64,
    /// `<` or `>`.
    sign: char,
}

impl Look<'_, '_, '_> {
    /// Whether the new version is good so far. Before the first traffic there is nothing to measure.
    pub(super) fn analyse(&mut self, routes: Routes) -> bool {
        let mirrors = self.spec.analysis.mirror && routes.mirrored;
        if routes.canary == 0 && self.seen.iterations == 0 && !mirrors {
            let target = self.full(&self.spec.target);
            self.say(format!("Starting canary analysis for {target}"), &["FLG-04"]);
            return self.is_prepared();
        }
        self.external_checks_pass() && self.metrics_are_good()
    }

    /// The built-in metrics and queries first, then the templates, until one is not good.
    fn metrics_are_good(&mut self) -> bool {
        let metrics = self.spec.analysis.metrics.clone();
        let is_template = |metric: &&Metric| matches!(metric.check, Check::Template { .. });
        let (last, first): (Vec<&Metric>, Vec<&Metric>) = metrics.iter().partition(is_template);
        for metric in first.into_iter().chain(last) {
            if let Err(problem) = self.check(metric) {
                self.warn(problem, &["FLG-04", "FLG-08"]);
                return false;
            }
        }
        true
    }

    fn check(&self, metric: &Metric) -> Result<(), String> {
        let name = &metric.name;
        let query = match &metric.check {
            Check::SuccessRate => self.render(SUCCESS_RATE, metric),
            Check::Duration => self.render(DURATION, metric),
            Check::Query(query) => Ok(query.clone()),
            Check::Template { name: template, .. } => {
                let full = self.full(template);
                let spec = template_spec(&self.world.api, template).ok_or_else(|| {
                    format!("Metric template {full} error: metrictemplate {template:?} not found")
                })?;
                let rendered = self.render(&spec.query, metric);
                rendered.map_err(|why| format!("Metric template {full} query render error: {why}"))
            }
            Check::Nothing => return Ok(()),
        }?;
        let target = self.full(&self.spec.target);
        let value = self.ask_prometheus(&query).map_err(|why| match (why, &metric.check) {
            (NoValue::Found, Check::SuccessRate) => format!(
                "Halt advancement no values found for istio metric {name} probably {target} is not \
                 receiving traffic: running query failed: no values found"
            ),
            (NoValue::Found, Check::Duration) => format!(
                "Halt advancement no values found for istio metric {name} probably {target} is not \
                 receiving traffic"
            ),
            (NoValue::Found, Check::Template { .. }) => format!(
                "Halt advancement no values found for custom metric: {name}: no values found"
            ),
            (NoValue::Found, _) => {
                format!("Halt advancement no values found for metric: {name}")
            }
            (NoValue::Failed(why), Check::SuccessRate | Check::Duration) => {
                format!("Prometheus query failed: running query failed: {why}")
            }
            (NoValue::Failed(why), Check::Template { .. }) => {
                format!("Metric query failed for {name}: {why}")
            }
            (NoValue::Failed(why), _) => format!("Prometheus query failed for {name}: {why}"),
        })?;
        // Flagger keeps whole milliseconds.
        let value = if metric.check == Check::Duration { value.trunc() } else { value };
        let Some(Breach { bound, sign }) = breach(metric, value) else { return Ok(()) };
        let canary = self.full(&self.name);
        Err(match metric.check {
            Check::SuccessRate => {
                format!("Halt {canary} advancement success rate {value:.2}% {sign} {bound}%")
            }
            Check::Duration => format!(
                "Halt {canary} advancement request duration {} {sign} {}",
                go_duration(value),
                go_duration(bound)
            ),
            _ => format!("Halt {canary} advancement {name} {value:.2} {sign} {bound}"),
        })
    }

    /// What is wrong with the first template that is not there.
    pub(super) fn missing_template(&self) -> Option<String> {
        let missing = self.spec.analysis.metrics.iter().find_map(|metric| match &metric.check {
            Check::Template { name, .. } => {
                Some(name).filter(|name| template_spec(&self.world.api, name).is_none())
            }
            _ => None,
        })?;
        Some(format!(
            "metric template {} error: metrictemplate {missing:?} not found",
            self.full(missing)
        ))
    }

    fn render(&self, query: &str, metric: &Metric) -> Result<String, String> {
        render(query, |gap| {
            let value = match gap {
                "name" => self.name.as_str(),
                "namespace" => NAMESPACE,
                "target" | "ingress" => self.spec.target.as_str(),
                "service" => self.spec.apex(),
                "interval" => metric.interval.as_str(),
                gap => {
                    let Check::Template { variables, .. } = &metric.check else { return None };
                    return variables.get(gap.strip_prefix("variables.")?).cloned();
                }
            };
            Some(value.to_owned())
        })
    }

    fn ask_prometheus(&self, query: &str) -> Result<f64, NoValue> {
        let failed = |why: String| NoValue::Failed(format!("error response: {why}"));
        let parsed = Query::parse(query).map_err(|problem| failed(problem.to_string()))?;
        let answer = parsed.evaluate(&self.world.telemetry.tsdb, self.ctx.now);
        let value = match answer.map_err(|problem| failed(problem.to_string()))? {
            Value::Scalar(value) => value,
            Value::Vector(all) => match all.as_slice() {
                [] => return Err(NoValue::Found),
                [(_, value)] => *value,
                _ => return Err(NoValue::Failed("query returned multiple values".to_owned())),
            },
            Value::Matrix(_) | Value::String(_) => return Err(NoValue::Found),
        };
        if value.is_nan() { Err(NoValue::Found) } else { Ok(value) }
    }
}

/// The bound that a value has passed.
fn breach(metric: &Metric, value: f64) -> Option<Breach> {
    let (least, most) = match (metric.bounds, &metric.check) {
        (Bounds::Range { least, most }, _) => (least, most),
        (Bounds::Threshold(threshold), Check::SuccessRate) => (Some(threshold), None),
        (Bounds::Threshold(threshold), _) => (None, Some(threshold)),
    };
    let below = least.filter(|least| value < *least).map(|bound| Breach { bound, sign: '<' });
    let above = || most.filter(|most| *most < value).map(|bound| Breach { bound, sign: '>' });
    below.or_else(above)
}

/// Milliseconds as Go writes a length of time: `250ms`, `1.25s`, `1m5s`.
fn go_duration(millis: f64) -> String {
    let millis = millis as i64;
    if millis == 0 {
        return "0s".to_owned();
    }
    if millis.abs() < 1_000 {
        return format!("{millis}ms");
    }
    let (minutes, rest) = (millis / 60_000, (millis % 60_000) as f64 / 1e3);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{rest}s"),
        (0, minutes) => format!("{minutes}m{rest}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}s"),
    }
}
