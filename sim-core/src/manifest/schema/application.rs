//! Fields of an Application of Argo CD.

use super::kubernetes::{API_VERSION, KIND, METADATA, STATUS, spec};
use super::{Field, Object, Shape, field, inert, refused};
use Shape::{Any, Bool, List, String as Text};

pub(super) static APPLICATION: Object = Object {
    name: "Application",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        spec(&APPLICATION_SPEC),
        inert("operation", Any, "A sync that is asked for; argocd app sync asks."),
        STATUS,
    ],
};

static APPLICATION_SPEC: Object = Object {
    name: "ApplicationSpec",
    fields: &[
        field("project", Text, "Project it belongs to; it grants everything here.").required(),
        field("source", Shape::Object(&SOURCE), "What should be on the cluster."),
        field("destination", Shape::Object(&DESTINATION), "Where it should be.").required(),
        field("syncPolicy", Shape::Object(&SYNC_POLICY), "When it is put there."),
        field("ignoreDifferences", List(&Shape::Object(&IGNORE)), "What may differ."),
        inert("info", Any, "Words for people."),
        field("revisionHistoryLimit", Shape::COUNT, "Syncs that are remembered; 10 if not given."),
        refused("sources", Any, "Several sources."),
        refused("sourceHydrator", Any, "Manifests that are rendered into another branch."),
    ],
};

static SOURCE: Object = Object {
    name: "ApplicationSource",
    fields: &[
        field("repoURL", Text, "The repository.").required(),
        field("path", Text, "The folder with the manifests."),
        field("targetRevision", Text, "Branch or commit; HEAD if not given."),
        field("directory", Shape::Object(&DIRECTORY), "How the folder is read."),
        refused("chart", Text, "A chart of Helm."),
        refused("helm", Any, "Parameters of Helm."),
        refused("kustomize", Any, "Parameters of Kustomize."),
        refused("plugin", Any, "A program that makes the manifests."),
        refused("ref", Text, "A name by which another source refers to this one."),
    ],
};

static DIRECTORY: Object = Object {
    name: "ApplicationSourceDirectory",
    fields: &[
        field("recurse", Bool, "Whether folders below are read too; false if not given."),
        refused("exclude", Text, "Files that are left out."),
        refused("include", Text, "Files that are read."),
        refused("jsonnet", Any, "Parameters of Jsonnet."),
    ],
};

static DESTINATION: Object = Object {
    name: "ApplicationDestination",
    fields: &[
        field("server", Text, "The cluster's address: https://kubernetes.default.svc."),
        field("name", Text, "The cluster's name instead: in-cluster."),
        field("namespace", Text, "For objects that name none; everything here lives in default."),
    ],
};

static SYNC_POLICY: Object = Object {
    name: "SyncPolicy",
    fields: &[
        field("automated", Shape::Object(&AUTOMATED), "Sync without being asked."),
        field("syncOptions", Shape::STRINGS, "How it is done: PruneLast=true and so on."),
        field("retry", Shape::Object(&RETRY), "What happens when a sync fails."),
        inert("managedNamespaceMetadata", Any, "Labels of a namespace that is made."),
    ],
};

static AUTOMATED: Object = Object {
    name: "SyncPolicyAutomated",
    fields: &[
        field("enabled", Bool, "false turns it off; true if not given."),
        field("prune", Bool, "Delete what is no longer in git; false if not given."),
        field("selfHeal", Bool, "Undo what was changed by hand; false if not given."),
        field("allowEmpty", Bool, "Prune even if nothing would be left; false if not given."),
    ],
};

static RETRY: Object = Object {
    name: "RetryStrategy",
    fields: &[
        field(
            "limit",
            Shape::Int { name: "int64", least: 0, most: i32::MAX as i64 },
            "How often it is tried again; 0 if not given.",
        ),
        field("backoff", Shape::Object(&BACKOFF), "How long it waits."),
        inert("refresh", Bool, "Whether a newer commit is taken when it is tried again."),
    ],
};

static BACKOFF: Object = Object {
    name: "Backoff",
    fields: &[
        field("duration", Shape::Duration, "First wait; 5s if not given."),
        field(
            "factor",
            Shape::Int { name: "int64", least: 1, most: 1_000 },
            "By what each wait grows; 2 if not given.",
        ),
        field("maxDuration", Shape::Duration, "Longest wait; 3m if not given."),
    ],
};

const NAME: Field = field("name", Text, "Only the object of this name.");

static IGNORE: Object = Object {
    name: "ResourceIgnoreDifferences",
    fields: &[
        field("group", Text, "Group of the kind; empty for the core."),
        field("kind", Text, "The kind, or * for all.").required(),
        NAME,
        field("namespace", Text, "Only in this namespace; everything here lives in default."),
        field("jsonPointers", Shape::STRINGS, "Fields, such as /spec/replicas."),
        refused("jqPathExpressions", Shape::STRINGS, "Fields, as jq finds them."),
        refused("managedFieldsManagers", Shape::STRINGS, "Fields that these managers own."),
    ],
};
