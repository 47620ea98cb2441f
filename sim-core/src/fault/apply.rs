//! What faults do to the world, when they begin, hit by chance, and end.

use std::collections::BTreeMap;

use crate::application::ApplicationEvent;
use crate::cluster::ClusterEvent;
use crate::cluster::pod::PodId;
use crate::engine::Context;
use crate::event::Event;
use crate::fault::{Active, Fault, FaultEvent, Kind, Reach, Strength, Target};
use crate::mesh::MeshEvent;
use crate::random::Stream;
use crate::scenario::MAX_RATE;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

type Ctx<'a> = Context<'a, Event>;

/// Exit code of a process that a fault ends.
const CRASHED: u8 = 1;

/// Most faults at once.
const MOST: usize = 100;

impl World {
    /// Injects a fault; its number.
    ///
    /// # Errors
    ///
    /// If it hits nothing that there is, or there are too many.
    pub(crate) fn inject(&mut self, fault: Fault, ctx: &mut Ctx<'_>) -> Result<u16, String> {
        self.check_target(&fault)?;
        if MOST <= self.faults.active.len() {
            return Err(format!("there are {MOST} faults already; fault end all ends them"));
        }
        let number = self.faults.next;
        self.faults.next = number.checked_add(1).ok_or("there have been too many faults")?;
        let random = self.faults.seed.stream(Stream::Faults, u32::from(number));
        let (chance, lasts) = (fault.chance, fault.lasts);
        let description = fault.kind.description();
        self.tell(
            number,
            format!("{} begins: {}", description.name, description.about),
            &fault,
            ctx,
        );
        let active = Active { fault: fault.clone(), since: ctx.now, hit: BTreeMap::new(), random };
        self.faults.active.insert(number, active);
        match (chance, description.at_once) {
            (Some(_), _) => self.draw(number, ctx),
            (None, true) => {
                for pod in self.selected(&fault) {
                    self.strike(&fault, pod, ctx);
                }
                if let Target::Node(name) = &fault.target {
                    self.lose_node(name, ctx);
                }
                self.faults.active.remove(&number);
            }
            (None, false) => {
                if let Some(lasts) = lasts {
                    ctx.after(lasts, FaultEvent::Over(number).into());
                }
                self.felt(&fault, ctx);
            }
        }
        Ok(number)
    }

    /// Ends a fault before its time.
    pub(crate) fn end_fault(&mut self, number: u16, ctx: &mut Ctx<'_>) -> Result<(), String> {
        let active = self.faults.active.remove(&number);
        let active = active.ok_or_else(|| format!("there is no fault {number}; try fault list"))?;
        let text = format!("{} ends", active.fault.kind.description().name);
        self.tell(number, text, &active.fault, ctx);
        self.felt(&active.fault, ctx);
        Ok(())
    }

    /// Lets an event of a fault happen; one of a fault that was ended means nothing.
    pub(crate) fn fault_event(&mut self, event: FaultEvent, ctx: &mut Ctx<'_>) {
        match event {
            FaultEvent::Drawn(number) => self.draw(number, ctx),
            FaultEvent::Over(number) => {
                // It may have been ended by hand.
                let _ = self.end_fault(number, ctx);
            }
            FaultEvent::Released { number, pod } => {
                let Some(active) = self.faults.active.get_mut(&number) else { return };
                active.hit.remove(&pod);
                let fault = active.fault.clone();
                self.felt(&fault, ctx);
            }
        }
    }

    fn check_target(&self, fault: &Fault) -> Result<(), String> {
        match &fault.target {
            Target::Pod(name) if fault.kind.description().reach == Reach::Proxies => {
                let known = self.mesh.proxies().any(|at| at.pod == name);
                let help = "istioctl proxy-status lists the pods that istiod configures";
                known.then_some(()).ok_or(format!("no proxy in a pod {name:?}; {help}"))
            }
            Target::Pod(name) => {
                let mut pods = self.cluster.state.pods.values();
                pods.any(|pod| pod.name == *name).then_some(()).ok_or(format!("no pod {name:?}"))
            }
            Target::Node(name) => {
                let known = self.cluster.state.nodes.iter().any(|node| node.name == *name);
                known.then_some(()).ok_or(format!("no node {name:?}"))
            }
            Target::Users(name) => {
                let known = self.workload.users.iter().any(|one| one.population.name == *name);
                known.then_some(()).ok_or(format!("no users {name:?}"))
            }
            Target::Path(path) => {
                let known = self.workload.classes.iter().any(|class| class.path == *path);
                known.then_some(()).ok_or(format!("nobody asks for {path}"))
            }
            Target::Labels(_) | Target::Image(_) | Target::Everybody => Ok(()),
        }
    }

