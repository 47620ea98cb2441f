//! The world as a whole: real manifests in, users served, nothing lost.

mod callers;
mod destinations;
mod drain;
mod gateways;
mod limits;
mod mesh;
mod queueing;
mod scrapes;
mod sidecars;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::application::memory::Memory;
use crate::application::release::{Release, ReleaseRoute, Statement};
use crate::delivery::Addons;
use crate::engine::Engine;
use crate::manifest;
use crate::random::{Lognormal, Seed};
use crate::scenario::{
    ClusterShape, DatabaseShape, Hint, MeshShape, Objective, ObjectiveMode, Population,
    RequestKind, Scenario, Timing, Way,
};
use crate::simulation::Simulation;
use crate::telemetry::registry::Reporter;
use crate::time::{SimDuration, SimTime};
use crate::world::World;

pub(crate) const SERVICE: &str = "
apiVersion: v1
kind: Service
metadata: {name: my-app-service}
spec:
  selector: {app: my-app}
  ports: [{port: 80, targetPort: 8080}]
";

pub(crate) const MESH: &str = "
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: my-gateway}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-app-dr}
spec:
  host: my-app-service
  subsets:
  - {name: blue, labels: {version: blue}}
  - {name: green, labels: {version: green}}
";

pub(crate) fn deployment(version: &str, image: &str) -> String {
    format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: my-app-{version}}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: my-app, version: {version}}}}}
  template:
    metadata: {{labels: {{app: my-app, version: {version}}}}}
    spec:
      containers:
      - name: my-app
        image: {image}
        ports: [{{containerPort: 8080}}]
        readinessProbe: {{httpGet: {{path: /health, port: 8080}}, periodSeconds: 5}}
"
    )
}

pub(crate) fn routes(blue: u32, green: u32) -> String {
    format!(
        "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: my-app-vs}}
spec:
  hosts: ['*']
  gateways: [my-gateway]
  http:
  - route:
    - {{destination: {{host: my-app-service, subset: blue}}, weight: {blue}}}
    - {{destination: {{host: my-app-service, subset: green}}, weight: {green}}}
"
    )
}

fn release(errors: f64) -> Release {
    let cpu_mean = SimDuration::from_millis(12);
    Release {
        startup: (SimDuration::from_secs(4), SimDuration::from_secs(8)),
        workers: 4,
        queue: 64,
        pool: Some(3),
        cold_factor: 3.0,
        cold_requests: 200.0,
        connection_timeout: SimDuration::from_secs(30),
        health: "/health".into(),
        health_database: false,
        graceful: true,
        memory: Memory::default(),
        values: BTreeMap::new(),
        routes: vec![ReleaseRoute {
            method: "GET".into(),
            path: "/orders".into(),
            cpu: Lognormal::new(cpu_mean, 0.8),
            cpu_mean,
            sql: vec![
                Statement { text: "SELECT 1".into(), mean: SimDuration::from_millis(3) },
                Statement { text: "SELECT 2".into(), mean: SimDuration::from_millis(2) },
            ],
            transaction: false,
            errors,
        }],
    }
}

/// A shop with two releases and three nodes; green answers this share with an error.
pub(crate) fn scenario(rate: f64, errors: f64) -> Arc<Scenario> {
    let request = |path: &str, share| RequestKind {
        method: "GET".into(),
        path: path.into(),
        share,
        headers: BTreeMap::new(),
    };
    Arc::new(Scenario {
        name: "fixture".into(),
        title: "Fixture".into(),
        level: "junior".into(),
        teaches: Vec::new(),
        brief: String::new(),
        debrief: String::new(),
        duration: SimDuration::from_secs(600),
        addons: Addons::default(),
        cluster: ClusterShape {
            nodes: 3,
            cpu_milli: 4000,
            memory_bytes: 16 << 30,
            ..ClusterShape::default()
        },
        start: Vec::new(),
        releases: [("myorg/myapp:v1", 0.0), ("myorg/myapp:v2", errors)]
            .map(|(image, errors)| (image.to_owned(), release(errors)))
            .into(),
        tasks: BTreeMap::new(),
        database: DatabaseShape {
            name: "orders".into(),
            cores: Some(4),
            connections: 97,
            schema_version: "V1".into(),
            ..DatabaseShape::default()
        },
        mesh: MeshShape::default(),
        traffic: vec![Population {
            name: "shoppers".into(),
            rate,
            on_demand: false,
            way: Way::Gateway,
            host: "shop.example.com".into(),
            requests: vec![request("/orders", 9.0), request("/missing", 1.0)],
            timeout: SimDuration::from_millis(400),
            retries: 1,
            back_off: (SimDuration::from_millis(50), SimDuration::from_millis(100)),
        }],
        timing: Timing::default(),
        events: Vec::new(),
        rules: Vec::new(),
        rule_files: Vec::new(),
        routing: Default::default(),
        objectives: Vec::new(),
        hints: Vec::new(),
        workspace: BTreeMap::new(),
        solutions: BTreeMap::new(),
        naive: BTreeMap::new(),
    })
}

