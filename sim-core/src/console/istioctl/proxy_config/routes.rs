//! The routes of a proxy, as Envoy has them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::dump::{OWN_PORTS, POD_PORT, cluster_name, istio_config, name, seconds};
use crate::mesh::config::{Config, HTTP_PORT, Route, VirtualHost, Weighted};
use crate::mesh::fault::{Fault, Share};
use crate::mesh::matching::{HttpMatch, StringMatch};
use crate::time::SimDuration;

/// A route configuration: one for what the gateway listens for, one for each port that sidecars call.
pub(super) struct Table {
    /// Its name.
    pub(super) name: String,
    /// The port.
    pub(super) port: u16,
    /// Its hosts, and all their names.
    pub(super) hosts: Vec<(String, Vec<String>)>,
}

/// The route configurations that a proxy has.
pub(super) fn tables(config: &Config) -> Vec<Table> {
    if config.inside {
        let ports: BTreeSet<u16> = config.clusters.iter().map(|cluster| cluster.port).collect();
        return ports.into_iter().map(|port| inside(config, port)).collect();
    }
    if config.listens.is_empty() {
        return Vec::new();
    }
    let domains: BTreeSet<&String> =
        config.virtual_hosts.iter().flat_map(|one| &one.hosts).collect();
    let hosts = domains.into_iter().map(|one| (one.clone(), vec![one.clone()]));
    vec![Table { name: route_name(), port: HTTP_PORT, hosts: hosts.collect() }]
}

/// What sidecars do with requests to a port. Services have several names.
fn inside(config: &Config, port: u16) -> Table {
    let here = config.virtual_hosts.iter().filter(|one| one.port.is_none_or(|it| it == port));
    let names = |host: &String| {
        let is_service = config.clusters.iter().any(|cluster| cluster.service == *host);
        let ends = ["", ".default", ".default.svc", ".default.svc.cluster.local"];
        let ends = if is_service { &ends[..] } else { &ends[..1] };
        (host.clone(), ends.iter().map(|end| format!("{host}{end}")).collect())
    };
    let mut hosts: Vec<_> = here.flat_map(|one| &one.hosts).map(names).collect();
    hosts.sort();
    Table { name: port.to_string(), port, hosts }
}

/// What Envoy calls a virtual host: by the longest of its names.
pub(super) fn host_name(names: &[String], port: u16) -> String {
    format!("{}:{port}", names.last().map_or("*", String::as_str))
}

/// Name of the gateway's route configuration.
pub(super) fn route_name() -> String {
    format!("http.{POD_PORT}")
}

/// The rules for a domain as Envoy gets them: each match is a route of its own (IST-01).
pub(super) fn rules<'c>(
    config: &'c Config,
    (domain, port): (&str, u16),
) -> Vec<(&'c VirtualHost, &'c Route, Option<&'c HttpMatch>)> {
    let each = config.routes_for(domain, port).into_iter().flat_map(|(owner, route)| {
        let matches: Vec<Option<&HttpMatch>> = match route.matches.is_empty() {
            true => vec![None],
            false => route.matches.iter().map(Some).collect(),
        };
        matches.into_iter().map(move |one| (owner, route, one))
    });
    each.collect()
}

pub(in crate::console::istioctl) fn routes(config: &Config) -> Vec<Value> {
    let mut found: Vec<Value> = tables(config).iter().map(|one| table(config, one)).collect();
    found.extend(OWN_PORTS.iter().rev().map(|(_, path)| {
        let route = json!({"match": {"prefix": path}});
        json!({"virtualHosts": [{"name": "backend", "domains": ["*"], "routes": [route]}]})
    }));
    found
}

fn table(config: &Config, table: &Table) -> Value {
    let port = table.port;
    let hosts = table.hosts.iter().map(|(domain, names)| {
        let routes = rules(config, (domain, port)).into_iter().map(|(owner, route, one)| {
            let mut fields = json!({"match": condition(one), "route": action(config, route)});
            if !owner.name.is_empty() {
                fields["metadata"] = istio_config("virtual-service", &owner.name);
            }
            if let Some(fault) = &route.fault {
                fields["typedPerFilterConfig"] =
                    json!({"envoy.filters.http.fault": injected(fault)});
            }
            fields
        });
        let routes: Vec<Value> = routes.collect();
        json!({"name": host_name(names, port), "domains": names, "routes": routes})
    });
    let mut hosts: Vec<Value> = hosts.collect();
    if hosts.is_empty() && !config.inside {
        hosts.push(json!({"name": format!("blackhole:{port}"), "domains": ["*"]}));
    }
    json!({"name": table.name, "virtualHosts": hosts, "validateClusters": false})
}

fn text(wanted: &StringMatch) -> Value {
    match wanted {
        StringMatch::Exact(text) => json!({"exact": text}),
        StringMatch::Prefix(text) => json!({"prefix": text}),
        StringMatch::Regex(pattern) => json!({"safeRegex": {"regex": pattern.as_str()}}),
        StringMatch::AnyCase(inner) => {
            let mut fields = text(inner);
            fields["ignoreCase"] = true.into();
            fields
        }
        StringMatch::Present => json!({"presentMatch": true}),
    }
}

