//! Pages of `kubectl describe` about things in motion, and about what no file has made.

use expect_test::expect;

use super::bench::{BLUE, Bench};
use crate::cluster::version::Version;

const QUOTA: &str = "\
apiVersion: v1
kind: ResourceQuota
metadata: {name: compute}
spec: {hard: {pods: 3, requests.cpu: '2'}}
";

#[test]
fn a_namespace_is_described_with_its_quotas() {
    let mut bench = Bench::settled_with(&[("quota.yaml", QUOTA)]);
    bench.check(
        "kubectl describe ns default",
        &expect![[r#"
        Name:         default
        Labels:       kubernetes.io/metadata.name=default
        Annotations:  <none>
        Status:       Active

        No resource quota.

        No LimitRange resource.
    "#]],
    );
    bench.run("kubectl label namespace default istio-injection=enabled");
    bench.run("kubectl apply -f quota.yaml");
    bench.wait(30);
    bench.check(
        "kubectl describe ns default",
        &expect![[r#"
        Name:         default
        Labels:       istio-injection=enabled
                      kubernetes.io/metadata.name=default
        Annotations:  <none>
        Status:       Active

        Resource Quotas
          Name:         compute
          Resource      Used  Hard
          --------      ---   ---
          pods          2     3
          requests.cpu  500m  2

        No LimitRange resource.
    "#]],
    );
}

/// K8S-70.
#[test]
fn endpoints_are_described_by_subsets() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl describe endpoints my-app-service",
        &expect![[r#"
        Name:         my-app-service
        Namespace:    default
        Labels:       <none>
        Annotations:  <none>
        Subsets:
          Addresses:          10.244.1.2,10.244.2.2
          NotReadyAddresses:  <none>
          Ports:
            Name     Port  Protocol
            ----     ----  --------
            <unset>  8080  TCP

        Events:  <none>
        ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
    "#]],
    );
}

/// K8S-70, 73.
#[test]
fn addresses_are_sorted_by_their_letters_in_endpoints_and_not_in_slices() {
    let mut bench = Bench::settled();
    bench.run("kubectl scale deployment my-app-blue --replicas=20");
    bench.wait(60);
    let line = "kubectl get endpoints my-app-service -o jsonpath='{.subsets[0].addresses[*].ip}'";
    let listed = bench.run(line).stdout;
    let listed: Vec<&str> = listed.split_whitespace().collect();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!((listed.len(), &listed), (20, &sorted));
    let first = sorted[..3].iter().map(|ip| format!("{ip}:8080")).collect::<Vec<_>>().join(",");
    let row = bench.run("kubectl get endpoints").stdout;
    assert!(row.contains(&format!("{first} + 17 more...")), "{row}");
    let line = "kubectl get endpointslices -o jsonpath='{.items[0].endpoints[*].addresses[0]}'";
    let slice = bench.run(line).stdout;
    let mut slice: Vec<&str> = slice.split_whitespace().collect();
    assert_ne!(slice, sorted);
    slice.sort_unstable();
    assert_eq!(slice, sorted);
}

/// K8S-60: the deletion timestamp of a pod is when its grace ends.
#[test]
fn a_pod_that_terminates_within_its_grace_does_so_since_an_invalid_time() {
    let sleeping = BLUE.replace(
        "          resources:\n",
        "          lifecycle: {preStop: {sleep: {seconds: 20}}}\n          resources:\n",
    );
    let mut bench = Bench::with(&[("sleeping.yaml", &sleeping)]);
    bench.run("kubectl apply -f sleeping.yaml");
    bench.wait(30);
    bench.run("kubectl delete pods -l version=blue --wait=false");
    bench.wait(5);
    bench.check(
        "kubectl describe pods | grep -A 1 Terminating | head -n 2",
        &expect![[r#"
            Status:                    Terminating (lasts <invalid>)
            Termination Grace Period:  30s
        "#]],
    );
}

/// Since 1.35 the kubelet leaves the container to the field path of the event, which kubectl
/// describes and does not list.
#[test]
fn events_about_containers_name_them_once_or_twice() {
    for (version, created, started) in [
        ("v1.34", "Created container: app", "Started container app"),
        ("v1.35", "Container created", "Container started"),
    ] {
        let version = Version::parse(version).unwrap();
        let mut bench = Bench::settled_in(|scenario| scenario.cluster.version = version);
        let (described, listed) =
            (bench.run("kubectl describe pods").stdout, bench.run("kubectl get events").stdout);
        for words in [created, started] {
            let line = format!("  kubelet            spec.containers{{app}}: {words}\n");
            assert!(described.contains(&line), "{line} in {described}");
            assert!(listed.contains(&format!("   {words}\n")), "{words} in {listed}");
        }
        assert!(described.contains("default-scheduler  Successfully assigned"), "{described}");
    }
}
