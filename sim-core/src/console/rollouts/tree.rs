//! `kubectl argo rollouts get rollout`: the state, and a tree of revisions, pods and analysis runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::api::Kind;
use crate::cluster::pod::Pod;
use crate::cluster::state::ReplicaSet;
use crate::console::age;
use crate::console::follow::{FollowStep, Watch};
use crate::console::kubectl::flag::Arguments;
use crate::console::rollouts::{Outcome, known};
use crate::console::session::Session;
use crate::console::table::{self, DESCRIBE};
use crate::delivery::Addon;
use crate::rollouts::analysis::assess::Phase;
use crate::rollouts::spec::{RolloutSpec, Strategy};
use crate::rollouts::status::RolloutStatus;
use crate::rollouts::{set_weight, spec_of};
use crate::time::SimTime;
use crate::world::World;

/// `get rollout ROLLOUT_NAME`.
pub(super) fn get(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = &arguments.words[0];
    known(session, name)?;
    if arguments.has("watch") {
        let (name, seen) = (name.clone(), String::new());
        session.out.watch = Some(Watch::RolloutTree(Drawing { name, seen }));
    } else if let Some(text) = draw(session.world, name, session.ctx.now) {
        session.out.stdout.push_str(&text);
    }
    Ok(())
}

/// `get rollout --watch` at work. The real one clears the screen and draws anew every second; here it draws
/// when there is something new.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    name: String,
    /// What was drawn last, but for ages.
    seen: String,
}

impl Drawing {
    /// Draws the Rollout if something but its age has changed.
    pub(crate) fn poll(&mut self, world: &World, now: SimTime) -> FollowStep {
        let (Some(ageless), Some(text)) =
            (draw(world, &self.name, SimTime::ZERO), draw(world, &self.name, now))
        else {
            let name = &self.name;
            return FollowStep::fail(format!("Error: rollouts.argoproj.io \"{name}\" not found"));
        };
        if ageless == self.seen {
            return FollowStep::default();
        }
        let gap = if self.seen.is_empty() { "" } else { "\n" };
        self.seen = ageless;
        FollowStep { stdout: format!("{gap}{text}"), ..FollowStep::default() }
    }
}

fn draw(world: &World, name: &str, now: SimTime) -> Option<String> {
    let installed = world.delivery.addons().has(Addon::ArgoRollouts);
    let spec = spec_of(&world.api, name).filter(|_| installed)?;
    let status = world.rollouts.status(name).cloned().unwrap_or_default();
    let shown = Shown { world, name, spec, status: &status, now };
    Some(shown.head() + "\n" + &shown.tree())
}

/// A Rollout at a moment.
struct Shown<'w> {
    world: &'w World,
    name: &'w str,
    spec: &'w RolloutSpec,
    status: &'w RolloutStatus,
    now: SimTime,
}

fn line(title: &str, value: &str) -> String {
    format!("{title:<17}{value}\n")
}

