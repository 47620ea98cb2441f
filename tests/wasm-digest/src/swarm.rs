//! Random scenarios: everything that can differ does, extremes more often than in life.

use std::collections::BTreeMap;

use sim_core::application::memory::Memory;
use sim_core::application::release::{Release, ReleaseRoute, Statement};
use sim_core::application::task::Task;
use sim_core::cluster::version::Version;
use sim_core::delivery::Addons;
use sim_core::random::{Lognormal, Random, Seed, Stream};
use sim_core::scenario::{
    ClusterShape, DatabaseShape, DirectCalls, LogEntry, MeshShape, Population, RequestKind,
    Scenario, SidecarCalls, Timing, Way,
};
use sim_core::time::{SimDuration, SimTime};

/// A random scenario of five minutes, and a log of commands that fit it more or less.
pub(crate) fn scenario(seed: Seed) -> (Scenario, Vec<LogEntry>) {
    let random = &mut seed.stream(Stream::Swarm, 0);
    let workspace = workspace(random);
    let files = workspace.keys().map(String::as_str);
    let start = files.filter(|path| !["green.yaml", "canary.yaml", "migrate.yaml"].contains(path));
    let mut scenario = Scenario {
        name: format!("swarm-{}", seed.0),
        title: "Swarm".into(),
        level: "senior".into(),
        teaches: Vec::new(),
        brief: String::new(),
        debrief: String::new(),
        duration: SimDuration::from_secs(300),
        addons: Addons::default(),
        cluster: ClusterShape {
            nodes: 1 + random.below(4),
            cpu_milli: pick(random, &[1000, 2000, 4000]),
            memory_bytes: pick(random, &[2 << 30, 8 << 30]),
            version: Version::parse(pick(random, &["v1.32", "v1.35"])).unwrap_or_default(),
        },
        start: start.map(|path| format!("kubectl apply -f {path}")).collect(),
        releases: [1, 2].map(|tag| (format!("myorg/myapp:v{tag}"), release(random))).into(),
        tasks: BTreeMap::from([("myorg/migrate:v2".into(), task(random))]),
        database: DatabaseShape {
            name: "shop".into(),
            cores: pick(random, &[None, Some(1), Some(4), Some(16)]),
            connections: 97,
            schema_version: "1".into(),
            ..DatabaseShape::default()
        },
        mesh: MeshShape::default(),
        traffic: (0..1 + random.below(3)).map(|index| population(index, random)).collect(),
        timing: Timing {
            hop: SimDuration::from_micros(pick(random, &[0, 100, 500, 5_000])),
            scrape: SimDuration::from_secs(pick(random, &[1, 5, 15])),
            ..Timing::default()
        },
        events: Vec::new(),
        rules: Vec::new(),
        rule_files: Vec::new(),
        routing: Default::default(),
        objectives: Vec::new(),
        hints: Vec::new(),
        workspace,
        solutions: BTreeMap::new(),
        naive: BTreeMap::new(),
    };
    let log = log(random);
    scenario.mesh.gateways = pick(random, &[1, 1, 2, 3]);
    for population in &mut scenario.traffic {
        give_sidecars(population, random);
    }
    (scenario, log)
}

fn pick<T: Clone>(random: &mut Random, choices: &[T]) -> T {
    choices[random.below(choices.len() as u32) as usize].clone()
}

fn millis(random: &mut Random, choices: &[u64]) -> SimDuration {
    SimDuration::from_millis(pick(random, choices))
}

