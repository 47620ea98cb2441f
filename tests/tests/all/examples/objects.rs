//! Manifests: the scenario's objects, which the simulator takes and runs.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use sim_core::cluster::api::Kind;
use sim_core::delivery::Addon;
use sim_core::delivery::SyncStatus;
use sim_core::manifest;
use sim_core::random::Seed;
use sim_core::simulation::Simulation;
use sim_core::telemetry::promql::Query;
use sim_core::time::SimTime;
use tests::scenario;

use super::{container, example, folder, parsed, reference, text};

/// Files of the folder to deploy, and the scenario's that say the same.
const FILES: [(&str, &str); 6] = [
    ("blue-deployment.yaml", "blue-deployment.yaml"),
    ("green-deployment.yaml", "green-deployment.yaml"),
    ("service.yaml", "service.yaml"),
    ("gateway.yaml", "gateway.yaml"),
    ("destination-rule.yaml", "destination-rule.yaml"),
    ("virtual-service.yaml", "virtual-service-blue.yaml"),
];

#[test]
fn the_folder_to_deploy_holds_the_objects_of_the_reference_scenario() {
    for (ours, theirs) in FILES {
        assert_eq!(example(&format!("deploy/{ours}")), [reference(theirs)], "{ours}");
    }
    assert_eq!(fs::read_dir(folder().join("deploy")).expect("a folder").count(), FILES.len());
}

#[test]
fn the_script_prints_the_routes_of_the_reference_scenario() {
    let route = |percent: &str| {
        let script = folder().join("release/route.sh");
        Command::new("sh").arg(script).arg(percent).output().expect("sh runs")
    };
    let states = [("0", "blue"), ("10", "canary"), ("100", "green")];
    for (percent, name) in states {
        let said = route(percent);
        let said = parsed(&String::from_utf8(said.stdout).expect("UTF-8"));
        assert_eq!(said, [reference(&format!("virtual-service-{name}.yaml"))], "{percent} %");
    }
    for wrong in ["", "ten", "-1", "101", "1.5", "08"] {
        let said = route(wrong);
        assert_eq!((said.status.code(), said.stdout.len()), (Some(2), 0), "{wrong:?}");
    }
}

#[test]
fn the_simulator_takes_every_manifest_that_it_knows_without_a_remark() {
    let files = FILES.map(|(name, _)| format!("deploy/{name}"));
    let others = [
        "argocd/application.yaml",
        "flagger/deployment.yaml",
        "flagger/metric-template.yaml",
        "flux/kustomization.yaml",
        "kruise/deployment.yaml",
        "kruise/rollout.yaml",
        "kruise/traffic.yaml",
        "rollouts/analysis-template.yaml",
        "rollouts/rollout.yaml",
        "rollouts/traffic.yaml",
    ];
    let others = others.map(str::to_owned);
    for name in files.iter().chain(&others) {
        let documents = manifest::parse(name, &text(&folder().join(name))).expect("YAML");
        for document in documents {
            let problems = document.manifest.err().unwrap_or_default();
            assert!(problems.is_empty(), "{name}: {problems:?}");
            assert!(document.notes.is_empty(), "{name}: {:?}", document.notes);
        }
    }
}

/// The first scenario with the folder to deploy in its repository, a minute after a command.
fn run(more: &[&str], command: &str) -> Simulation {
    let mut scenario = (*scenario("first-cutover").expect("it is right")).clone();
    scenario.addons = Addon::ALL.into_iter().collect();
    let deploy = FILES.map(|(name, _)| format!("deploy/{name}"));
    for path in deploy.iter().map(String::as_str).chain(more.iter().copied()) {
        scenario.workspace.insert(path.to_owned(), text(&folder().join(path)));
    }
    let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
    let reply = simulation.execute(command);
    assert_eq!(reply.status, Some(0), "{}", reply.stderr);
    simulation.run_until(SimTime::from_secs(60));
    assert!(simulation.world().api.get(Kind::Deployment, "my-app-green").is_some());
    simulation
}

/// CD-05.
#[test]
fn flux_obeys_the_example_in_a_run() {
    let files = ["flux/source.yaml", "flux/kustomization.yaml"];
    let mut simulation =
        run(&files, "kubectl apply -f flux/source.yaml -f flux/kustomization.yaml");
    let reply = simulation.execute("flux get kustomizations");
    assert!(reply.stdout.contains("Applied revision: main@sha1:"), "{}", reply.stdout);
}

/// CD-01, CD-02.
#[test]
fn argo_cd_obeys_the_example_in_a_run() {
    let files = ["argocd/application.yaml"];
    let mut simulation = run(&files, "kubectl apply -f argocd/application.yaml");
    let reply = simulation.execute("argocd app get my-app");
    assert!(reply.stdout.contains(SyncStatus::Synced.name()), "{}", reply.stdout);
    assert!(!reply.stdout.contains(SyncStatus::OutOfSync.name()), "{}", reply.stdout);
}

/// KRU-01, KRU-04: with another image the example is released to its first pause.
#[test]
fn openkruise_obeys_the_example_in_a_run() {
    let files = ["kruise/deployment.yaml", "kruise/rollout.yaml", "kruise/traffic.yaml"];
    let mut simulation = run(&files, "kubectl apply -f deploy -f kruise");
    let release = "kubectl set image deployment/my-app my-app=myorg/myapp:v2";
    assert_eq!(simulation.execute(release).status, Some(0));
    simulation.run_until(SimTime::from_secs(150));
    let reply = simulation.execute("kubectl get rollouts.rollouts.kruise.io my-app");
    assert!(reply.stdout.contains("step(1/3), and you need manually confirm"), "{}", reply.stdout);
}

#[test]
fn the_controllers_run_the_same_container() {
    let template = |object: &serde_json::Value| object["spec"]["template"]["spec"].clone();
    for path in ["rollouts/rollout.yaml", "flagger/deployment.yaml", "kruise/deployment.yaml"] {
        let object = &example(path)[0];
        assert_eq!(template(object)["containers"][0], container("myorg/myapp:v1"), "{path}");
        assert_eq!(object["spec"]["replicas"], 3, "{path}");
        assert_eq!(object["spec"]["selector"]["matchLabels"]["app"], "my-app", "{path}");
    }
}

#[test]
fn the_queries_of_the_analyses_are_promql() {
    let analysis = &example("rollouts/analysis-template.yaml")[0];
    let metrics = analysis["spec"]["metrics"].as_array().expect("a list");
    let queries = metrics.iter().map(|metric| &metric["provider"]["prometheus"]["query"]);
    let template = &example("flagger/metric-template.yaml")[0];
    let mut count = 0;
    for query in queries.chain([&template["spec"]["query"]]) {
        let query = query.as_str().expect("a text");
        let filled = query
            .replace("{{args.service}}", "my-app-canary")
            .replace("{{ target }}", "my-app")
            .replace("{{ interval }}", "1m");
        assert!(!filled.contains("{{ ") && !filled.contains("{{args"), "{filled}");
        Query::parse(&filled).unwrap_or_else(|problem| panic!("{filled}: {problem}"));
        count += 1;
    }
    assert_eq!(count, 3);
}
