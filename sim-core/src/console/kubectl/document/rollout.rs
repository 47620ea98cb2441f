//! `status` of the objects of Argo Rollouts.

use serde_json::{Map, Value, json};

use crate::cluster::api::{Kind, Spec};
use crate::cluster::state::ReplicaSet;
use crate::console::age::timestamp;
use crate::rollouts::analysis::assess::{Measurement, MetricResult};
use crate::rollouts::spec::{RolloutSpec, Strategy};
use crate::rollouts::status::{RolloutPhase, RolloutStatus};
use crate::world::World;

/// Annotations of a ReplicaSet of a Rollout.
pub(super) fn set_annotations(set: &ReplicaSet, world: &World) -> Value {
    let mut annotations = json!({
        "rollout.argoproj.io/desired-replicas": set.desired_replicas.to_string(),
        "rollout.argoproj.io/revision": set.revision.to_string(),
    });
    let status = world.rollouts.status(&set.deployment);
    if let Some(at) = status.and_then(|status| status.deadlines.get(&set.name)) {
        annotations["scale-down-deadline"] = timestamp(*at).into();
    }
    annotations
}

/// Adds what the controller reports of a Rollout.
pub(super) fn complete(document: &mut Value, name: &str, world: &World) {
    let Some(status) = world.rollouts.status(name) else { return };
    if 0 < status.revision {
        let annotations = &mut document["metadata"]["annotations"];
        if !annotations.is_object() {
            *annotations = json!({});
        }
        annotations["rollout.argoproj.io/revision"] = status.revision.to_string().into();
    }
    document["status"] = self::status(name, status, world);
}

fn set(fields: &mut Map<String, Value>, key: &str, value: impl Into<Value>, shown: bool) {
    if shown {
        fields.insert(key.to_owned(), value.into());
    }
}

fn status(name: &str, status: &RolloutStatus, world: &World) -> Value {
    let mut fields = Map::new();
    let counts = status.counts;
    set(&mut fields, "HPAReplicas", counts.scaled, 0 < counts.scaled);
    set(&mut fields, "abort", true, status.abort);
    if let Some(at) = status.aborted {
        set(&mut fields, "abortedAt", timestamp(at), true);
    }
    set(&mut fields, "availableReplicas", counts.available, 0 < counts.available);
    set(&mut fields, "conditions", conditions(name, status, world), true);
    set(&mut fields, "controllerPause", true, status.controller_pause);
    set(&mut fields, "currentPodHash", status.current.as_str(), !status.current.is_empty());
    set(&mut fields, "currentStepIndex", status.step, !status.steps.is_empty());
    set(&mut fields, "message", status.message.as_str(), !status.message.is_empty());
    set(&mut fields, "observedGeneration", status.observed.to_string(), true);
    let pauses = status
        .pauses
        .iter()
        .map(|pause| json!({"reason": pause.reason.name(), "startTime": timestamp(pause.since)}));
    set(&mut fields, "pauseConditions", pauses.collect::<Vec<_>>(), !status.pauses.is_empty());
    set(&mut fields, "phase", status.phase.name(), true);
    set(&mut fields, "promoteFull", true, status.promote_full);
    set(&mut fields, "readyReplicas", counts.ready, 0 < counts.ready);
    set(&mut fields, "replicas", counts.replicas, 0 < counts.replicas);
    let selector = status.selector.iter().map(|(key, value)| format!("{key}={value}"));
    let selector = selector.collect::<Vec<_>>().join(",");
    set(&mut fields, "selector", selector.as_str(), !selector.is_empty());
    set(&mut fields, "stableRS", status.stable.as_str(), !status.stable.is_empty());
    set(&mut fields, "updatedReplicas", counts.updated, 0 < counts.updated);
    let run = |name: &Option<String>| {
        let name = name.as_ref()?;
        let run = world.rollouts.run(name)?;
        Some(json!({"name": name, "status": run.phase.name(), "message": run.message}))
    };
    let (mut blue_green, mut canary) = (Map::new(), Map::new());
    for (key, value) in [("activeSelector", &status.active), ("previewSelector", &status.preview)] {
        set(&mut blue_green, key, value.as_str(), !value.is_empty());
    }
    set(&mut blue_green, "scaleUpPreviewCheckPoint", true, status.checkpoint);
    let runs = &status.runs;
    for (key, name) in [
        ("prePromotionAnalysisRunStatus", &runs.before),
        ("postPromotionAnalysisRunStatus", &runs.after),
    ] {
        if let Some(document) = run(name) {
            blue_green.insert(key.to_owned(), document);
        }
    }
    for (key, name) in [
        ("currentStepAnalysisRunStatus", &runs.step),
        ("currentBackgroundAnalysisRunStatus", &runs.background),
    ] {
        if let Some(document) = run(name) {
            canary.insert(key.to_owned(), document);
        }
    }
    if let Some(weight) = status.weight {
        let weights = json!({
            "canary": {"weight": weight, "podTemplateHash": status.current},
            "stable": {"weight": 100 - weight, "podTemplateHash": status.stable},
        });
        canary.insert("weights".to_owned(), weights);
    }
    fields.insert("blueGreen".to_owned(), Value::Object(blue_green));
    fields.insert("canary".to_owned(), Value::Object(canary));
    Value::Object(fields)
}

