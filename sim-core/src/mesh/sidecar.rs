//! The sidecars of pods: when they take connections, and when they end (IST-80..82).
//!
//! All that a request has to know of a sidecar is whether it is there: it forwards what comes in, and
//! without it nothing gets into the pod or out of it. Simpler than the real thing: it takes no time and
//! no CPU, it gets its first configuration whatever istiod is doing, its agent is up as soon as its container is, what its pod sends goes by no rules of its own,
//! and connections are counted by the requests that are open.

use crate::cluster::ClusterEvent;
use crate::cluster::pod::PodId;
use crate::cluster::spec::ProxyConfig;
use crate::engine::Context;
use crate::event::Event;
use crate::mesh::MeshEvent;
use crate::random::{Seed, Stream};
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// Time between two counts of open requests by a sidecar that waits for them (IST-80).
const COUNT_EVERY: SimDuration = SimDuration::from_secs(1);

/// A step in the life of a sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The kubelet has started its container.
    Started,
    /// Envoy has its configuration: it takes connections (IST-82).
    Ready,
    /// SIGTERM: it drains (IST-80).
    Terminated,
    /// It has drained for long enough.
    Drained,
    /// Its process has been ended.
    Killed,
}

/// What a sidecar is doing; the number is its container's run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// There is none.
    #[default]
    Absent,
    /// It has no configuration yet.
    Starting(u16),
    /// It takes connections, also while it drains.
    Serving(u16),
}

/// All sidecars.
#[derive(Clone, Debug)]
pub struct Sidecars {
    /// By pod, as far as pods have had one.
    states: Vec<State>,
    start: (SimDuration, SimDuration),
    seed: Seed,
}

impl Sidecars {
    /// None yet. From start to the first connection each takes from the shortest to the longest of
    /// `start`.
    pub fn new(start: (SimDuration, SimDuration), seed: Seed) -> Self {
        Self { states: Vec::new(), start, seed }
    }

    /// Whether a pod has a sidecar that takes connections.
    pub fn serves(&self, pod: PodId) -> bool {
        matches!(self.states.get(pod.0 as usize), Some(State::Serving(_)))
    }

    /// How many take connections.
    pub fn count(&self) -> usize {
        self.states.iter().filter(|state| matches!(state, State::Serving(_))).count()
    }

    fn set(&mut self, pod: PodId, state: State) {
        let place = pod.0 as usize;
        if self.states.len() <= place {
            self.states.resize(place + 1, State::Absent);
        }
        self.states[place] = state;
    }

    fn is(&self, pod: PodId, states: &[State]) -> bool {
        self.states.get(pod.0 as usize).is_some_and(|state| states.contains(state))
    }

    /// A run of its container begins. How long it takes to take connections.
    fn start(&mut self, pod: PodId, run: u16) -> SimDuration {
        self.set(pod, State::Starting(run));
        let entity = pod.0 << 8 | u32::from(run & 0xff);
        self.seed.stream(Stream::Sidecars, entity).between(self.start.0, self.start.1)
    }
}

type Ctx<'a> = Context<'a, Event>;

impl World {
    /// Lets a step in the life of a sidecar happen. A step of a run that has ended means nothing.
    pub(crate) fn sidecar_event(&mut self, pod: PodId, run: u16, step: Step, ctx: &mut Ctx<'_>) {
        let (starting, serving) = (State::Starting(run), State::Serving(run));
        let sidecars = &mut self.mesh.sidecars;
        if step == Step::Started {
            let time = sidecars.start(pod, run);
            ctx.after(time, MeshEvent::Sidecar { pod, run, step: Step::Ready }.into());
        } else if step == Step::Ready && sidecars.is(pod, &[starting]) {
            sidecars.set(pod, serving);
            self.let_through(pod, true);
            self.tell_pod(pod, "istio-proxy takes connections".to_owned(), &["IST-82"], ctx);
            ctx.after(SimDuration::ZERO, ClusterEvent::ProxyUp { pod, run }.into());
        } else if step != Step::Ready && sidecars.is(pod, &[starting, serving]) {
            self.end_sidecar(pod, run, step, ctx);
        }
    }

