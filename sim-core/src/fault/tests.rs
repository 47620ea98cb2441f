//! Injected faults, each by what a user or an operator sees of it.

use crate::cluster::pod::Pod;
use crate::fault::{KINDS, parse};
use crate::request::ClientSide;
use crate::scenario::MAX_RATE;
use crate::telemetry::failure::Sign;
use crate::time::SimTime;
use crate::trace::Topic;
use crate::world_tests::{Fixture, scenario};

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Blue serves 50 requests a second; at second 10 this fault is injected.
fn broken(line: &str) -> Fixture {
    let mut fixture = Fixture::serving(&scenario(50.0, 0.0), 3);
    fixture.run_checked(10);
    inject(&mut fixture, line);
    fixture
}

fn inject(fixture: &mut Fixture, line: &str) {
    let fault = parse(&words(line)).expect(line);
    let (_, done) = fixture.engine.intervene(|world, ctx| world.inject(fault, ctx));
    done.expect(line);
}

fn failures(fixture: &Fixture, code: u16, flag: &str) -> u64 {
    let failures = fixture.engine.model.failures.iter();
    let is_it = |of: u16, flags: &Sign| of == code && flags.to_string() == flag;
    failures.filter(|((_, of, flags), _)| is_it(*of, flags)).map(|(_, count)| count.total).sum()
}

fn pods(fixture: &Fixture) -> Vec<&Pod> {
    fixture.engine.model.cluster.state.pods.values().collect()
}

fn restarts(fixture: &Fixture) -> u32 {
    pods(fixture).iter().map(|pod| pod.containers.iter().map(|one| one.restarts).sum::<u32>()).sum()
}

fn ready(fixture: &Fixture) -> usize {
    pods(fixture).iter().filter(|pod| pod.is_ready()).count()
}

#[test]
fn a_crash_ends_every_selected_process_once_and_the_kubelet_restarts_it() {
    let mut fixture = broken("pod-crash -l version=blue");
    fixture.run_checked(60);
    assert_eq!(restarts(&fixture), 3);
    assert_eq!(ready(&fixture), 3);
}

/// K8S-50: restarts at once, then after 10 s, 20 s, ...
#[test]
fn a_crash_loop_restarts_again_and_again_until_it_is_ended() {
    let mut fixture = broken("crash-loop -l version=blue --after 2s --for 100s");
    fixture.run_checked(100);
    let during = restarts(&fixture);
    assert!((9..=15).contains(&during), "{during}");
    fixture.run_checked(400);
    assert_eq!(ready(&fixture), 3, "it serves again once the fault is over");
}

#[test]
fn a_crash_loop_that_is_over_ends_nothing_any_more() {
    let mut fixture = broken("crash-loop -l version=blue --after 60s --for 30s");
    fixture.run_checked(100);
    assert_eq!(restarts(&fixture), 0);
}

/// K8S-56.
#[test]
fn out_of_memory_is_told_as_such() {
    let mut fixture = broken("oom -l version=blue");
    fixture.run_checked(30);
    let killed = |pod: &&Pod| format!("{pod:?}").contains("OOMKilled");
    assert_eq!(pods(&fixture).iter().filter(|pod| killed(pod)).count(), 3);
}

#[test]
fn a_slow_start_holds_up_pods_that_start_while_it_lasts() {
    let mut fixture = broken("slow-start -l version=blue --factor 20");
    inject(&mut fixture, "pod-crash -l version=blue");
    fixture.run_checked(40);
    assert_eq!(ready(&fixture), 0, "starting takes a minute and more");
}

/// K8S-31, IST-23.
#[test]
fn a_readiness_that_lies_sends_users_to_a_process_that_does_not_listen() {
    let mut honest = broken("slow-start -l version=blue --factor 10");
    inject(&mut honest, "pod-crash -l version=blue");
    honest.run_checked(20);
    let mut lying = broken("slow-start -l version=blue --factor 10");
    inject(&mut lying, "lying-readiness -l version=blue");
    inject(&mut lying, "pod-crash -l version=blue");
    lying.run_checked(20);
    assert_eq!((ready(&honest), ready(&lying)), (0, 3));
    let refused = |((_, code, flags), _): (&(String, u16, Sign), _)| {
        *code == 503 && flags.to_string().contains("UF")
    };
    assert!(lying.engine.model.failures.iter().any(refused), "refused at every try");
}