    fn selected(&self, fault: &Fault) -> Vec<PodId> {
        let pods = self.cluster.state.pods.values();
        pods.filter(|pod| fault.selects(pod)).map(|pod| pod.id).collect()
    }

    /// Asks chance whom a fault hits now; who is hit already is left in peace.
    fn draw(&mut self, number: u16, ctx: &mut Ctx<'_>) {
        let Some(active) = self.faults.active.get(&number) else { return };
        let fault = active.fault.clone();
        let Some(chance) = fault.chance else { return };
        for pod in self.selected(&fault) {
            let Some(active) = self.faults.active.get_mut(&number) else { return };
            // Everybody is drawn for, so that who is hit already moves nobody else's luck.
            let hit = active.random.chance(chance.share);
            if !hit || active.hit.contains_key(&pod) {
                continue;
            }
            if let Some(lasts) = fault.lasts {
                active.hit.insert(pod, ctx.now + lasts);
                ctx.after(lasts, FaultEvent::Released { number, pod }.into());
            }
            let name = self.cluster.state.pods.get(&pod).map_or("", |pod| &pod.name);
            let text = format!("{} hits pod/{name}", fault.kind.description().name);
            self.tell(number, text, &fault, ctx);
            self.strike(&fault, pod, ctx);
        }
        ctx.after(chance.every, FaultEvent::Drawn(number).into());
        self.felt(&fault, ctx);
    }

    /// What happens to a pod at once.
    fn strike(&mut self, fault: &Fault, pod: PodId, ctx: &mut Ctx<'_>) {
        let Some(run) = self.application.server(pod).map(|server| server.run) else { return };
        match fault.kind {
            Kind::PodCrash => self.stop(pod, run, CRASHED, ctx),
            Kind::OutOfMemory => self.out_of_memory(pod, run, ctx),
            _ => {}
        }
    }

    /// A process comes to the end that a fault has set for it, unless the fault is over by then.
    pub(crate) fn crash_due(&mut self, pod: PodId, run: u16, ctx: &mut Ctx<'_>) {
        let server = self.application.server(pod);
        if server.is_some_and(|server| server.trouble.crash_after.is_some()) {
            self.crash(pod, run, ctx);
        }
    }

    /// A fault ends a process.
    pub(crate) fn crash(&mut self, pod: PodId, run: u16, ctx: &mut Ctx<'_>) {
        self.stop(pod, run, CRASHED, ctx);
    }

    fn lose_node(&mut self, name: &str, ctx: &mut Ctx<'_>) {
        let place = self.cluster.state.nodes.iter().position(|node| node.name == *name);
        if let Some(place) = place.and_then(|place| u16::try_from(place).ok()) {
            ctx.after(SimDuration::ZERO, ClusterEvent::NodeLost(place).into());
        }
    }

    /// A fault has begun, hit or ended: everybody it reaches feels what is now broken.
    fn felt(&mut self, fault: &Fault, ctx: &mut Ctx<'_>) {
        match fault.kind.description().reach {
            Reach::Pods => self.pods_feel(fault, ctx),
            Reach::Path => self.poison_is_felt(),
            Reach::Users => self.users_feel(),
            Reach::Image => {
                let withheld = |active: &Active| match &active.fault.target {
                    Target::Image(image) => Some(image.clone()),
                    _ => None,
                };
                self.cluster.withheld = self.faults.active.values().filter_map(withheld).collect();
            }
            Reach::World => self.database_feels(),
            Reach::Proxies => self.mesh_feels(ctx),
            Reach::Node => {}
        }
    }

