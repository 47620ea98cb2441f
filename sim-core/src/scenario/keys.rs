//! What `scenario.yaml` may hold. The one table behind checking, suggestions and editors.

use crate::delivery::{Addon, Pitfall};
use crate::manifest::schema::{Field, Object, Shape, field};
use crate::mesh::delivery::{CALLERS_MAX, GATEWAYS_MAX};
use Shape::{
    Bool, Choice, Duration, DurationRange, List, Map, Number, Quantity, Rate, String as Text,
};

/// The whole file.
pub static SCENARIO: Object = Object {
    name: "Scenario",
    fields: &[
        field("scenario", Text, "Name of the folder: lower case, digits and hyphens.").required(),
        field("title", Text, "Title for people.").required(),
        field(
            "level",
            Choice(&["beginner", "junior", "senior", "expert"]),
            "Who it is for; beginner if not given.",
        ),
        field("teaches", Shape::STRINGS, "Topics it teaches."),
        field("duration", Duration, "How long a run lasts, such as 20m.").required(),
        field("cluster", Shape::Object(&CLUSTER), "The nodes."),
        field(
            "installed",
            List(&Choice(&Addon::NAMES)),
            "What there is besides Kubernetes and Istio; nothing if not given.",
        ),
        field(
            "pitfalls",
            List(&Choice(&Pitfall::NAMES)),
            "Known bugs that it has, by their issues; none if not given.",
        ),
        field("start", Shape::STRINGS, "Commands that have run and settled when it begins."),
        field(
            "applications",
            Map(&Shape::Object(&APPLICATION)),
            "What each image does, by image name with tag.",
        )
        .required(),
        field(
            "tasks",
            Map(&Shape::Object(&TASK)),
            "What images do that run and end, by image name with tag.",
        ),
        field("database", Shape::Object(&DATABASE), "The shared database."),
        field("mesh", Shape::Object(&MESH), "Istio."),
        field("traffic", List(&Shape::Object(&POPULATION)), "The users.").required(),
        field("timing", Shape::Object(&TIMING), "How fast the machinery is."),
        field(
            "events",
            List(&Shape::Object(&EVENT)),
            "What happens besides the learner's commands.",
        ),
        field("rules", Shape::STRINGS, "Prometheus's rule files in the workspace."),
        field(
            "alertmanager",
            Text,
            "Alertmanager's configuration in the workspace; one receiver with a webhook if not given.",
        ),
        field("objectives", List(&Shape::Object(&OBJECTIVE)), "What counts as success.").required(),
        field("hints", List(&Shape::Object(&HINT)), "What to say when."),
    ],
};

static CLUSTER: Object = Object {
    name: "Cluster",
    fields: &[
        field("nodes", int(1, 100), "Number of nodes; 3 if not given."),
        field("cpu", Quantity, "CPU of each node; 4 if not given."),
        field("memory", Quantity, "Memory of each node; 16Gi if not given."),
        field(
            "version",
            Text,
            "Kubernetes version of the nodes, v1.29 to v1.35; v1.35 if not given. From v1.33 on, Istio \
             injects native sidecars.",
        ),
    ],
};

static MESH: Object = Object {
    name: "Mesh",
    fields: &[field(
        "gateways",
        int(1, GATEWAYS_MAX as i64),
        "Replicas of the ingress gateway, each with its own proxy; 1 if not given.",
    )],
};

