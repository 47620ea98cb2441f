//! Users: who sends requests, when, and how long they wait. They are open: they arrive
//! independently of the answers that others get. Most come through the gateway; others call a
//! Service directly, over connections that they keep ([`pool`]).

pub mod pool;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::cluster::pod::PodId;
use crate::engine::Context;
use crate::event::Event;
use crate::mesh::config::HTTP_PORT;
use crate::mesh::proxy::ProxyId;
use crate::queue::Lane;
use crate::random::{Random, Seed, Stream};
use crate::scenario::{Population, Way};
use crate::telemetry::registry::{Destination, Registry};
use crate::time::{SimDuration, SimTime};
use crate::workload::pool::Pool;

/// Users do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkloadEvent {
    /// The next user of this population arrives.
    Arrival(u16),
    /// Callers learn that a pod has closed the connections on which it does not work.
    HungUp(PodId),
}

/// Names one kind of request of one population: everything that routing and releases look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassId(pub u16);

/// One kind of request of one population.
#[derive(Clone, Debug)]
pub struct Class {
    /// The population.
    pub population: u16,
    /// `Host` of the request.
    pub host: String,
    /// Method.
    pub method: String,
    /// Port.
    pub port: u16,
    /// Path.
    pub path: String,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
}

/// A population while the simulation runs.
#[derive(Clone, Debug)]
pub struct Users {
    /// What the scenario says.
    pub population: Population,
    /// Users who wait for an answer.
    pub waiting: u32,
    /// When those on demand stop; None: they have not begun.
    until: Option<SimTime>,
    /// Whether the next arrival is scheduled.
    expected: bool,
    /// A fault makes so many times as many arrive.
    pub surge: f64,
    /// Their connections, if they call a Service directly.
    pub pool: Option<Box<Pool>>,
    /// Through which proxies their requests go, if they call no Service directly.
    proxies: Range<u8>,
    /// Lane of their timeouts.
    pub timeouts: Lane,
    arrivals: Lane,
    first_class: u16,
    /// Upper ends of the kinds' shares, the last is 1.
    shares: Vec<f64>,
    arrival_chance: Random,
    mix_chance: Random,
    back_off_chance: Random,
    entrance_chance: Random,
}

/// All users.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The populations.
    pub users: Vec<Users>,
    /// Every kind of request of every population.
    pub classes: Vec<Class>,
}

impl Workload {
    /// The users of a scenario; nobody has arrived. The gateway has so many replicas.
    pub fn new(
        traffic: &[Population],
        gateways: u8,
        seed: Seed,
        registry: &mut Registry,
        ctx: &mut Context<'_, Event>,
    ) -> Self {
        let mut workload = Self { users: Vec::new(), classes: Vec::new() };
        let mut proxies = gateways;
        for (index, population) in traffic.iter().enumerate() {
            let entity = u16::try_from(index).expect("a scenario has few populations");
            let total: f64 = population.requests.iter().map(|kind| kind.share).sum();
            let mut sum = 0.0;
            let shares = population.requests.iter().map(|kind| {
                sum += kind.share / total;
                sum
            });
            let (mut pool, mut own, mut port) = (None, 0..gateways, HTTP_PORT);
            match &population.way {
                Way::Gateway => {}
                Way::Direct(calls) => {
                    let nobody = registry.destination(Destination::service_only(&calls.service));
                    let chance = seed.stream(Stream::Connections, entity.into());
                    pool = Some(Box::new(Pool::new(calls, nobody, chance)));
                }
                Way::Sidecar(calls) => {
                    own = proxies..proxies + calls.pods;
                    proxies = own.end;
                    port = calls.port;
                }
            }
            workload.users.push(Users {
                pool,
                waiting: 0,
                until: None,
                expected: false,
                surge: 1.0,
                timeouts: ctx.open_lane(),
                arrivals: ctx.open_lane(),
                first_class: u16::try_from(workload.classes.len()).expect("few request kinds"),
                shares: shares.collect(),
                arrival_chance: seed.stream(Stream::Arrivals, entity.into()),
                mix_chance: seed.stream(Stream::RequestMix, entity.into()),
                back_off_chance: seed.stream(Stream::BackOff, entity.into()),
                entrance_chance: seed.stream(Stream::Entrance, entity.into()),
                proxies: own,
                population: population.clone(),
            });
            workload.classes.extend(population.requests.iter().map(|kind| Class {
                population: entity,
                host: population.host.clone(),
                port,
                method: kind.method.clone(),
                path: kind.path.clone(),
                headers: kind.headers.clone(),
            }));
        }
        workload
    }

    /// Users on demand begin to send requests, or go on, until then.
    pub fn send_until(&mut self, users: usize, until: SimTime, ctx: &mut Context<'_, Event>) {
        let entity = u16::try_from(users).expect("a scenario has few populations");
        let users = &mut self.users[users];
        users.until = users.until.max(Some(until));
        if !users.expected {
            users.expect_next(entity, ctx);
        }
    }

    /// Whether some of them call a Service directly.
    pub fn calls_directly(&self) -> bool {
        self.users.iter().any(|users| users.pool.is_some())
    }

    /// Index of the users who send a class.
    #[inline]
    pub fn population_of(&self, class: ClassId) -> usize {
        self.classes[class.0 as usize].population as usize
    }
}

impl Users {
    /// Schedules the next arrival.
    #[inline]
    pub fn expect_next(&mut self, index: u16, ctx: &mut Context<'_, Event>) {
        self.expected = true;
        let gap = self.arrival_chance.exponential() / (self.population.rate * self.surge);
        let event = Event::Workload(WorkloadEvent::Arrival(index));
        ctx.after_in(self.arrivals, SimDuration::from_micros((gap * 1e6 + 0.5) as u64), event);
    }

    /// Somebody arrives, and the next one is scheduled; false if those on demand have stopped.
    #[inline]
    pub fn arrived(&mut self, index: u16, ctx: &mut Context<'_, Event>) -> bool {
        self.expected = false;
        let sends = self.sends(ctx.now);
        if sends {
            self.expect_next(index, ctx);
        }
        sends
    }

    /// Whether they send requests at this moment.
    #[inline]
    pub fn sends(&self, now: SimTime) -> bool {
        !self.population.on_demand || self.until.is_some_and(|until| now < until)
    }

    /// What the user who arrives asks for.
    #[inline]
    pub fn choose(&mut self) -> ClassId {
        let kinds = self.shares.len();
        let kind = if kinds < 2 {
            0
        } else {
            let draw = self.mix_chance.unit();
            self.shares.iter().position(|&end| draw < end).unwrap_or(kinds - 1)
        };
        ClassId(self.first_class + kind as u16)
    }

    /// The proxies of their pods, or of the gateway.
    pub fn proxies(&self) -> impl Iterator<Item = ProxyId> + use<> {
        self.proxies.clone().map(ProxyId)
    }

    /// The proxy that a request of a user comes to, and stays with. A load balancer before the gateway
    /// spreads connections over its replicas; a user who arrives, or tries again, has a new one. Of
    /// callers in the cluster any pod may have something to ask.
    #[inline]
    pub fn entrance(&mut self) -> ProxyId {
        let Range { start, end } = self.proxies;
        match end - start {
            1 => ProxyId(start),
            several => ProxyId(start + self.entrance_chance.below(several.into()) as u8),
        }
    }

    /// How long the user pauses before trying again.
    pub fn pause(&mut self) -> SimDuration {
        let (least, most) = self.population.back_off;
        self.back_off_chance.between(least, most)
    }
}
