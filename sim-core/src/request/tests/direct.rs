//! Callers that reach a Service without any proxy: connections are balanced, not requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::api::{Kind, Spec};
use crate::mesh::flag::Flags;
use crate::random::Seed;
use crate::report::Summary;
use crate::scenario::{DirectCalls, Population, RequestKind, Scenario, Way};
use crate::simulation::Simulation;
use crate::telemetry::failure::{CallError, Sign};
use crate::telemetry::registry::Reporter;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world_tests::{Fixture, deployment, scenario};

const MINUTE: SimDuration = SimDuration::from_secs(60);

/// A Service that selects one colour.
fn service(version: &str) -> String {
    format!(
        "
apiVersion: v1
kind: Service
metadata: {{name: my-app-service}}
spec:
  selector: {{app: my-app, version: {version}}}
  ports: [{{port: 80, targetPort: 8080}}]
"
    )
}

/// The gateway sends everything to the Service, whoever is behind it.
const ROUTE: &str = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-app-vs}
spec:
  hosts: ['*']
  gateways: [my-gateway]
  http: [{route: [{destination: {host: my-app-service}}]}]
";

pub(super) fn calls() -> DirectCalls {
    DirectCalls {
        service: "my-app-service".into(),
        port: 80,
        count: 30,
        max_requests: None,
        idle: MINUTE,
        max_age: None,
    }
}

/// The shop, which in addition is called directly at this rate, by callers who do not try again.
pub(super) fn called(rate: f64, calls: DirectCalls) -> Scenario {
    let mut scenario = Arc::unwrap_or_clone(scenario(1.0, 0.0));
    scenario.traffic.push(Population {
        name: "checkout".into(),
        rate,
        on_demand: false,
        way: Way::Direct(calls),
        host: "my-app-service".into(),
        requests: vec![RequestKind {
            method: "GET".into(),
            path: "/orders".into(),
            share: 1.0,
            headers: BTreeMap::new(),
        }],
        timeout: SimDuration::from_secs(2),
        retries: 0,
        back_off: (SimDuration::ZERO, SimDuration::ZERO),
    });
    scenario
}

/// Blue is behind the Service and called; green is ready.
fn serving(scenario: &Scenario, seed: u64) -> Fixture {
    let mut fixture = Fixture::serving(scenario, seed);
    fixture.apply(&service("blue"));
    fixture.apply(ROUTE);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(0);
    fixture
}

/// Direct calls to this version with this outcome.
pub(super) fn heard(fixture: &Fixture, version: &str, outcome: (u16, Option<CallError>)) -> u64 {
    let series = fixture.engine.model.registry.direct();
    let mine = series.filter(|(to, one)| to.version == version && one.outcome == outcome);
    mine.map(|(_, one)| one.calls).sum()
}

fn answered(fixture: &Fixture, version: &str) -> u64 {
    heard(fixture, version, (200, None))
}

fn failed(fixture: &Fixture, error: CallError) -> u64 {
    ["blue", "green", "unknown"]
        .map(|version| heard(fixture, version, (0, Some(error))))
        .iter()
        .sum()
}

/// Open connections to the pods of this version.
fn open(fixture: &Fixture, version: &str) -> usize {
    let world = &fixture.engine.model;
    let pool = world.workload.users[1].pool.as_ref().expect("they call directly");
    let there = |to| world.registry.name(to).version == version;
    pool.open_ones(fixture.engine.now()).filter(|one| there(one.to)).count()
}

fn delete(fixture: &mut Fixture, kind: Kind, name: &str) {
    fixture.engine.intervene(|world, ctx| {
        world.api.delete(kind, name);
        world.object_changed(kind, name, ctx);
    });
}

/// K8S-72.
#[test]
fn connections_that_are_open_stay_on_blue_when_the_selector_is_green() {
    let mut fixture = serving(&called(200.0, calls()), 1);
    assert_eq!(open(&fixture, "green"), 0);
    fixture.apply(&service("green"));
    fixture.run_checked(5);
    let [blue, green] = ["blue", "green"].map(|version| answered(&fixture, version));
    fixture.run_checked(65);
    let on_blue = answered(&fixture, "blue") - blue;
    let on_green = answered(&fixture, "green") - green;
    assert!(20 * on_green < on_blue, "{on_blue} on blue, {on_green} on green");
    // Meanwhile the gateway, which chooses for each request, has long gone over (IST-73).
    let shoppers = fixture.counted("blue", 200);
    fixture.run_checked(125);
    assert_eq!(fixture.counted("blue", 200), shoppers);
    assert!(0 < fixture.counted("green", 200));
}

