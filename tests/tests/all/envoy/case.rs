//! A case: manifests, what the pods do, and what users ask for. Both sides run it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::application::memory::Memory;
use sim_core::application::release::{Release, ReleaseRoute};
use sim_core::cluster::api::Spec;
use sim_core::delivery::Addons;
use sim_core::manifest;
use sim_core::random::{Lognormal, Seed};
use sim_core::scenario::{
    ClusterShape, DatabaseShape, MeshShape, Population, RequestKind, Scenario, Timing, Way,
};
use sim_core::simulation::Simulation;
use sim_core::telemetry::registry::Reporter;
use sim_core::time::{SimDuration, SimTime};

use super::agreement::{Outcome, Outcomes};

/// What the pods of a version do with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Acts {
    /// They answer after so many milliseconds, this share of requests with 500.
    Answer { after_ms: u64, errors: f64 },
    /// Their port is closed: another than the Service's is open.
    Refuse,
    /// They read the request and close the connection. Only real pods can be told to.
    Cut,
    /// They do as the request's header `x-answers` says for each try, such as `503,hang,200`. Only real
    /// pods can be told to.
    Obey,
}

/// Answers at once, always well.
pub(super) const WELL: Acts = Acts::Answer { after_ms: 1, errors: 0.0 };

/// Answers at once, always with 500.
pub(super) const BADLY: Acts = Acts::Answer { after_ms: 1, errors: 1.0 };

/// Pods with the same `version` label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version {
    pub(super) name: &'static str,
    pub(super) pods: u32,
    pub(super) acts: Acts,
}

/// One kind of request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
}

impl Ask {
    pub(super) fn get(path: &str) -> Self {
        Self { method: "GET", path: path.to_owned(), headers: BTreeMap::new() }
    }

    pub(super) fn post(path: &str) -> Self {
        Self { method: "POST", ..Self::get(path) }
    }

    pub(super) fn with(mut self, header: &str, value: &str) -> Self {
        self.headers.insert(header.to_owned(), value.to_owned());
        self
    }
}

/// `Host` of every request.
pub(super) const HOST: &str = "shop.example.com";

/// The Service's target port, on which simulated pods listen.
const TARGET_PORT: u16 = 8080;

/// A case.
#[derive(Clone, Debug, Default)]
pub(super) struct Case {
    versions: Vec<Version>,
    rules: String,
    policy: String,
}

impl Case {
    /// A case in which nothing is there yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A Deployment, and a subset with its name.
    pub(super) fn version(mut self, name: &'static str, pods: u32, acts: Acts) -> Self {
        self.versions.push(Version { name, pods, acts });
        self
    }

    /// `spec.http` of the VirtualService: a YAML list. `$name` stands for the destination of a subset,
    /// `$all` for that of the whole Service.
    pub(super) fn rules(mut self, rules: &str) -> Self {
        self.rules = rules.to_owned();
        self
    }

    /// `spec.trafficPolicy` of the DestinationRule: a YAML map.
    pub(super) fn policy(mut self, policy: &str) -> Self {
        self.policy = policy.to_owned();
        self
    }