impl Shown<'_> {
    fn sets(&self) -> Vec<&ReplicaSet> {
        self.world.cluster.state.revisions_of(self.name)
    }

    fn head(&self) -> String {
        let status = self.status;
        let state = format!("{} {}", status.phase.icon(), status.phase.name());
        let mut text = line("Name:", self.name) + &line("Namespace:", "default");
        text += &line("Status:", &state);
        if !status.message.is_empty() {
            text += &line("Message:", &status.message);
        }
        match &self.spec.strategy {
            Strategy::BlueGreen(_) => text += &line("Strategy:", "BlueGreen"),
            Strategy::Canary(_) => {
                text += &line("Strategy:", "Canary");
                let of = status.steps.len();
                let step = if of == 0 { String::new() } else { format!("{}/{of}", status.step) };
                text += &line("  Step:", &step);
                text += &line("  SetWeight:", &set_weight(status).to_string());
                text += &line("  ActualWeight:", &self.actual_weight().to_string());
            }
        }
        let mut title = "Images:";
        for (image, tags) in self.images() {
            let tags: Vec<&str> = tags.into_iter().collect();
            let tags =
                if tags.is_empty() { String::new() } else { format!(" ({})", tags.join(", ")) };
            text += &line(title, &format!("{image}{tags}"));
            title = "";
        }
        text += "Replicas:\n";
        let counts = status.counts;
        for (title, count) in [
            ("  Desired:", self.spec.replicas),
            ("  Current:", counts.replicas),
            ("  Updated:", counts.updated),
            ("  Ready:", counts.ready),
            ("  Available:", counts.available),
        ] {
            text += &line(title, &count.to_string());
        }
        text
    }

    /// The share of the traffic that the canary has: of the router, or else of the pods.
    fn actual_weight(&self) -> u32 {
        if self.status.current_step().is_none() {
            return 100;
        }
        if let Some(weight) = self.status.weight {
            return weight;
        }
        let canary = self.sets().into_iter().find(|set| set.hash == self.status.current);
        let canary = canary.map_or(0, |set| set.status.available);
        100 * canary / self.status.counts.available.max(1)
    }

    /// What a revision is for now.
    fn tags(&self, set: &ReplicaSet) -> Vec<&'static str> {
        let status = self.status;
        let is = |hash: &String| *hash == set.hash;
        let mut tags = Vec::new();
        if is(&status.stable) {
            tags.push("stable");
        }
        match &self.spec.strategy {
            Strategy::Canary(_) if is(&status.current) && !status.is_promoted() => {
                tags.push("canary");
            }
            Strategy::Canary(_) => {}
            Strategy::BlueGreen(_) if is(&status.active) => tags.push("active"),
            Strategy::BlueGreen(_) if is(&status.preview) => tags.push("preview"),
            Strategy::BlueGreen(_) => {}
        }
        tags
    }

    fn images(&self) -> BTreeMap<&str, BTreeSet<&'static str>> {
        let mut images: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
        for set in self.sets().into_iter().filter(|set| 0 < set.replicas) {
            for container in &set.template.spec.containers {
                images.entry(&container.image).or_default().extend(self.tags(set));
            }
        }
        images
    }

    fn tree(&self) -> String {
        let mut text = "NAME\tKIND\tSTATUS\tAGE\tINFO\n".to_owned();
        let created = self.world.api.get(Kind::Rollout, self.name).map(|object| object.created);
        let state = format!("{} {}", self.status.phase.icon(), self.status.phase.name());
        let age = age::since(self.now, created.unwrap_or(self.now));
        text += &format!("⟳ {}\tRollout\t{state}\t{age}\t\n", self.name);
        let runs = self.runs();
        let mut revisions: BTreeSet<u64> = self.sets().iter().map(|set| set.revision).collect();
        revisions.extend(runs.iter().map(|(revision, ..)| *revision));
        let last = revisions.first().copied();
        for revision in revisions.iter().rev() {
            let (prefix, below) = branch(Some(*revision) == last, "");
            text += &format!("{prefix}# revision:{revision}\t\t\t\t\n");
            let sets = self.sets().into_iter().filter(|set| set.revision == *revision);
            let sets: Vec<&ReplicaSet> = sets.collect();
            let own: Vec<_> = runs.iter().filter(|(of, ..)| of == revision).collect();
            let total = sets.len() + own.len();
            for (place, set) in sets.iter().enumerate() {
                let (prefix, below) = branch(place + 1 == total, &below);
                text += &self.set_lines(set, &prefix, &below);
            }
            for (place, (_, name)) in own.iter().enumerate() {
                let (prefix, below) = branch(sets.len() + place + 1 == total, &below);
                text += &self.run_lines(name, &prefix, &below);
            }
        }
        let text = table::align(&text, DESCRIBE);
        text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// Analysis runs of this Rollout with their revisions, by name.
    fn runs(&self) -> Vec<(u64, &str)> {
        let owned = |(name, _): (&str, _)| {
            let object = self.world.api.get(Kind::AnalysisRun, name)?;
            let metadata = &object.manifest.document["metadata"];
            let mut owners = metadata["ownerReferences"].as_array().into_iter().flatten();
            owners.find(|owner| owner["name"] == self.name)?;
            object.manifest.annotations.get("rollout.argoproj.io/revision")?.parse().ok()
        };
        let runs = self.world.rollouts.runs();
        runs.filter_map(|(name, run)| Some((owned((name, run))?, name))).collect()
    }

    fn set_lines(&self, set: &ReplicaSet, prefix: &str, below: &str) -> String {
        let counts = set.status;
        let state = if set.replicas == 0 && counts.replicas == 0 {
            "• ScaledDown"
        } else if counts.available == set.replicas && counts.replicas == set.replicas {
            "✔ Healthy"
        } else {
            "◌ Progressing"
        };
        let mut info: Vec<String> = self.tags(set).into_iter().map(str::to_owned).collect();
        if let Some(at) = self.status.deadlines.get(&set.name) {
            let left = at.since(self.now.min(*at));
            info.push(match *at <= self.now {
                true => "delay:passed".to_owned(),
                false => format!("delay:{}", age::human(left)),
            });
        }
        let age = age::since(self.now, set.created);
        let mut text =
            format!("{prefix}⧉ {}\tReplicaSet\t{state}\t{age}\t{}\n", set.name, info.join(","));
        let pods = self.world.cluster.state.pods.values();
        let mut pods: Vec<&Pod> = pods.filter(|pod| pod.replica_set() == set.name).collect();
        pods.sort_by_key(|pod| (pod.created, &pod.name));
        for (place, pod) in pods.iter().enumerate() {
            let (prefix, _) = branch(place + 1 == pods.len(), below);
            text += &self.pod_line(pod, &prefix);
        }
        text
    }

    fn pod_line(&self, pod: &Pod, prefix: &str) -> String {
        let of = pod.lasting().count();
        let ready = pod.lasting().filter(|(_, container)| container.ready).count();
        let restarts: u32 = pod.containers.iter().map(|container| container.restarts).sum();
        let state = pod.display_status();
        let icon = match state.as_str() {
            "Running" | "Completed" if !pod.is_terminating() => "✔",
            "Pending" | "ContainerCreating" | "Terminating" | "PodInitializing" => "◌",
            state if state.starts_with("Init:") => "◌",
            "Failed" | "Error" => "✖",
            _ => "⚠",
        };
        let mut info = format!("ready:{ready}/{of}");
        if 0 < restarts {
            info += &format!(",restarts:{restarts}");
        }
        let age = age::since(self.now, pod.created);
        format!("{prefix}□ {}\tPod\t{icon} {state}\t{age}\t{info}\n", pod.name)
    }

    /// An analysis run, and the Jobs that measure for it.
    fn run_lines(&self, name: &str, prefix: &str, below: &str) -> String {
        let Some(run) = self.world.rollouts.run(name) else { return String::new() };
        let icon = icon(run.phase);
        let counted = ["✔", "✖", "?", "⚠"].into_iter().zip(run.totals());
        let counted = counted.filter(|(_, total)| 0 < *total);
        let info: Vec<String> = counted.map(|(icon, total)| format!("{icon} {total}")).collect();
        let age = age::since(self.now, run.started);
        let state = run.phase.name();
        let info = info.join(",");
        let mut text = format!("{prefix}α {name}\tAnalysisRun\t{icon} {state}\t{age}\t{info}\n");
        let measured = run.results.iter().flat_map(|result| &result.measurements);
        let jobs = measured.filter_map(|one| Some((one.job.as_ref()?, one)));
        let jobs: Vec<_> = jobs.collect();
        for (place, (job, measurement)) in jobs.iter().enumerate() {
            let (prefix, _) = branch(place + 1 == jobs.len(), below);
            let (icon, state) = (self::icon(measurement.phase), measurement.phase.name());
            let age = age::since(self.now, measurement.started);
            text += &format!("{prefix}⊞ {job}\tJob\t{icon} {state}\t{age}\t\n");
        }
        text
    }
}

/// The sign of a phase.
fn icon(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending | Phase::Running => "◌",
        Phase::Successful => "✔",
        Phase::Failed => "✖",
        Phase::Error => "⚠",
        Phase::Inconclusive => "?",
    }
}

/// How a line begins, and how those below it do.
fn branch(last: bool, below: &str) -> (String, String) {
    match last {
        true => (format!("{below}└──"), format!("{below}   ")),
        false => (format!("{below}├──"), format!("{below}│  ")),
    }
}