/// K8S-71: each of three pods gets a third of the connections, give or take 4 sigma of 30.
#[test]
fn a_new_connection_gets_any_endpoint_with_equal_chance() {
    let once = DirectCalls { max_requests: Some(1), ..calls() };
    let mut fixture = serving(&called(100.0, once), 2);
    fixture.run_checked(60);
    let world = &fixture.engine.model;
    let pods: Vec<u64> = world
        .cluster
        .state
        .pods
        .values()
        .filter(|pod| pod.version() == "blue")
        .map(|pod| world.application.server(pod.id).expect("it runs").served)
        .collect();
    let all: u64 = pods.iter().sum();
    assert!(8_000 < all);
    for served in pods {
        let share = served as f64 / all as f64;
        let sigma = (2.0 / 9.0 / all as f64).sqrt();
        assert!((share - 1.0 / 3.0).abs() < 4.0 * sigma, "{served} of {all}");
    }
}

/// K8S-72.
#[test]
fn limits_of_requests_age_and_idle_time_bring_callers_to_green() {
    let limits: [fn(DirectCalls) -> DirectCalls; 3] = [
        |calls| DirectCalls { max_requests: Some(100), ..calls },
        |calls| DirectCalls { max_age: Some(MINUTE), ..calls },
        // Ten calls a second on the last used of a few connections: the others are idle.
        |calls| DirectCalls { idle: SimDuration::from_millis(20), ..calls },
    ];
    for (index, limit) in limits.into_iter().enumerate() {
        let mut fixture = serving(&called(10.0, limit(calls())), 3);
        fixture.apply(&service("green"));
        fixture.run_checked(200);
        assert_eq!(open(&fixture, "blue"), 0, "limit {index}");
        let blue = answered(&fixture, "blue");
        fixture.run_checked(230);
        assert_eq!(answered(&fixture, "blue"), blue, "limit {index}");
        assert_eq!(
            fixture.engine.model.registry.users[1].ended(),
            fixture.engine.model.registry.users[1].answered
        );
    }
}

/// K8S-60, 64: a graceful pod closes idle connections and answers the rest; a caller's next request
/// opens another. Only what is just under way at SIGTERM is reset.
#[test]
fn a_graceful_pod_that_ends_costs_its_callers_next_to_nothing() {
    let mut fixture = serving(&called(200.0, calls()), 4);
    fixture.apply(&service("green"));
    fixture.run_checked(5);
    assert!(0 < open(&fixture, "blue"));
    delete(&mut fixture, Kind::Deployment, "my-app-blue");
    fixture.run_checked(60);
    assert_eq!(open(&fixture, "blue"), 0);
    // 200 a second, a millisecond there and back, three pods.
    assert!(failed(&fixture, CallError::Reset) <= 3);
    assert_eq!(failed(&fixture, CallError::Refused), 0);
}

/// K8S-60: the process ends at SIGTERM, and what it had begun is reset. No proxy says so.
#[test]
fn a_pod_that_ends_at_once_resets_what_it_has_begun() {
    let mut scenario = called(200.0, calls());
    for release in scenario.releases.values_mut() {
        release.graceful = false;
    }
    let mut fixture = serving(&scenario, 5);
    fixture.apply(&service("green"));
    fixture.run_checked(5);
    delete(&mut fixture, Kind::Deployment, "my-app-blue");
    fixture.run_checked(60);
    let resets = fixture.engine.model.registry.users[1].resets;
    assert!(0 < resets);
    assert_eq!(resets, heard(&fixture, "blue", (0, Some(CallError::Reset))));
    let source = fixture.engine.model.registry.series();
    assert!(source.filter(|(_, one)| one.flag != Flags::NONE).count() == 0, "Istio saw nothing");
    let trace = &fixture.engine.model.trace;
    let told = trace.iter().find(|one| one.topic == Topic::Request).expect("it is told");
    assert!(told.text.starts_with("failed with reset: the pod closed"), "{}", told.text);
}

