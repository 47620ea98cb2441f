//! Deployments and Services: defaults, and the API server's answers to bad ones.

use expect_test::expect;

use super::*;
use crate::cluster::spec::{
    DeploymentSpec, IntOrPercent, Probe, ProbeHandler, Resources, Strategy, TargetPort,
};
use crate::time::SimDuration;

#[track_caller]
fn deployment(text: &str) -> DeploymentSpec {
    match read(text).spec {
        Spec::Deployment(spec) => *spec,
        other => panic!("{other:?}"),
    }
}

/// The blue Deployment with something else after `replicas`.
#[track_caller]
fn blue(passage: &str, replacement: &str, expected: &Expect) {
    check(&with(BLUE, passage, replacement), expected);
}

#[test]
fn what_is_not_written_has_the_defaults_of_the_api() {
    let bare = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector:\n    \
                matchLabels: {app: a}\n  template:\n    metadata: {labels: {app: a}}\n    spec:\n      \
                containers:\n        - name: a\n          image: a\n          livenessProbe:\n            \
                tcpSocket: {port: 80}\n            periodSeconds: 0\n";
    let spec = deployment(bare);
    let quarter = IntOrPercent::Percent(25);
    assert_eq!(spec.replicas, 1);
    assert_eq!(spec.strategy, Strategy::RollingUpdate { surge: quarter, unavailable: quarter });
    assert_eq!((spec.min_ready_seconds, spec.revision_history_limit), (0, 10));
    assert_eq!((spec.progress_deadline_seconds, spec.paused), (600, false));
    assert_eq!(spec.template.spec.termination_grace, SimDuration::from_secs(30));
    let expected = Probe {
        handler: ProbeHandler::TcpSocket { port: 80 },
        initial_delay_seconds: 0,
        period_seconds: 10,
        timeout_seconds: 1,
        success_threshold: 1,
        failure_threshold: 3,
        grace: None,
    };
    assert_eq!(spec.template.spec.containers[0].liveness, Some(expected));
}

#[test]
fn what_is_written_is_read() {
    let text = with(
        BLUE,
        "  replicas: 3\n",
        "  replicas: 4\n  minReadySeconds: 5\n  paused: true\n  strategy:\n    rollingUpdate: {maxSurge: 1, maxUnavailable: 10%}\n",
    );
    let text = with(&text, "    spec:\n", "    spec:\n      terminationGracePeriodSeconds: 45\n");
    let text = with(
        &text,
        "          ports:\n            - containerPort: 8080\n",
        "          ports:\n            - {name: web, containerPort: 8080}\n          env:\n            - {name: MODE, value: fast}\n          lifecycle: {preStop: {exec: {command: [sh, -c, sleep 5]}}}\n",
    );
    let spec = deployment(&with(&text, "port: 8080", "port: web"));
    let (surge, unavailable) = (IntOrPercent::Int(1), IntOrPercent::Percent(10));
    assert_eq!(spec.strategy, Strategy::RollingUpdate { surge, unavailable });
    assert_eq!((spec.replicas, spec.min_ready_seconds, spec.paused), (4, 5, true));
    assert_eq!(spec.template.spec.termination_grace, SimDuration::from_secs(45));
    let container = &spec.template.spec.containers[0];
    let path = "/health".to_owned();
    let readiness = container.readiness.as_ref().unwrap();
    assert_eq!(readiness.handler, ProbeHandler::HttpGet { path, port: 8080 });
    assert_eq!((readiness.initial_delay_seconds, readiness.period_seconds), (5, 5));
    assert_eq!(container.requests, Resources { cpu_milli: 250, memory_bytes: 512 << 20 });
    assert_eq!(container.limits, Resources { cpu_milli: 500, memory_bytes: 1 << 30 });
    assert_eq!(container.config, [], "its environment needs no other object");
    assert_eq!(container.pre_stop, Some(SimDuration::from_secs(5)));
}

