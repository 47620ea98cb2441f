//! Steps that set a route of their own (ROLL-24).

use serde_json::{Map, Value, json};

use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::rollouts::spec::{Istio, RouteKind, SetRoute, Step};

/// Reads `setHeaderRoute` and `setMirrorRoute` of a step.
pub(super) fn read(
    step: &Cursor<'_>,
    istio: Option<&Istio>,
    findings: &mut Findings,
) -> Option<Step> {
    let (route, is_header) = match (step.get("setHeaderRoute"), step.get("setMirrorRoute")) {
        (Some(route), _) => (route, true),
        (None, Some(route)) => (route, false),
        (None, None) => return None,
    };
    let name = route.text("name").unwrap_or_default().to_owned();
    check_name(&route, &name, is_header, istio, findings);
    let matches = route.list("match");
    let matches = matches.iter().map(|one| match is_header {
        true => header(one, findings),
        false => mirrored(one, findings),
    });
    let matches = matches.collect();
    let percentage = route.count("percentage").unwrap_or(100).min(100);
    let kind = if is_header { RouteKind::Header } else { RouteKind::Mirror(percentage) };
    Some(Step::SetRoute(SetRoute { name, matches, kind }))
}

fn check_name(
    route: &Cursor<'_>,
    name: &str,
    is_header: bool,
    istio: Option<&Istio>,
    findings: &mut Findings,
) {
    let problem = match istio {
        None if is_header => {
            "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix"
        }
        None => "SetMirrorRoute requires TrafficRouting, supports Istio only",
        Some(istio) if istio.managed.is_empty() => {
            "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'"
        }
        Some(istio) if !istio.managed.iter().any(|one| one == name) => {
            "Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes"
        }
        Some(_) => return,
    };
    let message = format!("{}: Invalid value: {name:?}: {problem}", route.path);
    let help = format!("write trafficRouting: {{istio: ..., managedRoutes: [{{name: {name}}}]}}");
    findings.fix(route.position(), message, help);
}

/// `headerName` and `headerValue`, as a VirtualService writes them.
fn header(found: &Cursor<'_>, findings: &mut Findings) -> Value {
    let name = found.text("headerName").unwrap_or_default();
    let value = found.get("headerValue");
    let value = value.map_or_else(|| json!({}), |value| string_match(&value, findings));
    json!({"headers": {name: value}})
}

/// `method`, `path` and `headers`, as a VirtualService writes them.
fn mirrored(found: &Cursor<'_>, findings: &mut Findings) -> Value {
    let mut wanted = Map::new();
    for (from, to) in [("method", "method"), ("path", "uri")] {
        if let Some(value) = found.get(from) {
            wanted.insert(to.to_owned(), string_match(&value, findings));
        }
    }
    let headers = found.get("headers").map(|headers| headers.entries()).unwrap_or_default();
    if !headers.is_empty() {
        let read = |(key, value): (&crate::manifest::yaml::Key, Cursor<'_>)| {
            (key.text.clone(), string_match(&value, findings))
        };
        wanted.insert("headers".to_owned(), Value::Object(headers.into_iter().map(read).collect()));
    }
    Value::Object(wanted)
}

/// One of `exact`, `prefix` and `regex`.
fn string_match(value: &Cursor<'_>, findings: &mut Findings) -> Value {
    const ONE: &str = "must have exactly one of the following: exact, regex, prefix";
    let given = ["exact", "regex", "prefix"].into_iter();
    let given = given.filter_map(|key| Some((key, value.text(key)?)));
    let given: Vec<_> = given.filter(|(_, text)| !text.is_empty()).collect();
    let problem = match given.len() {
        0 => format!("StringMatch value missed, match value {}", ONE.replacen("exactly ", "", 1)),
        1 => String::new(),
        _ => format!("StringMatch match value {ONE}"),
    };
    if !problem.is_empty() {
        let message = format!("{}: Invalid value: {problem}", value.path);
        findings.fix(value.position(), message, "write {exact: ...}");
    }
    Value::Object(given.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect())
}
