//! Oracle vectors OIST-1 to 8 and 13 to 16 of the model reference, and the rules behind them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::{CONNECT_TIMEOUT, Cluster, Config, Route, Upstream, VirtualHost, Weighted};
use super::flag::Flags;
use super::matching::{HttpMatch, StringMatch};
use super::proxy::{Choice, Proxy};
use super::retry::RetryPolicy;
use super::spec::LoadBalancer;
use super::*;
use crate::cluster::pod::PodId;
use crate::engine::{Context, Engine, Model};
use crate::event::Event;
use crate::telemetry::registry::Destination;
use crate::trace::Trace;
use crate::workload::ClassId;

mod audience;
mod destination_rules;
mod matching;
mod outlier;
mod retries;
mod ring;
mod warm_up;

const NOW: SimTime = SimTime::ZERO;
const BLUE: [u32; 3] = [1, 2, 3];
const GREEN: [u32; 3] = [11, 12, 13];

fn class(path: &str) -> Class {
    let (host, method, path) = ("shop.example.com".into(), "GET".into(), path.into());
    Class { population: 0, host, port: 80, method, path, headers: BTreeMap::new() }
}

fn cluster(subset: &str, pods: &[u32]) -> Cluster {
    let labels = Destination {
        service: "my-app-service".into(),
        workload: format!("my-app-{subset}"),
        app: "my-app".into(),
        version: subset.into(),
    };
    let upstream = |&pod| Upstream {
        pod: PodId(pod),
        ip: format!("10.244.0.{pod}"),
        port: 8080,
        open: true,
        labels: labels.clone(),
    };
    Cluster {
        service: "my-app-service".into(),
        port: 80,
        subset: subset.into(),
        destination_rule: String::new(),
        balancer: LoadBalancer::LeastRequest,
        hash: None,
        warm_up: None,
        outlier: None,
        limits: None,
        connect_timeout: CONNECT_TIMEOUT,
        endpoints: pods.iter().map(upstream).collect(),
    }
}

fn rule(weights: &[(&str, u32)], clusters: &[Cluster]) -> Route {
    let to = |&(subset, weight): &(&str, u32)| Weighted {
        weight,
        host: "my-app-service".into(),
        subset: subset.into(),
        cluster: clusters.iter().position(|one| one.subset == subset).map(|index| index as u16),
    };
    let destinations = weights.iter().map(to).filter(|to| 0 < to.weight).collect();
    Route {
        matches: Vec::new(),
        destinations,
        timeout: None,
        retries: RetryPolicy::new(None),
        fault: None,
        mirrors: Vec::new(),
    }
}

fn config(routes: Vec<Route>, clusters: Vec<Cluster>) -> Config {
    let hosts = vec!["*".to_owned()];
    Config {
        version: 1,
        listens: hosts.clone(),
        virtual_hosts: vec![VirtualHost { name: "my-app-vs".into(), hosts, port: None, routes }],
        clusters,
        ..Config::default()
    }
}

fn proxy(config: Config, path: &str) -> Proxy {
    let classes = [class(path)];
    let mut proxy = Proxy::new(ProxyId(0), classes.len(), Seed(7));
    proxy.accept(Arc::new(config), &classes, &mut Registry::new(1), NOW);
    proxy
}

/// Shares of a blue and a green subset over many requests that are answered at once.
fn shares(weights: &[(&str, u32)], requests: u32) -> [f64; 2] {
    let clusters = vec![cluster("blue", &BLUE), cluster("green", &GREEN)];
    let mut proxy = proxy(config(vec![rule(weights, &clusters)], clusters), "/");
    let mut counts = [0u32; 2];
    for _ in 0..requests {
        let Choice::Endpoint { host, pod } = proxy.choose(ClassId(0), NOW) else {
            panic!("both subsets have endpoints");
        };
        proxy.release(host);
        counts[usize::from(GREEN.contains(&pod.0))] += 1;
    }
    counts.map(|count| f64::from(count) / f64::from(requests))
}

