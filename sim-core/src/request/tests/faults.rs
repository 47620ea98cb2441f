//! Rules IST-37 and 38: injected faults and copies.

use super::*;
use crate::telemetry::registry::RequestSeries;

/// What 35 seconds at about 100/s were like, and the number of requests. The rule reaches the gateway
/// within the first half second.
fn half_a_minute(more: &str) -> (Fixture, f64) {
    let mut fixture = serving(100.0, more, 6);
    fixture.run_checked(5);
    let all = fixture.engine.model.registry.users[0].sent as f64;
    (fixture, all)
}

#[test]
fn an_abort_answers_its_share_without_a_pod_or_a_retry() {
    // IST-37; 3500 requests: four standard deviations of 10 % are 2 %.
    let more = "fault: {abort: {httpStatus: 418, percentage: {value: 10}}}\n    retries: {attempts: 3, retryOn: '418'}";
    let (fixture, all) = half_a_minute(more);
    let aborted = counted(&fixture, Reporter::Source, 418, "FI") as f64;
    assert!((aborted / all - 0.1).abs() < 0.022, "{aborted} of {all}");
    assert_eq!(counted(&fixture, Reporter::Destination, 418, "-"), 0);
}

#[test]
fn a_delay_comes_before_the_routes_clock() {
    // IST-37: 200 ms of delay do not count against 100 ms of timeout, and are flagged.
    let more = "timeout: 100ms\n    fault: {delay: {fixedDelay: 200ms, percentage: {value: 50}}}";
    let (fixture, all) = half_a_minute(more);
    let delayed = |code| counted(&fixture, Reporter::Source, code, "DI") as f64;
    let share = (delayed(200) + delayed(404)) / all;
    assert!((share - 0.5).abs() < 0.04, "{share} of {all}");
    // A few requests are slow by themselves; with the delay, half of all would be.
    assert!(counted(&fixture, Reporter::Source, 504, "UT") as f64 <= all / 100.0);
    let series = fixture.engine.model.registry.series();
    let slow = |one: &RequestSeries| one.flag.to_string() == "DI";
    for (_, one) in series.filter(|(_, one)| slow(one)) {
        assert!(200_000 * one.requests <= one.sum_micros);
    }
}

#[test]
fn a_delay_and_an_abort_can_hit_the_same_request() {
    // IST-37: each has its own percentage; 0.1 % of them all is 1/1000, absent is none.
    let both = "fault: {delay: {fixedDelay: 20ms, percentage: {value: 50}}, abort: {httpStatus: 400, percentage: {value: 50}}}";
    let (fixture, all) = half_a_minute(both);
    for (code, flag) in [(400, "FI"), (400, "DI,FI")] {
        let share = counted(&fixture, Reporter::Source, code, flag) as f64 / all;
        assert!((share - 0.25).abs() < 0.035, "{flag}: {share}");
    }
    let absent = "fault: {delay: {fixedDelay: 20ms}, abort: {httpStatus: 400}}";
    let (fixture, _) = half_a_minute(absent);
    for (code, flag) in [(400, "FI"), (200, "DI"), (400, "DI,FI")] {
        assert_eq!(counted(&fixture, Reporter::Source, code, flag), 0, "{flag}");
    }
}

#[test]
fn a_user_who_gives_up_during_a_delay_never_reaches_a_pod() {
    // IST-37: users wait 400 ms.
    let (fixture, _) = half_a_minute("fault: {delay: {fixedDelay: 5s, percentage: {value: 100}}}");
    let gone = counted(&fixture, Reporter::Source, 0, "DI,DC");
    assert!(2_000 < gone, "{gone}");
    assert!(fixture.engine.model.requests.slots() < 700, "nothing is left behind");
}

/// Half a minute of requests of which this share is copied to green.
fn mirrored(more: &str) -> [f64; 4] {
    let mut fixture = Fixture::serving(&scenario(100.0, 0.2), 8);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(-10);
    fixture.apply(&rule(more));
    fixture.run_checked(-9);
    let counts = |fixture: &Fixture| {
        let of = |reporter, version: &str| {
            let series = fixture.engine.model.registry.series();
            let wanted =
                series.filter(|(to, one)| one.reporter == reporter && to.version == version);
            wanted.map(|(_, one)| one.requests).sum::<u64>() as f64
        };
        [
            of(Reporter::Source, "blue"),
            of(Reporter::Source, "green"),
            of(Reporter::Destination, "green"),
            fixture.engine.model.registry.users[0].errors as f64,
        ]
    };
    let before = counts(&fixture);
    fixture.run_checked(21);
    let after = counts(&fixture);
    std::array::from_fn(|index| after[index] - before[index])
}

#[test]
fn copies_are_real_load_that_only_the_copys_pods_report() {
    // IST-38, 93. Green fails one request in five, and no user ever sees it.
    let to = "mirror: {host: my-app-service, subset: green}";
    let [blue, source, copies, errors] = mirrored(to);
    assert!((copies - blue).abs() < 20.0, "all {blue} are copied by default, not {copies}");
    assert_eq!((source, errors), (0.0, 0.0));
    let [blue, _, copies, _] = mirrored(&format!("{to}\n    mirrorPercentage: {{value: 25}}"));
    assert!((copies / blue - 0.25).abs() < 0.035, "{copies} of {blue}");
    let list =
        "mirrors: [{destination: {host: my-app-service, subset: green}, percentage: {value: 0}}]";
    let [_, _, copies, _] = mirrored(list);
    assert_eq!(copies, 0.0);
}

/// IST-38.
#[test]
fn copies_do_not_cross_a_broken_way() {
    let mut fixture = Fixture::serving(&scenario(200.0, 0.0), 9);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(-10);
    fixture.apply(&rule("mirror: {host: my-app-service, subset: green}"));
    fixture.run_checked(-5);
    let copies = |fixture: &Fixture| {
        let series = fixture.engine.model.registry.series();
        let green = series
            .filter(|(to, one)| one.reporter == Reporter::Destination && to.version == "green");
        green.map(|(_, one)| one.requests).sum::<u64>()
    };
    inject(&mut fixture, "partition -l version=green --for 60s");
    fixture.run_checked(-3);
    let before = copies(&fixture);
    fixture.run_checked(5);
    assert_eq!(copies(&fixture), before);
    assert!(0 < before && fixture.engine.model.registry.users[0].errors == 0);
}

#[test]
fn a_copy_that_finds_no_endpoint_or_is_cut_troubles_nobody() {
    // IST-38: neither a subset that does not exist nor a pod that dies reaches a user.
    let to = "timeout: 300ms\n    mirror: {host: my-app-service, subset: purple}";
    let (fixture, _) = half_a_minute(to);
    assert_eq!(fixture.engine.model.registry.users[0].errors, 0);
    let mut fixture = Fixture::serving(&scenario(200.0, 0.0), 9);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(-10);
    fixture.apply(&rule("mirror: {host: my-app-service, subset: green}"));
    fixture.run_checked(-5);
    fixture.engine.intervene(|world, ctx| {
        let release = world.application.servers().map(|server| server.release).max();
        let green = world.application.servers().find(|one| Some(one.release) == release);
        let green = green.expect("green runs");
        let event = ApplicationEvent::Killed { pod: green.pod, run: green.run };
        ctx.after(SimDuration::ZERO, Event::Application(event));
    });
    fixture.run_checked(5);
    assert_eq!(fixture.engine.model.registry.users[0].errors, 0);
}