    /// A sidecar is on its way out.
    fn end_sidecar(&mut self, pod: PodId, run: u16, step: Step, ctx: &mut Ctx<'_>) {
        let config = self.proxy_config(pod);
        let drained = MeshEvent::Sidecar { pod, run, step: Step::Drained }.into();
        match step {
            Step::Terminated if config.waits_for_requests => {
                let text = format!(
                    "istio-proxy drains for {}, then until no request is open",
                    config.least_drain
                );
                self.tell_pod(pod, text, &["IST-80"], ctx);
                ctx.after(config.least_drain + COUNT_EVERY, drained);
            }
            Step::Terminated if config.drain != SimDuration::ZERO => {
                let text = format!("istio-proxy drains for {}", config.drain);
                self.tell_pod(pod, text, &["IST-80", "IST-81"], ctx);
                ctx.after(config.drain, drained);
            }
            Step::Drained if config.waits_for_requests && self.has_open_requests(pod) => {
                ctx.after(COUNT_EVERY, drained);
            }
            Step::Terminated | Step::Drained => {
                self.lose_sidecar(pod, "istio-proxy has drained and ends", ctx);
                ctx.after(SimDuration::ZERO, ClusterEvent::ProxyExited { pod, run }.into());
            }
            Step::Started | Step::Ready | Step::Killed => {
                self.lose_sidecar(pod, "istio-proxy has been ended", ctx);
            }
        }
    }

    /// A sidecar is gone: what it had open is cut, and nothing else gets through (IST-81).
    fn lose_sidecar(&mut self, pod: PodId, how: &str, ctx: &mut Ctx<'_>) {
        self.mesh.sidecars.set(pod, State::Absent);
        self.let_through(pod, false);
        let cut = self.cut_off(pod, ctx);
        let text = match cut {
            0 => how.to_owned(),
            1 => format!("{how}: the application has not answered 1 request, which is cut"),
            many => {
                format!("{how}: the application has not answered {many} requests, which are cut")
            }
        };
        self.tell_pod(pod, text, &["IST-80", "IST-81"], ctx);
    }

    /// Whether a pod's sidecar answers for an application that does not listen (IST-81).
    pub(crate) fn sidecar_speaks(&self, pod: PodId) -> bool {
        let listens = self.application.server(pod).is_some_and(|server| server.is_listening());
        self.mesh.sidecars.serves(pod) && !listens
    }

    /// Whether a process that begins now in a pod can be reached, and reach others (IST-82).
    pub(crate) fn is_connected(&self, pod: PodId) -> bool {
        let known = self.cluster.state.pods.get(&pod);
        let has_sidecar = known.is_some_and(|pod| pod.proxy.is_some());
        !has_sidecar || self.mesh.sidecars.serves(pod)
    }

    fn let_through(&mut self, pod: PodId, open: bool) {
        if let Some(server) = self.application.server_mut(pod) {
            server.cut_off = !open;
        }
    }

    fn proxy_config(&self, pod: PodId) -> ProxyConfig {
        let known = self.cluster.state.pods.get(&pod);
        known.and_then(|pod| pod.proxy).unwrap_or_default()
    }

    /// Writes a line about a pod and makes it the cause of what follows.
    fn tell_pod(
        &mut self,
        pod: PodId,
        text: String,
        rules: &'static [&'static str],
        ctx: &mut Ctx<'_>,
    ) {
        let Some(pod) = self.cluster.state.pods.get_mut(&pod) else { return };
        pod.changed_by = ctx.id;
        let subject = format!("pod/{}", pod.name);
        Scope { ctx, trace: &mut self.trace }.note(Topic::Pod, subject, text, rules);
    }
}
