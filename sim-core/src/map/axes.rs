//! The columns of the map: releases that traffic can be sent to, and the splits between them.

use std::collections::BTreeMap;

use schema::{Script, Statement};
use serde_json::{Value, json};

use crate::application::release::{Release, ReleaseValues};
use crate::cluster::api::{ApiServer, Kind, Object, Spec};
use crate::cluster::spec::{Labels, selects};
use crate::manifest;
use crate::map::Split;
use crate::mesh::config::{host_matches, service_name};
use crate::mesh::spec::{DestinationRuleSpec, RouteDestination, VirtualServiceSpec};
use crate::scenario::{Population, Scenario, Way};
use crate::simulation::Simulation;

/// Most columns.
const MOST_COLUMNS: usize = 24;
/// Up to so many releases, every two of them meet; of more, only neighbours.
const ALL_PAIRS: usize = 4;
/// Percent for the newer one of two releases, if there are no others.
const STEPS: [u8; 2] = [10, 50];

/// A release that traffic can be sent to.
#[derive(Clone, Debug)]
pub(super) struct Version {
    /// The subset.
    pub(super) name: String,
    /// What it sends when users ask.
    pub(super) sends: Vec<Statement>,
    /// In which form it writes values, and which forms it reads (EC-6).
    pub(super) values: BTreeMap<String, ReleaseValues>,
}

impl Version {
    /// As a release of the matrix.
    pub(super) fn release(&self) -> schema::compat::Release {
        let script = Script { statements: self.sends.clone(), ..Script::default() };
        schema::compat::Release { name: self.name.clone(), script }
    }
}

/// Where the weights stand, and what they are of.
#[derive(Clone, Debug)]
pub(super) struct Axes {
    pub(super) versions: Vec<Version>,
    virtual_service: String,
    rule: usize,
    destination: Value,
}

/// The rule of a VirtualService that takes the requests to a host that no other rule takes.
fn rule(spec: &VirtualServiceSpec, host: &str) -> Option<usize> {
    let speaks = spec.hosts.iter().any(|pattern| host_matches(pattern, host));
    let last = spec.http.iter().rposition(|rule| rule.matches.is_empty());
    last.filter(|_| speaks)
}

/// The users whose requests the gateway divides.
pub(super) fn users(scenario: &Scenario) -> Result<&Population, String> {
    let by_gateway = |population: &&Population| population.way == Way::Gateway;
    let found = scenario.traffic.iter().find(by_gateway);
    found.ok_or_else(|| "no users come through the gateway, which divides the traffic".to_owned())
}

/// The manifests of a workspace's files that describe a Deployment or DestinationRule which is not there yet,
/// each kind and name once.
pub(super) fn files_to_apply(simulation: &Simulation) -> Vec<String> {
    let api = &simulation.world().api;
    let mut known: Vec<(Kind, String)> = Vec::new();
    let mut files = Vec::new();
    for (path, text) in manifests(simulation.files()) {
        let objects = manifest::parse(path, text).unwrap_or_default();
        let objects = objects.into_iter().filter_map(|document| document.manifest.ok());
        let objects = objects.map(|manifest| (manifest.spec.kind(), manifest.name));
        let new: Vec<_> = objects
            .filter(|(kind, _)| matches!(kind, Kind::Deployment | Kind::DestinationRule))
            .filter(|(kind, name)| api.get(*kind, name).is_none())
            .filter(|object| !known.contains(object))
            .collect();
        if !new.is_empty() {
            known.extend(new);
            files.push(path.clone());
        }
    }
    files
}

fn manifests(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
    files.iter().filter(|(path, _)| path.ends_with(".yaml") || path.ends_with(".yml"))
}