/// K8S-43, 70.
#[test]
fn a_failing_readiness_takes_pods_out_that_serve() {
    let mut fixture = broken("failing-readiness -l version=blue --for 60s");
    fixture.run_checked(60);
    assert_eq!(ready(&fixture), 0);
    assert!(0 < failures(&fixture, 503, "UH"));
    fixture.run_checked(100);
    assert_eq!(ready(&fixture), 3);
}

#[test]
fn errors_are_answered_in_their_share() {
    let mut fixture = broken("errors -l version=blue --share 0.5");
    let answered = |fixture: &Fixture| fixture.engine.model.registry.users[0].answered;
    let before = answered(&fixture);
    fixture.run_checked(110);
    let failed = failures(&fixture, 500, "-") as f64;
    let share = failed / (failed + (answered(&fixture) - before) as f64);
    // A tenth asks for a path that is answered 404; half of the rest, give or take 5 sigma of 7000.
    assert!((0.42..0.48).contains(&share), "{share}");
}

#[test]
fn a_slow_database_and_stolen_cpu_lengthen_answers() {
    let mean = |line: Option<&str>| {
        let mut fixture = Fixture::serving(&scenario(20.0, 0.0), 3);
        fixture.run_checked(10);
        line.into_iter().for_each(|line| inject(&mut fixture, line));
        fixture.run_checked(100);
        fixture.waited_secs() / 100.0
    };
    let calm = mean(None);
    assert!(1.5 * calm < mean(Some("slow-database --factor 10")));
    assert!(1.5 * calm < mean(Some("cpu-steal -l version=blue --factor 10")));
    assert!(1.5 * calm < mean(Some("network-delay -l version=blue --delay 50ms")));
}

#[test]
fn statements_that_fail_fail_their_requests() {
    let mut fixture = broken("failing-database --share 0.5");
    fixture.run_checked(60);
    assert!(0 < failures(&fixture, 500, "-"));
}

/// IST-36: a proxy waits ten seconds for a connection, longer than these users do.
#[test]
fn a_partition_leaves_users_without_an_answer_while_pods_look_healthy() {
    let mut fixture = broken("partition -l version=blue --for 60s");
    fixture.run_checked(60);
    assert_eq!(ready(&fixture), 3);
    assert!(0 < failures(&fixture, 0, "DC"));
    fixture.run_checked(100);
    let before = failures(&fixture, 0, "DC");
    fixture.run_checked(130);
    assert_eq!(failures(&fixture, 0, "DC"), before, "the way is whole again");
}

/// IST-36: a shorter connectTimeout gives the gateway time to fail before its users give up: UF. A
/// subset's own overrides that of the host (IST-25).
#[test]
fn a_gateway_tries_to_connect_as_long_as_the_destination_rule_says() {
    let outcomes = |host: &str, subset: &str| {
        let pool = |time: &str| format!("connectionPool: {{tcp: {{connectTimeout: {time}}}}}");
        let mut fixture = Fixture::serving(&scenario(20.0, 0.0), 3);
        fixture.apply(&format!(
            "
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: my-app-dr}}
spec:
  host: my-app-service
  trafficPolicy: {{{}}}
  subsets:
  - {{name: blue, labels: {{version: blue}}, trafficPolicy: {{{}}}}}
",
            pool(host),
            if subset.is_empty() { String::new() } else { pool(subset) },
        ));
        fixture.run_checked(-20);
        inject(&mut fixture, "partition -l version=blue --for 60s");
        fixture.run_checked(0);
        let ended: u64 = ["UF", "URX,UF"].map(|flag| failures(&fixture, 503, flag)).iter().sum();
        (0 < ended, 0 < failures(&fixture, 0, "DC"))
    };
    // These users wait 400 ms; three tries of 50 ms and their pauses are over by then.
    assert_eq!(outcomes("50ms", ""), (true, false));
    assert_eq!(outcomes("5s", ""), (false, true));
    assert_eq!(outcomes("5s", "50ms"), (true, false));
}

/// IST-71.
#[test]
fn a_stuck_push_leaves_the_gateway_with_what_it_has_until_it_is_over() {
    let mut fixture = broken("stuck-push --for 60s");
    let before = fixture.engine.model.mesh.gateway().config.version;
    fixture.apply(&crate::world_tests::routes(0, 100));
    fixture.run_checked(60);
    assert_eq!(fixture.engine.model.mesh.gateway().config.version, before);
    fixture.run_checked(80);
    assert!(before < fixture.engine.model.mesh.gateway().config.version);
}