static APPLICATION: Object = Object {
    name: "Application",
    fields: &[
        field("startup", DurationRange, "From container start until it listens; 5s if not given."),
        field("workers", int(1, 10_000), "Requests served at once; 16 if not given."),
        field("queue", int(0, 1_000_000), "Requests that may wait for a worker; 64 if not given."),
        field("pool", int(1, 10_000), "Database connections of a pod; no limit if not given."),
        field("cold", Shape::Object(&COLD), "Slow first requests; none if not given."),
        field(
            "connection-timeout",
            Duration,
            "How long a request waits for a connection of the pool; 30s if not given. It needs a database with \
             a schema.",
        ),
        field(
            "health",
            Shape::TextOr(&HEALTH),
            "Path of the health endpoint; /health if not given.",
        ),
        field("graceful", Bool, "Whether it finishes requests after SIGTERM; true if not given."),
        field("memory", Shape::Object(&MEMORY), "Memory it needs; 64Mi if not given."),
        field(
            "migrate",
            Shape::Object(&MIGRATE),
            "What it migrates after its start-up, before it listens; it ends if that fails. It needs a database \
             with a schema.",
        ),
        field("routes", List(&Shape::Object(&ROUTE)), "What it serves.").required(),
        field(
            "values",
            Map(&Shape::Object(&RELEASE_VALUES)),
            "In which form it writes and reads the values of a TABLE.COLUMN, in names of your own.",
        ),
    ],
};

static HEALTH: Object = Object {
    name: "Health",
    fields: &[
        field("path", Text, "Its path; /health if not given."),
        field(
            "database",
            Bool,
            "Whether it needs a connection to the database, which must have a schema; false if not given.",
        ),
    ],
};

static MEMORY: Object = Object {
    name: "Memory",
    fields: &[
        field("base", Quantity, "Needed once it listens; 64Mi if not given."),
        field("request", Quantity, "Needed while a request is in it; 0 if not given."),
        field("leak", Shape::Object(&LEAK), "Lost until it ends; nothing if not given."),
    ],
};

static LEAK: Object = Object {
    name: "Leak",
    fields: &[
        field("request", Quantity, "Lost with every request; 0 if not given."),
        field("second", Quantity, "Lost with every second; 0 if not given."),
    ],
};

static TASK: Object = Object {
    name: "Task",
    fields: &[
        field("takes", DurationRange, "From its start to its end; 5s if not given."),
        field("fails", Number, "Share of runs that fail, from 0 to 1; 0 if not given."),
        field("exit", int(1, 255), "Exit status of a run that fails; 1 if not given."),
        field("log", Shape::STRINGS, "Lines that it writes."),
        field(
            "sql",
            Shape::STRINGS,
            "Files of the workspace, or folders, that it executes in the database when it would otherwise end, \
             each in a transaction; it fails at the first error.",
        ),
        field(
            "migrate",
            Shape::Object(&MIGRATE),
            "The tool that it runs in place of `sql`, with the tool's lock and table.",
        ),
    ],
};

static MIGRATE: Object = Object {
    name: "Migrate",
    fields: &[
        field("flyway", Text, "Flyway, with the migrations of this folder of the workspace."),
        field("liquibase", Text, "Liquibase, with this changelog of the workspace."),
    ],
};

static COLD: Object = Object {
    name: "Cold",
    fields: &[
        field("factor", Number, "How many times longer the first request takes.").required(),
        field("requests", Number, "Requests after which 1/e of the excess is left.").required(),
    ],
};

static ROUTE: Object = Object {
    name: "Route",
    fields: &[
        METHODS[0],
        METHODS[1],
        METHODS[2],
        METHODS[3],
        METHODS[4],
        METHODS[5],
        field("cpu", Shape::Object(&CPU), "CPU time of a request.").required(),
        field("sql", List(&Shape::TextOr(&STATEMENT)), "Statements it sends, in order."),
        field("transaction", Bool, "Whether they are one transaction; false if not given."),
        field(
            "errors",
            Number,
            "Share of requests answered with 500, from 0 to 1; 0 if not given.",
        ),
    ],
};

/// A request or route is named by its method: `get: /orders`.
pub(super) const METHODS: [Field; 6] = [
    field("get", Text, "Path of a GET."),
    field("post", Text, "Path of a POST."),
    field("put", Text, "Path of a PUT."),
    field("patch", Text, "Path of a PATCH."),
    field("delete", Text, "Path of a DELETE."),
    field("head", Text, "Path of a HEAD."),
];

