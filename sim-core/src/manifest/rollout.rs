//! Rollout of Argo Rollouts: from a checked tree to a specification (ROLL-01, 20, 21).

mod set_route;

use crate::manifest::amount;
use crate::manifest::findings::Findings;
use crate::manifest::kubernetes::{int_or_percent, replicas, selected_template};
use crate::manifest::read::Cursor;
use crate::rollouts::spec::{
    AnalysisUse, ArgumentUse, ArgumentValue, BlueGreen, Canary, CanaryScale, Delays,
    DestinationRuleUse, Istio, PauseTime, RolloutSpec, Step, Strategy, TemplateRef,
    VirtualServiceUse,
};
use crate::time::SimDuration;

fn text(cursor: &Cursor<'_>, name: &str) -> Option<String> {
    cursor.text(name).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn seconds(cursor: &Cursor<'_>, name: &str) -> Option<SimDuration> {
    cursor.count(name).map(|count| SimDuration::from_secs(u64::from(count)))
}

/// Reads `spec` of a Rollout.
pub(super) fn read(spec: &Cursor<'_>, findings: &mut Findings) -> RolloutSpec {
    let (selector, template) = selected_template(spec, "Rollout", findings);
    let window = spec.get("rollbackWindow").and_then(|window| window.count("revisions"));
    RolloutSpec {
        replicas: replicas(spec, findings),
        selector,
        template,
        strategy: strategy(spec, findings),
        min_ready_seconds: spec.count("minReadySeconds").unwrap_or(0),
        revision_history_limit: spec.count("revisionHistoryLimit").unwrap_or(10),
        progress_deadline_seconds: spec.count("progressDeadlineSeconds").unwrap_or(600),
        progress_deadline_abort: spec.flag("progressDeadlineAbort"),
        rollback_window: window.unwrap_or(0),
        paused: spec.flag("paused"),
    }
}

fn strategy(spec: &Cursor<'_>, findings: &mut Findings) -> Strategy {
    let none = || Strategy::Canary(Canary::default());
    let Some(strategy) = spec.get("strategy") else { return none() };
    match (strategy.get("blueGreen"), strategy.get("canary")) {
        (Some(found), None) => Strategy::BlueGreen(blue_green(&found, findings)),
        (None, Some(found)) => Strategy::Canary(canary(&found, findings)),
        (given, _) => {
            let message = match given {
                Some(_) => "spec.strategy: Invalid value: Multiple Strategies can not be listed",
                None => {
                    "spec.strategy: Required value: Rollout has missing field '.spec.strategy.canary or \
                         .spec.strategy.blueGreen'"
                }
            };
            findings.fix(strategy.position(), message, "write one of the two: blueGreen or canary");
            none()
        }
    }
}

fn delays(strategy: &Cursor<'_>) -> Delays {
    let usual = Delays::default();
    let abort = seconds(strategy, "abortScaleDownDelaySeconds");
    Delays {
        scale_down: seconds(strategy, "scaleDownDelaySeconds").unwrap_or(usual.scale_down),
        revisions: strategy.count("scaleDownDelayRevisionLimit"),
        abort: abort
            .map_or(usual.abort, |abort| Some(abort).filter(|abort| *abort != SimDuration::ZERO)),
        abort_given: abort.is_some(),
    }
}

fn blue_green(found: &Cursor<'_>, findings: &mut Findings) -> BlueGreen {
    let active = text(found, "activeService").unwrap_or_default();
    let preview = text(found, "previewService");
    if let (Some(place), true) = (found.get("previewService"), preview.as_ref() == Some(&active)) {
        let message = format!(
            "{}: Invalid value: {active:?}: This rollout uses the same service for the active and preview \
             services, but two different services are required.",
            place.path
        );
        findings.error(place.position(), message);
    }
    let mut analysis = |name| found.get(name).map(|used| analysis_use(&used, findings));
    BlueGreen {
        before: analysis("prePromotionAnalysis"),
        after: analysis("postPromotionAnalysis"),
        active,
        preview,
        promotes: found.get("autoPromotionEnabled").is_none() || found.flag("autoPromotionEnabled"),
        promotes_after: seconds(found, "autoPromotionSeconds").unwrap_or_default(),
        preview_replicas: found.count("previewReplicaCount").filter(|count| *count != 0),
        delays: delays(found),
    }
}

fn canary(found: &Cursor<'_>, findings: &mut Findings) -> Canary {
    let routing = found.get("trafficRouting");
    let istio = routing.as_ref().and_then(|routing| routing.get("istio"));
    let mut istio = istio.map(|istio| read_istio(&istio, findings));
    if let (Some(istio), Some(routing)) = (&mut istio, &routing) {
        let managed = routing.list("managedRoutes");
        istio.managed = managed.iter().filter_map(|route| text(route, "name")).collect();
    }
    let (canary, stable) = (text(found, "canaryService"), text(found, "stableService"));
    let subsets = istio.as_ref().is_some_and(|istio| istio.destination_rule.is_some());
    if istio.is_some() && !subsets && (canary.is_none() || stable.is_none()) {
        let message = format!(
            "{}: Invalid value: Canary and Stable services are required for this traffic routing",
            found.path
        );
        let help = "name canaryService and stableService, or a destinationRule with two subsets";
        findings.fix(found.position(), message, help);
    }
    let steps = found.list("steps");
    let steps = steps.iter().filter_map(|step| read_step(step, istio.as_ref(), findings)).collect();
    let background = found.get("analysis");
    let mut limit = |name| found.get(name).map(|limit| int_or_percent(&limit, findings));
    Canary {
        surge: limit("maxSurge"),
        unavailable: limit("maxUnavailable"),
        canary,
        stable,
        steps,
        istio,
        background: background.as_ref().map(|used| analysis_use(used, findings)),
        background_from: background.and_then(|used| used.count("startingStep")).unwrap_or(0),
        dynamic: found.flag("dynamicStableScale"),
        least_pods: found.count("minPodsPerReplicaSet").unwrap_or(1).max(1),
        delays: delays(found),
    }
}

fn read_step(step: &Cursor<'_>, istio: Option<&Istio>, findings: &mut Findings) -> Option<Step> {
    let mut read = Vec::new();
    if let Some(weight) = step.count("setWeight") {
        read.push(Step::SetWeight(weight.min(100)));
    }
    if let Some(pause) = step.get("pause") {
        read.push(Step::Pause(pause_time(&pause, findings)));
    }
    if let Some(scale) = step.get("setCanaryScale") {
        if istio.is_none() {
            let message = format!(
                "{}: Invalid value: SetCanaryScale requires TrafficRouting to be set",
                scale.path
            );
            findings.error(scale.position(), message);
        }
        let scale = match (scale.count("replicas"), scale.count("weight")) {
            (Some(count), _) => CanaryScale::Replicas(count),
            (None, Some(weight)) => CanaryScale::Weight(weight.min(100)),
            (None, None) => CanaryScale::MatchTrafficWeight,
        };
        read.push(Step::SetCanaryScale(scale));
    }
    if let Some(used) = step.get("analysis") {
        read.push(Step::Analysis(analysis_use(&used, findings)));
    }
    read.extend(set_route::read(step, istio, findings));
    let written = step.entries().len();
    if written == 0 || read.len() != 1 && read.len() == written {
        let message = format!(
            "{}: Invalid value: Step must have one of the following set: experiment, \
             setWeight, setCanaryScale, plugin or pause",
            step.path
        );
        findings.fix(step.position(), message, "write one thing a step");
    }
    read.into_iter().next()
}

fn pause_time(pause: &Cursor<'_>, findings: &mut Findings) -> Option<PauseTime> {
    let given = pause.get("duration")?;
    if let Some(number) = given.number() {
        if number < 0 {
            let message = format!(
                "{}: Invalid value: {number}: must be greater than or equal to 0",
                given.path
            );
            findings.error(given.position(), message);
        }
        let time = SimDuration::from_secs(number.unsigned_abs());
        return Some(PauseTime { time, written: number.to_string() });
    }
    let text = given.node.as_str().unwrap_or_default();
    let seconds = text.parse::<u32>().ok().map(|count| SimDuration::from_secs(u64::from(count)));
    let time = seconds.or_else(|| amount::duration(text));
    if time.is_none() {
        let message =
            format!("{}: Invalid value: {text:?}: Duration needs to be parsable", given.path);
        findings.fix(given.position(), message, "write a time like 30s, 10m or 1h, or seconds");
    }
    time.map(|time| PauseTime { time, written: text.to_owned() })
}

fn read_istio(istio: &Cursor<'_>, findings: &mut Findings) -> Istio {
    let one = istio.get("virtualService");
    let all: Vec<Cursor<'_>> = one.into_iter().chain(istio.list("virtualServices")).collect();
    if all.is_empty() {
        let message = format!("{}.virtualService: Required value", istio.path);
        findings.fix(istio.position(), message, "write virtualService: {name: ...}");
    }
    let virtual_service = |found: &Cursor<'_>| VirtualServiceUse {
        name: text(found, "name").unwrap_or_default(),
        routes: found.texts("routes"),
    };
    let name = |found: &Cursor<'_>, key| text(found, key).unwrap_or_default();
    let destination_rule = istio.get("destinationRule").map(|found| DestinationRuleUse {
        name: name(&found, "name"),
        canary: name(&found, "canarySubsetName"),
        stable: name(&found, "stableSubsetName"),
    });
    let virtual_services = all.iter().map(virtual_service).collect();
    Istio { virtual_services, destination_rule, managed: Vec::new() }
}

