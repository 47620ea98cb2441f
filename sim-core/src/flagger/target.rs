//! The target Deployment, its copy the primary, the Services before them, and the autoscaler (FLG-02).

use serde_json::{Map, Value, json};

use crate::cluster::api::{Kind, Spec};
use crate::cluster::spec::DeploymentSpec;
use crate::flagger::look::{Look, Outcome};

/// Labels by which Flagger tells the pods of a target: flag `-selector-labels`.
const SELECTORS: [&str; 3] = ["app", "name", "app.kubernetes.io/name"];

/// What Flagger says of a Deployment that is not there.
pub(super) fn not_found(name: &str) -> String {
    format!(
        "deployment {name}.{} get query error: deployments.apps {name:?} not found",
        crate::cluster::NAMESPACE
    )
}

/// The label that tells the pods of the target, and its value there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    label: &'static str,
    value: String,
}

impl Selector {
    /// The value that the primary's pods have.
    fn primary(&self) -> String {
        format!("{}-primary", self.value)
    }
}

impl Look<'_, '_, '_> {
    fn deployment(&self, name: &str) -> Result<(&Value, &DeploymentSpec), String> {
        let object = self.world.api.get(Kind::Deployment, name);
        let object = object.ok_or_else(|| not_found(name))?;
        match &object.manifest.spec {
            Spec::Deployment(spec) => Ok((&object.manifest.document, spec)),
            _ => Err(not_found(name)),
        }
    }

    fn target(&self) -> Result<(&Value, &DeploymentSpec), String> {
        self.deployment(&self.spec.target)
    }

    fn selector(&self) -> Result<Selector, String> {
        let (_, spec) = self.target()?;
        let found = SELECTORS.iter().find_map(|label| {
            let value = spec.selector.get(*label)?.clone();
            Some(Selector { label, value })
        });
        found.ok_or_else(|| {
            format!(
                "deployment {} spec.selector.matchLabels must contain one of [{}]",
                self.full(&self.spec.target),
                SELECTORS.join(" ")
            )
        })
    }

    /// Stands for the target's template: what has another one is another revision.
    pub(super) fn target_hash(&self) -> Result<String, String> {
        let (document, _) = self.target()?;
        let text = document["spec"]["template"].to_string();
        let hash = text
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Ok(hash.to_string())
    }

    /// The Services of the canary's and the primary's pods.
    pub(super) fn reconcile_services(&mut self) -> Outcome {
        let selector = self.selector()?;
        self.reconcile_service(&self.spec.canary_service(), &selector.value, &selector)?;
        self.reconcile_service(&self.spec.primary_service(), &selector.primary(), &selector)
    }

    /// The Service that clients use leads to the primary's pods.
    pub(super) fn reconcile_apex(&mut self) -> Outcome {
        let selector = self.selector()?;
        let apex = self.spec.apex().to_owned();
        self.reconcile_service(&apex, &selector.primary(), &selector)
    }

    fn reconcile_service(&mut self, name: &str, value: &str, selector: &Selector) -> Outcome {
        let wanted = json!({selector.label: value});
        let ports = self.ports()?;
        let (document, done) = match self.document(Kind::Service, name) {
            None => {
                let labels = json!({selector.label: name});
                let document = json!({
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": name, "labels": labels, "ownerReferences": self.owner()},
                    "spec": {"selector": wanted, "ports": ports, "type": "ClusterIP"},
                });
                (document, "created")
            }
            Some(found) => {
                let spec = &found["spec"];
                if spec["selector"] == wanted && same_ports(&spec["ports"], &ports) {
                    return Ok(());
                }
                let mut document = found.clone();
                document["spec"]["selector"] = wanted;
                document["spec"]["ports"] = ports;
                (document, "updated")
            }
        };
        self.store((Kind::Service, name), document, done)
    }

    /// The ports of all three Services.
    fn ports(&self) -> Result<Value, String> {
        let service = &self.spec.service;
        let target = service.target_port.clone().unwrap_or_else(|| service.port.into());
        let first = json!({"name": service.port_name, "protocol": "TCP", "port": service.port,
            "targetPort": target});
        let mut ports = vec![first];
        if service.port_discovery {
            let (_, spec) = self.target()?;
            for container in &spec.template.spec.containers {
                for (index, port) in container.ports.iter().enumerate() {
                    if target == port.port || (!port.name.is_empty() && target == *port.name) {
                        continue;
                    }
                    let name = match port.name.as_str() {
                        "" => format!("tcp-{}-{index}", container.name),
                        name => name.to_owned(),
                    };
                    ports.push(json!({"name": name, "protocol": "TCP", "port": port.port,
                        "targetPort": port.port}));
                }
            }
        }
        Ok(ports.into())
    }

    /// Makes the primary, a copy of the target, if it is not there.
    pub(super) fn make_primary(&mut self) -> Outcome {
        let name = self.spec.primary();
        if self.document(Kind::Deployment, &name).is_some() {
            return Ok(());
        }
        let selector = self.selector()?;
        let uid = self.world.cluster.fresh_uid();
        let (target, spec) = self.target()?;
        let mut document = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": name,
                "labels": primary_labels(&target["metadata"]["labels"], &selector),
                "ownerReferences": self.owner(),
            },
            "spec": {
                "replicas": spec.replicas.max(1),
                "selector": {"matchLabels": {selector.label: selector.primary()}},
                "template": primary_template(&target["spec"]["template"], &selector, uid),
            },
        });
        copy_settings(&target["spec"], &mut document["spec"]);
        self.store((Kind::Deployment, &name), document, "created")
    }

    /// Copies the target's template to the primary, which rolls it out in place of what it had.
    pub(super) fn promote(&mut self) -> Outcome {
        let name = self.spec.primary();
        let text = format!(
            "Copying {} template spec to {}",
            self.full(&self.spec.target),
            self.full(&name)
        );
        self.say(text, &["FLG-02"]);
        let selector = self.selector()?;
        let uid = self.world.cluster.fresh_uid();
        let (target, _) = self.target()?;
        let (primary, _) = self.deployment(&name)?;
        let mut document = primary.clone();
        document["spec"]["template"] =
            primary_template(&target["spec"]["template"], &selector, uid);
        copy_settings(&target["spec"], &mut document["spec"]);
        self.store((Kind::Deployment, &name), document, "updated")
    }

    /// Gives the target another number of pods.
    pub(super) fn scale_target(&mut self, replicas: u32) -> Outcome {
        let (target, spec) = self.target()?;
        if spec.replicas == replicas {
            return Ok(());
        }
        let mut document = target.clone();
        document["spec"]["replicas"] = replicas.into();
        let name = self.spec.target.clone();
        self.store((Kind::Deployment, &name), document, &format!("scaled to {replicas}"))
    }

    /// Gives the target as many pods as somebody wrote, or its autoscaler's least, or as many as the
    /// primary has.
    pub(super) fn scale_from_zero(&mut self) -> Outcome {
        let (_, spec) = self.target()?;
        let replicas = match (spec.replicas, &self.spec.autoscaler) {
            (0, Some(autoscaler)) => {
                match self.world.api.get(Kind::HorizontalPodAutoscaler, autoscaler) {
                    Some(object) => match &object.manifest.spec {
                        Spec::HorizontalPodAutoscaler(spec) => spec.min_replicas.max(1),
                        _ => 1,
                    },
                    None => 1,
                }
            }
            (0, None) => self.deployment(&self.spec.primary())?.1.replicas.max(1),
            (replicas, _) => replicas,
        };
        self.scale_target(replicas)
    }

    /// The primary has an autoscaler of its own, a copy of the target's.
    pub(super) fn reconcile_autoscaler(&mut self, at_start: bool) -> Outcome {
        let Some(name) = self.spec.autoscaler.clone() else { return Ok(()) };
        let kind = Kind::HorizontalPodAutoscaler;
        let Some(found) = self.document(kind, &name) else {
            return Err(format!(
                "HorizontalPodAutoscaler {} get query error: \
                 horizontalpodautoscalers.autoscaling {name:?} not found",
                self.full(&name)
            )
            .into());
        };
        let own = format!("{name}-primary");
        let mut spec = found["spec"].clone();
        spec["scaleTargetRef"]["name"] = self.spec.primary().into();
        let (document, done) = match self.document(kind, &own) {
            None => {
                let document = json!({
                    "apiVersion": kind.versions()[0],
                    "kind": kind.name(),
                    "metadata": {"name": own, "ownerReferences": self.owner()},
                    "spec": spec,
                });
                (document, "created")
            }
            Some(primary) if at_start || primary["spec"] == spec => return Ok(()),
            Some(primary) => {
                let mut document = primary.clone();
                document["spec"] = spec;
                (document, "updated")
            }
        };
        self.store((kind, &own), document, done)
    }
}

