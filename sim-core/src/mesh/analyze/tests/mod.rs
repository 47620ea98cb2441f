//! Tests of the analyzers: files in, messages out. Each table has rows that fire and near misses.

mod hostile;
mod mesh;
mod output;
mod routes;
mod workloads;

use super::{Message, Resources, analyze};

/// A Service `shop` with one port, and pods of both colours that it selects.
const SHOP: &str = "\
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: blue-1, labels: {app: shop, version: blue}}
spec: {containers: [{name: shop, image: shop}]}
---
apiVersion: v1
kind: Pod
metadata: {name: green-1, labels: {app: shop, version: green}}
spec: {containers: [{name: shop, image: shop}]}
";

/// A DestinationRule that gives `shop` both subsets.
const SUBSETS: &str = "\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shop}
spec:
  host: shop
  subsets: [{name: blue, labels: {version: blue}}, {name: green, labels: {version: green}}]
";

/// A Gateway for everything.
const GATEWAY: &str = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
";

/// An object of Istio; `spec` is indented below it.
fn object(kind: &str, name: &str, spec: &str) -> String {
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let group = if kind == "AuthorizationPolicy" { "security" } else { "networking" };
    format!(
        "apiVersion: {group}.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: \
         {namespace}}}\nspec:\n{spec}"
    )
}

/// A VirtualService; `spec` begins on line 5 of its file.
fn routes(name: &str, spec: &str) -> String {
    object("VirtualService", name, spec)
}

/// A VirtualService for host `shop` with one destination.
fn route_to(destination: &str) -> String {
    routes("shop", &format!("hosts: [shop]\nhttp:\n- route:\n  - destination: {{{destination}}}"))
}

fn resources(files: &[&str]) -> Resources {
    let mut resources = Resources::with_ingress_gateway();
    for (index, text) in files.iter().enumerate() {
        let problems = resources.add_file(&format!("{}.yaml", index + 1), text);
        assert_eq!(problems, [], "{text}");
    }
    resources
}

/// What is said of files `1.yaml`, `2.yaml`, ..., in all namespaces.
fn messages(files: &[&str]) -> Vec<Message> {
    analyze(&resources(files), None)
}

/// The codes of these messages, with their places: `IST0101 3.yaml:8`.
fn codes(files: &[&str]) -> Vec<String> {
    let place = |message: &Message| {
        let (file, line) = message.origin.place.clone().expect("messages about files have a place");
        format!("{} {file}:{line}", message.code.number())
    };
    messages(files).iter().map(place).collect()
}

/// The messages as istioctl prints them.
fn printed(files: &[&str]) -> String {
    super::log(&messages(files))
}
