//! Canary: steps, pods and weights.

use serde_json::Value;

use super::{apply, leads, pods, release, rollout, run, settled, status, template, until};
use crate::cluster::api::Kind;
use crate::cluster::state::ROLLOUT_HASH;
use crate::console::tests::bench::Bench;
use crate::time::SimDuration;

/// Two Services, a route between them by host.
pub(super) const ROUTE: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-app}
spec:
  hosts: [shop.example.com]
  gateways: [my-gateway]
  http:
    - name: primary
      retries: {attempts: 1}
      route:
        - {destination: {host: my-app-active}, weight: 100}
        - {destination: {host: my-app-preview}, weight: 0}
";

/// A route between two subsets of one Service.
const SUBSETS: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-app}
spec:
  hosts: [shop.example.com]
  http:
    - route:
        - {destination: {host: my-app-active, subset: stable}, weight: 100}
        - {destination: {host: my-app-active, subset: canary}, weight: 0}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-app}
spec:
  host: my-app-active
  subsets:
    - {name: stable, labels: {app: my-app}}
    - {name: canary, labels: {app: my-app}}
";

const HOSTS: &str = "stableService: my-app-active, canaryService: my-app-preview, trafficRouting: {istio: \
                     {virtualService: {name: my-app, routes: [primary]}}}";

fn routed(more: &str) -> Bench {
    let text = rollout(&format!("{{canary: {{{HOSTS}{more}}}}}"));
    settled(&text, &[("route.yaml", ROUTE)])
}

fn weights(bench: &Bench) -> [i64; 2] {
    let object = bench.world().api.get(Kind::VirtualService, "my-app").expect("it is there");
    let route = &object.manifest.document["spec"]["http"][0]["route"];
    [0, 1].map(|place| route[place]["weight"].as_i64().expect("a number"))
}

/// ROLL-20, ROLL-21.
#[test]
fn the_first_revision_takes_no_steps_and_the_next_takes_all() {
    let steps = "{canary: {steps: [{setWeight: 34}, {pause: {duration: 30s}}, {setWeight: 67}, {pause: {}}]}}";
    let mut bench = settled(&rollout(steps), &[]);
    assert_eq!(
        (pods(&bench), status(&bench).step, status(&bench).phase.name()),
        (vec![3], 4, "Healthy")
    );
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    assert_eq!((status(&bench).step, pods(&bench)), (1, vec![2, 1]));
    let waited = until(&mut bench, "it goes on", |bench| 1 < status(bench).step);
    assert!((29..=31).contains(&waited), "the clock starts with the pause: {waited}");
    until(&mut bench, "it pauses", |bench| status(bench).step == 3);
    bench.wait(300);
    assert_eq!((status(&bench).step, pods(&bench)), (3, vec![1, 2]));
    run(&mut bench, "kubectl argo rollouts promote my-app");
    until(&mut bench, "it is over", |bench| status(bench).phase.name() == "Healthy");
    assert_eq!((pods(&bench), status(&bench).step), (vec![0, 3], 4));
}

/// ROLL-22, ROLL-26.
#[test]
fn without_a_router_the_weight_is_the_share_of_the_pods_and_old_pods_go_at_once() {
    let steps = "{canary: {maxSurge: 1, maxUnavailable: 0, steps: [{setWeight: 25}, {pause: {}}]}}";
    let text = rollout(steps).replace("replicas: 3", "replicas: 4");
    let mut bench = settled(&text, &[]);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    assert_eq!(pods(&bench), [3, 1]);
    run(&mut bench, "kubectl argo rollouts promote my-app");
    until(&mut bench, "it is over", |bench| pods(bench) == [0, 4]);
    assert!(status(&bench).deadlines.is_empty());
}

