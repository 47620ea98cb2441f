//! Jobs: pods that end.

use super::bench::*;
use crate::cluster::api::{Kind, Spec};
use crate::cluster::pod::Phase;
use crate::cluster::spec::{Container, JobSpec, PodSpec, PodTemplate, RestartPolicy};
use crate::cluster::state::JobStatus;
use crate::time::SimTime;

/// A Job of one container that takes 3 s; `task:bad` fails.
fn job(image: &str) -> JobSpec {
    let container =
        Container { name: "task".to_owned(), image: image.to_owned(), ..Container::default() };
    let spec = PodSpec {
        containers: vec![container],
        restart: RestartPolicy::Never,
        ..PodSpec::default()
    };
    JobSpec {
        completions: Some(1),
        parallelism: 1,
        backoff_limit: 6,
        active_deadline: None,
        ttl: None,
        suspend: false,
        template: PodTemplate { spec, ..PodTemplate::default() },
    }
}

fn run(spec: &JobSpec, seconds: u64) -> Bench {
    let mut bench = Bench::new();
    bench.apply("task", Spec::Job(Box::new(spec.clone())));
    bench.pass(secs(seconds));
    bench
}

fn status(bench: &Bench) -> &JobStatus {
    &bench.cluster().state.jobs["task"]
}

#[test]
fn a_job_is_complete_when_its_pod_has_succeeded_and_keeps_the_pod() {
    let bench = run(&job("task:good"), 30);
    let status = status(&bench);
    assert_eq!((status.succeeded, status.failed, status.active), (1, 0, 0));
    assert_eq!((status.complete.status, status.complete.reason), ("True", "CompletionsReached"));
    let took = status.completed.unwrap() - status.started.unwrap();
    assert!((secs(3)..=secs(8)).contains(&took), "{took}");
    let pod = bench.pods().next().unwrap();
    assert_eq!((pod.phase, &*pod.display_status()), (Phase::Succeeded, "Completed"));
}

#[test]
fn several_completions_run_so_many_at_a_time() {
    let spec = JobSpec { completions: Some(5), parallelism: 2, ..job("task:good") };
    let mut bench = Bench::new();
    bench.apply("task", Spec::Job(Box::new(spec)));
    let mut most = 0;
    let end = bench.engine.now() + secs(60);
    while bench.step(end) {
        most = most.max(bench.pods().filter(|pod| pod.is_active()).count());
    }
    assert_eq!((most, status(&bench).succeeded, bench.pods().count()), (2, 5, 5));
    assert_eq!(status(&bench).complete.status, "True");
}

/// Each failed pod is followed by another one, after 10, 20, 40... seconds.
#[test]
fn failed_pods_are_replaced_after_growing_waits_until_the_limit() {
    let spec = JobSpec { backoff_limit: 3, ..job("task:bad") };
    let bench = run(&spec, 200);
    let status = status(&bench);
    assert_eq!((status.failed, status.succeeded), (4, 0), "one more than the limit");
    let failed = &status.has_failed;
    assert_eq!((failed.status, failed.reason), ("True", "BackoffLimitExceeded"));
    let created: Vec<SimTime> = bench.pods().map(|pod| pod.created).collect();
    let gaps = created.windows(2).map(|pair| (pair[1] - pair[0]).as_micros() / 1_000_000);
    // 3 s of work, and up to 4 s to schedule, pull and create.
    for (gap, wait) in gaps.zip([10, 20, 40]) {
        assert!((wait + 3..=wait + 8).contains(&gap), "{gap} s");
    }
}

/// K8S-50: with `OnFailure` the container is started again in its pod, and that counts too.
#[test]
fn on_failure_the_container_is_started_again_in_the_same_pod() {
    let mut spec = JobSpec { backoff_limit: 2, ..job("task:bad") };
    spec.template.spec.restart = RestartPolicy::OnFailure;
    let mut bench = Bench::new();
    bench.apply("task", Spec::Job(Box::new(spec)));
    bench.until(|world| world.cluster.state.jobs.values().any(|job| job.failure.is_present()));
    assert_eq!(bench.pods().map(|pod| pod.containers[0].restarts).collect::<Vec<_>>(), [2]);
    bench.pass(secs(60));
    assert_eq!(status(&bench).has_failed.reason, "BackoffLimitExceeded");
    assert_eq!(bench.pods().count(), 0, "a pod that still runs is deleted");
}

