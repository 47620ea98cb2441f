//! The verbs of kubectl with their flags: one table for parsing, help, completion and errors.

use crate::console::kubectl::flag::{Arguments, Flag, Takes, flag};
use crate::console::kubectl::{
    Outcome, annotate, api, apply, autoscale, create, delete, describe, diff, drain, edit, events,
    explain, get, logs, patch, rollout, scale, set, top, wait,
};
use crate::console::session::Session;
use Takes::{Duration, Maybe, Number, Switch, Text};

/// What the words of a verb are, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// None.
    Nothing,
    /// A kind, then names of it, or `KIND/NAME`.
    Objects,
    /// A Deployment.
    Deployments,
    /// A pod, or `KIND/NAME`.
    Pods,
    /// Nodes.
    Nodes,
    /// A kind and fields below it.
    Fields,
}

/// One verb.
#[derive(Debug)]
pub(crate) struct Verb {
    /// Its words: `get`, `rollout status`.
    pub(crate) name: &'static str,
    /// Its arguments, for help.
    pub(crate) usage: &'static str,
    /// What it does.
    pub(crate) about: &'static str,
    /// What its words are.
    pub(crate) words: Words,
    /// Flags that several verbs share.
    pub(crate) flags: &'static [Flag],
    /// Flags of its own.
    pub(crate) more: &'static [Flag],
    /// What it does.
    pub(crate) run: fn(&mut Session<'_, '_>, &Arguments) -> Outcome,
}

/// Flags of every verb.
pub(crate) const GLOBAL: &[Flag] = &[
    flag("help", Some('h'), Switch, "show this help"),
    flag("namespace", Some('n'), Text, "namespace; everything here lives in default"),
    flag("context", None, Text, "accepted, without effect"),
    flag("cluster", None, Text, "accepted, without effect"),
    flag("kubeconfig", None, Text, "accepted, without effect"),
    flag("request-timeout", None, Text, "accepted, without effect"),
    flag("v", Some('v'), Number, "accepted, without effect"),
];

const OUTPUT: Flag = flag("output", Some('o'), Text, "output format");
const SELECTOR: Flag =
    flag("selector", Some('l'), Text, "labels to select by: a=b,c!=d,e in (f,g)");
const FILENAME: Flag = flag("filename", Some('f'), Text, "file or folder of manifests; - is input");
const RECURSIVE: Flag = flag("recursive", Some('R'), Switch, "read folders below the folder too");
const KUSTOMIZE: Flag = flag("kustomize", Some('k'), Text, "not modelled");
const DRY_RUN: Flag = flag("dry-run", None, Maybe("unchanged"), "none, client or server");
const ALL: Flag = flag("all", None, Switch, "all objects of the kind");
const ALL_NAMESPACES: Flag = flag("all-namespaces", Some('A'), Switch, "objects of all namespaces");
const FIELD_SELECTOR: Flag = flag("field-selector", None, Text, "fields to select by: a.b=c");
const IGNORE: Flag = flag("ignore-not-found", None, Switch, "what is not there is no error");
const TIMEOUT: Flag = flag("timeout", None, Duration, "how long to wait: 30s, 2m");
const FIELD_MANAGER: Flag = flag("field-manager", None, Text, "accepted, without effect");
const NO_HEADERS: Flag = flag("no-headers", None, Switch, "print no header");
const CONTAINERS: Flag = flag("containers", Some('c'), Text, "container; * is all of them");

const VALIDATE: Flag =
    flag("validate", None, Maybe("strict"), "accepted: validation is always strict");
const SAVE_CONFIG: Flag =
    flag("save-config", None, Switch, "remember what apply would have written");

const RECORD: Flag = flag("record", None, Switch, "deprecated: note the command as change-cause");

const FILES: &[Flag] = &[FILENAME, RECURSIVE, KUSTOMIZE, DRY_RUN, OUTPUT, FIELD_MANAGER, RECORD];
const CREATE: &[Flag] = &[DRY_RUN, OUTPUT, FIELD_MANAGER, SAVE_CONFIG, VALIDATE];
const DATA: &[Flag] = &[
    flag("from-file", None, Text, "file, KEY=FILE, or folder of files"),
    flag("from-literal", None, Text, "KEY=VALUE"),
    flag("from-env-file", None, Text, "file of lines KEY=VALUE"),
    flag("type", None, Text, "type of a Secret; Opaque if not given"),
];
const CHOICE: &[Flag] = &[FILENAME, RECURSIVE, SELECTOR, ALL, DRY_RUN, OUTPUT, FIELD_MANAGER];
const ROLLOUT: &[Flag] = &[FILENAME, RECURSIVE, SELECTOR, FIELD_MANAGER];

