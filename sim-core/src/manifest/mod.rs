//! Manifests: YAML with positions, read into typed objects; every problem with its place.

use serde_json::Value;

use crate::cluster::api::{Kind, Manifest, Spec};
use crate::delivery::IN_THIS_BUILD;
use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::check::Wording;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::Node;

pub mod amount;
mod analysis;
mod application;
mod autoscaler;
pub mod base64;
mod budget;
pub mod check;
mod config;
mod environment;
pub mod findings;
mod flagger;
mod flux;
mod istio;
mod job;
mod kruise;
mod kubernetes;
pub mod names;
pub(crate) mod pod;
mod print;
pub(crate) mod proxy_config;
mod quota;
pub mod read;
mod rollout;
pub mod schema;
pub mod suggest;
pub mod yaml;

pub use yaml::decode;

/// One document of a manifest file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it begins.
    pub position: Position,
    /// The manifest, or what is wrong with it.
    pub manifest: Result<Manifest, Vec<Diagnostic>>,
    /// Fields that have no effect here: `not modelled: spec.template.spec.affinity`.
    pub notes: Vec<Diagnostic>,
}

/// Reads every document of a manifest file. `Err` if the text is not YAML at all; documents before
/// the fault are then lost, as in kubectl.
pub fn parse(file: &str, text: &str) -> Result<Vec<Document>, Diagnostic> {
    let mut documents = Vec::new();
    for root in &yaml::parse(file, text)? {
        // `kubectl get -o yaml` of several objects prints one List.
        match (root.get("kind").and_then(Node::as_str), root.get("items").map(|items| &items.value))
        {
            (Some("List"), Some(yaml::Value::Seq(items))) => {
                documents.extend(items.iter().map(|item| document(file, item)));
            }
            _ => documents.push(document(file, root)),
        }
    }
    Ok(documents)
}

/// Reads one document that has no file: the result of `kubectl patch`, `scale`, `label`, `edit`.
pub fn from_value(document: &Value) -> Result<Manifest, Vec<Diagnostic>> {
    self::document("", &Node::from_json(document)).manifest
}

/// An error for every object that a file describes a second time. kubectl would take both, and the
/// second would silently replace the first.
pub fn written_twice(file: &str, documents: &[Document]) -> Vec<Diagnostic> {
    let name = |document: &Document| {
        let manifest = document.manifest.as_ref().ok()?;
        Some((manifest.spec.kind(), manifest.name.clone()))
    };
    let again = documents.iter().enumerate().filter_map(|(index, document)| {
        let (kind, object) = name(document)?;
        let same = |one: &&Document| name(one).is_some_and(|own| own == (kind, object.clone()));
        let first = documents[..index].iter().find(same)?;
        let message = format!(
            "the {} {object:?} is described twice; the first time on line {}",
            kind.name(),
            first.position.line
        );
        let help = "keep one of them: the second replaces the first";
        Some(Diagnostic::error(file, document.position, message).with_help(help))
    });
    again.collect()
}

/// A document as `kubectl get -o yaml` prints it: keys sorted, two spaces, quotes where needed.
pub fn to_yaml(document: &Value) -> String {
    print::to_yaml(document)
}

/// Reads one document of a tree.
pub(crate) fn document(file: &str, root: &Node) -> Document {
    let mut findings = Findings::new(file);
    let manifest = read_manifest(root, &mut findings);
    let (errors, notes) = findings.split();
    let manifest = match manifest {
        Some(manifest) if errors.is_empty() => Ok(manifest),
        _ => Err(errors),
    };
    Document { position: root.position, manifest, notes }
}

/// What is wrong with the shape of a document, whether or not it is modelled: unknown fields, wrong
/// types, missing fields.
pub(crate) fn misshapen(kind: Kind, file: &str, root: &Node) -> Vec<Diagnostic> {
    let mut findings = Findings::new(file);
    check::check(root, schema::object(kind), wording(kind), &mut findings);
    let (errors, _) = findings.split();
    errors.into_iter().filter(|error| !check::is_refusal(error)).collect()
}

