//! Synthetic users, who ask only when they are told to.

use expect_test::expect;

use super::bench::Bench;
use crate::scenario::Population;

/// Blue, ten smoke tests a second of its page, and ten of a page that it does not have.
fn bench() -> Bench {
    Bench::settled_in(|scenario| {
        let mut smoke = Population {
            name: "smoke-blue".into(),
            rate: 10.0,
            on_demand: true,
            ..scenario.traffic[0].clone()
        };
        scenario.traffic.push(smoke.clone());
        smoke.name = "smoke-nowhere".into();
        smoke.requests[0].method = "PATCH".into();
        scenario.traffic.push(smoke);
    })
}

/// All traffic to blue: the bench's own mesh sends a tenth to a subset that has no pod.
const TO_BLUE: &str = "sed -i -e 's/weight: 90/weight: 100/' -e 's/weight: 10$/weight: 0/' mesh.yaml \
     && kubectl apply -f mesh.yaml";

#[test]
fn they_send_nothing_until_they_are_told_to_and_stop_at_the_end() {
    let mut bench = bench();
    bench.run(TO_BLUE);
    let sent = |bench: &Bench| bench.world().registry.users[1].sent;
    assert_eq!(sent(&bench), 0);
    bench.check_to_end(
        "smoke smoke-blue --for=20s",
        30,
        &expect![[r#"
        smoke-blue ask for 20s
        201 requests, 0 failed
    "#]],
    );
    let after = sent(&bench);
    assert!((150..=250).contains(&after), "{after}");
    bench.wait(60);
    assert_eq!(sent(&bench), after);
    bench.check_to_end(
        "smoke smoke-blue --for=1s",
        30,
        &expect![[r#"
        smoke-blue ask for 1s
        8 requests, 0 failed
    "#]],
    );
    assert!(sent(&bench) < after + 30, "they are not two beside each other");
}

#[test]
fn a_request_that_is_not_served_fails_the_command() {
    let mut bench = bench();
    bench.run(TO_BLUE);
    bench.check_to_end(
        "smoke smoke-nowhere --for=5s && echo never",
        30,
        &expect![[r#"
            smoke-nowhere ask for 5s
            50 requests, 50 failed: 50 with a code of 4xx
            ! smoke: 50 requests failed, at most 0 may
            status 1
        "#]],
    );
    bench.check_to_end(
        "smoke smoke-nowhere --for=5s --failures=1000 && echo fine",
        30,
        &expect![[r#"
            smoke-nowhere ask for 5s
            47 requests, 47 failed: 47 with a code of 4xx
            fine
        "#]],
    );
    bench.run("kubectl scale deployment my-app-blue --replicas=0");
    bench.wait(60);
    bench.check_to_end(
        "smoke smoke-blue --for 5s",
        30,
        &expect![[r#"
        smoke-blue ask for 5s
        53 requests, 53 failed: 53 with a code of 5xx
        ! smoke: 53 requests failed, at most 0 may
        status 1
    "#]],
    );
}

#[test]
fn wrong_words_are_told() {
    let mut bench = bench();
    for line in [
        "smoke",
        "smoke nobody",
        "smoke smoke-blue --for=soon",
        "smoke smoke-blue --failures=-1",
        "smoke smoke-blue --loud",
    ] {
        let reply = bench.run(line);
        assert_ne!(reply.status, Some(0), "{line}");
    }
    bench.check(
        "smoke shoppers",
        &expect![[r#"
        ! smoke: no users on demand are named "shoppers"; there are smoke-blue, smoke-nowhere
        status 1
    "#]],
    );
    bench.check(
        "smoke -h",
        &expect![[r#"
        usage: smoke USERS [--for=30s] [--failures=0]
    "#]],
    );
    bench.check(
        "smoke smoke-blue --failures=-1",
        &expect![[r#"
        ! smoke: --failures cannot be below 0
        ! usage: smoke USERS [--for=30s] [--failures=0]
        status 2
    "#]],
    );
}
