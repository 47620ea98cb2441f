//! The kinds that kubectl can name, and which objects of them exist.

use crate::cluster::api::Kind;
use crate::cluster::spec::Labels;
use crate::cluster::state::{ClusterNote, Endpoint, Node};
use crate::delivery::Addons;
use crate::world::World;

/// A kind of object, as the API lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    /// A kind that users write.
    Object(Kind),
    /// `v1`.
    Pod,
    /// `apps/v1`.
    ReplicaSet,
    /// `v1`.
    Endpoints,
    /// `discovery.k8s.io/v1`.
    EndpointSlice,
    /// `v1`.
    Node,
    /// `v1`.
    Event,
    /// `v1`.
    Namespace,
}

/// One line of `kubectl api-resources`.
#[derive(Debug)]
pub(crate) struct Info {
    /// The kind.
    pub(crate) resource: Resource,
    /// Name in URLs and messages.
    pub(crate) plural: &'static str,
    /// Singular and short names.
    pub(crate) singular: &'static str,
    /// Short names.
    pub(crate) short: &'static [&'static str],
    /// `apiVersion`.
    pub(crate) version: &'static str,
    /// `kind`.
    pub(crate) kind: &'static str,
    /// Whether its objects live in a namespace.
    pub(crate) namespaced: bool,
}

const fn info(
    resource: Resource,
    [plural, singular, version, kind]: [&'static str; 4],
    short: &'static [&'static str],
    namespaced: bool,
) -> Info {
    Info { resource, plural, singular, short, version, kind, namespaced }
}

/// Every kind, in the order of `kubectl api-resources`: by group, then by name.
pub(crate) const RESOURCES: &[Info] = &[
    info(
        Resource::Object(Kind::ConfigMap),
        ["configmaps", "configmap", "v1", "ConfigMap"],
        &["cm"],
        true,
    ),
    info(Resource::Endpoints, ["endpoints", "endpoints", "v1", "Endpoints"], &["ep"], true),
    info(Resource::Event, ["events", "event", "v1", "Event"], &["ev"], true),
    info(Resource::Namespace, ["namespaces", "namespace", "v1", "Namespace"], &["ns"], false),
    info(Resource::Node, ["nodes", "node", "v1", "Node"], &["no"], false),
    info(Resource::Pod, ["pods", "pod", "v1", "Pod"], &["po"], true),
    info(
        Resource::Object(Kind::ResourceQuota),
        ["resourcequotas", "resourcequota", "v1", "ResourceQuota"],
        &["quota"],
        true,
    ),
    info(Resource::Object(Kind::Secret), ["secrets", "secret", "v1", "Secret"], &[], true),
    info(Resource::Object(Kind::Service), ["services", "service", "v1", "Service"], &["svc"], true),
    info(
        Resource::Object(Kind::Deployment),
        ["deployments", "deployment", "apps/v1", "Deployment"],
        &["deploy"],
        true,
    ),
    info(
        Resource::ReplicaSet,
        ["replicasets", "replicaset", "apps/v1", "ReplicaSet"],
        &["rs"],
        true,
    ),
    info(
        Resource::Object(Kind::AnalysisRun),
        ["analysisruns", "analysisrun", "argoproj.io/v1alpha1", "AnalysisRun"],
        &["ar"],
        true,
    ),
    info(
        Resource::Object(Kind::AnalysisTemplate),
        ["analysistemplates", "analysistemplate", "argoproj.io/v1alpha1", "AnalysisTemplate"],
        &["at"],
        true,
    ),
    info(
        Resource::Object(Kind::Application),
        ["applications", "application", "argoproj.io/v1alpha1", "Application"],
        &["app", "apps"],
        true,
    ),
    info(
        Resource::Object(Kind::ClusterAnalysisTemplate),
        [
            "clusteranalysistemplates",
            "clusteranalysistemplate",
            "argoproj.io/v1alpha1",
            "ClusterAnalysisTemplate",
        ],
        &["cat"],
        false,
    ),
    info(
        Resource::Object(Kind::Rollout),
        ["rollouts", "rollout", "argoproj.io/v1alpha1", "Rollout"],
        &["ro"],
        true,
    ),
    info(
        Resource::Object(Kind::HorizontalPodAutoscaler),
        [
            "horizontalpodautoscalers",
            "horizontalpodautoscaler",
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
        ],
        &["hpa"],
        true,
    ),
    info(
        Resource::Object(Kind::Kustomization),
        ["kustomizations", "kustomization", "kustomize.toolkit.fluxcd.io/v1", "Kustomization"],
        &["ks"],
        true,
    ),
    info(
        Resource::Object(Kind::GitRepository),
        ["gitrepositories", "gitrepository", "source.toolkit.fluxcd.io/v1", "GitRepository"],
        &["gitrepo"],
        true,
    ),
    info(Resource::Object(Kind::Job), ["jobs", "job", "batch/v1", "Job"], &[], true),
    info(
        Resource::EndpointSlice,
        ["endpointslices", "endpointslice", "discovery.k8s.io/v1", "EndpointSlice"],
        &[],
        true,
    ),
    info(
        Resource::Object(Kind::Canary),
        ["canaries", "canary", "flagger.app/v1beta1", "Canary"],
        &[],
        true,
    ),
    info(
        Resource::Object(Kind::MetricTemplate),
        ["metrictemplates", "metrictemplate", "flagger.app/v1beta1", "MetricTemplate"],
        &[],
        true,
    ),
    info(
        Resource::Object(Kind::DestinationRule),
        ["destinationrules", "destinationrule", "networking.istio.io/v1", "DestinationRule"],
        &["dr"],
        true,
    ),
    info(
        Resource::Object(Kind::Gateway),
        ["gateways", "gateway", "networking.istio.io/v1", "Gateway"],
        &["gw"],
        true,
    ),
    info(
        Resource::Object(Kind::VirtualService),
        ["virtualservices", "virtualservice", "networking.istio.io/v1", "VirtualService"],
        &["vs"],
        true,
    ),
    info(
        Resource::Object(Kind::PodDisruptionBudget),
        ["poddisruptionbudgets", "poddisruptionbudget", "policy/v1", "PodDisruptionBudget"],
        &["pdb"],
        true,
    ),
    info(
        Resource::Object(Kind::KruiseRollout),
        ["rollouts", "rollout", "rollouts.kruise.io/v1beta1", "Rollout"],
        &[],
        true,
    ),
];

