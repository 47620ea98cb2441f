//! Sidecars on the way of real requests: what their start and end do to users (IST-80..82).

use super::*;
use crate::cluster::pod::PodId;
use crate::cluster::version::Version;
use crate::request::ClientSide;
use crate::why::{self, Origin};

/// Blue with sidecars, which serves requests that take so long.
struct Shop {
    rate: f64,
    takes: SimDuration,
    startup: SimDuration,
    version: &'static str,
    annotations: &'static str,
    hook: &'static str,
}

const SHOP: Shop = Shop {
    rate: 20.0,
    takes: SimDuration::from_millis(10),
    startup: SimDuration::from_secs(5),
    version: "v1.32",
    annotations: "",
    hook: "",
};

impl Shop {
    fn scenario(&self) -> Arc<Scenario> {
        let mut scenario = scenario(self.rate, 0.0);
        let changed = Arc::make_mut(&mut scenario);
        changed.cluster.version = Version::parse(self.version).unwrap();
        // The nodes have all images, as in most rollouts.
        changed.timing.pull = (SimDuration::from_millis(1), SimDuration::from_millis(1));
        changed.traffic[0].timeout = SimDuration::from_secs(60);
        changed.traffic[0].retries = 0;
        for release in changed.releases.values_mut() {
            release.startup = (self.startup, self.startup);
            release.cold_factor = 1.0;
            release.workers = 500;
            release.pool = None;
            release.routes[0].cpu = Lognormal::new(self.takes, 0.0);
        }
        scenario
    }

    fn blue(&self) -> String {
        let blue = deployment("blue", "myorg/myapp:v1");
        let own = format!(
            "labels: {{app: my-app, version: blue}}, annotations: {{{}}}",
            self.annotations
        );
        let written = "template:\n    metadata: {labels: {app: my-app, version: blue}";
        let changed = blue.replace(written, &format!("template:\n    metadata: {{{own}"));
        assert_ne!(changed, blue, "the fixture's template has changed");
        format!("{changed}{}", self.hook)
    }

    /// Users arrive from second -30 on.
    fn open(&self) -> Fixture {
        let mut fixture = Fixture::new(&self.scenario(), 1);
        enable(&mut fixture);
        fixture.apply(SERVICE);
        fixture.apply(MESH);
        fixture.apply(&self.blue());
        fixture.apply(&routes(100, 0));
        fixture.run_checked(-30);
        fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
        fixture.run_checked(0);
        fixture
    }
}

fn enable(fixture: &mut Fixture) {
    fixture.engine.intervene(|world, _| {
        let labels = [("istio-injection".to_owned(), "enabled".to_owned())].into();
        world.cluster.state.namespace_labels.insert("default".to_owned(), labels);
    });
}

fn pods(fixture: &Fixture) -> Vec<PodId> {
    fixture.engine.model.cluster.state.pods.keys().copied().collect()
}

/// `kubectl delete pod`.
fn delete(fixture: &mut Fixture, pods: &[PodId]) {
    fixture.engine.intervene(|world, ctx| {
        let scope = &mut crate::world::Scope { ctx, trace: &mut world.trace };
        pods.iter().for_each(|pod| world.cluster.delete_pod(*pod, None, scope));
    });
}

/// Failed requests by code and flag.
fn failed(fixture: &Fixture) -> Vec<(u16, String, u64)> {
    let failures = fixture.engine.model.failures.iter();
    failures.map(|((_, code, flag), count)| (*code, flag.to_string(), count.total)).collect()
}

fn destination(fixture: &Fixture, code: u16, flag: &str) -> u64 {
    let series = fixture.engine.model.registry.series();
    let wanted = series.filter(|(_, one)| {
        one.reporter == Reporter::Destination && one.code == code && one.flag.to_string() == flag
    });
    wanted.map(|(_, one)| one.requests).sum()
}

fn restarts(fixture: &Fixture) -> u32 {
    let pods = fixture.engine.model.cluster.state.pods.values();
    pods.map(|pod| pod.containers[0].restarts).sum()
}

const LONG: Shop = Shop { takes: SimDuration::from_secs(8), ..SHOP };

/// What is lost when one of three pods is deleted that works 8 s for each request.
fn lost_by_a_deletion(shop: &Shop) -> Vec<(u16, String, u64)> {
    let mut fixture = shop.open();
    assert_eq!(failed(&fixture), []);
    let pod = pods(&fixture)[0];
    delete(&mut fixture, &[pod]);
    fixture.run_checked(4);
    assert_eq!(failed(&fixture), [], "it drains");
    fixture.run_checked(40);
    failed(&fixture)
}

