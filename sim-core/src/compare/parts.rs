//! What a scenario's rollout is made of: two Deployments, their Service and the route to it. They are found
//! in the files of the workspace, so that every strategy moves the same application.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cluster::api::{Kind, Manifest, Spec};
use crate::cluster::spec::{Container, Labels, Resources};
use crate::manifest;
use crate::scenario::{Scenario, Way};

/// The parts of a rollout.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    /// The Deployment that serves at the beginning.
    pub(super) blue: Manifest,
    /// The one that is to take over.
    pub(super) green: Manifest,
    /// The Service in front of both.
    pub(super) service: Manifest,
    /// Port of the Service.
    pub(super) port: u16,
    /// Gateways and other objects that the scenario starts with, as documents.
    pub(super) others: Vec<Value>,
    /// Names of its Gateways.
    pub(super) gateways: Vec<String>,
    /// Commands of `start:` that apply no file.
    pub(super) commands: Vec<String>,
}

impl Parts {
    /// Finds them.
    ///
    /// # Errors
    ///
    /// If the scenario is about something else: what is missing.
    pub(super) fn find(scenario: &Scenario) -> Result<Self, String> {
        if !scenario.traffic.iter().any(|users| matches!(users.way, Way::Gateway)) {
            return Err(
                "nobody comes through the gateway, so there is no traffic to move".to_owned()
            );
        }
        let manifests = manifests(&scenario.workspace);
        let (mut commands, mut started) = (Vec::new(), Vec::new());
        for line in &scenario.start {
            let files: Vec<&String> = manifests.keys().filter(|file| names(line, file)).collect();
            if files.is_empty() {
                commands.push(line.clone());
            }
            started.extend(files.into_iter().flat_map(|file| &manifests[file]));
        }
        let runs = |manifest: &Manifest| {
            image(manifest).is_some_and(|image| scenario.releases.contains_key(image))
        };
        let blue = started.iter().find(|one| runs(one));
        let blue = (*blue.ok_or("`start:` applies no Deployment of an application")?).clone();
        let mut later = manifests.values().flatten().filter(|one| runs(one));
        let green = later.find(|one| one.name != blue.name && image(one) != image(&blue));
        let green =
            green.ok_or("the workspace has no second Deployment, with another image")?.clone();
        let service = started.iter().find_map(|one| match &one.spec {
            Spec::Service(spec) if selects(&spec.selector, &blue) => Some((*one, spec)),
            _ => None,
        });
        let (service, spec) = service.ok_or("`start:` applies no Service that selects its pods")?;
        let port = spec.ports.first().ok_or("the Service has no port")?.port;
        let replaced =
            [Kind::Deployment, Kind::Service, Kind::VirtualService, Kind::DestinationRule];
        let others = started.iter().filter(|one| !replaced.contains(&one.spec.kind()));
        let others = others.map(|one| one.document.clone()).collect();
        let gateways = started.iter().filter(|one| one.spec.kind() == Kind::Gateway);
        let gateways = gateways.map(|one| one.name.clone()).collect();
        Ok(Self { service: service.clone(), blue, green, port, others, gateways, commands })
    }

    /// Labels that pods of both colours have.
    pub(super) fn common(&self) -> Labels {
        let (blue, green) = (pod_labels(&self.blue), pod_labels(&self.green));
        blue.into_iter().filter(|(key, value)| green.get(key) == Some(value)).collect()
    }

    /// The image of green.
    pub(super) fn new_image(&self) -> &str {
        image(&self.green).unwrap_or_default()
    }

    /// The Service, with this selector.
    pub(super) fn service(&self, selector: &Labels) -> Value {
        let mut document = self.service.document.clone();
        document["spec"]["selector"] = json!(selector);
        document
    }

    /// One Deployment for both versions: its selector has what both have in common.
    pub(super) fn single(&self, of: &Manifest, strategy: Option<Value>) -> Value {
        let mut document = self.blue.document.clone();
        document["spec"]["selector"] = json!({ "matchLabels": self.common() });
        document["spec"]["template"] = of.document["spec"]["template"].clone();
        if let Some(strategy) = strategy {
            document["spec"]["strategy"] = strategy;
        }
        document
    }

    /// Pods of blue, and dollars for one of them and an hour, by its requests.
    pub(super) fn size(&self, (cpu, memory): (f64, f64)) -> (f64, f64) {
        let Spec::Deployment(spec) = &self.blue.spec else { return (0.0, 0.0) };
        let containers = spec.template.spec.containers.iter();
        let of = |container: &Container| {
            let Resources { cpu_milli, memory_bytes } = container.requests;
            cpu_milli as f64 / 1e3 * cpu + memory_bytes as f64 / f64::from(1 << 30) * memory
        };
        (f64::from(spec.replicas), containers.map(of).sum())
    }

    /// A DestinationRule with a subset for each colour.
    pub(super) fn subsets(&self) -> Value {
        let subset = |name: &str, of: &Manifest| json!({ "name": name, "labels": pod_labels(of) });
        json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "DestinationRule",
            "metadata": { "name": self.service.name },
            "spec": {
                "host": self.service.name,
                "subsets": [subset("blue", &self.blue), subset("green", &self.green)],
            },
        })
    }

    /// A VirtualService with these rules.
    pub(super) fn route(&self, http: &Value) -> Value {
        let mut spec = json!({ "hosts": ["*"], "http": http });
        if !self.gateways.is_empty() {
            spec["gateways"] = json!(self.gateways);
        }
        json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": { "name": self.service.name },
            "spec": spec,
        })
    }

    /// A destination of a rule: the Service, or a subset of it.
    pub(super) fn destination(&self, subset: Option<&str>) -> Value {
        let mut to = json!({ "host": self.service.name, "port": { "number": self.port } });
        if let Some(subset) = subset {
            to["subset"] = subset.into();
        }
        to
    }
}

/// Labels of the pods of a Deployment.
pub(super) fn pod_labels(deployment: &Manifest) -> Labels {
    match &deployment.spec {
        Spec::Deployment(spec) => spec.template.labels.clone(),
        _ => Labels::default(),
    }
}

fn image(manifest: &Manifest) -> Option<&str> {
    match &manifest.spec {
        Spec::Deployment(spec) => Some(&spec.template.spec.containers.first()?.image),
        _ => None,
    }
}

fn selects(selector: &Labels, deployment: &Manifest) -> bool {
    let labels = pod_labels(deployment);
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Manifests by file.
fn manifests(files: &BTreeMap<String, String>) -> BTreeMap<String, Vec<Manifest>> {
    let yaml = files.iter().filter(|(file, _)| file.ends_with(".yaml") || file.ends_with(".yml"));
    let read = yaml.filter_map(|(file, text)| {
        let documents = manifest::parse(file, text).ok()?;
        let manifests: Vec<_> = documents.into_iter().filter_map(|one| one.manifest.ok()).collect();
        (!manifests.is_empty()).then(|| (file.clone(), manifests))
    });
    read.collect()
}

/// Whether a command names a file, or the folder in which it lies.
fn names(command: &str, file: &str) -> bool {
    let mut words = command.split([' ', ',', '=']);
    command.starts_with("kubectl apply")
        && words.any(|word| {
            let word = word.trim_start_matches("./").trim_end_matches('/');
            word == file
                || word == "."
                || file.rsplit_once('/').is_some_and(|(folder, _)| folder == word)
        })
}
