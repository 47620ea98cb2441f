//! The objects that are analyzed: documents with their names.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::json;

use crate::cluster::api::Kind;
use crate::cluster::spec::Labels;
use crate::diagnostic::Diagnostic;
use crate::manifest;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::{self, Node, Value};
use crate::mesh::ISTIO_NAMESPACE;

/// Namespaces that belong to Kubernetes and Istio: nothing is injected there.
pub(super) const SYSTEM: &[&str] =
    &["kube-node-lease", "kube-public", "kube-system", "local-path-storage", ISTIO_NAMESPACE];

/// Namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FullName {
    /// Namespace; empty if the kind has none.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl FullName {
    pub(super) fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// One object.
#[derive(Clone, Debug)]
pub struct Resource {
    /// `kind`.
    pub kind: String,
    /// Namespace and name.
    pub name: FullName,
    /// `metadata.labels`.
    pub labels: Labels,
    /// `metadata.annotations`.
    pub annotations: Labels,
    /// The document.
    pub root: Node,
    /// The file it stands in; None for an object of the API server.
    pub file: Option<String>,
    /// Whether nobody wrote it: it stands for what Istio or a controller would add.
    pub implied: bool,
}

impl Resource {
    fn new(root: Node, file: Option<String>) -> Option<Self> {
        let kind = root.get("kind")?.as_str()?.to_owned();
        let cursor = Cursor::root(&root);
        let metadata = cursor.get("metadata")?;
        let name = metadata.text("name").filter(|name| !name.is_empty())?.to_owned();
        let namespace = match kind.as_str() {
            "Namespace" | "Node" | "PersistentVolume" | "ClusterRole" | "ClusterRoleBinding" => "",
            _ => metadata.text("namespace").filter(|name| !name.is_empty()).unwrap_or("default"),
        };
        let name = FullName::new(namespace, name);
        let (labels, annotations) = (metadata.labels("labels"), metadata.labels("annotations"));
        Some(Self { kind, name, labels, annotations, root, file, implied: false })
    }

    /// `spec`, if there is one.
    pub(super) fn spec(&self) -> Option<Cursor<'_>> {
        Cursor::root(&self.root).get("spec")
    }

    /// The namespace.
    pub(super) fn namespace(&self) -> &str {
        &self.name.namespace
    }

    /// The node at a path of keys.
    pub(super) fn at(&self, path: &[&str]) -> Option<Cursor<'_>> {
        path.iter().try_fold(Cursor::root(&self.root), |cursor, key| cursor.get(key))
    }

    /// The modelled kind, if it is one.
    fn known(&self) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == self.kind)
    }

    /// The kind, if it is one of Istio's that has a reader here.
    pub(super) fn istio_kind(&self) -> Option<Kind> {
        self.known().filter(|kind| kind.group() == "networking.istio.io")
    }
}

/// All objects of an analysis, by kind and name; one that is added later takes the place of an
/// earlier one, as applying it would.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    all: BTreeMap<(String, FullName), Resource>,
}

impl Resources {
    /// What every mesh has besides what users write: the pod and the Service of the ingress gateway.
    pub fn with_ingress_gateway() -> Self {
        let labels = json!({"app": "istio-ingressgateway", "istio": "ingressgateway"});
        let metadata = json!({
            "name": "istio-ingressgateway", "namespace": ISTIO_NAMESPACE, "labels": labels,
        });
        let port = |name: &str, port: u16, target: u16| json!({"name": name, "port": port, "protocol": "TCP", "targetPort": target});
        let ports =
            [port("status-port", 15021, 15021), port("http2", 80, 8080), port("https", 443, 8443)];
        let mut resources = Self::default();
        for (kind, spec) in [
            ("Pod", json!({"containers": [{"name": "istio-proxy", "image": "istio/proxyv2"}]})),
            ("Service", json!({"selector": labels, "ports": ports})),
        ] {
            let document = json!({"kind": kind, "metadata": metadata, "spec": spec});
            resources.imply(&document);
        }
        resources
    }

