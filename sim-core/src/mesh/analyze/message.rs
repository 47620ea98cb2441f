//! Messages: code, level, origin, words.

use std::fmt;

use serde_json::{Value, json};

use crate::diagnostic::Position;
use crate::mesh::analyze::resource::{FullName, Resource};

/// Where Istio explains its messages.
pub const DOCUMENTATION: &str = "https://istio.io/v1.26/docs/reference/config/analysis";

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Traffic will fail.
    Error,
    /// Something does not do what it seems to.
    Warning,
    /// Worth knowing.
    Info,
}

impl Level {
    /// Every level, as istioctl lists them.
    pub const ALL: &[Self] = &[Self::Info, Self::Warning, Self::Error];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Info => "Info",
        }
    }

    /// The level of this name, case aside.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.name().eq_ignore_ascii_case(name))
    }

    /// Whether it is as bad as another or worse.
    pub fn reaches(self, other: Self) -> bool {
        self <= other
    }
}

/// What a message says (B.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Something that is referred to does not exist.
    ReferencedResourceNotFound,
    /// A namespace gives its pods no sidecars.
    NamespaceNotInjected,
    /// A pod should have a sidecar.
    PodMissingProxy,
    /// Istio's validation refuses the object.
    SchemaValidationError,
    /// Several `VirtualServices` for one host in the mesh (IST-09).
    ConflictingMeshGatewayVirtualServiceHosts,
    /// A destination with several ports, and none named (IST-11).
    VirtualServiceDestinationPortSelectorRequired,
    /// One port, two protocols.
    DeploymentAssociatedToMultipleServices,
    /// A port's name does not tell the protocol.
    PortNameIsNotUnderNamingConvention,
    /// A selector that finds no pod.
    NoMatchingWorkloadsFound,
    /// A rule behind one that takes everything (IST-01).
    VirtualServiceUnreachableRule,
    /// A match that an earlier one has taken.
    VirtualServiceIneffectiveMatch,
    /// A Gateway does not open any host of the VirtualService.
    VirtualServiceHostNotFoundInGateway,
    /// One target port, two ports.
    DeploymentConflictingPorts,
    /// A rule with a subset that ingress traffic does not meet (IST-05).
    IngressRouteRulesNotAffected,
    /// Two Gateways for the same port and hosts.
    ConflictingGateways,
    /// A subset without pods (IST-22).
    DestinationRuleSubsetNotSelectPods,
    /// A DestinationRule for a host that is no service.
    UnknownDestinationRuleHost,
}

impl Code {
    /// Every code.
    pub const ALL: &[Self] = &[
        Self::ReferencedResourceNotFound,
        Self::NamespaceNotInjected,
        Self::PodMissingProxy,
        Self::SchemaValidationError,
        Self::ConflictingMeshGatewayVirtualServiceHosts,
        Self::VirtualServiceDestinationPortSelectorRequired,
        Self::DeploymentAssociatedToMultipleServices,
        Self::PortNameIsNotUnderNamingConvention,
        Self::NoMatchingWorkloadsFound,
        Self::VirtualServiceUnreachableRule,
        Self::VirtualServiceIneffectiveMatch,
        Self::VirtualServiceHostNotFoundInGateway,
        Self::DeploymentConflictingPorts,
        Self::IngressRouteRulesNotAffected,
        Self::ConflictingGateways,
        Self::DestinationRuleSubsetNotSelectPods,
        Self::UnknownDestinationRuleHost,
    ];

