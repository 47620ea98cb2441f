//! Pods: containers, probes, resources and hooks, with defaults (A.4, A.6, A.10).

use std::collections::BTreeSet;

use crate::cluster::spec::{
    Container, ContainerPort, PodSpec, Probe, ProbeHandler, ProbeKind, PullPolicy, Resources,
    RestartPolicy, TargetPort,
};
use crate::manifest::check::shown;
use crate::manifest::findings::Findings;
use crate::manifest::kubernetes::target_port;
use crate::manifest::names;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::{Node, Value};
use crate::manifest::{amount, environment};
use crate::time::SimDuration;

/// Reads `spec` of a pod. `policies` are the restart policies that its owner allows.
pub(super) fn read(
    pod: &Cursor<'_>,
    policies: &[RestartPolicy],
    findings: &mut Findings,
) -> PodSpec {
    let cursors = pod.list("containers");
    if let (Some(list), true) = (pod.get("containers"), cursors.is_empty()) {
        findings.error(list.position(), format!("{}: Required value", list.path));
    }
    let volumes = environment::volumes(pod, findings);
    let mut names = BTreeSet::new();
    let mut all = |cursors: Vec<Cursor<'_>>| {
        let mut containers = Vec::new();
        for cursor in cursors {
            let container = container(&cursor, findings);
            environment::check_mounts(&cursor, pod, findings);
            if !names.insert(container.name.clone()) {
                duplicate(&cursor, "name", &container.name, findings);
            }
            containers.push(container);
        }
        containers
    };
    let containers = all(cursors);
    let mut init_containers = all(pod.list("initContainers"));
    for (container, cursor) in init_containers.iter_mut().zip(pod.list("initContainers")) {
        container.sidecar = cursor.text("restartPolicy") == Some("Always");
        check_init(container.sidecar, &cursor, findings);
    }
    let grace = pod.count("terminationGracePeriodSeconds").unwrap_or(30);
    PodSpec {
        containers,
        init_containers,
        restart: restart_policy(pod, policies, findings),
        volumes,
        termination_grace: SimDuration::from_secs(u64::from(grace)),
    }
}

/// Init containers that are no sidecars are not looked after while they run.
fn check_init(is_sidecar: bool, cursor: &Cursor<'_>, findings: &mut Findings) {
    let only_sidecars = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];
    for field in
        only_sidecars.into_iter().filter_map(|name| cursor.get(name)).filter(|_| !is_sidecar)
    {
        let message = format!(
            "{}: Forbidden: may not be set for init containers without restartPolicy=Always",
            field.path
        );
        findings.error(field.position(), message);
    }
}

impl RestartPolicy {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::OnFailure => "OnFailure",
            Self::Never => "Never",
        }
    }
}

fn restart_policy(
    pod: &Cursor<'_>,
    allowed: &[RestartPolicy],
    findings: &mut Findings,
) -> RestartPolicy {
    const ALL: [RestartPolicy; 3] =
        [RestartPolicy::Always, RestartPolicy::OnFailure, RestartPolicy::Never];
    let given = pod.text("restartPolicy");
    let policy = ALL.into_iter().find(|policy| given == Some(policy.name())).unwrap_or_default();
    if !allowed.contains(&policy) {
        let place = pod.get("restartPolicy").map_or(pod.position(), |cursor| cursor.position());
        let path = pod.path_to("restartPolicy");
        let names: Vec<String> =
            allowed.iter().map(|policy| format!("{:?}", policy.name())).collect();
        let (shown, names) = (policy.name(), names.join(", "));
        let message = match policy {
            RestartPolicy::Always => {
                format!("{path}: Required value: valid values: {names}")
            }
            _ => format!("{path}: Unsupported value: {shown:?}: supported values: {names}"),
        };
        findings.error(place, message);
    }
    policy
}

/// When the image is pulled; the default depends on the tag (K8S-55).
fn pull_policy(container: &Cursor<'_>, image: &str) -> PullPolicy {
    let name = image.rsplit('/').next().unwrap_or_default();
    match container.text("imagePullPolicy") {
        Some("Always") => PullPolicy::Always,
        Some("IfNotPresent") => PullPolicy::IfNotPresent,
        Some("Never") => PullPolicy::Never,
        _ if name.contains('@') => PullPolicy::IfNotPresent,
        _ if !name.contains(':') || name.ends_with(":latest") => PullPolicy::Always,
        _ => PullPolicy::IfNotPresent,
    }
}

pub(super) fn duplicate(owner: &Cursor<'_>, name: &str, value: &str, findings: &mut Findings) {
    let position = owner.get(name).map_or(owner.position(), |cursor| cursor.position());
    findings.error(position, format!("{}: Duplicate value: {value:?}", owner.path_to(name)));
}