/// What `all` stands for, in the order in which kubectl prints it.
pub(crate) const ALL: &[Resource] = &[
    Resource::Pod,
    Resource::Object(Kind::Service),
    Resource::Object(Kind::Deployment),
    Resource::ReplicaSet,
    Resource::Object(Kind::HorizontalPodAutoscaler),
    Resource::Object(Kind::Job),
    Resource::Object(Kind::Canary),
    Resource::Object(Kind::Rollout),
    Resource::Object(Kind::AnalysisRun),
    Resource::Object(Kind::AnalysisTemplate),
];

/// The namespaces of the cluster; everything that is modelled lives in the first.
pub(crate) const NAMESPACES: &[&str] =
    &["default", "istio-system", "kube-node-lease", "kube-public", "kube-system"];

impl Resource {
    /// What the API says of this kind.
    pub(crate) fn info(self) -> &'static Info {
        RESOURCES.iter().find(|info| info.resource == self).expect("the table lists every kind")
    }

    /// Whether a cluster with these addons knows it.
    pub(crate) fn is_known(&self, addons: &Addons) -> bool {
        match self {
            Self::Object(kind) => addons.know(*kind),
            _ => true,
        }
    }

    /// The kind of this name: plural, singular, short, or with its group (`deployments.apps`,
    /// `deployment.v1.apps`).
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        RESOURCES.iter().find(|info| info.is_called(&name)).map(|info| info.resource)
    }

    /// The same in a cluster with these addons: of several kinds of one name the first that is there.
    pub(crate) fn known_as(name: &str, addons: &Addons) -> Option<Self> {
        let name = name.to_lowercase();
        let mut all = RESOURCES.iter().filter(|info| info.is_called(&name));
        all.find(|info| info.resource.is_known(addons)).map(|info| info.resource)
    }

    /// `deployments.apps`, as messages name a kind.
    pub(crate) fn plural_qualified(self) -> String {
        self.info().qualify(self.info().plural)
    }

    /// `deployment.apps`, as kubectl prints results.
    pub(crate) fn qualified(self) -> String {
        self.info().qualify(self.info().singular)
    }
}

