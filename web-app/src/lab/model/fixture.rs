//! A cluster in the middle of a canary, for tests and drawings.

use sim_core::time::SimTime;
use sim_core::view::{
    DatabaseView, FailureView, GatewayView, GroupView, PodStage, PodView, ReplicaView, RouteView,
    UsersView, View,
};

/// A pod.
pub(crate) fn pod(name: &str, stage: PodStage, waits_for: &str) -> PodView {
    PodView {
        name: name.into(),
        status: "Running".into(),
        stage,
        waits_for: waits_for.into(),
        restarts: 0,
        load: 0.45,
        queued: 0,
    }
}

/// A group of pods.
pub(crate) fn group(version: &str, rate: f64, pods: Vec<PodView>) -> GroupView {
    GroupView {
        deployment: format!("my-app-{version}"),
        version: version.into(),
        image: "myorg/myapp:v1".into(),
        wanted: pods.len() as u32,
        available: pods.iter().filter(|pod| pod.stage == PodStage::Ready).count() as u32,
        pods,
        rate,
        direct: 0.0,
    }
}

/// Users who come through the gateway.
pub(crate) fn users(name: &str, rate: f64) -> UsersView {
    UsersView {
        name: name.into(),
        rate,
        waiting: 2,
        calls: None,
        sidecars: 0,
        connections: Vec::new(),
    }
}

/// A replica of the gateway.
pub(crate) fn replica(suffix: &str, version: u32) -> ReplicaView {
    ReplicaView { pod: format!("istio-ingressgateway-7f8c9d6b5-{suffix}"), version }
}

/// A failure.
pub(crate) fn failure(code: u16, flag: &str, version: &str) -> FailureView {
    FailureView { code, flag: flag.into(), version: version.into(), count: 4, total: 9 }
}

/// Ninety percent on blue, ten on green, one pod of green not ready.
pub(crate) fn canary() -> View {
    let route = |subset: &str, share: f64| RouteView {
        destination: format!("my-app-service/{subset}"),
        subset: subset.into(),
        share,
        rate: share * 120.0,
        endpoints: 3,
    };
    let ready = |name: &str| pod(name, PodStage::Ready, "");
    View {
        now: SimTime::from_secs(402),
        end: SimTime::from_secs(1200),
        users: vec![users("shoppers", 120.0)],
        gateway: GatewayView {
            virtual_service: Some("my-app-vs".into()),
            version: 7,
            newest: 7,
            replicas: vec![replica("x2k4w", 7)],
        },
        routes: vec![route("blue", 0.9), route("green", 0.1)],
        groups: vec![
            group("blue", 108.0, vec![ready("b-1"), ready("b-2"), ready("b-3")]),
            group(
                "green",
                12.0,
                vec![ready("g-1"), ready("g-2"), pod("g-3", PodStage::Unready, "probe 1/3")],
            ),
        ],
        database: Some(DatabaseView {
            name: "orders db".into(),
            engine: "postgresql".into(),
            schema: "V3".into(),
            connections: 60,
            connections_max: 97,
            queued: 0,
            lines: Vec::new(),
        }),
        failures: vec![failure(503, "UF", "green")],
    }
}