/// IST-07, 08.
#[test]
fn weights_are_shares_of_their_sum() {
    // IST-07, OIST-1, OIST-2, OIST-3, OIST-4. The bound is three standard deviations of a binomial share.
    let requests = 100_000;
    for (weights, blue) in [
        (&[("blue", 90), ("green", 10)][..], 0.9),
        (&[("blue", 1), ("green", 3)], 0.25),
        (&[("blue", 100), ("green", 0)], 1.0),
        (&[("blue", 300), ("green", 100)], 0.75),
    ] {
        let bound = 3.0 * f64::sqrt(blue * (1.0 - blue) / f64::from(requests));
        let [seen, _] = shares(weights, requests);
        assert!((seen - blue).abs() <= bound, "{weights:?}: blue got {seen}");
    }
}

/// IST-04, 21..23.
#[test]
fn fast_failures_name_their_reason() {
    // IST-04, 21, 22, 23; OIST-6, OIST-7, OIST-8.
    let empty = || vec![cluster("blue", &BLUE), cluster("green", &[])];
    let api = Route {
        matches: vec![HttpMatch {
            uri: Some(StringMatch::Prefix("/api".into())),
            ..HttpMatch::default()
        }],
        ..rule(&[("blue", 1)], &empty())
    };
    for (routes, clusters, code, flag) in [
        (vec![rule(&[("green", 1)], &empty())], empty(), 503, Flags::NO_HEALTHY_UPSTREAM),
        (vec![rule(&[("purple", 1)], &empty())], empty(), 503, Flags::NO_CLUSTER),
        (vec![api], empty(), 404, Flags::NO_ROUTE),
        (Vec::new(), empty(), 404, Flags::NO_ROUTE),
    ] {
        let mut proxy = proxy(config(routes, clusters), "/");
        let Choice::Fail { code: seen, flag: why, .. } = proxy.choose(ClassId(0), NOW) else {
            panic!("expected {code} {flag}");
        };
        assert_eq!((seen, why), (code, flag));
    }
}

#[test]
fn without_a_gateway_object_nobody_listens() {
    let clusters = vec![cluster("blue", &BLUE)];
    let routes = vec![rule(&[("blue", 1)], &clusters)];
    let closed = Config { listens: Vec::new(), ..config(routes, clusters) };
    assert_eq!(proxy(closed, "/").choose(ClassId(0), NOW), Choice::NotListening);
}

/// IST-40.
#[test]
fn the_less_busy_of_two_endpoints_is_chosen() {
    // IST-40: with requests left open, no endpoint gets far ahead of the others.
    let clusters = vec![cluster("blue", &BLUE)];
    let mut proxy = proxy(config(vec![rule(&[("blue", 1)], &clusters)], clusters), "/");
    let mut active = BTreeMap::new();
    for _ in 0..300 {
        let Choice::Endpoint { pod, .. } = proxy.choose(ClassId(0), NOW) else {
            panic!("blue has endpoints");
        };
        *active.entry(pod).or_insert(0) += 1;
    }
    let (least, most) = (active.values().min(), active.values().max());
    assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 6), "{active:?}");
}

/// IST-08, 31.
#[test]
fn a_retry_takes_another_endpoint_of_the_same_subset() {
    // IST-31: of six picks among three idle endpoints all hit the failed one with probability
    // (1/3)^6; of 1000 retries 1.4 do, and more than 10 in one of a million runs.
    let clusters = vec![cluster("blue", &BLUE), cluster("green", &GREEN)];
    let weights = [("blue", 50), ("green", 50)];
    let mut proxy = proxy(config(vec![rule(&weights, &clusters)], clusters), "/");
    let mut same = 0;
    for _ in 0..1000 {
        let Choice::Endpoint { host, pod } = proxy.choose(ClassId(0), NOW) else {
            panic!("both subsets have endpoints");
        };
        proxy.release(host);
        proxy.put_off(host, 0, 0);
        let again = proxy.choose_again(ClassId(0), host, 0, NOW);
        let Choice::Endpoint { host: again, pod: other } = again else {
            panic!("both subsets have endpoints");
        };
        proxy.release(again);
        same += u32::from(pod == other);
        assert_eq!(BLUE.contains(&pod.0), BLUE.contains(&other.0));
    }
    assert!(same <= 10, "{same} of 1000 retries went to the endpoint that had failed");
}