fn container(cursor: &Cursor<'_>, findings: &mut Findings) -> Container {
    let name = cursor.text("name").unwrap_or_default().to_owned();
    if let (Some(place), Some(problem)) = (cursor.get("name"), names::label(&name)) {
        let message = format!("{}: Invalid value: {name:?}: {problem}", place.path);
        findings.error(place.position(), message);
    }
    let image = cursor.text("image").unwrap_or_default().to_owned();
    if image.trim().is_empty() {
        findings.error(cursor.position(), format!("{}: Required value", cursor.path_to("image")));
    }
    let ports = ports(cursor, findings);
    let mut probe =
        |name, kind| cursor.get(name).map(|cursor| probe(&cursor, kind, &ports, findings));
    let readiness = probe("readinessProbe", ProbeKind::Readiness);
    let liveness = probe("livenessProbe", ProbeKind::Liveness);
    let startup = probe("startupProbe", ProbeKind::Startup);
    let (requests, limits) = resources(cursor, findings);
    let config = environment::references(cursor, findings);
    let pull = pull_policy(cursor, &image);
    let pre_stop = cursor.get("lifecycle").and_then(|lifecycle| lifecycle.get("preStop"));
    let pre_stop = pre_stop.map(|handler| pre_stop_time(&handler, findings));
    let sidecar = false;
    Container {
        name,
        image,
        ports,
        pull,
        sidecar,
        config,
        readiness,
        liveness,
        startup,
        requests,
        limits,
        pre_stop,
    }
}

fn ports(container: &Cursor<'_>, findings: &mut Findings) -> Vec<ContainerPort> {
    let mut ports = Vec::new();
    let mut names = BTreeSet::new();
    for cursor in container.list("ports") {
        let name = cursor.text("name").unwrap_or_default().to_owned();
        if let (Some(place), Some(problem)) = (cursor.get("name"), names::port_name(&name)) {
            let message = format!("{}: Invalid value: {name:?}: {problem}", place.path);
            findings.error(place.position(), message);
        }
        if !name.is_empty() && !names.insert(name.clone()) {
            duplicate(&cursor, "name", &name, findings);
        }
        let port = cursor.port("containerPort").unwrap_or_default();
        let protocol = cursor.text("protocol").unwrap_or("TCP").to_owned();
        ports.push(ContainerPort { name, port, protocol });
    }
    ports
}

fn probe(
    cursor: &Cursor<'_>,
    kind: ProbeKind,
    ports: &[ContainerPort],
    findings: &mut Findings,
) -> Probe {
    // The API server takes 0 for "not given".
    let number = |name, default| cursor.count(name).filter(|n| *n != 0).unwrap_or(default);
    let success_threshold = number("successThreshold", 1);
    if kind != ProbeKind::Readiness && success_threshold != 1 {
        let place = cursor.get("successThreshold").map_or(cursor.position(), |c| c.position());
        let path = cursor.path_to("successThreshold");
        let message = format!("{path}: Invalid value: {success_threshold}: must be 1");
        findings.error(place, message);
    }
    Probe {
        handler: handler(cursor, ports, findings),
        initial_delay_seconds: cursor.count("initialDelaySeconds").unwrap_or(0),
        period_seconds: number("periodSeconds", 10),
        timeout_seconds: number("timeoutSeconds", 1),
        success_threshold,
        failure_threshold: number("failureThreshold", 3),
        grace: probe_grace(cursor, kind, findings),
    }
}

/// K8S-44; a readiness probe ends nothing.
fn probe_grace(
    cursor: &Cursor<'_>,
    kind: ProbeKind,
    findings: &mut Findings,
) -> Option<SimDuration> {
    let place = cursor.get("terminationGracePeriodSeconds")?;
    let seconds = cursor.count("terminationGracePeriodSeconds")?;
    let problem = match kind {
        ProbeKind::Readiness => "must not be set for readinessProbes",
        _ if seconds == 0 => "must be greater than 0",
        _ => return Some(SimDuration::from_secs(u64::from(seconds))),
    };
    findings
        .error(place.position(), format!("{}: Invalid value: {seconds}: {problem}", place.path));
    None
}

fn handler(probe: &Cursor<'_>, ports: &[ContainerPort], findings: &mut Findings) -> ProbeHandler {
    let given: Vec<Cursor<'_>> = ["httpGet", "tcpSocket", "exec", "grpc"]
        .iter()
        .filter_map(|name| probe.get(name))
        .collect();
    if let Some(second) = given.get(1) {
        let message =
            format!("{}: Forbidden: may not specify more than 1 handler type", second.path);
        findings.error(second.position(), message);
    }
    let Some(first) = given.first() else {
        let message = format!("{}: Required value: must specify a handler type", probe.path);
        findings.fix(probe.position(), message, "add httpGet, tcpSocket, exec or grpc");
        return ProbeHandler::Exec;
    };
    let mut port = || first.get("port").map_or(0, |port| resolve(&port, ports, findings));
    if first.path.ends_with("httpGet") {
        let port = port();
        ProbeHandler::HttpGet { path: first.text("path").unwrap_or("/").to_owned(), port }
    } else if first.path.ends_with("tcpSocket") {
        ProbeHandler::TcpSocket { port: port() }
    } else if first.path.ends_with("grpc") {
        ProbeHandler::Grpc { port: port() }
    } else {
        ProbeHandler::Exec
    }
}

