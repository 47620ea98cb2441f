//! A scrape: counters and the state of the cluster become samples.

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::pod::PodId;
use crate::cluster::state::ClusterState;
use crate::telemetry::labels::{Labels, METRIC_NAME};
use crate::telemetry::present::Present;
use crate::telemetry::registry::{
    BUCKETS, Destination, Registry, Reporter, RequestSeries, Source, UserCounts,
};
use crate::telemetry::tsdb::{SeriesId, Tsdb};
use crate::time::SimTime;
use crate::workload::Workload;

/// Remembers which series a counter feeds, so that a scrape looks nothing up.
#[derive(Clone, Debug, Default)]
pub(super) struct Scraper {
    requests: Vec<RequestIds>,
    users: Vec<[SeriesId; USER_RESULTS.len()]>,
    deployments: Present<String, { DEPLOYMENT.len() }>,
    autoscalers: Present<String, { AUTOSCALER.len() }>,
    pods: Present<PodId>,
}

/// The series that one counter of requests feeds.
#[derive(Clone, Debug)]
struct RequestIds {
    total: SeriesId,
    sum: SeriesId,
    count: SeriesId,
    buckets: Vec<SeriesId>,
}

/// Istio's name for a cluster that was given none.
const CLUSTER: &str = "Kubernetes";

/// What kube-state-metrics says of a Deployment.
const DEPLOYMENT: [&str; 5] = [
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas",
    "kube_deployment_status_replicas_ready",
    "kube_deployment_status_replicas_available",
    "kube_deployment_status_replicas_updated",
];

/// What kube-state-metrics says of an autoscaler.
const AUTOSCALER: [&str; 4] = [
    "kube_horizontalpodautoscaler_spec_min_replicas",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_current_replicas",
    "kube_horizontalpodautoscaler_status_desired_replicas",
];

/// Values of the label `result` of `users_requests_total`.
const USER_RESULTS: [&str; 5] = ["answered", "error", "timeout", "refused", "reset"];

impl Scraper {
    /// What kube-state-metrics says of everything.
    pub(super) fn scrape_cluster(
        &mut self,
        now: SimTime,
        (api, state): (&ApiServer, &ClusterState),
        tsdb: &mut Tsdb,
    ) {
        self.scrape_deployments(now, api, state, tsdb);
        self.scrape_autoscalers(now, api, state, tsdb);
        self.scrape_pods(now, state, tsdb);
    }

    /// What the proxies have counted.
    pub(super) fn scrape_requests(&mut self, now: SimTime, registry: &Registry, tsdb: &mut Tsdb) {
        for (index, (to, series)) in registry.in_order().enumerate() {
            if index == self.requests.len() {
                self.requests.push(RequestIds::new(registry.sender(series.from), to, series, tsdb));
            }
            let ids = &self.requests[index];
            tsdb.append(ids.total, now, series.requests as f64);
            tsdb.append(ids.sum, now, series.sum_micros as f64 / 1e3);
            tsdb.append(ids.count, now, series.requests as f64);
            let mut cumulative = 0;
            for (&id, bucket) in ids.buckets.iter().zip(&series.buckets) {
                cumulative += bucket;
                tsdb.append(id, now, cumulative as f64);
            }
        }
    }

    /// What the users have counted.
    pub(super) fn scrape_users(
        &mut self,
        now: SimTime,
        registry: &Registry,
        workload: &Workload,
        tsdb: &mut Tsdb,
    ) {
        for (index, counts) in registry.users.iter().enumerate() {
            if index == self.users.len() {
                let name = workload.users[index].population.name.as_str();
                self.users.push(USER_RESULTS.map(|result| {
                    tsdb.series(Labels::new([
                        ("__name__", "users_requests_total"),
                        ("population", name),
                        ("result", result),
                    ]))
                }));
            }
            let UserCounts { answered, errors, timeouts, refused, resets, .. } = *counts;
            let results = [answered, errors, timeouts, refused, resets];
            for (id, result) in self.users[index].into_iter().zip(results) {
                tsdb.append(id, now, result as f64);
            }
        }
    }

