//! The scenarios that are measured: those of the repository, with a few lines replaced.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use book_preprocessor::Inputs;
use sim_core::scenario::Bundle;

use crate::repository;

/// File, what it says, and what it says instead.
type Edit = (&'static str, &'static str, &'static str);

const SCENARIO: &str = "scenario.yaml";
const MESH: &str = "workspace/mesh.yaml";
const DEPLOYMENTS: &str = "workspace/deployments.yaml";

/// Name, scenario it is made from, edits.
const VARIANTS: [(&str, &str, &[Edit]); 8] = [
    ("half-hour", "first-cutover", &[(SCENARIO, "duration: 20m", "duration: 30m")]),
    ("first-cutover", "first-cutover", &[]),
    ("first-cutover-1000", "first-cutover", &THOUSAND),
    ("model-b", "model-b", &[]),
    ("model-b-full", "model-b", &FULL),
    ("twelve", "model-b", &TWELVE),
    ("overload", "model-b", &[(SCENARIO, "poisson: 900/s", "poisson: 20000/s")]),
    (
        "day",
        "model-b",
        &[
            (SCENARIO, "duration: 20m", "duration: 24h"),
            (SCENARIO, "poisson: 900/s", "poisson: 20/s"),
        ],
    ),
];

/// With the scenario's limits of half a core most requests would be turned away (K8S-57), which is
/// cheaper than serving them and no measure.
const THOUSAND: [Edit; 3] = [
    (SCENARIO, "poisson: 120/s", "poisson: 1000/s"),
    ("workspace/blue-deployment.yaml", "cpu: 500m", "cpu: \"4\""),
    ("workspace/green-deployment.yaml", "cpu: 500m", "cpu: \"4\""),
];

/// Everything that a request can meet on its way is on.
const FULL: [Edit; 5] = [
    (SCENARIO, "    health: /health\n", "    health: /health\n    memory: { base: 100Mi, request: 1Mi }\n"),
    (SCENARIO, "      - get: /\n        share: 1\n", "      - get: /\n        share: 1\n        headers: { x-group: shoppers }\n"),
    (
        MESH,
        "  host: my-app-service\n  subsets:",
        "  host: my-app-service
  trafficPolicy:
    connectionPool: { tcp: { maxConnections: 1000 }, http: { http1MaxPendingRequests: 1000, maxRetries: 1000 } }
    outlierDetection: { consecutive5xxErrors: 5, interval: 10s }
    loadBalancer: { simple: LEAST_REQUEST, warmupDurationSecs: 60s }
  subsets:",
    ),
    (
        MESH,
        "    - route:\n",
        "    - match: [{ headers: { x-group: { exact: beta } } }]
      route: [{ destination: { host: my-app-service, subset: green } }]
    - timeout: 2s
      retries: { attempts: 3, perTryTimeout: 1s, retryOn: \"5xx,connect-failure\" }
      fault: { delay: { fixedDelay: 1ms, percentage: { value: 1 } } }
      mirror: { host: my-app-service, subset: green }
      mirrorPercentage: { value: 1 }
      route:\n",
    ),
    (
        DEPLOYMENTS,
        "          image:",
        "          resources: { limits: { cpu: \"2\", memory: 1Gi } }\n          image:",
    ),
];

/// Twelve pods on three nodes for half an hour at 1 000 requests a second.
const TWELVE: [Edit; 3] = [
    (SCENARIO, "poisson: 900/s", "poisson: 1000/s"),
    (SCENARIO, "duration: 20m", "duration: 30m"),
    (DEPLOYMENTS, "replicas: 3", "replicas: 6"),
];

/// Writes every variant as `NAME.json`.
pub(super) fn write(folder: &Path) -> Result<()> {
    let mut sources = Inputs::read(repository::root())?.scenarios;
    let model = book_preprocessor::read_scenario(&repository::root().join("bench/model-b"))?;
    sources.insert("model-b".to_owned(), model);
    for (name, source, edits) in VARIANTS {
        let bundle = edited(name, source, edits, &sources)?;
        fs::write(folder.join(format!("{name}.json")), serde_json::to_string(&bundle)?)?;
    }
    Ok(())
}

fn edited(
    name: &str,
    source: &str,
    edits: &[Edit],
    sources: &BTreeMap<String, Bundle>,
) -> Result<Bundle> {
    let mut bundle = sources.get(source).with_context(|| format!("no scenario {source}"))?.clone();
    for (file, from, to) in edits {
        let text =
            bundle.files.get_mut(*file).with_context(|| format!("{source} has no {file}"))?;
        ensure!(text.contains(from), "{name}: {file} no longer says `{from}`");
        *text = text.replace(from, to);
    }
    Ok(bundle)
}
