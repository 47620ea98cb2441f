//! What kubelets and kube-state-metrics say of containers and Jobs, and applications of themselves.
//!
//! CPU and memory are those of the application's container; other containers use nothing here.

use crate::application::Application;
use crate::cluster::pod::{ContainerState, PodId};
use crate::cluster::state::{ClusterState, JobStatus};
use crate::telemetry::labels::Labels;
use crate::telemetry::present::Present;
use crate::telemetry::tsdb::{SeriesId, Tsdb};
use crate::time::SimTime;

/// What the kubelet says of a container that runs.
const USAGE: [&str; 5] = [
    "container_memory_working_set_bytes",
    "container_cpu_usage_seconds_total",
    "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total",
    "container_cpu_cfs_throttled_seconds_total",
];

/// What an application counts itself: requests that its workers have answered, whoever sent them. Its
/// labels are those of its pod.
const ANSWERED: &str = "http_requests_total";

/// What kube-state-metrics says of a Job.
const JOB: [&str; 4] = [
    "kube_job_status_active",
    "kube_job_status_succeeded",
    "kube_job_status_failed",
    "kube_job_complete",
];

/// A container, by pod and place.
type Place = (PodId, usize);

/// Remembers the series of containers and Jobs.
#[derive(Clone, Debug, Default)]
pub(super) struct ContainerScraper {
    usage: Present<PodId, { USAGE.len() }>,
    answered: Present<PodId>,
    restarts: Present<Place>,
    reasons: Present<(Place, &'static str)>,
    jobs: Present<String, { JOB.len() }>,
}

impl ContainerScraper {
    /// Takes all samples of this moment. What has gone since the last one ends (PROM-02).
    pub(super) fn scrape(
        &mut self,
        now: SimTime,
        state: &ClusterState,
        application: &Application,
        tsdb: &mut Tsdb,
    ) {
        self.scrape_usage(now, state, application, tsdb);
        self.scrape_applications(now, state, application, tsdb);
        self.scrape_restarts(now, state, tsdb);
        self.scrape_jobs(now, state, tsdb);
    }

    fn scrape_usage(
        &mut self,
        now: SimTime,
        state: &ClusterState,
        application: &Application,
        tsdb: &mut Tsdb,
    ) {
        for pod in state.pods.values() {
            let Some(server) = application.server(pod.id) else { continue };
            let container = &pod.template.spec.containers[0].name;
            let ids = self.usage.series(&pod.id, now, || {
                USAGE.map(|metric| of_container(metric, &pod.name, container, ("", ""), tsdb))
            });
            let memory = server.memory(&application.releases[server.release as usize].release, now);
            let throttling = server.quota.as_ref().map(|quota| quota.throttling());
            let throttling = throttling.unwrap_or_default();
            let values = [
                memory as f64,
                server.cpu_seconds(),
                throttling.periods as f64,
                throttling.throttled as f64,
                throttling.stalled.as_secs_f64(),
            ];
            // Without a limit there are no periods.
            let known = if server.quota.is_some() { USAGE.len() } else { 2 };
            for (id, value) in ids.into_iter().zip(values).take(known) {
                tsdb.append(id, now, value);
            }
        }
        self.usage.end_others(now, tsdb);
    }

    fn scrape_applications(
        &mut self,
        now: SimTime,
        state: &ClusterState,
        application: &Application,
        tsdb: &mut Tsdb,
    ) {
        for pod in state.pods.values() {
            let server = application.server(pod.id).filter(|server| server.is_listening());
            let Some(server) = server else { continue };
            let label = |name: &str| pod.labels.get(name).map_or("", String::as_str);
            let [id] = self.answered.series(&pod.id, now, || {
                [tsdb.series(Labels::new([
                    ("__name__", ANSWERED),
                    ("namespace", "default"),
                    ("pod", &pod.name),
                    ("app", label("app")),
                    ("version", label("version")),
                ]))]
            });
            tsdb.append(id, now, server.served as f64);
        }
        self.answered.end_others(now, tsdb);
    }

    fn scrape_restarts(&mut self, now: SimTime, state: &ClusterState, tsdb: &mut Tsdb) {
        for pod in state.pods.values() {
            let containers = pod.template.spec.all().zip(&pod.containers).enumerate();
            for (place, (container, status)) in containers {
                let key = (pod.id, place);
                let [id] = self.restarts.series(&key, now, || {
                    let metric = "kube_pod_container_status_restarts_total";
                    [of_container(metric, &pod.name, &container.name, ("", ""), tsdb)]
                });
                tsdb.append(id, now, f64::from(status.restarts));
                let Some(ContainerState::Terminated { reason, .. }) = status.last_state else {
                    continue;
                };
                let [id] = self.reasons.series(&(key, reason), now, || {
                    let metric = "kube_pod_container_status_last_terminated_reason";
                    [of_container(metric, &pod.name, &container.name, ("reason", reason), tsdb)]
                });
                tsdb.append(id, now, 1.0);
            }
        }
        self.restarts.end_others(now, tsdb);
        self.reasons.end_others(now, tsdb);
    }

    fn scrape_jobs(&mut self, now: SimTime, state: &ClusterState, tsdb: &mut Tsdb) {
        for (name, status) in &state.jobs {
            let ids = self.jobs.series(name.as_str(), now, || {
                JOB.map(|metric| {
                    let complete = metric == "kube_job_complete";
                    let labels = [
                        ("__name__", metric),
                        ("namespace", "default"),
                        ("job_name", name),
                        ("condition", if complete { "true" } else { "" }),
                    ];
                    tsdb.series(Labels::new(labels))
                })
            });
            let JobStatus { active, succeeded, failed, complete, .. } = status;
            let values = [*active, *succeeded, *failed, u32::from(complete.is_present())];
            // A Job that has not ended has no such condition.
            let known = if status.is_finished() { JOB.len() } else { JOB.len() - 1 };
            for (id, value) in ids.into_iter().zip(values).take(known) {
                tsdb.append(id, now, f64::from(value));
            }
        }
        self.jobs.end_others(now, tsdb);
    }
}

fn of_container(
    metric: &str,
    pod: &str,
    container: &str,
    more: (&str, &str),
    tsdb: &mut Tsdb,
) -> SeriesId {
    // A label without value is none.
    tsdb.series(Labels::new([
        ("__name__", metric),
        ("namespace", "default"),
        ("pod", pod),
        ("container", container),
        more,
    ]))
}
