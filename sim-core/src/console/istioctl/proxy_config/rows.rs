//! A configuration as the lines of a table, and the flags that choose some of them.

use serde_json::Value;

use super::dump::{OWN_CLUSTERS, OWN_PORTS, cluster_name, fqdn, listening, name, sorted};
use super::routes::{Table, host_name, rules, shown_path, tables};
use crate::console::kubectl::flag::Arguments;
use crate::mesh::proxy::Proxy;

/// Address of every listener.
const ANY: &str = "0.0.0.0";

fn given<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.text(name).filter(|text| !text.is_empty())
}

fn port_given(arguments: &Arguments) -> Option<i32> {
    arguments.number("port").filter(|port| *port != 0)
}

/// Parts of the name are looked for as they are typed, as istioctl does it.
pub(super) fn is_cluster_wanted(name: &str, arguments: &Arguments) -> bool {
    let parts = ["fqdn", "direction", "subset"];
    parts.iter().all(|part| given(arguments, part).is_none_or(|text| name.contains(text)))
        && port_given(arguments).is_none_or(|port| name.contains(&format!("|{port}|")))
}

pub(super) fn clusters(proxy: &Proxy, arguments: &Arguments) -> Vec<Vec<String>> {
    let own = OWN_CLUSTERS.iter().map(|(name, _)| {
        let row = [*name, "-", "-", "-", "STATIC", ""].map(str::to_owned);
        ((*name).to_owned(), row.to_vec())
    });
    let configured = sorted(&proxy.config).into_iter().map(|cluster| {
        let subset = if cluster.subset.is_empty() { "-" } else { &cluster.subset };
        let rule = match cluster.destination_rule.as_str() {
            "" => String::new(),
            name => format!("{name}.default"),
        };
        let (port, service) = (cluster.port.to_string(), fqdn(&cluster.service));
        let row = [&service, &port, subset, "outbound", "EDS", &rule].map(str::to_owned);
        (cluster_name(&cluster.service, cluster.port, &cluster.subset), row.to_vec())
    });
    let wanted = own.chain(configured).filter(|(name, _)| is_cluster_wanted(name, arguments));
    let mut rows: Vec<Vec<String>> = wanted.map(|(_, row)| row).collect();
    // Stable: subsets and ports keep the order they have.
    rows.sort_by(|one, other| one[0].cmp(&other[0]));
    rows
}

/// Whether an endpoint of a cluster is wanted.
fn is_endpoint_wanted(address: &str, port: u16, cluster: &str, arguments: &Arguments) -> bool {
    let equal = |name: &str, text: &str| {
        given(arguments, name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(text))
    };
    equal("address", address)
        && equal("cluster", cluster)
        && equal("status", "HEALTHY")
        && port_given(arguments).is_none_or(|wanted| wanted == i32::from(port))
}

/// A cluster is dumped if one of its endpoints is wanted.
pub(super) fn is_endpoint_entry_wanted(entry: &Value, arguments: &Arguments) -> bool {
    let name = entry["name"].as_str().unwrap_or_default();
    let hosts = entry["hostStatuses"].as_array().into_iter().flatten();
    let mut hosts = hosts.map(|host| &host["address"]);
    hosts.any(|address| {
        let socket = &address["socketAddress"];
        let ip = socket["address"].as_str().or_else(|| address["pipe"]["path"].as_str());
        let port = socket["portValue"].as_u64().and_then(|port| u16::try_from(port).ok());
        is_endpoint_wanted(ip.unwrap_or_default(), port.unwrap_or(0), name, arguments)
    })
}

pub(super) fn endpoints(proxy: &Proxy, arguments: &Arguments) -> Vec<Vec<String>> {
    let configured = proxy.config.clusters.iter().flat_map(|cluster| {
        cluster.endpoints.iter().map(move |to| {
            let check = if proxy.is_ejected(cluster, to.pod) { "FAILED" } else { "OK" };
            (to.ip.as_str(), to.port, name(cluster), check)
        })
    });
    let own = OWN_CLUSTERS.iter().filter_map(|(name, address)| {
        let (ip, port) = (*address)?;
        Some((ip, port, (*name).to_owned(), "OK"))
    });
    let mut found: Vec<(&str, u16, String, &str)> = configured
        .chain(own)
        .filter(|(ip, port, name, _)| is_endpoint_wanted(ip, *port, name, arguments))
        .collect();
    found.sort();
    let row = |(ip, port, name, check): (&str, u16, String, &str)| {
        let endpoint = if port == 0 { ip.to_owned() } else { format!("{ip}:{port}") };
        vec![endpoint, "HEALTHY".to_owned(), check.to_owned(), name]
    };
    found.into_iter().map(row).collect()
}

fn is_port_wanted(port: u16, arguments: &Arguments) -> bool {
    given(arguments, "address").is_none_or(|address| address == ANY)
        && given(arguments, "type").is_none_or(|kind| kind.eq_ignore_ascii_case("HTTP"))
        && port_given(arguments).is_none_or(|wanted| wanted == i32::from(port))
}

pub(super) fn is_listener_wanted(entry: &Value, arguments: &Arguments) -> bool {
    let port = entry["address"]["socketAddress"]["portValue"].as_u64();
    is_port_wanted(port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0), arguments)
}

pub(super) fn listeners(proxy: &Proxy, arguments: &Arguments) -> Vec<Vec<String>> {
    let open = listening(&proxy.config);
    let open = open.into_iter().map(|(port, table)| (port, format!("Route: {table}")));
    let own = OWN_PORTS.iter().map(|(port, path)| (*port, format!("Inline Route: {path}*")));
    let wanted = open.chain(own).filter(|(port, _)| is_port_wanted(*port, arguments));
    let row = |(port, to): (u16, String)| vec![ANY.to_owned(), port.to_string(), "ALL".into(), to];
    wanted.map(row).collect()
}

/// The first names of a host; long ones only differ in their ends.
fn shown_names(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [one, other] => format!("{one}, {other}"),
        // The full name says nothing new, and istioctl does not count it.
        [one, other, rest @ ..] => format!("{one}, {other} + {} more...", rest.len() - 1),
    }
}

pub(super) fn routes(proxy: &Proxy, arguments: &Arguments) -> Vec<Vec<String>> {
    let config = &proxy.config;
    let mut rows: Vec<[String; 5]> = Vec::new();
    for Table { name, port, hosts } in tables(config) {
        if hosts.is_empty() && !config.inside {
            let host = format!("blackhole:{port}");
            rows.push([name.clone(), host, "*".into(), "/*".into(), "404".into()]);
        }
        for (domain, names) in hosts {
            for (owner, _, one) in rules(config, (&domain, port)) {
                let owner = match owner.name.as_str() {
                    "" => String::new(),
                    name => format!("{name}.default"),
                };
                let host = host_name(&names, port);
                rows.push([name.clone(), host, shown_names(&names), shown_path(one), owner]);
            }
        }
    }
    rows.extend(OWN_PORTS.iter().rev().map(|(_, path)| {
        [String::new(), "backend".into(), "*".into(), format!("{path}*"), String::new()]
    }));
    let name = given(arguments, "name");
    rows.retain(|row| name.is_none_or(|name| name == row[0]));
    rows.into_iter().map(|row| row.to_vec()).collect()
}