const fn verb(
    [name, usage, about]: [&'static str; 3],
    words: Words,
    flags: &'static [Flag],
    more: &'static [Flag],
    run: fn(&mut Session<'_, '_>, &Arguments) -> Outcome,
) -> Verb {
    Verb { name, usage, about, words, flags, more, run }
}

/// Every verb that is modelled, by name.
pub(crate) const VERBS: &[Verb] = &[
    verb(
        ["annotate", "TYPE NAME KEY=VALUE... KEY-...", "change annotations"],
        Words::Objects,
        CHOICE,
        &[
            flag("overwrite", None, Switch, "replace values that are there"),
            flag("list", None, Switch, "print them"),
            FIELD_SELECTOR,
        ],
        annotate::annotate,
    ),
    verb(
        ["api-resources", "", "list the kinds of object"],
        Words::Nothing,
        &[OUTPUT, NO_HEADERS],
        &[],
        api::resources,
    ),
    verb(
        ["apply", "-f FILE...", "make the cluster be as manifests say"],
        Words::Nothing,
        FILES,
        &[
            flag("server-side", None, Switch, "not modelled"),
            flag("prune", None, Switch, "not modelled"),
            flag("force", None, Switch, "accepted, without effect"),
            VALIDATE,
            flag("wait", None, Switch, "accepted, without effect"),
        ],
        apply::apply,
    ),
    verb(
        ["autoscale", "deployment NAME --max=N [--min=N] [--cpu=80%]", "scale by CPU use"],
        Words::Deployments,
        CHOICE,
        &[
            flag("min", None, Number, "fewest pods; 1 if not given"),
            flag("max", None, Number, "most pods"),
            flag("cpu", None, Text, "wanted CPU use in per cent of the requests: 80%"),
            flag("cpu-percent", None, Number, "the same as a number; deprecated"),
            flag("name", None, Text, "name of the autoscaler; the Deployment's if not given"),
        ],
        autoscale::autoscale,
    ),
    verb(
        ["config current-context", "", "name the cluster in use"],
        Words::Nothing,
        &[],
        &[],
        api::current_context,
    ),
    verb(
        ["cordon", "NODE...", "give a node no new pods"],
        Words::Nodes,
        &[SELECTOR, DRY_RUN],
        &[],
        drain::cordon,
    ),
    verb(
        [
            "create configmap",
            "NAME --from-literal=KEY=VALUE...",
            "make a ConfigMap without a manifest",
        ],
        Words::Nothing,
        CREATE,
        DATA,
        create::configmap,
    ),
    verb(
        ["create job", "NAME --image=IMAGE [-- COMMAND...]", "make a Job without a manifest"],
        Words::Nothing,
        CREATE,
        &[
            flag("image", None, Text, "image of its container"),
            flag("from", None, Text, "not modelled: there are no CronJobs here"),
        ],
        create::job,
    ),
    verb(
        [
            "create secret",
            "generic NAME --from-literal=KEY=VALUE...",
            "make a Secret without a manifest",
        ],
        Words::Nothing,
        CREATE,
        DATA,
        create::secret,
    ),
    verb(
        ["create", "-f FILE...", "make objects that do not exist yet"],
        Words::Nothing,
        FILES,
        &[flag("save-config", None, Switch, "accepted, without effect"), VALIDATE],
        apply::create,
    ),
    verb(
        ["delete", "(TYPE NAME... | -f FILE | TYPE -l SELECTOR)", "remove objects"],
        Words::Objects,
        CHOICE,
        &[
            flag("grace-period", None, Number, "seconds a pod has to end; -1 is its own choice"),
            flag("force", None, Switch, "do not wait for the kubelet"),
            flag("now", None, Switch, "the same as --grace-period=1"),
            flag("wait", None, Switch, "wait until they are gone (default true)"),
            flag("cascade", None, Maybe("background"), "background or foreground"),
            TIMEOUT,
            IGNORE,
            FIELD_SELECTOR,
        ],
        delete::delete,
    ),
    verb(
        ["describe", "TYPE [NAME...]", "tell everything about objects"],
        Words::Objects,
        &[FILENAME, RECURSIVE, SELECTOR, ALL_NAMESPACES],
        &[flag("show-events", None, Switch, "list events too (default true)")],
        describe::describe,
    ),
    verb(
        ["diff", "-f FILE...", "show what apply would change"],
        Words::Nothing,
        &[FILENAME, RECURSIVE, KUSTOMIZE, FIELD_MANAGER],
        &[],
        diff::diff,
    ),
    verb(
        ["drain", "NODE...", "give a node no new pods, and evict those it has"],
        Words::Nodes,
        &[SELECTOR, DRY_RUN, TIMEOUT],
        &[
            flag("ignore-daemonsets", None, Switch, "accepted: there are no DaemonSets here"),
            flag("delete-emptydir-data", None, Switch, "accepted: volumes are not modelled"),
            flag("force", None, Switch, "take pods too that nobody will replace"),
            flag("disable-eviction", None, Switch, "delete pods, and ask no budget"),
            flag("grace-period", None, Number, "seconds a pod has to end; -1 is its own choice"),
        ],
        drain::drain,
    ),
    verb(
        ["edit", "TYPE NAME", "change an object with $KUBE_EDITOR"],
        Words::Objects,
        &[OUTPUT, SELECTOR, FIELD_MANAGER],
        &[],
        edit::edit,
    ),
    verb(
        ["events", "[--for TYPE/NAME]", "list events, oldest first"],
        Words::Nothing,
        &[NO_HEADERS, ALL_NAMESPACES],
        &[
            flag("for", None, Text, "the object they are about"),
            flag("types", None, Text, "Normal, Warning"),
        ],
        events::events,
    ),
    verb(
        ["explain", "TYPE[.FIELD...]", "tell what a field means"],
        Words::Fields,
        &[],
        &[
            flag("recursive", None, Switch, "list all fields below"),
            flag("api-version", None, Text, "accepted, without effect"),
        ],
        explain::explain,
    ),
    verb(
        ["get", "TYPE [NAME...]", "list objects"],
        Words::Objects,
        &[
            FILENAME,
            RECURSIVE,
            OUTPUT,
            SELECTOR,
            ALL_NAMESPACES,
            FIELD_SELECTOR,
            IGNORE,
            NO_HEADERS,
        ],
        &[
            flag("watch", Some('w'), Switch, "go on, and print changes"),
            flag("watch-only", None, Switch, "print changes alone"),
            flag("show-labels", None, Switch, "add a column of all labels"),
            flag("label-columns", Some('L'), Text, "add columns of these labels"),
            flag("sort-by", None, Text, "path to sort by: .metadata.name"),
            flag("chunk-size", None, Number, "accepted, without effect"),
            flag("show-kind", None, Switch, "put the kind before each name"),
        ],
        get::get,
    ),
    verb(
        ["label", "TYPE NAME KEY=VALUE... KEY-...", "change labels"],
        Words::Objects,
        CHOICE,
        &[
            flag("overwrite", None, Switch, "replace values that are there"),
            flag("list", None, Switch, "print them"),
            FIELD_SELECTOR,
        ],
        annotate::label,
    ),
    verb(
        ["logs", "(POD | TYPE/NAME)", "print what a container wrote"],
        Words::Pods,
        &[SELECTOR],
        &[
            flag("container", Some('c'), Text, "which container"),
            flag("follow", Some('f'), Switch, "not modelled: prints what there is"),
            flag("previous", Some('p'), Switch, "the run before the last restart"),
            flag("tail", None, Number, "last lines only"),
            flag("since", None, Duration, "lines not older than this"),
            flag("timestamps", None, Switch, "with times where they are known"),
            flag("prefix", None, Switch, "with the pod's name"),
            flag("all-containers", None, Switch, "accepted: pods have one container here"),
            flag("all-pods", None, Switch, "all pods of the object"),
        ],
        logs::logs,
    ),
    verb(
        ["patch", "TYPE NAME -p PATCH", "change fields of an object"],
        Words::Objects,
        &[FILENAME, DRY_RUN, OUTPUT, FIELD_MANAGER],
        &[
            flag("patch", Some('p'), Text, "the patch, JSON or YAML"),
            flag("patch-file", None, Text, "file with the patch"),
            flag("type", None, Text, "strategic, merge or json"),
        ],
        patch::patch,
    ),
    verb(
        ["rollout history", "deployment/NAME", "list revisions"],
        Words::Deployments,
        ROLLOUT,
        &[flag("revision", None, Number, "show this revision's template")],
        rollout::history,
    ),
    verb(
        ["rollout pause", "deployment/NAME", "hold a rollout"],
        Words::Deployments,
        ROLLOUT,
        &[],
        rollout::pause,
    ),
    verb(
        ["rollout restart", "deployment/NAME", "replace all pods"],
        Words::Deployments,
        ROLLOUT,
        &[],
        rollout::restart,
    ),
    verb(
        ["rollout resume", "deployment/NAME", "go on with a rollout"],
        Words::Deployments,
        ROLLOUT,
        &[],
        rollout::resume,
    ),
    verb(
        ["rollout status", "deployment/NAME", "wait for a rollout"],
        Words::Deployments,
        ROLLOUT,
        &[
            flag("watch", Some('w'), Switch, "wait for its end (default true)"),
            flag("revision", None, Number, "accepted, without effect"),
            TIMEOUT,
        ],
        rollout::status,
    ),
    verb(
        ["rollout undo", "deployment/NAME", "go back to an earlier revision"],
        Words::Deployments,
        ROLLOUT,
        &[flag("to-revision", None, Number, "which one; 0 is the one before"), DRY_RUN],
        rollout::undo,
    ),
    verb(
        ["scale", "TYPE NAME --replicas=N", "change the number of pods"],
        Words::Deployments,
        CHOICE,
        &[
            flag("replicas", None, Number, "wanted number"),
            flag("current-replicas", None, Number, "only if it is this now"),
            TIMEOUT,
        ],
        scale::scale,
    ),
    verb(
        ["set env", "TYPE NAME KEY=VALUE... KEY-...", "change environment variables"],
        Words::Deployments,
        CHOICE,
        &[CONTAINERS, flag("list", None, Switch, "print them")],
        set::env,
    ),
    verb(
        ["set image", "TYPE NAME CONTAINER=IMAGE...", "change images"],
        Words::Deployments,
        CHOICE,
        &[RECORD],
        set::image,
    ),
    verb(
        ["set resources", "TYPE NAME --limits=... --requests=...", "change CPU and memory"],
        Words::Deployments,
        CHOICE,
        &[
            CONTAINERS,
            flag("limits", None, Text, "cpu=500m,memory=1Gi"),
            flag("requests", None, Text, "cpu=250m,memory=512Mi"),
        ],
        set::resources,
    ),
    verb(
        ["set selector", "service NAME KEY=VALUE[,...]", "change which pods a Service selects"],
        Words::Objects,
        CHOICE,
        &[],
        set::selector,
    ),
    verb(
        ["top", "pods [NAME]", "show what pods use"],
        Words::Objects,
        &[SELECTOR, ALL_NAMESPACES, NO_HEADERS],
        &[
            flag("sort-by", None, Text, "cpu; by name if not given"),
            flag("sum", None, Switch, "add a line with the sum"),
        ],
        top::top,
    ),
    verb(
        ["uncordon", "NODE...", "let new pods come to a node again"],
        Words::Nodes,
        &[SELECTOR, DRY_RUN],
        &[],
        drain::uncordon,
    ),
    verb(
        ["version", "", "print versions"],
        Words::Nothing,
        &[OUTPUT],
        &[flag("client", None, Switch, "accepted, without effect")],
        api::version,
    ),
    verb(
        ["wait", "TYPE/NAME --for=condition=NAME", "wait for a condition"],
        Words::Objects,
        &[FILENAME, RECURSIVE, SELECTOR, ALL, ALL_NAMESPACES, FIELD_SELECTOR],
        &[
            flag("for", None, Text, "condition=Available, delete, create, jsonpath={PATH}=VALUE"),
            TIMEOUT,
        ],
        wait::wait,
    ),
];

/// Other names of verbs.
pub(crate) const ALIASES: &[(&str, &str)] = &[("create cm", "create configmap")];

/// Verbs of the real tool that have no counterpart here.
pub(crate) const NOT_MODELLED: &[&str] = &[
    "api-versions",
    "attach",
    "auth",
    "certificate",
    "cluster-info",
    "completion",
    "config",
    "cp",
    "debug",
    "exec",
    "expose",
    "kustomize",
    "options",
    "plugin",
    "port-forward",
    "proxy",
    "replace",
    "run",
    "taint",
];