/// ROLL-23, ROLL-24, ROLL-26.
#[test]
fn a_router_gets_weights_the_canary_gets_pods_and_the_stable_ones_stay() {
    let mut bench = routed(", steps: [{setWeight: 10}, {pause: {duration: 20s}}]");
    assert_eq!((weights(&bench), status(&bench).weight), ([100, 0], Some(0)));
    release(&mut bench);
    bench.wait(1);
    assert_eq!(weights(&bench), [100, 0], "a canary without available pods gets nothing");
    until(&mut bench, "it gets its share", |bench| weights(bench) == [90, 10]);
    assert_eq!((pods(&bench), leads(&bench, "my-app-preview")), (vec![3, 1], 2));
    until(&mut bench, "it is stable", |bench| status(bench).is_promoted());
    bench.wait(1);
    assert_eq!((weights(&bench), leads(&bench, "my-app-active")), ([100, 0], 2));
    assert_eq!(pods(&bench), [3, 3]);
    let gone = until(&mut bench, "the old pods go", |bench| pods(bench) == [0, 3]);
    assert!((27..=31).contains(&gone), "{gone}");
    let object = bench.world().api.get(Kind::VirtualService, "my-app").expect("it is there");
    assert_eq!(object.manifest.document["spec"]["http"][0]["retries"]["attempts"], 1);
}

/// ROLL-24.
#[test]
fn subsets_get_the_labels_of_their_revisions_before_the_weights() {
    let strategy = "{canary: {trafficRouting: {istio: {virtualService: {name: my-app}, destinationRule: {name: \
                    my-app, canarySubsetName: canary, stableSubsetName: stable}}}, steps: [{setWeight: 50}, {pause: \
                    {}}]}}";
    let mut bench = settled(&rollout(strategy), &[("route.yaml", SUBSETS)]);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    assert_eq!(weights(&bench), [50, 50]);
    let object = bench.world().api.get(Kind::DestinationRule, "my-app").expect("it is there");
    let hash = |place: usize| -> &Value {
        &object.manifest.document["spec"]["subsets"][place]["labels"]["rollouts-pod-template-hash"]
    };
    assert_eq!(
        [hash(0), hash(1)],
        [&status(&bench).stable.as_str(), &status(&bench).current.as_str()]
    );
}

/// ROLL-25.
#[test]
fn an_abort_takes_the_weight_back_at_once_and_the_pods_later() {
    let mut bench = routed(", steps: [{setWeight: 50}, {pause: {}}]");
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    run(&mut bench, "kubectl argo rollouts abort my-app");
    bench.wait(1);
    assert_eq!((weights(&bench), pods(&bench)), ([100, 0], vec![3, 2]));
    assert_eq!(status(&bench).phase.name(), "Degraded");
    let gone = until(&mut bench, "the canary goes", |bench| pods(bench) == [3, 0]);
    assert!((27..=31).contains(&gone), "{gone}");
}

/// ROLL-23.
#[test]
fn the_canary_can_have_pods_before_and_beyond_its_weight() {
    let steps = ", steps: [{setCanaryScale: {replicas: 2}}, {pause: {}}, {setCanaryScale: {matchTrafficWeight: \
                 true}}, {setWeight: 100}, {pause: {}}]";
    let mut bench = routed(steps);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    assert_eq!((pods(&bench), weights(&bench)), (vec![3, 2], [100, 0]));
    run(&mut bench, "kubectl argo rollouts promote my-app");
    until(&mut bench, "it has everything", |bench| weights(bench) == [0, 100]);
    assert_eq!(pods(&bench), [3, 3]);
}

/// ROLL-23.
#[test]
fn with_dynamic_scale_the_stable_pods_make_room() {
    let mut bench = routed(", dynamicStableScale: true, steps: [{setWeight: 67}, {pause: {}}]");
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    until(&mut bench, "stable pods have gone", |bench| pods(bench) == [1, 3]);
    assert_eq!(weights(&bench), [33, 67]);
    run(&mut bench, "kubectl argo rollouts abort my-app");
    until(&mut bench, "the traffic is back", |bench| weights(bench) == [100, 0]);
    assert_eq!(pods(&bench)[0], 3, "not before the pods for it were there");
}

