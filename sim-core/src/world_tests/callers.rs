//! Callers in the cluster whose pods have sidecars: a proxy for each pod.

use super::*;
use crate::scenario::SidecarCalls;
use crate::telemetry::registry::SourceId;

/// The shop, whose checkout calls it from three pods with sidecars.
fn called(rate: f64, errors: f64) -> Scenario {
    let mut scenario = Arc::unwrap_or_clone(scenario(20.0, errors));
    let request = |path: &str| RequestKind {
        method: "GET".into(),
        path: path.into(),
        share: 1.0,
        headers: BTreeMap::new(),
    };
    scenario.traffic.push(Population {
        name: "checkout".into(),
        rate,
        on_demand: false,
        way: Way::Sidecar(SidecarCalls {
            service: "my-app-service".into(),
            port: 80,
            workload: "checkout".into(),
            pods: 3,
            labels: [("app".to_owned(), "checkout".to_owned())].into(),
        }),
        host: "my-app-service".into(),
        requests: vec![request("/orders")],
        timeout: SimDuration::from_secs(2),
        retries: 1,
        back_off: (SimDuration::from_millis(10), SimDuration::from_millis(50)),
    });
    scenario
}

/// Rules for callers inside: these shares.
fn inside(name: &str, blue: u32, green: u32) -> String {
    routes(blue, green)
        .replace("name: my-app-vs", &format!("name: {name}"))
        .replace("hosts: ['*']\n  gateways: [my-gateway]", "hosts: [my-app-service]")
}

/// Requests that checkout's sidecars counted with this version and code.
fn counted(fixture: &Fixture, version: &str, code: u16) -> u64 {
    let series = fixture.engine.model.registry.series();
    let wanted = series.filter(|(to, one)| {
        one.reporter == Reporter::Source
            && one.from != SourceId::GATEWAY
            && (to.version.as_str(), one.code) == (version, code)
    });
    wanted.map(|(_, one)| one.requests).sum()
}

/// IST-05, 70, 71, 73: what is bound to the gateway moves nobody inside, what is bound to the mesh
/// moves them alone.
#[test]
fn callers_follow_the_rules_of_the_mesh_and_users_those_of_the_gateway() {
    let mut fixture = Fixture::serving(&called(50.0, 0.0), 3);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(20);
    // Without a rule for them, callers reach all pods of the Service (IST-03).
    let both = ["blue", "green"].map(|version| counted(&fixture, version, 200));
    assert!(both.iter().all(|&count| 300 < count), "{both:?}");
    assert_eq!(fixture.counted("green", 200), both[1], "users have a rule: blue");
    fixture.apply(&inside("inside", 0, 100));
    fixture.run_checked(21);
    let blue = counted(&fixture, "blue", 200);
    let users = fixture.counted("blue", 200) - blue;
    fixture.run_checked(41);
    assert_eq!(counted(&fixture, "blue", 200), blue, "every caller is on green now");
    assert!(users + 200 < fixture.counted("blue", 200) - blue, "and the users on blue");
}

/// IST-71.
#[test]
fn every_caller_s_sidecar_gets_its_configuration_in_its_own_time() {
    let mut fixture = Fixture::serving(&called(50.0, 0.0), 5);
    fixture.run_checked(0);
    let versions = |fixture: &Fixture| -> Vec<u32> {
        let proxies = fixture.engine.model.mesh.proxies().skip(1);
        proxies.map(|at| at.proxy.config.version).collect()
    };
    let before = versions(&fixture);
    let gateway = fixture.engine.model.mesh.gateway().config.version;
    assert_eq!(before.len(), 3);
    fixture.apply(&inside("inside", 100, 0));
    let mut seen = Vec::new();
    for milli in 1..=700 {
        fixture.engine.run_until(SimTime::from_micros(milli * 1_000));
        let moved = versions(&fixture).iter().zip(&before).filter(|(now, old)| now > old).count();
        if seen.last() != Some(&moved) {
            seen.push(moved);
        }
    }
    assert_eq!(seen, [0, 1, 2, 3]);
    let now = fixture.engine.model.mesh.gateway().config.version;
    assert_eq!(now, gateway, "nothing in it was for the gateway");
}

/// IST-91, 93.
#[test]
fn metrics_name_the_workload_that_calls() {
    let mut fixture = Fixture::serving(&called(50.0, 0.0), 5);
    fixture.run_checked(0);
    let registry = &fixture.engine.model.registry;
    for reporter in [Reporter::Source, Reporter::Destination] {
        let series = registry.series().filter(|(_, one)| one.reporter == reporter);
        let checkout = series.filter(|(_, one)| registry.sender(one.from).workload == "checkout");
        let requests: u64 = checkout.map(|(_, one)| one.requests).sum();
        assert!(1_200 < requests, "{reporter:?}: {requests}");
    }
}

/// IST-30, 31: a caller with a sidecar has Istio's retries: a pod that has gone is not noticed.
#[test]
fn a_sidecar_tries_again_where_a_bare_caller_would_fail() {
    let mut fixture = Fixture::serving(&called(80.0, 0.0), 8);
    fixture.run_checked(-10);
    fixture.engine.intervene(|world, ctx| {
        let server = world.application.servers().next().expect("blue runs");
        let (pod, run) = (server.pod, server.run);
        ctx.after(
            SimDuration::ZERO,
            crate::application::ApplicationEvent::Killed { pod, run }.into(),
        );
    });
    fixture.run_checked(0);
    let counts = fixture.engine.model.registry.users[1];
    assert_eq!((counts.refused, counts.timeouts), (0, 0), "{counts:?}");
    let retried = counts.errors;
    assert!(retried < 20, "only what the dead pod had begun: {counts:?}");
}

/// K8S-71: there is no such name.
#[test]
fn a_service_that_is_not_there_has_no_address() {
    let mut scenario = called(50.0, 0.0);
    let Way::Sidecar(calls) = &mut scenario.traffic[1].way else { panic!("they have sidecars") };
    calls.service = "nobody".into();
    scenario.traffic[1].host = "nobody".into();
    let mut fixture = Fixture::serving(&scenario, 5);
    fixture.run_checked(-20);
    let counts = fixture.engine.model.registry.users[1];
    assert!(0 < counts.refused && counts.sent == counts.refused, "{counts:?}");
    let failures = fixture.engine.model.failures.iter();
    assert!(failures.map(|((_, _, sign), _)| sign.to_string()).any(|sign| sign == "unknown host"));
}