    /// Every version that has a Deployment.
    pub(super) fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// Everything that is applied.
    pub(super) fn manifests(&self) -> String {
        let mut all = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: my-app}}\nspec:\n  \
             selector: {{app: my-app}}\n  ports: [{{port: 80, targetPort: {TARGET_PORT}}}]\n---\n\
             apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: my-gateway}}\nspec:\n  \
             selector: {{istio: ingressgateway}}\n  \
             servers: [{{port: {{number: 80, name: http, protocol: HTTP}}, hosts: ['*']}}]\n"
        );
        let mut subsets = String::new();
        for Version { name, pods, acts } in &self.versions {
            let port = if *acts == Acts::Refuse { TARGET_PORT + 1 } else { TARGET_PORT };
            all.push_str(&format!(
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: my-app-{name}}}\nspec:\n  \
                 replicas: {pods}\n  selector: {{matchLabels: {{app: my-app, version: {name}}}}}\n  \
                 template:\n    metadata: {{labels: {{app: my-app, version: {name}}}}}\n    spec:\n      \
                 containers: [{{name: my-app, image: '{}', ports: [{{containerPort: {port}}}]}}]\n",
                image(name)
            ));
            subsets.push_str(&format!("\n  - {{name: {name}, labels: {{version: {name}}}}}"));
        }
        let policy = if self.policy.is_empty() { "{}" } else { &self.policy };
        let rules = self.rules.trim_end().replace("$all", "destination: {host: my-app}");
        let mut named = String::new();
        for (index, part) in rules.split('$').enumerate() {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let (name, rest) = part.split_at(end.unwrap_or(part.len()));
            match (index, name) {
                (0, _) => named.push_str(part),
                // The end of an expression.
                (_, "") => named.push_str(&format!("${part}")),
                _ => {
                    let to = format!("destination: {{host: my-app, subset: {name}}}{rest}");
                    named.push_str(&to);
                }
            }
        }
        all.push_str(&format!(
            "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\n\
             metadata: {{name: my-app}}\nspec:\n  host: my-app\n  trafficPolicy: {policy}\n  \
             subsets:{subsets}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\n\
             metadata: {{name: my-app}}\nspec:\n  hosts: ['*']\n  gateways: [my-gateway]\n  \
             http:\n{named}\n"
        ));
        all
    }

    /// What the manifests say, each with its name.
    pub(super) fn specs(&self) -> Vec<(String, Spec)> {
        let documents = manifest::parse("case.yaml", &self.manifests()).expect("YAML");
        let read = |document: manifest::Document| {
            let manifest = document.manifest.unwrap_or_else(|problems| panic!("{problems:#?}"));
            (manifest.name, manifest.spec)
        };
        documents.into_iter().map(read).collect()
    }

    /// A run of the case in which users ask this so many times a second for so many seconds.
    pub(super) fn simulate(&self, ask: &Ask, (rate, seconds): (f64, u64)) -> Simulation {
        let release = |version: &Version| (image(version.name), release(version.acts));
        let scenario = Scenario {
            name: "judged".into(),
            title: "Judged".into(),
            level: "expert".into(),
            teaches: Vec::new(),
            brief: String::new(),
            debrief: String::new(),
            duration: SimDuration::from_secs(seconds),
            addons: Addons::default(),
            cluster: ClusterShape {
                nodes: 3,
                cpu_milli: 32_000,
                memory_bytes: 64 << 30,
                ..ClusterShape::default()
            },
            start: vec!["kubectl apply -f case.yaml".into()],
            releases: self.versions.iter().map(release).collect(),
            tasks: BTreeMap::new(),
            database: DatabaseShape {
                name: "shop".into(),
                cores: None,
                connections: 97,
                schema_version: "1".into(),
                ..DatabaseShape::default()
            },
            mesh: MeshShape::default(),
            traffic: vec![Population {
                name: "users".into(),
                rate,
                on_demand: false,
                way: Way::Gateway,
                host: HOST.into(),
                requests: vec![RequestKind {
                    method: ask.method.into(),
                    path: ask.path.clone(),
                    share: 1.0,
                    // Scenarios hold names of headers in lower case.
                    headers: lower_case(&ask.headers),
                }],
                timeout: SimDuration::from_secs(60),
                retries: 0,
                back_off: (SimDuration::ZERO, SimDuration::ZERO),
            }],
            timing: Timing { hop: SimDuration::from_micros(50), ..Timing::default() },
            events: Vec::new(),
            rules: Vec::new(),
            rule_files: Vec::new(),
            routing: Default::default(),
            objectives: Vec::new(),
            hints: Vec::new(),
            workspace: [("case.yaml".to_owned(), self.manifests())].into(),
            solutions: BTreeMap::new(),
            naive: BTreeMap::new(),
        };
        let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
        simulation.run_until(SimTime::from_secs(seconds as i64));
        simulation
    }
}

fn lower_case(headers: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect()
}

fn image(version: &str) -> String {
    format!("myorg/myapp:{version}")
}

fn release(acts: Acts) -> Release {
    let (after_ms, errors) = match acts {
        Acts::Answer { after_ms, errors } => (after_ms, errors),
        Acts::Refuse | Acts::Cut | Acts::Obey => (1, 0.0),
    };
    let cpu_mean = SimDuration::from_millis(after_ms);
    let route = |method: &str| ReleaseRoute {
        method: method.into(),
        path: "/".into(),
        cpu: Lognormal::new(cpu_mean, 0.0),
        cpu_mean,
        sql: Vec::new(),
        transaction: false,
        errors,
    };
    Release {
        startup: (SimDuration::ZERO, SimDuration::ZERO),
        workers: 10_000,
        queue: 0,
        pool: None,
        memory: Memory::default(),
        cold_factor: 1.0,
        cold_requests: 1.0,
        connection_timeout: SimDuration::from_secs(30),
        health: "/health".into(),
        health_database: false,
        graceful: true,
        values: BTreeMap::new(),
        routes: vec![route("GET"), route("POST")],
    }
}

/// How the requests of a run ended, as the simulated gateway's metrics say.
pub(super) fn outcomes(simulation: &Simulation) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for (to, series) in simulation.world().registry.series() {
        if series.reporter == Reporter::Source {
            let (version, flags) = (to.version.clone(), series.flag.to_string());
            outcomes.add(Outcome { version, code: series.code, flags }, series.requests);
        }
    }
    outcomes
}

/// How many tries pods of a version have answered.
pub(super) fn tries(simulation: &Simulation, version: &str) -> u64 {
    let series = simulation.world().registry.series();
    let answered = series
        .filter(|(to, one)| one.reporter == Reporter::Destination && to.version == version)
        .map(|(_, one)| one.requests);
    answered.sum()
}
