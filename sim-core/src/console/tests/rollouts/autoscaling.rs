//! Autoscalers that aim at a Rollout (ROLL-08).

use expect_test::expect;

use super::{apply, blue_green, leads, pods, release, rollout, run, settled, settled_in, until};
use crate::console::tests::bench::Bench;

/// An autoscaler of `my-app` with these limits.
fn autoscaler(min: u32, max: u32) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: my-app}}\nspec:\n  \
         scaleTargetRef: {{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: my-app}}\n  minReplicas: \
         {min}\n  maxReplicas: {max}\n  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: \
         Utilization, averageUtilization: 60}}}}}}]\n"
    )
}

/// Users reach the active Service.
const ROUTE: &str = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: ['*']
  gateways: [shop]
  http: [{route: [{destination: {host: my-app-active}}]}]
";

/// Mean use of the pods that the autoscaler has found, in per cent of their requests.
fn usage(bench: &Bench) -> u32 {
    bench.world().cluster.state.autoscalers["my-app"].usage.expect("it has measured").percent
}

fn selector(bench: &mut Bench) -> String {
    run(bench, "kubectl get rollout my-app -o jsonpath='{.status.selector}'")
}

/// ROLL-08.
#[test]
fn an_autoscaler_scales_a_rollout() {
    let files = [("hpa.yaml", &*autoscaler(5, 6))];
    let mut bench = settled(&blue_green(""), &files);
    bench.wait(31);
    assert_eq!(pods(&bench), [5]);
    bench.check(
        "kubectl get hpa",
        &expect![[r#"
        NAME     REFERENCE        TARGETS       MINPODS   MAXPODS   REPLICAS   AGE
        my-app   Rollout/my-app   cpu: 0%/60%   5         6         5          91s
    "#]],
    );
    let told = run(&mut bench, "kubectl describe hpa my-app");
    assert!(told.contains("Rollout pods:  "), "{told}");
    let scaled = run(&mut bench, "kubectl get rollout my-app -o jsonpath='{.status.HPAReplicas}'");
    assert_eq!(scaled, "5");
    let told = run(&mut bench, "kubectl get events");
    assert!(
        told.contains("New size: 5; reason: Current number of replicas below Spec.MinReplicas"),
        "{told}"
    );
}

/// ROLL-08: idle pods of the preview would halve the mean.
#[test]
fn the_pods_of_the_preview_do_not_count_before_the_switch() {
    let text = blue_green(", autoPromotionEnabled: false");
    let files = [("route.yaml", ROUTE), ("hpa.yaml", &*autoscaler(3, 3))];
    let mut bench = settled_in(|files| Bench::busy(30, files), &text, &files);
    bench.wait(60);
    let before = usage(&bench);
    assert!((35..=65).contains(&before), "30 requests of 5 ms on three pods of 100m: {before}");
    let blue = selector(&mut bench);
    release(&mut bench);
    bench.wait(90);
    assert_eq!((pods(&bench), leads(&bench, "my-app-active")), (vec![3, 3], 1));
    assert!(before.abs_diff(usage(&bench)) <= 15, "{before} {}", usage(&bench));
    assert_eq!(selector(&mut bench), blue);
    run(&mut bench, "kubectl argo rollouts promote my-app");
    bench.wait(2);
    let green = bench.world().cluster.state.revisions_of("my-app")[1].hash.clone();
    assert_eq!(selector(&mut bench), format!("app=my-app,rollouts-pod-template-hash={green}"));
}

/// ROLL-08.
#[test]
fn of_a_canary_all_pods_count() {
    let text = rollout("{canary: {steps: [{setWeight: 25}, {pause: {}}]}}");
    let mut bench = settled(&text, &[("hpa.yaml", &*autoscaler(3, 3))]);
    release(&mut bench);
    bench.wait(60);
    assert_eq!(selector(&mut bench), "app=my-app");
    let scaled = run(&mut bench, "kubectl get rollout my-app -o jsonpath='{.status.HPAReplicas}'");
    assert_eq!(scaled, "4");
}

/// ROLL-08; argo-rollouts#4552: the stable pods follow as well, before anything is promoted.
#[test]
fn scaling_between_release_and_switch_changes_both_sides() {
    let mut bench = settled(&blue_green(", autoPromotionEnabled: false"), &[]);
    release(&mut bench);
    bench.wait(30);
    assert_eq!(pods(&bench), [3, 3]);
    run(&mut bench, "kubectl scale rollout my-app --replicas=5");
    until(&mut bench, "both are scaled", |bench| pods(bench) == [5, 5]);
    assert_eq!(leads(&bench, "my-app-active"), 1);
}

/// ROLL-08, K8S-88; argo-rollouts#1864: a manifest with replicas takes back what the autoscaler has added.
#[test]
fn a_manifest_with_replicas_shrinks_the_serving_pods_before_the_switch() {
    let files = [("hpa.yaml", &*autoscaler(6, 8))];
    let mut bench = settled(&blue_green(", autoPromotionEnabled: false"), &files);
    bench.wait(30);
    assert_eq!(pods(&bench), [6]);
    run(&mut bench, "sed -i 's/myapp:v1/myapp:v2/' rollout.yaml");
    apply(&mut bench, "rollout.yaml");
    bench.wait(2);
    assert_eq!(pods(&bench), [3, 3], "half of the pods that serve go");
    until(&mut bench, "the autoscaler brings them back", |bench| pods(bench) == [6, 6]);
    let without = "sed -i '/  replicas: 3/d; s/myapp:v2/myapp:v1/' rollout.yaml";
    run(&mut bench, without);
}

/// ROLL-08, K8S-80.
#[test]
fn an_autoscaler_without_its_rollout_says_so() {
    let mut bench = Bench::with(&[("hpa.yaml", &autoscaler(1, 2))]);
    apply(&mut bench, "hpa.yaml");
    bench.wait(20);
    let told = run(&mut bench, "kubectl describe hpa my-app");
    let why = "unable to get the target's current scale: rollouts.argoproj.io \"my-app\" not found";
    assert!(told.contains(why), "{told}");
}

#[test]
fn a_target_of_another_group_is_refused() {
    let text = autoscaler(1, 2).replace("argoproj.io/v1alpha1", "apps/v1");
    let mut bench = Bench::with(&[("hpa.yaml", &text)]);
    bench.check("kubectl apply -f hpa.yaml", &expect![[r#"
        ! The HorizontalPodAutoscaler "my-app" is invalid: spec.scaleTargetRef.apiVersion: no matches for kind "Rollout" in "apps/v1"
        !   hpa.yaml:5:32: write apiVersion: argoproj.io/v1alpha1
        status 1
    "#]]);
}
