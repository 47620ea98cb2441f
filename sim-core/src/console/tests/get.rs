//! `kubectl get`, `logs`, `events`.

use expect_test::expect;

use super::bench::Bench;
use crate::cluster::version::Version;

#[test]
fn tables_look_like_those_of_kubectl() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl get pods",
        &expect![[r#"
            NAME                           READY   STATUS    RESTARTS   AGE
            my-app-blue-66c485867d-xxxxx   1/1     Running   0          60s
            my-app-blue-66c485867d-xxxxx   1/1     Running   0          60s
        "#]],
    );
    bench.check(
        "kubectl get deploy,svc",
        &expect![[r#"
        NAME                          READY   UP-TO-DATE   AVAILABLE   AGE
        deployment.apps/my-app-blue   2/2     2            2           60s

        NAME                     TYPE        CLUSTER-IP      EXTERNAL-IP   PORT(S)   AGE
        service/my-app-service   ClusterIP   10.96.227.248   <none>        80/TCP    60s
    "#]],
    );
    bench.check(
        "kubectl get all",
        &expect![[r#"
            NAME                               READY   STATUS    RESTARTS   AGE
            pod/my-app-blue-66c485867d-xxxxx   1/1     Running   0          60s
            pod/my-app-blue-66c485867d-xxxxx   1/1     Running   0          60s

            NAME                     TYPE        CLUSTER-IP      EXTERNAL-IP   PORT(S)   AGE
            service/my-app-service   ClusterIP   10.96.227.248   <none>        80/TCP    60s

            NAME                          READY   UP-TO-DATE   AVAILABLE   AGE
            deployment.apps/my-app-blue   2/2     2            2           60s

            NAME                                     DESIRED   CURRENT   READY   AGE
            replicaset.apps/my-app-blue-66c485867d   2         2         2       60s
        "#]],
    );
    bench.check("kubectl get deploy -o wide --show-labels", &expect![[r#"
        NAME          READY   UP-TO-DATE   AVAILABLE   AGE   CONTAINERS   IMAGES           SELECTOR                  LABELS
        my-app-blue   2/2     2            2           60s   app          myorg/myapp:v1   app=my-app,version=blue   app=my-app,version=blue
    "#]]);
    bench.check(
        "kubectl get svc -o wide",
        &expect![[r#"
        NAME             TYPE        CLUSTER-IP      EXTERNAL-IP   PORT(S)   AGE   SELECTOR
        my-app-service   ClusterIP   10.96.227.248   <none>        80/TCP    60s   app=my-app
    "#]],
    );
    bench.check(
        "kubectl get gw,vs,dr",
        &expect![[r#"
        NAME                                     AGE
        gateway.networking.istio.io/my-gateway   60s

        NAME                                           GATEWAYS         HOSTS   AGE
        virtualservice.networking.istio.io/my-app-vs   ["my-gateway"]   ["*"]   60s

        NAME                                            HOST             AGE
        destinationrule.networking.istio.io/my-app-dr   my-app-service   60s
    "#]],
    );
    bench.check(
        "kubectl get rs",
        &expect![[r#"
            NAME                     DESIRED   CURRENT   READY   AGE
            my-app-blue-66c485867d   2         2         2       60s
        "#]],
    );
    bench.check("kubectl get ep,endpointslices", &expect![[r#"
        NAME                       ENDPOINTS                         AGE
        endpoints/my-app-service   10.244.1.2:8080,10.244.2.2:8080   60s

        NAME                                                  ADDRESSTYPE   PORTS   ENDPOINTS               AGE
        endpointslice.discovery.k8s.io/my-app-service-hjfx5   IPv4          8080    10.244.1.2,10.244.2.2   60s
        ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    "#]]);
    bench.check(
        "kubectl get no,ns",
        &expect![[r#"
        NAME          STATUS   ROLES    AGE   VERSION
        node/node-1   Ready    <none>   61m   v1.35.0
        node/node-2   Ready    <none>   61m   v1.35.0

        NAME                        STATUS   AGE
        namespace/default           Active   61m
        namespace/istio-system      Active   61m
        namespace/kube-node-lease   Active   61m
        namespace/kube-public       Active   61m
        namespace/kube-system       Active   61m
    "#]],
    );
    bench.check(
        "kubectl get deploy -A",
        &expect![[r#"
        NAMESPACE   NAME          READY   UP-TO-DATE   AVAILABLE   AGE
        default     my-app-blue   2/2     2            2           60s
    "#]],
    );
}

#[test]
fn formats_for_scripts() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl get deploy,svc -o name",
        &expect![[r#"
        deployment.apps/my-app-blue
        service/my-app-service
    "#]],
    );
    bench.check(
        "kubectl get deploy -o jsonpath='{.items[*].metadata.name}'",
        &expect!["my-app-blue"],
    );
    bench.check(
        "kubectl get pods -o jsonpath='{range .items[*]}{.status.phase}{\"\\t\"}{.spec.containers[0].image}{\"\\n\"}{end}'",
        &expect![[r#"
            Running	myorg/myapp:v1
            Running	myorg/myapp:v1
        "#]],
    );
    bench.check(
        "kubectl get deploy -o custom-columns=NAME:.metadata.name,IMAGE:..image",
        &expect![[r#"
        NAME          IMAGE
        my-app-blue   myorg/myapp:v1
    "#]],
    );
    bench.check(
        "kubectl get pods --no-headers | wc -l",
        &expect![[r#"
        2
    "#]],
    );
    bench.check("kubectl get deploy -o jsonpath='{.items[0].spec.nothing}'", &expect![[""]]);
    bench.check("kubectl get jobs -o jsonpath='{.items[0].metadata.name}'", &expect![[r#"
        ! error: error executing jsonpath "{.items[0].metadata.name}": Error executing template: array index out of bounds: index 0, length 0. Printing more information for debugging the template:
        ! 	template was:
        ! 		{.items[0].metadata.name}
        ! 	object given to jsonpath engine was:
        ! 		map[string]interface {}{"apiVersion":"v1", "items":[]interface {}{}, "kind":"List", "metadata":map[string]interface {}{"resourceVersion":""}}
        ! 
        status 1
    "#]]);
    bench.check("kubectl get deploy -o xml", &expect![[r#"
        ! error: unable to match a printer suitable for the output format "xml", allowed formats are: custom-columns,json,jsonpath,name,wide,yaml
        status 1
    "#]]);
    bench.check(
        "kubectl get svc none -o yaml",
        &expect![[r#"
        ! Error from server (NotFound): services "none" not found
        status 1
    "#]],
    );
}

#[test]
fn selectors_pick_by_labels_and_fields() {
    let mut bench = Bench::settled();
    let count = |bench: &mut Bench, arguments: &str| {
        bench.run(&format!("kubectl get pods {arguments} --no-headers")).stdout.lines().count()
    };
    for (arguments, expected) in [
        ("-l version=blue", 2),
        ("-lversion==blue", 2),
        ("--selector version!=blue", 0),
        ("-l 'version in (blue, green),app'", 2),
        ("-l 'version notin (green)'", 2),
        ("-l '!version'", 0),
        ("-l version=green", 0),
        ("--field-selector status.phase=Running", 2),
        ("--field-selector=status.phase!=Running", 0),
        ("-n default", 2),
        ("-n istio-system", 0),
        ("-A", 2),
    ] {
        assert_eq!(count(&mut bench, arguments), expected, "{arguments}");
    }
}

#[test]
fn what_is_not_there_is_told_as_kubectl_tells_it() {
    let mut bench = Bench::empty();
    bench.check(
        "kubectl get pods",
        &expect![[r#"
        ! No resources found in default namespace.
    "#]],
    );
    bench.check(
        "kubectl get pods -n istio-system",
        &expect![[r#"
        ! No resources found in istio-system namespace.
    "#]],
    );
    bench.check(
        "kubectl get pods -A",
        &expect![[r#"
        ! No resources found
    "#]],
    );
    bench.check(
        "kubectl get deploy x",
        &expect![[r#"
        ! Error from server (NotFound): deployments.apps "x" not found
        status 1
    "#]],
    );
    bench.check(
        "kubectl get deploy/x svc/y",
        &expect![[r#"
        ! Error from server (NotFound): deployments.apps "x" not found
        ! Error from server (NotFound): services "y" not found
        status 1
    "#]],
    );
    bench.check("kubectl get deploy x --ignore-not-found", &expect![[""]]);
    bench.check(
        "kubectl get foo",
        &expect![[r#"
        ! error: the server doesn't have a resource type "foo"
        status 1
    "#]],
    );
    bench.check(
        "kubectl get pods -l 'a in b'",
        &expect![[r#"
        ! error: unable to parse requirement: "a in b"
        status 1
    "#]],
    );
    bench.check(
        "kubectl get pod a -l b=c",
        &expect![[r#"
        ! error: name cannot be provided when a selector is specified
        status 1
    "#]],
    );
    bench.check("kubectl get deploy deploy/x", &expect![[r#"
        ! error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'
        status 1
    "#]]);
    bench.check(
        "kubectl get pods -o json",
        &expect![[r#"
        {
            "apiVersion": "v1",
            "items": [],
            "kind": "List",
            "metadata": {
                "resourceVersion": ""
            }
        }
    "#]],
    );
}

#[test]
fn events_and_logs_tell_what_happened() {
    let mut bench = Bench::settled();
    bench.check("kubectl events --for deployment/my-app-blue", &expect![[r#"
        LAST SEEN   TYPE     REASON              OBJECT                   MESSAGE
        60s         Normal   ScalingReplicaSet   Deployment/my-app-blue   Scaled up replica set my-app-blue-66c485867d from 0 to 2
    "#]]);
    bench.check(
        "kubectl get events --field-selector involvedObject.kind=ReplicaSet --no-headers | wc -l",
        &expect![[r#"
        2
    "#]],
    );
    bench.check(
        "kubectl logs deploy/my-app-blue",
        &expect![[r#"
            starting myorg/myapp:v1
            listening on :8080
            ! Found 2 pods, using pod/my-app-blue-66c485867d-xxxxx
        "#]],
    );
    bench.check(
        "kubectl logs -l version=blue --tail=1",
        &expect![[r#"
        listening on :8080
        listening on :8080
    "#]],
    );
    bench.check(
        "kubectl logs none",
        &expect![[r#"
            ! error: error from server (NotFound): pods "none" not found in namespace "default"
            status 1
        "#]],
    );
    bench.check(
        "kubectl logs deploy/my-app-blue --previous 2>&1 | grep -o 'BadRequest.*container \"app\"'",
        &expect![[r#"
        BadRequest): previous terminated container "app"
    "#]],
    );
    bench.check(
        "kubectl logs deploy/my-app-blue -c web",
        &expect![[r#"
            ! Found 2 pods, using pod/my-app-blue-66c485867d-xxxxx
            ! error: container web is not valid for pod my-app-blue-66c485867d-xxxxx
            status 1
        "#]],
    );
    bench.check(
        "kubectl logs",
        &expect![[r#"
        ! error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.
        ! POD or TYPE/NAME is a required argument for the logs command
        ! See 'kubectl logs -h' for help and examples
        status 1
    "#]],
    );
}

/// K8S-73.
#[test]
fn a_service_with_many_pods_has_several_slices() {
    let mut bench = Bench::settled();
    bench.run("kubectl set resources deploy/my-app-blue --requests=cpu=1m,memory=1Mi");
    bench.wait(60);
    bench.run("kubectl scale deploy/my-app-blue --replicas=130");
    bench.wait(600);
    let count = "kubectl get endpointslices -o jsonpath='{range .items[*]}{.endpoints[*].addresses}{\"\\n\"}{end}'";
    let sizes: Vec<usize> =
        bench.run(count).stdout.lines().map(|line| line.matches("10.244.").count()).collect();
    let (most, all) = (sizes.iter().max(), sizes.iter().sum::<usize>());
    assert_eq!((sizes.len(), most, all), (2, Some(&100), 130));
    let first = "kubectl get endpointslices -l kubernetes.io/service-name=my-app-service -o name";
    assert_eq!(bench.run(first).stdout.lines().count(), 2);
}

/// From 1.33 on the API server warns whoever asks for Endpoints.
#[test]
fn endpoints_are_deprecated() {
    let warned = |version: &str, line: &str| {
        let version = Version::parse(version).unwrap();
        let mut bench = Bench::settled_in(|scenario| scenario.cluster.version = version);
        let reply = bench.run(line);
        assert_eq!(reply.status, Some(0), "{line}");
        reply.stderr
    };
    let warning =
        "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n";
    for line in ["kubectl get endpoints", "kubectl describe endpoints my-app-service"] {
        assert_eq!(warned("v1.33", line), warning, "{line}");
        assert_eq!(warned("v1.32", line), "", "{line}");
    }
    assert_eq!(warned("v1.35", "kubectl get endpointslices"), "");
}

/// An order in which every two objects have a place, whatever they hold.
#[test]
fn sorting_puts_numbers_before_texts() {
    let service = |(name, port): (usize, &str)| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s{name:02}}}\nspec: {{ports: [{{port: 80, \
             targetPort: {port}}}]}}\n"
        )
    };
    let ports = ["10", "1a", "9"].into_iter().cycle().take(36).enumerate();
    let services: Vec<String> = ports.map(service).collect();
    let mut bench = Bench::with(&[("services.yaml", &services.join("---\n"))]);
    bench.run("kubectl apply -f services.yaml");
    let line = "kubectl get svc --sort-by={.spec.ports[0].targetPort} --no-headers \
                -o custom-columns=PORT:.spec.ports[0].targetPort";
    let sorted = bench.run(line).stdout;
    let expected = ["9\n", "10\n", "1a\n"].map(|line| line.repeat(12)).concat();
    assert_eq!(sorted, expected);
}

#[test]
fn a_field_by_which_a_kind_cannot_be_selected_is_refused() {
    let mut bench = Bench::settled();
    bench.check("kubectl get deploy --field-selector=status.availableReplicas=3", &expect![[r#"
        ! Error from server (BadRequest): Unable to find "apps/v1, Resource=deployments" that match label selector "", field selector "status.availableReplicas=3": "status.availableReplicas" is not a known field selector: only "metadata.name", "metadata.namespace"
        status 1
    "#]]);
    bench.check("kubectl get pods -l app=x --field-selector foo!=bar", &expect![[r#"
        ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "app=x", field selector "foo!=bar": field label not supported: foo
        status 1
    "#]]);
    bench.check("kubectl get vs --field-selector spec.hosts=x", &expect![[r#"
        ! Error from server (BadRequest): Unable to find "networking.istio.io/v1, Resource=virtualservices" that match label selector "", field selector "spec.hosts=x": field label not supported: spec.hosts
        status 1
    "#]]);
    bench.check(
        "kubectl get deploy --field-selector metadata.name=my-app-blue -o name",
        &expect![[r#"
            deployment.apps/my-app-blue
        "#]],
    );
}

#[test]
fn the_kind_can_be_shown_and_headers_left_out() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl get svc --show-kind --no-headers | grep -o '^service/[a-z-]*'",
        &expect![[r#"
            service/my-app-service
        "#]],
    );
    bench.check(
        "kubectl get deploy,svc --no-headers | wc -l",
        &expect![[r#"
        2
    "#]],
    );
}
