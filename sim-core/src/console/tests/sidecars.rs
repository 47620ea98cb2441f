//! Sidecars of Istio, as kubectl and istioctl show them (IST-80..84).

use expect_test::expect;

use super::bench::Bench;

/// IST-80: the label is there at once, the sidecars come with new pods.
#[test]
fn a_labelled_namespace_gets_sidecars_with_its_next_pods() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl label namespace default istio-injection=enabled --dry-run=client",
        &expect![[r#"
            namespace/default labeled (dry run)
        "#]],
    );
    bench.check(
        "kubectl label namespace default istio-injection=enabled",
        &expect![[r#"
        namespace/default labeled
    "#]],
    );
    bench.check(
        "kubectl label ns default istio-injection=enabled",
        &expect![[r#"
        namespace/default not labeled
    "#]],
    );
    bench.check(
        "kubectl label ns default istio-injection=disabled",
        &expect![[r#"
        ! error: 'istio-injection' already has a value (enabled), and --overwrite is false
        status 1
    "#]],
    );
    bench.check(
        "kubectl get namespaces --show-labels",
        &expect![[r#"
        NAME              STATUS   AGE   LABELS
        default           Active   61m   istio-injection=enabled,kubernetes.io/metadata.name=default
        istio-system      Active   61m   kubernetes.io/metadata.name=istio-system
        kube-node-lease   Active   61m   kubernetes.io/metadata.name=kube-node-lease
        kube-public       Active   61m   kubernetes.io/metadata.name=kube-public
        kube-system       Active   61m   kubernetes.io/metadata.name=kube-system
    "#]],
    );
    bench.check(
        "kubectl get pods",
        &expect![[r#"
            NAME                           READY   STATUS    RESTARTS   AGE
            my-app-blue-66c485867d-xxxxx   1/1     Running   0          60s
            my-app-blue-66c485867d-xxxxx   1/1     Running   0          60s
        "#]],
    );
    bench.check(
        "kubectl rollout restart deployment my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue restarted
    "#]],
    );
    bench.wait(60);
    bench.check(
        "kubectl get pods",
        &expect![[r#"
            NAME                           READY   STATUS    RESTARTS   AGE
            my-app-blue-67cc68dc6c-xxxxx   2/2     Running   0          50s
            my-app-blue-67cc68dc6c-xxxxx   2/2     Running   0          60s
        "#]],
    );
    bench.check(
        "kubectl label namespace default istio-injection-",
        &expect![[r#"
        namespace/default unlabeled
    "#]],
    );
    bench.check(
        "kubectl get ns default --show-labels",
        &expect![[r#"
        NAME      STATUS   AGE   LABELS
        default   Active   62m   kubernetes.io/metadata.name=default
    "#]],
    );
    bench.check(
        "kubectl annotate namespace default owner=me",
        &expect![[r#"
        ! error: changing namespaces is not modelled; the control plane owns them
        status 1
    "#]],
    );
}

fn enabled(annotation: &str) -> Bench {
    let mut bench = Bench::empty();
    bench.run("kubectl label namespace default istio-injection=enabled");
    bench.run(&format!(
        "sed -i 's/      labels: {{app: my-app, version: blue}}/&\\n      annotations: {annotation}/' blue.yaml"
    ));
    let reply = bench.run("kubectl apply -f blue.yaml -f service.yaml -f mesh.yaml");
    assert_eq!((reply.status, reply.stderr.as_str()), (Some(0), ""));
    bench.wait(60);
    bench
}

/// IST-83, 84.
#[test]
fn a_classic_sidecar_is_described_beside_the_application() {
    let mut bench = enabled("{sidecar.istio.io\\/nativeSidecar: \"false\"}");
    bench.check("kubectl get pods --show-labels", &expect![[r#"
        NAME                           READY   STATUS    RESTARTS   AGE   LABELS
        my-app-blue-6b54c4d789-xxxxx   2/2     Running   0          60s   app=my-app,pod-template-hash=6b54c4d789,security.istio.io/tlsMode=istio,service.istio.io/canonical-name=my-app,service.istio.io/canonical-revision=blue,version=blue
        my-app-blue-6b54c4d789-xxxxx   2/2     Running   0          60s   app=my-app,pod-template-hash=6b54c4d789,security.istio.io/tlsMode=istio,service.istio.io/canonical-name=my-app,service.istio.io/canonical-revision=blue,version=blue
    "#]]);
    bench.check("kubectl describe pod -l version=blue | head -89", &expect![[r#"
        Name:             my-app-blue-6b54c4d789-xxxxx
        Namespace:        default
        Priority:         0
        Service Account:  default
        Node:             node-2/172.18.0.3
        Start Time:       Mon, 05 Jan 2026 09:00:00 +0000
        Labels:           app=my-app
                          pod-template-hash=6b54c4d789
                          security.istio.io/tlsMode=istio
                          service.istio.io/canonical-name=my-app
                          service.istio.io/canonical-revision=blue
                          version=blue
        Annotations:      istio.io/rev: default
                          kubectl.kubernetes.io/default-container: app
                          kubectl.kubernetes.io/default-logs-container: app
                          prometheus.io/path: /stats/prometheus
                          prometheus.io/port: 15020
                          prometheus.io/scrape: true
                          sidecar.istio.io/nativeSidecar: false
                          sidecar.istio.io/status: {"containers":["istio-proxy"],"initContainers":["istio-init"],"revision":"default"}
        Status:           Running
        IP:               10.244.2.2
        IPs:
          IP:           10.244.2.2
        Controlled By:  ReplicaSet/my-app-blue-6b54c4d789
        Init Containers:
          istio-init:
            Image:      docker.io/istio/proxyv2:1.26.0
            Port:       <none>
            Host Port:  <none>
            Args:
              istio-iptables
            State:          Terminated
              Reason:       Completed
              Exit Code:    0
              Started:      Mon, 05 Jan 2026 09:00:01 +0000
              Finished:     Mon, 05 Jan 2026 09:00:01 +0000
            Ready:          True
            Restart Count:  0
            Limits:
              cpu:     2
              memory:  1Gi
            Requests:
              cpu:        100m
              memory:     128Mi
            Environment:  <none>
            Mounts:       <none>
        Containers:
          app:
            Image:          myorg/myapp:v1
            Port:           8080/TCP
            Host Port:      0/TCP
            State:          Running
              Started:      Mon, 05 Jan 2026 09:00:02 +0000
            Ready:          True
            Restart Count:  0
            Limits:
              cpu:     500m
              memory:  1Gi
            Requests:
              cpu:      250m
              memory:   512Mi
            Readiness:  http-get http://:15020/app-health/app/readyz delay=0s timeout=1s period=5s #success=1 #failure=3
            Environment:
              GREETING:  hello
            Mounts:      <none>
          istio-proxy:
            Image:      docker.io/istio/proxyv2:1.26.0
            Port:       15090/TCP
            Host Port:  0/TCP
            Args:
              proxy
              sidecar
            State:          Running
              Started:      Mon, 05 Jan 2026 09:00:01 +0000
            Ready:          True
            Restart Count:  0
            Limits:
              cpu:     2
              memory:  1Gi
            Requests:
              cpu:        100m
              memory:     128Mi
            Readiness:    http-get http://:15021/healthz/ready delay=0s timeout=3s period=15s #success=1 #failure=4
            Startup:      http-get http://:15021/healthz/ready delay=0s timeout=3s period=1s #success=1 #failure=600
            Environment:  <none>
            Mounts:       <none>
        Conditions:
          Type                        Status
    "#]]);
}

/// IST-81, K8S-33.
#[test]
fn a_native_sidecar_is_described_among_the_init_containers() {
    let mut bench = enabled("{}");
    bench.check(
        "kubectl get pods",
        &expect![[r#"
            NAME                           READY   STATUS    RESTARTS   AGE
            my-app-blue-57dc65b475-xxxxx   2/2     Running   0          60s
            my-app-blue-57dc65b475-xxxxx   2/2     Running   0          60s
        "#]],
    );
    let path =
        "-o jsonpath='{.items[0].spec.initContainers[*].name} {.items[0].spec.containers[*].name}'";
    bench.check(
        &format!("kubectl get pods -l version=blue {path}"),
        &expect!["istio-init istio-proxy app"],
    );
    bench.check(
        "kubectl logs deploy/my-app-blue -c istio-proxy",
        &expect![[r#"
            starting docker.io/istio/proxyv2:1.26.0
            ! Found 2 pods, using pod/my-app-blue-57dc65b475-xxxxx
        "#]],
    );
}

/// IST-71.
#[test]
fn istioctl_lists_sidecars_and_says_that_their_routes_are_not_modelled() {
    let mut bench = enabled("{}");
    bench.check("istioctl proxy-status", &expect![[r#"
        NAME                                                  CLUSTER        CDS              LDS              EDS              RDS              ECDS        ISTIOD                      VERSION
        istio-ingressgateway-7f8c9d6b5-x2k4w.istio-system     Kubernetes     SYNCED (60s)     SYNCED (60s)     SYNCED (50s)     SYNCED (60s)     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
        my-app-blue-57dc65b475-xxxxx.default                  Kubernetes     SYNCED           SYNCED           SYNCED           SYNCED           IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
        my-app-blue-57dc65b475-xxxxx.default                  Kubernetes     SYNCED           SYNCED           SYNCED           SYNCED           IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
    "#]]);
    bench.check(
        "istioctl version",
        &expect![[r#"
        client version: 1.26.0 (simulated)
        control plane version: 1.26.0 (simulated)
        data plane version: 1.26.0 (3 proxies)
    "#]],
    );
    bench.check("istioctl proxy-config routes deploy/my-app-blue", &expect![[r#"
        ! Error: not modelled: what the sidecar of my-app-blue.default is sent; it only forwards what comes into its pod
        status 1
    "#]]);
}

#[test]
fn analyze_says_which_namespace_and_pods_are_without_sidecars() {
    let mut bench = Bench::settled();
    bench.check("istioctl analyze | grep -E 'IST010[23]'", &expect![[r#"
        Info [IST0102] (Namespace default) The namespace is not enabled for Istio injection. Run 'kubectl label namespace default istio-injection=enabled' to enable it, or 'kubectl label namespace default istio-injection=disabled' to explicitly mark it as not needing injection.
        ! Error: Analyzers found issues when analyzing namespace: default.
        ! See https://istio.io/v1.26/docs/reference/config/analysis for more information about causes and resolutions.
    "#]]);
    bench.run("kubectl label namespace default istio-injection=enabled");
    bench.check("istioctl analyze | grep -E 'IST010[23]'", &expect![[r#"
        Warning [IST0103] (Pod default/my-app-blue-66c485867d-xxxxx) The pod default/my-app-blue-66c485867d-xxxxx is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.
        Warning [IST0103] (Pod default/my-app-blue-66c485867d-xxxxx) The pod default/my-app-blue-66c485867d-xxxxx is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.
        ! Error: Analyzers found issues when analyzing namespace: default.
        ! See https://istio.io/v1.26/docs/reference/config/analysis for more information about causes and resolutions.
    "#]]);
    bench.run("kubectl rollout restart deployment my-app-blue");
    bench.wait(60);
    bench.check("istioctl analyze | grep -E 'IST010[23]'", &expect![[r#"
        ! Error: Analyzers found issues when analyzing namespace: default.
        ! See https://istio.io/v1.26/docs/reference/config/analysis for more information about causes and resolutions.
        status 1
    "#]]);
}

#[test]
fn an_annotation_that_the_injector_cannot_read_is_noted_when_it_is_applied() {
    let mut bench = Bench::empty();
    bench.run(
        "sed -i \"s/      labels: {app: my-app, version: blue}/&\\n      annotations: \
         {proxy.istio.io\\/config: 'holdApplication: true', a: b}/\" blue.yaml",
    );
    bench.check("kubectl apply -f blue.yaml", &expect![[r#"
        deployment.apps/my-app-blue created
        ! Warning: proxy.istio.io/config: strict decoding error: unknown field "holdApplication"; no sidecar can be injected into such a pod (blue.yaml:13)
    "#]]);
    bench.check(
        "kubectl version",
        &expect![[r#"
        Client Version: v1.35.0 (simulated)
        Kustomize Version: none
        Server Version: v1.35.0 (simulated)
    "#]],
    );
}
