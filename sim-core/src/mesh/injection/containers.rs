//! The two containers that are injected: as the simulator uses them, and as users see them.

use serde_json::{Value, json};

use crate::cluster::spec::{Container, ContainerPort, Labels, Probe, ProbeHandler, Resources};
use crate::manifest::amount;
use crate::mesh::injection::{INIT, PROXY, image};
use crate::time::SimDuration;

/// One of them, twice.
#[derive(Debug)]
pub(super) struct Injected {
    pub(super) container: Container,
    pub(super) document: Value,
}

/// What the proxy asks for, and what it is limited to (IST-84).
const REQUESTS: Resources = Resources { cpu_milli: 100, memory_bytes: 128 << 20 };
const LIMITS: Resources = Resources { cpu_milli: 2_000, memory_bytes: 1 << 30 };

/// Port and path on which the proxy says whether it is ready (IST-82).
const READY: (u16, &str) = (15_021, "/healthz/ready");

/// Seconds between two checks of a proxy that starts, and how many may fail (IST-82).
const STARTUP: (u32, u32) = (1, 600);
/// The same for a proxy that has started.
const READINESS: (u32, u32) = (15, 4);
/// Seconds that a check may take.
const TIMEOUT: u32 = 3;

/// The init container that leads the traffic of the pod to the proxy.
pub(super) fn init(annotations: &Labels) -> Result<Injected, String> {
    let (requests, limits) = resources(annotations)?;
    let container = Container {
        name: INIT.to_owned(),
        image: image(),
        requests,
        limits,
        ..Container::default()
    };
    let document = json!({
        "name": INIT,
        "image": image(),
        "args": ["istio-iptables"],
        "resources": amounts(requests, limits),
    });
    Ok(Injected { container, document })
}

/// The proxy.
pub(super) fn proxy(annotations: &Labels, holds: bool, native: bool) -> Result<Injected, String> {
    let (requests, limits) = resources(annotations)?;
    let (port, path) = READY;
    let probe = |(period_seconds, failure_threshold)| Probe {
        handler: ProbeHandler::HttpGet { path: path.to_owned(), port },
        initial_delay_seconds: 0,
        period_seconds,
        timeout_seconds: TIMEOUT,
        success_threshold: 1,
        failure_threshold,
        grace: None,
    };
    let written = |(period, failures): (u32, u32)| {
        json!({"httpGet": {"path": path, "port": port}, "periodSeconds": period,
            "timeoutSeconds": TIMEOUT, "successThreshold": 1, "failureThreshold": failures})
    };
    let metrics = ContainerPort {
        name: "http-envoy-prom".to_owned(),
        port: 15_090,
        protocol: "TCP".to_owned(),
    };
    let mut document = json!({
        "name": PROXY,
        "image": image(),
        "args": ["proxy", "sidecar"],
        "ports": [{"name": metrics.name, "containerPort": metrics.port, "protocol": "TCP"}],
        "startupProbe": written(STARTUP),
        "readinessProbe": written(READINESS),
        "resources": amounts(requests, limits),
    });
    let command = |words: &[&str]| json!({"exec": {"command": words}});
    if native {
        // Its hook has Envoy drain at once, and its turn to end comes last (IST-81, K8S-62).
        document["restartPolicy"] = "Always".into();
        let drain = ["pilot-agent", "request", "--debug-port=15020", "POST", "drain"];
        document["lifecycle"] = json!({"preStop": command(&drain)});
    } else if holds {
        document["lifecycle"] = json!({"postStart": command(&["pilot-agent", "wait"])});
    }
    let container = Container {
        name: PROXY.to_owned(),
        image: image(),
        ports: vec![metrics],
        sidecar: native,
        startup: Some(probe(STARTUP)),
        readiness: Some(probe(READINESS)),
        requests,
        limits,
        pre_stop: native.then_some(SimDuration::ZERO),
        ..Container::default()
    };
    Ok(Injected { container, document })
}

/// What the containers ask for. If a pod says something of it, only that counts.
fn resources(annotations: &Labels) -> Result<(Resources, Resources), String> {
    let mut given = false;
    let mut amount = |name: &str| {
        let key = format!("sidecar.istio.io/{name}");
        let Some(text) = annotations.get(&key) else { return Ok(0) };
        given = true;
        let milli = amount::quantity_milli(text).and_then(|milli| u64::try_from(milli).ok());
        milli.ok_or_else(|| format!("annotation {key}: {text:?} is no quantity"))
    };
    let (cpu, cpu_limit) = (amount("proxyCPU")?, amount("proxyCPULimit")?);
    let (memory, memory_limit) = (amount("proxyMemory")?, amount("proxyMemoryLimit")?);
    if !given {
        return Ok((REQUESTS, LIMITS));
    }
    let limits = Resources { cpu_milli: cpu_limit, memory_bytes: memory_limit / 1_000 };
    // A missing request is the limit (K8S-103).
    let or = |request: u64, limit: u64| if request == 0 { limit } else { request };
    let requests = Resources {
        cpu_milli: or(cpu, limits.cpu_milli),
        memory_bytes: or(memory / 1_000, limits.memory_bytes),
    };
    Ok((requests, limits))
}

fn amounts(requests: Resources, limits: Resources) -> Value {
    let written = |of: Resources| {
        let mut amounts = json!({});
        if 0 < of.cpu_milli {
            amounts["cpu"] = amount::cpu(of.cpu_milli).into();
        }
        if 0 < of.memory_bytes {
            amounts["memory"] = amount::memory(of.memory_bytes).into();
        }
        amounts
    };
    json!({"limits": written(limits), "requests": written(requests)})
}