/// What Istio's own validation says of a well-shaped document of one of its kinds, without paths.
pub(crate) fn istio_complaints(kind: Kind, root: &Node) -> Vec<String> {
    let mut findings = Findings::new("");
    let Some(spec) = Cursor::root(root).get("spec") else { return Vec::new() };
    match kind {
        Kind::Gateway => drop(istio::gateway(&spec, &mut findings)),
        Kind::VirtualService => drop(istio::virtual_service(&spec, &mut findings)),
        Kind::DestinationRule => drop(istio::destination_rule(&spec, &mut findings)),
        _ => {}
    }
    let (errors, _) = findings.split();
    let bare = |message: String| match message.split_once(": ") {
        Some((path, rest)) if path.starts_with("spec") && !path.contains(' ') => rest.to_owned(),
        _ => message,
    };
    errors.into_iter().map(|error| bare(error.message)).collect()
}

fn wording(kind: Kind) -> Wording {
    if kind.is_custom() { Wording::Custom } else { Wording::Builtin }
}

fn read_manifest(root: &Node, findings: &mut Findings) -> Option<Manifest> {
    let kind = read_kind(root, findings)?;
    check::check(root, schema::object(kind), wording(kind), findings);
    let cursor = Cursor::root(root);
    let metadata = cursor.get("metadata")?;
    let name = read_name(&metadata, kind, findings);
    names::check_labels(&metadata, "labels", findings);
    names::check_keys(&metadata, "annotations", findings);
    let spec = read_content(kind, &cursor, findings)?;
    let (labels, annotations) = (metadata.labels("labels"), metadata.labels("annotations"));
    let mut document = root.to_json();
    if kind == Kind::Secret {
        config::stored_secret(&mut document);
    }
    Some(Manifest { name, labels, annotations, spec, document })
}

/// What an object is about: `spec`, or what a kind has in its place.
fn read_content(kind: Kind, root: &Cursor<'_>, findings: &mut Findings) -> Option<Spec> {
    match kind {
        Kind::ConfigMap => return Some(Spec::ConfigMap(config::config_map(root, findings))),
        Kind::Secret => return Some(Spec::Secret(config::secret(root, findings))),
        _ => {}
    }
    let spec = root.get("spec")?;
    Some(match kind {
        Kind::ConfigMap | Kind::Secret => return None,
        Kind::Deployment => Spec::Deployment(Box::new(kubernetes::deployment(&spec, findings))),
        Kind::Job => Spec::Job(Box::new(job::read(&spec, findings))),
        Kind::Service => Spec::Service(kubernetes::service(&spec, findings)),
        Kind::ResourceQuota => Spec::ResourceQuota(quota::read(&spec, findings)),
        Kind::HorizontalPodAutoscaler => {
            Spec::HorizontalPodAutoscaler(autoscaler::read(&spec, findings))
        }
        Kind::PodDisruptionBudget => Spec::PodDisruptionBudget(budget::read(&spec, findings)),
        Kind::Gateway => Spec::Gateway(istio::gateway(&spec, findings)),
        Kind::VirtualService => Spec::VirtualService(istio::virtual_service(&spec, findings)),
        Kind::DestinationRule => Spec::DestinationRule(istio::destination_rule(&spec, findings)),
        _ => return addon_content(kind, &spec, findings),
    })
}

/// The same of kinds that something installed brings.
fn addon_content(kind: Kind, spec: &Cursor<'_>, findings: &mut Findings) -> Option<Spec> {
    if !IN_THIS_BUILD {
        return None;
    }
    Some(match kind {
        Kind::Application => Spec::Application(Box::new(application::read(spec, findings))),
        Kind::Canary => Spec::Canary(Box::new(flagger::canary(spec, findings))),
        Kind::MetricTemplate => Spec::MetricTemplate(flagger::metric_template(spec, findings)),
        Kind::Rollout => Spec::Rollout(Box::new(rollout::read(spec, findings))),
        Kind::AnalysisTemplate => Spec::AnalysisTemplate(analysis::template(spec, findings)),
        Kind::ClusterAnalysisTemplate => {
            Spec::ClusterAnalysisTemplate(analysis::template(spec, findings))
        }
        Kind::AnalysisRun => Spec::AnalysisRun(analysis::run(spec, findings)),
        Kind::GitRepository => Spec::GitRepository(flux::source(spec, findings)),
        Kind::Kustomization => Spec::Kustomization(Box::new(flux::kustomization(spec, findings))),
        Kind::KruiseRollout => Spec::KruiseRollout(Box::new(kruise::read(spec, findings))),
        _ => return None,
    })
}

