//! What the gateway makes of the objects: clusters, delays, retries, and two views of every request.

use super::*;
use crate::mesh::flag::Flags;
use crate::request::{ClientSide, Place};

impl Fixture {
    /// Runs until something holds; the time it takes.
    fn until(&mut self, holds: impl Fn(&World) -> bool) -> SimDuration {
        let begin = self.engine.now();
        let limit = begin + SimDuration::from_secs(60);
        while !holds(&self.engine.model) {
            assert!(self.engine.step(limit), "it does not hold within a minute");
        }
        self.engine.now() - begin
    }

    /// Requests by reporter, version, code and flag.
    fn reported(&self, reporter: Reporter) -> Vec<(String, u16, String, u64)> {
        let series = self.engine.model.registry.series();
        let mine = series.filter(|(_, one)| one.reporter == reporter);
        let mut all: Vec<_> = mine
            .map(|(to, one)| (to.version.clone(), one.code, one.flag.to_string(), one.requests))
            .collect();
        all.sort();
        all
    }
}

/// IST-20.
#[test]
fn every_subset_is_a_cluster_of_its_own_beside_that_of_the_whole_service() {
    // IST-20, K8S-71: the Service itself selects both colours.
    let scenario = scenario(10.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 1);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(0);
    let clusters = &fixture.engine.model.mesh.gateway().config.clusters;
    let sizes: Vec<_> = clusters
        .iter()
        .map(|one| (one.service.as_str(), one.port, one.subset.as_str(), one.endpoints.len()))
        .collect();
    let service = "my-app-service";
    assert_eq!(sizes, [(service, 80, "", 6), (service, 80, "blue", 3), (service, 80, "green", 3)]);
}

/// IST-46, K8S-71.
#[test]
fn without_a_subset_in_the_route_green_serves_as_soon_as_it_is_ready() {
    // K8S-71, the trap of a selector that leaves the colour out.
    let scenario = scenario(100.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 1);
    fixture.apply(&routes(1, 0).replace(", subset: blue", ""));
    fixture.run_checked(-20);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(10);
    let [blue, green] = ["blue", "green"].map(|version| fixture.counted(version, 200));
    fixture.run_checked(40);
    let blue = fixture.counted("blue", 200) - blue;
    let green = fixture.counted("green", 200) - green;
    // 2700 requests: half of them, within four standard deviations.
    let share = green as f64 / (blue + green) as f64;
    assert!((share - 0.5).abs() < 4.0 * f64::sqrt(0.25 / (blue + green) as f64), "{share}");
}

/// IST-72.
#[test]
fn a_change_reaches_the_gateway_after_watch_quiet_time_and_push() {
    // IST-70..72: 5 to 50 ms until istiod sees it, 100 ms of quiet, 5 to 200 ms for the push.
    let scenario = scenario(10.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 1);
    for weight in 1..=50 {
        fixture.apply(&routes(100 - weight, weight));
        let version = fixture.engine.model.mesh.gateway().config.version;
        let took = fixture.until(|world| version < world.mesh.gateway().config.version);
        assert!((110_000..=350_000).contains(&took.as_micros()), "{took}");
    }
}

/// IST-73.
#[test]
fn requests_in_flight_finish_on_the_version_that_was_chosen_for_them() {
    // IST-73.
    let mut scenario = Arc::unwrap_or_clone(scenario(50.0, 0.0));
    scenario.traffic[0].timeout = SimDuration::from_secs(10);
    for release in scenario.releases.values_mut() {
        release.workers = 1_000;
        release.routes[0].cpu = Lognormal::new(SimDuration::from_secs(1), 0.0);
    }
    let mut fixture = Fixture::serving(&scenario, 1);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(0);
    fixture.apply(&routes(0, 100));
    let version = fixture.engine.model.mesh.gateway().config.version;
    fixture.until(|world| version < world.mesh.gateway().config.version);
    let in_flight = fixture.engine.model.requests.iter();
    let in_flight = in_flight.filter(|one| one.client == ClientSide::InFlight).count() as u64;
    let before = fixture.counted("blue", 200) + fixture.counted("blue", 404);
    assert!(30 < in_flight, "{in_flight}");
    fixture.run_checked(10);
    let after = fixture.counted("blue", 200) + fixture.counted("blue", 404);
    assert_eq!(after - before, in_flight);
    assert_eq!(fixture.engine.model.registry.users[0].errors, 0);
}

