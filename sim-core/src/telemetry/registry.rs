//! The counters that requests raise on their way, under Istio's names (IST-90..93).
//!
//! A request raises two of them: one as the client's proxy saw it (`reporter="source"`), one as the
//! pod's sidecar saw it (`reporter="destination"`); a pod without sidecar reports as if it had one. A
//! request that never reached a pod has only the first, with the destination `unknown` (IST-93). Sizes
//! of requests and TCP are not modelled, nor is mTLS: principals are `unknown`.

use crate::cluster::spec::Labels;
use crate::mesh::flag::Flags;
use crate::telemetry::failure::CallError;
use crate::time::SimDuration;

/// Upper bounds of the latency buckets in microseconds, without the last, infinite one (IST-92).
pub const BUCKETS: [u64; 19] = [
    500,
    1_000,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    300_000_000,
    600_000_000,
    1_800_000_000,
    3_600_000_000,
];

/// Name of the gateway's workload.
const GATEWAY: &str = "istio-ingressgateway";

/// Who counted a request (IST-93).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// The client's proxy: the gateway, or the caller's sidecar.
    Source,
    /// The server's sidecar.
    Destination,
}

impl Reporter {
    /// Value of the label `reporter`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }
}

/// Names one destination of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DestinationId(pub u16);

impl DestinationId {
    /// Where a request goes that has no destination.
    pub const UNKNOWN: Self = Self(0);
}

/// What Istio's labels say of a destination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Destination {
    /// `destination_service_name`.
    pub service: String,
    /// `destination_workload`.
    pub workload: String,
    /// `destination_app`.
    pub app: String,
    /// `destination_version`.
    pub version: String,
}

impl Destination {
    /// A destination of which only the service is known: no endpoint was chosen.
    pub fn service_only(service: &str) -> Self {
        let unknown = || "unknown".to_owned();
        Self { service: service.into(), workload: unknown(), app: unknown(), version: unknown() }
    }
}

/// Names one workload that sends requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(u8);

impl SourceId {
    /// The ingress gateway.
    pub const GATEWAY: Self = Self(0);
    /// Callers without a proxy that could say who they are.
    pub const UNKNOWN: Self = Self(1);
}

/// What Istio's labels say of who sends requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// `source_workload`.
    pub workload: String,
    /// `source_workload_namespace`.
    pub namespace: String,
    /// `source_app`.
    pub app: String,
    /// `source_version`.
    pub version: String,
}

impl Source {
    /// A workload in the users' namespace, whose pods have these labels.
    pub fn caller(workload: &str, labels: &Labels) -> Self {
        let label = |key| labels.get(key).map_or("unknown", String::as_str);
        Self::new(workload, "default", label("app"), label("version"))
    }

    fn new(workload: &str, namespace: &str, app: &str, version: &str) -> Self {
        let [workload, namespace, app, version] =
            [workload, namespace, app, version].map(str::to_owned);
        Self { workload, namespace, app, version }
    }
}

/// Requests of one source, destination, reporter, code and flag.
#[derive(Clone, Debug)]
pub struct RequestSeries {
    /// Who sent them.
    pub from: SourceId,
    /// Who counted.
    pub reporter: Reporter,
    /// `response_code`; 0 if none was sent.
    pub code: u16,
    /// `response_flags`.
    pub flag: Flags,
    /// `istio_requests_total`.
    pub requests: u64,
    /// Sum of the durations in microseconds.
    pub sum_micros: u64,
    /// Requests by duration bucket, not cumulative; the last is the infinite one.
    pub buckets: [u64; BUCKETS.len() + 1],
}

/// Calls that no proxy saw, of one destination and outcome, as the callers know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectSeries {
    /// Where the connection led.
    pub to: DestinationId,
    /// Status code, 0 if there was no answer, and then why.
    pub outcome: (u16, Option<CallError>),
    /// How many.
    pub calls: u64,
}

/// What one population of users experienced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserCounts {
    /// Tries that were sent.
    pub sent: u64,
    /// Tries that were answered with a code below 500.
    pub answered: u64,
    /// Of these, tries that were answered with 400 or above.
    pub denied: u64,
    /// Tries that were answered with 500 or above.
    pub errors: u64,
    /// Tries that were given up for lack of an answer.
    pub timeouts: u64,
    /// Tries that found nobody listening.
    pub refused: u64,
    /// Tries whose connection was closed before the answer; a user of the gateway has 503 then.
    pub resets: u64,
    /// Tries that repeat an earlier one.
    pub retries: u64,
}

impl UserCounts {
    /// Tries that have ended.
    pub fn ended(&self) -> u64 {
        self.answered + self.errors + self.timeouts + self.refused + self.resets
    }
}

/// All counters that requests raise.
#[derive(Clone, Debug)]
pub struct Registry {
    sources: Vec<Source>,
    destinations: Vec<(Destination, Vec<RequestSeries>)>,
    /// Destination and place there of every series, in the order in which they first appeared.
    order: Vec<(u16, u16)>,
    /// By population.
    pub users: Vec<UserCounts>,
    direct: Vec<DirectSeries>,
}