fn release(random: &mut Random) -> Release {
    let route = |path: &str, random: &mut Random| {
        let cpu_mean = millis(random, &[1, 5, 12, 60]);
        let statements = random.below(3);
        let statement = |random: &mut Random| Statement {
            text: "SELECT 1".into(),
            mean: millis(random, &[1, 3, 20]),
        };
        ReleaseRoute {
            method: "GET".into(),
            path: path.into(),
            cpu: Lognormal::new(cpu_mean, pick(random, &[0.0, 0.5, 0.8, 2.0])),
            cpu_mean,
            sql: (0..statements).map(|_| statement(random)).collect(),
            transaction: false,
            errors: pick(random, &[0.0, 0.0, 0.01, 0.3]),
        }
    };
    let start = millis(random, &[0, 2_000, 6_000, 40_000]);
    Release {
        startup: (start, start + millis(random, &[0, 4_000])),
        workers: pick(random, &[1, 4, 16]),
        queue: pick(random, &[0, 8, 64]),
        pool: pick(random, &[None, Some(1), Some(10)]),
        cold_factor: pick(random, &[1.0, 3.0]),
        cold_requests: 200.0,
        connection_timeout: SimDuration::from_secs(30),
        health: pick(random, &["/health", "/health", "/ready"]).into(),
        health_database: false,
        graceful: random.chance(0.7),
        memory: memory(random),
        values: BTreeMap::new(),
        routes: ["/orders", "/products"].map(|path| route(path, random)).into(),
    }
}

fn task(random: &mut Random) -> Task {
    let takes = (millis(random, &[0, 2_000]), millis(random, &[2_000, 20_000]));
    Task { takes, fails: pick(random, &[0.0, 0.3, 1.0]), exit: 3, log: Vec::new(), sql: None }
}

/// Some releases outgrow the limit of 256Mi.
fn memory(random: &mut Random) -> Memory {
    Memory {
        base: pick(random, &[64, 64, 64, 300]) << 20,
        request: pick(random, &[0, 1, 40]) << 20,
        leak_request: pick(random, &[0, 0, 50_000]),
        leak_second: pick(random, &[0, 0, 1_000_000]),
    }
}

fn population(index: u32, random: &mut Random) -> Population {
    let request = |path: &str| RequestKind {
        method: "GET".into(),
        path: path.into(),
        share: 1.0,
        headers: BTreeMap::new(),
    };
    Population {
        name: format!("users-{index}"),
        rate: pick(random, &[0.5, 10.0, 80.0, 300.0]),
        on_demand: false,
        way: direct(random).map_or(Way::Gateway, Way::Direct),
        host: "shop.example.com".into(),
        requests: ["/orders", "/products", "/nowhere"].map(request).into(),
        timeout: millis(random, &[50, 250, 3_000]),
        retries: random.below(3),
        back_off: (millis(random, &[0, 50]), millis(random, &[50, 500])),
    }
}

/// Some call the Service, some another that nobody has written.
fn direct(random: &mut Random) -> Option<DirectCalls> {
    let calls = DirectCalls {
        service: pick(random, &["my-app-service", "my-app-service", "nobody"]).into(),
        port: pick(random, &[80, 80, 81]),
        count: pick(random, &[1, 5, 40]),
        max_requests: pick(random, &[None, Some(1), Some(50)]),
        idle: millis(random, &[10, 1_000, 90_000]),
        max_age: pick(random, &[None, Some(SimDuration::from_secs(20))]),
    };
    random.chance(0.4).then_some(calls)
}

/// Some callers of a Service have sidecars.
fn give_sidecars(population: &mut Population, random: &mut Random) {
    let Way::Direct(DirectCalls { service, port, .. }) = &population.way else { return };
    let (service, port, pods) = (service.clone(), *port, 1 + random.below(3) as u8);
    if random.chance(0.5) {
        population.host.clone_from(&service);
        let (workload, labels) = (population.name.clone(), BTreeMap::new());
        population.way = Way::Sidecar(SidecarCalls { service, port, workload, pods, labels });
    }
}

