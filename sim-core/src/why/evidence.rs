//! What led to the end of a request: entries of the trace, found by its flag.

use crate::mesh::flag::Flags;
use crate::mesh::proxy::ProxyId;
use crate::request::statement::Unserved;
use crate::request::{Ended, Request};
use crate::telemetry::failure::{CallError, Sign};
use crate::trace::{Entry, Topic, Trace};
use crate::why::{chain, database};
use crate::world::World;

/// Most pods that are spoken of.
const PODS: usize = 4;

/// A fact, and the chain that led to it.
#[derive(Clone, Debug)]
pub struct Because {
    /// The fact, for people; begins in lower case, no full stop.
    pub fact: String,
    /// What led to it, the last thing first; empty if the scenario says so.
    pub chain: Vec<Entry>,
}

impl Because {
    pub(super) fn entry(fact: impl Into<String>, trace: &Trace, index: usize) -> Self {
        let chain = chain(trace, index).into_iter().cloned().collect();
        Self { fact: fact.into(), chain }
    }
}

/// Everything that explains how a request ended; of a failure also what is broken on purpose then.
pub(super) fn of(
    ended: &Ended,
    request: &Request,
    (proxy, pod): (ProxyId, Option<&str>),
    world: &World,
) -> Vec<Because> {
    let mut all = match ended.sign {
        _ if ended.code == 500 && request.unserved != Unserved::No => {
            database::of(request, &world.registry.name(ended.to).version, world)
        }
        Sign::Proxy(flag) => by_flag((ended, flag), proxy, pod, world),
        Sign::Caller(error) => by_error(error, &world.registry.name(ended.to).service, pod, world),
    };
    if ended.code == 0 || 500 <= ended.code {
        all.extend(injected(world));
    }
    all
}

/// Faults that are not over.
fn injected(world: &World) -> impl Iterator<Item = Because> {
    world.faults.active().filter_map(|(number, active)| {
        let subject = format!("fault/{number}");
        let index = newest(&world.trace, |entry| entry.subject == subject)?;
        let fact = format!("{} is injected", active.fault.kind.description().name);
        Some(Because::entry(fact, &world.trace, index))
    })
}

fn by_flag(
    (ended, flag): (&Ended, Flags),
    proxy: ProxyId,
    pod: Option<&str>,
    world: &World,
) -> Vec<Because> {
    let configuration = |service: &str| configuration(service, proxy, world);
    let to = world.registry.name(ended.to);
    match flag.end() {
        Flags::NO_HEALTHY_UPSTREAM => {
            let mut all = configuration(&to.service);
            let unready = unready(world);
            all.extend(if unready.is_empty() { endpoints(&to.service, world) } else { unready });
            all
        }
        Flags::NO_ROUTE | Flags::NO_CLUSTER | Flags::OVERFLOW | Flags::FAULT_ABORT => {
            configuration(&to.service)
        }
        Flags::UPSTREAM_FAILURE | Flags::UPSTREAM_CLOSED => {
            pod.map(|pod| of_pod(pod, world)).unwrap_or_default()
        }
        Flags::NONE
            if ended.code == 503 && pod.is_some_and(|pod| is_behind_sidecar(pod, world)) =>
        {
            pod.map(|pod| of_pod(pod, world)).unwrap_or_default()
        }
        Flags::NONE if ended.code == 503 => {
            let fact =
                format!("every worker of that {} pod was busy, and its line full", to.version);
            vec![Because { fact, chain: Vec::new() }]
        }
        Flags::NONE if 500 <= ended.code && !world.faults.breaks_answers() => {
            let fact = format!("version {} answers so: the scenario says it", to.version);
            vec![Because { fact, chain: Vec::new() }]
        }
        Flags::NONE if flag.contain(Flags::FAULT_DELAY) => configuration(&to.service),
        _ => Vec::new(),
    }
}

/// Of a call that no proxy saw: what became of its pod, and what kube-proxy knew of the Service.
fn by_error(error: CallError, service: &str, pod: Option<&str>, world: &World) -> Vec<Because> {
    let mut all = match pod {
        Some(pod) if matches!(error, CallError::Reset | CallError::Refused) => of_pod(pod, world),
        _ => Vec::new(),
    };
    let subject = format!("kube-proxy/{service}");
    if let Some(index) = newest(&world.trace, |entry| entry.subject == subject) {
        let fact = "kube-proxy had last written this for new connections";
        all.push(Because::entry(fact, &world.trace, index));
    }
    all
}

/// The configuration that a proxy used: the newest that speaks of the service, or the newest.
fn configuration(service: &str, proxy: ProxyId, world: &World) -> Vec<Because> {
    let subject = world.mesh.subject(proxy);
    let used = |entry: &Entry| entry.topic == Topic::Config && entry.subject == subject;
    let newest = newest(&world.trace, |entry| used(entry) && entry.text.contains(service));
    let newest = newest.or_else(|| self::newest(&world.trace, used));
    let fact = format!("the {subject} uses this configuration");
    let because = |index| Because::entry(&fact, &world.trace, index);
    newest.map(because).into_iter().collect()
}

/// How a Service's endpoints became what they are.
fn endpoints(service: &str, world: &World) -> Vec<Because> {
    let subject = format!("endpoints/{service}");
    let because =
        |index| Because::entry(format!("{service} had last these endpoints"), &world.trace, index);
    newest(&world.trace, |entry| entry.subject == subject).map(because).into_iter().collect()
}

/// Pods that are not ready, and where they stand.
fn unready(world: &World) -> Vec<Because> {
    let pods = world.cluster.state.pods.values().filter(|pod| !pod.is_ready());
    pods.take(PODS)
        .filter_map(|pod| {
            let subject = format!("pod/{}", pod.name);
            let index = newest(&world.trace, |entry| entry.subject == subject)?;
            Some(Because::entry(format!("{subject} is not ready"), &world.trace, index))
        })
        .collect()
}

fn is_behind_sidecar(name: &str, world: &World) -> bool {
    let pod = world.cluster.state.pod_named(name);
    pod.is_some_and(|pod| world.sidecar_speaks(pod.id))
}

fn of_pod(name: &str, world: &World) -> Vec<Because> {
    let subject = format!("pod/{name}");
    let newest = newest(&world.trace, |entry| entry.subject == subject);
    let because = |index| Because::entry(format!("{subject} had changed"), &world.trace, index);
    newest.map(because).into_iter().collect()
}

/// Place of the newest entry of which this holds.
pub(super) fn newest(trace: &Trace, holds: impl Fn(&Entry) -> bool) -> Option<usize> {
    (0..trace.len()).rev().find(|&index| trace.get(index).is_some_and(&holds))
}
