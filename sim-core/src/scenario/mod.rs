//! Scenarios: the files an instructor writes, checked into something that cannot be nonsense.

mod database;
mod direct;
mod files;
mod installed;
pub mod keys;
mod load;
pub mod log;
mod migrate;
mod read;
mod rules;
#[cfg(test)]
pub(crate) mod tests;
mod traffic;
mod values;

pub(crate) use traffic::MAX_RATE;

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::{Engine, Schema};
use serde::{Deserialize, Serialize};

use crate::application::release::Release;
use crate::application::task::Task;
use crate::cluster::version::Version;
use crate::database::session::Script;
use crate::database::values::PLAIN;
use crate::delivery::Addons;
use crate::telemetry::alertmanager::Routing;
use crate::telemetry::rules::Group;
use crate::time::{SimDuration, SimTime};

/// The files of a scenario folder, by path relative to it: `scenario.yaml`, `brief.md`,
/// `debrief.md`, `workspace/*`, `solutions/*.log`, `naive/*.log`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bundle {
    /// Name of the folder.
    pub name: String,
    /// Contents by path. Bytes that are not UTF-8 are reported by `Scenario::load`'s callers.
    pub files: BTreeMap<String, String>,
}

/// A checked scenario: what the world is and what counts as success.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name of the folder, lower case with hyphens.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Who it is for.
    pub level: String,
    /// Topics it teaches.
    pub teaches: Vec<String>,
    /// What the learner is told, in Markdown.
    pub brief: String,
    /// What the learner is told when the run is over, in Markdown.
    pub debrief: String,
    /// How long a run lasts.
    pub duration: SimDuration,
    /// The cluster.
    pub cluster: ClusterShape,
    /// What there is besides Kubernetes and Istio.
    pub addons: Addons,
    /// Commands that have been run, and have settled, when the scenario begins.
    pub start: Vec<String>,
    /// What each image does, by image name with tag.
    pub releases: BTreeMap<String, Release>,
    /// What images do that run and end, by image name with tag.
    pub tasks: BTreeMap<String, Task>,
    /// The database.
    pub database: DatabaseShape,
    /// The mesh.
    pub mesh: MeshShape,
    /// The users.
    pub traffic: Vec<Population>,
    /// How fast the control plane and the network are.
    pub timing: Timing,
    /// What happens besides the learner's commands.
    pub events: Vec<Scripted>,
    /// Prometheus's rules.
    pub rules: Vec<Group>,
    /// Their files in the workspace, which a reload reads again.
    pub rule_files: Vec<String>,
    /// Whom Alertmanager tells of alerts.
    pub routing: Routing,
    /// What counts as success.
    pub objectives: Vec<Objective>,
    /// What to say when.
    pub hints: Vec<Hint>,
    /// The learner's files at the beginning, by path.
    pub workspace: BTreeMap<String, String>,
    /// Logs that reach all objectives, by name.
    pub solutions: BTreeMap<String, Vec<LogEntry>>,
    /// Logs that miss an objective, by name.
    pub naive: BTreeMap<String, NaiveLog>,
}

/// `cluster:` of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterShape {
    /// Number of nodes.
    pub nodes: u32,
    /// Allocatable CPU of each, in thousandths of a core.
    pub cpu_milli: u64,
    /// Allocatable memory of each, in bytes.
    pub memory_bytes: u64,
    /// Version of Kubernetes on all of them; it decides which kind of sidecar Istio injects (IST-81).
    pub version: Version,
}

impl Default for ClusterShape {
    fn default() -> Self {
        let version = Version::default();
        Self { nodes: 3, cpu_milli: 4_000, memory_bytes: 16 << 30, version }
    }
}

/// `mesh:` of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeshShape {
    /// Replicas of the ingress gateway, at least one.
    pub gateways: u8,
}

impl Default for MeshShape {
    fn default() -> Self {
        Self { gateways: 1 }
    }
}

