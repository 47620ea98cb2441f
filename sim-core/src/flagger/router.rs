//! The VirtualService that carries the weights, and a DestinationRule for each side (FLG-04..07).

use serde_json::{Map, Value, json};

use crate::cluster::api::Kind;
use crate::flagger::look::{Look, Outcome, Routes};

impl Look<'_, '_, '_> {
    /// The VirtualService and each DestinationRule are there and say what the canary says; weights and
    /// mirror stay as they are unless anything else must be changed.
    pub(super) fn reconcile_routes(&mut self) -> Outcome {
        for host in [self.spec.canary_service(), self.spec.primary_service()] {
            let mut spec = json!({"host": host});
            if let Some(policy) = &self.spec.service.traffic_policy {
                spec["trafficPolicy"] = policy.clone();
            }
            self.reconcile(Kind::DestinationRule, &host, spec, |spec| spec)?;
        }
        let mut hosts = self.spec.service.hosts.clone();
        let apex = self.spec.apex().to_owned();
        if hosts.iter().all(|host| *host != apex && host != "*") {
            hosts.push(apex.clone());
        }
        let gateways = match self.spec.service.gateways.as_slice() {
            [] => json!(["mesh"]),
            gateways => json!(gateways),
        };
        let http = self.http(Routes::PRIMARY);
        let spec = json!({"hosts": hosts, "gateways": gateways, "http": http});
        self.reconcile(Kind::VirtualService, &apex, spec, without_weights)
    }

    /// Writes an object of Istio unless what it says is the same, looked at through `seen`.
    fn reconcile(
        &mut self,
        kind: Kind,
        name: &str,
        spec: Value,
        seen: impl Fn(Value) -> Value,
    ) -> Outcome {
        let (document, done) = match self.document(kind, name) {
            None => {
                let metadata = json!({"name": name, "ownerReferences": self.owner()});
                let document = json!({"apiVersion": kind.versions()[0], "kind": kind.name(),
                    "metadata": metadata, "spec": spec});
                (document, "created")
            }
            Some(found) if seen(found["spec"].clone()) == seen(spec.clone()) => return Ok(()),
            Some(found) => {
                let mut document = found.clone();
                document["spec"] = spec;
                (document, "updated")
            }
        };
        self.store((kind, name), document, done)
    }

    /// Where the VirtualService sends requests.
    pub(super) fn routes(&self) -> Result<Routes, String> {
        let (apex, full) = (self.spec.apex(), self.full(self.spec.apex()));
        let Some(document) = self.document(Kind::VirtualService, apex) else {
            return Err(format!(
                "VirtualService {full} get query error virtualservices.networking.istio.io \
                 {apex:?} not found"
            ));
        };
        let (primary, canary) = (self.spec.primary_service(), self.spec.canary_service());
        let mut http = document["spec"]["http"].as_array().into_iter().flatten();
        let weight = |rule: &Value, host: &str| {
            let mut all = rule["route"].as_array().into_iter().flatten();
            let entry = all.find(|entry| entry["destination"]["host"] == host)?;
            Some(entry["weight"].as_u64().map_or(0, |weight| weight as u32))
        };
        // The last rule that leads to the canary counts.
        let rule = http.rfind(|rule| weight(rule, &canary).is_some());
        let routes = Routes {
            primary: rule.and_then(|rule| weight(rule, &primary)).unwrap_or(0),
            canary: rule.and_then(|rule| weight(rule, &canary)).unwrap_or(0),
            mirrored: rule.is_some_and(|rule| rule["mirror"]["host"].is_string()),
        };
        if routes.primary == 0 && routes.canary == 0 {
            return Err(format!(
                "VirtualService {full} does not contain routes for {primary} and {canary}"
            ));
        }
        Ok(routes)
    }

    /// Sends requests elsewhere.
    pub(super) fn set_routes(&mut self, routes: Routes) -> Outcome {
        let apex = self.spec.apex().to_owned();
        let http = self.http(routes);
        let Some(found) = self.document(Kind::VirtualService, &apex) else {
            return self.routes().map(|_| ()).map_err(Into::into);
        };
        if found["spec"]["http"] == http {
            return Ok(());
        }
        let mut document = found.clone();
        document["spec"]["http"] = http;
        let Routes { primary, canary, .. } = routes;
        let mirror = if routes.mirrored { ", mirrored to the canary" } else { "" };
        let done = format!("sends {primary} to the primary and {canary} to the canary{mirror}");
        self.store((Kind::VirtualService, &apex), document, &done)
    }

    /// `http` of the VirtualService.
    fn http(&self, routes: Routes) -> Value {
        let (service, analysis) = (&self.spec.service, &self.spec.analysis);
        let to = |host: String, weight: u32| {
            let mut destination = json!({"host": host});
            // Services with several ports need one named, as seen from a gateway.
            let gateway = service.gateways.first().is_some_and(|gateway| gateway != "mesh");
            if service.port_discovery && gateway {
                destination["port"] = json!({"number": service.port});
            }
            json!({"destination": destination, "weight": weight})
        };
        let rule = |matches: &Value, route: Vec<Value>| {
            let mut rule = Map::new();
            if matches.as_array().is_some_and(|all| !all.is_empty()) {
                rule.insert("match".to_owned(), matches.clone());
            }
            rule.extend(service.route.clone());
            rule.insert("route".to_owned(), route.into());
            rule
        };
        let primary = || to(self.spec.primary_service(), routes.primary);
        let both = || vec![primary(), to(self.spec.canary_service(), routes.canary)];
        if analysis.has_match() {
            // What does not match stays on the primary, whatever the weights (FLG-06).
            let chosen = merge(&analysis.matches, &service.matches);
            let rest = vec![primary()];
            return json!([rule(&chosen, both()), rule(&service.matches, rest)]);
        }
        let mut all = rule(&service.matches, both());
        if routes.mirrored {
            all.insert("mirror".to_owned(), json!({"host": self.spec.canary_service()}));
            if 0 < analysis.mirror_weight {
                let share = json!({"value": analysis.mirror_weight});
                all.insert("mirrorPercentage".to_owned(), share);
            }
        }
        json!([all])
    }
}

/// What requests must say to be chosen: each condition of the analysis with each of the service.
fn merge(chosen: &Value, service: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let common = list(service);
    if common.is_empty() {
        return chosen.clone();
    }
    let mut merged = Vec::new();
    for condition in list(chosen) {
        for entry in &common {
            let mut entry = entry.clone();
            for field in ["headers", "sourceLabels"] {
                if let Some(value) = condition.get(field) {
                    entry[field] = value.clone();
                }
            }
            merged.push(entry);
        }
    }
    merged.into()
}

/// A VirtualService's `spec` without what changes in the course of a rollout.
fn without_weights(mut spec: Value) -> Value {
    for rule in spec["http"].as_array_mut().into_iter().flatten() {
        if let Some(rule) = rule.as_object_mut() {
            rule.remove("mirror");
            rule.remove("mirrorPercentage");
        }
        for entry in rule["route"].as_array_mut().into_iter().flatten() {
            if let Some(entry) = entry.as_object_mut() {
                entry.remove("weight");
            }
        }
    }
    spec
}
