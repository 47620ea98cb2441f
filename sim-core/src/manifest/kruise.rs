//! Rollout of OpenKruise: from a checked tree to a specification. The messages are those of its webhook
//! (`pkg/webhook/rollout/validating`), without the dumps of Go values that it puts into some (KRU-10).

use crate::cluster::spec::IntOrPercent;
use crate::kruise::spec::{HeaderMatch, KruiseSpec, Routing, Step, scaled};
use crate::manifest::check::{shorten, shown};
use crate::manifest::findings::Findings;
use crate::manifest::kubernetes::int_or_percent;
use crate::manifest::read::Cursor;
use crate::time::SimDuration;

/// What the webhook calls the strategy.
const BLUE_GREEN: &str = "Spec.Strategy.BlueGreen";

/// Reads `spec` of a Rollout.
pub(super) fn read(spec: &Cursor<'_>, findings: &mut Findings) -> KruiseSpec {
    let strategy = spec.get("strategy");
    let blue_green = strategy.as_ref().and_then(|strategy| strategy.get("blueGreen"));
    if let (Some(strategy), None) = (&strategy, &blue_green)
        && strategy.get("canary").is_none()
    {
        let message =
            "Spec.Strategy: Invalid value: \"null\": Canary and BlueGreen cannot both be empty";
        findings.fix(strategy.position(), message, "write blueGreen: {steps: [...]}");
    }
    if let Some(threshold) = blue_green.as_ref().and_then(|found| found.get("failureThreshold")) {
        int_or_percent(&threshold, findings);
    }
    KruiseSpec {
        deployment: workload(spec, findings),
        disabled: spec.flag("disabled"),
        paused: strategy.is_some_and(|strategy| strategy.flag("paused")),
        steps: blue_green.as_ref().map(|found| steps(found, findings)).unwrap_or_default(),
        routing: blue_green.as_ref().and_then(|found| routing(found, findings)),
    }
}

fn workload(spec: &Cursor<'_>, findings: &mut Findings) -> String {
    let Some(reference) = spec.get("workloadRef") else { return String::new() };
    let [version, kind] =
        ["apiVersion", "kind"].map(|field| reference.text(field).unwrap_or_default());
    let group = version.split('/').next().unwrap_or_default();
    match (group, kind) {
        ("apps", "Deployment") | ("", _) | (_, "") => {}
        ("apps.kruise.io", "CloneSet") => {
            let message = format!("not modelled: {}: {kind}", reference.path);
            findings.fix(reference.position(), message, "release a Deployment");
        }
        _ => {
            let message = "Spec.ObjectRef.WorkloadRef: Invalid value: WorkloadRef kind is not supported for \
                           bluegreen style";
            findings.fix(
                reference.position(),
                message,
                "write apiVersion: apps/v1, kind: Deployment",
            );
        }
    }
    reference.text("name").unwrap_or_default().to_owned()
}

fn steps(found: &Cursor<'_>, findings: &mut Findings) -> Vec<Step> {
    let all = found.list("steps");
    if all.is_empty() {
        let message = format!(
            "{BLUE_GREEN}.Steps: Invalid value: The number of Canary.Steps cannot be empty"
        );
        let help = "write steps: [{replicas: 100%, traffic: 0%}, {replicas: 100%, traffic: 100%}]";
        findings.fix(found.position(), message, help);
    }
    let read: Vec<Step> = all.iter().map(|step| read_step(step, findings)).collect();
    let shrinks = |two: &&[Step]| match (two[0].replicas, two[1].replicas) {
        (IntOrPercent::Int(one), IntOrPercent::Int(other))
        | (IntOrPercent::Percent(one), IntOrPercent::Percent(other)) => other < one,
        (IntOrPercent::Int(_), IntOrPercent::Percent(_))
        | (IntOrPercent::Percent(_), IntOrPercent::Int(_)) => false,
    };
    if read.windows(2).any(|two| shrinks(&two)) {
        let message = format!(
            "{BLUE_GREEN}.Steps.CanaryReplicas: Invalid value: Steps.CanaryReplicas must be a non \
             decreasing sequence"
        );
        findings.fix(found.position(), message, "let no step want fewer pods than the one before");
    }
    read
}

fn read_step(step: &Cursor<'_>, findings: &mut Findings) -> Step {
    let index = step.path.rsplit('[').next().unwrap_or_default().trim_end_matches(']');
    let at = format!("{BLUE_GREEN}.Steps[{index}]");
    let matches = step.list("matches");
    let pause = step.get("pause").and_then(|pause| pause.count("duration"));
    Step {
        replicas: replicas(step, &at, findings),
        traffic: traffic(step, &at, findings),
        matches: matches.iter().map(|one| headers(one, findings)).collect(),
        pause: pause.map(|seconds| SimDuration::from_secs(u64::from(seconds))),
    }
}