/// Whether two lists of a Service's ports say the same; the stored one has defaults filled in.
fn same_ports(stored: &Value, wanted: &Value) -> bool {
    let said = |ports: &Value| -> Vec<[Value; 4]> {
        let ports = ports.as_array().into_iter().flatten();
        let fields = ["name", "protocol", "port", "targetPort"];
        ports.map(|port| fields.map(|field| port[field].clone())).collect()
    };
    said(stored) == said(wanted)
}

/// How a Deployment rolls out is the target's affair.
fn copy_settings(from: &Value, to: &mut Value) {
    for field in ["progressDeadlineSeconds", "minReadySeconds", "revisionHistoryLimit", "strategy"]
    {
        match from.get(field) {
            Some(value) => to[field] = value.clone(),
            None => {
                if let Some(fields) = to.as_object_mut() {
                    fields.remove(field);
                }
            }
        }
    }
}

/// The labels, of which the one that tells the pods has the primary's value.
fn primary_labels(labels: &Value, selector: &Selector) -> Value {
    let mut labels = labels.as_object().cloned().unwrap_or_else(Map::new);
    labels.insert(selector.label.to_owned(), selector.primary().into());
    labels.into()
}

/// The target's template with the primary's labels, and with an annotation that is new each time, so that
/// it is always rolled out.
fn primary_template(template: &Value, selector: &Selector, uid: String) -> Value {
    let metadata = &template["metadata"];
    let mut annotations = metadata["annotations"].as_object().cloned().unwrap_or_else(Map::new);
    annotations.insert("flagger-id".to_owned(), uid.into());
    let mut copy = template.clone();
    copy["metadata"]["labels"] = primary_labels(&metadata["labels"], selector);
    copy["metadata"]["annotations"] = annotations.into();
    copy
}
