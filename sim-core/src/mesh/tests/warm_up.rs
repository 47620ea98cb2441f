//! Rules IST-41 and 42: new endpoints begin with little.

use super::*;
use crate::mesh::warm_up::WarmUp;

const MINUTE: WarmUp =
    WarmUp { duration: SimDuration::from_secs(60), minimum_percent: 10.0, aggression: 1.0 };

#[test]
fn the_weight_of_a_new_endpoint_grows_to_one() {
    // OIST-17.
    for (seconds, weight) in [(0, 0.1), (6, 0.1), (15, 0.25), (30, 0.5), (60, 1.0), (99, 1.0)] {
        assert_eq!(MINUTE.weight(SimDuration::from_secs(seconds)), weight, "after {seconds} s");
    }
    let steep = WarmUp { aggression: 2.0, ..MINUTE };
    assert_eq!(steep.weight(SimDuration::from_secs(15)), 0.5);
}

/// A proxy whose cluster of pods 1 and 2 is a minute old when pod 3 joins, and the share of 3 in
/// requests that are answered at once, so many seconds later.
fn share_of_the_new_one(balancer: LoadBalancer, seconds: i64) -> f64 {
    let config = |pods: &[u32]| {
        let clusters = vec![Cluster { warm_up: Some(MINUTE), balancer, ..cluster("blue", pods) }];
        Arc::new(config(vec![rule(&[("blue", 1)], &clusters)], clusters))
    };
    let (classes, mut registry) = ([class("/")], Registry::new(1));
    let mut proxy = Proxy::new(ProxyId(0), 1, Seed(3));
    proxy.accept(config(&[1, 2]), &classes, &mut registry, NOW);
    proxy.accept(config(&[1, 2, 3]), &classes, &mut registry, SimTime::from_secs(60));
    let mut new = 0;
    for _ in 0..10_000 {
        let choice = proxy.choose(ClassId(0), SimTime::from_secs(60 + seconds));
        let Choice::Endpoint { host, pod } = choice else { panic!("there are endpoints") };
        proxy.release(host);
        new += u32::from(pod.0 == 3);
    }
    f64::from(new) / 10_000.0
}

#[test]
fn a_new_endpoint_among_old_ones_gets_its_weight() {
    // IST-41, 42: w / (2 + w); four standard deviations of 10 000 draws are at most 0.019.
    for (balancer, seconds, weight) in [
        (LoadBalancer::LeastRequest, 0, 0.1),
        (LoadBalancer::RoundRobin, 30, 0.5),
        (LoadBalancer::LeastRequest, 61, 1.0),
        (LoadBalancer::Random, 0, 1.0),
    ] {
        let share = share_of_the_new_one(balancer, seconds);
        assert!((share - weight / (2.0 + weight)).abs() < 0.019, "{balancer:?}: {share}");
    }
}

#[test]
fn when_all_endpoints_are_new_warming_up_changes_nothing() {
    // IST-42: the trap of a full switch from blue to green.
    let clusters = vec![Cluster { warm_up: Some(MINUTE), ..cluster("blue", &BLUE) }];
    let mut proxy = proxy(config(vec![rule(&[("blue", 1)], &clusters)], clusters), "/");
    let mut counts = BTreeMap::new();
    for _ in 0..9_000 {
        let Choice::Endpoint { host, pod } = proxy.choose(ClassId(0), NOW) else {
            panic!("blue has endpoints");
        };
        proxy.release(host);
        *counts.entry(pod).or_insert(0u32) += 1;
    }
    assert!(counts.values().all(|count| count.abs_diff(3_000) < 180), "{counts:?}");
}