static CPU: Object = Object {
    name: "Cpu",
    fields: &[
        field("mean", Duration, "Mean CPU time, such as 12ms.").required(),
        field("cv", Number, "Standard deviation over mean, from 0 to 10; 0.5 if not given."),
    ],
};

static STATEMENT: Object = Object {
    name: "Statement",
    fields: &[
        field("statement", Text, "The SQL.").required(),
        field("mean", Duration, "Mean execution time; 2ms if not given."),
    ],
};

static DATABASE: Object = Object {
    name: "Database",
    fields: &[
        field("engine", Choice(&["postgresql", "mysql"]), "postgresql if not given."),
        field("name", Text, "Name for people; `database` if not given."),
        field("cores", int(1, 1_000), "Queries that run at once; no limit if not given."),
        field(
            "connections",
            int(1, 100_000),
            "Connections for applications; PostgreSQL has 97 and MySQL 151 if not given.",
        ),
        field("schema-version", Text, "Version of the schema for people; \"1\" if not given."),
        field(
            "schema",
            Text,
            "What it holds at the beginning: a file of the workspace, or CREATE TABLE statements. Without it \
             every statement works and no table is locked.",
        ),
        field("sessions", List(&Shape::Object(&SESSION)), "Who else uses it, and when."),
        field("rows", Map(&int(0, 1_000_000_000_000)), "Rows of each table; 1000 if not given."),
        field(
            "values",
            Map(&Shape::Object(&COLUMN_VALUES)),
            "In which form it holds the values of a TABLE.COLUMN, in names of your own.",
        ),
    ],
};

static COLUMN_VALUES: Object = Object {
    name: "ColumnValues",
    fields: &[
        field("holds", Text, "The form of all rows at the beginning; plain if not given."),
        field("computed", Text, "The form of what a migration computes; plain if not given."),
    ],
};

static RELEASE_VALUES: Object = Object {
    name: "ReleaseValues",
    fields: &[
        field("writes", Text, "The form in which it writes; plain if not given."),
        field(
            "reads",
            Shape::STRINGS,
            "The forms that it understands, null among them if it gets along without a value; at any other \
             it answers 500. All if not given.",
        ),
    ],
};

static SESSION: Object = Object {
    name: "Session",
    fields: &[
        field("name", Text, "Its application_name.").required(),
        field("at", Duration, "When it begins, counted from the beginning.").required(),
        field("sql", Text, "The statements that it executes, one after another.").required(),
        field("runs", Duration, "How long the last statement takes, whatever it does."),
        field(
            "idle",
            Duration,
            "How long it is idle in transaction afterwards, with all locks; all is one transaction then.",
        ),
    ],
};

static POPULATION: Object = Object {
    name: "Population",
    fields: &[
        field("name", Text, "Name for people and metrics.").required(),
        field("arrivals", Shape::Object(&ARRIVALS), "How they arrive.").required(),
        field(
            "on-demand",
            Bool,
            "Whether they send nothing until the command smoke has them do it: synthetic users.",
        ),
        field(
            "via",
            Text,
            "How they reach the application: gateway, or service/NAME or service/NAME:PORT for callers in \
             the cluster; gateway if not given.",
        ),
        field(
            "connections",
            Shape::Object(&CONNECTIONS),
            "The connections that callers of a Service keep open (HTTP/1.1), if they have no sidecar.",
        ),
        field(
            "sidecar",
            Shape::Object(&SIDECAR),
            "The sidecars that route what callers of a Service send; they have none if not given.",
        ),
        field("host", Text, "Host they ask for; with via: service/NAME that name if not given."),
        field("requests", List(&Shape::Object(&REQUEST)), "What they ask for.").required(),
        field("client", Shape::Object(&CLIENT), "How patient they are."),
    ],
};