fn analysis_use(used: &Cursor<'_>, findings: &mut Findings) -> AnalysisUse {
    let templates = used.list("templates");
    if templates.is_empty() {
        let message = format!("{}.templates: Required value", used.path);
        findings.fix(used.position(), message, "write templates: [{templateName: ...}]");
    }
    let template = |found: &Cursor<'_>| TemplateRef {
        name: text(found, "templateName").unwrap_or_default(),
        cluster: found.flag("clusterScope"),
    };
    let argument = |found: &Cursor<'_>| ArgumentUse {
        name: text(found, "name").unwrap_or_default(),
        value: argument_value(found),
    };
    AnalysisUse {
        templates: templates.iter().map(template).collect(),
        args: used.list("args").iter().map(argument).collect(),
        dry_run: used.list("dryRun").iter().filter_map(|one| text(one, "metricName")).collect(),
    }
}

fn argument_value(argument: &Cursor<'_>) -> ArgumentValue {
    let from = argument.get("valueFrom");
    let hash = from.as_ref().and_then(|from| from.text("podTemplateHashValue"));
    let field = from.as_ref().and_then(|from| from.get("fieldRef"));
    match (hash, field.and_then(|field| text(&field, "fieldPath"))) {
        (Some("Stable"), _) => ArgumentValue::StableHash,
        (Some(_), _) => ArgumentValue::LatestHash,
        (None, Some(path)) => ArgumentValue::Field(path),
        (None, None) => {
            ArgumentValue::Literal(argument.text("value").unwrap_or_default().to_owned())
        }
    }
}