impl Info {
    /// Group of `apiVersion`; empty for the core group.
    pub(crate) fn group(&self) -> &'static str {
        self.version.split_once('/').map_or("", |(group, _)| group)
    }

    fn qualify(&self, name: &str) -> String {
        match self.group() {
            "" => name.to_owned(),
            group => format!("{name}.{group}"),
        }
    }

    /// Whether a name in small letters means it.
    fn is_called(&self, name: &str) -> bool {
        let (base, group) = match name.split_once('.') {
            Some((base, group)) => (base, Some(group)),
            None => (name, None),
        };
        let known = self.plural == base
            || self.singular == base
            || (group.is_none() && self.short.contains(&base));
        known && group.is_none_or(|group| self.has_group(group))
    }

    fn has_group(&self, group: &str) -> bool {
        let version = self.version.rsplit('/').next().unwrap_or_default();
        group == self.group()
            || group
                .strip_prefix(version)
                .is_some_and(|rest| rest.strip_prefix('.').unwrap_or(rest) == self.group())
    }
}

/// One object, by kind and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ObjectRef {
    /// Its kind.
    pub(crate) resource: Resource,
    /// Its name.
    pub(crate) name: String,
}

impl ObjectRef {
    /// An object's name in full.
    pub(crate) fn new(resource: Resource, name: impl Into<String>) -> Self {
        Self { resource, name: name.into() }
    }

    /// `deployment.apps/my-app`.
    pub(crate) fn display(&self) -> String {
        format!("{}/{}", self.resource.qualified(), self.name)
    }

    /// What the API server says when it is not there.
    pub(crate) fn not_found(&self) -> String {
        format!(
            "Error from server (NotFound): {} \"{}\" not found",
            self.resource.plural_qualified(),
            self.name
        )
    }

    /// Whether it exists.
    pub(crate) fn exists(&self, world: &World) -> bool {
        let state = &world.cluster.state;
        let name = self.name.as_str();
        match self.resource {
            Resource::Object(kind) => world.api.get(kind, name).is_some(),
            Resource::Pod => state.pod_named(name).is_some(),
            Resource::ReplicaSet => state.replica_sets.contains_key(name),
            Resource::Endpoints => state.endpoints.contains_key(name),
            Resource::EndpointSlice => slice(world, name).is_some(),
            Resource::Node => node(world, name).is_some(),
            Resource::Event => event(world, name).is_some(),
            Resource::Namespace => NAMESPACES.contains(&name),
        }
    }

    /// Its labels.
    pub(crate) fn labels(&self, world: &World) -> Labels {
        let state = &world.cluster.state;
        match self.resource {
            Resource::Object(kind) => {
                world.api.get(kind, &self.name).map(|o| o.manifest.labels.clone())
            }
            Resource::Pod => state.pod_named(&self.name).map(|pod| pod.labels.clone()),
            Resource::ReplicaSet => state.replica_sets.get(&self.name).map(|set| {
                let mut labels = set.template.labels.clone();
                labels.insert(set.hash_label().to_owned(), set.hash.clone());
                labels
            }),
            Resource::Endpoints => service_labels(world, &self.name),
            Resource::EndpointSlice => slice(world, &self.name).map(|slice| {
                let mut labels = service_labels(world, slice.service).unwrap_or_default();
                labels.insert("kubernetes.io/service-name".to_owned(), slice.service.to_owned());
                labels
            }),
            Resource::Node => Some(Labels::from([
                ("kubernetes.io/hostname".to_owned(), self.name.clone()),
                ("kubernetes.io/os".to_owned(), "linux".to_owned()),
            ])),
            Resource::Namespace => {
                let mut labels =
                    state.namespace_labels.get(&self.name).cloned().unwrap_or_default();
                // The API server sets it whatever users write.
                labels.insert("kubernetes.io/metadata.name".to_owned(), self.name.clone());
                Some(labels)
            }
            Resource::Event => None,
        }
        .unwrap_or_default()
    }
}