/// Kinds of Kubernetes and Istio that people write beside the modelled ones.
const OTHER_KINDS: &[&str] = &[
    "AuthorizationPolicy",
    "CronJob",
    "DaemonSet",
    "EnvoyFilter",
    "Ingress",
    "LimitRange",
    "List",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PeerAuthentication",
    "PersistentVolumeClaim",
    "Pod",
    "ReplicaSet",
    "RequestAuthentication",
    "Role",
    "RoleBinding",
    "ServiceAccount",
    "ServiceEntry",
    "Sidecar",
    "StatefulSet",
    "Telemetry",
    "WorkloadEntry",
];

fn read_kind(root: &Node, findings: &mut Findings) -> Option<Kind> {
    if !matches!(root.value, yaml::Value::Map(_)) {
        let help = "begin with `apiVersion:` and `kind:`";
        findings.fix(root.position, "a manifest is a map of fields", help);
        return None;
    }
    let place = |name: &str| root.get(name).map_or(root.position, |node| node.position);
    let mut given = |name: &str| {
        let node = root.get(name).filter(|node| node.value != yaml::Value::Null);
        let text = node.and_then(Node::as_str).filter(|text| !text.is_empty());
        if text.is_none() {
            let wrong = node.filter(|node| !matches!(node.value, yaml::Value::String(_)));
            let message = wrong.map(|node| check::no_type_name(name, node));
            findings.error(place(name), message.unwrap_or_else(|| format!("{name} not set")));
        }
        text
    };
    let (version, name) = (given("apiVersion"), given("kind"));
    let (version, name) = (version?, name?);
    // Two kinds are called Rollout; the version tells them apart.
    let named = || Kind::ALL.iter().filter(|kind| kind.name() == name);
    let kind = named().find(|kind| kind.versions().contains(&version)).or_else(|| named().next());
    let (version, name) = (check::shorten(version), check::shorten(name));
    let message = format!("no matches for kind {name:?} in version {version:?}");
    match kind {
        Some(kind) if kind.versions().contains(&version.as_str()) => Some(*kind),
        Some(kind) => {
            let help = format!("write apiVersion: {}", kind.versions()[0]);
            findings.fix(place("apiVersion"), message, help);
            None
        }
        None => {
            // One Rollout is enough in a list.
            let listed = Kind::ALL.iter().filter(|kind| **kind != Kind::KruiseRollout);
            let names = listed.map(|kind| kind.name());
            let help = if name == "Namespace" {
                "leave it out: there is the namespace default, which kubectl label can label"
                    .to_owned()
            } else if OTHER_KINDS.contains(&name.as_str()) {
                format!("{name} is not modelled; leave this document out")
            } else {
                suggest::did_you_mean(&name, names.clone()).unwrap_or_else(|| {
                    format!("write one of {}", names.collect::<Vec<_>>().join(", "))
                })
            };
            findings.fix(place("kind"), message, help);
            None
        }
    }
}

fn read_name(metadata: &Cursor<'_>, kind: Kind, findings: &mut Findings) -> String {
    if let Some(namespace) = metadata.text("namespace")
        && namespace != "default"
    {
        let place = metadata.get("namespace").map_or(metadata.position(), |c| c.position());
        let message = format!("namespaces {:?} not found", check::shorten(namespace));
        findings.fix(
            place,
            message,
            "leave it out: everything here lives in the namespace default",
        );
    }
    let Some(cursor) = metadata.get("name") else {
        let message = "metadata.name: Required value: name or generateName is required";
        findings.error(metadata.position(), message);
        return String::new();
    };
    let name = cursor.node.as_str().unwrap_or_default();
    let problem = match kind {
        Kind::Service => names::label_1035(name),
        _ => names::subdomain(name),
    };
    if let Some(problem) = problem.filter(|_| cursor.node.as_str().is_some()) {
        let message =
            format!("metadata.name: Invalid value: {:?}: {problem}", check::shorten(name));
        findings.error(cursor.position(), message);
    }
    name.to_owned()
}

#[cfg(test)]
mod tests;