    /// What kube-state-metrics says of Deployments.
    fn scrape_deployments(
        &mut self,
        now: SimTime,
        api: &ApiServer,
        state: &ClusterState,
        tsdb: &mut Tsdb,
    ) {
        for (name, status) in &state.deployments {
            let object = api.get(Kind::Deployment, name);
            let wanted = match object.map(|object| &object.manifest.spec) {
                Some(Spec::Deployment(spec)) => spec.replicas,
                _ => 0,
            };
            let ids = self.deployments.series(name.as_str(), now, || {
                DEPLOYMENT.map(|metric| of_object(metric, ("deployment", name), tsdb))
            });
            let counts = &status.counts;
            let values = [wanted, counts.replicas, counts.ready, counts.available, status.updated];
            for (id, value) in ids.into_iter().zip(values) {
                tsdb.append(id, now, f64::from(value));
            }
        }
        self.deployments.end_others(now, tsdb);
    }

    /// What kube-state-metrics says of autoscalers.
    fn scrape_autoscalers(
        &mut self,
        now: SimTime,
        api: &ApiServer,
        state: &ClusterState,
        tsdb: &mut Tsdb,
    ) {
        for (name, object) in api.list(Kind::HorizontalPodAutoscaler) {
            let Spec::HorizontalPodAutoscaler(spec) = &object.manifest.spec else { continue };
            let (current, desired) = state
                .autoscalers
                .get(name)
                .map_or((0, 0), |status| (status.current, status.desired));
            let ids = self.autoscalers.series(name, now, || {
                AUTOSCALER.map(|metric| of_object(metric, ("horizontalpodautoscaler", name), tsdb))
            });
            let values = [spec.min_replicas, spec.max_replicas, current, desired];
            for (id, value) in ids.into_iter().zip(values) {
                tsdb.append(id, now, f64::from(value));
            }
        }
        self.autoscalers.end_others(now, tsdb);
    }

    fn scrape_pods(&mut self, now: SimTime, state: &ClusterState, tsdb: &mut Tsdb) {
        for pod in state.pods.values() {
            let [id] = self.pods.series(&pod.id, now, || {
                [tsdb.series(Labels::new([
                    (METRIC_NAME, "kube_pod_status_ready"),
                    ("namespace", "default"),
                    ("pod", &pod.name),
                    ("condition", "true"),
                ]))]
            });
            tsdb.append(id, now, if pod.is_ready() { 1.0 } else { 0.0 });
        }
        self.pods.end_others(now, tsdb);
    }
}

fn of_object(metric: &str, object: (&str, &str), tsdb: &mut Tsdb) -> SeriesId {
    tsdb.series(Labels::new([(METRIC_NAME, metric), ("namespace", "default"), object]))
}

impl RequestIds {
    fn new(from: &Source, to: &Destination, series: &RequestSeries, tsdb: &mut Tsdb) -> Self {
        let (code, flags) = (series.code.to_string(), series.flag.to_string());
        let host = match to.service.as_str() {
            "unknown" => "unknown".to_owned(),
            service => format!("{service}.default.svc.cluster.local"),
        };
        // What is not known has no namespace and no cluster either.
        let known = |name: &str, value| if name == "unknown" { "unknown" } else { value };
        // Istio's name for the revision of a workload without version.
        let revision = match (from.workload.as_str(), from.version.as_str()) {
            ("unknown", _) => "unknown",
            (_, "unknown") => "latest",
            (_, version) => version,
        };
        // Without mTLS. Only the server's side says so.
        let security = match series.reporter {
            Reporter::Source => "unknown",
            Reporter::Destination => "none",
        };
        let common = Labels::new([
            ("reporter", series.reporter.as_str()),
            ("source_workload", &from.workload),
            ("source_workload_namespace", &from.namespace),
            ("source_principal", "unknown"),
            ("source_app", &from.app),
            ("source_version", &from.version),
            ("source_cluster", known(&from.workload, CLUSTER)),
            ("source_canonical_service", &from.app),
            ("source_canonical_revision", revision),
            ("destination_workload", &to.workload),
            ("destination_workload_namespace", known(&to.workload, "default")),
            ("destination_principal", "unknown"),
            ("destination_app", &to.app),
            ("destination_version", &to.version),
            ("destination_cluster", known(&to.workload, CLUSTER)),
            ("destination_canonical_service", &to.app),
            ("destination_canonical_revision", &to.version),
            ("destination_service", &host),
            ("destination_service_name", &to.service),
            ("destination_service_namespace", known(&to.service, "default")),
            ("request_protocol", "http"),
            ("response_code", &code),
            ("response_flags", &flags),
            ("connection_security_policy", security),
        ]);
        let mut id =
            |metric: &str, le: &str| tsdb.series(common.with(METRIC_NAME, metric).with("le", le));
        let duration = "istio_request_duration_milliseconds";
        let bounds = BUCKETS.iter().map(|&micros| bound(micros)).chain(["+Inf".to_owned()]);
        Self {
            total: id("istio_requests_total", ""),
            sum: id(&format!("{duration}_sum"), ""),
            count: id(&format!("{duration}_count"), ""),
            buckets: bounds.map(|le| id(&format!("{duration}_bucket"), &le)).collect(),
        }
    }
}

