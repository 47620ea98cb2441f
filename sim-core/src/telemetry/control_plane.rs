//! What is wanted and what is in force: weights of routes, configurations of proxies, the schema, and which
//! targets answer a scrape at all.
//!
//! Where an exporter of the field gives a number, it has that exporter's name. Where none does, the name
//! begins with `cutover_`, and [`help`] says what comes nearest.

use crate::application::Application;
use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::state::ClusterState;
use crate::database::Database;
use crate::mesh::Mesh;
use crate::mesh::spec::RouteDestination;
use crate::telemetry::labels::Labels;
use crate::telemetry::present::Present;
use crate::telemetry::tsdb::Tsdb;
use crate::time::SimTime;

const UP: &str = "up";
const WEIGHT: &str = "kube_customresource_virtualservice_route_weight";
const PROXY: &str = "cutover_proxy_config_version";
const NEWEST: &str = "cutover_istiod_config_version";
const SCHEMA: &str = "cutover_schema_changes";

/// What a metric counts, and who would tell it in the field; only of metrics whose name does not say so.
pub fn help(metric: &str) -> Option<&'static str> {
    Some(match metric {
        UP => "1 if the target answered the scrape, 0 if it did not.",
        WEIGHT => {
            "Weight of a destination in the last rule of a VirtualService, as the API server has it; a \
             proxy may still use another. kube-state-metrics gives it when its \
             CustomResourceStateMetrics name the path spec.http, -1, route, weight; it has no sample for \
             a destination without a weight, which here counts 100."
        }
        PROXY => {
            "Number of the configuration that a proxy uses. Envoy's own \
             envoy_cluster_manager_cds_version is a hash, which only tells that two proxies differ; \
             istioctl proxy-status compares it with what istiod has sent."
        }
        NEWEST => {
            "Number of the newest configuration that istiod has computed for gateways. istiod itself \
             counts pilot_xds_pushes, which have no number in common with the proxies."
        }
        SCHEMA => {
            "Committed changes of the schema, the newest by name. sql_exporter gives the like from a \
             query over flyway_schema_history or databasechangelog."
        }
        _ => return None,
    })
}

/// Remembers the series, each by its metric and what tells it from others of that metric.
#[derive(Clone, Debug, Default)]
pub(super) struct ControlPlaneScraper(Present<String>);

impl ControlPlaneScraper {
    /// Takes all samples of this moment. What has gone since the last one ends (PROM-02).
    pub(super) fn scrape(
        &mut self,
        now: SimTime,
        (api, state, application): (&ApiServer, &ClusterState, &Application),
        (mesh, database): (&Mesh, &Database),
        tsdb: &mut Tsdb,
    ) {
        let mut moment = Moment { series: &mut self.0, key: String::new(), tsdb, now };
        moment.targets(state, application, mesh);
        moment.weights(api);
        moment.configurations(mesh);
        moment.schema(database);
        self.0.end_others(now, tsdb);
    }
}

/// One scrape.
struct Moment<'s> {
    series: &'s mut Present<String>,
    /// Room for what names a series, so that none is allocated for each sample. Only its last part may have a
    /// slash.
    key: String,
    tsdb: &'s mut Tsdb,
    now: SimTime,
}

impl Moment<'_> {
    fn sample(
        &mut self,
        metric: &'static str,
        (one, other): (&str, &str),
        value: f64,
        labels: &[(&str, &str)],
    ) {
        let tsdb = &mut *self.tsdb;
        self.key.clear();
        for part in [metric, "/", one, "/", other] {
            self.key.push_str(part);
        }
        let [id] = self.series.series(self.key.as_str(), self.now, || {
            let named = [("__name__", metric)].into_iter().chain(labels.iter().copied());
            [tsdb.series(Labels::new(named))]
        });
        tsdb.append(id, self.now, value);
    }

    /// `up`: pods answer while their process listens; the rest always does.
    fn targets(&mut self, state: &ClusterState, application: &Application, mesh: &Mesh) {
        for job in ["istiod", "kube-state-metrics"] {
            self.sample(UP, (job, ""), 1.0, &[("job", job)]);
        }
        for at in mesh.gateways() {
            let labels = [("job", "envoy-stats"), ("namespace", at.namespace), ("pod", at.pod)];
            self.sample(UP, ("envoy-stats", at.pod), 1.0, &labels);
        }
        for pod in state.pods.values() {
            let Some(server) = application.server(pod.id) else { continue };
            let label = |name: &str| pod.labels.get(name).map_or("", String::as_str);
            let labels = [
                ("job", "kubernetes-pods"),
                ("namespace", "default"),
                ("pod", &*pod.name),
                ("app", label("app")),
                ("version", label("version")),
            ];
            let value = if server.is_listening() { 1.0 } else { 0.0 };
            self.sample(UP, ("kubernetes-pods", &pod.name), value, &labels);
        }
    }

    fn weights(&mut self, api: &ApiServer) {
        for (name, object) in api.list(Kind::VirtualService) {
            let Spec::VirtualService(spec) = &object.manifest.spec else { continue };
            let Some(rule) = spec.http.last() else { continue };
            let alone = rule.destinations.len() == 1;
            for RouteDestination { host, subset, weight, .. } in &rule.destinations {
                // IST-07.
                let weight = weight.unwrap_or(if alone { 100 } else { 0 });
                let subset = subset.as_deref().unwrap_or(host);
                let labels = [
                    ("customresource_group", "networking.istio.io"),
                    ("customresource_kind", "VirtualService"),
                    ("customresource_version", "v1"),
                    ("namespace", "default"),
                    ("name", name),
                    ("host", host),
                    ("subset", subset),
                ];
                self.sample(WEIGHT, (name, subset), f64::from(weight), &labels);
            }
        }
    }

    fn configurations(&mut self, mesh: &Mesh) {
        for at in mesh.proxies() {
            let labels = [("namespace", at.namespace), ("pod", at.pod)];
            let version = f64::from(at.proxy.config.version);
            self.sample(PROXY, (at.namespace, at.pod), version, &labels);
        }
        self.sample(NEWEST, ("", ""), f64::from(mesh.newest().version), &[]);
    }

    /// Only a database whose schema the scenario gives has one that changes.
    fn schema(&mut self, database: &Database) {
        let Some(instance) = &database.instance else { return };
        let newest = database.version();
        let labels = [("datname", &*database.shape.name), ("newest", newest)];
        self.sample(SCHEMA, (newest, ""), instance.changes.len() as f64, &labels);
    }
}
