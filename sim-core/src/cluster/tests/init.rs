//! Init containers, sidecars, and the images that containers are made from (K8S-33, 55, 62).

use super::bench::*;
use crate::cluster::pod::Phase;
use crate::cluster::spec::{Container, DeploymentSpec, PullPolicy};

fn init(name: &str, image: &str) -> Container {
    Container { name: name.to_owned(), image: image.to_owned(), ..Container::default() }
}

fn sidecar(name: &str) -> Container {
    Container { sidecar: true, ..init(name, "helper:v1") }
}

/// A Deployment of one pod with init containers.
fn with_init(init_containers: Vec<Container>) -> DeploymentSpec {
    let mut spec = deployment("app:v1", 1);
    spec.template.spec.init_containers = init_containers;
    spec
}

/// What STATUS says, each time that it changes.
pub(super) fn statuses(bench: &mut Bench, time: u64) -> Vec<String> {
    let end = bench.engine.now() + secs(time);
    let mut seen = Vec::new();
    while bench.step(end) {
        let Some(pod) = bench.pods().next() else { continue };
        let ready = pod.lasting().filter(|(_, status)| status.ready).count();
        let shown = format!("{ready} {}", pod.display_status());
        if seen.last() != Some(&shown) {
            seen.push(shown);
        }
    }
    seen
}

/// Names of the containers, in the order in which they were started.
pub(super) fn started(bench: &Bench) -> Vec<String> {
    let notes = bench.cluster().state.notes.iter().filter(|note| note.reason == "Started");
    let name = |path: &str| path.split(['{', '}']).nth(1).unwrap_or_default().to_owned();
    notes.map(|note| name(&note.field_path)).collect()
}

/// K8S-33.
#[test]
fn init_containers_run_one_after_the_other_before_the_others() {
    let mut bench = Bench::new();
    bench.deploy(&with_init(vec![init("migrate", "task:good"), init("warm", "task:good")]));
    let seen = statuses(&mut bench, 60);
    let want =
        ["0 Pending", "0 Init:0/2", "0 Init:1/2", "0 PodInitializing", "0 Running", "1 Running"];
    assert_eq!(seen, want);
    assert_eq!(started(&bench), ["migrate", "warm", "app"]);
    let pod = bench.pods().next().unwrap();
    assert!(pod.initialized && pod.phase == Phase::Running);
    assert!(pod.inits().all(|(_, status)| status.has_succeeded()));
}

/// K8S-33, 50.
#[test]
fn an_init_container_that_fails_is_tried_again_and_holds_everything_up() {
    let mut bench = Bench::new();
    bench.deploy(&with_init(vec![init("migrate", "task:bad")]));
    let seen = statuses(&mut bench, 60);
    let want = [
        "0 Pending",
        "0 Init:0/1",
        "0 Init:Error",
        "0 Init:0/1",
        "0 Init:Error",
        "0 Init:CrashLoopBackOff",
        "0 Init:0/1",
        "0 Init:Error",
        "0 Init:CrashLoopBackOff",
    ];
    assert_eq!(seen[..want.len()], want);
    let pod = bench.pods().next().unwrap();
    assert_eq!((pod.phase, pod.initialized), (Phase::Pending, false));
    assert!(started(&bench).iter().all(|name| name == "migrate"));
}

/// K8S-33, 54.
#[test]
fn an_init_container_without_image_says_so() {
    let mut bench = Bench::new();
    bench.deploy(&with_init(vec![init("migrate", "task:typo")]));
    let seen = statuses(&mut bench, 30);
    assert_eq!(seen[1..4], ["0 Init:0/1", "0 Init:ErrImagePull", "0 Init:ImagePullBackOff"]);
}

/// K8S-33: the next container waits until the sidecar's startup probe has passed.
#[test]
fn a_sidecar_starts_before_what_follows_it_and_stays() {
    let proxy = Container { startup: Some(probe(5)), ..sidecar("proxy") };
    let mut bench = Bench::new();
    bench.deploy(&with_init(vec![proxy, init("migrate", "task:good")]));
    let seen = statuses(&mut bench, 60);
    let want =
        ["0 Pending", "0 Init:0/2", "1 Init:1/2", "1 PodInitializing", "1 Running", "2 Running"];
    assert_eq!(seen, want);
    assert_eq!(started(&bench), ["proxy", "migrate", "app"]);
    assert!(bench.pods().next().unwrap().sidecars().all(|(_, status)| status.is_running()));
}

/// K8S-62: sidecars end after everything else, the last one first.
#[test]
fn sidecars_are_asked_to_end_after_the_containers_in_reverse_order() {
    let mut bench = Bench::new();
    bench.deploy(&with_init(vec![sidecar("first"), sidecar("second")]));
    bench.pass(secs(60));
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    bench.pass(secs(20));
    let ended = bench.engine.model.trace.iter().filter(|entry| entry.text.contains("ended with"));
    let names: Vec<&str> = ended.filter_map(|entry| entry.text.split(' ').nth(1)).collect();
    assert_eq!(names, ["app", "second", "first"]);
}

/// K8S-61, 62: a sidecar whose turn does not come within the grace period gets two seconds more.
#[test]
fn sidecars_of_a_stubborn_application_are_asked_to_end_after_the_grace_period() {
    let stubborn = Behaviour { shutdown: None, ..HEALTHY };
    let mut bench = Bench::new().behaves("app:v1", stubborn);
    bench.deploy(&with_init(vec![sidecar("proxy")]));
    bench.pass(secs(60));
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    let took = bench.until(|world| !world.cluster.state.pods.contains_key(&pod));
    assert!((secs(30)..secs(33)).contains(&took), "{took}");
}

/// K8S-55.
#[test]
fn an_image_that_the_node_has_is_not_pulled_again_unless_the_policy_is_always() {
    for (policy, pulls) in [(PullPolicy::IfNotPresent, 3), (PullPolicy::Always, 6)] {
        let mut bench = Bench::new();
        let mut spec = with_container(deployment("app:v1", 3), |container| container.pull = policy);
        bench.deploy(&spec);
        bench.pass(secs(60));
        spec.replicas = 6;
        bench.deploy(&spec);
        bench.pass(secs(60));
        assert_eq!(bench.ready(), 6);
        assert_eq!(bench.noted("Pulling").len(), pulls, "three nodes, six pods");
    }
}

/// K8S-55.
#[test]
fn a_node_pulls_one_image_at_a_time() {
    let mut bench = Bench::new();
    let mut spec = deployment("app:v1", 1);
    let second = Container {
        name: "helper".to_owned(),
        image: "helper:v1".to_owned(),
        ..Container::default()
    };
    spec.template.spec.containers.push(second);
    bench.deploy(&spec);
    bench.pass(secs(60));
    let pulled = bench.noted("Pulled");
    let waited = |text: &String| {
        let (length, rest) = text.split_once(" in ").unwrap().1.split_once(" (").unwrap();
        !rest.starts_with(&format!("{length} including waiting)"))
    };
    assert_eq!(pulled.iter().map(waited).collect::<Vec<_>>(), [false, true], "{pulled:?}");
}

/// K8S-55.
#[test]
fn an_image_that_may_not_be_pulled_must_be_there() {
    let mut bench = Bench::new();
    bench.deploy(&with_container(deployment("app:v1", 1), |one| one.pull = PullPolicy::Never));
    bench.pass(secs(30));
    assert_eq!(bench.pods().next().unwrap().display_status(), "ErrImageNeverPull");
    let noted = bench.noted("ErrImageNeverPull");
    assert_eq!(noted, [r#"Container image "app:v1" is not present with pull policy of Never"#]);
}
