//! When the proxy tries a request again (IST-30..34), and where it has been tried.

use crate::mesh::flag::Flags;
use crate::mesh::proxy::HostId;
use crate::mesh::spec::Retries;
use crate::time::SimDuration;

/// Retries of a route that says nothing about them (IST-30).
pub const ATTEMPTS_DEFAULT: u8 = 2;

/// Pauses begin with this one (IST-33).
const BASE_DEFAULT: SimDuration = SimDuration::from_millis(25);

/// Istio's own conditions (IST-30). The list of status codes that belongs to the last is empty.
const CONDITIONS_DEFAULT: &str =
    "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

/// Conditions that Envoy knows but that cannot occur here: HTTP/2 streams that are refused, gRPC
/// statuses, and marks in answers that no release sets.
const NEVER: &[&str] = &[
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "envoy-ratelimited",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

/// What a rule says of retries.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Tries after the first.
    pub attempts: u8,
    /// Limit of one try.
    pub per_try: Option<SimDuration>,
    /// What is worth another try.
    pub conditions: Conditions,
    /// The unit of the pauses (IST-33).
    pub base: SimDuration,
    /// Whether endpoints already tried are avoided (IST-31).
    pub avoids_hosts: bool,
}

/// `retryOn`, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    connect_failure: bool,
    reset: bool,
    gateway_error: bool,
    server_error: bool,
    conflict: bool,
    statuses: Vec<u16>,
}

/// How a try has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection to the endpoint.
    Connect,
    /// The endpoint closed the connection before it answered.
    Reset,
    /// `perTryTimeout` has passed.
    TryTimeout,
    /// The answer has this status.
    Status(u16),
}

/// Why a failed try is not followed by another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The rule wants no retry, or not of such a failure.
    Unwanted,
    /// Every retry was used up.
    UsedUp,
    /// The cluster's limit of retries at once is reached (IST-62).
    Overflow,
}

impl Conditions {
    /// Reads `retryOn`. Numbers are status codes (IST-32). `Err` is a word that Envoy does not know.
    pub fn parse(text: &str) -> Result<Self, &str> {
        let mut read = Self::default();
        for word in text.split(',').map(str::trim) {
            match word {
                "connect-failure" | "reset-before-request" => read.connect_failure = true,
                "reset" => read.reset = true,
                "gateway-error" => read.gateway_error = true,
                "5xx" => read.server_error = true,
                "retriable-4xx" => read.conflict = true,
                _ if NEVER.contains(&word) => {}
                _ => match word.parse() {
                    Ok(status @ 100..=599) => read.statuses.push(status),
                    _ => return Err(word),
                },
            }
        }
        Ok(read)
    }

    /// Whether a failure is worth another try (IST-34).
    pub fn hold(&self, failure: Failure) -> bool {
        match failure {
            Failure::Status(code) => {
                self.server_error && 500 <= code
                    || self.gateway_error && matches!(code, 502..=504)
                    || self.conflict && code == 409
                    || self.statuses.contains(&code)
            }
            // Without any answer, `5xx` and `gateway-error` count too.
            Failure::Reset | Failure::TryTimeout => {
                self.reset || self.server_error || self.gateway_error
            }
            Failure::Connect => self.connect_failure || self.hold(Failure::Reset),
        }
    }
}

impl RetryPolicy {
    /// The policy of a rule; Istio's own if it says nothing.
    pub fn new(retries: Option<&Retries>) -> Self {
        let written = retries.and_then(|retries| retries.retry_on.as_deref());
        let conditions = Conditions::parse(written.unwrap_or(CONDITIONS_DEFAULT));
        let attempts = |retries: &Retries| u8::try_from(retries.attempts).unwrap_or(u8::MAX);
        Self {
            attempts: retries.map_or(ATTEMPTS_DEFAULT, attempts),
            per_try: retries.and_then(|retries| retries.per_try_timeout),
            conditions: conditions.unwrap_or_default(),
            base: retries.and_then(|retries| retries.back_off).unwrap_or(BASE_DEFAULT),
            avoids_hosts: retries.is_none_or(|retries| retries.avoid_hosts),
        }
    }

    /// Longest pause before the `retry`-th retry, counted from 1: twice the one before, up to ten times
    /// the first (IST-33).
    pub fn longest_pause(&self, retry: u8) -> SimDuration {
        let times = 1 << (retry.max(1) - 1).min(4);
        self.base.times(10.min(times))
    }
}

impl Failure {
    /// Code and flags for the user when there is no other try (IST-23), and why there is none.
    pub fn answer(self, end: End) -> (u16, Flags) {
        let (code, cause) = match self {
            Self::Connect => (503, Flags::UPSTREAM_FAILURE),
            Self::Reset => (503, Flags::UPSTREAM_CLOSED),
            Self::TryTimeout => (504, Flags::UPSTREAM_TIMEOUT),
            Self::Status(code) => (code, Flags::NONE),
        };
        match end {
            End::Unwanted => (code, cause),
            End::UsedUp => (code, cause.and(Flags::RETRY_LIMIT)),
            End::Overflow => (code, cause.and(Flags::OVERFLOW)),
        }
    }
}

/// Endpoints at which a request was tried, by its slot: the newest eight (IST-31). Only requests that
/// are retried have an entry.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    rows: Vec<[HostId; 8]>,
}

impl Tried {
    /// A request in this slot has failed at an endpoint after this many other tries.
    pub fn note(&mut self, slot: u32, tries: u8, host: HostId) {
        let row = self.row(slot);
        if tries == 0 {
            *row = <[HostId; 8]>::default();
        }
        row[usize::from(tries) % 8] = host;
    }

    /// A request goes on in another slot.
    pub fn moves(&mut self, from: u32, to: u32) {
        let row = *self.row(from);
        *self.row(to) = row;
    }

    /// Whether a request in this slot was tried there.
    pub fn contains(&self, slot: u32, host: HostId) -> bool {
        self.rows.get(slot as usize).is_some_and(|row| row.contains(&host))
    }

    fn row(&mut self, slot: u32) -> &mut [HostId; 8] {
        let slot = slot as usize;
        if self.rows.len() <= slot {
            self.rows.resize(slot + 1, <[HostId; 8]>::default());
        }
        &mut self.rows[slot]
    }
}
