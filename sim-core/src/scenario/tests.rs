//! What loading says about good and bad scenarios.

use std::path::Path;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::application::memory::Memory;
use crate::manifest::yaml::MAX_BYTES;

mod database;
mod direct;
mod mesh;
mod traffic;

/// A shipped scenario's files.
pub(crate) fn shipped(name: &str) -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name);
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.insert(inside, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    Bundle { name: name.to_owned(), files }
}

const SMALL: &str = r#"scenario: small
title: A small one
duration: 5m
start: [kubectl apply -f blue.yaml]
applications:
  shop:v1:
    routes:
      - get: /orders
        cpu: { mean: 12ms }
traffic:
  - name: shoppers
    arrivals: { poisson: 10/s }
    host: shop.example.com
    requests:
      - get: /orders
objectives:
  - id: served
    title: Somebody is served
    eventually: sum(istio_requests_total) > 0
"#;

const BLUE: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: blue}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - {name: shop, image: \"shop:v1\"}
";

fn small() -> Bundle {
    let files = [("scenario.yaml", SMALL), ("brief.md", "Serve."), ("workspace/blue.yaml", BLUE)];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    Bundle { name: "small".to_owned(), files: files.into() }
}

/// Everything that is said about a scenario, one finding a line.
fn said(bundle: &Bundle) -> String {
    let findings = match Scenario::load(bundle) {
        Ok((_, notes)) => notes,
        Err(errors) => errors,
    };
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

/// The small scenario with one file changed.
#[track_caller]
fn file(path: &str, text: &str, expected: &Expect) {
    let mut bundle = small();
    bundle.files.insert(path.to_owned(), text.to_owned());
    expected.assert_eq(&said(&bundle));
}

/// The small scenario with one passage replaced.
#[track_caller]
fn edit(passage: &str, replacement: &str, expected: &Expect) {
    assert!(SMALL.contains(passage), "no {passage:?}");
    file("scenario.yaml", &SMALL.replacen(passage, replacement, 1), expected);
}

#[test]
fn the_first_scenario_loads_without_findings() {
    let (scenario, notes) = Scenario::load(&shipped("first-cutover")).unwrap();
    assert_eq!(notes, []);
    assert_eq!(scenario.traffic[0].rate, 120.0);
    assert_eq!(scenario.releases["myorg/myapp:v2"].startup.0, SimDuration::from_secs(6));
    assert_eq!(scenario.naive["switch-before-ready"].misses, "no-lost-requests");
    assert!(scenario.solutions.contains_key("reference"));
}

#[test]
fn what_is_not_written_has_the_defaults_of_the_tables() {
    let (scenario, notes) = Scenario::load(&small()).unwrap();
    assert_eq!(notes, []);
    let cluster = ClusterShape {
        nodes: 3,
        cpu_milli: 4_000,
        memory_bytes: 16 << 30,
        ..ClusterShape::default()
    };
    assert_eq!(scenario.cluster, cluster);
    assert_eq!((scenario.level.as_str(), &scenario.timing), ("beginner", &Timing::default()));
    assert_eq!(
        (scenario.database.engine, scenario.database.connections),
        (schema::Engine::Postgresql, 97)
    );
    let release = &scenario.releases["shop:v1"];
    let startup = SimDuration::from_secs(5);
    assert_eq!(release.startup, (startup, startup));
    assert_eq!((release.workers, release.queue, release.pool), (16, 64, None));
    assert_eq!((release.cold_factor, release.health.as_str()), (1.0, "/health"));
    assert!(release.graceful);
    assert_eq!(release.memory, Memory { base: 64 << 20, ..Memory::default() });
    assert!(scenario.tasks.is_empty());
    let shoppers = &scenario.traffic[0];
    assert_eq!((shoppers.timeout, shoppers.retries), (SimDuration::from_secs(3), 0));
    assert_eq!(shoppers.requests[0].share, 1.0);
}

#[test]
fn what_is_written_is_read() {
    let more = "title: A small one
level: expert
teaches: [canary]
cluster: { nodes: 5, cpu: 500m, memory: 8Gi, version: v1.32 }
database: { engine: mysql, name: shop, cores: 4, connections: 20, schema-version: \"7\" }
timing: { hop: 1ms, watch: 1ms..2ms, debounce: 200ms, push: 7ms, pull: 1s..2s, create: 2s..3s, sidecar: 1s..4s, crash-back-off-max: 60s, scrape: 10s }
events:
  - { at: 1m, run: kubectl get pods }
  - { when: vector(1), run: kubectl get svc }
hints: [{ when: vector(1), say: Look., towards: served }]
";
    let more = more.replace(
        "events:\n",
        "tasks: { 'migrate:v1': { takes: 3s..9s, fails: 0.1, exit: 7, log: [one, two] } }\nevents:\n",
    );
    let text = SMALL.replacen("title: A small one\n", &more, 1).replacen(
        "    routes:\n      - get: /orders\n        cpu: { mean: 12ms }\n",
        "    startup: 4s..8s\n    workers: 2\n    queue: 0\n    pool: 5\n    graceful: false\n    health: /up\n    \
         memory: { base: 200Mi, request: 1Mi, leak: { request: 1Ki, second: 2Ki } }\n    \
         cold: { factor: 4, requests: 30 }\n    routes:\n      - post: /orders\n        cpu: { mean: 12ms, cv: 1 }\n        \
         errors: 0.25\n        sql: [SELECT 1, { statement: SELECT 2, mean: 5ms }]\n",
        1,
    );
    let mut bundle = small();
    bundle.files.insert("scenario.yaml".to_owned(), text);
    let (scenario, _) = Scenario::load(&bundle).unwrap();
    let version = Version::parse("v1.32").unwrap();
    let cluster = ClusterShape { nodes: 5, cpu_milli: 500, memory_bytes: 8 << 30, version };
    assert_eq!(scenario.cluster, cluster);
    assert_eq!(
        (scenario.database.cores, scenario.database.schema_version.as_str()),
        (Some(4), "7")
    );
    let millis = SimDuration::from_millis;
    assert_eq!(scenario.timing.watch, (millis(1), millis(2)));
    assert_eq!(
        (scenario.timing.push, scenario.timing.scrape),
        ((millis(7), millis(7)), millis(10_000))
    );
    assert_eq!(scenario.events[0].trigger, Trigger::At(SimTime::from_secs(60)));
    assert_eq!(scenario.events[1].trigger, Trigger::When("vector(1)".to_owned()));
    assert_eq!(scenario.hints[0].say, "Look.");
    assert_eq!(scenario.hints[0].towards.as_deref(), Some("served"));
    let release = &scenario.releases["shop:v1"];
    assert_eq!(release.startup, (millis(4_000), millis(8_000)));
    assert_eq!((release.workers, release.queue, release.pool), (2, 0, Some(5)));
    assert_eq!((release.cold_factor, release.cold_requests, release.graceful), (4.0, 30.0, false));
    let memory =
        Memory { base: 200 << 20, request: 1 << 20, leak_request: 1_024, leak_second: 2_048 };
    assert_eq!(release.memory, memory);
    let log = ["one", "two"].map(str::to_owned).to_vec();
    let task = &scenario.tasks["migrate:v1"];
    assert_eq!((task.takes, task.fails, task.exit), ((millis(3_000), millis(9_000)), 0.1, 7));
    assert!(task.log == log && task.sql.is_none());
    assert_eq!(scenario.timing.pull, (millis(1_000), millis(2_000)));
    assert_eq!(scenario.timing.sidecar, (millis(1_000), millis(4_000)));
    assert_eq!(scenario.timing.crash_back_off_max, millis(60_000));
    let route = &release.routes[0];
    assert_eq!(
        (route.method.as_str(), route.path.as_str(), route.errors),
        ("POST", "/orders", 0.25)
    );
    let means: Vec<f64> = route.sql.iter().map(|s| s.mean.as_millis_f64()).collect();
    assert_eq!(means, [2.0, 5.0]);
}

#[test]
fn missing_and_wrong_files_are_reported_at_once() {
    expect![[r#"
        scenario.yaml: error: the file is missing; add it to the scenario's folder
    "#]]
    .assert_eq(&said(&Bundle::default()));
    let mut bundle = small();
    bundle.files.remove("brief.md");
    bundle.files.remove("workspace/blue.yaml");
    bundle.files.insert("solutions/a.log".to_owned(), "soon ls\n".to_owned());
    expect![[r#"
        scenario.yaml:4:9: error: start[0]: there is no file workspace/blue.yaml; add it to the folder workspace
        solutions/a.log:1:1: error: "soon" is no time; begin the line with minutes and seconds: 06:42 kubectl get pods
        brief.md: error: the file is missing or empty; tell the learner what to do
    "#]].assert_eq(&said(&bundle));
    let mut bundle = small();
    bundle.files.insert("solutions/a.log".to_owned(), "00:01 ls\n".to_owned());
    expect![[r#"
        debrief.md: error: the file is missing or empty, and there are solutions; tell the learner what happened and why
    "#]]
    .assert_eq(&said(&bundle));
    let mut bundle = small();
    bundle.files.insert("debrief.md".to_owned(), "x".repeat(MAX_BYTES + 1));
    expect![[r#"
        debrief.md:1:1: error: the file has 1048577 bytes; at most 1048576 are kept
    "#]]
    .assert_eq(&said(&bundle));
    let mut bundle = small();
    let text = bundle.files.remove("scenario.yaml").unwrap();
    bundle.files.insert("scenario.yml".to_owned(), text);
    expect![[r#"
        scenario.yaml: error: the file is missing; rename "scenario.yml" to scenario.yaml
    "#]]
    .assert_eq(&said(&bundle));
}

#[test]
fn a_file_that_is_no_scenario_is_refused() {
    file(
        "scenario.yaml",
        "",
        &expect![[r#"
        scenario.yaml:1:1: error: the file is empty; write one scenario, beginning with `scenario:`
    "#]],
    );
    file(
        "scenario.yaml",
        "# nothing\n",
        &expect![[r#"
        scenario.yaml:1:1: error: the file is empty; write one scenario, beginning with `scenario:`
    "#]],
    );
    file(
        "scenario.yaml",
        "hello\n",
        &expect![[r#"
        scenario.yaml:1:1: error: a scenario is a map of keys; begin with `scenario:`
    "#]],
    );
    file(
        "scenario.yaml",
        "{}\n",
        &expect![[r#"
        scenario.yaml:1:1: error: scenario is missing; Name of the folder: lower case, digits and hyphens.
        scenario.yaml:1:1: error: title is missing; Title for people.
        scenario.yaml:1:1: error: duration is missing; How long a run lasts, such as 20m.
        scenario.yaml:1:1: error: applications is missing; What each image does, by image name with tag.
        scenario.yaml:1:1: error: traffic is missing; The users.
        scenario.yaml:1:1: error: objectives is missing; What counts as success.
    "#]],
    );
    file(
        "scenario.yaml",
        "a: 1\n---\nb: 2\n",
        &expect![[r#"
        scenario.yaml:3:1: error: the file holds 2 documents; write one scenario, beginning with `scenario:`
    "#]],
    );
    file(
        "scenario.yaml",
        "a: [\n",
        &expect![[r#"
        scenario.yaml:2:1: error: not valid YAML: while parsing a node, did not find expected node content; check the indentation of this line and of the one before: two spaces a level, no tabs
    "#]],
    );
}

#[test]
fn all_problems_of_the_file_are_reported_at_once() {
    let text = SMALL
        .replace("duration: 5m", "duration: 5 minutes\nlevle: junior")
        .replace("12ms", "12")
        .replace("10/s", "ten")
        .replace("      - get: /orders\nobjectives", "      - gte: /orders\nobjectives")
        .replace("> 0", ">");
    file(
        "scenario.yaml",
        &text,
        &expect![[r#"
            scenario.yaml:3:11: error: duration: "5 minutes" is no length of time; write a number with a unit: 250ms, 5s, 20m
            scenario.yaml:4:1: error: unknown key "levle"; did you mean "level"?
            scenario.yaml:10:22: error: applications.shop:v1.routes[0].cpu.mean: 12 is no length of time; write a number with a unit: 250ms, 5s, 20m
            scenario.yaml:13:26: error: traffic[0].arrivals.poisson: "ten" is no rate; write how often in what time: 120/s, 90/min
            scenario.yaml:16:9: error: unknown key "gte" in traffic[0].requests[0]; did you mean "get"?
            scenario.yaml:16:9: error: traffic[0].requests[0]: there must be exactly one method; write - get: /orders
            scenario.yaml:20:17: error: objectives[0].eventually: character 28 of the query: unexpected end of input
        "#]],
    );
}

#[test]
fn values_out_of_range_are_refused() {
    edit(
        "duration: 5m",
        "duration: 25h",
        &expect![[r#"
        scenario.yaml:3:11: error: duration: "25h" is out of range; write a value above 0s, at most 24h
    "#]],
    );
    edit(
        "duration: 5m",
        "duration: 0s",
        &expect![[r#"
        scenario.yaml:3:11: error: duration: "0s" is out of range; write a value above 0s, at most 24h
    "#]],
    );
    edit(
        "10/s",
        "100001/s",
        &expect![[r#"
        scenario.yaml:12:26: error: traffic[0].arrivals.poisson: "100001/s" is out of range; write a value above 0/s, at most 100000/s
    "#]],
    );
    edit(
        "10/s",
        "0/s",
        &expect![[r#"
        scenario.yaml:12:26: error: traffic[0].arrivals.poisson: "0/s" is out of range; write a value above 0/s, at most 100000/s
    "#]],
    );
    edit(
        "mean: 12ms",
        "mean: 12ms, cv: -1",
        &expect![[r#"
        scenario.yaml:9:32: error: applications.shop:v1.routes[0].cpu.cv: -1 is out of range; write a value between 0 and 10
    "#]],
    );
    edit(
        "    routes:",
        "    workers: 0\n    routes:",
        &expect![[r#"
        scenario.yaml:7:14: error: applications.shop:v1.workers: 0 must be between 1 and 10000, inclusive
    "#]],
    );
    edit(
        "    routes:",
        "    startup: 8s..4s\n    routes:",
        &expect![[r#"
        scenario.yaml:7:14: error: applications.shop:v1.startup: "8s..4s" is no length of time; write 6s, or the shortest and the longest: 4s..8s
    "#]],
    );
    edit(
        "    routes:",
        "    graceful: 1\n    routes:",
        &expect![[r#"
        scenario.yaml:7:15: error: applications.shop:v1.graceful: write true or false, not a whole number
    "#]],
    );
    edit(
        "duration: 5m",
        "duration: 5m\ncluster: {nodes: 0, cpu: 0, memory: 1MB}",
        &expect![[r#"
        scenario.yaml:4:18: error: cluster.nodes: 0 must be between 1 and 100, inclusive
        scenario.yaml:4:26: error: cluster.cpu: 0 is out of range; write a value above 0, such as 4 or 16Gi
        scenario.yaml:4:37: error: cluster.memory: "1MB" is no quantity; write a number with a suffix: 250m, 512Mi, 1Gi
    "#]],
    );
    edit(
        "duration: 5m",
        "duration: 5m\ntiming: {scrape: 10ms}",
        &expect![[r#"
        scenario.yaml:4:18: error: timing.scrape: "10ms" is out of range; write a value of at least 1s
    "#]],
    );
    edit(
        "duration: 5m",
        "duration: 5m\nevents: [{at: 6m, run: ls}]",
        &expect![[r#"
        scenario.yaml:4:15: error: events[0].at: the run is over by then; write at most 300s
    "#]],
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    edit(
        "scenario: small",
        "scenario: Large",
        &expect![[r#"
        scenario.yaml:1:11: error: scenario: "Large" is no name; use lower case, digits and inner hyphens
    "#]],
    );
    edit(
        "      - get: /orders\n        cpu",
        "      - cpu",
        &expect![[r#"
        scenario.yaml:8:9: error: applications.shop:v1.routes[0]: there must be exactly one method; write - get: /orders
    "#]],
    );
    edit(
        "      - get: /orders\nobj",
        "      - {get: /a, post: /b}\nobj",
        &expect![[r#"
        scenario.yaml:15:10: error: traffic[0].requests[0]: there must be exactly one method; write - get: /orders
    "#]],
    );
    edit(
        "      - get: /orders\nobj",
        "      - get: orders\nobj",
        &expect![[r#"
        scenario.yaml:15:14: error: traffic[0].requests[0].get: "orders" is no path; begin it with / and leave out spaces
    "#]],
    );
    edit(
        "    requests:\n      - get: /orders\n",
        "    requests: []\n",
        &expect![[r#"
        scenario.yaml:14:15: error: traffic[0].requests is empty; add - get: /path
    "#]],
    );
    edit(
        "objectives:\n",
        "hints: [{when: vector(1), say: Look., towards: sold}]\nobjectives:\n",
        &expect![[r#"
            scenario.yaml:16:48: error: hints[0].towards: there is no objective "sold"; write one of served
        "#]],
    );
    edit(
        "objectives:\n",
        "objectives:\n  - {id: served, title: Again, always: vector(1)}\n",
        &expect![[r#"
            scenario.yaml:18:9: error: objectives[1].id: there are two objectives "served"
        "#]],
    );
    edit(
        "    eventually: sum(istio_requests_total) > 0\n",
        "",
        &expect![[r#"
        scenario.yaml:17:5: error: objectives[0]: there must be exactly one condition; write at-end, always or eventually, with a PromQL query
    "#]],
    );
    edit(
        "duration: 5m",
        "duration: 5m\nevents: [{run: ls}]",
        &expect![[r#"
        scenario.yaml:4:11: error: events[0]: there must be either at or when; write at: 6m, or when: and a PromQL query
    "#]],
    );
    edit(
        "traffic:\n",
        "traffic:\n  - {name: shoppers, arrivals: {poisson: 1/s}, host: a, requests: [{get: /}]}\n",
        &expect![[r#"
            scenario.yaml:12:5: error: there are two populations named "shoppers"
        "#]],
    );
}

/// PROM-04.
#[test]
fn an_objective_that_cannot_see_the_first_failure_is_noted() {
    let condition = |query: &str| {
        let mut bundle = small();
        let text = SMALL.replace("eventually: sum(istio_requests_total) > 0", query);
        bundle.files.insert("scenario.yaml".to_owned(), text);
        said(&bundle)
    };
    for query in [
        "at-end: sum(increase(istio_requests_total{response_code=~\"5..\"}[20m])) == 0",
        "always: (sum(rate(istio_requests_total{response_code=~\"5..\"}[1m])) or vector(0)) == 0",
    ] {
        let said = condition(query);
        assert!(said.starts_with("scenario.yaml:19:"), "{said}");
        assert!(said.contains(": note: ") && said.contains("compare the counter itself"), "{said}");
    }
    for query in [
        "at-end: (sum(istio_requests_total{response_code=~\"5..\"}) or vector(0)) == 0",
        "eventually: sum(rate(istio_requests_total[1m])) > 0",
    ] {
        assert_eq!(condition(query), "");
    }
}

#[test]
fn files_that_do_not_fit_together_are_refused() {
    edit(
        "-f blue.yaml",
        "-f green.yaml",
        &expect![[r#"
        scenario.yaml:4:9: error: start[0]: there is no file workspace/green.yaml; add it to the folder workspace
    "#]],
    );
    edit(
        "-f blue.yaml",
        "-f=blu.yaml,blue.yaml",
        &expect![[r#"
        scenario.yaml:4:9: error: start[0]: there is no file workspace/blu.yaml; did you mean "blue.yaml"?
    "#]],
    );
    file(
        "workspace/blue.yaml",
        &BLUE.replace("shop:v1", "shop:v2"),
        &expect![[r#"
            workspace/blue.yaml:10:31: error: image "shop:v2" is not described under applications or tasks; did you mean "shop:v1"?
        "#]],
    );
    file(
        "workspace/blue.yaml",
        &BLUE.replace("kind: Deployment", "kind: Deployment\nreplicas: 3"),
        &expect![[r#"
            workspace/blue.yaml:3:1: error: strict decoding error: unknown field "replicas"
        "#]],
    );
    file(
        "workspace/blue.yaml",
        &format!("{BLUE}---\n{BLUE}"),
        &expect![[r#"
            workspace/blue.yaml:12:1: error: the Deployment "blue" is described twice; the first time on line 1; keep one of them: the second replaces the first
        "#]],
    );
    file("workspace/rules.yaml", "groups: []\n", &expect![[""]]);
    file(
        "naive/a.log",
        "00:01 ls\n",
        &expect![[r#"
        naive/a.log:1:1: error: the log does not say which objective it misses; write # misses: served
    "#]],
    );
    file(
        "naive/a.log",
        "# misses: serve\n00:01 ls\n",
        &expect![[r#"
        naive/a.log:1:1: error: there is no objective "serve"; did you mean "served"?
    "#]],
    );
    file(
        "solutions/a.log",
        "00:01 ls\n05:01 ls\n",
        &expect![[r#"
        solutions/a.log:2:1: error: the run is over by then: it ends at 05:00.000
        debrief.md: error: the file is missing or empty, and there are solutions; tell the learner what happened and why
    "#]],
    );
}

#[test]
fn a_start_command_may_name_a_folder() {
    edit("-f blue.yaml", "-f .", &expect![[""]]);
    edit("-f blue.yaml", "-f ./blue.yaml", &expect![[""]]);
}

proptest! {
    #[test]
    fn a_mutated_scenario_is_loaded_or_refused(
        edits in prop::collection::vec(
            (
                any::<prop::sample::Index>(),
                0_usize..12,
                prop::sample::select(vec!["", "-1", "\n", ": ", "  ", "[", "}", "1e9", "99h", "null", "\"", "- "]),
            ),
            1..6,
        ),
    ) {
        let mut chars: Vec<char> = SMALL.chars().collect();
        for (index, length, piece) in edits {
            let at = index.index(chars.len());
            let end = (at + length).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        let mut bundle = small();
        bundle.files.insert("scenario.yaml".to_owned(), chars.into_iter().collect());
        if let Err(errors) = Scenario::load(&bundle) {
            prop_assert!(!errors.is_empty());
        }
    }
}

#[test]
fn only_known_versions_of_kubernetes_are_taken() {
    // IST-81: it decides which sidecars there are.
    for (written, shown) in [("v1.28", "v1.28"), ("'1.33'", "1.33"), ("latest", "latest")] {
        let line = format!("title: A small one\ncluster: {{ version: {written} }}\n");
        let mut bundle = small();
        let text = SMALL.replacen("title: A small one\n", &line, 1);
        bundle.files.insert("scenario.yaml".to_owned(), text);
        let [problem] = &Scenario::load(&bundle).unwrap_err()[..] else { panic!("{written}") };
        let expected = format!(
            "scenario.yaml:3:21: error: cluster.version: {shown:?} is no known version; write v1.29 to \
             v1.35"
        );
        assert_eq!(problem.to_string(), expected);
    }
}

#[test]
fn limits_of_memory_tasks_and_back_off_are_checked() {
    let text = SMALL.replacen(
        "title: A small one\n",
        "title: A small one\ntiming: { crash-back-off-max: 10m }\n\
         tasks: { 'shop:v1': { takes: 9s..3s, fails: 2, exit: 0 } }\n",
        1,
    );
    let text = text.replacen("    routes:\n", "    memory: { base: -1Mi }\n    routes:\n", 1);
    let mut bundle = small();
    bundle.files.insert("scenario.yaml".to_owned(), text);
    expect![[r#"
        scenario.yaml:3:31: error: timing.crash-back-off-max: "10m" is out of range; write a value between 1s and 300s
        scenario.yaml:4:10: error: tasks: "shop:v1" is an application already; describe each image once
        scenario.yaml:4:30: error: tasks.shop:v1.takes: "9s..3s" is no length of time; write 6s, or the shortest and the longest: 4s..8s
        scenario.yaml:4:45: error: tasks.shop:v1.fails: 2 is out of range; write a value between 0 and 1
        scenario.yaml:4:54: error: tasks.shop:v1.exit: 0 must be between 1 and 255, inclusive
        scenario.yaml:9:21: error: applications.shop:v1.memory.base: "-1Mi" is out of range; write a value from 0 to 1Pi, such as 64Mi
    "#]].assert_eq(&said(&bundle));
}