/// ROLL-21, ROLL-45.
#[test]
fn a_background_analysis_that_fails_aborts_whatever_the_step() {
    let check = template(
        "vector(time() - 100 > bool 0)",
        "      interval: 10s\n      failureCondition: result[0] > 0\n",
    );
    let text = rollout(
        "{canary: {analysis: {templates: [{templateName: check}]}, steps: [{setWeight: 34}, {pause: {}}]}}",
    );
    let mut bench = settled(&text, &[("check.yaml", &check)]);
    release(&mut bench);
    until(&mut bench, "it is aborted", |bench| status(bench).abort);
    assert!(100 <= bench.now().as_micros() / 1_000_000);
    until(&mut bench, "the canary goes", |bench| pods(bench) == [3, 0]);
    assert_eq!(status(&bench).step, 0);
}

#[test]
fn a_change_of_the_template_in_the_middle_begins_anew() {
    let text = rollout("{canary: {steps: [{setWeight: 34}, {pause: {}}]}}");
    let mut bench = settled(&text, &[]);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    apply(&mut bench, "rollout.yaml");
    until(&mut bench, "it is back", |bench| status(bench).phase.name() == "Healthy");
    assert_eq!(
        (status(&bench).step, pods(&bench)),
        (2, vec![0, 3]),
        "steps are skipped on the way back"
    );
}

/// ROLL-07.
#[test]
fn inside_the_rollback_window_no_step_is_taken() {
    let text = rollout("{canary: {steps: [{setWeight: 34}, {pause: {}}]}}");
    let text = text.replace("  replicas: 3\n", "  replicas: 3\n  rollbackWindow: {revisions: 2}\n");
    let mut bench = settled(&text, &[]);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    run(&mut bench, "kubectl argo rollouts promote my-app");
    until(&mut bench, "it is over", |bench| pods(bench) == [0, 3]);
    run(&mut bench, "kubectl argo rollouts undo my-app");
    until(&mut bench, "it is revision 3", |bench| status(bench).revision == 3);
    let waited = until(&mut bench, "it is over", |bench| status(bench).phase.name() == "Healthy");
    assert!(waited < 60, "it does not pause: {waited}");
}

/// ROLL-25: whoever promotes an aborted update fully takes it up again; otherwise its steps begin anew.
#[test]
fn an_aborted_update_can_be_promoted_fully_and_keeps_no_step() {
    let aborted = || {
        let mut bench =
            routed(", steps: [{setWeight: 34}, {pause: {}}, {setWeight: 67}, {pause: {}}]");
        release(&mut bench);
        until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
        run(&mut bench, "kubectl argo rollouts abort my-app");
        bench.wait(2);
        bench
    };
    let mut bench = aborted();
    run(&mut bench, "kubectl argo rollouts promote my-app --full");
    until(&mut bench, "it is over", |bench| status(bench).phase.name() == "Healthy");
    assert_eq!(leads(&bench, "my-app-active"), 2);
    let mut bench = aborted();
    run(&mut bench, "kubectl argo rollouts promote my-app");
    bench.wait(2);
    run(&mut bench, "kubectl argo rollouts retry rollout my-app");
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    assert_eq!((status(&bench).step, weights(&bench)), (1, [66, 34]));
}

/// ROLL-23: of the stable pods it is enough that they are there, so that a stable revision that is ill does not
/// stand in the way of its own mending.
#[test]
fn stable_pods_that_are_not_ready_do_not_hold_the_weight_back() {
    let mut bench = routed(", steps: [{setWeight: 34}, {pause: {}}]");
    let hash = status(&bench).stable.clone();
    run(&mut bench, &format!("fault failing-readiness -l {ROLLOUT_HASH}={hash}"));
    bench.wait(60);
    assert_eq!(bench.world().cluster.state.revisions_of("my-app")[0].status.available, 0);
    run(&mut bench, "kubectl argo rollouts set image my-app app=myorg/myapp:v2");
    until(&mut bench, "it gets its share", |bench| weights(bench) == [66, 34]);
}

