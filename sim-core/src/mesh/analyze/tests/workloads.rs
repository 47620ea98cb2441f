//! Services, Deployments, namespaces, pods, policies.

use expect_test::expect;

use super::{SHOP, codes, object, printed};

fn service(name: &str, ports: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  selector: {{app: \
         shop}}\n  ports: [{ports}]\n"
    )
}

fn namespace(labels: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: default\n  labels: {{{labels}}}\n")
}

#[test]
fn the_name_of_a_port_should_tell_its_protocol() {
    // IST0118.
    expect![[r#"
        Info [IST0118] (Service default/shop 1.yaml:6) Port name  (port: 80, targetPort: 8080) doesn't follow the naming convention of Istio port."#]]
    .assert_eq(&printed(&[&service("shop", "{port: 80, targetPort: 8080}")]));
    for (port, fires) in [
        ("{name: http, port: 80}", false),
        ("{name: http-web, port: 80}", false),
        ("{name: web-http, port: 80}", true),
        ("{name: httpx, port: 80}", true),
        ("{name: grpc-web, port: 80}", false),
        ("{name: http2, port: 80}", false),
        ("{name: db, port: 3306}", false),
        ("{name: db, port: 5432}", true),
        ("{name: web, port: 80, appProtocol: http}", false),
        ("{name: http, port: 80, appProtocol: odd}", true),
        ("{name: web, port: 80, appProtocol: kubernetes.io/ws}", false),
        ("{name: dns, port: 5353, protocol: UDP}", false),
    ] {
        let expected: &[&str] = if fires { &["IST0118 1.yaml:6"] } else { &[] };
        assert_eq!(codes(&[&service("shop", port)]), expected, "{port}");
    }
    let system =
        service("shop", "{port: 80}").replace("name: shop", "name: shop, namespace: kube-system");
    assert_eq!(codes(&[&system]), [""; 0]);
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop, sidecar.istio.io/inject: 'true'}}
    spec: {containers: [{name: shop, image: shop}]}
";

#[test]
fn services_of_one_deployment_must_agree_about_ports() {
    // IST0116 and IST0137.
    let http = service("a", "{name: http, port: 80, targetPort: 8080}");
    let udp = service("b", "{name: udp, port: 80, protocol: UDP, targetPort: 8080}");
    expect![[r#"
        Warning [IST0116] (Deployment default/shop 1.yaml:4) This deployment shop is associated with multiple services using port 80 but different protocols: [default/a default/b]"#]]
    .assert_eq(&printed(&[DEPLOYMENT, &http, &udp]));
    let other = service("b", "{name: http, port: 81, targetPort: 8080}");
    expect![[r#"
        Warning [IST0137] (Deployment default/shop 1.yaml:4) This deployment shop is associated with multiple services [default/a default/b] using targetPort "8080" but different ports: [80 81]."#]]
    .assert_eq(&printed(&[DEPLOYMENT, &http, &other]));

    let same = service("b", "{name: http, port: 80, targetPort: 8080}");
    let apart = service("b", "{name: http, port: 81, targetPort: 8081}");
    let stranger = other.replace("app: shop", "app: pay");
    let all = other.replace("{app: shop}", "{}");
    for second in [same, apart, stranger, all] {
        assert_eq!(codes(&[DEPLOYMENT, &http, &second]), [""; 0], "{second}");
    }
    // A target port that is not written is the port.
    let implied = [
        service("a", "{name: http, port: 80}"),
        service("b", "{name: http, port: 81, targetPort: 80}"),
    ];
    assert_eq!(codes(&[DEPLOYMENT, &implied[0], &implied[1]]), ["IST0137 1.yaml:4"]);
}

#[test]
fn only_deployments_with_sidecars_are_compared() {
    let (http, other) = (
        service("a", "{name: http, port: 80, targetPort: 8080}"),
        service("b", "{name: http, port: 81, targetPort: 8080}"),
    );
    let plain = DEPLOYMENT.replace(", sidecar.istio.io/inject: 'true'", "");
    let declined = DEPLOYMENT.replace("'true'", "'false'");
    let own = plain.replace("{name: shop, image: shop}", "{name: istio-proxy, image: proxy}");
    let on = namespace("istio-injection: enabled");
    for (deployment, namespace, fires) in [
        (DEPLOYMENT, "", true),
        (&plain, "", false),
        (&plain, &on, true),
        (&plain, &namespace("istio-injection: disabled"), false),
        (&declined, &on, false),
        (&own, "", true),
    ] {
        let expected: &[&str] = if fires { &["IST0137 2.yaml:4"] } else { &[] };
        assert_eq!(
            codes(&[namespace, deployment, &http, &other]),
            expected,
            "{namespace}{deployment}"
        );
    }
}

#[test]
fn a_namespace_should_say_whether_its_pods_get_sidecars() {
    // IST0102.
    expect![[r#"
        Info [IST0102] (Namespace default 1.yaml:4) The namespace is not enabled for Istio injection. Run 'kubectl label namespace default istio-injection=enabled' to enable it, or 'kubectl label namespace default istio-injection=disabled' to explicitly mark it as not needing injection."#]]
    .assert_eq(&printed(&[&namespace("")]));
    for labels in ["istio-injection: enabled", "istio-injection: disabled", "istio.io/rev: canary"]
    {
        assert_eq!(codes(&[&namespace(labels)]), [""; 0], "{labels}");
    }
    let system = namespace("").replace("name: default", "name: kube-system");
    assert_eq!(codes(&[&system]), [""; 0]);
}

#[test]
fn a_pod_of_an_injected_namespace_should_have_a_proxy() {
    // IST0103.
    expect![[r#"
        Warning [IST0103] (Pod default/blue-1 2.yaml:6) The pod default/blue-1 is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.
        Warning [IST0103] (Pod default/green-1 2.yaml:11) The pod default/green-1 is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload."#]]
    .assert_eq(&printed(&[&namespace("istio-injection: enabled"), SHOP]));
    let with = SHOP.replace("image: shop}]", "image: shop}, {name: istio-proxy, image: proxy}]");
    let native =
        SHOP.replace("image: shop}]", "image: shop}], initContainers: [{name: istio-proxy}]");
    let declined = SHOP.replace("app: shop, version", "sidecar.istio.io/inject: 'false', version");
    let of_host = SHOP.replace("spec: {containers", "spec: {hostNetwork: true, containers");
    for pods in [with, native, declined, of_host] {
        assert_eq!(codes(&[&namespace("istio-injection: enabled"), &pods]), [""; 0], "{pods}");
    }
    for labels in ["istio-injection: disabled", "istio-injection: enabled, istio.io/rev: canary"] {
        assert_eq!(codes(&[&namespace(labels), SHOP]), [""; 0], "{labels}");
    }
    assert_eq!(codes(&[&namespace("istio.io/rev: canary"), SHOP]).len(), 2);
}

#[test]
fn a_policy_should_select_a_pod() {
    // IST0127.
    let policy = |name: &str, selector: &str| {
        object("AuthorizationPolicy", name, &format!("selector: {{matchLabels: {{{selector}}}}}"))
    };
    expect![[r#"
        Warning [IST0127] (AuthorizationPolicy default/deny 2.yaml:1) No matching workloads for this resource with the following labels: app=pay,version=blue"#]]
    .assert_eq(&printed(&[SHOP, &policy("deny", "version: blue, app: pay")]));
    let bare = object("AuthorizationPolicy", "deny", "rules: []");
    for (file, fires) in [
        (policy("deny", "app: shop"), false),
        (policy("bank/deny", "app: shop"), true),
        (policy("istio-system/deny", "app: shop"), false),
        (policy("istio-system/deny", "app: pay"), true),
        (bare.clone(), false),
        (bare.replace("default", "bank"), true),
        (bare.replace("default", "istio-system"), false),
    ] {
        let expected: &[&str] = if fires { &["IST0127 2.yaml:1"] } else { &[] };
        assert_eq!(codes(&[SHOP, &file]), expected, "{file}");
    }
}
