//! `istioctl analyze`: what Istio's own tool says of a set of objects (B.10).
//!
//! Pure functions over documents with positions: files as they were read, and what the API server
//! holds. Documents, not specifications, because the analyzers look at fields that the simulator does
//! not model, and at kinds that it does not have. Conditions, codes, levels and words are those of
//! Istio 1.26; where its tool repeats or orders messages by chance, they are ordered here.
//!
//! Left out: every message that is not in table B.10.

mod authorization;
mod conflict;
mod deployment;
mod destination;
mod gateway;
mod hosts;
mod injection;
mod matches;
mod message;
mod port_name;
mod print;
mod resource;
mod subset;
#[cfg(test)]
mod tests;
mod validation;
mod virtual_service;

pub use message::{Code, DOCUMENTATION, Level, Message};
pub use print::{json, log, yaml};
pub use resource::{FullName, Resource, Resources};

/// Most messages of one analysis: some come for every pair of rules.
pub const MESSAGES_MAX: usize = 1_000;

/// One analyzer: what `istioctl analyze --list-analyzers` shows, and what it does.
#[derive(Debug)]
pub struct Analyzer {
    /// Name, as Istio calls it.
    pub name: &'static str,
    /// What it looks for.
    pub about: &'static str,
    run: fn(&Resources, &mut Report),
}

const fn analyzer(
    name: &'static str,
    about: &'static str,
    run: fn(&Resources, &mut Report),
) -> Analyzer {
    Analyzer { name, about, run }
}

/// Every analyzer, by name.
pub const ANALYZERS: &[Analyzer] = &[
    analyzer(
        "authz.AuthorizationPoliciesAnalyzer",
        "Authorization policies that select no pod",
        authorization::analyze,
    ),
    analyzer(
        "deployment.MultiServiceAnalyzer",
        "Services that disagree about the ports of the same pods",
        deployment::analyze,
    ),
    analyzer(
        "destinationrule.SubsetSelectPodAnalyzer",
        "Subsets that select no pod, and rules for unknown hosts",
        subset::analyze_pods,
    ),
    analyzer(
        "gateway.ConflictingGatewayAnalyzer",
        "Gateways that open the same port for the same hosts",
        gateway::analyze_conflicts,
    ),
    analyzer(
        "gateway.IngressGatewayPortAnalyzer",
        "Gateways whose selector finds no proxy",
        gateway::analyze_selectors,
    ),
    analyzer("injection.Analyzer", "Namespaces and pods without sidecars", injection::analyze),
    analyzer(
        "schema.ValidationAnalyzer",
        "Objects that Istio's validation refuses or warns of",
        validation::analyze,
    ),
    analyzer(
        "service.PortNameAnalyzer",
        "Names of ports that do not tell the protocol",
        port_name::analyze,
    ),
    analyzer(
        "virtualservice.ConflictingMeshGatewayHostsAnalyzer",
        "VirtualServices for the same host in the mesh",
        conflict::analyze,
    ),
    analyzer(
        "virtualservice.DestinationHostAnalyzer",
        "Destinations that are no service, and ports that they do not have",
        destination::analyze,
    ),
    analyzer(
        "virtualservice.DestinationRuleAnalyzer",
        "Destinations whose subset no DestinationRule defines",
        subset::analyze_routes,
    ),
    analyzer(
        "virtualservice.GatewayAnalyzer",
        "Gateways of a VirtualService that do not exist or do not open its hosts",
        gateway::analyze_references,
    ),
];

/// Messages gathered so far.
#[derive(Debug, Default)]
struct Report {
    messages: Vec<Message>,
}

impl Report {
    fn add(&mut self, message: Message) {
        if !self.is_full() {
            self.messages.push(message);
        }
    }

    /// Whether further messages would be lost.
    fn is_full(&self) -> bool {
        MESSAGES_MAX <= self.messages.len()
    }
}

/// Everything the analyzers have to say, in the order in which istioctl prints it. With a namespace,
/// only what is about objects in it.
pub fn analyze(resources: &Resources, namespace: Option<&str>) -> Vec<Message> {
    let mut all = Vec::new();
    for analyzer in ANALYZERS {
        // One that floods does not silence the others.
        let mut report = Report::default();
        (analyzer.run)(resources, &mut report);
        all.append(&mut report.messages);
    }
    all.retain(|message| {
        let home = message.origin.home();
        home.is_empty() || namespace.is_none_or(|namespace| namespace == home)
    });
    all.sort_by_cached_key(Message::sort_key);
    all.dedup_by_key(|message| message.to_string());
    all
}
