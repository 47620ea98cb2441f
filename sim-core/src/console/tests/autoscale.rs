//! `kubectl autoscale`, `kubectl get|describe hpa`, `kubectl top pods` (A.8).

use expect_test::expect;

use super::bench::Bench;

const HPA: &str = "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: my-app-blue
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: my-app-blue}
  minReplicas: 2
  maxReplicas: 6
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
  behavior:
    scaleDown:
      policies: [{type: Pods, value: 1, periodSeconds: 60}]
";

#[test]
fn an_autoscaler_is_written_listed_and_described() {
    let mut bench = Bench::settled_with(&[("hpa.yaml", HPA)]);
    bench.check(
        "kubectl apply -f hpa.yaml",
        &expect![[r#"
        horizontalpodautoscaler.autoscaling/my-app-blue created
    "#]],
    );
    bench.check("kubectl get hpa", &expect![[r#"
        NAME          REFERENCE                TARGETS              MINPODS   MAXPODS   REPLICAS   AGE
        my-app-blue   Deployment/my-app-blue   cpu: <unknown>/60%   2         6         0          0s
    "#]]);
    bench.wait(30);
    bench.check(
        "kubectl get hpa",
        &expect![[r#"
        NAME          REFERENCE                TARGETS       MINPODS   MAXPODS   REPLICAS   AGE
        my-app-blue   Deployment/my-app-blue   cpu: 0%/60%   2         6         2          30s
    "#]],
    );
    bench.check("kubectl describe hpa my-app-blue", &expect![[r#"
        Name:                                                  my-app-blue
        Namespace:                                             default
        Labels:                                                <none>
        Annotations:                                           <none>
        CreationTimestamp:                                     Mon, 05 Jan 2026 09:01:00 +0000
        Reference:                                             Deployment/my-app-blue
        Metrics:                                               ( current / target )
          resource cpu on pods  (as a percentage of request):  0% (0) / 60%
        Min replicas:                                          2
        Max replicas:                                          6
        Behavior:
          Scale Up:
            Stabilization Window: 0 seconds
            Select Policy: Max
            Policies:
              - Type: Pods     Value: 4    Period: 15 seconds
              - Type: Percent  Value: 100  Period: 15 seconds
          Scale Down:
            Select Policy: Max
            Policies:
              - Type: Pods  Value: 1  Period: 60 seconds
        Deployment pods:    2 current / 2 desired
        Conditions:
          Type            Status  Reason               Message
          ----            ------  ------               -------
          AbleToScale     True    ScaleDownStabilized  recent recommendations were higher than current one, applying the highest recent recommendation
          ScalingActive   True    ValidMetricFound     the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)
          ScalingLimited  False   DesiredWithinRange   the desired count is within the acceptable range
        Events:           <none>
    "#]]);
    bench.check("kubectl get hpa my-app-blue -o yaml", &expect![[r#"
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata:
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: |
              {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"annotations":{},"name":"my-app-blue","namespace":"default"},"spec":{"behavior":{"scaleDown":{"policies":[{"periodSeconds":60,"type":"Pods","value":1}]}},"maxReplicas":6,"metrics":[{"resource":{"name":"cpu","target":{"averageUtilization":60,"type":"Utilization"}},"type":"Resource"}],"minReplicas":2,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"my-app-blue"}}}
          creationTimestamp: "2026-01-05T09:01:00Z"
          name: my-app-blue
          namespace: default
          resourceVersion: "6"
          uid: UID
        spec:
          behavior:
            scaleDown:
              policies:
              - periodSeconds: 60
                type: Pods
                value: 1
              selectPolicy: Max
            scaleUp:
              policies:
              - periodSeconds: 15
                type: Pods
                value: 4
              - periodSeconds: 15
                type: Percent
                value: 100
              selectPolicy: Max
              stabilizationWindowSeconds: 0
          maxReplicas: 6
          metrics:
          - resource:
              name: cpu
              target:
                averageUtilization: 60
                type: Utilization
            type: Resource
          minReplicas: 2
          scaleTargetRef:
            apiVersion: apps/v1
            kind: Deployment
            name: my-app-blue
        status:
          conditions:
          - lastTransitionTime: "2026-01-05T09:01:15Z"
            message: recent recommendations were higher than current one, applying the highest recent recommendation
            reason: ScaleDownStabilized
            status: "True"
            type: AbleToScale
          - lastTransitionTime: "2026-01-05T09:01:15Z"
            message: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)
            reason: ValidMetricFound
            status: "True"
            type: ScalingActive
          - lastTransitionTime: "2026-01-05T09:01:15Z"
            message: the desired count is within the acceptable range
            reason: DesiredWithinRange
            status: "False"
            type: ScalingLimited
          currentMetrics:
          - resource:
              current:
                averageUtilization: 0
                averageValue: "0"
              name: cpu
            type: Resource
          currentReplicas: 2
          desiredReplicas: 2
    "#]]);
    let series = |bench: &Bench, metric: &str| {
        let query = format!(
            "kube_horizontalpodautoscaler_{metric}{{horizontalpodautoscaler=\"my-app-blue\"}}"
        );
        let samples = bench.simulation.query(&query, bench.now()).unwrap();
        samples.iter().map(|sample| sample.value).collect::<Vec<_>>()
    };
    let metrics = [
        "spec_min_replicas",
        "spec_max_replicas",
        "status_current_replicas",
        "status_desired_replicas",
    ];
    assert_eq!(metrics.map(|metric| series(&bench, metric)), [[2.0], [6.0], [2.0], [2.0]]);
    bench.check(
        "kubectl delete hpa my-app-blue",
        &expect![[r#"
        horizontalpodautoscaler.autoscaling "my-app-blue" deleted from default namespace
    "#]],
    );
    bench.wait(30);
    assert!(series(&bench, "spec_max_replicas").is_empty());
}

#[test]
fn autoscale_makes_an_autoscaler() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl autoscale deployment my-app-blue --min=2 --max=5 --cpu=70%",
        &expect![[r#"
            horizontalpodautoscaler.autoscaling/my-app-blue autoscaled
        "#]],
    );
    bench.check("kubectl autoscale deployment my-app-blue --max=5", &expect![[r#"
        ! Error from server (AlreadyExists): horizontalpodautoscalers.autoscaling "my-app-blue" already exists
        status 1
    "#]]);
    bench.check(
        "kubectl autoscale deployment my-app-blue --name=second --max=5 --cpu-percent=50 --dry-run=client",
        &expect![[r#"
            horizontalpodautoscaler.autoscaling/second autoscaled (dry run)
            ! Flag --cpu-percent has been deprecated, use --cpu with a percentage: --cpu=70%
        "#]],
    );
    bench.check("kubectl get hpa", &expect![[r#"
        NAME          REFERENCE                TARGETS              MINPODS   MAXPODS   REPLICAS   AGE
        my-app-blue   Deployment/my-app-blue   cpu: <unknown>/70%   2         5         0          0s
    "#]]);
}

#[test]
fn autoscale_refuses_what_makes_no_sense() {
    let mut bench = Bench::settled();
    for (line, expected) in [
        (
            "kubectl autoscale deployment my-app-blue",
            expect![[r#"
            ! error: --max=MAXPODS is required and must be at least 1, max: -1
            status 1
        "#]],
        ),
        (
            "kubectl autoscale deployment my-app-blue --min=3 --max=2",
            expect![[r#"
            ! error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: 2, min: 3
            status 1
        "#]],
        ),
        (
            "kubectl autoscale deployment my-app-blue --max=2 --cpu=500m",
            expect![[r#"
            ! error: invalid --cpu value "500m": write a percentage of the requests, such as 80%; an amount of CPU is not modelled
            status 1
        "#]],
        ),
        (
            "kubectl autoscale deployment my-app-red --max=2",
            expect![[r#"
            ! Error from server (NotFound): deployments.apps "my-app-red" not found
            status 1
        "#]],
        ),
        (
            "kubectl autoscale deployment --max=2",
            expect![[r#"
            ! error: resource(s) were provided, but no name was specified
            status 1
        "#]],
        ),
        (
            "kubectl autoscale service my-app-service --max=2",
            expect![[r#"
            ! error: cannot autoscale a Service: only Deployments can be autoscaled here
            status 1
        "#]],
        ),
    ] {
        bench.check(line, &expected);
    }
}

#[test]
fn top_shows_the_cpu_that_pods_use() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl top pods",
        &expect![[r#"
            NAME                           CPU(cores)   MEMORY(bytes)
            my-app-blue-66c485867d-xxxxx   0m           64Mi
            my-app-blue-66c485867d-xxxxx   0m           64Mi
        "#]],
    );
    bench.check(
        "kubectl top pod -l app=my-app --sum --no-headers",
        &expect![[r#"
            my-app-blue-66c485867d-xxxxx   0m    64Mi
            my-app-blue-66c485867d-xxxxx   0m    64Mi
                                           0m    128Mi
        "#]],
    );
    bench.check(
        "kubectl top pods -l app=other",
        &expect![[r#"
        ! No resources found in default namespace.
    "#]],
    );
    bench.check(
        "kubectl top pod my-app-red",
        &expect![[r#"
        ! Error from server (NotFound): pods "my-app-red" not found
        status 1
    "#]],
    );
    bench.check(
        "kubectl top nodes",
        &expect![[r#"
        ! error: only kubectl top pods is modelled here
        status 1
    "#]],
    );
    bench.check(
        "kubectl top",
        &expect![[r#"
        ! error: top needs a type of resource: pods
        ! See 'kubectl top -h' for help and examples
        status 1
    "#]],
    );
    bench.run("kubectl scale deployment my-app-blue --replicas=0");
    bench.wait(60);
    bench.run("kubectl scale deployment my-app-blue --replicas=1");
    bench.wait(2);
    bench.check(
        "kubectl top pods",
        &expect![[r#"
        ! error: metrics not available yet
        status 1
    "#]],
    );
}
