//! A proxy: the configuration it has, and the endpoints as it alone sees them.

mod balancing;
mod detector;
mod hashing;
mod id;
mod pool;

use std::sync::Arc;

use crate::cluster::pod::PodId;
use crate::mesh::config::{CONNECT_TIMEOUT, Cluster, Config, Route, host_matches, service_name};
use crate::mesh::flag::Flags;
use crate::mesh::outlier::Health;
use crate::mesh::retry::{RetryPolicy, Tried};
use crate::mesh::spec::{Limits, LoadBalancer};
use crate::mesh::status::Acknowledged;
use crate::mesh::warm_up::WarmUp;
use crate::random::{Random, Seed, Stream};
use crate::request::Line;
use crate::telemetry::registry::{Destination, DestinationId, Registry, SourceId};
use crate::time::{SimDuration, SimTime};
use crate::workload::{Class, ClassId};

use self::detector::Detector;
pub use self::detector::{MERGE_WINDOW, Sweep, Verdict};
use self::hashing::Hashing;
pub use self::id::{DetectorId, HostId, ProxyId};

/// What the proxy decides for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It goes to this endpoint.
    Endpoint {
        /// The endpoint.
        host: HostId,
        /// Its pod.
        pod: PodId,
    },
    /// It waits for a connection to this endpoint (IST-61).
    Wait {
        /// The endpoint.
        host: HostId,
    },
    /// No Gateway opens the port: the connection is refused.
    NotListening,
    /// There is no such Service: its name does not resolve.
    UnknownHost,
    /// The proxy answers itself.
    Fail {
        /// Status code.
        code: u16,
        /// Why.
        flag: Flags,
        /// What it knows of the destination.
        to: DestinationId,
    },
}

/// An endpoint of a cluster. It stays in the table while requests to it are open (IST-47).
#[derive(Clone, Debug)]
struct Host {
    pod: PodId,
    /// Service, port and subset of its cluster, and the cluster's index while it is configured.
    key: Arc<(String, u16, String)>,
    cluster: Option<u16>,
    /// Whether the cluster has it now: else it only finishes what was begun.
    listed: bool,
    open: bool,
    destination: DestinationId,
    /// Requests that this proxy has sent there and that are not answered (IST-40).
    active: u32,
    /// Requests that were tried there and pause before their next try.
    put_off: u32,
    /// What outlier detection knows of it.
    health: Health,
    /// Requests that wait for a connection to it.
    line: Line,
    /// Since when it is in the cluster (IST-42).
    since: SimTime,
}

/// A cluster as the proxy uses it.
#[derive(Clone, Debug)]
struct Upstreams {
    /// Those among which it balances.
    hosts: Vec<HostId>,
    /// All of them.
    members: Vec<HostId>,
    balancer: LoadBalancer,
    /// Where round robin stands.
    turn: u32,
    /// What is known of a request that finds no endpoint here.
    empty: DestinationId,
    /// Leaves out endpoints that fail.
    detector: Option<Detector>,
    limits: Option<Limits>,
    connect_timeout: SimDuration,
    /// What leads a request to its endpoint (IST-43).
    hashing: Option<Hashing>,
    /// How new endpoints begin, and when the newest is new no more.
    warm_up: Option<(WarmUp, SimTime)>,
}

/// Where requests of one class go.
#[derive(Clone, Debug)]
enum ClassRoute {
    NotListening,
    UnknownHost,
    NoRoute,
    Route { rule: Route, total: u32 },
}

/// An Envoy: of one replica of the gateway, or beside a pod that calls others. What it knows and counts is its own (IST-40, 51, 60).
#[derive(Clone, Debug)]
pub struct Proxy {
    id: ProxyId,
    /// The configuration it uses.
    pub config: Arc<Config>,
    /// What the metrics say of who sends requests through it.
    pub source: SourceId,
    /// When it last acknowledged each part of its configuration.
    pub acknowledged: Acknowledged,
    routes: Vec<ClassRoute>,
    clusters: Vec<Upstreams>,
    hosts: Vec<Host>,
    /// Whether any cluster has a detector.
    detects: bool,
    next_detector: DetectorId,
    /// Where requests were tried that are tried again.
    pub tried: Tried,
    chance: Random,
    back_off_chance: Random,
    fault_chance: Random,
    mirror_chance: Random,
}

/// Streams of the proxy's back-off are told from those of the users by this offset.
const BACK_OFF_ENTITY: u32 = 1 << 16;