impl Registry {
    /// Counters at zero for this many populations.
    pub fn new(populations: usize) -> Self {
        let unknown = Destination::service_only("unknown");
        let gateway = Source::new(GATEWAY, "istio-system", GATEWAY, "unknown");
        let nobody = Source::new("unknown", "unknown", "unknown", "unknown");
        Self {
            sources: vec![gateway, nobody],
            destinations: vec![(unknown, Vec::new())],
            order: Vec::new(),
            users: vec![UserCounts::default(); populations],
            direct: Vec::new(),
        }
    }

    /// The id of a source, new or known.
    pub fn source(&mut self, source: Source) -> SourceId {
        let known = self.sources.iter().position(|known| *known == source);
        let index = known.unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        SourceId(u8::try_from(index).expect("fewer than 256 populations call"))
    }

    /// What is said of a source.
    pub fn sender(&self, id: SourceId) -> &Source {
        &self.sources[usize::from(id.0)]
    }

    /// The id of a destination, new or known.
    pub fn destination(&mut self, destination: Destination) -> DestinationId {
        let known = self.destinations.iter().position(|(known, _)| *known == destination);
        let index = known.unwrap_or_else(|| {
            self.destinations.push((destination, Vec::new()));
            self.destinations.len() - 1
        });
        DestinationId(u16::try_from(index).expect("fewer than 65536 workloads and services"))
    }

    /// Counts one request.
    #[inline]
    pub fn count(
        &mut self,
        reporter: Reporter,
        (from, to): (SourceId, DestinationId),
        (code, flag): (u16, Flags),
        duration: SimDuration,
    ) {
        let all = &mut self.destinations[to.0 as usize].1;
        let found = all.iter().position(|series| {
            series.code == code
                && series.reporter == reporter
                && series.flag == flag
                && series.from == from
        });
        let index = found.unwrap_or_else(|| {
            let buckets = [0; BUCKETS.len() + 1];
            let (requests, sum_micros) = (0, 0);
            all.push(RequestSeries { from, reporter, code, flag, requests, sum_micros, buckets });
            self.order.push((to.0, (all.len() - 1) as u16));
            all.len() - 1
        });
        let series = &mut all[index];
        let micros = duration.as_micros();
        series.requests += 1;
        series.sum_micros += micros;
        let bucket = BUCKETS.iter().position(|&bound| micros <= bound).unwrap_or(BUCKETS.len());
        series.buckets[bucket] += 1;
    }

    /// Counts one call that no proxy saw.
    pub fn count_direct(&mut self, to: DestinationId, outcome: (u16, Option<CallError>)) {
        let same = |one: &&mut DirectSeries| one.to == to && one.outcome == outcome;
        match self.direct.iter_mut().find(same) {
            Some(series) => series.calls += 1,
            None => self.direct.push(DirectSeries { to, outcome, calls: 1 }),
        }
    }

    /// Calls that no proxy saw, with their destinations, in the order in which they first appeared.
    pub fn direct(&self) -> impl Iterator<Item = (&Destination, &DirectSeries)> {
        self.direct.iter().map(|series| (self.name(series.to), series))
    }

    /// Every series with its destination, in the order in which they first appeared.
    pub fn in_order(&self) -> impl Iterator<Item = (&Destination, &RequestSeries)> {
        self.order.iter().map(|&(to, place)| {
            let (destination, all) = &self.destinations[usize::from(to)];
            (destination, &all[usize::from(place)])
        })
    }

    /// Every destination with its series, in the order of their ids.
    pub fn destinations(&self) -> impl Iterator<Item = (&Destination, &[RequestSeries])> {
        self.destinations.iter().map(|(to, all)| (to, &all[..]))
    }

    /// Every series with its destination, by destination.
    pub fn series(&self) -> impl Iterator<Item = (&Destination, &RequestSeries)> {
        self.destinations().flat_map(|(to, all)| all.iter().map(move |series| (to, series)))
    }

    /// Name of a destination.
    pub fn name(&self, id: DestinationId) -> &Destination {
        &self.destinations[id.0 as usize].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_on_a_bound_belongs_to_its_bucket() {
        // IST-92: `le` means less or equal.
        let mut registry = Registry::new(0);
        let to = DestinationId::UNKNOWN;
        for micros in [500, 501, 3_600_000_000, 3_600_000_001] {
            let duration = SimDuration::from_micros(micros);
            registry.count(Reporter::Source, (SourceId::GATEWAY, to), (200, Flags::NONE), duration);
        }
        let (_, series) = registry.series().next().expect("one series");
        assert_eq!([series.buckets[0], series.buckets[1]], [1, 1]);
        assert_eq!([series.buckets[18], series.buckets[19]], [1, 1]);
        assert_eq!(series.requests, 4);
    }

    #[test]
    fn codes_flags_and_reporters_are_counted_apart() {
        let mut registry = Registry::new(0);
        let green = registry.destination(Destination {
            service: "my-app-service".into(),
            workload: "my-app-green".into(),
            app: "my-app".into(),
            version: "green".into(),
        });
        let outcomes = [
            (Reporter::Source, 200, Flags::NONE),
            (Reporter::Destination, 200, Flags::NONE),
            (Reporter::Source, 503, Flags::NONE),
            (Reporter::Source, 503, Flags::UPSTREAM_CLOSED),
        ];
        for (reporter, code, flag) in outcomes {
            registry.count(reporter, (SourceId::GATEWAY, green), (code, flag), SimDuration::ZERO);
        }
        assert_eq!(registry.series().count(), 4);
        assert!(
            registry.series().all(|(to, series)| to.version == "green" && series.requests == 1)
        );
    }
}
