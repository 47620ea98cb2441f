//! Istio as the router of a canary: subset labels of a DestinationRule, then weights of `VirtualService`s
//! (ROLL-24).

use serde_json::Value;

use crate::cluster::api::Kind;
use crate::cluster::state::ROLLOUT_HASH;
use crate::delivery::Pitfall;
use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::canary::{set_weight, weight_before};
use crate::rollouts::controller::Pass;
use crate::rollouts::spec::{Canary, DestinationRuleUse, Istio, VirtualServiceUse};
use crate::world::World;

/// Which destinations are the canary's and which the stable one's.
pub(super) struct Ends<'a> {
    canary: [Option<&'a str>; 2],
    stable: [Option<&'a str>; 2],
}

impl<'a> Ends<'a> {
    pub(super) fn of(canary: &'a Canary, istio: &'a Istio) -> Self {
        let subsets = istio.destination_rule.as_ref();
        Self {
            canary: [canary.canary.as_deref(), subsets.map(|rule| rule.canary.as_str())],
            stable: [canary.stable.as_deref(), subsets.map(|rule| rule.stable.as_str())],
        }
    }

    /// Whether a destination is one of the two, by subset or by host.
    fn is(end: [Option<&str>; 2], route: &Value) -> bool {
        let to = &route["destination"];
        let host = to["host"].as_str().unwrap_or_default();
        let host = host.split('.').next().unwrap_or_default();
        match (end[1], to["subset"].as_str()) {
            (Some(wanted), Some(subset)) => wanted == subset,
            _ => end[0] == Some(host),
        }
    }
}

/// Whether a route has one of these names.
pub(super) fn is_named(route: &Value, names: &[String]) -> bool {
    names.iter().any(|name| route["name"].as_str() == Some(name))
}

/// The HTTP routes whose weights are written: those of these names, or the only one, and what else goes
/// there while it is mirrored.
pub(super) fn routes<'d>(
    document: &'d mut Value,
    names: &[String],
    managed: &[String],
) -> Result<Vec<&'d mut Value>, String> {
    let Some(http) = document["spec"]["http"].as_array_mut() else {
        return Err("spec.http not found".to_owned());
    };
    let own = http.iter().filter(|route| !is_named(route, managed)).count();
    if names.is_empty() && own != 1 {
        return Err(format!("routes must be named: there are {own} HTTP routes"));
    }
    let there = |name: &&String| http.iter().any(|route| route["name"].as_str() == Some(name));
    if let Some(missing) = names.iter().find(|name| !there(name)) {
        return Err(format!("HTTP Route {missing:?} not found"));
    }
    let wanted = |route: &&mut Value| match is_named(route, managed) {
        true => route["mirror"].is_object(),
        false => names.is_empty() || is_named(route, names),
    };
    Ok(http.iter_mut().filter(wanted).collect())
}

/// Writes the weights into a document; `Err` if a route has not just the two destinations.
fn write_weights(
    document: &mut Value,
    target: &VirtualServiceUse,
    managed: &[String],
    ends: &Ends<'_>,
    weight: u32,
) -> Result<(), String> {
    for route in routes(document, &target.routes, managed)? {
        let Some(list) = route["route"].as_array_mut() else {
            return Err("a route has no destinations".to_owned());
        };
        let found = |end| list.iter().filter(|one| Ends::is(end, one)).count();
        if found(ends.canary) != 1 || found(ends.stable) != 1 || list.len() != 2 {
            return Err(
                "its route needs just two destinations: the canary's and the stable one".to_owned()
            );
        }
        for one in list {
            let own = if Ends::is(ends.canary, one) { weight } else { 100 - weight };
            one["weight"] = own.into();
        }
    }
    Ok(())
}

impl World {
    /// What is wrong with the routes that a canary names.
    pub(super) fn invalid_routes(&self, canary: &Canary) -> Option<String> {
        let istio = canary.istio.as_ref()?;
        let at = "spec.strategy.canary.trafficRouting.istio";
        if let Some(rule) = &istio.destination_rule
            && self.api.get(Kind::DestinationRule, &rule.name).is_none()
        {
            let name = &rule.name;
            return Some(format!(
                "{at}.destinationRule.name: Invalid value: {name:?}: destinationrules.networking.istio.io {name:?} \
                 not found"
            ));
        }
        istio.virtual_services.iter().find_map(|target| {
            let name = &target.name;
            let at = format!("{at}.virtualService.name: Invalid value: {name:?}: ");
            let Some(object) = self.api.get(Kind::VirtualService, name) else {
                return Some(format!("{at}virtualservices.networking.istio.io {name:?} not found"));
            };
            let mut document = object.manifest.document.clone();
            let ends = Ends::of(canary, istio);
            let problem = write_weights(&mut document, target, &istio.managed, &ends, 0).err()?;
            Some(format!("{at}Istio VirtualService has invalid HTTP routes: {problem}"))
        })
    }

