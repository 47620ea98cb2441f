//! The files in `examples/` are what they say: the scenario's objects, for tools that exist.

mod actionlint;
mod helm;
mod jactionlint;
mod objects;
mod python;
mod references;

use std::path::{Path, PathBuf};

use serde_json::Value;
use sim_core::manifest::yaml;
use tests::repository;

/// Where they lie.
fn folder() -> PathBuf {
    repository().join("examples")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// The objects that a text of YAML describes.
fn parsed(text: &str) -> Vec<Value> {
    let nodes = yaml::parse("example", text).expect("YAML");
    nodes.iter().map(yaml::Node::to_json).filter(|object| !object.is_null()).collect()
}

/// The objects of an example.
fn example(path: &str) -> Vec<Value> {
    parsed(&text(&folder().join(path)))
}

/// The object of a file of the reference scenario.
fn reference(file: &str) -> Value {
    let path = repository().join("scenarios/first-cutover/workspace").join(file);
    parsed(&text(&path)).remove(0)
}

/// The container that runs in every example.
fn container(image: &str) -> Value {
    let mut container = reference("blue-deployment.yaml");
    let mut container = container["spec"]["template"]["spec"]["containers"][0].take();
    container["image"] = image.into();
    container
}