impl Axes {
    /// Finds them among the objects of a run in which everything is deployed.
    pub(super) fn find(simulation: &Simulation) -> Result<Self, String> {
        let (scenario, api) = (simulation.scenario(), &simulation.world().api);
        let users = users(scenario)?;
        let routes = api.list(Kind::VirtualService).find_map(|(name, object)| {
            let spec = virtual_service(object)?;
            let rule = rule(spec, &users.host)?;
            Some((name, object, &spec.http[rule], rule))
        });
        let (name, object, route, rule) = routes
            .ok_or_else(|| format!("no VirtualService divides the requests to {}", users.host))?;
        let pointer = format!("/spec/http/{rule}/route/0/destination");
        let destination = object.manifest.document.pointer(&pointer).cloned().unwrap_or_default();
        let host = route.destinations.first().map_or("", |to| service_name(&to.host));
        let live = |subset: &str| {
            let to = route.destinations.iter().filter(|to| to.subset.as_deref() == Some(subset));
            to.map(|to| u64::from(to.weight.unwrap_or(100))).sum::<u64>()
        };
        let mut versions: Vec<Version> = Vec::new();
        for subset in subsets(api, host) {
            let labels = subset.1;
            let release = release_of(api, labels, &scenario.releases);
            let new = versions.iter().all(|version| version.name != *subset.0);
            if let Some(release) = release.filter(|_| new) {
                let (sends, values) = (sends(release, scenario), release.values.clone());
                versions.push(Version { name: subset.0.clone(), sends, values });
            }
        }
        if versions.is_empty() {
            return Err(format!(
                "no DestinationRule of {host} has a subset in which a described release runs"
            ));
        }
        versions.sort_by_key(|version| {
            let name = &version.name;
            (std::cmp::Reverse(live(name)), name.len(), name.clone())
        });
        Ok(Self { versions, virtual_service: name.to_owned(), rule, destination })
    }

    /// The command that gives the gateway the weights of a split.
    pub(super) fn command(&self, split: &Split) -> String {
        let route = split.shares().map(|(version, percent)| {
            let mut destination = self.destination.clone();
            destination["subset"] = self.versions[version].name.as_str().into();
            json!({ "destination": destination, "weight": percent })
        });
        let path = format!("/spec/http/{}/route", self.rule);
        let value = Value::Array(route.collect());
        let patch = json!([{ "op": "replace", "path": path, "value": value }]);
        format!("kubectl patch virtualservice {} --type=json -p '{patch}'", self.virtual_service)
    }

    /// The split that weights of subsets make; none if some of them are no versions.
    pub(super) fn split<'s>(&self, weights: impl Iterator<Item = (&'s str, u32)>) -> Option<Split> {
        let mut sums = vec![0_u64; self.versions.len()];
        for (subset, weight) in weights.filter(|(_, weight)| 0 < *weight) {
            let version = self.versions.iter().position(|version| version.name == subset)?;
            sums[version] += u64::from(weight);
        }
        let total: u64 = sums.iter().sum();
        if total == 0 {
            return None;
        }
        let mut shares: Vec<u8> =
            sums.iter().map(|sum| ((sum * 100 + total / 2) / total) as u8).collect();
        // Rounding must not add up to 99 or 101; whoever gets anything keeps a percent.
        let largest = (0..shares.len()).max_by_key(|place| shares[*place])?;
        let others: u32 =
            shares.iter().map(|share| u32::from(*share)).sum::<u32>() - u32::from(shares[largest]);
        shares[largest] = 100_u32.saturating_sub(others) as u8;
        Some(Split(shares))
    }

    /// All columns: each version alone, steps between two of them, what files have, and what is asked for.
    /// The older side comes first. True if some are left out.
    pub(super) fn columns(
        &self,
        simulation: &Simulation,
        asked: impl Iterator<Item = Split>,
    ) -> (Vec<Split>, bool) {
        let count = self.versions.len();
        let mut all: Vec<Split> =
            (0..count).map(|version| self.between(version, version, 100)).collect();
        for new in 1..count {
            let first = if count <= ALL_PAIRS { 0 } else { new - 1 };
            let steps: &[u8] = if count == 2 { &STEPS } else { &[50] };
            let pairs = (first..new).flat_map(|old| steps.iter().map(move |step| (old, *step)));
            all.extend(pairs.map(|(old, step)| self.between(old, new, step)));
        }
        let must = asked.chain(self.of_files(simulation));
        let must: Vec<Split> = must.filter(|split| !all.contains(split)).collect();
        all.splice(0..0, must);
        let mut columns: Vec<Split> = Vec::new();
        for split in all {
            if !columns.contains(&split) {
                columns.push(split);
            }
        }
        let too_many = MOST_COLUMNS < columns.len();
        columns.truncate(MOST_COLUMNS);
        columns.sort_by_key(|split| {
            let newest = split.shares().next_back().unwrap_or_default();
            let oldest = split.shares().next().unwrap_or_default();
            (newest.0, newest.1 == 100, oldest.0, newest.1)
        });
        (columns, too_many)
    }

    /// So many percent for `new`, the others for `old`.
    fn between(&self, old: usize, new: usize, percent: u8) -> Split {
        let mut shares = vec![0; self.versions.len()];
        shares[old] = 100 - percent;
        shares[new] += percent;
        Split(shares)
    }

    /// The splits that the workspace's files would make.
    fn of_files(&self, simulation: &Simulation) -> Vec<Split> {
        let mut found = Vec::new();
        for (path, text) in manifests(simulation.files()) {
            for document in manifest::parse(path, text).unwrap_or_default() {
                let Ok(manifest) = document.manifest else { continue };
                let Spec::VirtualService(spec) = &manifest.spec else { continue };
                if manifest.name != self.virtual_service {
                    continue;
                }
                let rules = spec.http.iter().filter(|rule| rule.matches.is_empty());
                found.extend(rules.filter_map(|rule| self.split(weights(&rule.destinations))));
            }
        }
        found
    }
}

