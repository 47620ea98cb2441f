//! Routes of their own that steps put before the others: requests with a header go to the canary, or requests
//! are copied to it (ROLL-24).
//!
//! As in `trafficrouting/istio` of version 1.8, but for an abort at a step that sets a route: there the real
//! controller takes the route away and sets it again.

use serde_json::{Value, json};

use crate::cluster::api::Kind;
use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::controller::Pass;
use crate::rollouts::spec::{Canary, Istio, RouteKind, SetRoute, Step, VirtualServiceUse};
use crate::rollouts::traffic::{is_named, routes};
use crate::world::World;

/// Puts a route into a VirtualService, in place of the one of its name; takes that away if it matches nothing.
fn set_route(
    document: &mut Value,
    route: &SetRoute,
    target: &VirtualServiceUse,
    managed: &[String],
    (host, subset): (&str, Option<&str>),
) -> Result<(), String> {
    remove(document, std::slice::from_ref(&route.name));
    if route.matches.is_empty() {
        return Ok(());
    }
    let weighted = routes(document, &target.routes, managed)?;
    let weighted = weighted.first().map_or(Value::Null, |route| route["route"].clone());
    let mut canary = json!({"host": host});
    if let Some(subset) = subset {
        canary["subset"] = subset.into();
    }
    if let Some(port) = weighted[0]["destination"]["port"].as_object() {
        canary["port"] = Value::Object(port.clone());
    }
    let mut made = json!({"name": route.name, "match": route.matches});
    match route.kind {
        RouteKind::Header => made["route"] = json!([{"destination": canary, "weight": 100}]),
        RouteKind::Mirror(percent) => {
            made["route"] = weighted;
            made["mirror"] = canary;
            made["mirrorPercentage"] = json!({"value": percent});
        }
    }
    let Some(http) = document["spec"]["http"].as_array_mut() else { return Ok(()) };
    http.push(made);
    // The first of `managedRoutes` goes before the second, and all of them before the others.
    http.sort_by_key(|route| {
        let name = route["name"].as_str();
        managed.iter().position(|one| Some(one.as_str()) == name).unwrap_or(managed.len())
    });
    Ok(())
}

/// Takes the routes of these names away.
fn remove(document: &mut Value, names: &[String]) {
    if let Some(http) = document["spec"]["http"].as_array_mut() {
        http.retain(|route| !is_named(route, names));
    }
}

impl World {
    /// Sets the route of the present step, or takes all of them away when the update is over (ROLL-24, 25).
    pub(super) fn manage_routes(
        &mut self,
        pass: &Pass,
        canary: &Canary,
        istio: &Istio,
        ctx: &mut Context<'_, Event>,
    ) {
        let status = &pass.status;
        let over = status.abort || status.promote_full || status.is_promoted();
        let step = match status.current_step() {
            Some(Step::SetRoute(route)) if !over && !status.stable.is_empty() => Some(route),
            _ if over && !istio.managed.is_empty() => None,
            _ => return,
        };
        let rule = istio.destination_rule.as_ref();
        let host = rule.and_then(|rule| {
            let object = self.api.get(Kind::DestinationRule, &rule.name)?;
            object.manifest.document["spec"]["host"].as_str().map(str::to_owned)
        });
        let host = host.or_else(|| canary.canary.clone()).unwrap_or_default();
        let end = (host.as_str(), rule.map(|rule| rule.canary.as_str()));
        for target in &istio.virtual_services {
            let object = self.api.get(Kind::VirtualService, &target.name);
            let Some(before) = object.map(|object| object.manifest.document.clone()) else {
                continue;
            };
            let mut document = before.clone();
            let name = &target.name;
            let (told, message) = match step {
                Some(route) => {
                    let set = set_route(&mut document, route, target, &istio.managed, end);
                    if set.is_err() {
                        continue;
                    }
                    let (kind, route) = (route.kind.name(), &route.name);
                    (format!("sets the {kind} {route}"), format!("set {kind} '{route}'"))
                }
                None => {
                    remove(&mut document, &istio.managed);
                    let told = "takes the routes of its steps away".to_owned();
                    (told, "removed all managed routes.".to_owned())
                }
            };
            if document == before {
                continue;
            }
            self.note_rollout(pass, told, &["ROLL-24", "ROLL-25"], ctx);
            let message = format!("VirtualService `{name}` {message}");
            self.record_rollout(pass, "Normal", "Updated VirtualService", message, ctx);
            if let Err(problem) = self.rewrite(Kind::VirtualService, name, document, ctx) {
                self.record_rollout(pass, "Warning", "TrafficRoutingError", problem, ctx);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(document: &Value) -> Vec<&str> {
        let http = document["spec"]["http"].as_array().expect("it is a list");
        http.iter().map(|route| route["name"].as_str().unwrap_or_default()).collect()
    }

    /// ROLL-24.
    #[test]
    fn managed_routes_come_first_in_their_order_and_twice_set_is_set_once() {
        let ends = json!([{"destination": {"host": "a", "port": {"number": 80}}, "weight": 90},
            {"destination": {"host": "b"}, "weight": 10}]);
        let mut document = json!({"spec": {"http": [{"route": ends}]}});
        let target = VirtualServiceUse::default();
        let managed = ["first".to_owned(), "second".to_owned()];
        let route = |name: &str, kind| {
            let matches = vec![json!({"uri": {"prefix": "/"}})];
            SetRoute { name: name.to_owned(), matches, kind }
        };
        for route in [
            route("second", RouteKind::Mirror(50)),
            route("first", RouteKind::Header),
            route("second", RouteKind::Mirror(50)),
        ] {
            set_route(&mut document, &route, &target, &managed, ("b", None))
                .expect("it has a route");
        }
        assert_eq!(names(&document), ["first", "second", ""]);
        let http = &document["spec"]["http"];
        let canary = json!({"host": "b", "port": {"number": 80}});
        assert_eq!(http[0]["route"], json!([{"destination": canary, "weight": 100}]));
        assert_eq!((&http[1]["route"], &http[1]["mirror"]), (&ends, &canary));
        assert_eq!(http[1]["mirrorPercentage"], json!({"value": 50}));
        let gone = SetRoute { matches: Vec::new(), ..route("first", RouteKind::Header) };
        set_route(&mut document, &gone, &target, &managed, ("b", None)).expect("it has a route");
        assert_eq!(names(&document), ["second", ""]);
        remove(&mut document, &managed);
        assert_eq!(names(&document), [""]);
    }
}
