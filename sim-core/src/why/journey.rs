//! What one request goes through, seen from outside: the run is made again, and after every event the
//! request is looked at. The life of requests itself knows nothing of it and pays nothing for it.

use std::ops::ControlFlow;

use crate::database::lock::Owner;
use crate::mesh::config::Config;
use crate::mesh::flag::Flags;
use crate::mesh::proxy::ProxyId;
use crate::request::{ClientSide, Ended, Place, Request, RequestId};
use crate::scenario::LogEntry;
use crate::simulation::Simulation;
use crate::telemetry::failure::Sign;
use crate::time::SimTime;
use crate::why::Origin;
use crate::why::evidence::{self, Because};
use crate::world::World;

/// One thing that happens to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: SimTime,
    /// What; begins in lower case, no full stop.
    pub text: String,
    /// Ids of the rules that make it happen.
    pub rules: &'static [&'static str],
}

/// The life of a request.
#[derive(Clone, Debug)]
pub struct Journey {
    /// Its number.
    pub number: u32,
    /// Who asks for what.
    pub what: String,
    /// What happened to it, in order.
    pub steps: Vec<Step>,
    /// Status code and sign with which it ended for its user; none if it has not ended.
    pub outcome: Option<(u16, Sign)>,
    /// What led to that.
    pub because: Vec<Because>,
}

/// Runs again and follows.
pub(super) fn follow(
    origin: &Origin,
    log: &[LogEntry],
    number: u32,
    until: SimTime,
) -> Result<Journey, String> {
    let mut simulation = Simulation::rerun(origin);
    let mut follower = Follower::new(number);
    simulation.watch(log, until, |simulation| follower.look(simulation));
    let sent = simulation.world().requests.numbered();
    follower.journey.ok_or_else(|| match sent {
        0 => "no request has been sent yet".to_owned(),
        _ => format!("there is no request {number}: {sent} have been sent"),
    })
}

struct Follower {
    number: u32,
    /// Its slot, and how it was at the last look.
    at: Option<(RequestId, Request)>,
    /// Name of the pod that it was sent to.
    pod: Option<String>,
    journey: Option<Journey>,
}

impl Follower {
    fn new(number: u32) -> Self {
        Self { number, at: None, pod: None, journey: None }
    }

    fn look(&mut self, simulation: &Simulation) -> ControlFlow<()> {
        let (world, now) = (simulation.world(), simulation.now());
        if world.requests.numbered() < self.number {
            return ControlFlow::Continue(());
        }
        let ended = world.requests.ended;
        if ended.number == self.number {
            self.end(ended, simulation);
            return ControlFlow::Break(());
        }
        let Some(id) = self.find(world) else { return ControlFlow::Continue(()) };
        let request = world.requests[id];
        let before = self.at.replace((id, request)).map(|(_, before)| before);
        if self.journey.is_none() {
            self.begin(&request, world, now);
        }
        if let Some(name) = world.cluster.state.pods.get(&request.pod).map(|pod| &pod.name)
            && matches!(
                request.client,
                ClientSide::InFlight | ClientSide::Connecting | ClientSide::Connected
            )
        {
            self.pod = Some(name.clone());
        }
        let before = before.unwrap_or_default();
        let told = tell(&before, &request, self.pod.as_deref(), world);
        let steps = told.into_iter().map(|(text, rules)| Step { at: now, text, rules });
        self.journey.iter_mut().for_each(|journey| journey.steps.extend(steps.clone()));
        ControlFlow::Continue(())
    }

    /// Where it is now: a retry may go on in another slot.
    fn find(&self, world: &World) -> Option<RequestId> {
        let here = |(id, _): &(RequestId, Request)| {
            let request = &world.requests[*id];
            world.requests.is_live(*id)
                && request.number == self.number
                && request.client != ClientSide::Done
        };
        let known = self.at.filter(here).map(|(id, _)| id);
        known.or_else(|| world.requests.find(self.number))
    }

