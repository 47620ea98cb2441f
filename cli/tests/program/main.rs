//! The program from outside: arguments in; exit status, output and files out.

mod analyze;
mod check;
mod compare;
mod compat;
mod export;
mod grafana;
mod hostile;
mod lint;
mod map;
mod query;
mod run;
mod test_rules;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a call of the program gave.
pub(crate) struct Called {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Calls `cutover` in a folder.
pub(crate) fn cutover(folder: &Path, arguments: &[&str]) -> Called {
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    Called {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("the program prints UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("the program prints UTF-8"),
    }
}

/// An empty folder for one test.
pub(crate) fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the folder of an earlier run goes");
    }
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Writes files, with the folders they need.
pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder"))
            .expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
}

/// A folder with the scenario `scenarios/small`: one minute, blue alone, one objective that holds if
/// nobody touches blue.
pub(crate) fn with_small_scenario(name: &str) -> PathBuf {
    let folder = empty_folder(name);
    write(&folder.join("scenarios/small"), SMALL);
    folder
}

pub(crate) const SMALL: &[(&str, &str)] = &[
    ("brief.md", "Keep blue alive.\n"),
    (
        "scenario.yaml",
        r#"scenario: small
title: A small scenario
level: beginner
teaches: [blue-green]
duration: 1m
cluster: { nodes: 2, cpu: 4, memory: 8Gi }
start:
  - kubectl apply -f app.yaml
applications:
  myorg/myapp:v1:
    startup: 4s
    workers: 16
    queue: 64
    health: /health
    routes:
      - get: /orders
        cpu: { mean: 12ms, cv: 0.8 }
database: { engine: postgresql, name: shop, connections: 97 }
traffic:
  - name: shoppers
    arrivals: { poisson: 20/s }
    host: shop.example.com
    requests:
      - get: /orders
        share: 1
    client: { timeout: 3s, retries: 0 }
objectives:
  - id: capacity
    title: Blue keeps 2 pods
    always: sum(kube_deployment_status_replicas_available) >= 2
"#,
    ),
    (
        "workspace/app.yaml",
        r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: my-app-blue
spec:
  replicas: 2
  selector:
    matchLabels: { app: my-app, version: blue }
  template:
    metadata:
      labels: { app: my-app, version: blue }
    spec:
      containers:
        - name: my-app
          image: myorg/myapp:v1
          ports: [{ containerPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata:
  name: my-app-service
spec:
  selector: { app: my-app }
  ports: [{ port: 80, targetPort: 8080, name: http }]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: my-gateway
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 80, name: http, protocol: HTTP }
      hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: my-app-vs
spec:
  hosts: ["*"]
  gateways: [my-gateway]
  http:
    - route:
        - destination: { host: my-app-service }
"#,
    ),
    ("debrief.md", "Three pods, all the time.\n"),
    ("solutions/nothing.log", "00:10 kubectl get pods\n"),
    (
        "naive/too-few.log",
        "# misses: capacity\n00:10 kubectl scale deployment my-app-blue --replicas=1\n",
    ),
];
