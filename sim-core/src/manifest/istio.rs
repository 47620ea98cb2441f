//! Gateway, VirtualService and DestinationRule: from a checked tree to a specification (B.1, B.2).

mod injection;
pub(super) mod policy;

use std::collections::BTreeSet;

use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::Key;
use crate::mesh::matching::{HttpMatch, Pattern, StringMatch};
use crate::mesh::retry::Conditions;
use crate::mesh::spec::{
    DestinationRuleSpec, GatewayServer, GatewaySpec, HttpRoute, Retries, RouteDestination,
    SUBSETS_MAX, Subset, VirtualServiceSpec,
};
use crate::time::SimDuration;

/// Most retries of a request that can be simulated.
const MAX_ATTEMPTS: i64 = 100;

/// Reads `spec` of a Gateway.
pub(super) fn gateway(spec: &Cursor<'_>, findings: &mut Findings) -> GatewaySpec {
    let servers = spec.list("servers");
    if servers.is_empty() {
        findings.error(spec.position(), "spec.servers: gateway must have at least one server");
    }
    let read = |server: &Cursor<'_>, findings: &mut Findings| {
        if server.is_empty_list("hosts") {
            let message = "server config must contain at least one host";
            findings.error(server.position(), format!("{}: {message}", server.path_to("hosts")));
        }
        let port = server.get("port");
        let text =
            |name| port.as_ref().and_then(|port| port.text(name)).unwrap_or_default().to_owned();
        GatewayServer {
            port: port.as_ref().and_then(|port| port.port("number")).unwrap_or_default(),
            port_name: text("name"),
            protocol: text("protocol"),
            hosts: server.texts("hosts"),
        }
    };
    let servers = servers.iter().map(|server| read(server, findings)).collect();
    GatewaySpec { selector: spec.labels("selector"), servers }
}

/// Reads `spec` of a VirtualService.
pub(super) fn virtual_service(spec: &Cursor<'_>, findings: &mut Findings) -> VirtualServiceSpec {
    let hosts = spec.texts("hosts");
    if spec.get("hosts").is_none() || spec.is_empty_list("hosts") {
        let message = "spec.hosts: virtual service must have at least one host";
        findings.error(spec.position(), message);
    }
    let mut gateways = spec.texts("gateways");
    if gateways.is_empty() {
        gateways.push("mesh".to_owned());
    }
    if gateways.iter().any(|gateway| gateway == "mesh") {
        for host in spec.list("hosts").iter().filter(|host| host.node.as_str() == Some("*")) {
            let message = format!(
                "{}: wildcard host * is not allowed for virtual services bound to the mesh gateway",
                host.path
            );
            let help = "name the host, or name the Gateway under gateways";
            findings.fix(host.position(), message, help);
        }
    }
    let routes = spec.list("http");
    let other = ["tcp", "tls"].iter().any(|name| spec.get(name).is_some());
    if routes.is_empty() && !other {
        let message = "spec: http, tcp or tls must be provided in virtual service";
        findings.error(spec.position(), message);
    }
    let http = routes.iter().map(|route| http_route(route, findings)).collect();
    VirtualServiceSpec { hosts, gateways, http }
}

fn http_route(route: &Cursor<'_>, findings: &mut Findings) -> HttpRoute {
    let destinations = route.list("route");
    let elsewhere = ["redirect", "directResponse", "delegate"];
    if destinations.is_empty() && elsewhere.iter().all(|name| route.get(name).is_none()) {
        let message = format!("{}: HTTP route or redirect is required", route.path);
        findings.error(route.position(), message);
    }
    if let Some(timeout) = route.get("timeout") {
        positive(&timeout, route.duration("timeout"), findings);
    }
    HttpRoute {
        name: route.text("name").unwrap_or_default().to_owned(),
        matches: route.list("match").iter().map(|entry| http_match(entry, findings)).collect(),
        destinations: weighted(route, &destinations, findings),
        timeout: route.duration("timeout"),
        retries: route.get("retries").map(|retries| read_retries(&retries, findings)),
        fault: route.get("fault").map(|fault| injection::fault(&fault, findings)),
        mirrors: injection::mirrors(route, findings),
    }
}