#[test]
fn a_hint_towards_a_reached_objective_is_not_given() {
    let hint = |towards: &str| Hint {
        when: "vector(time()) > 30".into(),
        say: towards.into(),
        towards: Some(towards.into()),
    };
    let objective = |id: &str, condition: &str| Objective {
        id: id.into(),
        title: id.into(),
        mode: ObjectiveMode::Eventually,
        condition: condition.into(),
    };
    let mut scenario = Arc::unwrap_or_clone(scenario(1.0, 0.0));
    scenario.objectives = vec![objective("early", "vector(1)"), objective("late", "vector(0) > 0")];
    scenario.hints = vec![hint("early"), hint("late")];
    let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
    simulation.run_until(SimTime::from_secs(60));
    let said: Vec<_> = simulation.hints().iter().map(|(_, hint)| &*hint.say).collect();
    assert_eq!(said, ["late"]);
}

/// A world without a console: manifests are put into the API directly.
pub(crate) struct Fixture {
    pub(crate) engine: Engine<World>,
    /// Sum over time of the users who wait, in user-microseconds.
    waited: u128,
}

impl Fixture {
    pub(crate) fn new(scenario: &Scenario, seed: u64) -> Self {
        let engine =
            Engine::new(SimTime::from_secs(-60), |ctx| World::new(scenario, Seed(seed), ctx));
        Self { engine, waited: 0 }
    }

    pub(crate) fn apply(&mut self, text: &str) {
        let documents = manifest::parse("fixture.yaml", text).expect("YAML");
        for document in documents {
            let manifest = document.manifest.expect("a valid manifest");
            self.engine.intervene(|world, ctx| {
                let (kind, name) = (manifest.spec.kind(), manifest.name.clone());
                let uid = world.cluster.fresh_uid();
                world.api.put(manifest, ctx.now, ctx.id, uid);
                world.object_changed(kind, &name, ctx);
            });
        }
    }

    /// Blue serves everything from second -40 on, and users arrive.
    pub(crate) fn serving(scenario: &Scenario, seed: u64) -> Self {
        let mut fixture = Self::new(scenario, seed);
        fixture.apply(SERVICE);
        fixture.apply(MESH);
        fixture.apply(&deployment("blue", "myorg/myapp:v1"));
        fixture.apply(&routes(100, 0));
        fixture.run_checked(-30);
        fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
        fixture
    }

    /// Runs until this second and checks every invariant after every event.
    pub(crate) fn run_checked(&mut self, until_secs: i64) {
        let limit = SimTime::from_secs(until_secs);
        loop {
            let (before, waiting) = (self.engine.now(), self.waiting());
            let stepped = self.engine.step(limit);
            let now = if stepped { self.engine.now() } else { limit };
            self.waited += u128::from(waiting) * u128::from(now.since(before).as_micros());
            if !stepped {
                break;
            }
            if let Err(broken) = self.engine.model.check(now) {
                panic!("{broken} at {now}");
            }
        }
        self.engine.advance_clock(limit);
    }

    fn waiting(&self) -> u32 {
        self.engine.model.workload.users.iter().map(|users| users.waiting).sum()
    }

    /// Sum over time of the users who wait, in user-seconds.
    pub(crate) fn waited_secs(&self) -> f64 {
        self.waited as f64 / 1e6
    }

    /// Requests that the gateway counted with this version and code.
    pub(crate) fn counted(&self, version: &str, code: u16) -> u64 {
        let series = self.engine.model.registry.series();
        series
            .filter(|(to, one)| {
                one.reporter == Reporter::Source && one.code == code && to.version == version
            })
            .map(|(_, one)| one.requests)
            .sum()
    }
}

/// A.8: 90 requests/s of 12 ms on three warm pods are 360 thousandths of a core each.
#[test]
fn the_metrics_server_measures_the_cpu_time_of_requests() {
    let scenario = scenario(100.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 1);
    fixture.run_checked(121);
    let pods: Vec<_> = fixture.engine.model.cluster.state.pods.values().collect();
    assert_eq!(pods.len(), 3);
    for pod in pods {
        let usage = pod.usage.expect("it runs");
        assert_eq!((usage.at.as_micros() % 15_000_000, usage.window.as_micros()), (0, 15_000_000));
        // 450 requests with a variation of 0.8 and Poisson arrivals: 6 %; five times that.
        assert!((250..470).contains(&usage.cpu_milli), "{usage:?}");
    }
}