static SIDECAR: Object = Object {
    name: "Sidecar",
    fields: &[
        field("pods", int(1, CALLERS_MAX as i64), "Pods that call; 1 if not given."),
        field(
            "labels",
            Shape::LABELS,
            "Labels of these pods, for sourceLabels and metrics; app: NAME if not given.",
        ),
    ],
};

static CONNECTIONS: Object = Object {
    name: "Connections",
    fields: &[
        field("count", int(1, 10_000), "Most at once; more requests wait. 20 if not given."),
        field("max-requests", int(1, 1_000_000_000), "Requests of one; no limit if not given."),
        field(
            "idle",
            Duration,
            "Time without a request after which one is closed; 90s if not given.",
        ),
        field("max-age", Duration, "Age after which one is not used again; no limit if not given."),
    ],
};

static ARRIVALS: Object = Object {
    name: "Arrivals",
    fields: &[
        field("poisson", Rate, "Mean rate of independent arrivals, such as 120/s.").required()
    ],
};

static REQUEST: Object = Object {
    name: "Request",
    fields: &[
        METHODS[0],
        METHODS[1],
        METHODS[2],
        METHODS[3],
        METHODS[4],
        METHODS[5],
        field("share", Number, "Share relative to the other requests; 1 if not given."),
        field("headers", Shape::LABELS, "Headers they send."),
    ],
};

static CLIENT: Object = Object {
    name: "Client",
    fields: &[
        field("timeout", Duration, "How long a user waits for an answer; 3s if not given."),
        field("retries", int(0, 10), "How often a user tries again; 0 if not given."),
        field("back-off", DurationRange, "Pause before trying again; 500ms..1s if not given."),
    ],
};

static TIMING: Object = Object {
    name: "Timing",
    fields: &[
        field("hop", Duration, "One way between gateway and pod; 0.5ms if not given."),
        field("watch", DurationRange, "Until a controller sees a change; 5ms..50ms if not given."),
        field("debounce", Duration, "Quiet that istiod waits for; 100ms if not given."),
        field("debounce-max", Duration, "Longest gathering of changes; 10s if not given."),
        field("push", DurationRange, "Delivery to one proxy; 5ms..200ms if not given."),
        field("pull", DurationRange, "Pulling an image; 1s..2500ms if not given."),
        field("create", DurationRange, "Creating a container; 200ms..500ms if not given."),
        field(
            "sidecar",
            DurationRange,
            "From its start until it serves; 500ms..1500ms if not given.",
        ),
        field("crash-back-off-max", Duration, "Longest wait for a restart; 300s if not given."),
        field("scrape", Duration, "Scrape and evaluation interval; 5s if not given."),
        field(
            "scrape-phases",
            Bool,
            "Whether each job is scraped at its own moment of an interval, as Prometheus does it; all at its \
             beginning if not given.",
        ),
    ],
};

static EVENT: Object = Object {
    name: "Event",
    fields: &[
        field("at", Duration, "When, counted from the beginning."),
        field("when", Text, "PromQL: the first time it holds."),
        field("run", Text, "The command.").required(),
    ],
};

static OBJECTIVE: Object = Object {
    name: "Objective",
    fields: &[
        field("id", Text, "Name: lower case, digits and hyphens.").required(),
        field("title", Text, "What to reach, for people.").required(),
        field("at-end", Text, "PromQL that must hold at the end."),
        field("always", Text, "PromQL that must hold at every evaluation."),
        field("eventually", Text, "PromQL that must hold at least once."),
    ],
};

static HINT: Object = Object {
    name: "Hint",
    fields: &[
        field("when", Text, "PromQL: the first time it holds.").required(),
        field("say", Text, "What to say.").required(),
        field(
            "towards",
            Text,
            "Id of the objective that it leads to: not said once that is reached.",
        ),
    ],
};

const fn int(least: i64, most: i64) -> Shape {
    Shape::Int { name: "int64", least, most }
}