impl Proxy {
    /// A proxy that has received nothing yet.
    pub fn new(id: ProxyId, classes: usize, seed: Seed) -> Self {
        let index = u32::from(id.0);
        let nobody = Host {
            pod: PodId(u32::MAX),
            key: Arc::default(),
            cluster: None,
            listed: false,
            open: false,
            destination: DestinationId::UNKNOWN,
            active: 0,
            put_off: 0,
            health: Health::default(),
            line: Line::default(),
            since: SimTime::ZERO,
        };
        Self {
            id,
            config: Arc::default(),
            source: SourceId::GATEWAY,
            acknowledged: Acknowledged::default(),
            routes: vec![ClassRoute::NotListening; classes],
            clusters: Vec::new(),
            hosts: vec![nobody],
            detects: false,
            next_detector: DetectorId::first(id),
            tried: Tried::default(),
            chance: seed.stream(Stream::Routing, index),
            back_off_chance: seed.stream(Stream::BackOff, BACK_OFF_ENTITY + index),
            fault_chance: seed.stream(Stream::ProxyFaults, index),
            mirror_chance: seed.stream(Stream::Mirror, index),
        }
    }

    /// Takes a new configuration. Requests in flight keep their endpoints (IST-47, 73). Gives the
    /// name and interval of every detector that begins.
    pub fn accept(
        &mut self,
        config: Arc<Config>,
        classes: &[Class],
        registry: &mut Registry,
        now: SimTime,
    ) -> Vec<(DetectorId, SimDuration)> {
        let before = Arc::clone(&self.config);
        let old = std::mem::take(&mut self.clusters);
        let listed = self.unlist(&config);
        let mut begun = Vec::new();
        self.detects = false;
        for (index, cluster) in (0u16..).zip(&config.clusters) {
            let same = before.clusters.iter().position(|one| one.same_settings(cluster));
            let kept = same.and_then(|same| old[same].detector);
            let (detector, new) = self.detect(cluster.outlier, kept);
            begun.extend(new);
            let key = Arc::new((cluster.service.clone(), cluster.port, cluster.subset.clone()));
            let mut newest = SimTime::from_micros(i64::MIN);
            let mut members = Vec::with_capacity(cluster.endpoints.len());
            let mut strangers = false;
            for upstream in &cluster.endpoints {
                let (id, known) = self.host_slot(upstream.pod, &key, &listed);
                let known = known && was_listed(&listed, id.place());
                let host = &mut self.hosts[id.place()];
                host.cluster = Some(index);
                host.listed = true;
                host.open = upstream.open;
                host.destination = registry.destination(upstream.labels.clone());
                if same.is_none() || !known {
                    host.health = Health::default();
                    host.since = now;
                    strangers = true;
                }
                newest = newest.max(host.since);
                members.push(id);
            }
            // The balancer hears at once of endpoints that come and go, and with them of the rest.
            let unchanged = same.filter(|&same| !strangers && old[same].members == members);
            let hosts = unchanged.map_or_else(Vec::new, |same| old[same].hosts.clone());
            let detector = detector.map(|known| match unchanged {
                Some(_) => known,
                None => Detector { told: now, due: None, ..known },
            });
            let (balancer, limits) = (cluster.balancer, cluster.limits);
            let warm_up = cluster.warm_up.filter(|_| !members.is_empty());
            let warm_up = warm_up.map(|warm_up| (warm_up, newest + warm_up.duration));
            let empty = registry.destination(Destination::service_only(&cluster.service));
            self.clusters.push(Upstreams {
                hosts,
                members,
                balancer,
                turn: 0,
                empty,
                detector,
                limits,
                connect_timeout: cluster.connect_timeout,
                hashing: Hashing::new(cluster, classes),
                warm_up,
            });
            match unchanged {
                Some(_) => self.lay_ring(index),
                None => self.balance(index),
            }
        }
        self.routes = classes.iter().map(|class| class_route(&config, class)).collect();
        self.config = config;
        begun
    }

    /// Takes every endpoint off the lists. Says which were on one.
    fn unlist(&mut self, config: &Config) -> Vec<bool> {
        let listed = self.hosts.iter().map(|host| host.listed).collect();
        for host in &mut self.hosts {
            host.listed = false;
            // A request that is tried again stays in its cluster, whatever became of the endpoint.
            let (service, port, subset) = &*host.key;
            let same =
                |one: &Cluster| (&one.service, &one.port, &one.subset) == (service, port, subset);
            let place = config.clusters.iter().position(same);
            host.cluster = place.and_then(|place| u16::try_from(place).ok());
        }
        listed
    }

