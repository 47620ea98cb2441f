use super::*;
use crate::cluster::api::Spec;
use crate::cluster::spec::{Container, PodSpec, Resources};
use crate::manifest;

type Pairs<'p> = &'p [(&'p str, &'p str)];

fn labels(pairs: Pairs<'_>) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The template of a pod with these annotations.
fn template(annotations: &str) -> PodTemplate {
    let text = format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop}}
spec:
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop, version: blue}}, annotations: {{{annotations}}}}}
    spec:
      initContainers: [{{name: warm, image: 'warm:1'}}]
      containers:
      - name: web
        image: web:1
        readinessProbe: {{httpGet: {{path: /ready, port: 8080}}}}
        livenessProbe: {{grpc: {{port: 9090}}}}
        startupProbe: {{exec: {{command: [check]}}}}
"
    );
    let mut documents = manifest::parse("a.yaml", &text).unwrap();
    match documents.remove(0).manifest.unwrap().spec {
        Spec::Deployment(spec) => spec.template,
        other => panic!("{other:?}"),
    }
}

/// The pod that is made from it where the namespace is enabled, and its sidecar.
fn with_sidecar(annotations: &str, native: bool) -> (PodTemplate, ProxyConfig) {
    let mut template = template(annotations);
    let mut of_pod = template.labels.clone();
    let enabled = labels(&[("istio-injection", "enabled")]);
    let config = inject(&mut template, &mut of_pod, &enabled, native).unwrap();
    (template, config.unwrap())
}

fn injected(annotations: &str, native: bool) -> PodTemplate {
    with_sidecar(annotations, native).0
}

fn names(containers: &[Container]) -> Vec<&str> {
    containers.iter().map(|container| container.name.as_str()).collect()
}

fn written(template: &PodTemplate, list: &str) -> Vec<String> {
    let list = template.document["spec"][list].as_array().unwrap();
    list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn labels_decide_whether_a_pod_gets_a_sidecar_and_an_annotation_can_only_decline() {
    // IST-80.
    let (on, off) = (("sidecar.istio.io/inject", "true"), ("sidecar.istio.io/inject", "false"));
    let cases: [(Pairs, Pairs, &str, bool); 11] = [
        (&[], &[], "", false),
        (&[("istio-injection", "enabled")], &[], "", true),
        (&[("istio-injection", "enabled")], &[off], "", false),
        (&[("istio-injection", "enabled")], &[], "sidecar.istio.io/inject: 'false'", false),
        (&[("istio-injection", "disabled")], &[on], "", false),
        (&[("istio-injection", "")], &[], "", false),
        (&[], &[on], "", true),
        (&[], &[], "sidecar.istio.io/inject: 'true'", false),
        (&[("istio.io/rev", "default")], &[], "", true),
        (&[("istio.io/rev", "canary")], &[on], "", false),
        (&[], &[("istio.io/rev", "default")], "", true),
    ];
    for (namespace, pod, annotations, expected) in cases {
        let mut template = template(annotations);
        let mut of_pod = template.labels.clone();
        of_pod.extend(labels(pod));
        let config = inject(&mut template, &mut of_pod, &labels(namespace), false).unwrap();
        assert_eq!(config.is_some(), expected, "{namespace:?} {pod:?} {annotations}");
        assert_eq!(of_pod.contains_key("security.istio.io/tlsMode"), expected);
    }
}

#[test]
fn a_classic_sidecar_stands_beside_the_application_and_a_native_one_among_the_init_containers() {
    // IST-81, K8S-33.
    let classic = injected("", false);
    assert_eq!(names(&classic.spec.containers), ["web", "istio-proxy"]);
    assert_eq!(names(&classic.spec.init_containers), ["warm", "istio-init"]);
    assert_eq!(written(&classic, "containers"), ["web", "istio-proxy"]);
    let native = injected("", true);
    assert_eq!(names(&native.spec.containers), ["web"]);
    assert_eq!(names(&native.spec.init_containers), ["istio-init", "istio-proxy", "warm"]);
    assert_eq!(written(&native, "initContainers"), ["istio-init", "istio-proxy", "warm"]);
    assert!(native.spec.init_containers[1].sidecar);
    let asked = injected("sidecar.istio.io/nativeSidecar: 'true'", false);
    assert_eq!(names(&asked.spec.containers), ["web"]);
    let declined = injected("sidecar.istio.io/nativeSidecar: 'false'", true);
    assert_eq!(names(&declined.spec.containers), ["web", "istio-proxy"]);
}

#[test]
fn a_proxy_that_holds_the_application_is_written_first() {
    // IST-82.
    let hold = "proxy.istio.io/config: '{holdApplicationUntilProxyStarts: true}'";
    let (held, config) = with_sidecar(hold, false);
    assert_eq!(written(&held, "containers"), ["istio-proxy", "web"]);
    assert!(config.holds_application);
    // A native sidecar needs no such thing.
    assert!(!with_sidecar(hold, true).1.holds_application);
}

#[test]
fn probes_go_through_the_agent_unless_they_are_commands_or_the_pod_declines() {
    // IST-83.
    let pod = injected("", false);
    let web = &pod.document["spec"]["containers"][0];
    let get = |end: &str| json!({"path": format!("/app-health/web/{end}"), "port": 15020});
    assert_eq!(web["readinessProbe"]["httpGet"], get("readyz"));
    assert_eq!(web["livenessProbe"], json!({"httpGet": get("livez")}));
    assert_eq!(web["startupProbe"]["exec"]["command"], json!(["check"]));
    let plain = injected("sidecar.istio.io/rewriteAppHTTPProbers: 'false'", false);
    assert_eq!(
        plain.document["spec"]["containers"][0],
        template("").document["spec"]["containers"][0]
    );
}

#[test]
fn a_sidecar_asks_for_what_istio_says_or_the_pod() {
    // IST-84.
    let of = |annotations: &str| {
        let pod = injected(annotations, false);
        let proxy = pod.spec.containers[1].clone();
        (proxy.requests, proxy.limits)
    };
    let resources = |cpu_milli, mi: u64| Resources { cpu_milli, memory_bytes: mi << 20 };
    assert_eq!(of(""), (resources(100, 128), resources(2_000, 1_024)));
    let own = "sidecar.istio.io/proxyCPU: 50m, sidecar.istio.io/proxyMemoryLimit: 256Mi";
    assert_eq!(of(own), (resources(50, 256), resources(0, 256)));
}

#[test]
fn what_the_injector_cannot_read_keeps_the_pod_from_being_made() {
    for annotations in ["proxy.istio.io/config: 'drain: 5s'", "sidecar.istio.io/proxyCPU: 'much'"] {
        let mut template = template(annotations);
        let mut of_pod = template.labels.clone();
        let enabled = labels(&[("istio-injection", "enabled")]);
        let problem = inject(&mut template, &mut of_pod, &enabled, false).unwrap_err();
        let begin =
            r#"admission webhook "namespace.sidecar-injector.istio.io" denied the request: "#;
        assert!(problem.starts_with(begin), "{problem}");
    }
}

#[test]
fn a_pod_with_a_proxy_of_its_own_is_left_alone() {
    let own = Container { name: PROXY.to_owned(), ..Container::default() };
    let spec = PodSpec { containers: vec![own], ..PodSpec::default() };
    let mut template = PodTemplate { spec, ..PodTemplate::default() };
    let before = template.clone();
    let enabled = labels(&[("istio-injection", "enabled")]);
    inject(&mut template, &mut Labels::new(), &enabled, false).unwrap();
    assert_eq!(template, before);
}
