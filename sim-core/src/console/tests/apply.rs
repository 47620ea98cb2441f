//! `kubectl apply`, `create` and `diff`.

use expect_test::expect;

use super::bench::{BLUE, Bench};

#[test]
fn applying_says_created_then_unchanged_then_configured() {
    let mut bench = Bench::empty();
    bench.check(
        "kubectl apply -f blue.yaml,service.yaml -f mesh.yaml",
        &expect![[r#"
        deployment.apps/my-app-blue created
        service/my-app-service created
        gateway.networking.istio.io/my-gateway created
        virtualservice.networking.istio.io/my-app-vs created
        destinationrule.networking.istio.io/my-app-dr created
    "#]],
    );
    bench.check(
        "k apply -f blue.yaml",
        &expect![[r#"
        deployment.apps/my-app-blue unchanged
    "#]],
    );
    bench.run("sed -i 's/replicas: 2/replicas: 3/' blue.yaml");
    bench.check(
        "kubectl apply -f blue.yaml -f service.yaml",
        &expect![[r#"
        deployment.apps/my-app-blue configured
        service/my-app-service unchanged
    "#]],
    );
}

#[test]
fn applying_a_folder_takes_its_manifests_only() {
    let service = super::bench::SERVICE;
    let files = [("k8s/a.yaml", BLUE), ("k8s/notes.txt", "x"), ("k8s/deep/b.yml", service)];
    let mut bench = Bench::with(&files);
    bench.check(
        "kubectl apply -f k8s",
        &expect![[r#"
        deployment.apps/my-app-blue created
    "#]],
    );
    bench.check(
        "kubectl apply -R -f k8s/",
        &expect![[r#"
        deployment.apps/my-app-blue unchanged
        service/my-app-service created
    "#]],
    );
    bench.check(
        "mkdir -p other && kubectl apply -f other",
        &expect![[r#"
        ! error: the path "other" does not exist
        status 1
    "#]],
    );
}

#[test]
fn a_missing_file_stops_everything() {
    let mut bench = Bench::empty();
    bench.check(
        "kubectl apply -f blue.yaml -f gren.yaml",
        &expect![[r#"
        ! error: the path "gren.yaml" does not exist
        status 1
    "#]],
    );
    bench.check(
        "kubectl apply -f gren.yaml -f rde.yaml",
        &expect![[r#"
        ! the path "gren.yaml" does not exist
        ! the path "rde.yaml" does not exist
        status 1
    "#]],
    );
    bench.check(
        "kubectl get deployments",
        &expect![[r#"
        ! No resources found in default namespace.
    "#]],
    );
}

#[test]
fn what_is_right_is_applied_and_every_problem_is_told() {
    let typo = BLUE.replace("replicas: 2", "replica: 2");
    let negative = BLUE.replace("replicas: 2", "replicas: -1").replace("my-app-blue", "minus");
    let files = [
        ("typo.yaml", typo.as_str()),
        ("negative.yaml", negative.as_str()),
        ("broken.yaml", "apiVersion: v1\nkind: Service\n  metadata: x\n"),
        ("crd.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\n"),
        ("list.yaml", "- a\n- b\n"),
    ];
    let mut bench = Bench::with(&files);
    bench.check("kubectl apply -f typo.yaml", &expect![[r#"
        ! Error from server (BadRequest): error when creating "typo.yaml": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"
        !   typo.yaml:7:3: did you mean "replicas"?
        status 1
    "#]]);
    bench.check("kubectl apply -f negative.yaml", &expect![[r#"
        ! The Deployment "minus" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0
        !   negative.yaml:7:13
        status 1
    "#]]);
    bench.check("kubectl apply -f broken.yaml", &expect![[r#"
        ! error: error parsing broken.yaml: error converting YAML to JSON: yaml: line 3: mapping values are not allowed in this context
        !   broken.yaml:3: align this line with the keys beside it, or put a value that contains `: ` in quotes
        status 1
    "#]]);
    bench.check("kubectl apply -f crd.yaml", &expect![[r#"
        ! error: resource mapping not found for name: "x" namespace: "" from "crd.yaml": no matches for kind "Thing" in version "example.com/v1"
        ! ensure CRDs are installed first
        status 1
    "#]]);
    bench.check(
        "kubectl apply -f list.yaml",
        &expect![[r#"
        ! error: unable to decode "list.yaml": Object 'Kind' is missing in '["a","b"]'
        status 1
    "#]],
    );
    bench.check("kubectl apply -f broken.yaml -f typo.yaml -f service.yaml", &expect![[r#"
        service/my-app-service created
        ! error parsing broken.yaml: error converting YAML to JSON: yaml: line 3: mapping values are not allowed in this context
        !   broken.yaml:3: align this line with the keys beside it, or put a value that contains `: ` in quotes
        ! Error from server (BadRequest): error when creating "typo.yaml": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"
        !   typo.yaml:7:3: did you mean "replicas"?
        status 1
    "#]]);
}

#[test]
fn istio_refuses_weights_that_add_up_to_nothing() {
    let zero =
        super::bench::MESH.replace("weight: 90", "weight: 0").replace("weight: 10", "weight: 0");
    let mut bench = Bench::with(&[("zero.yaml", &zero)]);
    bench.check("kubectl apply -f zero.yaml", &expect![[r#"
        gateway.networking.istio.io/my-gateway created
        destinationrule.networking.istio.io/my-app-dr created
        ! Error from server: error when creating "zero.yaml": admission webhook "validation.istio.io" denied the request: configuration is invalid: spec.http[0].route: total destination weight = 0
        !   zero.yaml:20:9: give at least one of several destinations a weight above 0
        status 1
    "#]]);
}

#[test]
fn a_field_without_effect_is_named_with_its_line() {
    let text = BLUE.replace("    spec:\n", "    spec:\n      priorityClassName: high\n");
    let mut bench = Bench::with(&[("note.yaml", &text)]);
    bench.check(
        "kubectl apply -f note.yaml",
        &expect![[r#"
        deployment.apps/my-app-blue created
        ! Warning: not modelled: spec.template.spec.priorityClassName (note.yaml:14)
    "#]],
    );
}

#[test]
fn a_selector_is_immutable() {
    let mut bench = Bench::settled();
    bench.run("sed -i 's/version: blue/version: bleu/' blue.yaml");
    bench.check("kubectl apply -f blue.yaml", &expect![[r#"
        ! The Deployment "my-app-blue" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"my-app","version":"bleu"}}: field is immutable
        status 1
    "#]]);
}

#[test]
fn apply_leaves_what_the_manifest_does_not_say() {
    let silent = BLUE.replace("  replicas: 2\n", "");
    let mut bench = Bench::with(&[("silent.yaml", &silent)]);
    bench.run("kubectl apply -f silent.yaml && kubectl scale deploy my-app-blue --replicas=5");
    bench.run("sed -i s/myapp:v1/myapp:v2/ silent.yaml && kubectl apply -f silent.yaml");
    bench.check(
        "kubectl get deploy my-app-blue -o jsonpath='{.spec.replicas} {..image}{\"\\n\"}'",
        &expect![[r#"
            5 myorg/myapp:v2
        "#]],
    );
}

#[test]
fn apply_overwrites_what_the_manifest_says_and_removes_what_it_said_before() {
    let mut bench = Bench::settled();
    bench.run("kubectl scale deploy my-app-blue --replicas=5");
    bench.run("sed -i '/GREETING/d' blue.yaml");
    bench.check(
        "kubectl apply -f blue.yaml",
        &expect![[r#"
        deployment.apps/my-app-blue configured
    "#]],
    );
    bench.check(
        "kubectl get deploy my-app-blue -o jsonpath='{.spec.replicas}{..env}{\"\\n\"}'",
        &expect![[r#"
            2
        "#]],
    );
}

#[test]
fn a_deployment_can_be_changed_to_another_strategy() {
    let recreate = BLUE.replace("  replicas: 2\n", "  strategy: {type: Recreate}\n");
    let mut bench = Bench::with(&[("recreate.yaml", &recreate)]);
    bench.check(
        "kubectl apply -f blue.yaml -f recreate.yaml; kubectl get deploy my-app-blue -o jsonpath={.spec.strategy}",
        &expect![[r#"
            deployment.apps/my-app-blue created
            deployment.apps/my-app-blue configured
            {"type":"Recreate"}"#]],
    );
    bench.run("kubectl apply -f blue.yaml");
    let patch = r#"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#;
    bench.check(
        &format!("kubectl patch deploy my-app-blue -p '{patch}'"),
        &expect![[r#"
        deployment.apps/my-app-blue patched
    "#]],
    );
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut bench = Bench::empty();
    bench.check(
        "kubectl apply -f blue.yaml --dry-run=client",
        &expect![[r#"
        deployment.apps/my-app-blue created (dry run)
    "#]],
    );
    bench.check(
        "kubectl apply -f blue.yaml --dry-run=server",
        &expect![[r#"
        deployment.apps/my-app-blue created (server dry run)
    "#]],
    );
    bench.run("kubectl apply -f service.yaml");
    bench.check(
        "kubectl apply -f service.yaml --dry-run=client && kubectl apply -f service.yaml --dry-run=server",
        &expect![[r#"
        service/my-app-service configured (dry run)
        service/my-app-service unchanged (server dry run)
    "#]],
    );
    bench.check(
        "kubectl apply -f blue.yaml --dry-run=maybe",
        &expect![[r#"
        ! error: Invalid dry-run value (maybe). Must be "none", "server", or "client".
        status 1
    "#]],
    );
    bench.check(
        "kubectl get deploy",
        &expect![[r#"
        ! No resources found in default namespace.
    "#]],
    );
}

#[test]
fn apply_reads_standard_input() {
    let mut bench = Bench::empty();
    bench.check(
        "cat service.yaml | kubectl apply -f -",
        &expect![[r#"
        service/my-app-service created
    "#]],
    );
    bench.check(
        "kubectl apply -f - < blue.yaml",
        &expect![[r#"
        deployment.apps/my-app-blue created
    "#]],
    );
}

#[test]
fn create_refuses_what_exists() {
    let mut bench = Bench::empty();
    bench.check(
        "kubectl create -f service.yaml",
        &expect![[r#"
        service/my-app-service created
    "#]],
    );
    bench.check("kubectl create -f service.yaml", &expect![[r#"
        ! Error from server (AlreadyExists): error when creating "service.yaml": services "my-app-service" already exists
        status 1
    "#]]);
    bench.check("kubectl apply -f service.yaml", &expect![[r#"
        service/my-app-service configured
        ! Warning: resource services/my-app-service is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.
    "#]]);
}

#[test]
fn diff_shows_what_apply_would_change() {
    let mut bench = Bench::settled();
    bench.check("kubectl diff -f blue.yaml", &expect![[""]]);
    bench.run("sed -i 's/replicas: 2/replicas: 4/' blue.yaml");
    bench.check("kubectl diff -f blue.yaml", &expect![[r#"
        diff -u -N /tmp/LIVE/apps.v1.Deployment.default.my-app-blue /tmp/MERGED/apps.v1.Deployment.default.my-app-blue
        --- /tmp/LIVE/apps.v1.Deployment.default.my-app-blue
        +++ /tmp/MERGED/apps.v1.Deployment.default.my-app-blue
        @@ -2,7 +2,7 @@
         kind: Deployment
         metadata:
           creationTimestamp: "2026-01-05T09:00:00Z"
        -  generation: 1
        +  generation: 2
           labels:
             app: my-app
             version: blue
        @@ -12,7 +12,7 @@
           uid: UID
         spec:
           progressDeadlineSeconds: 600
        -  replicas: 2
        +  replicas: 4
           revisionHistoryLimit: 10
           selector:
             matchLabels:
        status 1
    "#]]);
    bench.check(
        "kubectl diff -f none.yaml",
        &expect![[r#"
        ! error: the path "none.yaml" does not exist
        status 1
    "#]],
    );
}

#[test]
fn every_written_object_has_a_line_in_the_trace_caused_by_the_command() {
    let mut bench = Bench::empty();
    bench.run("kubectl apply -f mesh.yaml");
    let entries = bench.world().trace.iter();
    let objects: Vec<String> = entries
        .filter(|entry| entry.topic == crate::trace::Topic::Object)
        .map(|entry| format!("{} {} {}", entry.subject, entry.text, entry.id == entry.cause))
        .collect();
    expect![[r#"
        [
            "gateway/my-gateway created true",
            "virtualservice/my-app-vs created true",
            "destinationrule/my-app-dr created true",
        ]
    "#]]
    .assert_debug_eq(&objects);
}
