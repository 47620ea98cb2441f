//! What a person may see of a run at one moment: plain data for drawings, the page and reports.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cluster::api::{Kind, Spec};
use crate::cluster::pod::{Phase, Pod};
use crate::database::lock::{Owner, Relation};
use crate::mesh::config::HTTP_PORT;
use crate::mesh::{PodProxy, config_name};
use crate::scenario::Way;
use crate::telemetry::recent::Rates;
use crate::telemetry::registry::Destination;
use crate::time::SimTime;
use crate::workload::pool::Pool;
use crate::workload::{Class, ClassId};
use crate::world::World;

/// The world at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The moment.
    pub now: SimTime,
    /// End of the scenario.
    pub end: SimTime,
    /// The users.
    pub users: Vec<UsersView>,
    /// The ingress gateway.
    pub gateway: GatewayView,
    /// Where the gateway sends requests, in the order of its configuration.
    pub routes: Vec<RouteView>,
    /// One group a Deployment, by name.
    pub groups: Vec<GroupView>,
    /// The database; none in a scenario without one.
    pub database: Option<DatabaseView>,
    /// Failed requests by response flag over the last rate window, most frequent first.
    pub failures: Vec<FailureView>,
}

/// A population of users.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UsersView {
    /// Name.
    pub name: String,
    /// Arrivals per second over the last rate window.
    pub rate: f64,
    /// Users who wait for an answer now.
    pub waiting: u32,
    /// The Service that they call without the gateway; none if they come through it.
    pub calls: Option<String>,
    /// Sidecars through which they call it.
    pub sidecars: u32,
    /// Their open connections by version of the pod, most first; none if they go through a proxy.
    pub connections: Vec<(String, u32)>,
}

/// The gateway.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GatewayView {
    /// Name of the VirtualService that routes the users' requests, if there is one.
    pub virtual_service: Option<String>,
    /// Oldest version of its configuration that one of its replicas uses.
    pub version: u32,
    /// Newest version that istiod has computed.
    pub newest: u32,
    /// Its replicas.
    pub replicas: Vec<ReplicaView>,
}

/// One replica of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplicaView {
    /// Name of its pod.
    pub pod: String,
    /// Version of the configuration it uses.
    pub version: u32,
}

/// One destination of the gateway's route for the users' requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteView {
    /// Host, and subset if there is one: `my-app-service` or `my-app-service/green`.
    pub destination: String,
    /// Subset alone; empty if none.
    pub subset: String,
    /// Configured share of requests, 0 to 1; the mean, if replicas of the gateway do not agree.
    pub share: f64,
    /// Requests sent there per second over the last rate window.
    pub rate: f64,
    /// Endpoints the gateway knows there now.
    pub endpoints: u32,
}

/// The pods of one Deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupView {
    /// Name of the Deployment.
    pub deployment: String,
    /// Label `version` of its pods; empty if they have none.
    pub version: String,
    /// Image of the newest revision.
    pub image: String,
    /// `spec.replicas`.
    pub wanted: u32,
    /// `status.availableReplicas`.
    pub available: u32,
    /// Pods, oldest first, terminating ones included.
    pub pods: Vec<PodView>,
    /// Requests that reached these pods through the gateway per second over the last rate window.
    pub rate: f64,
    /// Requests of callers in the cluster to these pods per second over the last rate window.
    pub direct: f64,
}

/// One pod.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PodView {
    /// Name.
    pub name: String,
    /// STATUS column of `kubectl get pods`.
    pub status: String,
    /// Where it stands, for the shape of its tile.
    pub stage: PodStage,
    /// What it waits for, in few words: `pulling image`, `probe 1/3`; empty if nothing.
    pub waits_for: String,
    /// Restarts of its container.
    pub restarts: u32,
    /// Busy share of its workers, 0 to 1.
    pub load: f64,
    /// Requests waiting for a worker.
    pub queued: u32,
}

/// Where a pod stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PodStage {
    /// Not yet running.
    Pending,
    /// Running, not ready.
    Unready,
    /// Running and ready.
    Ready,
    /// Being deleted.
    Terminating,
    /// Waiting to be restarted.
    Failed,
}

/// The database.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatabaseView {
    /// Name for people.
    pub name: String,
    /// `postgresql` or `mysql`.
    pub engine: String,
    /// Version of the schema.
    pub schema: String,
    /// Connections in use.
    pub connections: u32,
    /// Connections it accepts.
    pub connections_max: u32,
    /// Queries that wait for a core.
    pub queued: u32,
    /// Tables for which somebody waits, in order of their names.
    pub lines: Vec<LineView>,
}

/// A line of those who wait for a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineView {
    /// The table, or its rows: `orders`, `the rows of orders`.
    pub table: String,
    /// Requests that wait.
    pub requests: u32,
    /// Sessions that wait, each with what it waits for.
    pub sessions: Vec<String>,
    /// What the first in line waits for, and behind whom.
    pub first: String,
}

