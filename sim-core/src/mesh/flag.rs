//! Envoy's response flags: why a request failed (IST-23).
//!
//! Simplified: a request that an injected delay held up and that then fails on its way shows the
//! failure alone, without `DI`.

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
    /// The connection to the endpoint failed: 503.
    UpstreamFailure,
    /// The same, and every retry was used up.
    UpstreamFailureLimit,
    /// The endpoint closed the connection before it answered: 503.
    UpstreamClosed,
    /// The same, and every retry was used up.
    UpstreamClosedLimit,
    /// The timeout of the route or of a try passed: 504.
    UpstreamTimeout,
    /// The timeout of a try passed, and every retry was used up: 504.
    UpstreamTimeoutLimit,
    /// The application's answer was worth a retry, but every retry was used up.
    RetryLimit,
    /// A limit of the connection pool was reached: 503.
    Overflow,
    /// The proxy was told to answer with an error.
    FaultAbort,
    /// The proxy was told to delay the request, which nothing else went wrong with.
    FaultDelay,
    /// The proxy was told to delay the request and then to answer with an error.
    FaultDelayAbort,
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
        Self::UpstreamFailureLimit,
        Self::UpstreamClosed,
        Self::UpstreamClosedLimit,
        Self::UpstreamTimeout,
        Self::UpstreamTimeoutLimit,
        Self::RetryLimit,
        Self::Overflow,
        Self::FaultAbort,
        Self::FaultDelay,
        Self::FaultDelayAbort,
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
            Self::UpstreamFailureLimit => "UF,URX",
            Self::UpstreamClosed => "UC",
            Self::UpstreamClosedLimit => "UC,URX",
            Self::UpstreamTimeout => "UT",
            Self::UpstreamTimeoutLimit => "UT,URX",
            Self::RetryLimit => "URX",
            Self::Overflow => "UO",
            Self::FaultAbort => "FI",
            Self::FaultDelay => "DI",
            Self::FaultDelayAbort => "DI,FI",
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
            Self::UpstreamFailureLimit => "connection refused, and no retry was left",
            Self::UpstreamClosed => "the pod ended before it answered",
            Self::UpstreamClosedLimit => "the pod ended before it answered, and no retry was left",
            Self::UpstreamTimeout => "the route's timeout passed",
            Self::UpstreamTimeoutLimit => "no try was answered in its time, and no retry was left",
            Self::RetryLimit => "an error from the application, and no retry was left",
            Self::Overflow => "a limit of the connection pool was reached",
            Self::FaultAbort => "the route's fault answers instead of the application",
            Self::FaultDelay => "answered by the application after the route's delay",
            Self::FaultDelayAbort => "the route's fault waits, then answers itself",
            Self::DownstreamClosed => "the user gave up waiting",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
