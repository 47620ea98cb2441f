//! Completion.

use super::bench::Bench;

#[test]
fn the_last_word_is_completed_to_whole_words() {
    let bench = Bench::settled();
    for (line, expected) in [
        ("kub", &["kubectl"][..]),
        ("hel", &["help"]),
        ("ist", &["istioctl"]),
        ("istioctl p", &["proxy-config", "proxy-status"]),
        ("istioctl pc r", &["route"]),
        ("istioctl analyze s", &["service.yaml"]),
        ("istioctl analyze --output=y", &["--output=yaml"]),
        ("istioctl analyze --failure-threshold W", &["Warning"]),
        (
            "istioctl -n istio-system pc cluster deploy/",
            &["deploy/istio-ingressgateway.istio-system"],
        ),
        ("istioctl pc c x --subset g", &["green"]),
        ("istioctl pc c x --fqdn my", &["my-app-service.default.svc.cluster.local"]),
        ("kubectl sc", &["scale"]),
        ("kubectl rollout und", &["undo"]),
        ("kubectl get pods && k rollout re", &["restart", "resume"]),
        ("kubectl create ", &["configmap", "job", "secret"]),
        ("kubectl create configmap a --from-l", &["--from-literal"]),
        ("kubectl get --show", &["--show-kind", "--show-labels"]),
        ("kubectl get virt", &["virtualservice", "virtualservice/", "virtualservices"]),
        ("kubectl get deploy my", &["my-app-blue"]),
        ("kubectl get vs/", &["vs/my-app-vs"]),
        ("kubectl -n default scale deploy/m", &["deploy/my-app-blue"]),
        ("kubectl apply -f b", &["blue.yaml"]),
        ("kubectl apply --filename=b", &["--filename=blue.yaml"]),
        ("kubectl get deploy -o y", &["yaml"]),
        ("cat 'ser", &["service.yaml"]),
        ("kubectl explain deploy.spec.rep", &["deploy.spec.replicas"]),
        ("kubectl drain node-", &["node-1", "node-2"]),
        ("help ro", &["rollback"]),
        ("kubectl get nothing x", &[]),
    ] {
        assert_eq!(bench.simulation.complete(line), expected, "{line}");
    }
}