/// The conditions that people wait for.
fn conditions(name: &str, status: &RolloutStatus, world: &World) -> Vec<Value> {
    let since = timestamp(status.progress.1);
    let condition = |kind: &str, word: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": word, "reason": reason, "message": message,
            "lastUpdateTime": since, "lastTransitionTime": since})
    };
    let spec = world.api.get(Kind::Rollout, name).and_then(|object| match &object.manifest.spec {
        Spec::Rollout(spec) => Some(&**spec),
        _ => None,
    });
    let paused = !status.pauses.is_empty() || spec.is_some_and(|spec| spec.paused);
    let available = spec.is_some_and(|spec| is_available(name, spec, status, world));
    let healthy = status.phase == RolloutPhase::Healthy;
    let word = |holds: bool| if holds { "True" } else { "False" };
    let has = if available { "has" } else { "does not have" };
    let is = if healthy { "is" } else { "is not" };
    let (has, is) =
        (format!("Rollout {has} minimum availability"), format!("Rollout {is} healthy"));
    let (moves, reason, message) = progressing(name, status, paused);
    let mut conditions = vec![
        condition("Available", word(available), "AvailableReason", &has),
        condition("Completed", word(status.is_promoted()), "RolloutCompleted", "RolloutCompleted"),
        condition("Healthy", word(healthy), "RolloutHealthy", &is),
        condition("Progressing", moves, reason, &message),
        condition("Paused", word(paused), "RolloutPaused", PAUSED),
    ];
    if !status.invalid.is_empty() {
        conditions.push(condition("InvalidSpec", "True", "InvalidSpec", &status.invalid));
    }
    conditions
}

const PAUSED: &str = "Rollout is paused";

/// Whether enough pods are available: with two sets of pods, in the one that serves.
fn is_available(name: &str, spec: &RolloutSpec, status: &RolloutStatus, world: &World) -> bool {
    let sets = world.cluster.state.revisions_of(name);
    match &spec.strategy {
        Strategy::BlueGreen(_) => sets.iter().any(|set| {
            let sizes = [set.replicas, set.desired_replicas, set.status.available];
            set.hash == status.active && sizes == [spec.replicas; 3]
        }),
        Strategy::Canary(_) => {
            spec.replicas <= sets.iter().map(|set| set.status.available).sum::<u32>()
        }
    }
}