/// ROLL-23.
#[test]
fn with_dynamic_scale_the_weight_only_rises() {
    let steps = "steps: [{setWeight: 34}, {setWeight: 67}, {pause: {}}]";
    let mut bench = routed(&format!(", dynamicStableScale: true, {steps}"));
    release(&mut bench);
    let mut seen = vec![weights(&bench)[1]];
    for _ in 0..600 {
        let next = bench.now() + SimDuration::from_millis(100);
        bench.simulation.run_until(next);
        let weight = weights(&bench)[1];
        if seen.last() != Some(&weight) {
            seen.push(weight);
        }
    }
    assert_eq!(seen, [0, 34, 67]);
}

/// ROLL-21.
#[test]
fn a_canary_that_a_person_has_paused_brings_up_no_pod() {
    let mut bench = routed(", steps: [{setWeight: 34}, {pause: {}}]");
    run(&mut bench, "kubectl argo rollouts pause my-app");
    release(&mut bench);
    bench.wait(60);
    assert_eq!((pods(&bench), weights(&bench)), (vec![3, 0], [100, 0]));
    run(&mut bench, "kubectl argo rollouts promote my-app");
    until(&mut bench, "it gets its share", |bench| weights(bench) == [66, 34]);
}

/// ROLL-25, ROLL-26.
#[test]
fn what_an_update_leaves_behind_goes_when_nothing_leads_to_it() {
    let mut bench = routed(", steps: [{setWeight: 34}, {pause: {}}]");
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    run(&mut bench, "kubectl argo rollouts set image my-app app=myorg/nothing:v9");
    bench.wait(60);
    assert_eq!(pods(&bench), [3, 2, 2], "the canary Service still leads to the second");
    run(&mut bench, "kubectl argo rollouts set image my-app app=myorg/myapp:v3");
    bench.wait(2);
    run(&mut bench, "kubectl argo rollouts abort my-app");
    bench.wait(2);
    assert_eq!(leads(&bench, "my-app-preview"), 1, "the canary Service leads to the stable pods");
    assert_eq!(pods(&bench)[..3], [3, 0, 0]);
}

/// ROLL-21: a background analysis is no reason to wait for ever.
#[test]
fn an_analysis_in_the_background_does_not_stop_the_deadline() {
    let check =
        template("vector(1)", "      interval: 10s\n      successCondition: result[0] == 1\n");
    let text = rollout(
        "{canary: {analysis: {templates: [{templateName: check}]}, steps: [{setWeight: 34}, {pause: {}}]}}",
    );
    let deadline = "  replicas: 3\n  progressDeadlineSeconds: 60\n  progressDeadlineAbort: true\n";
    let text = text.replace("  replicas: 3\n", deadline);
    let mut bench = settled(&text, &[("check.yaml", &check)]);
    run(&mut bench, "kubectl argo rollouts set image my-app app=myorg/nothing:v9");
    let waited = until(&mut bench, "it is aborted", |bench| status(bench).abort);
    assert!((60..=65).contains(&waited), "{waited}");
    let set = &bench.world().cluster.state.revisions_of("my-app")[1].name;
    let message = format!("ReplicaSet \"{set}\" has timed out progressing.");
    assert!(status(&bench).message.ends_with(&message), "{}", status(&bench).message);
}

#[test]
fn another_min_ready_seconds_holds_for_the_pods_that_are_there() {
    let mut bench = settled(&rollout("{canary: {}}"), &[]);
    let patch =
        "kubectl patch rollout my-app --type=merge -p '{\"spec\":{\"minReadySeconds\":900}}'";
    run(&mut bench, patch);
    bench.wait(2);
    assert_eq!(bench.world().cluster.state.revisions_of("my-app")[0].status.available, 0);
}