/// Subsets and weights of a rule, as the file has them (IST-07).
fn weights(destinations: &[RouteDestination]) -> impl Iterator<Item = (&str, u32)> {
    let alone = destinations.len() == 1;
    destinations.iter().map(move |to| {
        let weight = if alone { 100 } else { to.weight.unwrap_or(0) };
        (to.subset.as_deref().unwrap_or_default(), weight)
    })
}

fn virtual_service(object: &Object) -> Option<&VirtualServiceSpec> {
    match &object.manifest.spec {
        Spec::VirtualService(spec) => Some(spec),
        _ => None,
    }
}

fn destination_rule(object: &Object) -> Option<&DestinationRuleSpec> {
    match &object.manifest.spec {
        Spec::DestinationRule(spec) => Some(spec),
        _ => None,
    }
}

/// The subsets of a Service, with their labels.
fn subsets<'a>(
    api: &'a ApiServer,
    host: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Labels)> {
    let rules = api.list(Kind::DestinationRule).filter_map(|(_, object)| destination_rule(object));
    let rules = rules.filter(move |rule| service_name(&rule.host) == host);
    rules.flat_map(|rule| &rule.subsets).map(|subset| (&subset.name, &subset.labels))
}

/// The release whose pods have these labels.
fn release_of<'r>(
    api: &ApiServer,
    labels: &Labels,
    releases: &'r BTreeMap<String, Release>,
) -> Option<&'r Release> {
    api.list(Kind::Deployment).find_map(|(_, object)| {
        let Spec::Deployment(spec) = &object.manifest.spec else { return None };
        let template = &spec.template;
        let selected = selects(labels, &template.labels);
        let mut images = template.spec.containers.iter().map(|container| &container.image);
        selected.then(|| images.find_map(|image| releases.get(image)))?
    })
}

/// The statements that a release sends for what the users ask.
fn sends(release: &Release, scenario: &Scenario) -> Vec<Statement> {
    let asked = |method: &str, path: &str| {
        let mut kinds = scenario.traffic.iter().flat_map(|population| &population.requests);
        kinds.any(|kind| kind.method == method && kind.path.starts_with(path))
    };
    let routes = release.routes.iter().filter(|route| asked(&route.method, &route.path));
    let texts = routes.flat_map(|route| &route.sql);
    let engine = scenario.database.engine;
    texts.flat_map(|sql| engine.parse(&sql.text).unwrap_or_default().statements).collect()
}
