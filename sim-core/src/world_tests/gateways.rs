//! Several replicas of the gateway: each is an Envoy of its own (IST-51, 60, 70, 71, 73).

use std::collections::BTreeMap;

use super::*;
use crate::mesh::proxy::ProxyId;
use crate::request::ClientSide;
use crate::workload::ClassId;

/// The shop behind three replicas of the gateway.
fn three(rate: f64, errors: f64) -> Arc<Scenario> {
    let mut three = Arc::unwrap_or_clone(scenario(rate, errors));
    three.mesh.gateways = 3;
    Arc::new(three)
}

/// Of each replica, the version of its configuration and the subsets that get requests.
fn views(fixture: &Fixture) -> Vec<(u32, Vec<String>)> {
    let view = |at: crate::mesh::PodProxy<'_>| {
        let rule = at.proxy.rule(ClassId(0)).expect("it routes");
        let subsets = rule.destinations.iter().map(|to| to.subset.clone()).collect();
        (at.proxy.config.version, subsets)
    };
    fixture.engine.model.mesh.proxies().map(view).collect()
}

/// Both releases are ready behind three replicas; blue gets everything.
fn ready() -> Fixture {
    let mut fixture = Fixture::serving(&three(300.0, 0.0), 3);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(30);
    fixture
}

/// IST-70, 71, 73.
#[test]
fn replicas_get_a_configuration_at_different_times_and_serve_different_weights_in_between() {
    let mut fixture = ready();
    let before = views(&fixture);
    assert!(before.iter().all(|view| *view == before[0]), "{before:?}");
    fixture.apply(&routes(0, 100));
    let mut moments = Vec::new();
    let start = fixture.engine.now();
    for milli in 1..=700 {
        fixture.engine.run_until(start + SimDuration::from_millis(milli));
        let moved = views(&fixture).iter().filter(|(_, subsets)| *subsets == ["green"]).count();
        if moments.last().map_or(0, |&(_, moved)| moved) < moved {
            moments.push((milli, moved));
        }
    }
    assert_eq!(moments.iter().map(|&(_, moved)| moved).collect::<Vec<_>>(), [1, 2, 3]);
    // One debounce of 100 ms, then 5 to 200 ms for each replica alone.
    let (first, last) = (moments[0].0, moments[2].0);
    assert!(105 <= first && last - first <= 195, "{moments:?}");
}

/// Conservation: `run_checked` counts every request after every event.
#[test]
fn nothing_is_lost_and_every_replica_gets_its_share() {
    let mut fixture = Fixture::serving(&three(400.0, 0.05), 5);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.apply(&routes(50, 50));
    let mut homes: BTreeMap<u32, ProxyId> = BTreeMap::new();
    for tick in 0..200 {
        let until = SimTime::from_micros(-30_000_000 + tick * 50_000);
        while fixture.engine.step(until) {
            let world = &fixture.engine.model;
            world.check(fixture.engine.now()).expect("nothing is lost");
        }
        let requests = fixture.engine.model.requests.iter();
        for one in requests.filter(|one| one.client != ClientSide::Pausing && 0 < one.number) {
            let home = *homes.entry(one.number).or_insert(one.host.proxy());
            assert_eq!(home, one.host.proxy(), "request {} stays where it came in", one.number);
        }
    }
    let total = homes.len() as f64;
    for id in 0..3 {
        let share = homes.values().filter(|home| home.0 == id).count() as f64 / total;
        // Five standard deviations of a third.
        let bound = 5.0 * f64::sqrt(2.0 / 9.0 / total);
        assert!((share - 1.0 / 3.0).abs() < bound, "{id} has {share} of {total}");
    }
}

fn destination_rule(policy: &str) -> String {
    format!(
        "
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: my-app-dr}}
spec:
  host: my-app-service
  trafficPolicy: {{{policy}}}
  subsets: [{{name: blue, labels: {{version: blue}}}}]
"
    )
}

/// IST-51, 54.
#[test]
fn every_replica_counts_errors_and_ejects_for_itself() {
    let mut fixture = Fixture::serving(&three(150.0, 0.0), 7);
    fixture.apply(&destination_rule(
        "outlierDetection: {maxEjectionPercent: 40, baseEjectionTime: 60s, interval: 5s}",
    ));
    fixture.run_checked(-20);
    let world = &fixture.engine.model;
    let bad = world.cluster.state.pods.values().next().expect("blue runs");
    let (bad, name) = (bad.id, bad.name.clone());
    let line = format!("errors pod/{name} --share 1");
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let fault = crate::fault::parse(&words).expect("a fault");
    let (_, injected) = fixture.engine.intervene(|world, ctx| world.inject(fault, ctx));
    injected.expect("the pod is there");
    let out = |fixture: &Fixture| -> Vec<bool> {
        let proxies = fixture.engine.model.mesh.proxies();
        let cluster = |at: &crate::mesh::PodProxy<'_>| {
            let clusters = at.proxy.config.clusters.iter();
            clusters.clone().find(|one| one.subset == "blue").cloned().expect("blue")
        };
        proxies.map(|at| at.proxy.is_ejected(&cluster(&at), bad)).collect()
    };
    let mut seen = Vec::new();
    for tenth in 1..100 {
        fixture.engine.run_until(SimTime::from_micros(-20_000_000 + tenth * 100_000));
        let count = out(&fixture).iter().filter(|out| **out).count();
        if seen.last() != Some(&count) {
            seen.push(count);
        }
    }
    assert_eq!(out(&fixture), [true; 3]);
    assert!(seen.contains(&1) || seen.contains(&2), "they do not agree at once: {seen:?}");
    let ejects = fixture.engine.model.trace.iter();
    let ejects = ejects.filter(|entry| entry.text.starts_with("ejects"));
    let mut subjects: Vec<_> = ejects.map(|entry| entry.subject.clone()).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 3, "{subjects:?}");
}

/// IST-60, 61.
#[test]
fn limits_are_those_of_each_replica() {
    let mut fixture = Fixture::serving(&three(600.0, 0.0), 9);
    fixture.apply(&destination_rule("connectionPool: {http: {http2MaxRequests: 2}}"));
    fixture.run_checked(-25);
    let (mut one, mut all) = (0, 0);
    for milli in 0..5_000 {
        fixture.engine.run_until(SimTime::from_micros(-25_000_000 + milli * 1_000));
        let active = fixture.engine.model.mesh.proxies().map(|at| at.proxy.active());
        let active: Vec<u32> = active.collect();
        one = one.max(active.iter().copied().max().unwrap_or_default());
        all = all.max(active.iter().sum());
    }
    assert_eq!((one, all), (2, 6), "two for each of three");
}
