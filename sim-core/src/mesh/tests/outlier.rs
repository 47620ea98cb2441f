//! Oracle vectors OIST-9..12 and 18, and rules IST-45 and 50..54.

use super::*;
use crate::mesh::outlier::{Health, Outlier};
use crate::mesh::proxy::{DetectorId, HostId, MERGE_WINDOW, Verdict};

const START: SimTime = SimTime::ZERO;

/// A proxy with so many endpoints under a policy, and its detector.
fn watched(endpoints: u32, policy: Outlier) -> (Proxy, DetectorId) {
    let pods: Vec<_> = (1..=endpoints).collect();
    let clusters = vec![Cluster { outlier: Some(policy), ..cluster("blue", &pods) }];
    let config = config(vec![rule(&[("blue", 1)], &clusters)], clusters);
    let classes = [class("/")];
    let mut proxy = Proxy::new(ProxyId(0), 1, Seed(7));
    // Long enough ago that the balancer hears of a change at once.
    let before = SimTime::from_secs(-10);
    let begun = proxy.accept(Arc::new(config), &classes, &mut Registry::new(1), before);
    let [(detector, interval)] = begun[..] else { panic!("one detector begins") };
    assert_eq!(interval, policy.interval);
    (proxy, detector)
}

/// All endpoints that the proxy chooses, by pod.
fn chosen(proxy: &mut Proxy) -> BTreeMap<u32, HostId> {
    let mut seen = BTreeMap::new();
    for _ in 0..1000 {
        if let Choice::Endpoint { host, pod } = proxy.choose(ClassId(0), NOW) {
            proxy.release(host);
            seen.insert(pod.0, host);
        }
    }
    seen
}

/// This many answers with 500; the last verdict.
fn fail(proxy: &mut Proxy, host: HostId, times: u32) -> Option<Verdict> {
    (0..times).filter_map(|_| proxy.observe(host, 500, START)).last().map(|(_, _, verdict)| verdict)
}

#[test]
fn the_default_cap_ejects_nobody_below_ten_endpoints() {
    // OIST-9: 33 % are more than 10 %.
    let (mut proxy, _) = watched(3, Outlier::default());
    let hosts = chosen(&mut proxy);
    assert_eq!(fail(&mut proxy, hosts[&1], 5), Some(Verdict::Spared { out: 0, of: 3 }));
    assert_eq!(fail(&mut proxy, hosts[&1], 100), None, "said once");
    assert_eq!(chosen(&mut proxy).len(), 3);
}

#[test]
fn half_of_three_endpoints_is_one() {
    // OIST-10: ejected after five in a row; a second would be 66 %.
    let (mut proxy, _) = watched(3, Outlier { max_percent: 50, ..Outlier::default() });
    let hosts = chosen(&mut proxy);
    assert_eq!(fail(&mut proxy, hosts[&1], 4), None);
    assert!(proxy.observe(hosts[&1], 404, START).is_none(), "any other answer begins anew");
    assert_eq!(fail(&mut proxy, hosts[&1], 4), None);
    let time = SimDuration::from_secs(30);
    assert_eq!(
        fail(&mut proxy, hosts[&1], 1),
        Some(Verdict::Ejected { time, out: 1, of: 3, later: None })
    );
    assert!(matches!(fail(&mut proxy, hosts[&2], 5), Some(Verdict::Spared { .. })));
    assert_eq!(chosen(&mut proxy).into_keys().collect::<Vec<_>>(), [2, 3]);
    let cluster = &proxy.config.clusters[0];
    assert_eq!([1, 2, 3].map(|pod| proxy.is_ejected(cluster, PodId(pod))), [true, false, false]);
}

#[test]
fn ten_percent_of_twenty_endpoints_are_two() {
    // OIST-11.
    let (mut proxy, detector) = watched(20, Outlier::default());
    let hosts = chosen(&mut proxy);
    let ejected = hosts
        .values()
        .filter(|&&host| matches!(fail(&mut proxy, host, 10), Some(Verdict::Ejected { .. })));
    assert_eq!(ejected.count(), 2);
    proxy.merge(detector, START + MERGE_WINDOW);
    assert_eq!(chosen(&mut proxy).len(), 18);
}

#[test]
fn ejections_in_a_row_last_longer_and_healthy_sweeps_forgive() {
    // OIST-12, IST-53: 10, 20, 30 s, then two healthy sweeps, then 20 s.
    let ten = SimDuration::from_secs(10);
    let policy = Outlier { base: ten, interval: ten, ..Outlier::default() };
    let mut health = Health::default();
    let mut now = START;
    for (healthy_sweeps, seconds) in [(0, 10), (0, 20), (0, 30), (2, 20)] {
        for _ in 0..healthy_sweeps {
            now = now + ten;
            assert!(!health.sweep(&policy, now));
        }
        let time = SimDuration::from_secs(seconds);
        assert_eq!(health.eject(&policy, now), time);
        let ejected = now;
        while !health.sweep(&policy, now) {
            assert!(health.is_ejected() && now < ejected + time);
            now = now + ten;
        }
        assert_eq!(now, ejected + time, "a sweep happens to fall on the very moment");
    }
    assert_eq!(policy.time_out(99), SimDuration::from_secs(300));
    let long = Outlier { base: SimDuration::from_secs(400), ..policy };
    assert_eq!(long.time_out(2), SimDuration::from_secs(400));
}