    /// Adds an object that the API server holds.
    pub fn add_live(&mut self, document: &serde_json::Value) {
        if let Some(resource) = Resource::new(Node::from_json(document), None) {
            self.add(resource);
        }
    }

    /// Adds the documents of a file. What cannot be read is left out and named.
    pub fn add_file(&mut self, file: &str, text: &str) -> Vec<Diagnostic> {
        let nodes = match yaml::parse(file, text) {
            Ok(nodes) => nodes,
            Err(problem) => return vec![problem],
        };
        let mut problems = Vec::new();
        for node in nodes {
            // A List stands for its items, as in `manifest::parse`.
            let is_list = node.get("kind").and_then(Node::as_str) == Some("List");
            match node.get("items").map(|items| &items.value) {
                Some(Value::Seq(items)) if is_list => {
                    let items: Vec<Node> = items.clone();
                    items.into_iter().for_each(|item| self.add_node(file, item, &mut problems));
                }
                _ => self.add_node(file, node, &mut problems),
            }
        }
        problems
    }

    fn add_node(&mut self, file: &str, node: Node, problems: &mut Vec<Diagnostic>) {
        let position = node.position;
        let mut fail = |message: &str, help: &str| {
            problems.push(Diagnostic::error(file, position, message).with_help(help));
        };
        if !matches!(node.value, Value::Map(_)) {
            return fail("a manifest is a map of fields", "begin with `apiVersion:` and `kind:`");
        }
        for name in ["apiVersion", "kind"] {
            if node.get(name).and_then(Node::as_str).is_none_or(str::is_empty) {
                return fail(&format!("{name} not set"), "write which kind of object this is");
            }
        }
        let Some(resource) = Resource::new(node, Some(file.to_owned())) else {
            return fail("metadata.name not set", "every object needs a name");
        };
        let misshapen = match resource.known() {
            Some(kind) => manifest::misshapen(kind, file, &resource.root),
            None => Vec::new(),
        };
        if misshapen.is_empty() {
            self.add(resource);
        } else {
            problems.extend(misshapen);
        }
    }

    /// Lets the Deployments stand for the pods that they would make. Files list no pods, and an
    /// analysis of files alone could not tell a subset without pods from any other.
    pub fn imply_pods(&mut self) {
        let deployments: Vec<Resource> = self.of("Deployment").cloned().collect();
        for deployment in deployments {
            let Some(template) = deployment.at(&["spec", "template"]) else { continue };
            let replicas = deployment.at(&["spec", "replicas"]).and_then(|count| count.number());
            if replicas == Some(0) {
                continue;
            }
            let FullName { namespace, name } = &deployment.name;
            let part = |name| template.get(name).map(|part| part.node.to_json());
            let mut document = json!({"kind": "Pod", "spec": part("spec")});
            let metadata = part("metadata").filter(serde_json::Value::is_object);
            document["metadata"] = metadata.unwrap_or_else(|| json!({}));
            document["metadata"]["name"] = name.clone().into();
            document["metadata"]["namespace"] = namespace.clone().into();
            self.imply(&document);
        }
    }

    fn imply(&mut self, document: &serde_json::Value) {
        if let Some(resource) = Resource::new(Node::from_json(document), None) {
            self.add(Resource { implied: true, ..resource });
        }
    }

    fn add(&mut self, resource: Resource) {
        self.all.insert((resource.kind.clone(), resource.name.clone()), resource);
    }

    /// All objects of a kind, by name.
    pub(super) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.all
            .range((kind.to_owned(), FullName::new("", ""))..)
            .take_while(move |((of, _), _)| of == kind)
            .map(|(_, resource)| resource)
    }

    /// The object of this kind and name.
    pub(super) fn get(&self, kind: &str, name: &FullName) -> Option<&Resource> {
        self.all.get(&(kind.to_owned(), name.clone()))
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Every object, by kind and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.all.values()
    }
}

/// Labels as Kubernetes prints a selector: `app=shop,version=green`.
pub(super) fn selector_text(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(",")
}

/// Whether labels hold all those of a selector; the empty selector takes everything.
pub(super) fn holds(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}
