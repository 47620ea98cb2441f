//! The columns of `kubectl get`, kind by kind.

use crate::cluster::api::{Kind, Object, Spec};
use crate::cluster::pod::Pod;
use crate::cluster::spec::{
    AutoscalerSpec, IntOrPercent, JobSpec, Labels, PodTemplate, QuotaSpec, ServicePort,
};
use crate::cluster::state::{ClusterNote, Condition, JobStatus, Node, ReplicaSet};
use crate::cluster::{disruption, quota};
use crate::console::age;
use crate::console::kubectl::document::{cluster_ip, endpoint_ports};
use crate::console::kubectl::flagger;
use crate::console::kubectl::resource::{self, ObjectRef, Resource, Slice};
use crate::delivery;
use crate::delivery::spec::ApplicationSpec;
use crate::time::SimTime;
use crate::world::World;

/// Headers of a kind's table; the second part is added by `-o wide`.
pub(crate) fn headers(resource: Resource) -> (&'static [&'static str], &'static [&'static str]) {
    match resource {
        Resource::Object(Kind::Deployment) => (
            &["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"],
            &["CONTAINERS", "IMAGES", "SELECTOR"],
        ),
        Resource::Object(Kind::Job) => (
            &["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"],
            &["CONTAINERS", "IMAGES", "SELECTOR"],
        ),
        Resource::Object(Kind::Service) => {
            (&["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"], &["SELECTOR"])
        }
        Resource::Object(Kind::ConfigMap) => (&["NAME", "DATA", "AGE"], &[]),
        Resource::Object(Kind::Secret) => (&["NAME", "TYPE", "DATA", "AGE"], &[]),
        Resource::Object(Kind::ResourceQuota) => (&["NAME", "REQUEST", "LIMIT", "AGE"], &[]),
        Resource::Object(Kind::HorizontalPodAutoscaler) => {
            (&["NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE"], &[])
        }
        Resource::Object(Kind::PodDisruptionBudget) => {
            (&["NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"], &[])
        }
        Resource::Object(Kind::Gateway) => (&["NAME", "AGE"], &[]),
        Resource::Object(Kind::VirtualService) => (&["NAME", "GATEWAYS", "HOSTS", "AGE"], &[]),
        Resource::Object(Kind::DestinationRule) => (&["NAME", "HOST", "AGE"], &[]),
        Resource::Object(Kind::GitRepository) => (&["NAME", "URL", "AGE", "READY", "STATUS"], &[]),
        Resource::Object(Kind::Kustomization) => (&["NAME", "AGE", "READY", "STATUS"], &[]),
        Resource::Object(Kind::Application) => {
            (&["NAME", "SYNC STATUS", "HEALTH STATUS"], &["REVISION", "PROJECT"])
        }
        Resource::Object(Kind::Canary) => flagger::CANARY_COLUMNS,
        Resource::Object(Kind::MetricTemplate) => (&["NAME", "PROVIDER"], &[]),
        Resource::Object(Kind::Rollout) => {
            (&["NAME", "DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "AGE"], &[])
        }
        Resource::Object(Kind::KruiseRollout) => {
            (&["NAME", "STATUS", "CANARY_STEP", "CANARY_STATE", "MESSAGE", "AGE"], &[])
        }
        Resource::Object(Kind::AnalysisTemplate | Kind::ClusterAnalysisTemplate) => {
            (&["NAME", "AGE"], &[])
        }
        Resource::Object(Kind::AnalysisRun) => (&["NAME", "STATUS", "AGE"], &[]),
        Resource::Pod => (
            &["NAME", "READY", "STATUS", "RESTARTS", "AGE"],
            &["IP", "NODE", "NOMINATED NODE", "READINESS GATES"],
        ),
        Resource::ReplicaSet => {
            (&["NAME", "DESIRED", "CURRENT", "READY", "AGE"], &["CONTAINERS", "IMAGES", "SELECTOR"])
        }
        Resource::Endpoints => (&["NAME", "ENDPOINTS", "AGE"], &[]),
        Resource::EndpointSlice => (&["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"], &[]),
        Resource::Node => (
            &["NAME", "STATUS", "ROLES", "AGE", "VERSION"],
            &["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"],
        ),
        Resource::Event => (
            &["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"],
            &["FIRST SEEN", "COUNT", "NAME"],
        ),
        Resource::Namespace => (&["NAME", "STATUS", "AGE"], &[]),
    }
}

/// The cells of one object, those of `-o wide` included; empty if it is gone.
pub(crate) fn cells(object: &ObjectRef, world: &World, now: SimTime) -> Vec<String> {
    let state = &world.cluster.state;
    let name = object.name.as_str();
    let found = match object.resource {
        Resource::Object(kind) => world.api.get(kind, name).map(|o| written(o, world, now)),
        Resource::Pod => state.pod_named(name).map(|found| pod(found, now)),
        Resource::ReplicaSet => state.replica_sets.get(name).map(|set| replica_set(set, now)),
        Resource::Endpoints => Some(endpoints(name, world, now)),
        Resource::EndpointSlice => {
            resource::slice(world, name).map(|slice| endpoint_slice(name, &slice, world, now))
        }
        Resource::Node => resource::node(world, name).map(|found| node(found, world, now)),
        Resource::Event => resource::event(world, name).map(|note| event(note, now)),
        Resource::Namespace => {
            Some(vec![name.to_owned(), "Active".to_owned(), cluster_age(world, now)])
        }
    };
    found.unwrap_or_default()
}

/// Age of what was there before the first object: nodes and namespaces are as old as the oldest
/// thing known, and an hour.
fn cluster_age(world: &World, now: SimTime) -> String {
    let oldest = world.api.list(Kind::Deployment).map(|(_, object)| object.created).min();
    let oldest = oldest.unwrap_or(now).min(SimTime::ZERO);
    age::human(now.since(oldest) + crate::time::SimDuration::from_secs(3600))
}

/// `a=b,c=d`, or `<none>`.
pub(crate) fn label_list(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") }
}

fn written(object: &Object, world: &World, now: SimTime) -> Vec<String> {
    let name = object.manifest.name.clone();
    let age = age::since(now, object.created);
    match &object.manifest.spec {
        Spec::Deployment(spec) => {
            let status = world.cluster.state.deployments.get(&name).cloned().unwrap_or_default();
            let (containers, images) = containers(&spec.template);
            vec![
                name,
                format!("{}/{}", status.counts.ready, spec.replicas),
                status.updated.to_string(),
                status.counts.available.to_string(),
                age,
                containers,
                images,
                label_list(&spec.selector),
            ]
        }
        Spec::Job(spec) => job(spec, object, world, now),
        Spec::Service(spec) => vec![
            name.clone(),
            spec.service_type.clone(),
            cluster_ip(&name),
            if spec.service_type == "LoadBalancer" { "<pending>" } else { "<none>" }.to_owned(),
            spec.ports.iter().map(service_port).collect::<Vec<_>>().join(","),
            age,
            label_list(&spec.selector),
        ],
        Spec::ConfigMap(config) => vec![name, config.sizes.len().to_string(), age],
        Spec::Secret(secret) => {
            vec![name, secret.secret_type.clone(), secret.sizes.len().to_string(), age]
        }
        Spec::ResourceQuota(spec) => {
            let [requests, limits] = quota_use(spec, world);
            vec![name, requests, limits, age]
        }
        Spec::HorizontalPodAutoscaler(spec) => autoscaler(spec, name, age, world),
        Spec::PodDisruptionBudget(spec) => {
            let status = disruption::status(spec, &world.cluster.state, &world.api);
            let shown = |limit: Option<IntOrPercent>| match limit {
                None => "N/A".to_owned(),
                Some(IntOrPercent::Int(count)) => count.to_string(),
                Some(IntOrPercent::Percent(share)) => format!("{share}%"),
            };
            let [least, most] = [spec.min_available, spec.max_unavailable].map(shown);
            vec![name, least, most, status.allowed.to_string(), age]
        }
        Spec::Gateway(_) | Spec::AnalysisTemplate(_) | Spec::ClusterAnalysisTemplate(_) => {
            vec![name, age]
        }
        Spec::VirtualService(spec) => {
            vec![name, json_list(&spec.gateways), json_list(&spec.hosts), age]
        }
        Spec::DestinationRule(spec) => vec![name, spec.host.clone(), age],
        Spec::Application(spec) => application(spec, name, world),
        Spec::Canary(_) => flagger::canary_cells(object, world),
        Spec::MetricTemplate(spec) => vec![name, spec.provider.clone()],
        Spec::Rollout(spec) => rollout(spec.replicas, name, age, world),
        Spec::AnalysisRun(_) => analysis_run(name, age, world),
        Spec::KruiseRollout(_) => kruise_rollout(name, age, world),
        Spec::GitRepository(spec) => {
            let source = world.delivery.flux.sources().get(&name);
            let [ready, status] = ready(source.map(|source| &source.ready));
            vec![name, spec.url.clone(), age, ready, status]
        }
        Spec::Kustomization(_) => {
            let one = world.delivery.flux.kustomizations().get(&name);
            let [ready, status] = ready(one.map(|one| &one.ready));
            vec![name, age, ready, status]
        }
    }
}

fn autoscaler(spec: &AutoscalerSpec, name: String, age: String, world: &World) -> Vec<String> {
    let status = world.cluster.state.autoscalers.get(&name).cloned().unwrap_or_default();
    let usage = status.usage.map(|usage| format!("{}%", usage.percent));
    let usage = usage.unwrap_or_else(|| "<unknown>".to_owned());
    let targets = spec.utilizations.iter().map(|wanted| format!("cpu: {usage}/{wanted}%"));
    vec![
        name,
        spec.target.to_string(),
        targets.collect::<Vec<_>>().join(", "),
        spec.min_replicas.to_string(),
        spec.max_replicas.to_string(),
        status.current.to_string(),
        age,
    ]
}

fn rollout(wanted: u32, name: String, age: String, world: &World) -> Vec<String> {
    let counts = world.rollouts.status(&name).map(|status| status.counts).unwrap_or_default();
    let counts = [wanted, counts.replicas, counts.updated, counts.available];
    let counts = counts.iter().map(u32::to_string);
    [name].into_iter().chain(counts).chain([age]).collect()
}

fn kruise_rollout(name: String, age: String, world: &World) -> Vec<String> {
    let status = world.kruise.status(&name).cloned().unwrap_or_default();
    let release = status.release;
    let step = release.as_ref().map_or(0, |release| release.step).to_string();
    let state = release.map_or("", |release| release.state.name());
    vec![name, status.phase.name().to_owned(), step, state.to_owned(), status.message, age]
}

fn analysis_run(name: String, age: String, world: &World) -> Vec<String> {
    let phase = world.rollouts.run(&name).map_or("", |run| run.phase.name());
    vec![name, phase.to_owned(), age]
}

fn ready(ready: Option<&delivery::flux::Ready>) -> [String; 2] {
    ready.map_or_else(Default::default, |one| [one.word().to_owned(), one.message.clone()])
}

fn application(spec: &ApplicationSpec, name: String, world: &World) -> Vec<String> {
    let seen = delivery::overview(world, &name);
    let (sync, health) = seen.map(|seen| (seen.sync.name(), seen.health.name())).unzip();
    let known = world.delivery.application(&name).and_then(|one| one.revision.clone());
    vec![
        name,
        sync.unwrap_or_default().to_owned(),
        health.unwrap_or_default().to_owned(),
        known.map(|revision| revision.id).unwrap_or_default(),
        spec.project.clone(),
    ]
}

fn job(spec: &JobSpec, object: &Object, world: &World, now: SimTime) -> Vec<String> {
    let name = object.manifest.name.clone();
    let status = world.cluster.state.jobs.get(&name).cloned().unwrap_or_default();
    let (containers, images) = containers(&spec.template);
    let completions = match spec.completions {
        Some(completions) => format!("{}/{completions}", status.succeeded),
        None if 1 < spec.parallelism => format!("{}/1 of {}", status.succeeded, spec.parallelism),
        None => format!("{}/1", status.succeeded),
    };
    // A Job that has failed has no end, and its duration goes on.
    let took = status.started.map(|from| status.completed.unwrap_or(now).since(from));
    vec![
        name,
        job_status(&status).to_owned(),
        completions,
        took.map(age::human).unwrap_or_default(),
        age::since(now, object.created),
        containers,
        images,
        format!("batch.kubernetes.io/controller-uid={}", object.uid),
    ]
}

/// Use and limit of what is requested, and of what is limited.
fn quota_use(spec: &QuotaSpec, world: &World) -> [String; 2] {
    let used = quota::used(spec, &world.cluster.state);
    [false, true].map(|is_limit| {
        let of = spec.hard.iter().filter(|(of, _)| of.key().starts_with("limits") == is_limit);
        let shown = of
            .map(|(of, hard)| format!("{}: {}/{}", of.key(), of.shown(used[of]), of.shown(*hard)));
        shown.collect::<Vec<_>>().join(", ")
    })
}

/// The STATUS column of Jobs.
fn job_status(status: &JobStatus) -> &'static str {
    let holds = |condition: &Condition| condition.status == "True";
    let conditions = [
        (&status.complete, "Complete"),
        (&status.has_failed, "Failed"),
        (&status.suspended, "Suspended"),
        (&status.failure, "FailureTarget"),
        (&status.success, "SuccessCriteriaMet"),
    ];
    let shown = conditions.into_iter().find(|(condition, _)| holds(condition));
    shown.map_or("Running", |(_, name)| name)
}

/// A list as the printer of custom resources shows it: `["a","b"]`.
fn json_list(items: &[String]) -> String {
    serde_json::to_string(items).unwrap_or_default()
}

fn service_port(port: &ServicePort) -> String {
    format!("{}/{}", port.port, port.protocol)
}

/// Names and images of a template's containers.
fn containers(template: &PodTemplate) -> (String, String) {
    let list = |text: fn(&crate::cluster::spec::Container) -> &str| {
        template.spec.containers.iter().map(text).collect::<Vec<_>>().join(",")
    };
    (list(|container| &container.name), list(|container| &container.image))
}

fn pod(pod: &Pod, now: SimTime) -> Vec<String> {
    let spec = &pod.template.spec;
    let sidecars = spec.init_containers.iter().filter(|container| container.sidecar).count();
    // Until it is initialized, only sidecars count.
    let ready = pod.lasting().filter(|(_, status)| status.ready).count();
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "<none>".to_owned());
    vec![
        pod.name.clone(),
        format!("{ready}/{}", spec.containers.len() + sidecars),
        pod.display_status(),
        restarts(pod, now),
        age::since(now, pod.created),
        or_none(&pod.ip),
        or_none(&pod.node),
        "<none>".to_owned(),
        "<none>".to_owned(),
    ]
}

