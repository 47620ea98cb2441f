//! What a VirtualService says during a release: `lua_configuration/networking.istio.io/VirtualService/
//! trafficRouting.lua`, on the document as it was before (KRU-05).

use serde_json::{Map, Value, json};

use crate::kruise::spec::HeaderMatch;

/// Annotation that keeps the document as it was.
const ORIGINAL: &str = "rollouts.kruise.io/original-spec-configuration";

/// The two Services.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) stable: &'a str,
    pub(super) canary: &'a str,
}

/// What was kept in a document, unless somebody has written something else there.
fn kept(document: &Value) -> Option<Value> {
    let text = document["metadata"]["annotations"][ORIGINAL].as_str()?;
    let kept: Value = serde_json::from_str(text).ok()?;
    let is_map = |field: &str| kept[field].is_null() || kept[field].is_object();
    let is_whole = is_map("annotations") && is_map("labels") && kept["spec"].is_object();
    is_whole.then_some(kept)
}

/// A document as it was before the release; none if nothing was kept.
pub(super) fn original(document: &Value) -> Option<Value> {
    let kept = kept(document)?;
    let mut document = document.clone();
    for field in ["annotations", "labels"] {
        document["metadata"][field] = kept[field].clone();
    }
    document["spec"] = kept["spec"].clone();
    Some(document)
}

/// A document that leads the traffic as asked: a share of it, or what matches. `None` for the share is all.
pub(super) fn led(
    document: &Value,
    ends: Ends<'_>,
    traffic: Option<u32>,
    matches: &[Vec<HeaderMatch>],
) -> Value {
    let metadata = &document["metadata"];
    let kept = kept(document).unwrap_or_else(|| {
        json!({
            "annotations": metadata["annotations"],
            "labels": metadata["labels"],
            "spec": document["spec"],
        })
    });
    let mut spec = kept["spec"].clone();
    let canary = traffic.unwrap_or(100).min(100);
    let weights = [100 - canary, canary];
    if matches.is_empty() {
        add_weights(&mut spec, ends, weights);
    } else {
        for one in matches {
            add_match(&mut spec, one, ends, weights);
        }
    }
    let mut document = document.clone();
    document["spec"] = spec;
    document["metadata"]["annotations"] = kept["annotations"].clone();
    document["metadata"]["annotations"][ORIGINAL] = kept.to_string().into();
    document["metadata"]["labels"] = kept["labels"].clone();
    if document["metadata"]["labels"].is_null()
        && let Some(metadata) = document["metadata"].as_object_mut()
    {
        metadata.remove("labels");
    }
    document
}

/// Whether a destination is this host, written just so: a longer name of the same Service is not found.
fn leads_to(route: &Value, host: &str) -> bool {
    route["destination"]["host"] == host
}

fn routes(rule: &Value) -> &[Value] {
    rule["route"].as_array().map_or(&[], Vec::as_slice)
}

/// The stable part of a destination's weight, among so many.
fn weight(route: &Value, stable: u32, among: usize) -> u64 {
    let among = u64::try_from(among.max(1)).unwrap_or(1);
    match route["weight"].as_u64() {
        Some(weight) => weight.saturating_mul(u64::from(stable)) / 100,
        None => u64::from(stable) / among,
    }
}

/// Every rule that leads to the stable Service gets the canary's beside it.
fn add_weights(spec: &mut Value, ends: Ends<'_>, [stable, canary]: [u32; 2]) {
    for rule in spec["http"].as_array_mut().into_iter().flatten() {
        if !routes(rule).iter().any(|route| leads_to(route, ends.stable)) {
            continue;
        }
        let Some(list) = rule["route"].as_array_mut() else { continue };
        let among = list.len();
        for route in list.iter_mut().filter(|route| route.is_object()) {
            route["weight"] = weight(route, stable, among).into();
        }
        list.push(json!({"destination": {"host": ends.canary}, "weight": canary}));
    }
}

/// What has these headers gets a rule of its own, before all others.
fn add_match(
    spec: &mut Value,
    headers: &[HeaderMatch],
    ends: Ends<'_>,
    [stable, canary]: [u32; 2],
) {
    let how = |one: &HeaderMatch| if one.is_regex { "regex" } else { "exact" };
    let headers: Map<String, Value> =
        headers.iter().map(|one| (one.name.clone(), json!({how(one): one.value}))).collect();
    let mut list = vec![json!({"destination": {"host": ends.canary}})];
    let Some(http) = spec["http"].as_array_mut() else { return };
    if stable != 0 {
        let all = http.iter().flat_map(routes).filter(|route| leads_to(route, ends.stable));
        let all: Vec<Value> = all.cloned().collect();
        let among = all.len();
        for mut route in all {
            route["weight"] = weight(&route, stable, among).into();
            list.push(route);
        }
        list[0]["weight"] = canary.into();
    }
    http.insert(0, json!({"match": [{"headers": headers}], "route": list}));
}
