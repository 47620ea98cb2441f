//! Commands that change single objects: scale, delete, label, annotate, set, patch, edit, rollout.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn scaling_says_scaled() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl scale deployment my-app-blue --replicas=3",
        &expect![[r#"
        deployment.apps/my-app-blue scaled
    "#]],
    );
    bench.check(
        "kubectl scale deploy/my-app-blue --replicas=1 --current-replicas=2",
        &expect![[r#"
        ! error: Expected replicas to be 2, was 3
        status 1
    "#]],
    );
    bench.check(
        "kubectl scale deploy/none --replicas=1",
        &expect![[r#"
        ! Error from server (NotFound): deployments.apps "none" not found
        status 1
    "#]],
    );
    bench.check(
        "kubectl scale deploy/my-app-blue",
        &expect![[r#"
        ! error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0
        status 1
    "#]],
    );
    bench.check("kubectl scale deploy/my-app-blue --replicas=three", &expect![[r#"
        ! error: invalid argument "three" for "--replicas" flag: strconv.ParseInt: parsing "three": invalid syntax
        ! See 'kubectl scale --help' for usage.
        status 1
    "#]]);
    bench.check(
        "kubectl scale svc/my-app-service --replicas=2",
        &expect![[r#"
        ! Error from server (NotFound): the server could not find the requested resource
        status 1
    "#]],
    );
    bench.check("kubectl get deploy/my-app-blue -o jsonpath={.spec.replicas}", &expect!["3"]);
}

#[test]
fn deleting_says_deleted() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl delete svc my-app-service nothing",
        &expect![[r#"
        service "my-app-service" deleted from default namespace
        ! Error from server (NotFound): services "nothing" not found
        status 1
    "#]],
    );
    bench.check(
        "kubectl delete -f mesh.yaml",
        &expect![[r#"
        gateway.networking.istio.io "my-gateway" deleted from default namespace
        virtualservice.networking.istio.io "my-app-vs" deleted from default namespace
        destinationrule.networking.istio.io "my-app-dr" deleted from default namespace
    "#]],
    );
    bench.check("kubectl delete -f service.yaml", &expect![[r#"
        ! Error from server (NotFound): error when deleting "service.yaml": services "my-app-service" not found
        status 1
    "#]]);
    bench.check(
        "kubectl delete -f service.yaml --ignore-not-found",
        &expect![[r#"
        No resources found
    "#]],
    );
    bench.check(
        "kubectl delete deploy",
        &expect![[r#"
        ! error: resource(s) were provided, but no name was specified
        status 1
    "#]],
    );
    bench.check("kubectl delete rs --all", &expect![[r#"
        ! error: deleting a ReplicaSet is not modelled; its Deployment would make it again: delete or scale that
        status 1
    "#]]);
    bench.check(
        "kubectl delete deploy --all",
        &expect![[r#"
        deployment.apps "my-app-blue" deleted from default namespace
    "#]],
    );
    bench.wait(40);
    bench.check(
        "kubectl get all",
        &expect![[r#"
        ! No resources found in default namespace.
    "#]],
    );
}

#[test]
fn deleting_a_pod_waits_until_it_is_gone() {
    let mut bench = Bench::settled();
    let name = bench.world().cluster.state.pods.values().next().unwrap().name.clone();
    bench.check_to_end(
        &format!("kubectl delete pod {name}"),
        60,
        &expect![[r#"
            pod "my-app-blue-66c485867d-xxxxx" deleted from default namespace
        "#]],
    );
    assert!(bench.world().cluster.state.pod_named(&name).is_none());
    let name = bench.world().cluster.state.pods.values().next().unwrap().name.clone();
    bench.check(
        &format!("kubectl delete pod {name} --wait=false"),
        &expect![[r#"
            pod "my-app-blue-66c485867d-xxxxx" deleted from default namespace
        "#]],
    );
    bench.check(&format!("kubectl delete pod/{name} --force --grace-period=0 --wait=false"), &expect![[r#"
        pod "my-app-blue-66c485867d-xxxxx" force deleted from default namespace
        ! Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.
    "#]]);
}

#[test]
fn labels_are_set_overwritten_and_removed() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl label deploy my-app-blue team=shop",
        &expect![[r#"
        deployment.apps/my-app-blue labeled
    "#]],
    );
    bench.check(
        "kubectl label deploy my-app-blue team=shop",
        &expect![[r#"
        deployment.apps/my-app-blue not labeled
    "#]],
    );
    bench.check(
        "kubectl label deploy my-app-blue team=cart",
        &expect![[r#"
        ! error: 'team' already has a value (shop), and --overwrite is false
        status 1
    "#]],
    );
    bench.check(
        "kubectl label deploy my-app-blue team=cart --overwrite",
        &expect![[r#"
        deployment.apps/my-app-blue labeled
    "#]],
    );
    bench.check(
        "kubectl label deploy my-app-blue team- gone-",
        &expect![[r#"
        deployment.apps/my-app-blue unlabeled
        ! label "gone" not found.
    "#]],
    );
    bench.check("kubectl label deploy my-app-blue 'team=a b'", &expect![[r#"
        ! error: invalid label value: "team=a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character
        status 1
    "#]]);
    bench.check(
        "kubectl label deploy my-app-blue",
        &expect![[r#"
        ! error: at least one label update is required
        status 1
    "#]],
    );
    bench.check(
        "kubectl label deploy --all tier=web",
        &expect![[r#"
        deployment.apps/my-app-blue labeled
    "#]],
    );
    bench.check(
        "kubectl annotate deploy/my-app-blue kubernetes.io/change-cause='first try'",
        &expect![[r#"
        deployment.apps/my-app-blue annotated
    "#]],
    );
    bench.check(
        "kubectl get deploy my-app-blue --show-labels -L tier",
        &expect![[r#"
        NAME          READY   UP-TO-DATE   AVAILABLE   AGE   TIER   LABELS
        my-app-blue   2/2     2            2           60s   web    app=my-app,tier=web,version=blue
    "#]],
    );
}

#[test]
fn a_pod_that_is_relabelled_leaves_its_service_and_is_replaced() {
    // K8S-71: membership is by label alone.
    let mut bench = Bench::settled();
    let name = bench.world().cluster.state.pods.values().next().unwrap().name.clone();
    bench.check(
        &format!("kubectl label pod {name} app=quarantine --overwrite"),
        &expect![[r#"
            pod/my-app-blue-66c485867d-xxxxx labeled
        "#]],
    );
    bench.wait(20);
    let endpoints = &bench.world().cluster.state.endpoints["my-app-service"];
    assert_eq!(endpoints.pods.len(), 2);
    assert_eq!(bench.world().cluster.state.pods.len(), 3);
}

#[test]
fn images_environment_resources_and_selectors_can_be_set() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl set image deployment/my-app-blue app=myorg/myapp:v2",
        &expect![[r#"
        deployment.apps/my-app-blue image updated
    "#]],
    );
    bench.check("kubectl set image deployment/my-app-blue app=myorg/myapp:v2", &expect![[""]]);
    bench.check(
        "kubectl set image deployment/my-app-blue web=myorg/myapp:v2",
        &expect![[r#"
        ! error: unable to find container named "web"
        status 1
    "#]],
    );
    bench.check(
        "kubectl set env deploy/my-app-blue MODE=new GREETING-",
        &expect![[r#"
        deployment.apps/my-app-blue env updated
    "#]],
    );
    bench.check(
        "kubectl set env deploy/my-app-blue --list",
        &expect![[r#"
            # Deployment my-app-blue, container app
            MODE=new
        "#]],
    );
    bench.check(
        "kubectl set resources deploy/my-app-blue --limits=cpu=1",
        &expect![[r#"
        deployment.apps/my-app-blue resource requirements updated
    "#]],
    );
    bench.check(
        "kubectl set selector service my-app-service app=my-app,version=blue",
        &expect![[r#"
        service/my-app-service selector updated
    "#]],
    );
    bench.check(
        "kubectl get svc my-app-service -o jsonpath={.spec.selector}",
        &expect![[r#"{"app":"my-app","version":"blue"}"#]],
    );
    bench.check(
        "kubectl set",
        &expect![[r#"
        Available Commands:
          env              Change environment variables
          image            Change images
          resources        Change CPU and memory
          selector         Change which pods a Service selects

        Usage:
          kubectl set SUBCOMMAND [options]
    "#]],
    );
    bench.check(
        "kubectl set colour x",
        &expect![[r#"
        Available Commands:
          env              Change environment variables
          image            Change images
          resources        Change CPU and memory
          selector         Change which pods a Service selects

        Usage:
          kubectl set SUBCOMMAND [options]
        ! error: unknown command "set colour"
        ! See 'kubectl set -h' for help and examples
        status 1
    "#]],
    );
}

#[test]
fn patches_are_strategic_merge_or_json() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl patch deploy my-app-blue -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"myorg/myapp:v2\"}]}}}}'",
        &expect![[r#"
            deployment.apps/my-app-blue patched
        "#]],
    );
    bench.check(
        "kubectl get deploy my-app-blue -o jsonpath='{..containers[0].env[0].name}'",
        &expect!["GREETING"],
    );
    bench.check(
        "kubectl patch deploy my-app-blue -p 'spec: {replicas: 2}'",
        &expect![[r#"
        deployment.apps/my-app-blue patched (no change)
    "#]],
    );
    bench.check("kubectl patch vs my-app-vs -p 'spec: {hosts: [a]}'", &expect![[r#"
        ! Error from server (UnsupportedMediaType): the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
        !   kinds of Istio cannot be patched strategically: add --type=merge
        status 1
    "#]]);
    bench.check(
        "kubectl patch vs my-app-vs --type merge -p 'spec: {hosts: [shop.example.com]}'",
        &expect![[r#"
        virtualservice.networking.istio.io/my-app-vs patched
    "#]],
    );
    bench.check(
        "kubectl patch vs my-app-vs --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/http/0/route/0/weight\",\"value\":0}]'",
        &expect![[r#"
            virtualservice.networking.istio.io/my-app-vs patched
        "#]],
    );
    bench.check(
        "kubectl patch vs my-app-vs --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/tcp/0\",\"value\":0}]'",
        &expect![[r#"
            ! The request is invalid: the server rejected our request due to an error in our request
            status 1
        "#]],
    );
    bench.check(
        "kubectl patch deploy my-app-blue -p 'spec: {replica: 2}'",
        &expect![[r#"
        deployment.apps/my-app-blue patched (no change)
        ! Warning: unknown field "spec.replica"
    "#]],
    );
    bench.check(
        "kubectl patch deploy my-app-blue --type=magic -p '{}'",
        &expect![[r#"
        ! error: --type must be one of [json merge strategic], not "magic"
        status 1
    "#]],
    );
    bench.check("kubectl patch deploy my-app-blue -p '{'", &expect![[r#"
        ! error: unable to parse "{": yaml: not valid YAML: while parsing a node, did not find expected node content
        status 1
    "#]]);
    bench.check(
        "kubectl patch deploy my-app-blue",
        &expect![[r#"
        ! error: must specify --patch or --patch-file containing the contents of the patch
        status 1
    "#]],
    );
    bench.check(
        "kubectl get vs my-app-vs -o jsonpath='{.spec.hosts} {..weight}'",
        &expect![[r#"["shop.example.com"] 0 10"#]],
    );
}

#[test]
fn an_object_is_edited_by_a_command() {
    let mut bench = Bench::settled();
    bench.check(
        "KUBE_EDITOR=\"sed -i 's/weight: 90/weight: 50/'\" kubectl edit vs my-app-vs",
        &expect![[r#"
        virtualservice.networking.istio.io/my-app-vs edited
    "#]],
    );
    bench.check("kubectl get vs my-app-vs -o jsonpath={..weight}", &expect!["50 10"]);
    bench.check(
        "KUBE_EDITOR='sed -i s/nothing/x/' kubectl edit vs my-app-vs",
        &expect![[r#"
        ! Edit cancelled, no changes made.
    "#]],
    );
    bench.check("EDITOR='sed -i s/replicas:/replica:/' kubectl edit deploy my-app-blue", &expect![[r#"
        ! Error from server (BadRequest): Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"
        ! error: Edit cancelled, no valid changes were saved.
        status 1
    "#]]);
    bench.check(
        "EDITOR='sed -i d' kubectl edit deploy my-app-blue",
        &expect![[r#"
        ! Edit cancelled, saved file was empty.
    "#]],
    );
    bench.check("EDITOR=vi kubectl edit deploy my-app-blue", &expect![[r#"
        ! error: there was a problem with the editor "vi": no editor can open in this terminal; use one like "sed -i s/OLD/NEW/"
        status 1
    "#]]);
    bench.check("kubectl edit deploy my-app-blue", &expect![[r#"
        ! error: no editor can open in this terminal
        !   change the manifest in the Files tab and apply it, or give a command that edits: KUBE_EDITOR="sed -i s/OLD/NEW/" kubectl edit deployment.apps/my-app-blue
        status 1
    "#]]);
    bench.check(
        "kubectl edit deploy none",
        &expect![[r#"
        ! Error from server (NotFound): deployments.apps "none" not found
        status 1
    "#]],
    );
    bench.check(
        "ls",
        &expect![[r#"
        blue.yaml
        mesh.yaml
        service.yaml
    "#]],
    );
}

/// K8S-102: every pod that goes gives those without room another try.
#[test]
fn as_many_replicas_as_there_may_be_are_replaced_in_a_moment() {
    let mut bench = Bench::settled();
    bench.check("kubectl scale deploy/my-app-blue --replicas=1001", &expect![[r#"
        ! The Deployment "my-app-blue" is invalid: spec.replicas: 1001 pods are more than can be simulated
        status 1
    "#]]);
    bench.run("kubectl scale deploy/my-app-blue --replicas=1000");
    bench.wait(30);
    bench.run("kubectl set image deploy/my-app-blue app=myorg/myapp:v2");
    bench.wait(30);
    bench.run("kubectl scale deploy/my-app-blue --replicas=3");
    bench.wait(90);
    bench.check(
        "kubectl get deploy",
        &expect![[r#"
        NAME          READY   UP-TO-DATE   AVAILABLE   AGE
        my-app-blue   3/3     3            3           3m30s
    "#]],
    );
}

#[test]
fn a_patch_drops_fields_that_nobody_knows_and_warns() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl patch deploy my-app-blue --type=merge -p '{\"spec\":{\"replica\":2}}'",
        &expect![[r#"
            deployment.apps/my-app-blue patched (no change)
            ! Warning: unknown field "spec.replica"
        "#]],
    );
    bench.check(
        "kubectl patch vs my-app-vs --type=merge -p '{\"spec\":{\"htp\":[]}}'",
        &expect![[r#"
            virtualservice.networking.istio.io/my-app-vs patched (no change)
            ! Warning: unknown field "spec.htp"
        "#]],
    );
    bench.check(
        "kubectl patch deploy my-app-blue -p '{\"spec\":{\"replicas\":3,\"template\":{\"spec\":{\"nodes\":1}}}}'",
        &expect![[r#"
            deployment.apps/my-app-blue patched
            ! Warning: unknown field "spec.template.spec.nodes"
        "#]],
    );
    bench.check(
        "kubectl patch deploy my-app-blue -p '{\"spec\":{\"replicas\":\"x\"}}'",
        &expect![[r#"
            ! Error from server (BadRequest): Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32
            status 1
        "#]],
    );
}

#[test]
fn variables_are_listed_with_where_they_come_from() {
    let mut bench = Bench::settled();
    bench.run("kubectl create configmap colours --from-literal=first=blue");
    bench.run("kubectl set env deploy/my-app-blue PLAIN=1");
    let from =
        r#"{"name":"COLOUR","valueFrom":{"configMapKeyRef":{"name":"colours","key":"first"}}}"#;
    let container = format!(r#"{{"name":"app","env":[{from}]}}"#);
    let patch = format!(r#"{{"spec":{{"template":{{"spec":{{"containers":[{container}]}}}}}}}}"#);
    bench.run(&format!("kubectl patch deploy my-app-blue -p '{patch}'"));
    bench.check(
        "kubectl set env deploy/my-app-blue --list",
        &expect![[r#"
            # Deployment my-app-blue, container app
            GREETING=hello
            PLAIN=1
            # COLOUR from configmap colours, key first
        "#]],
    );
    bench.check(
        "kubectl set env deploy/none --list",
        &expect![[r#"
        ! Error from server (NotFound): deployments.apps "none" not found
        status 1
    "#]],
    );
}

#[test]
fn what_apply_would_make_is_printed_as_a_document() {
    let mut bench = Bench::settled();
    bench.check("kubectl apply -f service.yaml --dry-run=client -o yaml | head -8", &expect![[r#"
        apiVersion: v1
        kind: Service
        metadata:
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: |
              {"apiVersion":"v1","kind":"Service","metadata":{"annotations":{},"name":"my-app-service","namespace":"default"},"spec":{"ports":[{"port":80,"targetPort":8080}],"selector":{"app":"my-app"}}}
          creationTimestamp: "2026-01-05T09:00:00Z"
          name: my-app-service
    "#]]);
    bench.check(
        "kubectl apply -f blue.yaml -f service.yaml -o json | grep -o '\"kind\": \"[A-Za-z]*\"'",
        &expect![[r#"
            "kind": "Deployment"
            "kind": "Service"
            "kind": "List"
        "#]],
    );
    bench.check(
        "kubectl create configmap x --from-literal=a=b --dry-run=client -o yaml",
        &expect![[r#"
            apiVersion: v1
            data:
              a: b
            kind: ConfigMap
            metadata:
              name: x
        "#]],
    );
}