/// K8S-74: with nothing else left, kube-proxy uses pods that end and still serve. Istio does not
/// (IST-46).
#[test]
fn without_a_ready_endpoint_new_connections_go_to_those_that_end_and_serve() {
    let once = DirectCalls { max_requests: Some(1), ..calls() };
    let mut fixture = serving(&called(50.0, once), 6);
    let hook = "        lifecycle: {preStop: {sleep: {seconds: 20}}}\n";
    fixture.apply(&format!("{}{hook}", deployment("blue", "myorg/myapp:v1")));
    fixture.run_checked(60);
    delete(&mut fixture, Kind::Deployment, "my-app-blue");
    fixture.run_checked(62);
    let before = answered(&fixture, "blue");
    let (lost, refused) = (fixture.counted("unknown", 503), failed(&fixture, CallError::Refused));
    fixture.run_checked(75);
    assert!(500 < answered(&fixture, "blue") - before);
    assert_eq!(failed(&fixture, CallError::Refused), refused);
    assert!(lost < fixture.counted("unknown", 503), "the gateway has no endpoint: 503 UH");
    fixture.run_checked(90);
    assert!(refused < failed(&fixture, CallError::Refused), "no endpoint at all: refused");
}

/// K8S-72: the proxy of the node writes when it has seen the change, at most once a second.
#[test]
fn kube_proxy_learns_of_a_change_later_and_writes_at_most_once_a_second() {
    let mut fixture = serving(&called(1.0, calls()), 7);
    let written = |fixture: &Fixture| -> Vec<SimTime> {
        let trace = fixture.engine.model.trace.iter();
        let mine = trace.filter(|one| one.subject == "kube-proxy/my-app-service");
        mine.map(|one| one.at).collect()
    };
    let from = written(&fixture).len();
    for _ in 0..3 {
        fixture.apply(&service("green"));
        fixture.run_checked(fixture.engine.now().as_whole_secs());
        let now = fixture.engine.now();
        fixture.engine.run_until(now + SimDuration::from_millis(200));
        fixture.apply(&service("blue"));
        let now = fixture.engine.now();
        fixture.engine.run_until(now + SimDuration::from_millis(200));
    }
    fixture.run_checked(10);
    let times = &written(&fixture)[from..];
    assert!(SimTime::ZERO < times[0] && times.len() < 6, "{times:?}");
    assert!(times.windows(2).all(|two| SimDuration::from_secs(1) <= two[1].since(two[0])));
}

#[test]
fn what_a_caller_meets_has_the_name_that_its_client_gives_it() {
    let meets = |calls: DirectCalls, break_it: fn(&mut Fixture)| {
        let mut fixture = serving(&called(20.0, calls), 8);
        break_it(&mut fixture);
        fixture.run_checked(20);
        let kinds = fixture.engine.model.failures.iter().map(|(kind, _)| kind.2);
        let callers = kinds.filter(|sign| matches!(sign, Sign::Caller(_)));
        callers.map(|sign| sign.to_string()).collect::<Vec<_>>()
    };
    let once = || DirectCalls { max_requests: Some(1), ..calls() };
    assert_eq!(meets(DirectCalls { service: "nobody".into(), ..once() }, |_| ()), ["unknown host"]);
    assert_eq!(meets(DirectCalls { port: 81, ..once() }, |_| ()), ["timeout"]);
    let to_nobody = |fixture: &mut Fixture| fixture.apply(&service("red"));
    assert_eq!(meets(once(), to_nobody), ["refused"]);
    let to_another_port =
        |fixture: &mut Fixture| fixture.apply(&service("blue").replace("8080", "9090"));
    assert_eq!(meets(once(), to_another_port), ["refused"]);
    assert_eq!(meets(DirectCalls { count: 1, ..calls() }, |_| ()), [] as [&str; 0]);
}

