//! What a person may see of a run at one moment: plain data for drawings, the page and reports.

use serde::Serialize;

use crate::time::SimTime;

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
    /// The database.
    pub database: DatabaseView,
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
}

/// The gateway.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GatewayView {
    /// Name of the VirtualService that routes the users' requests, if there is one.
    pub virtual_service: Option<String>,
    /// Version of the configuration it uses.
    pub version: u32,
    /// Newest version that istiod has computed.
    pub newest: u32,
}

/// One destination of the gateway's route for the users' requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteView {
    /// Host, and subset if there is one: `my-app-service` or `my-app-service/green`.
    pub destination: String,
    /// Subset alone; empty if none.
    pub subset: String,
    /// Configured share of requests, 0 to 1.
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
    /// Requests that reached these pods per second over the last rate window.
    pub rate: f64,
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
}

/// Failed requests of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureView {
    /// Status code; 0 if the user got none.
    pub code: u16,
    /// Envoy's response flag, or `-`.
    pub flag: String,
    /// Label `version` of the destination, or `unknown`.
    pub version: String,
    /// How many over the last rate window.
    pub count: u64,
    /// How many since the run began.
    pub total: u64,
}
