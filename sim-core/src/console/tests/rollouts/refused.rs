//! What is refused when it is applied, with its place.

use super::{Bench, blue_green, rollout, status, template};

/// What applying a text prints on standard error.
fn refused(text: &str) -> String {
    let mut bench = Bench::with(&[("bad.yaml", text)]);
    let reply = bench.run("kubectl apply -f bad.yaml");
    assert_ne!(reply.status, Some(0), "{text}");
    reply.stderr
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let told = refused(text);
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
}

#[test]
fn unknown_fields_and_wrong_strategies_are_told_with_their_place() {
    says(
        &blue_green(", autoPromote: true"),
        &["unknown field \"spec.strategy.blueGreen.autoPromote\"", "bad.yaml:7:"],
    );
    says(&rollout("{}"), &["bad.yaml:7:", "blueGreen or canary"]);
    says(
        &rollout("{blueGreen: {activeService: a}, canary: {}}"),
        &["Multiple Strategies", "bad.yaml:7:"],
    );
    says(
        &rollout("{blueGreen: {activeService: a, previewService: a}}"),
        &["two different services"],
    );
    says(&rollout("{blueGreen: {previewService: a}}"), &["activeService"]);
}

#[test]
fn wrong_routes_of_steps_are_told_with_their_place() {
    let header = "{setHeaderRoute: {name: a, match: [{headerName: x, headerValue: {exact: b}}]}}";
    let routing = |managed: &str, step: &str| {
        rollout(&format!(
            "{{canary: {{stableService: a, canaryService: b, trafficRouting: {{istio: {{virtualService: {{name: \
             a}}}}{managed}}}, steps: [{step}]}}}}"
        ))
    };
    says(
        &rollout(&format!("{{canary: {{steps: [{header}]}}}}")),
        &["bad.yaml:7:", "SetHeaderRoute requires TrafficRouting"],
    );
    says(
        &routing("", header),
        &["bad.yaml:7:", "missing field 'spec.strategy.canary.trafficRouting.managedRoutes'"],
    );
    says(
        &routing(", managedRoutes: [{name: b}]", header),
        &[
            "Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes",
        ],
    );
    let twice = header.replace("exact: b", "exact: b, prefix: c");
    says(
        &routing(", managedRoutes: [{name: a}]", &twice),
        &[
            "bad.yaml:7:",
            "match value must have exactly one of the following: exact, regex, prefix",
        ],
    );
    says(
        &routing(", managedRoutes: [{name: a}]", "{setMirrorRoute: {name: a, percentage: 101}}"),
        &["bad.yaml:7:", "percentage"],
    );
}

#[test]
fn wrong_providers_are_told_with_their_place() {
    let metric = |provider: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: check}}\nspec:\n  metrics:\n    \
             - name: a\n      provider: {provider}\n"
        )
    };
    says(
        &metric("{web: {url: 'http://my-app-preview/ready'}}"),
        &["bad.yaml:7:18", "not modelled: spec.metrics[0].provider.web"],
    );
    says(&metric("{}"), &["bad.yaml:7:17", "no provider specified", "job: {spec: ...}"]);
    says(
        &metric(
            "{prometheus: {query: up}, job: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: \
                 a, image: 'a:v1'}]}}}}}",
        ),
        &["bad.yaml:7:18", "multiple providers specified"],
    );
    says(&metric("{job: {}}"), &["provider.job.spec", "bad.yaml:7:"]);
    says(
        &metric("{job: {spec: {template: {spec: {containers: [{name: a, image: 'a:v1'}]}}}}}"),
        &["restartPolicy", "bad.yaml:7:"],
    );
}

#[test]
fn wrong_steps_are_told_with_their_place() {
    says(&rollout("{canary: {steps: [{setWeight: 101}]}}"), &["setWeight", "bad.yaml:7:"]);
    says(
        &rollout("{canary: {steps: [{pause: {duration: soon}}]}}"),
        &["Duration needs to be parsable"],
    );
    says(&rollout("{canary: {steps: [{}]}}"), &["one thing a step"]);
    says(&rollout("{canary: {steps: [{setWeight: 5, pause: {}}]}}"), &["one thing a step"]);
    says(
        &rollout("{canary: {steps: [{setCanaryScale: {replicas: 1}}]}}"),
        &["requires TrafficRouting"],
    );
    says(
        &rollout("{canary: {steps: [{experiment: {}}]}}"),
        &["not modelled: spec.strategy.canary.steps[0].experiment"],
    );
    says(
        &rollout("{canary: {trafficRouting: {istio: {virtualService: {name: a}}}}}"),
        &["Canary and Stable services are required"],
    );
    says(
        &rollout("{canary: {trafficRouting: {nginx: {}}}}"),
        &["not modelled: spec.strategy.canary.trafficRouting.nginx"],
    );
}

/// ROLL-41.
#[test]
fn wrong_metrics_are_told_with_their_place() {
    let with = |fields: &str| template("vector(1)", fields);
    says(
        &with("      successCondition: result[0] >= \n"),
        &["successCondition", "unexpected token EOF", "bad.yaml:"],
    );
    says(
        &with("      failureCondition: result.data > 1\n"),
        &["failureCondition", "unrecognized character"],
    );
    says(&with("      interval: often\n"), &["interval", "invalid duration"]);
    says(&with("      failureLimit: some\n"), &["failureLimit", "invalid syntax"]);
    says(&with("      count: 5\n"), &["interval must be specified when count > 1"]);
    says(&template("sum(rate(", ""), &["query", "bad.yaml:"]);
    let other = template("vector(1)", "").replace("{prometheus:", "{datadog: {}, prometheus:");
    says(&other, &["not modelled: spec.metrics[0].provider.datadog"]);
}

#[test]
fn a_rollout_that_names_what_is_not_there_says_so_and_does_nothing() {
    let text = blue_green("");
    let mut bench = Bench::with(&[("rollout.yaml", &text)]);
    assert_eq!(bench.run("kubectl apply -f rollout.yaml").status, Some(0));
    bench.wait(5);
    let message = "InvalidSpec: The Rollout \"my-app\" is invalid: spec.strategy.blueGreen.activeService: Invalid \
                   value: \"my-app-active\": service \"my-app-active\" not found";
    assert_eq!(
        (status(&bench).phase.name(), status(&bench).message.as_str()),
        ("Degraded", message)
    );
    assert!(bench.world().cluster.state.pods.is_empty());
}