    /// The slot of an endpoint: the one it has, a forgotten one, or a new one. Says whether it had one.
    /// One that was listed until now may yet be listed again.
    fn host_slot(
        &mut self,
        pod: PodId,
        key: &Arc<(String, u16, String)>,
        listed: &[bool],
    ) -> (HostId, bool) {
        let known = self.hosts.iter().position(|host| host.pod == pod && host.key == *key);
        let idle = |(place, host): (usize, &Host)| {
            let unused = host.active == 0 && host.put_off == 0 && host.line.is_empty();
            unused && !host.listed && !was_listed(listed, place)
        };
        let index = known.unwrap_or_else(|| {
            let host = Host {
                pod,
                key: Arc::clone(key),
                cluster: None,
                listed: false,
                open: true,
                destination: DestinationId::UNKNOWN,
                active: 0,
                put_off: 0,
                health: Health::default(),
                line: Line::default(),
                since: SimTime::ZERO,
            };
            match self.hosts.iter().enumerate().skip(1).position(idle) {
                Some(free) => {
                    self.hosts[free + 1] = host;
                    free + 1
                }
                None => {
                    self.hosts.push(host);
                    self.hosts.len() - 1
                }
            }
        });
        (HostId::new(self.id, index), known.is_some())
    }

    /// Decides where a request goes.
    #[inline]
    pub fn choose(&mut self, class: ClassId, now: SimTime) -> Choice {
        match &self.routes[class.0 as usize] {
            ClassRoute::NotListening => Choice::NotListening,
            ClassRoute::UnknownHost => Choice::UnknownHost,
            ClassRoute::NoRoute => {
                let to = DestinationId::UNKNOWN;
                Choice::Fail { code: 404, flag: Flags::NO_ROUTE, to }
            }
            ClassRoute::Route { rule, total } => {
                let to = match &rule.destinations[..] {
                    [only] => only,
                    several => {
                        let mut draw = self.chance.below(*total);
                        let chosen = several.iter().find(|to| {
                            let hit = draw < to.weight;
                            draw = draw.saturating_sub(to.weight);
                            hit
                        });
                        chosen.unwrap_or(&several[0])
                    }
                };
                match to.cluster {
                    Some(cluster) => self.choose_endpoint(cluster, class, None, now),
                    None => {
                        let to = DestinationId::UNKNOWN;
                        Choice::Fail { code: 503, flag: Flags::NO_CLUSTER, to }
                    }
                }
            }
        }
    }

    /// Decides where a request goes that failed at an endpoint: it stays in the cluster (IST-08) and
    /// avoids the endpoints where it was tried (IST-31).
    pub fn choose_again(
        &mut self,
        class: ClassId,
        failed: HostId,
        slot: u32,
        now: SimTime,
    ) -> Choice {
        let avoids = self.retry_policy(class).is_none_or(|policy| policy.avoids_hosts);
        let host = &mut self.hosts[failed.place()];
        host.put_off -= 1;
        match host.cluster {
            Some(cluster) => self.choose_endpoint(cluster, class, avoids.then_some(slot), now),
            None => Choice::Fail { code: 503, flag: Flags::NO_CLUSTER, to: host.destination },
        }
    }

    /// A request to this endpoint is over for the proxy. True if another one waits for its connection.
    #[inline]
    pub fn release(&mut self, host: HostId) -> bool {
        let host = &mut self.hosts[host.place()];
        debug_assert!(0 < host.active, "a request is released once");
        host.active = host.active.saturating_sub(1);
        !host.line.is_empty()
    }

    /// What the metrics say of an endpoint.
    #[inline]
    pub fn destination_of(&self, host: HostId) -> DestinationId {
        self.hosts[host.place()].destination
    }

    /// How long a request of a class is held up, if its rule says so and chance wills (IST-37).
    #[inline]
    pub fn delay(&mut self, class: ClassId) -> Option<SimDuration> {
        let (delay, share) = self.rule(class)?.fault?.delay?;
        share.hits(&mut self.fault_chance).then_some(delay)
    }