/// Failed requests of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureView {
    /// Status code; 0 if the user got none.
    pub code: u16,
    /// Envoy's response flag, or `-`; of a direct call what its client says: `reset`, `refused`.
    pub flag: String,
    /// Label `version` of the destination, or `unknown`.
    pub version: String,
    /// How many over the last rate window.
    pub count: u64,
    /// How many since the run began.
    pub total: u64,
}

impl View {
    /// The world as a person may see it.
    pub fn of(world: &World, now: SimTime, end: SimTime) -> Self {
        let rates = world.telemetry.recent.rates(now, &world.registry, &world.failures);
        Self {
            now,
            end,
            users: users(world, now, &rates),
            gateway: gateway(world),
            routes: routes(world, &rates),
            groups: groups(world, &rates),
            database: world.database.shape.given.then(|| database(world)),
            failures: failures(world, &rates),
        }
    }
}

fn users(world: &World, now: SimTime, rates: &Rates<'_>) -> Vec<UsersView> {
    let view = |(index, users): (usize, &crate::workload::Users)| UsersView {
        name: users.population.name.clone(),
        rate: rates.sent(index),
        waiting: users.waiting,
        calls: users.population.way.service().map(str::to_owned),
        sidecars: match users.population.way {
            Way::Sidecar(_) => users.proxies().count() as u32,
            Way::Gateway | Way::Direct(_) => 0,
        },
        connections: users
            .pool
            .as_ref()
            .map_or_else(Vec::new, |pool| connections(pool, now, world)),
    };
    world.workload.users.iter().enumerate().map(view).collect()
}

fn connections(pool: &Pool, now: SimTime, world: &World) -> Vec<(String, u32)> {
    let mut versions: BTreeMap<&str, u32> = BTreeMap::new();
    for connection in pool.open_ones(now) {
        *versions.entry(&world.registry.name(connection.to).version).or_default() += 1;
    }
    let mut versions: Vec<_> = versions.into_iter().map(|(one, n)| (one.to_owned(), n)).collect();
    versions.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    versions
}

/// The first request of the users who come through the gateway stands for all in the drawing of
/// routes.
fn main_class(world: &World) -> Option<ClassId> {
    let users = &world.workload.users;
    let through = |class: &Class| users[class.population as usize].population.way == Way::Gateway;
    let place = world.workload.classes.iter().position(through)?;
    u16::try_from(place).ok().map(ClassId)
}

fn gateway(world: &World) -> GatewayView {
    let class = main_class(world).map(|id| &world.workload.classes[usize::from(id.0)]);
    let host = class.map_or("", |class| &class.host);
    let replica =
        |at: PodProxy<'_>| ReplicaView { pod: at.pod.to_owned(), version: at.proxy.config.version };
    let replicas: Vec<_> = world.mesh.gateways().map(replica).collect();
    let routes = world.mesh.gateway().config.routes_for(host, HTTP_PORT);
    GatewayView {
        virtual_service: routes.first().map(|(one, _)| one.name.clone()),
        version: replicas.iter().map(|one| one.version).min().unwrap_or_default(),
        newest: world.mesh.newest().version,
        replicas,
    }
}

/// Every replica of the gateway gets the same part of the users' requests.
fn routes(world: &World, rates: &Rates<'_>) -> Vec<RouteView> {
    let Some(class) = main_class(world) else { return Vec::new() };
    let replicas = world.mesh.gateways().count() as f64;
    let mut routes: Vec<RouteView> = Vec::new();
    for PodProxy { proxy, .. } in world.mesh.gateways() {
        let Some(rule) = proxy.rule(class) else { continue };
        let total: u32 = rule.destinations.iter().map(|to| to.weight).sum();
        for to in &rule.destinations {
            let share = f64::from(to.weight) / f64::from(total) / replicas;
            let destination = config_name(&to.host, &to.subset);
            if let Some(known) = routes.iter_mut().find(|one| one.destination == destination) {
                known.share += share;
                continue;
            }
            let cluster = to.cluster.map(|index| &proxy.config.clusters[usize::from(index)]);
            let endpoints = cluster.map_or(&[][..], |cluster| &cluster.endpoints);
            routes.push(RouteView {
                destination,
                subset: to.subset.clone(),
                share,
                rate: rates.to(|known| endpoints.iter().any(|one| one.labels == *known)),
                endpoints: endpoints.len() as u32,
            });
        }
    }
    routes
}

fn groups(world: &World, rates: &Rates<'_>) -> Vec<GroupView> {
    let deployments = world.api.list(Kind::Deployment);
    let mut groups = Vec::new();
    for (name, object) in deployments {
        let Spec::Deployment(spec) = &object.manifest.spec else { continue };
        let state = &world.cluster.state;
        let owned = |pod: &&Pod| {
            state
                .replica_sets
                .get(pod.replica_set())
                .is_some_and(|set| set.is_owned_by(Kind::Deployment, name))
        };
        let container = spec.template.spec.containers.first();
        groups.push(GroupView {
            deployment: name.to_owned(),
            version: spec.template.labels.get("version").cloned().unwrap_or_default(),
            image: container.map_or_else(String::new, |container| container.image.clone()),
            wanted: spec.replicas,
            available: state.deployments.get(name).map_or(0, |status| status.counts.available),
            pods: state.pods.values().filter(owned).map(|pod| pod_view(world, pod)).collect(),
            rate: rates.to(|to| to.workload == name),
            direct: rates.direct_to(|to| to.workload == name),
        });
    }
    groups.extend(revisions(world, rates));
    groups
}