/// `2 (15s ago)`: how often, and when the last run ended.
fn restarts(pod: &Pod, now: SimTime) -> String {
    use crate::cluster::pod::ContainerState::Terminated;
    let count: u32 = pod.containers.iter().map(|container| container.restarts).sum();
    let ended = pod.containers.iter().filter_map(|container| match &container.last_state {
        Some(Terminated { finished, .. }) => Some(*finished),
        _ => None,
    });
    match ended.max() {
        Some(last) if 0 < count => format!("{count} ({} ago)", age::since(now, last)),
        _ => count.to_string(),
    }
}

fn replica_set(set: &ReplicaSet, now: SimTime) -> Vec<String> {
    let (containers, images) = containers(&set.template);
    vec![
        set.name.clone(),
        set.replicas.to_string(),
        set.status.replicas.to_string(),
        set.status.ready.to_string(),
        age::since(now, set.created),
        containers,
        images,
        label_list(&set.selector),
    ]
}

/// Most addresses in a table.
const SHOWN: usize = 3;

fn some_of(items: &[String], none: &str) -> String {
    match items.len() {
        0 => none.to_owned(),
        length if length <= SHOWN => items.join(","),
        length => format!("{} + {} more...", items[..SHOWN].join(","), length - SHOWN),
    }
}