/// IST-71, 73: the classic surprise after `kubectl apply`: a third of the users stays on blue.
#[test]
fn a_push_that_is_stuck_for_one_replica_leaves_its_weights_as_they_were() {
    let mut scenario = std::sync::Arc::unwrap_or_clone(scenario(50.0, 0.0));
    scenario.mesh.gateways = 3;
    let mut fixture = Fixture::serving(&scenario, 3);
    fixture.apply(&crate::world_tests::deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(10);
    let versions = |fixture: &Fixture| -> Vec<u32> {
        let proxies = fixture.engine.model.mesh.proxies();
        proxies.map(|at| at.proxy.config.version).collect()
    };
    inject(&mut fixture, "stuck-push pod/istio-ingressgateway-7f8c9d6b5-b7mqt --for 60s");
    let before = versions(&fixture)[0];
    fixture.apply(&crate::world_tests::routes(0, 100));
    fixture.run_checked(11);
    let now = versions(&fixture);
    assert!(before < now[0] && now[1] == before && now[0] == now[2], "{before}: {now:?}");
    let count =
        |fixture: &Fixture| ["blue", "green"].map(|version| fixture.counted(version, 200) as f64);
    let [blue, green] = count(&fixture);
    fixture.run_checked(69);
    let [blue, green] = [count(&fixture)[0] - blue, count(&fixture)[1] - green];
    let (total, third) = (blue + green, 1.0 / 3.0);
    let bound = 4.0 * f64::sqrt(2.0 / 9.0 / total);
    assert!((blue / total - third).abs() < bound, "blue still has {blue} of {total}");
    fixture.run_checked(72);
    assert_eq!(versions(&fixture), [now[0]; 3], "it gets what it has missed");
}

#[test]
fn only_the_pods_of_proxies_can_be_cut_off_from_istiod() {
    let mut fixture = broken("stuck-push pod/istio-ingressgateway-7f8c9d6b5-x2k4w");
    let fault = parse(&words("stuck-push pod/my-app-blue")).expect("a fault");
    let (_, done) = fixture.engine.intervene(|world, ctx| world.inject(fault, ctx));
    assert!(done.expect_err("no proxy").contains("no proxy in a pod \"my-app-blue\""));
    assert!(parse(&words("stuck-push -l app=x")).expect_err("no").contains("pod/NAME"));
    assert!(parse(&words("stuck-push x2k4w")).expect_err("no").contains("pod/NAME"));
}

/// K8S-54.
#[test]
fn an_image_that_is_withheld_cannot_be_pulled() {
    let mut fixture = broken("image-pull myorg/myapp:v2");
    fixture.apply(&crate::world_tests::deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(60);
    assert_eq!(ready(&fixture), 3, "blue alone");
}

/// K8S-92.
#[test]
fn a_lost_node_takes_its_pods_with_it() {
    let mut fixture = broken("node-loss node/node-1");
    fixture.run_checked(120);
    assert!(ready(&fixture) < 3);
}

#[test]
fn a_herd_multiplies_arrivals() {
    let mut fixture = broken("thundering-herd --factor 10 --for 20s");
    let sent = |fixture: &Fixture| fixture.engine.model.registry.users[0].sent;
    let before = sent(&fixture);
    fixture.run_checked(30);
    let during = sent(&fixture) - before;
    assert!(9_000 < during, "{during} of 10 000 expected");
    let before = sent(&fixture);
    fixture.run_checked(50);
    assert!(sent(&fixture) - before < 3_000, "and it goes home");
}

#[test]
fn several_herds_are_no_more_users_than_a_scenario_may_have() {
    let mut fixture = broken("thundering-herd --factor 1000 --for 20s");
    for _ in 0..5 {
        inject(&mut fixture, "thundering-herd --factor 1000 --for 20s");
    }
    let users = &fixture.engine.model.workload.users[0];
    assert!((users.population.rate * users.surge - MAX_RATE).abs() < 1.0, "{}", users.surge);
}

#[test]
fn a_poison_request_ends_the_process_that_serves_it() {
    let mut fixture = broken("poison-request /orders --share 0.01");
    fixture.run_checked(30);
    assert!(0 < restarts(&fixture));
    assert!(0 < failures(&fixture, 503, "UC"));
}

/// K8S-56.
#[test]
fn a_leak_grows_until_the_limit_and_a_leak_that_ends_gives_nothing_back() {
    let mut fixture = broken("memory-leak -l version=blue --rate 1Gi --for 60s");
    fixture.run_checked(50);
    let grown = pods(&fixture)[0].id;
    let used = |fixture: &Fixture, now: i64| {
        let application = &fixture.engine.model.application;
        let server = application.server(grown).expect("it runs");
        let release = &application.releases[server.release as usize].release;
        server.memory(release, SimTime::from_secs(now))
    };
    let at_50 = used(&fixture, 50);
    assert!(39 << 30 <= at_50, "{at_50}");
    fixture.run_checked(100);
    assert_eq!(used(&fixture, 100), used(&fixture, 200), "no limit, no kill, no return");
    assert!(at_50 < used(&fixture, 100));
}

#[test]
fn chance_hits_its_share_and_each_hit_lasts_its_time() {
    let line = "failing-readiness -l version=blue --chance 0.2 --every 5s --for 30s";
    let hits = |seed| {
        let mut fixture = Fixture::serving(&scenario(1.0, 0.0), seed);
        fixture.run_checked(0);
        inject(&mut fixture, line);
        fixture.run_checked(500);
        let told = fixture.engine.model.trace.iter();
        told.filter(|one| one.topic == Topic::Fault && one.text.contains("hits")).count()
    };
    // Each pod is free on average 4 further draws of 5 s after 30 s of a hit: about 10 hits in 500 s.
    let total: usize = (1..=10).map(hits).sum();
    assert!((200..400).contains(&total), "{total} hits on 30 pods");
    assert_eq!(hits(1), hits(1));
}

#[test]
fn a_fault_moves_no_arrival() {
    let arrivals = |line: Option<&str>| {
        let mut fixture = Fixture::serving(&scenario(50.0, 0.0), 3);
        fixture.run_checked(10);
        line.into_iter().for_each(|line| inject(&mut fixture, line));
        fixture.run_checked(60);
        let world = &fixture.engine.model;
        let pausing = world.requests.iter().filter(|one| one.client == ClientSide::Pausing);
        world.registry.users[0].sent + pausing.count() as u64 - world.registry.users[0].retries
    };
    assert_eq!(arrivals(None), arrivals(Some("errors -l version=blue --share 0.5")));
}

#[test]
fn a_fault_that_cannot_be_is_refused_with_what_to_write() {
    let refused = |line: &str| parse(&words(line)).expect_err(line);
    let cases = [
        ("", "write fault KIND; fault help lists them"),
        ("flood", "there is no kind of fault \"flood\"; fault help lists them"),
        ("pod-crash", "write fault pod-crash pod/NAME, or -l SELECTOR"),
        ("pod-crash blue", "write fault pod-crash pod/NAME, or -l SELECTOR"),
        ("pod-crash pod/a pod/b", "a fault has one target; pod/b is a second one"),
        ("pod-crash pod/a --for 5s", "pod-crash happens at once; leave out --for"),
        ("errors pod/a --share 2", "--share 2 must lie between 0 and 1"),
        ("errors pod/a --share", "--share needs a value"),
        ("errors pod/a --factor 2", "--factor means nothing for this kind of fault"),
        ("cpu-steal pod/a --factor -1", "--factor -1 must be more than 0 and at most 1000"),
        ("cpu-steal pod/a --factor NaN", "--factor NaN must be a number"),
        ("cpu-steal pod/a --for 0s", "--for 0s must be a length of time such as 30s"),
        ("memory-leak pod/a --rate x", "--rate x must be an amount of memory such as 1Mi"),
        ("node-loss node-1", "write fault node-loss node/NAME"),
        ("poison-request orders", "write fault poison-request /PATH"),
        ("slow-database pod/a", "write fault slow-database without a target"),
        ("errors pod/a --chance 0.1", "with --chance write --every LENGTH, the time between draws"),
        ("errors pod/a --every 5s", "--every goes with --chance"),
        (
            "errors pod/a --chance 0.1 --every 5s",
            "with --chance write --for LENGTH, the least that each hit lasts",
        ),
        (
            "stuck-push --chance 0.1 --every 5s --for 5s",
            "--chance is for faults of pods; stuck-push has no choice to make",
        ),
    ];
    for (line, problem) in cases {
        assert_eq!(refused(line), problem, "{line}");
    }
}

#[test]
fn every_kind_is_parsed_with_what_it_takes_by_default() {
    for one in KINDS {
        let target = match one.reach {
            crate::fault::Reach::Pods => "pod/a",
            crate::fault::Reach::Node => "node/a",
            crate::fault::Reach::Image => "a:v1",
            crate::fault::Reach::Path => "/a",
            crate::fault::Reach::Users
            | crate::fault::Reach::Proxies
            | crate::fault::Reach::World => "",
        };
        let fault = parse(&words(&format!("{} {target}", one.name))).expect(one.name);
        assert_eq!(fault.kind, one.kind);
    }
}