/// The revisions of Rollouts that have pods, or should have some.
fn revisions(world: &World, rates: &Rates<'_>) -> Vec<GroupView> {
    let state = &world.cluster.state;
    let rollouts = world.api.list(Kind::Rollout);
    let sets = rollouts.flat_map(|(name, _)| state.revisions_of(name));
    let groups = sets.map(|set| {
        let pods = state.pods.values().filter(|pod| pod.replica_set() == set.name);
        let version = set.template.labels.get("version").cloned().unwrap_or_default();
        let container = set.template.spec.containers.first();
        let is = |to: &Destination| to.workload == set.deployment && to.version == version;
        GroupView {
            deployment: set.name.clone(),
            image: container.map_or_else(String::new, |container| container.image.clone()),
            wanted: set.replicas,
            available: set.status.available,
            pods: pods.map(|pod| pod_view(world, pod)).collect(),
            rate: rates.to(is),
            direct: rates.direct_to(is),
            version,
        }
    });
    groups.filter(|group| 0 < group.wanted || !group.pods.is_empty()).collect()
}

fn pod_view(world: &World, pod: &Pod) -> PodView {
    let server = world.application.server(pod.id);
    let status = pod.display_status();
    let stage = match pod.phase {
        _ if pod.is_terminating() => PodStage::Terminating,
        _ if pod.is_ready() => PodStage::Ready,
        Phase::Pending => PodStage::Pending,
        Phase::Failed | Phase::Succeeded => PodStage::Failed,
        Phase::Running if pod.mains().any(|(_, status)| !status.is_running()) => PodStage::Failed,
        Phase::Running => PodStage::Unready,
    };
    let waits_for = match stage {
        PodStage::Ready => String::new(),
        PodStage::Terminating => "draining".to_owned(),
        PodStage::Pending if pod.node.is_none() => "no room on a node".to_owned(),
        PodStage::Pending => "pulling image".to_owned(),
        PodStage::Unready if server.is_some_and(|server| server.is_listening()) => {
            "readiness probe".to_owned()
        }
        PodStage::Unready => "starting".to_owned(),
        PodStage::Failed => status.clone(),
    };
    PodView {
        name: pod.name.clone(),
        status,
        stage,
        waits_for,
        restarts: pod.containers.iter().map(|container| container.restarts).sum(),
        load: server.map_or(0.0, |server| f64::from(server.busy) / f64::from(server.workers)),
        queued: server.map_or(0, |server| server.queue.len()),
    }
}

fn database(world: &World) -> DatabaseView {
    let shape = &world.database.shape;
    DatabaseView {
        name: shape.name.clone(),
        engine: shape.engine.key().to_owned(),
        schema: world.database.version().to_owned(),
        connections: world.connections(),
        connections_max: shape.connections,
        queued: world.database.waiting.len(),
        lines: lines(world),
    }
}

fn lines(world: &World) -> Vec<LineView> {
    let Some(instance) = &world.database.instance else { return Vec::new() };
    let waited = instance.locks.iter().filter(|(_, relation)| !relation.queue.is_empty());
    let view = |(_, relation): (_, &Relation)| {
        let is_request = |owner: &Owner| matches!(owner, Owner::Request(_));
        let owners = relation.queue.iter().map(|waiter| waiter.owner);
        let (requests, sessions): (Vec<Owner>, Vec<Owner>) = owners.partition(is_request);
        let name =
            |owner: &Owner| Some(format!("{}: {}", world.name_of(*owner), world.wait_of(*owner)?));
        LineView {
            table: relation.describe(),
            requests: requests.len() as u32,
            sessions: sessions.iter().filter_map(name).collect(),
            first: relation
                .queue
                .front()
                .and_then(|one| world.wait_of(one.owner))
                .unwrap_or_default(),
        }
    };
    let mut lines: Vec<LineView> = waited.map(view).collect();
    lines.sort_by(|one, other| one.table.cmp(&other.table));
    lines
}

fn failures(world: &World, rates: &Rates<'_>) -> Vec<FailureView> {
    let view = |(kind, count): (
        &crate::telemetry::failure::FailureKind,
        &crate::telemetry::failure::FailureCount,
    )| FailureView {
        code: kind.1,
        flag: kind.2.to_string(),
        version: kind.0.clone(),
        count: rates.failed(kind),
        total: count.total,
    };
    let mut failures: Vec<_> = world.failures.iter().map(view).collect();
    failures.sort_by_key(|failure| std::cmp::Reverse((failure.count, failure.total)));
    failures
}