    /// Its number and level in Istio's table of messages.
    const fn entry(self) -> (&'static str, Level) {
        use Level::{Error, Info, Warning};
        match self {
            Self::ReferencedResourceNotFound => ("IST0101", Error),
            Self::NamespaceNotInjected => ("IST0102", Info),
            Self::PodMissingProxy => ("IST0103", Warning),
            Self::SchemaValidationError => ("IST0106", Error),
            Self::ConflictingMeshGatewayVirtualServiceHosts => ("IST0109", Error),
            Self::VirtualServiceDestinationPortSelectorRequired => ("IST0112", Error),
            Self::DeploymentAssociatedToMultipleServices => ("IST0116", Warning),
            Self::PortNameIsNotUnderNamingConvention => ("IST0118", Info),
            Self::NoMatchingWorkloadsFound => ("IST0127", Warning),
            Self::VirtualServiceUnreachableRule => ("IST0130", Warning),
            Self::VirtualServiceIneffectiveMatch => ("IST0131", Info),
            Self::VirtualServiceHostNotFoundInGateway => ("IST0132", Warning),
            Self::DeploymentConflictingPorts => ("IST0137", Warning),
            Self::IngressRouteRulesNotAffected => ("IST0140", Warning),
            Self::ConflictingGateways => ("IST0145", Error),
            Self::DestinationRuleSubsetNotSelectPods => ("IST0173", Error),
            Self::UnknownDestinationRuleHost => ("IST0174", Warning),
        }
    }

    /// `IST0101`.
    pub fn number(self) -> &'static str {
        self.entry().0
    }

    /// How bad it is.
    pub fn level(self) -> Level {
        self.entry().1
    }
}

/// What a message is about, and where that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: FullName,
    /// File and line; None for an object of the API server.
    pub place: Option<(String, u32)>,
}

impl Origin {
    /// The namespace it belongs to; a Namespace belongs to itself.
    pub(super) fn home(&self) -> &str {
        if self.kind == "Namespace" { &self.name.name } else { &self.name.namespace }
    }

    /// `green.yaml:12`.
    fn reference(&self) -> Option<String> {
        self.place.as_ref().map(|(file, line)| format!("{file}:{line}"))
    }
}

/// `VirtualService default/my-app-vs`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it says.
    pub code: Code,
    /// What it is about.
    pub origin: Origin,
    /// Its words.
    pub text: String,
}

/// What messages are ordered by.
pub(super) type SortKey = (Level, Code, String, String, String, String);

impl Message {
    /// A message about an object as a whole: it is placed where the object begins.
    pub(super) fn new(code: Code, resource: &Resource, text: String) -> Self {
        let place = resource.file.clone().map(|file| (file, resource.root.position.line));
        let origin = Origin { kind: resource.kind.clone(), name: resource.name.clone(), place };
        Self { code, origin, text }
    }

    /// The same message about one place in the object, if the place is known.
    pub(super) fn at(mut self, position: Option<Position>) -> Self {
        if let (Some((_, line)), Some(position)) = (&mut self.origin.place, position)
            && 0 < position.line
        {
            *line = position.line;
        }
        self
    }

    pub(super) fn sort_key(&self) -> SortKey {
        let Origin { kind, name, .. } = &self.origin;
        let (namespace, name) = (name.namespace.clone(), name.name.clone());
        (self.code.level(), self.code, kind.clone(), name, namespace, self.to_string())
    }

    /// The message as istioctl's JSON has it.
    pub fn document(&self) -> Value {
        let number = self.code.number();
        let explained = format!("{DOCUMENTATION}/{}/?ref=istioctl-analyze", number.to_lowercase());
        let mut fields = json!({
            "code": number,
            "documentationUrl": explained,
            "level": self.code.level().name(),
            "message": self.text,
            "origin": self.origin.to_string(),
        });
        if let Some(reference) = self.origin.reference() {
            fields["reference"] = reference.into();
        }
        fields
    }
}

/// `Error [IST0101] (VirtualService default/my-app-vs green.yaml:12) Referenced ...`.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (level, number) = (self.code.level().name(), self.code.number());
        write!(f, "{level} [{number}] ({}", self.origin)?;
        if let Some(reference) = self.origin.reference() {
            write!(f, " {reference}")?;
        }
        write!(f, ") {}", self.text)
    }
}

/// A list as Go prints it: `[a b]`.
pub(super) fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(" "))
}
