//! ConfigMaps and Secrets, and pods that need them.

use expect_test::expect;

use super::bench::{BLUE, Bench};

const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: shop-config-blue}
data:
  GREETING: hello
  settings.ini: |
    colour = blue
    limit = 10
---
apiVersion: v1
kind: Secret
metadata: {name: shop-secret}
stringData: {password: s3cret}
";

/// Blue, whose container needs more.
fn needing(lines: &str) -> String {
    BLUE.replace("replicas: 2", "replicas: 1").replace(
        "          env: [{name: GREETING, value: hello}]\n",
        &format!("          {}\n", lines.replace('\n', "\n          ")),
    )
}

fn bench(lines: &str) -> Bench {
    Bench::with(&[("config.yaml", CONFIG), ("needing.yaml", &needing(lines))])
}

#[test]
fn they_are_listed_described_and_stored_in_base64() {
    let mut bench = bench("env: []");
    bench.check(
        "kubectl apply -f config.yaml",
        &expect![[r#"
        configmap/shop-config-blue created
        secret/shop-secret created
    "#]],
    );
    bench.wait(5);
    bench.check(
        "kubectl get cm,secret",
        &expect![[r#"
        NAME                         DATA   AGE
        configmap/shop-config-blue   2      5s

        NAME                 TYPE     DATA   AGE
        secret/shop-secret   Opaque   1      5s
    "#]],
    );
    bench.check(
        "kubectl describe cm shop-config-blue",
        &expect![[r#"
        Name:         shop-config-blue
        Namespace:    default
        Labels:       <none>
        Annotations:  <none>

        Data
        ====
        GREETING:
        ----
        hello

        settings.ini:
        ----
        colour = blue
        limit = 10



        BinaryData
        ====

        Events:  <none>
    "#]],
    );
    bench.check(
        "kubectl describe secret shop-secret",
        &expect![[r#"
        Name:         shop-secret
        Namespace:    default
        Labels:       <none>
        Annotations:  <none>

        Type:  Opaque

        Data
        ====
        password:  6 bytes
    "#]],
    );
    bench.check(
        "kubectl get secret shop-secret -o jsonpath='{.data.password}'",
        &expect!["czNjcmV0"],
    );
    bench.check(
        "kubectl apply -f config.yaml",
        &expect![[r#"
        configmap/shop-config-blue unchanged
        secret/shop-secret unchanged
    "#]],
    );
    bench.check(
        "kubectl delete cm shop-config-blue",
        &expect![[r#"
        configmap "shop-config-blue" deleted from default namespace
    "#]],
    );
}

#[test]
fn a_missing_configmap_or_key_keeps_the_container_from_being_created() {
    let mut bench = bench(
        "envFrom: [{configMapRef: {name: shop-config-blue}}]\n\
         env: [{name: P, valueFrom: {secretKeyRef: {name: shop-secret, key: pin}}}]",
    );
    bench.run("kubectl apply -f needing.yaml");
    bench.wait(5);
    bench.check(
        "kubectl get pods",
        &expect![[r#"
            NAME                          READY   STATUS                       RESTARTS   AGE
            my-app-blue-df9c95f9c-xxxxx   0/1     CreateContainerConfigError   0          5s
        "#]],
    );
    bench.run("kubectl apply -f config.yaml");
    bench.wait(20);
    bench.check("kubectl get events --field-selector reason=Failed", &expect![[r#"
        LAST SEEN   TYPE      REASON   OBJECT                            MESSAGE
        24s         Warning   Failed   pod/my-app-blue-df9c95f9c-xxxxx   Error: configmap "shop-config-blue" not found
        4s          Warning   Failed   pod/my-app-blue-df9c95f9c-xxxxx   Error: couldn't find key pin in Secret default/shop-secret
    "#]]);
    let patch = r#"kubectl patch secret shop-secret -p '{"stringData":{"pin":"1234"}}'"#;
    bench.check(
        patch,
        &expect![[r#"
        secret/shop-secret patched
    "#]],
    );
    bench.wait(20);
    bench.check(
        "kubectl get pods",
        &expect![[r#"
            NAME                          READY   STATUS    RESTARTS   AGE
            my-app-blue-df9c95f9c-xxxxx   1/1     Running   0          45s
        "#]],
    );
}

#[test]
fn a_missing_volume_keeps_the_pod_from_being_created() {
    let bench = bench("volumeMounts: [{name: config, mountPath: /etc/shop}]");
    let text = bench.file("needing.yaml").unwrap().to_owned();
    let volumes =
        "    spec:\n      volumes: [{name: config, configMap: {name: shop-config-blue}}]\n";
    let text = text.replace("    spec:\n", volumes);
    let mut bench = Bench::with(&[("config.yaml", CONFIG), ("needing.yaml", &text)]);
    bench.run("kubectl apply -f needing.yaml");
    bench.wait(5);
    bench.check("kubectl get pods -o wide", &expect![[r#"
        NAME                          READY   STATUS              RESTARTS   AGE   IP       NODE     NOMINATED NODE   READINESS GATES
        my-app-blue-977c8b4cd-xxxxx   0/1     ContainerCreating   0          5s    <none>   node-1   <none>           <none>
    "#]]);
    bench.check("kubectl get events --field-selector reason=FailedMount", &expect![[r#"
        LAST SEEN   TYPE      REASON        OBJECT                            MESSAGE
        2s          Warning   FailedMount   pod/my-app-blue-977c8b4cd-xxxxx   MountVolume.SetUp failed for volume "config" : configmap "shop-config-blue" not found
    "#]]);
    bench.run("kubectl apply -f config.yaml");
    bench.wait(20);
    bench.check(
        "kubectl get pods",
        &expect![[r#"
            NAME                          READY   STATUS    RESTARTS   AGE
            my-app-blue-977c8b4cd-xxxxx   1/1     Running   0          25s
        "#]],
    );
}

#[test]
fn a_change_restarts_no_pod_but_another_name_in_the_template_does() {
    let mut bench = bench("envFrom: [{configMapRef: {name: shop-config-blue}}]");
    bench.run("kubectl apply -f config.yaml -f needing.yaml");
    bench.wait(30);
    let pods = bench.run("kubectl get pods -o name").stdout;
    bench.run(r#"kubectl patch cm shop-config-blue -p '{"data":{"GREETING":"good bye"}}'"#);
    bench.wait(60);
    assert_eq!(bench.run("kubectl get pods -o name").stdout, pods);
    bench.run("sed -i s/shop-config-blue/shop-config-green/ config.yaml needing.yaml");
    bench.run("kubectl apply -f config.yaml -f needing.yaml");
    bench.wait(60);
    assert_ne!(bench.run("kubectl get pods -o name").stdout, pods);
}

#[test]
fn what_is_wrong_is_told_as_the_api_server_does() {
    let bad = "\
apiVersion: v1
kind: Secret
metadata: {name: shop-secret}
data: {password: s3cret-word}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {'a key': x, PORT: 8080}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: sealed}
immutable: true
data: {a: x}
";
    let mut bench = Bench::with(&[
        ("bad.yaml", bad),
        (
            "needing.yaml",
            &needing(
                "env: [{name: A, value: x, valueFrom: {configMapKeyRef: {name: a, key: b}}}]\n\
         envFrom: [{prefix: P_}]\n\
         volumeMounts: [{name: nowhere, mountPath: /a}]",
            ),
        ),
    ]);
    bench.check("kubectl apply -f bad.yaml", &expect![[r#"
        configmap/sealed created
        ! Error from server (BadRequest): error when creating "bad.yaml": Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 6
        !   bad.yaml:4:18: write plain text under stringData instead
        ! Error from server (BadRequest): error when creating "bad.yaml": ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data.PORT of type string
        !   bad.yaml:9:26: put the value in quotes: without them it is not text
        status 1
    "#]]);
    bench.check(r#"kubectl patch cm sealed -p '{"data":{"a":"y"}}'"#, &expect![[r#"
        ! The ConfigMap "sealed" is invalid: data: Forbidden: field is immutable when `immutable` is set
        status 1
    "#]]);
    bench.check("kubectl apply -f needing.yaml", &expect![[r#"
        ! The Deployment "my-app-blue" is invalid: 
        ! * spec.template.spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty
        ! * spec.template.spec.containers[0].envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`
        ! * spec.template.spec.containers[0].volumeMounts[0].name: Not found: "nowhere"
        !   needing.yaml:18:49
        !   needing.yaml:19:22
        !   needing.yaml:20:33: give the pod a volume of this name
        status 1
    "#]]);
}