    /// The weight that the canary should have now: more only with the pods for it (ROLL-23).
    fn wanted_weight(&self, pass: &Pass, canary: &Canary) -> u32 {
        let (status, replicas) = (&pass.status, pass.spec.replicas.max(1));
        let new = self.size_of(&pass.new).available;
        if status.stable.is_empty() || status.is_promoted() {
            return 0;
        }
        let held = status.weight.unwrap_or(0);
        if status.abort {
            // With fewer stable pods the traffic goes back as they come (ROLL-25).
            let stable = pass.stable.as_ref().map_or(0, |set| self.size_of(set).available);
            let rest = 100 - 100 * stable.min(replicas) / replicas;
            return if canary.dynamic { rest.min(held) } else { 0 };
        }
        if new == 0 {
            return 0;
        }
        if status.promote_full {
            return if canary.dynamic { 100 * new.min(replicas) / replicas } else { held };
        }
        match self.has_wanted_split(pass, canary) {
            false => weight_before(status, status.step),
            true => set_weight(status),
        }
    }

    /// Writes subset labels and weights (ROLL-24).
    pub(super) fn route_weights(
        &mut self,
        pass: &mut Pass,
        canary: &Canary,
        ctx: &mut Context<'_, Event>,
    ) {
        let Some(istio) = &canary.istio else {
            pass.status.weight = None;
            return;
        };
        let weight = self.wanted_weight(pass, canary);
        self.manage_routes(pass, canary, istio, ctx);
        if let Some(rule) = &istio.destination_rule
            && !self.label_subsets(pass, canary, rule, ctx)
        {
            return;
        }
        let ends = Ends::of(canary, istio);
        let mut told = false;
        for target in &istio.virtual_services {
            let object = self.api.get(Kind::VirtualService, &target.name);
            let Some(before) = object.map(|object| &object.manifest.document) else { continue };
            let mut document = before.clone();
            let written = write_weights(&mut document, target, &istio.managed, &ends, weight);
            if written.is_err() || document == *before {
                continue;
            }
            if !std::mem::replace(&mut told, true) {
                let text = format!("sends {weight} % of the traffic to the canary");
                self.note_rollout(pass, text, &["ROLL-23", "ROLL-24"], ctx);
            }
            if let Err(problem) = self.rewrite(Kind::VirtualService, &target.name, document, ctx) {
                self.record_rollout(pass, "Warning", "TrafficRoutingError", problem, ctx);
                return;
            }
        }
        if pass.status.weight != Some(weight) {
            let from = pass.status.weight.map(|from| format!("from {from} ")).unwrap_or_default();
            let message = format!("Traffic weight updated {from}to {weight}");
            self.record_rollout(pass, "Normal", "TrafficWeightUpdated", message, ctx);
            pass.status.weight = Some(weight);
        }
    }

    /// Gives the subsets the labels of their revisions. False if it waits: without Services of their own,
    /// subsets must not change before the pods are there.
    fn label_subsets(
        &mut self,
        pass: &Pass,
        canary: &Canary,
        rule: &DestinationRuleUse,
        ctx: &mut Context<'_, Event>,
    ) -> bool {
        let Some(object) = self.api.get(Kind::DestinationRule, &rule.name) else { return false };
        let before = object.manifest.document.clone();
        let mut document = before.clone();
        let new = self.hash_of(&pass.new);
        let stable = pass.stable.as_ref().map_or_else(String::new, |set| self.hash_of(set));
        for subset in document["spec"]["subsets"].as_array_mut().into_iter().flatten() {
            let hash = match subset["name"].as_str() {
                Some(name) if name == rule.canary => &new,
                Some(name) if name == rule.stable => &stable,
                _ => continue,
            };
            if !hash.is_empty() {
                subset["labels"][ROLLOUT_HASH] = hash.as_str().into();
            }
        }
        if document == before {
            return true;
        }
        let mut sets = self.cluster.state.revisions_of(&pass.name).into_iter();
        let waits = sets.any(|set| 0 < set.replicas && set.status.available < set.replicas);
        let heedless = self.delivery.addons().suffer(Pitfall::LabelsBeforePods);
        if canary.canary.is_none() && canary.stable.is_none() && waits && !heedless {
            return false;
        }
        let text = format!("gives the subsets of {} the labels of their revisions", rule.name);
        self.note_rollout(pass, text, &["ROLL-24"], ctx);
        self.rewrite(Kind::DestinationRule, &rule.name, document, ctx).is_ok()
    }
}