/// Status, reason and message of `Progressing`.
fn progressing(
    name: &str,
    status: &RolloutStatus,
    paused: bool,
) -> (&'static str, &'static str, String) {
    let newest = match status.current.as_str() {
        "" => format!("Rollout \"{name}\""),
        hash => format!("ReplicaSet \"{name}-{hash}\""),
    };
    if status.abort {
        let message = status.message.strip_prefix("RolloutAborted: ").unwrap_or(&status.message);
        ("False", "RolloutAborted", message.to_owned())
    } else if !status.timed_out.is_empty() {
        ("False", "ProgressDeadlineExceeded", status.timed_out.clone())
    } else if paused {
        ("Unknown", "RolloutPaused", PAUSED.to_owned())
    } else if status.phase == RolloutPhase::Healthy {
        ("True", "NewReplicaSetAvailable", format!("{newest} has successfully progressed."))
    } else {
        ("True", "ReplicaSetUpdated", format!("{newest} is progressing."))
    }
}

/// Adds what was measured by a run.
pub(super) fn complete_run(document: &mut Value, name: &str, world: &World) {
    let Some(run) = world.rollouts.run(name) else { return };
    let (counted, dry): (Vec<_>, Vec<_>) = run.results.iter().partition(|result| !result.dry_run);
    let summary = |results: &[&MetricResult]| {
        let sum = |of: fn(&MetricResult) -> i64| results.iter().map(|one| of(one)).sum::<i64>();
        let mut fields = Map::new();
        set(&mut fields, "count", results.len(), true);
        for (key, total) in [
            ("successful", sum(|one| one.successful)),
            ("failed", sum(|one| one.failed)),
            ("inconclusive", sum(|one| one.inconclusive)),
            ("error", sum(|one| one.error)),
        ] {
            set(&mut fields, key, total, total != 0);
        }
        Value::Object(fields)
    };
    let mut fields = Map::new();
    if let Some(at) = run.finished {
        set(&mut fields, "completedAt", timestamp(at), true);
    }
    set(&mut fields, "dryRunSummary", summary(&dry), !dry.is_empty());
    set(&mut fields, "message", run.message.as_str(), !run.message.is_empty());
    let results = run.results.iter().map(result).collect::<Vec<_>>();
    set(&mut fields, "metricResults", results, !run.results.is_empty());
    set(&mut fields, "phase", run.phase.name(), true);
    set(&mut fields, "runSummary", summary(&counted), !counted.is_empty());
    set(&mut fields, "startedAt", timestamp(run.started), true);
    document["status"] = Value::Object(fields);
}

fn result(result: &MetricResult) -> Value {
    let mut fields = Map::new();
    for (key, count) in [
        ("consecutiveError", result.consecutive_error),
        ("consecutiveSuccess", result.consecutive_success),
        ("count", result.count),
        ("error", result.error),
        ("failed", result.failed),
        ("inconclusive", result.inconclusive),
        ("successful", result.successful),
    ] {
        set(&mut fields, key, count, count != 0);
    }
    set(&mut fields, "dryRun", true, result.dry_run);
    set(&mut fields, "message", result.message.as_str(), !result.message.is_empty());
    let measurements = result.measurements.iter().map(measurement).collect::<Vec<_>>();
    set(&mut fields, "measurements", measurements, true);
    set(&mut fields, "name", result.name.as_str(), true);
    set(&mut fields, "phase", result.phase.name(), true);
    Value::Object(fields)
}

fn measurement(measurement: &Measurement) -> Value {
    let mut fields = Map::new();
    set(&mut fields, "finishedAt", timestamp(measurement.at), measurement.phase.is_over());
    set(&mut fields, "message", measurement.message.as_str(), !measurement.message.is_empty());
    if let Some(job) = &measurement.job {
        fields.insert("metadata".to_owned(), json!({"job-name": job}));
    }
    set(&mut fields, "phase", measurement.phase.name(), true);
    set(&mut fields, "startedAt", timestamp(measurement.started), true);
    set(&mut fields, "value", measurement.value.as_str(), !measurement.value.is_empty());
    Value::Object(fields)
}