#[test]
fn back_off_grows_to_its_limit() {
    // IST-33: uniform in [0, min(2^(N - 1) * 25 ms, 250 ms)), as a real Envoy does it; its manual says
    // 2^N - 1.
    let clusters = vec![cluster("blue", &BLUE)];
    let mut proxy = proxy(config(vec![rule(&[("blue", 1)], &clusters)], clusters), "/");
    for (retry, most) in [(1, 25), (2, 50), (3, 100), (4, 200), (5, 250), (9, 250)] {
        let longest =
            (0..2000).map(|_| proxy.back_off(ClassId(0), retry)).max().expect("many draws");
        let most = SimDuration::from_millis(most);
        assert!(longest <= most, "retry {retry} paused {longest}");
        assert!(most.as_micros() * 95 / 100 < longest.as_micros(), "retry {retry}: {longest}");
    }
}

/// IST-47.
#[test]
fn requests_in_flight_keep_an_endpoint_that_was_removed() {
    // IST-47: the host stays known until its last request is over; its slot is then used again.
    let clusters = vec![cluster("blue", &BLUE)];
    let mut proxy = proxy(config(vec![rule(&[("blue", 1)], &clusters)], clusters), "/");
    let Choice::Endpoint { host, .. } = proxy.choose(ClassId(0), NOW) else {
        panic!("blue has endpoints");
    };
    let clusters = vec![cluster("blue", &[])];
    let empty = config(vec![rule(&[("blue", 1)], &clusters)], clusters);
    proxy.accept(Arc::new(empty), &[class("/")], &mut Registry::new(1), NOW);
    assert_eq!(proxy.active(), 1);
    proxy.release(host);
    assert_eq!(proxy.active(), 0);
}

/// A world of istiod alone.
struct Istiod {
    mesh: Mesh,
    trace: Trace,
    api: ApiServer,
    state: ClusterState,
    timers: Vec<SimTime>,
}

impl Model for Istiod {
    type Event = Event;

    fn apply(&mut self, event: Event, ctx: &mut Context<'_, Event>) {
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        match event {
            Event::Mesh(MeshEvent::Changed) => self.mesh.changed(scope),
            Event::Mesh(MeshEvent::Debounced) => {
                self.mesh.debounced(&self.api, &self.state, scope);
                if self.mesh.pending.is_none() {
                    self.timers.push(ctx.now);
                }
            }
            _ => {}
        }
    }
}

/// When pushes are computed if changes arrive at these milliseconds.
fn pushes(changes: impl Iterator<Item = u64>, until_secs: i64) -> Vec<i64> {
    let mut engine = Engine::new(SimTime::ZERO, |ctx| {
        for at in changes {
            ctx.after(SimDuration::from_millis(at), MeshEvent::Changed.into());
        }
        Istiod {
            mesh: Mesh::new(&Timing::default(), 1, 0, Seed(1)),
            trace: Trace::default(),
            api: ApiServer::default(),
            state: ClusterState::default(),
            timers: Vec::new(),
        }
    });
    engine.run_until(SimTime::from_secs(until_secs));
    engine.model.timers.iter().map(|at| at.as_micros() / 1000).collect()
}

/// IST-70.
#[test]
fn changes_are_gathered_until_it_is_quiet() {
    // OIST-15: changes at 0, 60 and 150 ms make one push at 250 ms.
    assert_eq!(pushes([0, 60, 150].into_iter(), 5), [250]);
    assert_eq!(pushes([0, 500].into_iter(), 5), [100, 600]);
}

/// IST-70.
#[test]
fn changes_without_end_are_pushed_after_ten_seconds() {
    // OIST-16: a change every 50 ms for ever; first push at about 10 s.
    let first = pushes((0..400).map(|change| change * 50), 15)[0];
    assert!((10_000..10_200).contains(&first), "first push at {first} ms");
}
