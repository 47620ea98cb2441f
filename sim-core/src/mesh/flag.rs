//! Envoy's response flags: why a request failed (IST-23).

use std::fmt;

/// The flag that the gateway's proxy puts on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// No flag: the answer came from the application.
    None,
    /// No route matched: 404.
    NoRoute,
    /// The route names a cluster that does not exist: 503.
    NoCluster,
    /// The cluster has no healthy endpoint: 503.
    NoHealthyUpstream,
    /// The connection to the endpoint failed, and the route has no retries: 503.
    UpstreamFailure,
    /// The connection to the endpoint failed at the last retry too: 503.
    RetriesExhausted,
    /// The endpoint closed the connection before it answered: 503.
    UpstreamClosed,
    /// The route's timeout passed: 504.
    UpstreamTimeout,
    /// The client went away: no answer.
    DownstreamClosed,
}

impl Flag {
    /// Every flag.
    pub const ALL: &[Self] = &[
        Self::None,
        Self::NoRoute,
        Self::NoCluster,
        Self::NoHealthyUpstream,
        Self::UpstreamFailure,
        Self::RetriesExhausted,
        Self::UpstreamClosed,
        Self::UpstreamTimeout,
        Self::DownstreamClosed,
    ];

    /// As Envoy's access log and the label `response_flags` write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "-",
            Self::NoRoute => "NR",
            Self::NoCluster => "NC",
            Self::NoHealthyUpstream => "UH",
            Self::UpstreamFailure => "UF",
            Self::RetriesExhausted => "URX,UF",
            Self::UpstreamClosed => "UC",
            Self::UpstreamTimeout => "UT",
            Self::DownstreamClosed => "DC",
        }
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::None => "answered by the application",
            Self::NoRoute => "no route matched",
            Self::NoCluster => "the route names a subset that no DestinationRule defines",
            Self::NoHealthyUpstream => "no ready endpoint",
            Self::UpstreamFailure => "connection refused",
            Self::RetriesExhausted => "connection refused, and no retry was left",
            Self::UpstreamClosed => "the pod ended before it answered",
            Self::UpstreamTimeout => "the route's timeout passed",
            Self::DownstreamClosed => "the user gave up waiting",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