    fn begin(&mut self, request: &Request, world: &World, now: SimTime) {
        let class = &world.workload.classes[request.class.0 as usize];
        let users = &world.workload.users[class.population as usize].population.name;
        let what = format!("{} http://{}{} of {users}", class.method, class.host, class.path);
        let pool = &world.workload.users[class.population as usize].pool;
        let (begin, rules): (_, &'static [&'static str]) = match pool {
            None => (taken_in(request.host.proxy(), world), &["IST-01"]),
            Some(pool) => (format!("calls service/{} directly", pool.calls.service), &["K8S-71"]),
        };
        let text = match request.user_tries {
            0 => begin,
            tries => format!("{begin}; the user tries for time {}", tries + 1),
        };
        let steps = vec![Step { at: now, text, rules }];
        let (outcome, because) = (None, Vec::new());
        self.journey = Some(Journey { number: self.number, what, steps, outcome, because });
    }

    fn end(&mut self, ended: Ended, simulation: &Simulation) {
        let (world, now) = (simulation.world(), simulation.now());
        if self.journey.is_none() {
            // It was sent and answered in one event.
            let request = world.requests.last_of(self.number).copied().unwrap_or_default();
            self.begin(&request, world, now);
        }
        let last = self.at.map(|(_, request)| request);
        let last = last.or_else(|| world.requests.last_of(self.number).copied());
        let proxy = last.unwrap_or_default().host.proxy();
        let Some(journey) = &mut self.journey else { return };
        let (text, rules) = conclusion(&ended);
        journey.steps.push(Step { at: now, text, rules });
        journey.outcome = Some((ended.code, ended.sign));
        let request = self.at.map(|(_, request)| request).unwrap_or_default();
        let way = (proxy, self.pod.as_deref());
        journey.because = evidence::of(&ended, &request, way, world);
    }
}

/// Which proxy decides where it goes, and by what: its configuration may not be the newest (IST-71).
fn taken_in(proxy: ProxyId, world: &World) -> String {
    let Config { version, .. } = *world.mesh.proxy(proxy).config;
    let newest = world.mesh.newest_for(proxy).version;
    let of = if version < newest { format!(" of {newest}") } else { String::new() };
    format!("the {} has it, with configuration {version}{of}", world.mesh.subject(proxy))
}

type Told = Vec<(String, &'static [&'static str])>;

/// What has happened between two looks.
fn tell(before: &Request, now: &Request, pod: Option<&str>, world: &World) -> Told {
    let mut told = Told::new();
    if (before.client, before.tries) != (now.client, now.tries) {
        told.extend(client_side(before, now, pod, world));
    }
    if before.place != now.place || before.statements != now.statements {
        told.extend(server_side(before, now, world));
    }
    told
}

fn client_side(
    before: &Request,
    now: &Request,
    pod: Option<&str>,
    world: &World,
) -> Option<(String, &'static [&'static str])> {
    let pod = pod.unwrap_or("a pod");
    let role = world.mesh.role(now.host.proxy());
    Some(match now.client {
        ClientSide::Delayed => ("the route's fault holds it up".to_owned(), &["IST-37"]),
        ClientSide::Pending => (
            format!("all connections are in use: it waits at the {role} for pod/{pod}"),
            &["IST-61"],
        ),
        ClientSide::InFlight if now.tries == 0 => {
            (format!("goes to pod/{pod}"), &["IST-08", "IST-40"])
        }
        ClientSide::InFlight => {
            (format!("retry {} goes to pod/{pod}", now.tries), &["IST-30", "IST-31"])
        }
        ClientSide::BackingOff => {
            let why = match (before.place, before.code) {
                (Place::Returning, 0) => "the connection failed or was closed".to_owned(),
                (Place::Returning, code) => format!("it was answered {code}"),
                _ => "its time was over".to_owned(),
            };
            (format!("that try failed, {why}: the {role} pauses before it retries"), &["IST-33"])
        }
        ClientSide::Queueing => {
            ("all connections of the caller are busy: it waits for one".to_owned(), &[])
        }
        ClientSide::Connecting => {
            (format!("kube-proxy leads a new connection to pod/{pod}"), &["K8S-71"])
        }
        ClientSide::Connected if before.client == ClientSide::Connecting => {
            (format!("pod/{pod} takes the connection"), &[])
        }
        ClientSide::Connected => {
            let users = &world.workload.users[world.workload.population_of(now.class)];
            let since = users.pool.as_ref().map(|pool| pool.get(now.connection).since);
            let since = since.map_or_else(String::new, |since| format!(" since {since}"));
            (format!("goes to pod/{pod} over a connection that is open{since}"), &["K8S-72"])
        }
        ClientSide::Choosing | ClientSide::Pausing | ClientSide::Mirrored | ClientSide::Done => {
            return None;
        }
    })
}