fn service_age(service: &str, world: &World, now: SimTime) -> String {
    let object = world.api.get(Kind::Service, service);
    object.map_or_else(|| "<unknown>".to_owned(), |object| age::since(now, object.created))
}

/// Addresses and ports of the ready endpoints of a Service.
pub(crate) fn ready_addresses(service: &str, world: &World) -> Vec<String> {
    let ports = endpoint_ports(service, world);
    let listed = world.cluster.state.endpoints.get(service);
    let ready = listed.into_iter().flat_map(|listed| &listed.pods).filter(|e| e.is_ready());
    ready.flat_map(|e| ports.iter().map(|(_, port, _)| format!("{}:{port}", e.ip))).collect()
}

/// The same, shortened as tables show them.
pub(crate) fn address_list(service: &str, world: &World) -> String {
    some_of(&ready_addresses(service, world), "<none>")
}

fn endpoints(service: &str, world: &World, now: SimTime) -> Vec<String> {
    let listed = world.cluster.state.endpoints.get(service);
    let ready = listed.into_iter().flat_map(|listed| &listed.pods).filter(|e| e.is_ready());
    let mut addresses: Vec<&String> = ready.map(|e| &e.ip).collect();
    addresses.sort();
    let ports = endpoint_ports(service, world);
    let of_port = |port: u16| addresses.iter().map(move |ip| format!("{ip}:{port}"));
    let all: Vec<String> = ports.iter().flat_map(|(_, port, _)| of_port(*port)).collect();
    vec![service.to_owned(), some_of(&all, "<none>"), service_age(service, world, now)]
}