#[test]
fn an_endpoint_comes_back_at_a_sweep_only() {
    // IST-53: 30 s are over, but the sweep is what takes it back.
    let (mut proxy, detector) = watched(3, Outlier { max_percent: 50, ..Outlier::default() });
    let hosts = chosen(&mut proxy);
    fail(&mut proxy, hosts[&1], 5);
    for (seconds, back) in [(10, 0), (20, 0), (30, 1), (40, 0)] {
        let sweep = proxy.sweep(detector, SimTime::from_secs(seconds)).expect("the detector lives");
        assert_eq!((sweep.back.len(), sweep.interval), (back, SimDuration::from_secs(10)));
        assert_eq!(chosen(&mut proxy).len(), if seconds < 30 { 2 } else { 3 });
    }
    assert_eq!(proxy.sweep(detector.next(), START), None);
}

#[test]
fn ejections_in_quick_succession_reach_the_balancer_together() {
    // IST-54, as a real Envoy does it: the first at once, all others a second after the second.
    let (mut proxy, detector) = watched(4, Outlier { max_percent: 100, ..Outlier::default() });
    let hosts = chosen(&mut proxy);
    let fail_at = |proxy: &mut Proxy, pod, millis: i64| {
        let now = NOW + SimDuration::from_millis(5_000 + millis as u64);
        let verdicts = (0..5).filter_map(|_| proxy.observe(hosts[&pod], 500, now));
        match verdicts.last() {
            Some((_, _, Verdict::Ejected { later, .. })) => later,
            other => panic!("{other:?}"),
        }
    };
    let left = |proxy: &mut Proxy| chosen(proxy).into_keys().collect::<Vec<_>>();
    assert_eq!(fail_at(&mut proxy, 1, 0), None);
    assert_eq!(left(&mut proxy), [2, 3, 4]);
    assert_eq!(fail_at(&mut proxy, 2, 100), Some(detector), "a window begins");
    assert_eq!(fail_at(&mut proxy, 3, 900), None, "in the same window");
    assert_eq!(left(&mut proxy), [2, 3, 4]);
    proxy.merge(detector, NOW + SimDuration::from_millis(6_000));
    assert_eq!(left(&mut proxy), [2, 3, 4], "that was another window's end");
    proxy.merge(detector, NOW + SimDuration::from_millis(6_100));
    assert_eq!(left(&mut proxy), [4]);
    assert_eq!(fail_at(&mut proxy, 4, 7_000), None, "more than a second later");
    assert!(left(&mut proxy).is_empty());
}

#[test]
fn gateway_errors_are_counted_apart() {
    // IST-51: 500 is a 5xx but no gateway error, and ends their row.
    let policy = Outlier {
        consecutive_5xx: 0,
        consecutive_gateway: 3,
        max_percent: 100,
        ..Outlier::default()
    };
    let (mut proxy, _) = watched(3, policy);
    let hosts = chosen(&mut proxy);
    let mut seen = [503, 504, 500, 502, 503].map(|code| proxy.observe(hosts[&1], code, START));
    assert!(seen.iter_mut().all(|verdict| verdict.take().is_none()));
    assert!(matches!(proxy.observe(hosts[&1], 502, START), Some((_, _, Verdict::Ejected { .. }))));
}

#[test]
fn panic_is_off_unless_asked_for() {
    // IST-45, OIST-18 for the one priority there is: 25 % healthy is below a threshold of 50.
    let all = Outlier { max_percent: 100, ..Outlier::default() };
    for (min_health_percent, used) in [(0, 0), (50, 3)] {
        let (mut proxy, detector) = watched(3, Outlier { min_health_percent, ..all });
        for host in chosen(&mut proxy).into_values() {
            fail(&mut proxy, host, 5);
        }
        proxy.merge(detector, START + MERGE_WINDOW);
        assert_eq!(chosen(&mut proxy).len(), used);
        if used == 0 {
            let choice = proxy.choose(ClassId(0), NOW);
            assert!(matches!(choice, Choice::Fail { flag: Flags::NO_HEALTHY_UPSTREAM, .. }));
        }
    }
    let half = Outlier { min_health_percent: 50, ..all };
    assert!(half.panics(1, 4) && !half.panics(2, 4) && !all.panics(0, 4));
}

#[test]
fn a_detector_survives_changes_of_endpoints_but_not_of_its_policy() {
    let policy = Outlier { max_percent: 50, ..Outlier::default() };
    let (mut proxy, detector) = watched(3, policy);
    let hosts = chosen(&mut proxy);
    fail(&mut proxy, hosts[&1], 5);
    let mut accept = |pods: &[u32], policy| {
        let clusters = vec![Cluster { outlier: Some(policy), ..cluster("blue", pods) }];
        let config = config(vec![rule(&[("blue", 1)], &clusters)], clusters);
        let begun = proxy.accept(Arc::new(config), &[class("/")], &mut Registry::new(1), NOW);
        (begun.len(), chosen(&mut proxy).into_keys().collect::<Vec<_>>())
    };
    assert_eq!(accept(&[1, 2, 3, 4], policy), (0, vec![2, 3, 4]), "1 is still out");
    assert_eq!(accept(&[2, 3, 4], policy), (0, vec![2, 3, 4]));
    assert_eq!(accept(&[1, 2, 3, 4], policy), (0, vec![1, 2, 3, 4]), "a new 1 is not the old one");
    fail(&mut proxy, hosts[&1], 5);
    let mut accept = |pods: &[u32], policy| {
        let clusters = vec![Cluster { outlier: Some(policy), ..cluster("blue", pods) }];
        let config = config(vec![rule(&[("blue", 1)], &clusters)], clusters);
        let begun = proxy.accept(Arc::new(config), &[class("/")], &mut Registry::new(1), NOW);
        (begun.len(), chosen(&mut proxy).into_keys().collect::<Vec<_>>())
    };
    let other = Outlier { consecutive_5xx: 7, ..policy };
    assert_eq!(accept(&[1, 2, 3, 4], other), (1, vec![1, 2, 3, 4]));
    assert_eq!(proxy.sweep(detector, START), None, "the old detector is no more");
}