#[test]
fn a_classic_sidecar_cuts_what_its_graceful_application_still_works_on_after_five_seconds() {
    // IST-80, 81: of 20/s a pod gets a third; those of the last 3 of 8 s have not ended 5 s later.
    let lost = lost_by_a_deletion(&LONG);
    let [(503, flag, count)] = &lost[..] else { panic!("{lost:?}") };
    assert_eq!(flag, "UC");
    assert!((5..40).contains(count), "{count}");
}

#[test]
fn a_native_sidecar_outlives_its_application_and_nothing_is_lost() {
    // IST-81.
    assert_eq!(lost_by_a_deletion(&Shop { version: "v1.33", ..LONG }), []);
}

#[test]
fn a_longer_drain_or_waiting_for_requests_saves_what_a_classic_sidecar_would_cut() {
    // IST-80.
    for annotations in [
        "proxy.istio.io/config: 'terminationDrainDuration: 15s'",
        "proxy.istio.io/config: '{proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"true\"}}'",
    ] {
        assert_eq!(lost_by_a_deletion(&Shop { annotations, ..LONG }), [], "{annotations}");
    }
}

#[test]
fn the_pre_stop_hook_of_the_application_does_not_keep_a_classic_sidecar_alive() {
    // IST-81, K8S-61: the gateway never learns that the pods end, and the hook holds SIGTERM back for
    // 15 s. The sidecars are gone after 5.
    let hook = "        lifecycle: {preStop: {sleep: {seconds: 15}}}\n";
    let lost = |version, until| {
        let mut fixture = Shop { hook, version, ..SHOP }.open();
        fixture.engine.intervene(|world, _| world.mesh.stuck = true);
        let all = pods(&fixture);
        delete(&mut fixture, &all);
        fixture.run_checked(until);
        failed(&fixture)
    };
    assert_eq!(lost("v1.32", 4), []);
    let refused = lost("v1.32", 14);
    let [(503, flag, count)] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!(flag, "URX,UF");
    // 20/s for about 9 s.
    assert!((120..240).contains(count), "{count}");
    assert_eq!(lost("v1.33", 14), [], "a native sidecar waits for the hook and the application");
}

#[test]
fn a_sidecar_answers_for_an_application_that_has_crashed_and_the_gateway_does_not_retry() {
    // IST-30, 81: behind a sidecar that lives a crash is no closed connection, but an answer.
    let mut fixture = Shop { rate: 200.0, takes: SimDuration::from_millis(100), ..SHOP }.open();
    fixture.engine.intervene(|world, ctx| {
        let server = world.application.servers().next().unwrap();
        let killed =
            crate::application::ApplicationEvent::Killed { pod: server.pod, run: server.run };
        ctx.after(SimDuration::ZERO, killed.into());
    });
    fixture.run_checked(20);
    let lost = failed(&fixture);
    let [(503, flag, count)] = &lost[..] else { panic!("{lost:?}") };
    assert_eq!(flag, "-", "the gateway has got an answer");
    assert_eq!(destination(&fixture, 503, "UC") + destination(&fixture, 503, "UF"), *count);
    assert!(0 < destination(&fixture, 503, "UC"), "it was in work");
    assert!(0 < destination(&fixture, 503, "UF"), "it came while nobody listened");
}

#[test]
fn retries_save_a_drain_without_sidecars_and_not_one_with_them() {
    // IST-30, 81, K8S-60: an application that ends refuses what the gateway still sends. Bare, that is
    // a refused connection, which is retried; behind a sidecar it is an answer, which is not.
    let lost = |annotations| {
        let shop = Shop { rate: 300.0, version: "v1.33", annotations, ..SHOP };
        let mut fixture = shop.open();
        let all = pods(&fixture);
        for pod in all {
            delete(&mut fixture, &[pod]);
            let now = fixture.engine.now().as_whole_secs();
            fixture.run_checked(now + 30);
        }
        failed(&fixture)
    };
    assert_eq!(lost("sidecar.istio.io/inject: 'false'"), []);
    let lost = lost("");
    let [(503, flag, count)] = &lost[..] else { panic!("{lost:?}") };
    assert_eq!(flag, "-");
    // 100/s to each of three pods for at most 0.6 s.
    assert!((3..=180).contains(count), "{count}");
}

