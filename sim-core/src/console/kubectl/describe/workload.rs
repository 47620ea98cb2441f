//! Deployments, ReplicaSets, pods, and the containers in them.

use serde_json::Value;

use super::{annotations, field, labels, map_lines, names, number, selector};
use crate::cluster::pod::{Phase, Pod};
use crate::console::age;
use crate::console::kubectl::rows::node_address;
use crate::time::{SimDuration, SimTime};
use crate::world::World;

/// A Deployment.
pub(crate) fn deployment(document: &Value, world: &World) -> String {
    let name = field(document, "/metadata/name");
    let object = world.api.get(crate::cluster::api::Kind::Deployment, name);
    let created = object.map_or(SimTime::ZERO, |object| object.created);
    let mut out = names(document);
    out += &format!("CreationTimestamp:\t{}\n", age::rfc1123(created));
    out += &(labels(document) + &annotations(document));
    let count = |key: &str| number(document, &format!("/status/{key}"));
    out += &format!(
        "Selector:\t{}\nReplicas:\t{} desired | {} updated | {} total | {} available | {} \
         unavailable\nStrategyType:\t{}\nMinReadySeconds:\t{}\n",
        selector(document.pointer("/spec/selector/matchLabels")),
        number(document, "/spec/replicas"),
        count("updatedReplicas"),
        count("replicas"),
        count("availableReplicas"),
        count("unavailableReplicas"),
        field(document, "/spec/strategy/type"),
        number(document, "/spec/minReadySeconds"),
    );
    if let Some(rolling) = document.pointer("/spec/strategy/rollingUpdate") {
        let amount = |key: &str| {
            let value = &rolling[key];
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        out += &format!(
            "RollingUpdateStrategy:\t{} max unavailable, {} max surge\n",
            amount("maxUnavailable"),
            amount("maxSurge")
        );
    }
    out += &template(&document["spec"]["template"]);
    out + &conditions(document) + &replica_sets(name, world)
}

/// Conditions of a controller, if it has any.
fn conditions(document: &Value) -> String {
    let conditions = document["status"]["conditions"].as_array();
    let mut out = String::new();
    if conditions.is_some_and(|conditions| !conditions.is_empty()) {
        out += "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n";
    }
    for condition in conditions.into_iter().flatten() {
        let text = |key: &str| condition[key].as_str().unwrap_or_default();
        out += &format!("  {} \t{}\t{}\n", text("type"), text("status"), text("reason"));
    }
    out
}

/// The newest ReplicaSet and the others that still have pods.
fn replica_sets(name: &str, world: &World) -> String {
    let mut sets: Vec<_> = world.cluster.state.replica_sets_of(name).collect();
    sets.sort_by_key(|set| set.revision);
    let line = |set: &&crate::cluster::state::ReplicaSet| {
        format!("{} ({}/{} replicas created)", set.name, set.status.replicas, set.replicas)
    };
    let newest = sets.pop();
    let old: Vec<String> = sets.iter().map(line).collect();
    let old = if old.is_empty() { "<none>".to_owned() } else { old.join(", ") };
    let newest = newest.as_ref().map_or_else(|| "<none>".to_owned(), line);
    format!("OldReplicaSets:\t{old}\nNewReplicaSet:\t{newest}\n")
}

/// A ReplicaSet.
pub(crate) fn replica_set(document: &Value, world: &World) -> String {
    let name = field(document, "/metadata/name");
    let mut out = names(document);
    out += &format!("Selector:\t{}\n", selector(document.pointer("/spec/selector/matchLabels")));
    out += &(labels(document) + &annotations(document));
    out += &controlled_by(document);
    out += &format!(
        "Replicas:\t{} current / {} desired\n",
        number(document, "/status/replicas"),
        number(document, "/spec/replicas")
    );
    let pods = world.cluster.state.pods.values().filter(|pod| pod.replica_set() == name);
    let phases: Vec<Phase> = pods.map(|pod| pod.phase).collect();
    let count = |phase: Phase| phases.iter().filter(|other| **other == phase).count();
    out += &format!(
        "Pods Status:\t{} Running / {} Waiting / {} Succeeded / {} Failed\n",
        count(Phase::Running),
        count(Phase::Pending),
        count(Phase::Succeeded),
        count(Phase::Failed)
    );
    out + &template(&document["spec"]["template"]) + &conditions(document)
}

fn controlled_by(document: &Value) -> String {
    match document.pointer("/metadata/ownerReferences/0") {
        Some(owner) => {
            format!("Controlled By:\t{}/{}\n", field(owner, "/kind"), field(owner, "/name"))
        }
        None => String::new(),
    }
}

/// A pod.
pub(crate) fn pod(document: &Value, world: &World, now: SimTime) -> String {
    let Some(pod) = world.cluster.state.pod_named(field(document, "/metadata/name")) else {
        return String::new();
    };
    let mut out = names(document);
    let nodes = &world.cluster.state.nodes;
    let node = field(document, "/spec/nodeName");
    let host = nodes.iter().position(|one| one.name == node).map(node_address);
    let host = host.map(|address| format!("/{address}")).unwrap_or_default();
    out += "Priority:\t0\nService Account:\tdefault\n";
    out += &format!("Node:\t{node}{host}\n");
    if let Some(started) = pod.started {
        out += &format!("Start Time:\t{}\n", age::rfc1123(started));
    }
    out += &(labels(document) + &annotations(document));
    out += &pod_status(document, pod, now);
    match &pod.ip {
        Some(ip) => out += &format!("IP:\t{ip}\nIPs:\n  IP:\t{ip}\n"),
        None => out += "IP:\t\nIPs:\t<none>\n",
    }
    out += &controlled_by(document);
    for (title, list, statuses) in [
        ("Init Containers", "initContainers", "initContainerStatuses"),
        ("Containers", "containers", "containerStatuses"),
    ] {
        let containers = document["spec"][list].as_array();
        if containers.is_some_and(|containers| !containers.is_empty()) {
            out += &format!("{title}:\n");
        }
        for container in containers.into_iter().flatten() {
            let statuses = document["status"][statuses].as_array().into_iter().flatten();
            let status = statuses.into_iter().find(|status| status["name"] == container["name"]);
            out += &container_text(container, status);
        }
    }
    out += "Conditions:\n  Type\tStatus\n";
    for condition in document["status"]["conditions"].as_array().into_iter().flatten() {
        out += &format!("  {} \t{} \n", field(condition, "/type"), field(condition, "/status"));
    }
    out += &volumes(&document["spec"], "");
    out += &format!("QoS Class:\t{}\n", field(document, "/status/qosClass"));
    out + "Node-Selectors:\t<none>\nTolerations:\t<none>\n"
}

/// `Status:` of a pod.
fn pod_status(document: &Value, pod: &Pod, now: SimTime) -> String {
    let end = age::parse_timestamp(field(document, "/metadata/deletionTimestamp"));
    let over = matches!(pod.phase, Phase::Succeeded | Phase::Failed);
    let Some(end) = end.filter(|_| !over) else {
        return format!("Status:\t{}\n", field(document, "/status/phase"));
    };
    let lasts = lasts(end, now);
    let grace = pod.deletion_grace.as_micros() / 1_000_000;
    format!("Status:\tTerminating (lasts {lasts})\nTermination Grace Period:\t{grace}s\n")
}

/// How long a pod has been overdue. Its deletion timestamp is when its grace ends, so that kubectl
/// has no valid time for one that is punctual.
fn lasts(end: SimTime, now: SimTime) -> String {
    match (now.as_micros() - end.as_micros()) / 1_000_000 {
        early if early < -1 => "<invalid>".to_owned(),
        secs => age::human(SimDuration::from_secs(secs.max(0).unsigned_abs())),
    }
}

/// `Pod Template:` of a controller.
pub(crate) fn template(template: &Value) -> String {
    let mut out = "Pod Template:\n".to_owned();
    out += &map_lines("  Labels", template.pointer("/metadata/labels"), "=");
    if template.pointer("/metadata/annotations").is_some() {
        out += &map_lines("  Annotations", template.pointer("/metadata/annotations"), ": ");
    }
    for (title, list) in [("Init Containers", "initContainers"), ("Containers", "containers")] {
        let containers = template["spec"][list].as_array().into_iter().flatten();
        let texts: String = containers
            // Inside a template, container names are indented by one space less than their fields.
            .map(|container| format!(" {}", container_text(container, None)))
            .collect();
        if !texts.is_empty() {
            out += &format!("  {title}:\n{texts}");
        }
    }
    out += &volumes(&template["spec"], "  ");
    out + "  Node-Selectors:\t<none>\n  Tolerations:\t<none>\n"
}

/// `Volumes:` of a pod or template.
fn volumes(spec: &Value, margin: &str) -> String {
    let volumes: Vec<&Value> = spec["volumes"].as_array().into_iter().flatten().collect();
    if volumes.is_empty() {
        return format!("{margin}Volumes:\t<none>\n");
    }
    let mut out = format!("{margin}Volumes:\n");
    for volume in volumes {
        out += &format!("{margin} {}:\n", field(volume, "/name"));
        let optional = |source: &Value| if source["optional"] == true { "true" } else { "false" };
        out += &if let Some(source) = volume.get("configMap") {
            format!(
                "{margin}  Type:\tConfigMap (a volume populated by a ConfigMap)\n{margin}  \
                 Name:\t{}\n{margin}  Optional:\t{}\n",
                field(source, "/name"),
                optional(source)
            )
        } else if let Some(source) = volume.get("secret") {
            format!(
                "{margin}  Type:\tSecret (a volume populated by a Secret)\n{margin}  \
                 SecretName:\t{}\n{margin}  Optional:\t{}\n",
                field(source, "/secretName"),
                optional(source)
            )
        } else if volume.get("emptyDir").is_some() {
            format!(
                "{margin}  Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)\n"
            )
        } else {
            format!("{margin}  Type:\tnot modelled\n")
        };
    }
    out
}

fn container_text(container: &Value, status: Option<&Value>) -> String {
    let mut out = format!("  {}:\n", field(container, "/name"));
    out += &format!("    Image:\t{}\n", field(container, "/image"));
    let ports: Vec<&Value> = container["ports"].as_array().into_iter().flatten().collect();
    for (title, key) in [("Port", "containerPort"), ("Host Port", "hostPort")] {
        let list: Vec<String> = ports
            .iter()
            .map(|port| {
                let protocol = port["protocol"].as_str().unwrap_or("TCP");
                format!("{}/{protocol}", port[key].as_i64().unwrap_or(0))
            })
            .collect();
        let (plural, list) = match list.len() {
            0 => ("", "<none>".to_owned()),
            1 => ("", list[0].clone()),
            _ => ("s", list.join(", ")),
        };
        out += &format!("    {title}{plural}:\t{list}\n");
    }
    for (title, key) in [("Command", "command"), ("Args", "args")] {
        let words = container[key].as_array().into_iter().flatten();
        let words: Vec<String> =
            words.filter_map(Value::as_str).map(|word| format!("      {word}\n")).collect();
        if !words.is_empty() {
            out += &format!("    {title}:\n{}", words.concat());
        }
    }
    if let Some(status) = status {
        out += &state("State", &status["state"]);
        if status.pointer("/lastState/terminated").is_some() {
            out += &state("Last State", &status["lastState"]);
        }
        let ready = if status["ready"] == true { "True" } else { "False" };
        out += &format!("    Ready:\t{ready}\n    Restart Count:\t{}\n", status["restartCount"]);
    }
    out + &settings(container)
}

fn state(title: &str, state: &Value) -> String {
    let text = |pointer: &str| field(state, pointer).to_owned();
    if state.get("running").is_some() {
        let started = api_time(&text("/running/startedAt"));
        format!("    {title}:\tRunning\n      Started:\t{started}\n")
    } else if state.get("terminated").is_some() {
        format!(
            "    {title}:\tTerminated\n      Reason:\t{}\n      Exit Code:\t{}\n      \
             Started:\t{}\n      Finished:\t{}\n",
            text("/terminated/reason"),
            number(state, "/terminated/exitCode"),
            api_time(&text("/terminated/startedAt")),
            api_time(&text("/terminated/finishedAt"))
        )
    } else {
        format!("    {title}:\tWaiting\n      Reason:\t{}\n", text("/waiting/reason"))
    }
}

/// A time of the API as describe prints it.
fn api_time(text: &str) -> String {
    age::parse_timestamp(text).map_or_else(|| text.to_owned(), age::rfc1123)
}

/// Resources, probes, environment and mounts of a container.
fn settings(container: &Value) -> String {
    let mut out = String::new();
    for (title, key) in [("Limits", "limits"), ("Requests", "requests")] {
        let amounts = container["resources"][key].as_object();
        if amounts.is_some_and(|amounts| !amounts.is_empty()) {
            out += &format!("    {title}:\n");
        }
        for (name, amount) in amounts.into_iter().flatten() {
            let amount = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
            out += &format!("      {name}:\t{amount}\n");
        }
    }
    let probes = [
        ("Liveness", "livenessProbe"),
        ("Readiness", "readinessProbe"),
        ("Startup", "startupProbe"),
    ];
    for (title, key) in probes {
        if container[key].is_object() {
            out += &format!("    {title}:\t{}\n", probe(&container[key]));
        }
    }
    out += &environment_sources(container);
    let env: Vec<&Value> = container["env"].as_array().into_iter().flatten().collect();
    out += if env.is_empty() { "    Environment:\t<none>\n" } else { "    Environment:\n" };
    for variable in env {
        let value = variable_value(variable).replace(['\n', '\t'], " ");
        out += &format!("      {}:\t{value}\n", field(variable, "/name"));
    }
    let mounts: Vec<&Value> = container["volumeMounts"].as_array().into_iter().flatten().collect();
    out += if mounts.is_empty() { "    Mounts:\t<none>\n" } else { "    Mounts:\n" };
    for mount in mounts {
        let (path, name) = (field(mount, "/mountPath"), field(mount, "/name"));
        let mode = if mount["readOnly"] == true { "ro" } else { "rw" };
        out += &format!("      {path} from {name} ({mode})\n");
    }
    out
}

/// `Environment Variables from:` of a container, if it has any.
fn environment_sources(container: &Value) -> String {
    let sources: Vec<&Value> = container["envFrom"].as_array().into_iter().flatten().collect();
    if sources.is_empty() {
        return String::new();
    }
    let mut out = "    Environment Variables from:\n".to_owned();
    for source in sources {
        let (kind, object) = match source.get("configMapRef") {
            Some(object) => ("ConfigMap", object),
            None => ("Secret", &source["secretRef"]),
        };
        let prefix = source["prefix"].as_str().filter(|prefix| !prefix.is_empty());
        let prefix = prefix.map(|prefix| format!(" with prefix '{prefix}'")).unwrap_or_default();
        let optional = object["optional"] == true;
        let name = field(object, "/name");
        out += &format!("      {name}\t{kind}{prefix}\tOptional: {optional}\n");
    }
    out
}

/// A variable's value, or where it is taken from.
fn variable_value(variable: &Value) -> String {
    let from = &variable["valueFrom"];
    for (key, words) in [("configMapKeyRef", "config map"), ("secretKeyRef", "secret")] {
        if let Some(source) = from.get(key) {
            let optional = source["optional"] == true;
            let (key, name) = (field(source, "/key"), field(source, "/name"));
            return format!("<set to the key '{key}' in {words} '{name}'>\tOptional: {optional}")
                .replace('\t', "  ");
        }
    }
    if let Some(path) = from.pointer("/fieldRef/fieldPath").and_then(Value::as_str) {
        return format!("(v1:{path})");
    }
    variable["value"].as_str().unwrap_or_default().to_owned()
}

fn probe(probe: &Value) -> String {
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number(probe, "/initialDelaySeconds"),
        number(probe, "/timeoutSeconds"),
        number(probe, "/periodSeconds"),
        number(probe, "/successThreshold"),
        number(probe, "/failureThreshold"),
    );
    let port = |action: &Value| {
        let port = &action["port"];
        port.as_str().map_or_else(|| port.to_string(), str::to_owned)
    };
    if let Some(get) = probe.get("httpGet") {
        let scheme = get["scheme"].as_str().unwrap_or("HTTP").to_lowercase();
        let path = get["path"].as_str().unwrap_or("/");
        format!("http-get {scheme}://:{}{path} {attributes}", port(get))
    } else if let Some(socket) = probe.get("tcpSocket") {
        format!("tcp-socket :{} {attributes}", port(socket))
    } else if let Some(exec) = probe.get("exec") {
        let words = exec["command"].as_array().into_iter().flatten();
        let words: Vec<&str> = words.filter_map(Value::as_str).collect();
        format!("exec [{}] {attributes}", words.join(" "))
    } else if let Some(grpc) = probe.get("grpc") {
        format!("grpc <pod>:{}  {attributes}", port(grpc))
    } else {
        format!("unknown {attributes}")
    }
}

#[cfg(test)]
mod tests {
    use super::lasts;
    use crate::time::SimTime;

    #[test]
    fn termination_lasts_from_the_end_of_the_grace() {
        for (now, shown) in [(70, "<invalid>"), (98, "<invalid>"), (99, "0s"), (105, "5s")] {
            assert_eq!(lasts(SimTime::from_secs(100), SimTime::from_secs(now)), shown, "{now}");
        }
    }
}