/// The application counts whoever asks; Istio's counters know the gateway's requests only.
#[test]
fn the_applications_own_counter_sees_what_istio_does_not() {
    let mut fixture = serving(&called(50.0, calls()), 9);
    fixture.run_checked(60);
    let world = &fixture.engine.model;
    let own: u64 = world.application.servers().map(|server| server.served).sum();
    let istio = fixture.counted("blue", 200) + fixture.counted("blue", 404);
    let direct = answered(&fixture, "blue");
    // Those in hand are counted by the one and not yet by the other.
    assert!(own.abs_diff(istio + direct) <= 4, "{own}, {istio}, {direct}");
    assert!(5 * istio < direct);
    let series = world.telemetry.tsdb.ids().map(|id| world.telemetry.tsdb.labels(id));
    let own = series.filter(|labels| labels.get("__name__") == "http_requests_total");
    assert_eq!(own.filter(|labels| labels.get("version") == "blue").count(), 3);
}

#[test]
fn a_service_that_is_deleted_has_no_address_and_its_connections_stay() {
    let mut fixture = serving(&called(50.0, calls()), 10);
    assert!(matches!(
        fixture.engine.model.api.get(Kind::Service, "my-app-service").map(|one| &one.manifest.spec),
        Some(Spec::Service(_))
    ));
    delete(&mut fixture, Kind::Service, "my-app-service");
    fixture.run_checked(5);
    let before = answered(&fixture, "blue");
    fixture.run_checked(25);
    assert!(500 < answered(&fixture, "blue") - before);
}

#[test]
fn a_summary_tells_direct_calls_by_version_and_outcome_since_time_zero() {
    // Nothing is deployed: the name has no address.
    let scenario = Arc::new(called(50.0, calls()));
    let mut simulation = Simulation::new(scenario, Seed(1));
    assert!(Summary::of(&simulation).direct.is_empty());
    simulation.run_until(SimTime::from_secs(10));
    let summary = Summary::of(&simulation);
    let [row] = summary.direct.as_slice() else { panic!("{:?}", summary.direct) };
    assert_eq!((row.version.as_str(), row.outcome.as_str()), ("unknown", "unknown host"));
    assert!(row.failed);
    let checkout = &summary.users[1];
    assert_eq!((checkout.refused, checkout.sent), (row.count, row.count));
    assert!(summary.requests.is_empty(), "no proxy saw anything: {:?}", summary.requests);
}

/// Blue with classic sidecars, called directly.
fn behind_sidecars(rate: f64, seed: u64) -> Fixture {
    let mut fixture = Fixture::new(&called(rate, calls()), seed);
    fixture.engine.intervene(|world, _| {
        let labels = [("istio-injection".to_owned(), "enabled".to_owned())].into();
        world.cluster.state.namespace_labels.insert("default".to_owned(), labels);
    });
    fixture.apply(&service("blue"));
    fixture.apply(&deployment("blue", "myorg/myapp:v1"));
    fixture.run_checked(-10);
    fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
    fixture.run_checked(10);
    fixture
}

/// IST-91: the sidecar of the pod has seen them, whoever has sent them.
#[test]
fn a_sidecar_counts_the_requests_of_direct_callers() {
    let fixture = behind_sidecars(50.0, 1);
    let heard = answered(&fixture, "blue");
    let series = fixture.engine.model.registry.series();
    let seen = series.filter(|(_, one)| one.reporter == Reporter::Destination && one.code == 200);
    let seen: u64 = seen.map(|(_, one)| one.requests).sum();
    assert!(500 < heard, "{heard}");
    // A few have been answered and have yet to be heard.
    assert!((heard..heard + 10).contains(&seen), "{seen} seen, {heard} heard");
}

/// IST-81: the connection is the sidecar's, and ends with it.
#[test]
fn a_classic_sidecar_that_ends_closes_the_connections_of_direct_callers() {
    let mut fixture = behind_sidecars(50.0, 1);
    let pods = fixture.engine.model.cluster.state.pods.keys().copied().collect::<Vec<_>>();
    fixture.engine.intervene(|world, ctx| {
        let scope = &mut crate::world::Scope { ctx, trace: &mut world.trace };
        pods.iter().for_each(|pod| world.cluster.delete_pod(*pod, None, scope));
    });
    fixture.run_checked(60);
    let mut texts = fixture.engine.model.trace.iter().map(|entry| entry.text.as_ref());
    assert!(texts.any(|text: &str| text.contains(" has closed ")));
    // Every request has ended one way or another; the invariants have been checked at every step.
    assert!(500 < answered(&fixture, "blue"));
}
