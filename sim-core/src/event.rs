//! Everything that can happen in the world.

use crate::application::ApplicationEvent;
use crate::cluster::ClusterEvent;
use crate::database::event::DatabaseEvent;
use crate::delivery::DeliveryEvent;
use crate::fault::FaultEvent;
use crate::flagger::FlaggerEvent;
use crate::kruise::KruiseEvent;
use crate::mesh::MeshEvent;
use crate::request::RequestEvent;
use crate::rollouts::RolloutEvent;
use crate::telemetry::TelemetryEvent;
use crate::workload::WorkloadEvent;

/// One thing that happens. Closed on purpose: a new kind is a compile error in `World::apply`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A step in the life of a request.
    Request(RequestEvent),
    /// Users do something.
    Workload(WorkloadEvent),
    /// Kubernetes does something.
    Cluster(ClusterEvent),
    /// A release does something.
    Application(ApplicationEvent),
    /// Istio does something.
    Mesh(MeshEvent),
    /// Prometheus does something.
    Telemetry(TelemetryEvent),
    /// Something about an injected fault happens.
    Fault(FaultEvent),
    /// The scripted event of this number takes place.
    Script(u16),
    /// Something happens to a session of the database.
    Database(DatabaseEvent),
    /// Argo CD, Flux or a pipeline does something.
    Delivery(DeliveryEvent),
    /// Flagger does something.
    Flagger(FlaggerEvent),
    /// Argo Rollouts does something.
    Rollout(RolloutEvent),
    /// OpenKruise Rollouts does something.
    Kruise(KruiseEvent),
}

macro_rules! event_from {
    ($($part:ident($event:ty)),* $(,)?) => {
        $(impl From<$event> for Event {
            fn from(event: $event) -> Self {
                Self::$part(event)
            }
        })*
    };
}

event_from! {
    Request(RequestEvent), Workload(WorkloadEvent), Cluster(ClusterEvent),
    Application(ApplicationEvent), Mesh(MeshEvent), Telemetry(TelemetryEvent), Fault(FaultEvent),
    Database(DatabaseEvent), Delivery(DeliveryEvent), Flagger(FlaggerEvent), Rollout(RolloutEvent),
    Kruise(KruiseEvent),
}

/// The queue moves events by value, millions of times a second.
const _: () = assert!(size_of::<Event>() <= 12);
