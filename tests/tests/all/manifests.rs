//! Every manifest that is given away is one that Kubernetes' own types take.
//!
//! Kinds of Istio and of the tools that deliver are left out: no crate has their types. What a chart
//! makes is looked at where Helm renders it.

use std::fs;
use std::path::{Path, PathBuf};

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ResourceQuota, Secret, Service};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sim_core::manifest::yaml;
use tests::repository;

/// Where they lie.
const FOLDERS: [&str; 4] = ["scenarios", "bench", "book/src", "examples"];

/// Groups of Istio, Argo, Flux, Flagger and OpenKruise, whose types are their own.
const OTHERS: [&str; 6] = [
    "networking.istio.io/",
    "argoproj.io/",
    "source.toolkit.fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
    "flagger.app/",
    "rollouts.kruise.io/",
];

/// Files with one of these endings below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let is_chart = path.join("Chart.yaml").is_file();
        if path.is_dir() && !is_chart {
            files(&path, found);
        } else if ["yaml", "yml", "md"].contains(&ending.as_str()) {
            found.push(path);
        }
    }
}

/// The YAML in a file: all of it, or the blocks of a page.
fn texts(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("UTF-8");
    if path.extension().is_some_and(|ending| ending != "md") {
        return vec![text];
    }
    let blocks = text.split("```yaml\n").skip(1);
    let whole = blocks.filter_map(|block| Some(block.split_once("```")?.0.to_owned()));
    // A block that includes a file is that file.
    whole.filter(|block| !block.contains("{{#")).collect()
}

/// Every object with its file.
fn objects() -> Vec<(PathBuf, Value)> {
    let mut paths = Vec::new();
    FOLDERS.iter().for_each(|folder| files(&repository().join(folder), &mut paths));
    let read = |path: &PathBuf| -> Vec<(PathBuf, Value)> {
        let name = path.display().to_string();
        let texts = texts(path).into_iter();
        let nodes = texts.flat_map(|text| yaml::parse(&name, &text).expect("YAML"));
        nodes.map(|node| (path.clone(), node.to_json())).collect()
    };
    let all = paths.iter().flat_map(read);
    all.filter(|(_, object)| object.get("apiVersion").is_some()).collect()
}

/// What a type makes of an object.
fn through<T: DeserializeOwned + Serialize>(object: &Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(object.clone()).map_err(|problem| problem.to_string())?;
    serde_json::to_value(typed).map_err(|problem| problem.to_string())
}

fn typed(object: &Value) -> Result<Value, String> {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    match (text("apiVersion"), text("kind")) {
        ("apps/v1", "Deployment") => through::<Deployment>(object),
        ("autoscaling/v2", "HorizontalPodAutoscaler") => through::<HorizontalPodAutoscaler>(object),
        ("batch/v1", "Job") => through::<Job>(object),
        ("policy/v1", "PodDisruptionBudget") => through::<PodDisruptionBudget>(object),
        ("v1", "ConfigMap") => through::<ConfigMap>(object),
        ("v1", "Namespace") => through::<Namespace>(object),
        ("v1", "ResourceQuota") => through::<ResourceQuota>(object),
        ("v1", "Secret") => through::<Secret>(object),
        ("v1", "Service") => through::<Service>(object),
        (version, kind) => Err(format!("no type for {version} {kind}; name it in this test")),
    }
}

/// The first field that was written and is not known to the type, or became something else.
fn lost(written: &Value, known: &Value, path: &str) -> Option<String> {
    match (written, known) {
        (Value::Object(fields), Value::Object(kept)) => fields.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            // An empty list or map is the same as none.
            let empty = value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(serde_json::Map::is_empty);
            match kept.get(name) {
                Some(known) => lost(value, known, &path),
                None => (!empty).then_some(path),
            }
        }),
        (Value::Array(items), Value::Array(kept)) if items.len() == kept.len() => {
            let mut pairs = items.iter().zip(kept).enumerate();
            pairs.find_map(|(place, (item, kept))| lost(item, kept, &format!("{path}[{place}]")))
        }
        _ => (written != known).then(|| path.to_owned()),
    }
}

#[test]
fn kubernetes_own_types_take_every_manifest_and_know_every_field() {
    let objects = objects();
    let custom = |object: &Value| {
        let version = object["apiVersion"].as_str().unwrap_or_default();
        OTHERS.iter().any(|group| version.starts_with(group))
    };
    let ours: Vec<_> = objects.iter().filter(|(_, object)| !custom(object)).collect();
    assert!(5 <= ours.len(), "only {} manifests were found", ours.len());
    for (path, object) in ours {
        let file = path.display();
        let known = typed(object).unwrap_or_else(|problem| panic!("{file}: {problem}"));
        assert_eq!(lost(object, &known, ""), None, "{file}: a field that Kubernetes does not know");
    }
}

#[test]
fn a_field_that_no_type_knows_is_found() {
    let object = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Service",
        "spec": { "ports": [{ "port": 80, "targetport": 8080 }] },
    });
    let known = typed(&object).expect("types overlook what they do not know");
    assert_eq!(lost(&object, &known, ""), Some(".spec.ports[0].targetport".into()));
}
