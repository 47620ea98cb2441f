//! What HikariCP and the exporters of PostgreSQL and MySQL say: pools, sessions, connections.
//!
//! Only a database with a schema counts any of it.

use schema::Engine;

use crate::application::Application;
use crate::cluster::pod::PodId;
use crate::cluster::state::ClusterState;
use crate::database::Database;
use crate::telemetry::labels::Labels;
use crate::telemetry::present::Present;
use crate::telemetry::tsdb::{SeriesId, Tsdb};
use crate::time::SimTime;

/// What Micrometer says of a pod's pool.
const POOL: [&str; 5] = [
    "hikaricp_connections_active",
    "hikaricp_connections_idle",
    "hikaricp_connections_pending",
    "hikaricp_connections",
    "hikaricp_connections_max",
];

/// States of sessions, as `postgres_exporter` counts them.
const STATES: [&str; 4] =
    ["active", "idle", "idle in transaction", "idle in transaction (aborted)"];

/// What `mysqld_exporter` counts: connections, those at work, and how many there may be.
const MYSQL: [&str; 3] = [
    "mysql_global_status_threads_connected",
    "mysql_global_status_threads_running",
    "mysql_global_variables_max_connections",
];

/// Remembers the series of the database.
#[derive(Clone, Debug, Default)]
pub(super) struct DatabaseScraper {
    pools: Present<PodId, { POOL.len() }>,
    server: Vec<SeriesId>,
}

impl DatabaseScraper {
    /// Takes all samples of this moment.
    pub(super) fn scrape(
        &mut self,
        now: SimTime,
        (state, application): (&ClusterState, &Application),
        database: &Database,
        tsdb: &mut Tsdb,
    ) {
        let Some(instance) = &database.instance else { return };
        for pod in state.pods.values() {
            let server = application.server(pod.id).filter(|server| server.is_listening());
            let Some(server) = server else { continue };
            let release = &application.releases[usize::from(server.release)].release;
            let Some(most) = release.pool.filter(|_| release.needs_database()) else { continue };
            let ids = self.pools.series(&pod.id, now, || {
                let label = |name: &str| pod.labels.get(name).map_or("", String::as_str);
                POOL.map(|metric| {
                    tsdb.series(Labels::new([
                        ("__name__", metric),
                        ("namespace", "default"),
                        ("pod", &pod.name),
                        ("pool", "HikariPool-1"),
                        ("app", label("app")),
                        ("version", label("version")),
                    ]))
                })
            });
            let (active, open) = (server.connections, server.opened);
            let values = [active, open - active, server.pool_queue.len(), open, most];
            for (id, value) in ids.into_iter().zip(values) {
                tsdb.append(id, now, f64::from(value));
            }
        }
        self.pools.end_others(now, tsdb);
        if self.server.is_empty() {
            self.server = match database.shape.engine {
                Engine::Postgresql => postgres_series(&database.shape.name, tsdb),
                Engine::Mysql => {
                    let series = |name| tsdb.series(Labels::new([("__name__", name)]));
                    MYSQL.map(series).to_vec()
                }
            };
        }
        let activity = database.activity(application);
        let connections = instance.connections;
        let values: Vec<u32> = match database.shape.engine {
            Engine::Postgresql => {
                let most = connections.limit + connections.reserved;
                activity.into_iter().chain([most]).collect()
            }
            Engine::Mysql => vec![connections.open, activity[0], connections.limit],
        };
        for (id, value) in self.server.iter().zip(values) {
            tsdb.append(*id, now, f64::from(value));
        }
    }
}

fn postgres_series(name: &str, tsdb: &mut Tsdb) -> Vec<SeriesId> {
    let state = |state| {
        Labels::new([("__name__", "pg_stat_activity_count"), ("datname", name), ("state", state)])
    };
    let most = Labels::new([("__name__", "pg_settings_max_connections")]);
    STATES.map(state).into_iter().chain([most]).map(|labels| tsdb.series(labels)).collect()
}