/// `database:` of a scenario.
#[derive(Clone, Debug)]
pub struct DatabaseShape {
    /// Whether the scenario has one; if not, nobody asks it anything.
    pub given: bool,
    /// Which one it is.
    pub engine: Engine,
    /// Name for people.
    pub name: String,
    /// Queries that run at once; more wait in line. None: no limit.
    pub cores: Option<u32>,
    /// `max_connections` less the reserved ones (PG-09).
    pub connections: u32,
    /// Version of the schema, for people.
    pub schema_version: String,
    /// What it holds at the beginning. None: every statement works, no table is ever locked, and no
    /// connection is refused.
    pub schema: Option<Arc<Schema>>,
    /// `superuser_reserved_connections` (PG-05, 09).
    pub reserved: u32,
    /// Who else uses it, and when.
    pub sessions: Vec<ScriptedSession>,
    /// In which form it holds the values of columns, by `table.column` (EC-6).
    pub values: BTreeMap<String, ColumnValues>,
    /// What releases migrate before they listen, by image.
    pub at_start: BTreeMap<String, Script>,
}

/// The forms of a column's values that are not from a release.
#[derive(Clone, Debug)]
pub struct ColumnValues {
    /// The form of all rows at the beginning.
    pub holds: String,
    /// The form of what an expression of a migration, or a default, puts in.
    pub computed: String,
}

impl Default for ColumnValues {
    fn default() -> Self {
        let plain = || PLAIN.to_owned();
        Self { holds: plain(), computed: plain() }
    }
}

/// A session that the scenario opens.
#[derive(Clone, Debug)]
pub struct ScriptedSession {
    /// When.
    pub at: SimTime,
    /// What it does.
    pub script: Script,
}

impl Default for DatabaseShape {
    fn default() -> Self {
        Self {
            given: false,
            engine: Engine::Postgresql,
            name: "database".to_owned(),
            cores: None,
            // PostgreSQL's max_connections of 100 less 3 reserved ones (PG-09).
            connections: 97,
            schema_version: "1".to_owned(),
            schema: None,
            reserved: 3,
            sessions: Vec::new(),
            values: BTreeMap::new(),
            at_start: BTreeMap::new(),
        }
    }
}

/// One entry of `traffic:`: users who arrive independently of the answers they get.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Name for people and metrics.
    pub name: String,
    /// Mean arrivals per second (Poisson).
    pub rate: f64,
    /// Whether they send nothing until somebody has them do it.
    pub on_demand: bool,
    /// How their requests reach the application.
    pub way: Way,
    /// `Host` of the requests.
    pub host: String,
    /// What they ask for; shares are relative.
    pub requests: Vec<RequestKind>,
    /// How long a user waits for an answer.
    pub timeout: SimDuration,
    /// How often a user tries again after a failure.
    pub retries: u32,
    /// Shortest and longest pause before trying again.
    pub back_off: (SimDuration, SimDuration),
}

/// `via` of a population, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Through the ingress gateway.
    Gateway,
    /// Straight to a Service: they have no proxy.
    Direct(DirectCalls),
    /// To a Service, by the sidecars of their pods.
    Sidecar(SidecarCalls),
}

impl Way {
    /// The Service that they call; none if they come through the gateway.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Gateway => None,
            Self::Direct(calls) => Some(&calls.service),
            Self::Sidecar(calls) => Some(&calls.service),
        }
    }
}

/// `via: service/NAME` and `sidecar:` of a population: callers in the cluster whose pods have a proxy
/// each, which routes what they send (IST-02, 05, 09). The pods are no objects of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SidecarCalls {
    /// The Service.
    pub service: String,
    /// Its port.
    pub port: u16,
    /// Name of the workload that calls.
    pub workload: String,
    /// Its pods, at least one.
    pub pods: u8,
    /// Labels of these pods.
    pub labels: BTreeMap<String, String>,
}