#[test]
fn a_missing_request_is_the_limit_k8s_103() {
    let text = with(
        BLUE,
        "            requests:\n              cpu: 250m\n              memory: 512Mi\n",
        "",
    );
    let container = &deployment(&text).template.spec.containers[0];
    assert_eq!(container.requests, container.limits);
}

#[test]
fn fields_that_are_not_modelled_are_noted() {
    blue(
        "      containers:\n",
        "      affinity: {nodeAffinity: {}}\n      containers:\n",
        &expect![[r#"
            a.yaml:20:7: note: not modelled: spec.template.spec.affinity
        "#]],
    );
    blue(
        "          ports:\n",
        "          workingDir: /srv\n          securityContext: {runAsUser: 1}\n          ports:\n",
        &expect![[r#"
            a.yaml:23:11: note: not modelled: spec.template.spec.containers[0].workingDir
            a.yaml:24:11: note: not modelled: spec.template.spec.containers[0].securityContext
        "#]],
    );
}

#[test]
fn fields_without_which_the_rest_means_something_else_are_refused() {
    blue(
        "    matchLabels:\n",
        "    matchExpressions: [{key: app, operator: Exists}]\n    matchLabels:\n",
        &expect![[r#"
            a.yaml:11:5: error: not modelled: spec.selector.matchExpressions; leave it out; it is refused because the rest would mean something else
        "#]],
    );
}

#[test]
fn unknown_fields_are_refused_with_the_word_that_was_meant() {
    blue(
        "  replicas: 3",
        "  replica: 3",
        &expect![[r#"
        a.yaml:9:3: error: strict decoding error: unknown field "spec.replica"; did you mean "replicas"?
    "#]],
    );
    blue(
        "          image:",
        "          imagee: a\n          image:",
        &expect![[r#"
        a.yaml:22:11: error: strict decoding error: unknown field "spec.template.spec.containers[0].imagee"; did you mean "image"?
    "#]],
    );
    blue(
        "            initialDelaySeconds: 5",
        "            initialDelay: 5",
        &expect![[r#"
            a.yaml:29:13: error: strict decoding error: unknown field "spec.template.spec.containers[0].readinessProbe.initialDelay"; did you mean "initialDelaySeconds"?
        "#]],
    );
    blue(
        "  replicas: 3",
        "  replicas: 3\n  qwertyuiop: 1",
        &expect![[r#"
        a.yaml:10:3: error: strict decoding error: unknown field "spec.qwertyuiop"
    "#]],
    );
}

#[test]
fn wrong_types_are_told_as_the_api_server_tells_them() {
    blue(
        "  replicas: 3",
        "  replicas: three",
        &expect![[r#"
        a.yaml:9:13: error: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32
    "#]],
    );
    blue(
        "  replicas: 3",
        "  replicas: \"3\"",
        &expect![[r#"
        a.yaml:9:13: error: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32; leave out the quotes: with them it is text
    "#]],
    );
    blue(
        "  replicas: 3",
        "  replicas: 3.5",
        &expect![[r#"
        a.yaml:9:13: error: json: cannot unmarshal number 3.5 into Go struct field DeploymentSpec.spec.replicas of type int32
    "#]],
    );
    blue(
        "  replicas: 3",
        "  replicas: 99999999999",
        &expect![[r#"
            a.yaml:9:13: error: json: cannot unmarshal number 99999999999 into Go struct field DeploymentSpec.spec.replicas of type int32
        "#]],
    );
    blue(
        "        version: blue\n    spec:",
        "        version: 1.10\n    spec:",
        &expect![[r#"
            a.yaml:17:9: error: spec.template.metadata.labels: Invalid value: {"app":"my-app","version":"1.1"}: `selector` does not match template `labels`; give the pods the labels of the selector: {"app":"my-app","version":"blue"}
            a.yaml:18:18: error: json: cannot unmarshal number 1.1 into Go struct field ObjectMeta.spec.template.metadata.labels.version of type string; put the value in quotes: without them it is not text
        "#]],
    );
    blue(
        "        version: blue\n    spec:",
        "        version: on\n    spec:",
        &expect![[r#"
            a.yaml:17:9: error: spec.template.metadata.labels: Invalid value: {"app":"my-app","version":"true"}: `selector` does not match template `labels`; give the pods the labels of the selector: {"app":"my-app","version":"blue"}
            a.yaml:18:18: error: json: cannot unmarshal bool into Go struct field ObjectMeta.spec.template.metadata.labels.version of type string; put the value in quotes: without them it is not text
        "#]],
    );
    blue(
        "            - containerPort: 8080",
        "            containerPort: 8080",
        &expect![[r#"
        a.yaml:24:13: error: json: cannot unmarshal object into Go struct field Container.spec.template.spec.containers.ports of type []v1.ContainerPort; begin each item with `- `
    "#]],
    );
    blue(
        "          ports:\n",
        "          env: [{name: A, value: 8080}]\n          ports:\n",
        &expect![[r#"
            a.yaml:23:34: error: json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string; put the value in quotes: without them it is not text
        "#]],
    );
    check(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: 5\n",
        &expect![[r#"
        a.yaml:4:7: error: json: cannot unmarshal number into Go struct field Deployment.spec of type v1.DeploymentSpec
    "#]],
    );
}

#[test]
fn numbers_out_of_range_are_refused() {
    blue(
        "  replicas: 3",
        "  replicas: -1",
        &expect![[r#"
        a.yaml:9:13: error: spec.replicas: Invalid value: -1: must be greater than or equal to 0
    "#]],
    );
    blue(
        "  replicas: 3",
        "  replicas: 2000000000",
        &expect![[r#"
        a.yaml:9:13: error: spec.replicas: 2000000000 pods are more than can be simulated; write at most 1000
    "#]],
    );
    blue(
        "containerPort: 8080",
        "containerPort: 70000",
        &expect![[r#"
        a.yaml:24:30: error: spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive
    "#]],
    );
    blue(
        "              port: 8080",
        "              port: 0",
        &expect![[r#"
        a.yaml:28:21: error: spec.template.spec.containers[0].readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive
    "#]],
    );
    blue(
        "            periodSeconds: 5",
        "            periodSeconds: -5",
        &expect![[r#"
        a.yaml:30:28: error: spec.template.spec.containers[0].readinessProbe.periodSeconds: Invalid value: -5: must be greater than or equal to 0
    "#]],
    );
    blue(
        "  replicas: 3",
        "  replicas: 3\n  minReadySeconds: 600",
        &expect![[r#"
        a.yaml:10:20: error: spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds
    "#]],
    );
}

#[test]
fn a_selector_must_match_the_template() {
    blue(
        "      version: blue\n  template",
        "      version: green\n  template",
        &expect![[r#"
        a.yaml:17:9: error: spec.template.metadata.labels: Invalid value: {"app":"my-app","version":"blue"}: `selector` does not match template `labels`; give the pods the labels of the selector: {"app":"my-app","version":"green"}
    "#]],
    );
    blue(
        "    matchLabels:\n      app: my-app\n      version: blue\n",
        "    matchLabels: {}\n",
        &expect![[r#"
            a.yaml:11:5: error: spec.selector: Invalid value: {}: empty selector is invalid for deployment
        "#]],
    );
    blue(
        "  selector:\n    matchLabels:\n      app: my-app\n      version: blue\n",
        "",
        &expect![[r#"
            a.yaml:9:3: error: spec.selector: Required value
        "#]],
    );
}

/// K8S-44.
#[test]
fn the_grace_period_of_a_probe_is_checked() {
    blue(
        "            initialDelaySeconds: 10",
        "            terminationGracePeriodSeconds: 0",
        &expect![[r#"
            a.yaml:35:44: error: spec.template.spec.containers[0].livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0
        "#]],
    );
    blue(
        "            httpGet:\n              path: /health\n              port: 8080\n",
        "            terminationGracePeriodSeconds: 5\n            httpGet:\n              path: /health\n              port: 8080\n",
        &expect![[r#"
            a.yaml:26:44: error: spec.template.spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes
        "#]],
    );
}

#[test]
fn probes_are_checked() {
    blue(
        "            initialDelaySeconds: 10",
        "            successThreshold: 2",
        &expect![[r#"
        a.yaml:35:31: error: spec.template.spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1
    "#]],
    );
    blue(
        "            httpGet:\n              path: /health\n              port: 8080\n",
        "",
        &expect![[r#"
            a.yaml:26:13: error: spec.template.spec.containers[0].readinessProbe: Required value: must specify a handler type; add httpGet, tcpSocket, exec or grpc
        "#]],
    );
    blue(
        "            httpGet:\n",
        "            tcpSocket: {port: 1}\n            httpGet:\n",
        &expect![[r#"
            a.yaml:26:25: error: spec.template.spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type
        "#]],
    );
    blue(
        "              port: 8080",
        "              port: web",
        &expect![[r#"
        a.yaml:28:21: note: spec.template.spec.containers[0].readinessProbe.httpGet.port: the container has no port named "web", so the check can never pass
    "#]],
    );
}

#[test]
fn a_rolling_update_must_be_able_to_move_k8s_01() {
    let strategy = |text: &str| format!("  replicas: 3\n  strategy: {text}");
    let both = strategy("{rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}");
    blue(
        "  replicas: 3",
        &both,
        &expect![[r#"
        a.yaml:10:59: error: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0; let one of the two be at least 1, or the rollout could not move
    "#]],
    );
    blue(
        "  replicas: 3",
        &strategy("{rollingUpdate: {maxSurge: a quarter}}"),
        &expect![[r#"
        a.yaml:10:40: error: spec.strategy.rollingUpdate.maxSurge: Invalid value: "a quarter": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')
    "#]],
    );
    blue(
        "  replicas: 3",
        &strategy("{rollingUpdate: {maxUnavailable: 101%}}"),
        &expect![[r#"
        a.yaml:10:46: error: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%
    "#]],
    );
    blue(
        "  replicas: 3",
        &strategy("{rollingUpdate: {maxSurge: -1}}"),
        &expect![[r#"
        a.yaml:10:40: error: spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0
    "#]],
    );
    blue(
        "  replicas: 3",
        &strategy("{type: Recreate, rollingUpdate: {}}"),
        &expect![[r#"
        a.yaml:10:45: error: spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'
    "#]],
    );
    blue(
        "  replicas: 3",
        &strategy("{type: Rolling}"),
        &expect![[r#"
            a.yaml:10:20: error: spec.strategy.type: Unsupported value: "Rolling": supported values: "Recreate", "RollingUpdate"; did you mean "RollingUpdate"?
        "#]],
    );
}

#[test]
fn resources_are_checked() {
    blue(
        "cpu: 250m",
        "cpu: 600m",
        &expect![[r#"
        a.yaml:39:20: error: spec.template.spec.containers[0].resources.requests: Invalid value: "600m": must be less than or equal to cpu limit of 500m
    "#]],
    );
    blue(
        "memory: 512Mi",
        "memory: 512MB",
        &expect![[r#"
        a.yaml:40:23: error: spec.template.spec.containers[0].resources.requests.memory: Invalid value: "512MB": must be a quantity; write a number with a suffix: 250m, 512Mi, 1Gi
    "#]],
    );
    blue(
        "cpu: 250m",
        "cpu: -1",
        &expect![[r#"
        a.yaml:39:20: error: spec.template.spec.containers[0].resources.requests.cpu: Invalid value: -1: must be greater than or equal to 0
    "#]],
    );
    blue(
        "cpu: 250m",
        "cqu: 250m",
        &expect![[r#"
        a.yaml:39:15: error: spec.template.spec.containers[0].resources.requests[cqu]: Invalid value: "cqu": must be a standard resource type or fully qualified; write cpu or memory
    "#]],
    );
    blue(
        "cpu: 250m",
        "nvidia.com/gpu: 1",
        &expect![[r#"
        a.yaml:39:15: note: not modelled: spec.template.spec.containers[0].resources.requests.nvidia.com/gpu
    "#]],
    );
}

#[test]
fn names_and_labels_are_checked() {
    blue(
        "  name: my-app-blue",
        "  name: My_App",
        &expect![[r#"
        a.yaml:4:9: error: metadata.name: Invalid value: "My_App": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#]],
    );
    blue(
        "  name: my-app-blue\n",
        "",
        &expect![[r#"
        a.yaml:4:3: error: metadata.name: Required value: name or generateName is required
    "#]],
    );
    blue(
        "    version: blue\nspec",
        "    version: dark blue\nspec",
        &expect![[r#"
        a.yaml:7:14: error: metadata.labels: Invalid value: "dark blue": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
    "#]],
    );
    blue(
        "    version: blue\nspec",
        "    -version: blue\nspec",
        &expect![[r#"
        a.yaml:7:5: error: metadata.labels: Invalid value: "-version": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    "#]],
    );
    blue(
        "  name: my-app-blue",
        "  namespace: shop\n  name: my-app-blue",
        &expect![[r#"
        a.yaml:4:14: error: namespaces "shop" not found; leave it out: everything here lives in the namespace default
    "#]],
    );
}

#[test]
fn containers_are_checked() {
    blue(
        "          image: myorg/myapp:v1\n",
        "",
        &expect![[r#"
        a.yaml:21:11: error: spec.template.spec.containers[0].image: Required value
    "#]],
    );
    blue(
        "        - name: my-app\n",
        "        - {name: my-app, image: a}\n        - name: my-app\n",
        &expect![[r#"
            a.yaml:22:17: error: spec.template.spec.containers[1].name: Duplicate value: "my-app"
        "#]],
    );
    blue(
        "            - containerPort: 8080\n",
        "            - {name: http, containerPort: 8080}\n            - {name: http, containerPort: 8081}\n",
        &expect![[r#"
            a.yaml:25:22: error: spec.template.spec.containers[0].ports[1].name: Duplicate value: "http"
        "#]],
    );
    blue(
        "            - containerPort: 8080\n",
        "            - {name: a-very-long-port-name, containerPort: 8080}\n",
        &expect![[r#"
            a.yaml:24:22: error: spec.template.spec.containers[0].ports[0].name: Invalid value: "a-very-long-port-name": must be no more than 15 characters
        "#]],
    );
    blue(
        "    spec:\n",
        "    spec:\n      restartPolicy: Never\n",
        &expect![[r#"
        a.yaml:20:22: error: spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"
    "#]],
    );
    blue(
        "          ports:\n",
        "          lifecycle: {preStop: {exec: {command: [/bin/drain]}}}\n          ports:\n",
        &expect![[r#"
            a.yaml:23:33: note: not modelled: what spec.template.spec.containers[0].lifecycle.preStop runs, besides sleep; it takes no time
        "#]],
    );
}

#[test]
fn a_service_is_read_and_checked_k8s_71() {
    let Spec::Service(spec) = read(SERVICE).spec else { panic!("a Service") };
    assert_eq!((spec.ports[0].port, &spec.ports[0].target), (80, &TargetPort::Number(8080)));
    assert_eq!(spec.service_type, "ClusterIP");
    check(&with(SERVICE, "      targetPort: 8080\n", ""), &expect![[""]]);
    check(&with(SERVICE, "8080", "web"), &expect![[""]]);
    check(
        &with(SERVICE, "  selector:\n    app: my-app\n", ""),
        &expect![[r#"
        a.yaml:10:3: note: spec.selector is empty: the Service has no endpoints here
    "#]],
    );
    check(
        &with(SERVICE, "    - name: http", "    - port: 81\n    - name: http"),
        &expect![[r#"
        a.yaml:13:7: error: spec.ports[0].name: Required value; name each port of a Service with several
    "#]],
    );
    check(
        &with(SERVICE, "    - name: http", "    - {name: http, port: 80}\n    - name: http"),
        &expect![[r#"
            a.yaml:14:7: error: spec.ports[1].name: Duplicate value: "http"
            a.yaml:14:7: error: spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}
        "#]],
    );
    check(
        &with(SERVICE, "my-app-service", "2nd-service"),
        &expect![[r#"
        a.yaml:6:9: error: metadata.name: Invalid value: "2nd-service": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
    "#]],
    );
    check(
        &with(SERVICE, "  ports:", "  type: NodePorts\n  ports:"),
        &expect![[r#"
        a.yaml:12:9: error: spec.type: Unsupported value: "NodePorts": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"; did you mean "NodePort"?
    "#]],
    );
    check(
        &with(SERVICE, "port: 80\n", "port: 0\n"),
        &expect![[r#"
        a.yaml:14:13: error: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
    "#]],
    );
    check(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: a}}\n",
        &expect![[r#"
            a.yaml:4:8: error: spec.ports: Required value
        "#]],
    );
}

#[test]
fn kinds_and_versions_are_checked() {
    check(
        "a: 1\n",
        &expect![[r#"
        a.yaml:1:1: error: apiVersion not set
        a.yaml:1:1: error: kind not set
    "#]],
    );
    check(
        "hello\n",
        &expect![[r#"
        a.yaml:1:1: error: a manifest is a map of fields; begin with `apiVersion:` and `kind:`
    "#]],
    );
    check(
        "- a\n",
        &expect![[r#"
        a.yaml:1:1: error: a manifest is a map of fields; begin with `apiVersion:` and `kind:`
    "#]],
    );
    check(
        "apiVersion: apps/v1\nkind: Deploymnt\n",
        &expect![[r#"
        a.yaml:2:7: error: no matches for kind "Deploymnt" in version "apps/v1"; did you mean "Deployment"?
    "#]],
    );
    check(
        "apiVersion: apps/v1beta1\nkind: Deployment\n",
        &expect![[r#"
        a.yaml:1:13: error: no matches for kind "Deployment" in version "apps/v1beta1"; write apiVersion: apps/v1
    "#]],
    );
    check(
        "apiVersion: v1\nkind: ServiceAccount\n",
        &expect![[r#"
            a.yaml:2:7: error: no matches for kind "ServiceAccount" in version "v1"; ServiceAccount is not modelled; leave this document out
        "#]],
    );
    check(
        "apiVersion: v1\nkind: Wombat\n",
        &expect![[r#"
            a.yaml:2:7: error: no matches for kind "Wombat" in version "v1"; write one of Deployment, Job, Service, ConfigMap, Secret, ResourceQuota, HorizontalPodAutoscaler, PodDisruptionBudget, Gateway, VirtualService, DestinationRule, Application, Canary, MetricTemplate, Rollout, AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun, GitRepository, Kustomization
        "#]],
    );
    check(
        "apiVersion: apps/v1\nkind: Deployment\n",
        &expect![[r#"
        a.yaml:1:1: error: metadata: Required value
        a.yaml:1:1: error: spec: Required value
    "#]],
    );
}

#[test]
fn a_value_without_a_file_is_read_by_the_same_rules() {
    let mut document = read(BLUE).document;
    document["spec"]["replicas"] = json!(-1);
    let errors = from_value(&document).unwrap_err();
    let message = "spec.replicas: Invalid value: -1: must be greater than or equal to 0";
    assert_eq!(errors[0].message, message);
    assert_eq!(errors[0].position, Position::default());
}

/// K8S-103.
#[test]
fn a_container_with_limits_alone_requests_as_much() {
    let text = with(
        BLUE,
        "            requests:\n              cpu: 250m\n              memory: 512Mi\n",
        "",
    );
    let container = &deployment(&text).template.spec.containers[0];
    assert_eq!(container.requests, container.limits);
    assert_ne!(container.requests, Resources::default());
}