/// Weights need not sum to 100, but none may be negative, and several may not all be 0 (IST-07).
fn weighted(
    route: &Cursor<'_>,
    destinations: &[Cursor<'_>],
    findings: &mut Findings,
) -> Vec<RouteDestination> {
    let mut read = Vec::new();
    for entry in destinations {
        let weight =
            entry.get("weight").and_then(|weight| Some((weight.clone(), weight.number()?)));
        if let Some((cursor, number)) = &weight
            && *number < 0
        {
            let message = format!("{}: weight {number} < 0", cursor.path);
            let help = "write 0 for no traffic; shares are relative to the sum of the weights";
            findings.fix(cursor.position(), message, help);
        }
        read.push(RouteDestination {
            weight: weight.map(|(_, number)| number.clamp(0, i64::from(i32::MAX)) as u32),
            ..destination(entry.get("destination").as_ref())
        });
    }
    let total: u64 = read.iter().map(|d| u64::from(d.weight.unwrap_or(0))).sum();
    if 1 < read.len() && total == 0 {
        let path = route.path_to("route");
        let position = route.get("route").map_or(route.position(), |route| route.position());
        let help = "give at least one of several destinations a weight above 0";
        findings.fix(position, format!("{path}: total destination weight = 0"), help);
    }
    // Envoy refuses them.
    if u64::from(u32::MAX) < total {
        let (path, most) = (route.path_to("route"), u32::MAX);
        let position = route.get("route").map_or(route.position(), |route| route.position());
        let message = format!("{path}: total destination weight {total} exceeds {most}");
        findings.fix(position, message, "write smaller weights; shares are relative to their sum");
    }
    read
}

/// Reads `destination` of a route, or a mirror.
fn destination(target: Option<&Cursor<'_>>) -> RouteDestination {
    let text = |name| target.and_then(|target| target.text(name)).map(str::to_owned);
    RouteDestination {
        host: text("host").unwrap_or_default(),
        subset: text("subset"),
        port: target.and_then(|target| target.get("port")?.port("number")),
        weight: None,
    }
}

pub(super) fn http_match(entry: &Cursor<'_>, findings: &mut Findings) -> HttpMatch {
    let mut condition = |name| entry.get(name).and_then(|text| string_match(&text, findings));
    let [uri, method] = ["uri", "method"].map(&mut condition);
    let [authority, scheme] = ["authority", "scheme"].map(&mut condition);
    let any_case = |uri| StringMatch::AnyCase(Box::new(uri));
    let uri = if entry.flag("ignoreUriCase") { uri.map(any_case) } else { uri };
    HttpMatch {
        uri,
        method,
        authority,
        scheme,
        port: entry.port("port"),
        headers: named(entry, "headers", str::to_lowercase, findings),
        without_headers: named(entry, "withoutHeaders", str::to_lowercase, findings),
        query: named(entry, "queryParams", str::to_owned, findings),
        gateways: entry.texts("gateways"),
        source_labels: entry.labels("sourceLabels"),
    }
}

/// Conditions by name; one that says nothing asks whether the thing is there (IST-02).
fn named(
    entry: &Cursor<'_>,
    field: &str,
    spelt: impl Fn(&str) -> String,
    findings: &mut Findings,
) -> Vec<(String, StringMatch)> {
    let entries = entry.get(field).map(|map| map.entries()).unwrap_or_default();
    let read = |(key, cursor): (&Key, Cursor<'_>)| {
        let says_nothing = ["exact", "prefix", "regex"].iter().all(|n| cursor.get(n).is_none());
        let condition =
            if says_nothing { StringMatch::Present } else { string_match(&cursor, findings)? };
        Some((spelt(&key.text), condition))
    };
    entries.into_iter().filter_map(read).collect()
}

fn string_match(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<StringMatch> {
    let given = ["exact", "prefix", "regex"].iter().filter(|name| cursor.get(name).is_some());
    if given.count() != 1 {
        let message =
            format!("{}: exactly one of exact, prefix and regex must be given", cursor.path);
        findings.error(cursor.position(), message);
        return None;
    }
    if let Some(text) = cursor.text("exact") {
        return Some(StringMatch::Exact(text.to_owned()));
    }
    if let Some(text) = cursor.text("prefix") {
        return Some(StringMatch::Prefix(text.to_owned()));
    }
    match Pattern::new(cursor.text("regex")?) {
        Ok(pattern) => Some(StringMatch::Regex(pattern)),
        Err(problem) => {
            let place = cursor.get("regex").map_or(cursor.position(), |regex| regex.position());
            let message = format!("{}: bad expression: {problem}", cursor.path_to("regex"));
            findings.fix(place, message, "write it in RE2's syntax; it must match as a whole");
            None
        }
    }
}

pub(super) fn read_retries(retries: &Cursor<'_>, findings: &mut Findings) -> Retries {
    if let Some((cursor, attempts)) =
        retries.get("attempts").and_then(|c| Some((c.clone(), c.number()?)))
    {
        if attempts < 0 {
            let message = format!("{}: attempts cannot be negative", cursor.path);
            findings.error(cursor.position(), message);
        } else if MAX_ATTEMPTS < attempts {
            let message = format!("{}: {attempts} are more than can be simulated", cursor.path);
            findings.fix(cursor.position(), message, format!("write at most {MAX_ATTEMPTS}"));
        }
    }
    for name in ["perTryTimeout", "backoff"] {
        if let Some(limit) = retries.get(name) {
            positive(&limit, retries.duration(name), findings);
        }
    }
    // What is not written is 0 in Istio's type: no retries.
    let attempts = retries.count("attempts").unwrap_or(0);
    let more = ["perTryTimeout", "retryOn", "backoff", "retryIgnorePreviousHosts"];
    if attempts == 0 && more.iter().any(|name| retries.get(name).is_some()) {
        let message =
            format!("{}: http retry policy configured when attempts are set to 0", retries.path);
        findings.fix(retries.position(), message, "write attempts, or leave the rest out");
    }
    if let Some((cursor, Err(word))) =
        retries.get("retryOn").zip(retries.text("retryOn").map(Conditions::parse))
    {
        let message = format!("{}: {word:?} is not a valid retryOn policy", cursor.path);
        findings.error(cursor.position(), message);
    }
    Retries {
        attempts,
        per_try_timeout: retries.duration("perTryTimeout"),
        retry_on: retries.text("retryOn").map(str::to_owned),
        back_off: retries.duration("backoff"),
        avoid_hosts: retries.get("retryIgnorePreviousHosts").is_none()
            || retries.flag("retryIgnorePreviousHosts"),
    }
}

/// Istio wants limits of at least a millisecond.
pub(super) fn positive(cursor: &Cursor<'_>, length: Option<SimDuration>, findings: &mut Findings) {
    if length.is_some_and(|length| length < SimDuration::from_millis(1)) {
        let message = format!(
            "{}: Invalid value: {:?}: must be a valid duration greater than 1ms",
            cursor.path,
            cursor.node.as_str().unwrap_or_default()
        );
        findings.error(cursor.position(), message);
    }
}

/// Reads `spec` of a DestinationRule.
pub(super) fn destination_rule(spec: &Cursor<'_>, findings: &mut Findings) -> DestinationRuleSpec {
    let mut subsets = Vec::new();
    let mut names = BTreeSet::new();
    for cursor in spec.list("subsets") {
        let name = cursor.text("name").unwrap_or_default().to_owned();
        if !names.insert(name.clone()) {
            let message = format!("subset {name:?} is defined twice; the first one counts");
            findings.note(cursor.position(), message);
            continue;
        }
        if subsets.len() == SUBSETS_MAX {
            let message = format!("{}: there are more than can be simulated", cursor.path);
            findings.fix(cursor.position(), message, format!("write at most {SUBSETS_MAX}"));
            break;
        }
        let policy = policy::read(&cursor, findings);
        subsets.push(Subset { name, labels: cursor.labels("labels"), policy });
    }
    let host = spec.text("host").unwrap_or_default().to_owned();
    let policy = spec.get("trafficPolicy").map(|_| policy::read(spec, findings));
    DestinationRuleSpec { host, subsets, policy }
}