/// `via: service/NAME` and `connections:` of a population: callers in the cluster, without sidecar, that
/// keep their connections (K8S-71, 72).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectCalls {
    /// The Service.
    pub service: String,
    /// Its port.
    pub port: u16,
    /// Most connections at once, at least one.
    pub count: u16,
    /// Requests after which a connection is closed.
    pub max_requests: Option<u32>,
    /// Idle time after which a connection is closed.
    pub idle: SimDuration,
    /// Age from which on a connection is not used again.
    pub max_age: Option<SimDuration>,
}

/// One kind of request in a population's mix.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestKind {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path.
    pub path: String,
    /// Relative share of the mix, more than 0.
    pub share: f64,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
}

/// `timing:` of a scenario: delays of the machinery, each with a default from the model reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// One way between gateway and pod; default 0.5 ms.
    pub hop: SimDuration,
    /// Shortest and longest time until a controller sees a change (MOD-2); default 5 to 50 ms.
    pub watch: (SimDuration, SimDuration),
    /// Quiet time that istiod waits for before a push; default 100 ms (IST-70).
    pub debounce: SimDuration,
    /// Longest time that istiod gathers changes; default 10 s (IST-70).
    pub debounce_max: SimDuration,
    /// Shortest and longest delivery of a push to one proxy; default 5 to 200 ms (IST-71).
    pub push: (SimDuration, SimDuration),
    /// Time to pull an image that the node does not have; default 1 to 2.5 s (K8S-55).
    pub pull: (SimDuration, SimDuration),
    /// Time to create a container; default 200 to 500 ms.
    pub create: (SimDuration, SimDuration),
    /// From the start of a sidecar until it takes connections; default 500 to 1500 ms (IST-82).
    pub sidecar: (SimDuration, SimDuration),
    /// Longest wait before a crashed container is started again; default 300 s (K8S-52).
    pub crash_back_off_max: SimDuration,
    /// Scrape and evaluation interval; default 5 s.
    pub scrape: SimDuration,
    /// Whether each job is scraped at its own moment of an interval (PROM-01).
    pub scrape_phases: bool,
}

impl Default for Timing {
    fn default() -> Self {
        let millis = SimDuration::from_millis;
        Self {
            hop: SimDuration::from_micros(500),
            watch: (millis(5), millis(50)),
            debounce: millis(100),
            debounce_max: millis(10_000),
            push: (millis(5), millis(200)),
            pull: (millis(1_000), millis(2_500)),
            create: (millis(200), millis(500)),
            sidecar: (millis(500), millis(1_500)),
            crash_back_off_max: millis(300_000),
            scrape: millis(5_000),
            scrape_phases: false,
        }
    }
}

/// Something that happens besides the learner's commands.
#[derive(Clone, Debug, PartialEq)]
pub struct Scripted {
    /// When.
    pub trigger: Trigger,
    /// The command line that is run.
    pub run: String,
}

/// When something happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// At a time.
    At(SimTime),
    /// At the first evaluation at which this PromQL expression gives a non-empty vector, or a
    /// scalar other than 0.
    When(String),
}

/// One thing that counts as success.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Lower case with hyphens.
    pub id: String,
    /// For people.
    pub title: String,
    /// When it is judged.
    pub mode: ObjectiveMode,
    /// PromQL; holds as in [`Trigger::When`].
    pub condition: String,
}

/// When an objective is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectiveMode {
    /// At the end of the run.
    AtEnd,
    /// At every evaluation; once missed, missed for good.
    Always,
    /// At every evaluation until it first holds; then reached for good.
    Eventually,
}

/// Advice for a learner.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// PromQL condition.
    pub when: String,
    /// What to say.
    pub say: String,
    /// Id of the objective that it leads to; it is of no use once that is reached.
    pub towards: Option<String>,
}

/// One command of a log: what was typed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When.
    pub at: SimTime,
    /// The command line as typed.
    pub command: String,
}

/// A log that shows what goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NaiveLog {
    /// The objective it misses, from the `# misses: ID` line of the file.
    pub misses: String,
    /// The commands.
    pub log: Vec<LogEntry>,
}
