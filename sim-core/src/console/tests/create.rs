//! Objects made from the command line alone.

use expect_test::expect;

use super::bench::Bench;

const FILES: [(&str, &str); 4] = [
    ("settings.ini", "colour = green\n"),
    ("conf/a.txt", "A"),
    ("conf/b.txt", "B"),
    ("shop.env", "# of the shop\nCOLOUR=green\n\n  LIMIT=10=ten\nEMPTY=\n"),
];

#[test]
fn a_config_map_holds_literals_and_files() {
    let mut bench = Bench::with(&FILES);
    bench.check(
        "kubectl create configmap green --from-literal=colour='\"green\"' --from-literal=sum=1+1=2 \
         --from-file=settings.ini,first=conf/a.txt",
        &expect![[r#"
            configmap/green created
        "#]],
    );
    bench.check(
        "kubectl get cm green -o jsonpath='{.data}'",
        &expect![[
            r#"{"colour":"green","first":"A","settings.ini":"colour = green\n","sum":"1+1=2"}"#
        ]],
    );
    bench.check(
        "kubectl create cm folder --from-file=conf --dry-run=client -o yaml",
        &expect![[r#"
            apiVersion: v1
            data:
              a.txt: A
              b.txt: B
            kind: ConfigMap
            metadata:
              name: folder
        "#]],
    );
    bench.check(
        "kubectl create cm env --from-env-file=shop.env --dry-run=client -o yaml",
        &expect![[r#"
            apiVersion: v1
            data:
              COLOUR: green
              EMPTY: ""
              LIMIT: 10=ten
            kind: ConfigMap
            metadata:
              name: env
        "#]],
    );
    bench.check(
        "kubectl create configmap empty",
        &expect![[r#"
        configmap/empty created
    "#]],
    );
    bench.check(
        "kubectl get cm",
        &expect![[r#"
        NAME    DATA   AGE
        empty   0      0s
        green   4      0s
    "#]],
    );
}

#[test]
fn a_secret_is_stored_in_base64() {
    let mut bench = Bench::with(&FILES);
    bench.check(
        "kubectl create secret generic db --from-literal=password=s3cret",
        &expect![[r#"
        secret/db created
    "#]],
    );
    bench.check(
        "kubectl get secret db -o jsonpath='{.type} {.data.password}{\"\\n\"}'",
        &expect![[r#"
            Opaque czNjcmV0
        "#]],
    );
    bench.check(
        "kubectl create secret generic db2 --from-literal=a=b --type=example.com/own --dry-run=server",
        &expect![[r#"
            secret/db2 created (server dry run)
        "#]],
    );
    bench.check(
        "kubectl get secret db2",
        &expect![[r#"
        ! Error from server (NotFound): secrets "db2" not found
        status 1
    "#]],
    );
}

#[test]
fn a_job_runs_the_image_that_it_is_given() {
    let mut bench = Bench::with(&FILES);
    bench.check(
        "kubectl create job smoke --image=myorg/smoke:v1 -- curl -f shop",
        &expect![[r#"
        job.batch/smoke created
    "#]],
    );
    bench.check("kubectl get job smoke -o jsonpath='{.spec.template.spec}'", &expect![[r#"{"containers":[{"command":["curl","-f","shop"],"image":"myorg/smoke:v1","imagePullPolicy":"IfNotPresent","name":"smoke"}],"restartPolicy":"Never","terminationGracePeriodSeconds":30}"#]]);
    bench.wait(2);
    bench.check(
        "kubectl get jobs",
        &expect![[r#"
        NAME    STATUS    COMPLETIONS   DURATION   AGE
        smoke   Running   0/1           2s         2s
    "#]],
    );
}

#[test]
fn what_is_wrong_is_said_in_kubectls_words() {
    let mut bench = Bench::with(&FILES);
    bench.run("kubectl create cm taken");
    let mut said = String::new();
    for line in [
        "kubectl create configmap",
        "kubectl create configmap a b",
        "kubectl create configmap taken",
        "kubectl create configmap Shop",
        "kubectl create configmap a --from-literal=colour",
        "kubectl create configmap a --from-literal==green",
        "kubectl create configmap a --from-literal=my/key=1",
        "kubectl create configmap a --from-literal=k=1 --from-literal=k=2",
        "kubectl create configmap a --from-file=none.txt",
        "kubectl create configmap a --from-file=key=conf",
        "kubectl create configmap a --from-file==conf",
        "kubectl create configmap a --from-file=key=",
        "kubectl create configmap a --from-file=a=b=c",
        "kubectl create configmap a --from-env-file=shop.env --from-literal=a=b",
        "kubectl create configmap a --from-env-file=settings.ini",
        "kubectl create configmap a --from-env-file=conf",
        "kubectl create configmap a -o wide",
        "kubectl create secret",
        "kubectl create secret tls web",
        "kubectl create secret plain web",
        "kubectl create secret generic",
        "kubectl create secret generic a --from-literal=k=1 --from-literal=k=2",
        "kubectl create job smoke",
        "kubectl create job a b --image=x -- c",
        "kubectl create job smoke --from=cronjob/nightly",
        "kubectl create job smoke --image=",
    ] {
        let reply = bench.run(line);
        assert_eq!((reply.status, reply.stdout.as_str()), (Some(1), ""), "{line}");
        said += &reply.stderr;
    }
    expect![[r#"
        error: exactly one NAME is required, got 0
        See 'kubectl create configmap -h' for help and examples
        error: exactly one NAME is required, got 2
        See 'kubectl create configmap -h' for help and examples
        error: failed to create configmap: configmaps "taken" already exists
        error: failed to create configmap: ConfigMap "Shop" is invalid: metadata.name: Invalid value: "Shop": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        error: invalid literal source colour, expected key=value
        error: invalid literal source =green, expected key=value
        error: "my/key" is not a valid key name for a ConfigMap: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
        error: cannot add key "k", another key by that name already exists in Data for ConfigMap "a"
        error: error reading none.txt: no such file or directory
        error: cannot give a key name for a directory path
        error: key name for file path conf missing
        error: file path for key name key missing
        error: key names or file paths cannot contain '='
        error: from-env-file cannot be combined with from-file or from-literal
        error: "colour " is not a valid key name: a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')
        error: env config file cannot be a directory
        error: this output format is not modelled for create; use yaml, json or name
        error: must specify one of generic, docker-registry and tls
        See 'kubectl create secret -h' for help and examples
        error: kubectl create secret tls is not modelled here; use generic, or write a manifest
        error: unknown command "plain"
        See 'kubectl create secret -h' for help and examples
        error: exactly one NAME is required, got 0
        See 'kubectl create secret generic -h' for help and examples
        error: cannot add key k, another key by that name already exists
        error: either --image or --from must be specified
        error: exactly one NAME is required, got 2
        See 'kubectl create job -h' for help and examples
        error: CronJobs are not modelled here; give --image in place of --from
        error: either --image or --from must be specified
    "#]].assert_eq(&said);
}