#[test]
fn a_refused_connection_is_retried_on_another_endpoint_and_nobody_notices() {
    // IST-30, 33, OIST-14: a pod that has got SIGTERM refuses while it is still in the gateway's list.
    let scenario = scenario(200.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 1);
    fixture.run_checked(0);
    fixture.engine.intervene(|world, ctx| {
        let pod = *world.cluster.state.pods.keys().next().expect("blue runs");
        let scope = &mut crate::world::Scope { ctx, trace: &mut world.trace };
        world.cluster.delete_pod(pod, None, scope);
    });
    let mut retried = 0;
    let limit = SimTime::from_secs(10);
    let mut most = 0;
    while fixture.engine.step(limit) {
        let requests = fixture.engine.model.requests.iter();
        let tries = requests.map(|one| one.tries).max().unwrap_or(0);
        retried += u32::from(tries == 1 && most == 0);
        most = tries;
    }
    assert!(0 < retried);
    let counts = fixture.engine.model.registry.users[0];
    assert_eq!((counts.errors, counts.timeouts, counts.refused), (0, 0, 0));
}

#[test]
fn a_refused_connection_is_uf_and_with_retries_urx_too() {
    // IST-23: nobody listens on the target port of the Service.
    let refused = Flags::UPSTREAM_FAILURE;
    for (retries, flag) in
        [("", Flags::RETRY_LIMIT.and(refused)), ("retries: {attempts: 0}", refused)]
    {
        let scenario = scenario(20.0, 0.0);
        let mut fixture = Fixture::serving(&scenario, 1);
        fixture.apply(&SERVICE.replace("8080", "9090"));
        fixture.apply(&routes(100, 0).replace("  - route:", &format!("  - {retries}\n    route:")));
        fixture.run_checked(-20);
        let failures: Vec<_> =
            fixture.engine.model.failures.iter().map(|(kind, _)| kind.2).collect();
        assert_eq!(failures, [flag.into()]);
    }
}

/// IST-93.
#[test]
fn what_never_reached_a_pod_is_known_to_the_source_alone() {
    // IST-93: a dashboard over the destination's view misses the outage.
    let scenario = scenario(50.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 1);
    fixture.run_checked(-20);
    fixture.apply(&routes(0, 100));
    fixture.run_checked(0);
    let source = fixture.reported(Reporter::Source);
    assert!(source.iter().any(|(version, code, flag, count)| {
        (version.as_str(), *code, flag.as_str()) == ("unknown", 503, "UH") && 500 < *count
    }));
    for (version, code, flag, _) in fixture.reported(Reporter::Destination) {
        assert_eq!((version.as_str(), flag.as_str()), ("blue", "-"), "{code}");
    }
}

#[test]
fn a_route_timeout_is_504_ut_and_the_pod_sees_its_client_go() {
    // IST-23, 35, 93: the work goes on, and the pod's own view has no answer to report.
    let mut scenario = Arc::unwrap_or_clone(scenario(50.0, 0.0));
    scenario.traffic[0].requests.truncate(1);
    scenario.traffic[0].retries = 0;
    for release in scenario.releases.values_mut() {
        release.workers = 1_000;
        release.routes[0].cpu = Lognormal::new(SimDuration::from_secs(1), 0.0);
    }
    let mut fixture = Fixture::serving(&scenario, 1);
    let slow = "  - timeout: 100ms\n    route:";
    fixture.apply(&routes(100, 0).replace("  - route:", slow));
    fixture.run_checked(-20);
    let ended = |all: &[(String, u16, String, u64)], code: u16, flag: &str| {
        let mine = all.iter().filter(|one| (one.1, one.2.as_str()) == (code, flag));
        mine.map(|one| one.3).sum::<u64>()
    };
    let timeouts = ended(&fixture.reported(Reporter::Source), 504, "UT");
    let closed = ended(&fixture.reported(Reporter::Destination), 0, "DC");
    assert!(400 < timeouts);
    // Those given up by users before the route had a timeout are closed too.
    let given_up = ended(&fixture.reported(Reporter::Source), 0, "DC");
    assert_eq!(closed, timeouts + given_up);
    let working = fixture.engine.model.requests.iter();
    assert!(20 < working.filter(|one| one.place == Place::Computing).count());
}

#[test]
fn a_request_without_a_route_is_in_the_trace_like_other_failures() {
    // IST-04: 404 is no 5xx, but it is the gateway's, and nobody wanted it.
    let scenario = scenario(10.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 1);
    fixture.apply(&routes(1, 0).replace("hosts: ['*']", "hosts: [elsewhere.example.com]"));
    fixture.run_checked(5);
    let trace = &fixture.engine.model.trace;
    let told = trace.iter().any(|entry| entry.text.starts_with("failed with 404 NR"));
    assert!(told, "the trace says it");
}
