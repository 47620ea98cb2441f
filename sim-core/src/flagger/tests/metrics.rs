//! What an analysis measures, and what it misses.

use super::bench::{Bench, METRICS, canary};
use crate::flagger::Phase;

/// FLG-08: without traffic there is no value, and that is a failed check.
#[test]
fn a_canary_without_traffic_is_halted_and_given_up() {
    let mut bench = Bench::with(&format!(
        "interval: 10s, threshold: 2, iterations: 5, match: [{{headers: {{x-canary: {{exact: insider}}}}}}], {METRICS}"
    ));
    bench.release("v2");
    bench.wait_for(Phase::Failed);
    let said = bench.said();
    let halts = said.iter().filter(|text| {
        text.starts_with(
            "Halt advancement no values found for istio metric request-success-rate probably \
             order.default is not receiving traffic",
        )
    });
    assert_eq!(halts.count(), 2, "{said:#?}");
}

/// FLG-08: the 99th percentile against `max`, in Go's notation.
#[test]
fn a_version_that_is_too_slow_is_halted() {
    let metrics = "metrics: [{name: request-duration, thresholdRange: {max: 1}}]";
    let mut bench = Bench::with(&format!("interval: 30s, threshold: 1, stepWeight: 50, {metrics}"));
    bench.release("v2");
    bench.wait_for(Phase::Failed);
    let halted = bench.said().into_iter().find(|text| text.contains("request duration"));
    let halted = halted.expect("it was halted");
    assert!(halted.starts_with("Halt order.default advancement request duration "), "{halted}");
    assert!(halted.ends_with("ms > 1ms"), "{halted}");
}

const TEMPLATE: &str = "\
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: {name: errors}
spec:
  provider: {type: prometheus, address: 'http://prometheus:9090'}
  query: |
    sum(rate(istio_requests_total{reporter=\"source\",
      destination_service_name=\"{{ service }}-canary\",response_code=~\"{{ variables.code }}\"}[{{ interval }}]))
    / sum(rate(istio_requests_total{reporter=\"source\",destination_service_name=\"{{ service }}-canary\"}[{{ interval }}]))
    * 100 or vector(0)
";

/// A limit at the gateway that version 5 passes: it answers the rest itself, with 503 UO.
const LIMIT: &str =
    ", trafficPolicy: {connectionPool: {http: {http2MaxRequests: 1, http1MaxPendingRequests: 1}}}";

/// FLG-10: what the client's proxy answers is in no metric of the destination.
#[test]
fn the_built_in_metrics_do_not_see_what_the_gateway_answers() {
    let metrics = "metrics: [{name: request-success-rate, thresholdRange: {min: 99}}]";
    let text = canary(&format!("interval: 30s, threshold: 2, stepWeight: 50, {metrics}"), LIMIT);
    let mut bench = Bench::of(&text, &[]);
    bench.release("v5");
    bench.wait_for(Phase::Promoting);
    let by_gateway = "sum(istio_requests_total{reporter=\"source\",response_code=\"503\"})";
    let by_pods = "sum(istio_requests_total{reporter=\"destination\",response_code=\"503\"})";
    assert!(50.0 < bench.value(by_gateway), "{}", bench.value(by_gateway));
    assert_eq!(bench.value(by_pods), 0.0);
}

/// FLG-08, FLG-10: a template of one's own asks who has seen them.
#[test]
fn a_template_that_asks_the_gateway_sees_them() {
    let metrics = "metrics: [{name: errors, interval: 30s, thresholdRange: {max: 1}, templateRef: {name: errors}, \
         templateVariables: {code: '5..'}}]";
    let text = canary(&format!("interval: 30s, threshold: 1, stepWeight: 50, {metrics}"), LIMIT);
    let mut bench = Bench::of(&text, &[("template.yaml", TEMPLATE)]);
    bench.release("v5");
    bench.wait_for(Phase::Failed);
    let halted = bench.said().into_iter().find(|text| text.contains("advancement errors"));
    assert!(halted.is_some_and(|text| text.ends_with(" > 1")), "{:#?}", bench.said());
}

/// A template that is not there fails every check.
#[test]
fn a_template_that_is_missing_is_a_failed_check() {
    let metrics =
        "metrics: [{name: errors, thresholdRange: {max: 1}, templateRef: {name: errors}}]";
    let mut bench = Bench::with(&format!("interval: 10s, threshold: 1, stepWeight: 50, {metrics}"));
    bench.release("v2");
    bench.wait_for(Phase::Failed);
    let problem =
        "Metric template errors.default error: metrictemplate \"errors\" not found".to_owned();
    assert!(bench.said().contains(&problem), "{:#?}", bench.said());
}