fn replicas(step: &Cursor<'_>, at: &str, findings: &mut Findings) -> IntOrPercent {
    let all = IntOrPercent::Percent(100);
    let Some(given) = step.get("replicas") else {
        let message = format!("{at}.steps: Invalid value: replicas cannot be empty");
        findings.fix(step.position(), message, "write replicas: 50%, or a number");
        return all;
    };
    let text = given.node.as_str().map(|text| text.strip_suffix('%').unwrap_or("").parse::<u32>());
    let read = match (given.number().map(u32::try_from), text) {
        (Some(Ok(count)), _) => Some(IntOrPercent::Int(count)),
        (_, Some(Ok(share))) if share <= 100 => Some(IntOrPercent::Percent(share)),
        _ => None,
    };
    let read = read.filter(|read| 0 < scaled(*read, 100));
    if read.is_none() {
        let message = format!(
            "{at}.Replicas: Invalid value: {}: replicas must be positive number, or a percentage with \
             \"0%\" < canaryReplicas <= \"100%\"",
            shown(given.node)
        );
        findings.fix(given.position(), message, "write a share like 50%, or a number");
    }
    read.unwrap_or(all)
}

fn traffic(step: &Cursor<'_>, at: &str, findings: &mut Findings) -> Option<u32> {
    let given = step.get("traffic")?;
    let text = given.node.as_str()?;
    let share = text.strip_suffix('%').and_then(|share| share.parse::<u32>().ok());
    let share = share.filter(|share| *share <= 100);
    if share.is_none() {
        let message = format!(
            "{at}.steps: Invalid value: {:?}: traffic must be percentage with \"0%\" <= traffic <= \"100%\" \
             in blueGreen strategy",
            shorten(text)
        );
        findings.fix(given.position(), message, "write a share like 20%");
    }
    share
}

fn headers(one: &Cursor<'_>, findings: &mut Findings) -> Vec<HeaderMatch> {
    let all = one.list("headers");
    if all.is_empty() && one.get("path").is_none() && one.get("queryParams").is_none() {
        let message = format!("{}: it names no header, and no request fits", one.path);
        findings.fix(one.position(), message, "write headers: [{name: ..., value: ...}]");
    }
    let header = |header: &Cursor<'_>| HeaderMatch {
        name: header.text("name").unwrap_or_default().to_lowercase(),
        value: header.text("value").unwrap_or_default().to_owned(),
        is_regex: header.text("type") == Some("RegularExpression"),
    };
    all.iter().map(header).collect()
}

fn routing(found: &Cursor<'_>, findings: &mut Findings) -> Option<Routing> {
    let all = found.list("trafficRoutings");
    if let Some(second) = all.get(1) {
        let message = format!(
            "{BLUE_GREEN}: Invalid value: Rollout currently only support single TrafficRouting."
        );
        findings.error(second.position(), message);
    }
    let one = all.first()?;
    let service = one.text("service").unwrap_or_default().to_owned();
    if service.is_empty() && one.get("service").is_some() {
        let message = format!(
            "{BLUE_GREEN}.TrafficRouting.Service: Invalid value: \"\": TrafficRouting.Service cannot be \
             empty"
        );
        findings.error(one.position(), message);
    }
    let references = one.list("customNetworkRefs");
    let others = ["ingress", "gateway"];
    if references.is_empty() && others.iter().all(|other| one.get(other).is_none()) {
        let message = format!(
            "{BLUE_GREEN}.TrafficRouting.TrafficRoutings: Invalid value: \"null\": TrafficRoutings are not \
             set"
        );
        let help = "write customNetworkRefs: [{apiVersion: networking.istio.io/v1, kind: VirtualService, \
                    name: ...}]";
        findings.fix(one.position(), message, help);
    }
    let seconds = one.count("gracePeriodSeconds").unwrap_or(3);
    let names = references.iter().filter_map(|one| virtual_service(one, findings)).collect();
    let grace = SimDuration::from_secs(u64::from(seconds));
    Some(Routing { service, grace, virtual_services: names })
}

fn virtual_service(one: &Cursor<'_>, findings: &mut Findings) -> Option<String> {
    let kind = one.text("kind")?;
    let version = one.text("apiVersion")?;
    if kind != "VirtualService" || !version.starts_with("networking.istio.io/") {
        let message = format!(
            "not modelled: {}: {} in version {:?}",
            one.path,
            shorten(kind),
            shorten(version)
        );
        let help = "write apiVersion: networking.istio.io/v1, kind: VirtualService";
        findings.fix(one.position(), message, help);
        return None;
    }
    one.text("name").map(str::to_owned)
}