/// The number of a probe's port. A name that no port of the container has is port 0, where nobody
/// listens.
fn resolve(cursor: &Cursor<'_>, ports: &[ContainerPort], findings: &mut Findings) -> u16 {
    match target_port(cursor, findings) {
        TargetPort::Number(port) => port,
        TargetPort::Name(name) => {
            let port = ports.iter().find(|port| port.name == name);
            if port.is_none() {
                let message = format!("{}: the container has no port named {name:?}", cursor.path);
                findings.note(cursor.position(), format!("{message}, so the check can never pass"));
            }
            port.map_or(0, |port| port.port)
        }
    }
}

/// Requests and limits; a missing request is the limit (K8S-103).
fn resources(container: &Cursor<'_>, findings: &mut Findings) -> (Resources, Resources) {
    let Some(cursor) = container.get("resources") else { return Default::default() };
    let limits = amounts(&cursor, "limits", findings);
    let requests = amounts(&cursor, "requests", findings);
    for (name, request, limit) in [
        ("cpu", requests.cpu_milli, limits.cpu_milli),
        ("memory", requests.memory_bytes, limits.memory_bytes),
    ] {
        if 0 < limit && limit < request {
            let written = |list| cursor.get(list).and_then(|list| list.get(name));
            let (Some(request), Some(limit)) = (written("requests"), written("limits")) else {
                continue;
            };
            let path = cursor.path_to("requests");
            let (wanted, most) = (shown(request.node), shown(limit.node));
            let (wanted, most) = (wanted.trim_matches('"'), most.trim_matches('"'));
            let message = format!(
                "{path}: Invalid value: {wanted:?}: must be less than or equal to {name} limit of {most}"
            );
            findings.error(request.position(), message);
        }
    }
    let or = |request, limit| if request == 0 { limit } else { request };
    let requests = Resources {
        cpu_milli: or(requests.cpu_milli, limits.cpu_milli),
        memory_bytes: or(requests.memory_bytes, limits.memory_bytes),
    };
    (requests, limits)
}

fn amounts(resources: &Cursor<'_>, list: &str, findings: &mut Findings) -> Resources {
    let mut amounts = Resources::default();
    for (key, cursor) in resources.get(list).map(|list| list.entries()).unwrap_or_default() {
        let Some(milli) = quantity(cursor.node) else { continue };
        if milli < 0 {
            let (path, value) = (&cursor.path, shown(cursor.node));
            let message =
                format!("{path}: Invalid value: {value}: must be greater than or equal to 0");
            findings.error(cursor.position(), message);
        }
        let clamp = |amount: i128| amount.clamp(0, i128::from(u64::MAX)) as u64;
        match key.text.as_str() {
            "cpu" => amounts.cpu_milli = clamp(milli),
            "memory" => amounts.memory_bytes = clamp(milli.div_euclid(1_000)),
            "ephemeral-storage" => {
                findings.note(key.position, format!("not modelled: {}", cursor.path));
            }
            name if name.contains('/') || name.starts_with("hugepages-") => {
                findings.note(key.position, format!("not modelled: {}", cursor.path));
            }
            name => {
                let path = resources.path_to(list);
                let message = format!(
                    "{path}[{name}]: Invalid value: {name:?}: must be a standard resource type or fully \
                     qualified"
                );
                findings.fix(key.position, message, "write cpu or memory");
            }
        }
    }
    amounts
}

/// A quantity in thousandths, however it is written.
pub(crate) fn quantity(node: &Node) -> Option<i128> {
    match &node.value {
        Value::String(text) => amount::quantity_milli(text),
        Value::Int(number) => Some(i128::from(*number) * 1_000),
        Value::Float(number) => amount::quantity_milli(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Seq(_) | Value::Map(_) => None,
    }
}

/// How long a hook takes: `sleep`, or a command that is `sleep N`, bare or for a shell (K8S-61).
fn pre_stop_time(handler: &Cursor<'_>, findings: &mut Findings) -> SimDuration {
    if let Some(sleep) = handler.get("sleep") {
        return SimDuration::from_secs(u64::from(sleep.count("seconds").unwrap_or(0)));
    }
    let command = handler.get("exec").map(|exec| exec.texts("command")).unwrap_or_default();
    let line = command.join(" ");
    let mut words = line.split_whitespace().skip_while(|word| *word != "sleep").skip(1);
    let seconds = words.next().map(|word| word.trim_end_matches('s')).and_then(|s| s.parse().ok());
    match seconds.filter(|seconds: &f64| (0.0..=86_400.0).contains(seconds)) {
        Some(seconds) => SimDuration::from_secs_f64(seconds),
        None => {
            let message = format!(
                "not modelled: what {} runs, besides sleep; it takes no time",
                handler.path
            );
            findings.note(handler.position(), message);
            SimDuration::ZERO
        }
    }
}