/// A bucket's bound in milliseconds, as Prometheus 3 stores it: `0.5`, `1.0`, `2500.0`.
fn bound(micros: u64) -> String {
    format!("{:?}", micros as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::flag::Flags;
    use crate::telemetry::registry::SourceId;
    use crate::time::SimDuration;

    /// The labels of every series that one request to blue and one to nobody make.
    fn scraped() -> Vec<Labels> {
        let mut registry = Registry::new(0);
        let blue = registry.destination(Destination {
            service: "my-app-service".into(),
            workload: "my-app-blue".into(),
            app: "my-app".into(),
            version: "blue".into(),
        });
        let took = SimDuration::from_millis(7);
        registry.count(Reporter::Destination, (SourceId::GATEWAY, blue), (200, Flags::NONE), took);
        let nobody = registry.destination(Destination::service_only("my-app-service"));
        registry.count(
            Reporter::Source,
            (SourceId::GATEWAY, nobody),
            (503, Flags::NO_HEALTHY_UPSTREAM),
            took,
        );
        let mut tsdb = Tsdb::default();
        Scraper::default().scrape_requests(SimTime::ZERO, &registry, &mut tsdb);
        tsdb.ids().map(|id| tsdb.labels(id).clone()).collect()
    }

    #[test]
    fn a_series_has_the_names_and_labels_of_istio() {
        // IST-90, 91; gRPC's status has no label, since every request is plain HTTP.
        let names = "connection_security_policy destination_app destination_canonical_revision \
                     destination_canonical_service destination_cluster destination_principal \
                     destination_service destination_service_name destination_service_namespace \
                     destination_version destination_workload destination_workload_namespace \
                     reporter request_protocol response_code response_flags source_app \
                     source_canonical_revision source_canonical_service source_cluster \
                     source_principal source_version source_workload source_workload_namespace";
        let all = scraped();
        let total = |labels: &&Labels| labels.get("__name__") == "istio_requests_total";
        let [blue, nobody] = all.iter().filter(total).collect::<Vec<_>>()[..] else {
            panic!("two destinations");
        };
        for labels in [blue, nobody] {
            let own: Vec<_> = labels.iter().map(|(name, _)| name).collect();
            assert_eq!(
                own,
                [&["__name__"], &*names.split_whitespace().collect::<Vec<_>>()].concat()
            );
        }
        assert_eq!(blue.get("destination_service"), "my-app-service.default.svc.cluster.local");
        assert_eq!([blue.get("destination_version"), blue.get("response_flags")], ["blue", "-"]);
        // IST-93: no endpoint was chosen, so only the service is known.
        assert_eq!(nobody.get("destination_service_name"), "my-app-service");
        for unknown in ["workload", "workload_namespace", "version", "app", "cluster"] {
            assert_eq!(nobody.get(&format!("destination_{unknown}")), "unknown", "{unknown}");
        }
    }

    /// IST-92.
    #[test]
    fn durations_have_the_buckets_of_istio() {
        // IST-92.
        let bounds = "0.5 1.0 5.0 10.0 25.0 50.0 100.0 250.0 500.0 1000.0 2500.0 5000.0 10000.0 30000.0 60000.0 \
                      300000.0 600000.0 1800000.0 3600000.0 +Inf";
        let all = scraped();
        let bucket = "istio_request_duration_milliseconds_bucket";
        let mine = all.iter().filter(|labels| {
            labels.get("__name__") == bucket && labels.get("destination_version") == "blue"
        });
        let found: Vec<_> = mine.map(|labels| labels.get("le")).collect();
        assert_eq!(found, bounds.split_whitespace().collect::<Vec<_>>());
    }
}