#[test]
fn blue_serves_every_user_and_unknown_paths_get_404() {
    let scenario = scenario(100.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 1);
    fixture.run_checked(30);
    let counts = fixture.engine.model.registry.users[0];
    // 60 s at 100/s: 6000 arrivals, within five standard deviations.
    assert!((5_600..6_400).contains(&counts.sent), "{counts:?}");
    assert_eq!((counts.errors, counts.timeouts, counts.refused), (0, 0, 0));
    assert!(0 < fixture.counted("blue", 404) && 5_000 < fixture.counted("blue", 200));
}

#[test]
fn users_find_nobody_before_a_gateway_exists() {
    let scenario = scenario(10.0, 0.0);
    let mut fixture = Fixture::new(&scenario, 1);
    fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
    fixture.run_checked(-50);
    let counts = fixture.engine.model.registry.users[0];
    assert_eq!(counts.sent, counts.refused);
    assert!(0 < counts.refused);
}

#[test]
fn a_canary_gets_its_share_of_requests() {
    // IST-07, 73: after the push, 10 % within four standard deviations.
    let scenario = scenario(200.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 3);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(30);
    assert_eq!(fixture.counted("green", 200), 0, "a ready green gets nothing before its route");
    fixture.apply(&routes(90, 10));
    fixture.run_checked(31);
    let [blue, green] = ["blue", "green"].map(|version| fixture.counted(version, 200));
    fixture.run_checked(91);
    let blue = fixture.counted("blue", 200) - blue;
    let green = fixture.counted("green", 200) - green;
    let all = (blue + green) as f64;
    let share = green as f64 / all;
    assert!((share - 0.1).abs() < 4.0 * f64::sqrt(0.09 / all), "green got {share} of {all}");
}

#[test]
fn switching_before_green_is_ready_gives_503_uh() {
    // IST-22.
    let scenario = scenario(50.0, 0.0);
    let mut fixture = Fixture::serving(&scenario, 4);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.apply(&routes(0, 100));
    fixture.run_checked(0);
    let failures: Vec<_> = fixture.engine.model.failures.iter().map(|(kind, _)| kind).collect();
    assert!(failures.iter().all(|(version, code, flag)| {
        (version.as_str(), *code, flag.to_string().as_str()) == ("unknown", 503, "UH")
    }));
    assert!(!failures.is_empty());
    assert!(0 < fixture.counted("green", 200), "green serves once it is ready");
}

/// Q-01, 07.
#[test]
fn nothing_is_lost_in_overload_errors_and_timeouts_and_littles_law_holds() {
    // the users who wait, summed over time, are the times that the requests took, summed.
    for seed in 0..4 {
        let mut scenario = scenario(700.0, 0.05);
        Arc::make_mut(&mut scenario).traffic[0].timeout = SimDuration::from_millis(150);
        let mut fixture = Fixture::serving(&scenario, seed);
        fixture.apply(&deployment("green", "myorg/myapp:v2"));
        fixture.apply(&routes(50, 50));
        fixture.run_checked(-10);
        let registry = &fixture.engine.model.registry;
        let counts = registry.users[0];
        assert!(0 < counts.timeouts && 0 < counts.errors && 0 < counts.retries, "{counts:?}");
        let source = registry.series().filter(|(_, one)| one.reporter == Reporter::Source);
        let took: u64 = source.map(|(_, one)| one.sum_micros).sum();
        let now = fixture.engine.now();
        let open = fixture.engine.model.requests.iter();
        let open: u64 = open
            .filter(|one| one.client != crate::request::ClientSide::Done)
            .filter(|one| one.client != crate::request::ClientSide::Pausing)
            .map(|one| now.since(one.sent).as_micros())
            .sum();
        assert_eq!(fixture.waited, u128::from(took + open), "seed {seed}");
    }
}

#[test]
fn equal_seeds_give_equal_runs_and_other_seeds_do_not() {
    let digest = |seed| {
        let scenario = scenario(50.0, 0.1);
        let mut fixture = Fixture::serving(&scenario, seed);
        fixture.engine.run_until(SimTime::from_secs(20));
        fixture.engine.digest()
    };
    assert_eq!(digest(5), digest(5));
    assert_ne!(digest(5), digest(6));
}