#[test]
fn an_application_that_is_faster_than_its_sidecar_finds_no_database_and_starts_again() {
    // IST-82, K8S-50.
    let start = |version, annotations, startup| {
        let shop = Shop { version, annotations, startup, ..SHOP };
        let fixture = shop.open();
        assert_eq!(failed(&fixture), []);
        assert_eq!(fixture.engine.model.application.servers().count(), 3, "all get there");
        let said = fixture.engine.model.trace.iter().any(|entry| {
            entry.rules.contains(&"IST-82") && entry.text.starts_with("application ends")
        });
        assert_eq!(said, 0 < restarts(&fixture));
        restarts(&fixture)
    };
    let fast = SimDuration::from_millis(100);
    assert!(3 <= start("v1.32", "", fast));
    assert_eq!(start("v1.32", "", SimDuration::from_secs(5)), 0, "by then the proxy is up");
    let hold = "proxy.istio.io/config: 'holdApplicationUntilProxyStarts: true'";
    assert_eq!(start("v1.32", hold, fast), 0);
    assert_eq!(start("v1.33", "", fast), 0);
}

#[test]
fn an_application_without_database_does_not_mind_that_its_sidecar_is_late() {
    // IST-82.
    let shop = Shop { startup: SimDuration::from_millis(100), ..SHOP };
    let mut scenario = shop.scenario();
    for release in Arc::make_mut(&mut scenario).releases.values_mut() {
        release.routes[0].sql.clear();
    }
    let mut fixture = Fixture::new(&scenario, 1);
    enable(&mut fixture);
    fixture.apply(&shop.blue());
    fixture.run_checked(-30);
    assert_eq!((pods(&fixture).len(), restarts(&fixture)), (3, 0));
}

#[test]
fn work_without_a_sidecar_goes_on_for_nobody_and_reaches_no_database() {
    // IST-81, E.2: every worker and connection is free again in the end.
    let mut fixture = LONG.open();
    let pod = pods(&fixture)[0];
    delete(&mut fixture, &[pod]);
    fixture.run_checked(6);
    let busy =
        |fixture: &Fixture| fixture.engine.model.application.server(pod).map(|server| server.busy);
    assert!(busy(&fixture).is_some_and(|busy| 0 < busy), "the application works on");
    let at_pod = fixture.engine.model.requests.at_pod(pod);
    let of_nobody =
        at_pod.iter().all(|id| fixture.engine.model.requests[*id].client == ClientSide::Done);
    assert!(of_nobody);
    fixture.run_checked(15);
    assert_eq!(busy(&fixture), None, "it has ended by itself");
}

#[test]
fn a_lost_node_takes_the_sidecars_with_it() {
    // K8S-92.
    let mut fixture = SHOP.open();
    fixture.engine.intervene(|_, ctx| {
        ctx.after(SimDuration::ZERO, crate::cluster::ClusterEvent::NodeLost(0).into());
    });
    fixture.run_checked(1);
    let model = &fixture.engine.model;
    assert_eq!((model.mesh.sidecars.count(), model.application.servers().count()), (2, 2));
}

#[test]
fn why_names_the_rule_of_a_sidecar_that_ended_before_its_application() {
    // IST-80, 81.
    let mut scenario = LONG.scenario();
    let changed = Arc::make_mut(&mut scenario);
    for (path, text) in
        [("mesh.yaml", MESH), ("service.yaml", SERVICE), ("route.yaml", &routes(100, 0))]
    {
        changed.workspace.insert(path.into(), text.into());
    }
    changed.workspace.insert("blue.yaml".into(), LONG.blue());
    changed.start = vec![
        "kubectl label namespace default istio-injection=enabled".into(),
        "kubectl apply -f service.yaml -f mesh.yaml -f route.yaml -f blue.yaml".into(),
    ];
    let mut simulation = Simulation::new(Arc::clone(&scenario), Seed(1));
    simulation.run_until(SimTime::from_secs(20));
    let name = simulation.world().cluster.state.pods.values().next().unwrap().name.clone();
    let command = format!("kubectl delete pod {name} --wait=false");
    assert_eq!(simulation.execute(&command).status, Some(0));
    let until = SimTime::from_secs(40);
    simulation.run_until(until);
    let trace = simulation.trace();
    let failure = trace.iter().find(|entry| entry.text.contains("503 UC")).expect("one is cut");
    let number = failure.subject.strip_prefix("request/").unwrap().parse().unwrap();
    let origin = Origin { scenario, seed: Seed(1) };
    let log = [crate::scenario::LogEntry { at: SimTime::from_secs(20), command: command.clone() }];
    let journey = why::request(&origin, &log, number, until).unwrap();
    let step = journey.steps.iter().find(|step| step.rules.contains(&"IST-81"));
    let told = step.expect("a step names the rule");
    assert_eq!(told.text, "the pod's sidecar ends before the application has answered");
    let chain = &journey.because[0].chain;
    assert!(chain.iter().any(|entry| entry.text.starts_with("istio-proxy has drained and ends")));
    assert_eq!(chain.last().map(|entry| entry.text.as_str()), Some(command.as_str()));
}