    fn pods_feel(&mut self, fault: &Fault, ctx: &mut Ctx<'_>) {
        for pod in self.cluster.state.pods.values() {
            let trouble = self.faults.trouble(pod);
            let Some(server) = self.application.server_mut(pod.id) else { continue };
            let run = server.run;
            if server.trouble == trouble {
                continue;
            }
            let before = server.trouble;
            server.feels(trouble, ctx.now);
            if let Some(after) = trouble.crash_after.filter(|_| before.crash_after.is_none()) {
                // Its time counts from now for a process that runs already.
                ctx.after(after, ApplicationEvent::Crashed { pod: pod.id, run }.into());
            }
            if fault.kind == Kind::MemoryLeak {
                let (server, running) = self.application.running(pod.id);
                if let Some(at) = server.outgrows(&running.release, ctx.now) {
                    let due = ApplicationEvent::MemoryDue { pod: pod.id, run };
                    ctx.after(at.max(ctx.now) - ctx.now, due.into());
                }
            }
        }
        let troubled =
            |active: &Active| matches!(active.fault.kind, Kind::NetworkDelay | Kind::Partition);
        self.network_troubled = self.faults.active.values().any(troubled);
    }

    fn poison_is_felt(&mut self) {
        let share = |path: &str| {
            let good =
                |good: f64, active: &Active| match (&active.fault.target, active.fault.strength) {
                    (Target::Path(poisoned), Strength::Share(share)) if poisoned == path => {
                        good * (1.0 - share)
                    }
                    _ => good,
                };
            1.0 - self.faults.active.values().fold(1.0, good)
        };
        let shares: Vec<f64> =
            self.workload.classes.iter().map(|class| share(&class.path)).collect();
        let any = shares.iter().any(|share| 0.0 < *share);
        self.faults.poison = if any { shares } else { Vec::new() };
    }

    fn users_feel(&mut self) {
        for users in &mut self.workload.users {
            let name = &users.population.name;
            let herd =
                |surge: f64, active: &Active| match (&active.fault.target, active.fault.strength) {
                    (Target::Users(other), _) if other != name => surge,
                    (Target::Users(_) | Target::Everybody, Strength::Factor(factor))
                        if active.fault.kind == Kind::ThunderingHerd =>
                    {
                        surge * factor
                    }
                    _ => surge,
                };
            let surge = self.faults.active.values().fold(1.0, herd);
            users.surge = surge.min(MAX_RATE / users.population.rate);
        }
    }

    fn database_feels(&mut self) {
        let (mut pace, mut good) = (1.0, 1.0);
        for Active { fault, .. } in self.faults.active.values() {
            match (fault.kind, fault.strength) {
                (Kind::SlowDatabase, Strength::Factor(factor)) => pace *= factor,
                (Kind::FailingDatabase, Strength::Share(share)) => good *= 1.0 - share,
                _ => {}
            }
        }
        (self.database.pace, self.database.errors) = (pace, 1.0 - good);
    }

    /// A push that is stuck for everybody keeps istiod from computing at all.
    fn mesh_feels(&mut self, ctx: &mut Ctx<'_>) {
        let stuck = self.faults.active.values().map(|active| &active.fault);
        let stuck = stuck.filter(|fault| fault.kind == Kind::StuckPush);
        let (mut all, mut pods) = (false, Vec::new());
        for fault in stuck {
            match &fault.target {
                Target::Pod(name) => pods.push(name.as_str()),
                _ => all = true,
            }
        }
        if self.mesh.stuck && !all {
            ctx.after(SimDuration::ZERO, MeshEvent::Debounced.into());
        }
        self.mesh.stuck = all;
        self.mesh.hold_up(&pods, &mut Scope { ctx, trace: &mut self.trace });
    }

    fn tell(&mut self, number: u16, text: String, fault: &Fault, ctx: &mut Ctx<'_>) {
        let rules = fault.kind.description().rules;
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let id = scope.id();
        scope.note_because(id, Topic::Fault, format!("fault/{number}"), text, rules);
    }
}