#[test]
fn a_job_that_takes_too_long_fails_and_its_pods_are_deleted() {
    let spec = JobSpec { active_deadline: Some(secs(4)), ..job("task:good") };
    let bench = run(&JobSpec { completions: Some(3), ..spec }, 60);
    let failed = &status(&bench).has_failed;
    assert_eq!((failed.status, failed.reason), ("True", "DeadlineExceeded"));
    assert!(bench.pods().all(|pod| pod.has_ended()));
}

#[test]
fn a_finished_job_is_deleted_with_its_pods_when_its_time_has_come() {
    let mut bench = run(&JobSpec { ttl: Some(secs(20)), ..job("task:good") }, 15);
    assert_eq!(status(&bench).complete.status, "True");
    bench.pass(secs(30));
    assert!(bench.engine.model.api.get(Kind::Job, "task").is_none());
    assert_eq!((bench.pods().count(), bench.cluster().state.jobs.len()), (0, 0));
}

#[test]
fn a_suspended_job_has_no_pods_until_it_is_resumed() {
    let spec = JobSpec { suspend: true, ..job("task:good") };
    let mut bench = run(&spec, 10);
    assert_eq!((bench.pods().count(), status(&bench).suspended.status), (0, "True"));
    bench.apply("task", Spec::Job(Box::new(JobSpec { suspend: false, ..spec })));
    bench.pass(secs(30));
    assert_eq!(
        (status(&bench).suspended.status, status(&bench).complete.status),
        ("False", "True")
    );
}

/// A pod that is deleted while it runs has failed.
#[test]
fn a_deleted_pod_counts_as_failed_and_is_replaced() {
    let mut bench = Bench::new();
    bench.apply("task", Spec::Job(Box::new(job("task:good"))));
    bench.until(|world| world.cluster.state.pods.values().any(|pod| pod.phase == Phase::Running));
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    bench.pass(secs(60));
    assert_eq!((status(&bench).failed, status(&bench).succeeded), (1, 1));
}

#[test]
fn deleting_a_job_deletes_its_pods() {
    let mut bench = run(&JobSpec { completions: Some(2), ..job("task:good") }, 12);
    assert!(0 < bench.pods().count());
    bench.delete(Kind::Job, "task");
    bench.pass(secs(10));
    assert_eq!(bench.pods().count(), 0);
}

/// K8S-33: a Job is over when its containers are, whatever its sidecars do.
#[test]
fn a_sidecar_does_not_keep_a_job_from_ending() {
    let mut spec = job("task:good");
    let proxy = Container {
        name: "proxy".to_owned(),
        image: "helper:v1".to_owned(),
        sidecar: true,
        ..Container::default()
    };
    spec.template.spec.init_containers = vec![proxy];
    let bench = run(&spec, 40);
    assert_eq!(status(&bench).complete.status, "True");
    assert!(bench.pods().all(|pod| pod.phase == Phase::Succeeded));
}

/// K8S-33: the init container of a pod that is never started again ends the pod.
#[test]
fn a_failed_init_container_ends_a_pod_that_is_never_restarted() {
    let mut spec = JobSpec { backoff_limit: 0, ..job("task:good") };
    let check = Container {
        name: "check".to_owned(),
        image: "task:bad".to_owned(),
        ..Container::default()
    };
    spec.template.spec.init_containers = vec![check];
    let bench = run(&spec, 40);
    let pod = bench.pods().next().unwrap();
    assert_eq!((pod.phase, &*pod.display_status()), (Phase::Failed, "Init:Error"));
    assert_eq!(status(&bench).has_failed.reason, "BackoffLimitExceeded");
}

/// Pods belong to a Job by its UID: a successor of the same name starts from nothing.
#[test]
fn a_job_does_not_count_the_pods_of_one_of_the_same_name_before_it() {
    let mut bench = run(&job("task:good"), 30);
    assert_eq!(status(&bench).complete.status, "True");
    bench.delete(Kind::Job, "task");
    bench.apply("task", Spec::Job(Box::new(JobSpec { backoff_limit: 0, ..job("task:bad") })));
    bench.pass(secs(60));
    assert_eq!((status(&bench).succeeded, status(&bench).failed), (0, 1));
    assert_eq!(status(&bench).has_failed.reason, "BackoffLimitExceeded");
}