    /// The status with which a request of a class is answered at once, if any (IST-37), and else the
    /// timeout of its rule.
    #[inline]
    pub fn admit(&mut self, class: ClassId) -> (Option<u16>, Option<SimDuration>) {
        let Some(&Route { fault, timeout, .. }) = self.rule(class) else { return (None, None) };
        let abort = fault.and_then(|fault| fault.abort);
        let abort = abort.filter(|(_, share)| share.hits(&mut self.fault_chance));
        (abort.map(|(status, _)| status), timeout)
    }

    /// Number of destinations of copies (IST-38).
    #[inline]
    pub fn mirrors(&self, class: ClassId) -> usize {
        self.rule(class).map_or(0, |rule| rule.mirrors.len())
    }

    /// Where a copy goes, if chance wills one and its cluster exists.
    pub fn mirror(&mut self, class: ClassId, index: usize, now: SimTime) -> Option<Choice> {
        let (cluster, share) = *self.rule(class)?.mirrors.get(index)?;
        let cluster = cluster?;
        share.hits(&mut self.mirror_chance).then(|| self.choose_endpoint(cluster, class, None, now))
    }

    /// When requests of a class are tried again.
    #[inline]
    pub fn retry_policy(&self, class: ClassId) -> Option<&RetryPolicy> {
        self.rule(class).map(|rule| &rule.retries)
    }

    /// A request in this slot failed here after so many other tries, and pauses.
    pub fn put_off(&mut self, host: HostId, slot: u32, tries: u8) {
        self.hosts[host.place()].put_off += 1;
        self.tried.note(slot, tries, host);
    }

    /// A request ends while it pauses.
    pub fn give_up_retry(&mut self, host: HostId) {
        self.hosts[host.place()].put_off -= 1;
    }

    /// Timeout of the rule that serves a class.
    #[inline]
    pub fn route_timeout(&self, class: ClassId) -> Option<SimDuration> {
        self.rule(class)?.timeout
    }

    /// Pause before the `retry`-th retry, counted from 1 (IST-33).
    pub fn back_off(&mut self, class: ClassId, retry: u8) -> SimDuration {
        let policy = self.retry_policy(class);
        let most = policy.map_or(SimDuration::ZERO, |policy| policy.longest_pause(retry));
        self.back_off_chance.between(SimDuration::ZERO, most)
    }

    /// How long it tries to connect to an endpoint (IST-36).
    pub fn connect_timeout(&self, host: HostId) -> SimDuration {
        let cluster = self.hosts[host.place()].cluster;
        let known = cluster.map(|index| self.clusters[usize::from(index)].connect_timeout);
        known.unwrap_or(CONNECT_TIMEOUT)
    }

    /// Requests that this proxy has sent and that are not answered.
    pub fn active(&self) -> u32 {
        self.hosts.iter().map(|host| host.active).sum()
    }

    /// The rule that serves a class.
    #[inline]
    pub fn rule(&self, class: ClassId) -> Option<&Route> {
        match &self.routes[class.0 as usize] {
            ClassRoute::Route { rule, .. } => Some(rule),
            ClassRoute::NotListening | ClassRoute::UnknownHost | ClassRoute::NoRoute => None,
        }
    }
}

/// Whether a slot was on a list; those that are new were not.
fn was_listed(listed: &[bool], place: usize) -> bool {
    listed.get(place).is_some_and(|&listed| listed)
}

/// The first rule that matches a class (IST-01, 02, 04).
fn class_route(config: &Config, class: &Class) -> ClassRoute {
    let authority = class.host.strip_suffix(&format!(":{}", class.port)).unwrap_or(&class.host);
    let authority = if config.inside { service_name(authority) } else { authority };
    if !config.listens.iter().any(|pattern| host_matches(pattern, authority)) {
        // A listener without this host answers 404; without any host, nobody listens.
        let open = !config.listens.is_empty();
        return if open { ClassRoute::NoRoute } else { ClassRoute::NotListening };
    }
    let rules = config.routes_for(authority, class.port);
    if rules.is_empty() && config.inside {
        return ClassRoute::UnknownHost;
    }
    let rule = rules.into_iter().find(|(_, route)| {
        route.matches.is_empty() || route.matches.iter().any(|m| m.holds(class))
    });
    match rule {
        Some((_, route)) if !route.destinations.is_empty() => ClassRoute::Route {
            total: route.destinations.iter().map(|to| to.weight).sum(),
            rule: route.clone(),
        },
        _ => ClassRoute::NoRoute,
    }
}