fn endpoint_slice(name: &str, slice: &Slice<'_>, world: &World, now: SimTime) -> Vec<String> {
    let ports: Vec<String> =
        endpoint_ports(slice.service, world).iter().map(|(_, port, _)| port.to_string()).collect();
    // Unlike Endpoints, a slice lists endpoints that are not ready too.
    let addresses: Vec<String> = slice.endpoints.iter().map(|e| e.ip.clone()).collect();
    vec![
        name.to_owned(),
        "IPv4".to_owned(),
        some_of(&ports, "<unset>"),
        some_of(&addresses, "<unset>"),
        service_age(slice.service, world, now),
    ]
}

/// The address of a node, by its place in the list of nodes.
pub(crate) fn node_address(place: usize) -> String {
    format!("172.18.0.{}", place + 2)
}

fn node(node: &Node, world: &World, now: SimTime) -> Vec<String> {
    let nodes = &world.cluster.state.nodes;
    let place = nodes.iter().position(|other| other.name == node.name).unwrap_or(0);
    vec![
        node.name.clone(),
        node.display_status(),
        "<none>".to_owned(),
        cluster_age(world, now),
        world.cluster.version.to_string(),
        node_address(place),
        "<none>".to_owned(),
        "Cutover".to_owned(),
        "simulated".to_owned(),
        "simulated".to_owned(),
    ]
}

fn event(note: &ClusterNote, now: SimTime) -> Vec<String> {
    let last = age::since(now, note.at);
    vec![
        last,
        note.level.to_owned(),
        note.reason.to_owned(),
        note.object.clone(),
        note.message.clone(),
        age::since(now, note.first),
        note.count.to_string(),
        resource::event_name(note),
    ]
}

/// `Pod/NAME`, as `kubectl events` shows what an event is about.
pub(crate) fn event_object(object: &str) -> String {
    let (kind, name) = object.split_once('/').unwrap_or(("", object));
    let kind = Resource::named(kind).map_or(kind, |resource| resource.info().kind);
    format!("{kind}/{name}")
}
