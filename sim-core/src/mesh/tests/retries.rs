//! Rules IST-30..34: what is tried again.

use super::*;
use crate::mesh::retry::{Conditions, End, Failure, Tried};
use crate::mesh::spec::Retries;

const FAILURES: [Failure; 8] = [
    Failure::Connect,
    Failure::Reset,
    Failure::TryTimeout,
    Failure::Status(500),
    Failure::Status(502),
    Failure::Status(503),
    Failure::Status(409),
    Failure::Status(404),
];

#[test]
fn conditions_say_which_failures_are_worth_another_try() {
    // IST-34: refused, reset, try timeout, 500, 502, 503, 409, 404.
    for (text, expected) in [
        ("connect-failure", "10000000"),
        ("reset", "11100000"),
        ("gateway-error", "11101100"),
        ("5xx", "11111100"),
        ("retriable-4xx", "00000010"),
        ("503, 404", "00000101"),
        ("connect-failure,retriable-status-codes,503", "10000100"),
        ("unavailable,cancelled,retriable-headers", "00000000"),
    ] {
        let conditions = Conditions::parse(text).expect("known conditions");
        let seen: String =
            FAILURES.iter().map(|&f| if conditions.hold(f) { '1' } else { '0' }).collect();
        assert_eq!(seen, expected, "{text}");
    }
    assert_eq!(Conditions::parse("5xx,gatewayerror"), Err("gatewayerror"));
    assert_eq!(Conditions::parse("99"), Err("99"));
}

#[test]
fn by_default_only_failed_connections_are_tried_again() {
    // IST-30, OIST-13: two retries, and none for an answer of the application, 503 included.
    let policy = RetryPolicy::new(None);
    assert_eq!((policy.attempts, policy.per_try), (2, None));
    let wanted: Vec<_> = FAILURES.iter().filter(|&&f| policy.conditions.hold(f)).collect();
    assert_eq!(wanted, [&Failure::Connect]);
}

#[test]
fn a_policy_of_ones_own_replaces_the_default() {
    // IST-32, 33.
    let retries = Retries {
        attempts: 4,
        per_try_timeout: Some(SimDuration::from_millis(300)),
        retry_on: Some("5xx".into()),
        back_off: Some(SimDuration::from_millis(10)),
        avoid_hosts: false,
    };
    let policy = RetryPolicy::new(Some(&retries));
    assert_eq!((policy.attempts, policy.avoids_hosts), (4, false));
    assert!(policy.conditions.hold(Failure::Status(500)));
    let pauses = [1, 2, 3, 4, 5, 9].map(|retry| policy.longest_pause(retry).as_micros() / 1000);
    assert_eq!(pauses, [10, 20, 40, 80, 100, 100], "ten times the base is the limit");
}

#[test]
fn urx_is_flagged_when_retries_were_wanted_and_used_up() {
    // IST-23.
    for (failure, one, exhausted) in [
        (Failure::Connect, (503, "UF"), (503, "URX,UF")),
        (Failure::Reset, (503, "UC"), (503, "URX,UC")),
        (Failure::TryTimeout, (504, "UT"), (504, "URX,UT")),
        (Failure::Status(503), (503, "-"), (503, "URX")),
    ] {
        for (end, expected) in [(End::Unwanted, one), (End::UsedUp, exhausted)] {
            let (code, flags) = failure.answer(end);
            assert_eq!((code, flags.to_string().as_str()), expected);
        }
    }
}

#[test]
fn all_tried_endpoints_are_remembered_until_another_request_uses_the_slot() {
    // IST-31.
    let clusters = vec![cluster("blue", &BLUE)];
    let mut proxy = proxy(config(vec![rule(&[("blue", 1)], &clusters)], clusters), "/");
    let mut hosts = Vec::new();
    while hosts.len() < 2 {
        if let Choice::Endpoint { host, .. } = proxy.choose(ClassId(0), NOW)
            && !hosts.contains(&host)
        {
            hosts.push(host);
        }
    }
    let mut tried = Tried::default();
    tried.note(3, 0, hosts[0]);
    tried.note(3, 1, hosts[1]);
    tried.moves(3, 9);
    assert!(hosts.iter().all(|&host| tried.contains(3, host) && tried.contains(9, host)));
    tried.note(3, 0, hosts[1]);
    assert!(!tried.contains(3, hosts[0]) && tried.contains(3, hosts[1]));
    assert!(!tried.contains(4, hosts[0]));
}

#[test]
fn a_retry_stays_in_its_cluster_when_its_endpoint_is_removed_meanwhile() {
    // IST-08, 47: the failed pod has left the endpoints during the pause.
    let clusters = vec![cluster("blue", &BLUE[..1])];
    let mut proxy = proxy(config(vec![rule(&[("blue", 1)], &clusters)], clusters), "/");
    let Choice::Endpoint { host, .. } = proxy.choose(ClassId(0), NOW) else {
        panic!("one endpoint")
    };
    proxy.release(host);
    proxy.put_off(host, 0, 0);
    let clusters = vec![cluster("green", &GREEN), cluster("blue", &BLUE[1..])];
    let changed = config(vec![rule(&[("green", 1)], &clusters)], clusters);
    proxy.accept(Arc::new(changed), &[class("/")], &mut Registry::new(1), NOW);
    let Choice::Endpoint { pod, .. } = proxy.choose_again(ClassId(0), host, 0, NOW) else {
        panic!("blue has endpoints");
    };
    assert!(BLUE[1..].contains(&pod.0));
}