fn service_labels(world: &World, service: &str) -> Option<Labels> {
    world.api.get(Kind::Service, service).map(|object| object.manifest.labels.clone())
}

/// Names of all objects of a kind, in the order of `kubectl get`: by name, events by time.
pub(crate) fn names(resource: Resource, world: &World) -> Vec<String> {
    let state = &world.cluster.state;
    match resource {
        Resource::Object(kind) => world.api.list(kind).map(|(name, _)| name.to_owned()).collect(),
        Resource::Pod => {
            let mut names: Vec<String> = state.pods.values().map(|pod| pod.name.clone()).collect();
            names.sort();
            names
        }
        Resource::ReplicaSet => state.replica_sets.keys().cloned().collect(),
        Resource::Endpoints => state.endpoints.keys().cloned().collect(),
        Resource::EndpointSlice => {
            let all = state.endpoints.iter();
            let names = all.map(|(service, listed)| slice_names(service, listed.pods.len()));
            let mut names: Vec<String> = names.flatten().collect();
            names.sort();
            names
        }
        Resource::Node => state.nodes.iter().map(|node| node.name.clone()).collect(),
        Resource::Event => {
            let mut notes: Vec<&ClusterNote> = state.notes.iter().collect();
            notes.sort_by_key(|note| note.at);
            notes.into_iter().map(event_name).collect()
        }
        Resource::Namespace => NAMESPACES.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Most endpoints of one EndpointSlice (K8S-73).
const SLICE: usize = 100;

/// One EndpointSlice: its Service, and which of the Service's endpoints it lists. They are filled in
/// the order of the pods, and never repacked half empty, as the real controller may leave them.
pub(crate) struct Slice<'w> {
    /// The Service.
    pub(crate) service: &'w str,
    /// Its endpoints.
    pub(crate) endpoints: &'w [Endpoint],
}

/// Names of the slices of a Service: its name and five characters that depend on it and on
/// their number alone.
pub(crate) fn slice_names(service: &str, endpoints: usize) -> Vec<String> {
    let name = |number: usize| {
        let text = if number == 0 { service.to_owned() } else { format!("{service}#{number}") };
        format!("{service}-{}", suffix(&text, 5))
    };
    (0..endpoints.div_ceil(SLICE).max(1)).map(name).collect()
}

/// The EndpointSlice of this name.
pub(crate) fn slice<'w>(world: &'w World, name: &str) -> Option<Slice<'w>> {
    world.cluster.state.endpoints.iter().find_map(|(service, listed)| {
        let names = slice_names(service, listed.pods.len());
        let number = names.iter().position(|known| known == name)?;
        let endpoints = listed.pods.chunks(SLICE).nth(number).unwrap_or_default();
        Some(Slice { service, endpoints })
    })
}

/// The node of this name.
pub(crate) fn node<'w>(world: &'w World, name: &str) -> Option<&'w Node> {
    world.cluster.state.nodes.iter().find(|node| node.name == name)
}

/// Name of an event: the object's, and characters that tell events of one object apart.
pub(crate) fn event_name(note: &ClusterNote) -> String {
    let object = note.object.rsplit('/').next().unwrap_or_default();
    let about = format!("{}{}", note.object, note.field_path);
    let text = format!("{}{about}{}{}", note.first.as_micros(), note.reason, note.message);
    format!("{object}.{}", suffix(&text, 10))
}

/// The event of this name.
pub(crate) fn event<'w>(world: &'w World, name: &str) -> Option<&'w ClusterNote> {
    world.cluster.state.notes.iter().find(|note| event_name(note) == name)
}

/// Letters and digits that depend on `text` alone (FNV-1a), in the alphabet of Kubernetes.
fn suffix(text: &str, length: usize) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let digits = (0..length).scan(hash, |rest, _| {
        let digit = ALPHABET[(*rest % ALPHABET.len() as u64) as usize];
        *rest /= ALPHABET.len() as u64;
        Some(char::from(digit))
    });
    digits.collect()
}