/// The path of a match as Envoy has it, and whether case matters.
fn path(wanted: &StringMatch) -> Value {
    match wanted {
        StringMatch::Exact(path) => json!({"path": path}),
        StringMatch::Prefix(prefix) => json!({"prefix": prefix}),
        StringMatch::Regex(pattern) => json!({"safeRegex": {"regex": pattern.as_str()}}),
        StringMatch::AnyCase(inner) => path(inner),
        StringMatch::Present => json!({"prefix": "/"}),
    }
}

/// The path of a match as the table shows it: `/api*`, `/health`.
pub(super) fn shown_path(one: Option<&HttpMatch>) -> String {
    fn shown(wanted: &StringMatch) -> String {
        match wanted {
            StringMatch::Exact(path) => path.clone(),
            StringMatch::Prefix(prefix) => format!("{prefix}*"),
            StringMatch::Regex(pattern) => format!("regex {}", pattern.as_str()),
            StringMatch::AnyCase(inner) => shown(inner),
            StringMatch::Present => "/*".to_owned(),
        }
    }
    one.and_then(|one| one.uri.as_ref()).map_or_else(|| "/*".to_owned(), shown)
}

fn condition(one: Option<&HttpMatch>) -> Value {
    let Some(one) = one else { return json!({"prefix": "/"}) };
    let mut fields = one.uri.as_ref().map_or_else(|| json!({"prefix": "/"}), path);
    fields["caseSensitive"] = (!matches!(one.uri, Some(StringMatch::AnyCase(_)))).into();
    let pseudo =
        [(":method", &one.method), (":authority", &one.authority), (":scheme", &one.scheme)];
    let pseudo = pseudo.into_iter().filter_map(|(name, wanted)| Some((name, wanted.as_ref()?)));
    let header = |(name, wanted): (&str, &StringMatch), inverted: bool| {
        let mut fields = json!({"name": name});
        match wanted {
            StringMatch::Present => fields["presentMatch"] = true.into(),
            wanted => fields["stringMatch"] = text(wanted),
        }
        if inverted {
            fields["invertMatch"] = true.into();
        }
        fields
    };
    fn named(list: &[(String, StringMatch)]) -> impl Iterator<Item = (&str, &StringMatch)> {
        list.iter().map(|(name, wanted)| (name.as_str(), wanted))
    }
    let wanted = pseudo.chain(named(&one.headers)).map(|pair| header(pair, false));
    let unwanted = named(&one.without_headers).map(|pair| header(pair, true));
    let headers: Vec<Value> = wanted.chain(unwanted).collect();
    if !headers.is_empty() {
        fields["headers"] = headers.into();
    }
    let query: Vec<Value> = named(&one.query).map(|pair| header(pair, false)).collect();
    if !query.is_empty() {
        fields["queryParameters"] = query.into();
    }
    fields
}

fn share(share: Share) -> Value {
    json!({"denominator": "MILLION", "numerator": share.millionths()})
}

/// `fault` of a rule, as the filter in front of the router has it (IST-37).
fn injected(fault: &Fault) -> Value {
    let mut fields = json!({});
    if let Some((length, part)) = fault.delay {
        fields["delay"] = json!({"fixedDelay": seconds(length), "percentage": share(part)});
    }
    if let Some((status, part)) = fault.abort {
        fields["abort"] = json!({"httpStatus": status, "percentage": share(part)});
    }
    fields
}

fn action(config: &Config, route: &Route) -> Value {
    let known = |index: &Option<u16>| {
        let index = index.map(usize::from);
        index.and_then(|index| config.clusters.get(index)).map(name)
    };
    // A destination that has no cluster is named all the same: that is what 503 NC is (IST-21).
    let target = |to: &Weighted| {
        known(&to.cluster).unwrap_or_else(|| cluster_name(&to.host, HTTP_PORT, &to.subset))
    };
    let mut fields = json!({"timeout": seconds(route.timeout.unwrap_or(SimDuration::ZERO))});
    match &route.destinations[..] {
        [only] => fields["cluster"] = target(only).into(),
        several => {
            let weighted =
                several.iter().map(|to| json!({"name": target(to), "weight": to.weight}));
            fields["weightedClusters"] = json!({"clusters": weighted.collect::<Vec<_>>()});
        }
    }
    if 0 < route.retries.attempts {
        let mut retries = json!({"numRetries": route.retries.attempts});
        if let Some(length) = route.retries.per_try {
            retries["perTryTimeout"] = seconds(length).into();
        }
        fields["retryPolicy"] = retries;
    }
    let mirrors = route.mirrors.iter().filter_map(|(cluster, part)| {
        let fraction = json!({"defaultValue": share(*part)});
        Some(json!({"cluster": known(cluster)?, "runtimeFraction": fraction}))
    });
    let mirrors: Vec<Value> = mirrors.collect();
    if !mirrors.is_empty() {
        fields["requestMirrorPolicies"] = mirrors.into();
    }
    fields
}