fn workspace(random: &mut Random) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (version, tag) in [("blue", 1), ("green", 2)] {
        let replicas = 1 + random.below(5);
        let cpu = pick(random, &[100, 250, 900]);
        let (delay, period) = (random.below(6), 1 + random.below(10));
        let grace = pick(random, &[0, 1, 30]);
        let limits = pick(random, &["", "memory: 256Mi", "cpu: 900m", "cpu: 900m, memory: 256Mi"]);
        files.insert(
            format!("{version}.yaml"),
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: my-app-{version}}}\nspec:\n  \
                 replicas: {replicas}\n  selector: {{matchLabels: {{app: my-app, version: {version}}}}}\n  \
                 template:\n    metadata: {{labels: {{app: my-app, version: {version}}}}}\n    spec:\n      \
                 terminationGracePeriodSeconds: {grace}\n      containers:\n      - name: my-app\n        \
                 image: myorg/myapp:v{tag}\n        ports: [{{containerPort: 8080}}]\n        \
                 resources: {{requests: {{cpu: {cpu}m, memory: 128Mi}}, limits: {{{limits}}}}}\n        readinessProbe:\n          \
                 httpGet: {{path: /health, port: 8080}}\n          initialDelaySeconds: {delay}\n          \
                 periodSeconds: {period}\n        livenessProbe:\n          \
                 httpGet: {{path: /health, port: 8080}}\n          initialDelaySeconds: 60\n"
            ),
        );
    }
    files.insert("migrate.yaml".into(), MIGRATE.into());
    let mesh = "apiVersion: v1\nkind: Service\nmetadata: {name: my-app-service}\nspec:\n  \
        selector: {app: my-app}\n  ports: [{port: 80, targetPort: 8080}]\n---\n\
        apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: my-gateway}\nspec:\n  \
        selector: {istio: ingressgateway}\n  servers:\n  \
        - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}\n---\n\
        apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: my-app-dr}\nspec:\n  \
        host: my-app-service\n  subsets:\n  - {name: blue, labels: {version: blue}}\n  \
        - {name: green, labels: {version: green}}\n";
    files.insert("mesh.yaml".into(), mesh.into());
    let green = 1 + random.below(99);
    for (path, blue, green) in [("routes.yaml", 100, 0), ("canary.yaml", 100 - green, green)] {
        files.insert(
            path.into(),
            format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: my-app-vs}}\n\
                 spec:\n  hosts: ['*']\n  gateways: [my-gateway]\n  http:\n  - route:\n    \
                 - {{destination: {{host: my-app-service, subset: blue}}, weight: {blue}}}\n    \
                 - {{destination: {{host: my-app-service, subset: green}}, weight: {green}}}\n"
            ),
        );
    }
    files
}

/// A Job, and what it needs.
const MIGRATE: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData: {url: x}\n---\n\
    apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec:\n  backoffLimit: 2\n  template:\n    \
    spec:\n      restartPolicy: Never\n      containers:\n      - name: migrate\n        \
    image: myorg/migrate:v2\n        envFrom: [{secretRef: {name: shop}}]\n";

/// Commands that change something, right or wrong.
const COMMANDS: [&str; 17] = [
    "kubectl apply -f green.yaml",
    "kubectl apply -f green.yaml",
    "kubectl apply -f canary.yaml",
    "kubectl apply -f canary.yaml",
    "kubectl apply -f routes.yaml",
    "kubectl scale deployment my-app-blue --replicas=1",
    "kubectl scale deployment my-app-blue --replicas=4",
    "kubectl rollout restart deployment my-app-blue",
    "kubectl delete pods -l version=blue",
    "kubectl delete pods --all --grace-period=0 --force",
    "kubectl set image deployment/my-app-blue my-app=myorg/myapp:v2",
    "kubectl delete destinationrule my-app-dr",
    "kubectl apply -f migrate.yaml",
    "kubectl delete job migrate",
    "kubectl delete secret shop",
    "kubectl label namespace default istio-injection=enabled --overwrite",
    "kubectl label namespace default istio-injection=disabled --overwrite",
];

fn log(random: &mut Random) -> Vec<LogEntry> {
    let mut at = SimTime::from_secs(5);
    let entry = |_| {
        at = at + SimDuration::from_millis(u64::from(random.below(60_000)));
        LogEntry { at, command: pick(random, &COMMANDS).into() }
    };
    (0..8).map(entry).collect()
}