fn server_side(
    before: &Request,
    now: &Request,
    world: &World,
) -> Option<(String, &'static [&'static str])> {
    let server = world.application.server(now.pod);
    let release = server.map(|server| &world.application.releases[server.release as usize].release);
    Some(match now.place {
        Place::Queued => {
            let workers = server.map_or(0, |server| server.workers);
            let ahead = server.map_or(0, |server| server.queue.len().saturating_sub(1));
            (format!("waits in the pod's line: {workers} workers are busy, {ahead} are ahead"), &[])
        }
        Place::Computing => ("a worker takes it".to_owned(), &[]),
        Place::AwaitingConnection => {
            let in_use = server.map_or(0, |server| server.connections);
            (format!("waits for one of the {in_use} connections of the pod's pool"), &["POOL-02"])
        }
        Place::AwaitingLock => {
            let owner = Owner::Request(world.requests.find(now.number)?);
            let instance = world.database.instance.as_ref()?;
            let is_rows = instance.locks.get(instance.wanted(owner)?.0).is_rows;
            (format!("waits for {}", world.wait_of(owner)?), instance.dialect().stalls_at(is_rows))
        }
        Place::AwaitingCore => {
            (format!("waits for the database: {} statements run", world.database.running), &[])
        }
        Place::Querying => {
            let route = release.and_then(|release| release.routes.get(now.route as usize));
            let statement = route.and_then(|route| route.sql.get(now.statements as usize));
            let text = statement.map_or("a statement", |statement| &*statement.text);
            (format!("the database executes: {text}"), &[])
        }
        Place::Orphaned => ("the pod ends; its statement runs on".to_owned(), &["K8S-60"]),
        Place::Returning if world.why_unserved(now).is_some() => {
            let (text, rules) = world.why_unserved(now)?;
            (format!("the pod answers {}: {text}", now.code), rules)
        }
        Place::Returning => match (before.place, now.code) {
            (Place::Travelling, 0) if !world.is_connected(now.pod) => (
                "the pod's sidecar is not there, so nobody takes it".to_owned(),
                &["IST-23", "IST-81"],
            ),
            (Place::Travelling, 503) if world.sidecar_speaks(now.pod) => (
                "nobody listens behind the pod's sidecar, which answers 503".to_owned(),
                &["IST-23", "IST-81"],
            ),
            (_, 0) if !world.is_connected(now.pod) => (
                "the pod's sidecar ends before the application has answered".to_owned(),
                &["IST-80", "IST-81"],
            ),
            (_, 503) if world.sidecar_speaks(now.pod) => (
                "the application ends before it has answered: its sidecar answers 503".to_owned(),
                &["IST-23", "IST-81"],
            ),
            (Place::Travelling, 0) => ("nobody listens in the pod".to_owned(), &["IST-23"]),
            (Place::Travelling, code) => {
                (format!("the pod's line is full: it answers {code}"), &[])
            }
            (_, 0) => ("the pod ends before it has answered".to_owned(), &["IST-23", "K8S-60"]),
            (_, code) => (format!("the pod answers {code}"), &[]),
        },
        Place::Gone | Place::Travelling => return None,
    })
}

fn conclusion(ended: &Ended) -> (String, &'static [&'static str]) {
    let flag = match ended.sign {
        Sign::Proxy(flag) => flag,
        Sign::Caller(error) => {
            return (
                format!("ends without an answer, {error}: {}", error.meaning()),
                ended.sign.rules(),
            );
        }
    };
    match (ended.code, flag) {
        (0, Flags::NONE) => {
            ("the connection is refused: no Gateway opens the port".to_owned(), &[])
        }
        (0, _) => (format!("ends without an answer, {flag}: {}", flag.meaning()), flag.rules()),
        (code, Flags::NONE) => (format!("the user has the answer: {code}"), &[]),
        (code, _) => {
            (format!("the user has the answer: {code} {flag}, {}", flag.meaning()), flag.rules())
        }
    }
}
