//! `kubectl logs`: what can be told of a container's life. Lines per request are not kept.

use crate::application::journal::Journal;
use crate::application::task::Task;
use crate::cluster::api::Kind;
use crate::cluster::pod::{ContainerState, Pod};
use crate::cluster::spec::Container;
use crate::console::age::timestamp;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::{self, Query};
use crate::console::kubectl::{Failure, Outcome};
use crate::console::selector::Selector;
use crate::console::session::Session;
use crate::time::SimTime;
use crate::world::World;

/// `kubectl logs POD | TYPE/NAME | -l SELECTOR`.
pub(crate) fn logs(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let names = pods(session, arguments)?;
    let selected = arguments.text("selector").is_some();
    let prefixed = arguments.has("prefix");
    for name in names {
        let Some(pod) = session.world.cluster.state.pod_named(&name) else { continue };
        let (index, container) = container(
            pod,
            arguments.text("container").or(arguments.words.get(1).map(String::as_str)),
        )?;
        let task = session.world.cluster.task(&container.image);
        let previous = arguments.has("previous");
        let lines = lines(pod, (index, container), task, previous);
        let lines = match lines {
            Ok(lines) => {
                let journal = session.world.application.journal(pod.id, index as u8);
                with_journal(lines, journal, (pod, index), previous)
            }
            Err(problem) => {
                session.out.fail(problem);
                continue;
            }
        };
        // With a selector, kubectl shows the last ten lines of each pod.
        let limit = arguments.number("tail").unwrap_or(if selected { 10 } else { -1 });
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let since = arguments.duration("since");
        let now = session.ctx.now;
        // A line whose time nobody knows was written after the one before it.
        let mut last = None;
        let mut is_recent = |at: Option<SimTime>| {
            last = at.or(last);
            since.is_none_or(|since| last.is_none_or(|at| now.since(at) <= since))
        };
        let shown: Vec<String> = lines
            .iter()
            .filter(|(at, _)| is_recent(*at))
            .map(|(at, text)| {
                let stamp = match at {
                    Some(at) if arguments.has("timestamps") => timestamp(*at) + " ",
                    _ => String::new(),
                };
                let start = if prefixed {
                    format!("[pod/{name}/{}] ", container.name)
                } else {
                    String::new()
                };
                format!("{start}{stamp}{text}")
            })
            .collect();
        for line in &shown[shown.len().saturating_sub(limit)..] {
            session.out.print(line);
        }
    }
    if arguments.has("follow") {
        session.out.warn("note: following logs is not modelled; these are the lines so far");
    }
    Ok(())
}

fn pods(session: &mut Session<'_, '_>, arguments: &Arguments) -> Result<Vec<String>, Failure> {
    if let Some(text) = arguments.text("selector") {
        if !arguments.words.is_empty() {
            return Err(Failure::error("only a selector (-l) or a POD name is allowed"));
        }
        let selector = Selector::parse(text).map_err(Failure::error)?;
        let query = Query::of_kind(Resource::Pod, selector);
        let found = query.objects_of(Resource::Pod, session.world);
        if found.is_empty() {
            session.out.warn("No resources found in default namespace.");
        }
        return Ok(found.into_iter().map(|object| object.name).collect());
    }
    let Some(word) = arguments.words.first() else {
        return Err(Failure::error(
            "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a \
             required argument for the logs command\nSee 'kubectl logs -h' for help and examples",
        ));
    };
    let object = match word.split_once('/') {
        Some((kind, name)) => ObjectRef::new(select::resource(kind, session.world)?, name),
        None => ObjectRef::new(Resource::Pod, word),
    };
    if !object.exists(session.world) {
        let refusal = object.not_found().replacen("Error", "error", 1);
        return Err(Failure::error(format!("{refusal} in namespace \"default\"")));
    }
    let state = &session.world.cluster.state;
    let owned: Vec<&Pod> = match object.resource {
        Resource::Pod => return Ok(vec![object.name]),
        Resource::ReplicaSet => {
            state.pods.values().filter(|pod| pod.replica_set() == object.name).collect()
        }
        Resource::Object(Kind::Job) => {
            let job = session.world.api.get(Kind::Job, &object.name);
            let owned = |pod: &&Pod| job.is_some_and(|job| pod.is_of_job(&job.uid));
            state.pods.values().filter(owned).collect()
        }
        Resource::Object(Kind::Deployment) => {
            let sets: Vec<&str> =
                state.replica_sets_of(&object.name).map(|set| set.name.as_str()).collect();
            state.pods.values().filter(|pod| sets.contains(&pod.replica_set())).collect()
        }
        _ => {
            return Err(Failure::error(format!(
                "cannot get the logs from {}: selector for {} not implemented",
                object.resource.info().kind,
                object.resource.info().kind
            )));
        }
    };
    let mut names: Vec<(bool, &str)> =
        owned.iter().map(|pod| (!pod.is_ready(), pod.name.as_str())).collect();
    names.sort_unstable();
    let Some((_, first)) = names.first() else {
        return Err(Failure::error(format!(
            "timed out waiting for the condition: {} has no pods",
            object.display()
        )));
    };
    if 1 < names.len() && !arguments.has("all-pods") {
        session.out.warn(format!("Found {} pods, using pod/{first}", names.len()));
    }
    let count = if arguments.has("all-pods") { names.len() } else { 1 };
    Ok(names[..count].iter().map(|(_, name)| (*name).to_owned()).collect())
}

fn container<'p>(pod: &'p Pod, wanted: Option<&str>) -> Result<(usize, &'p Container), Failure> {
    let mut containers = pod.template.spec.all().enumerate();
    let found = match wanted {
        None => containers.next(),
        Some(name) => containers.find(|(_, container)| container.name == name),
    };
    found.ok_or_else(|| {
        Failure::error(format!(
            "container {} is not valid for pod {}",
            wanted.unwrap_or_default(),
            pod.name
        ))
    })
}

type Line = (Option<SimTime>, String);

/// All that a container of a pod has written in the run before and in the present one. A line whose time nobody
/// knows has that of the line before.
pub(crate) fn written(world: &World, pod: &Pod, index: usize) -> Vec<(SimTime, String)> {
    let (Some(container), Some(status)) =
        (pod.template.spec.all().nth(index), pod.containers.get(index))
    else {
        return Vec::new();
    };
    let task = world.cluster.task(&container.image);
    let journal = world.application.journal(pod.id, index as u8);
    let waits = matches!(status.state, ContainerState::Waiting { .. });
    let mut last = pod.started.unwrap_or(pod.created);
    let mut all = Vec::new();
    for previous in [true, false] {
        // What waits shows the run before as its own.
        if previous && waits {
            continue;
        }
        let Ok(lines) = lines(pod, (index, container), task, previous) else { continue };
        for (at, text) in with_journal(lines, journal, (pod, index), previous) {
            last = at.unwrap_or(last);
            all.push((last, text));
        }
    }
    all
}

/// Adds what the container has written beside that it lives, before the line of its end.
fn with_journal(
    mut lines: Vec<Line>,
    journal: Option<&Journal>,
    (pod, index): (&Pod, usize),
    previous: bool,
) -> Vec<Line> {
    let Some(journal) = journal else { return lines };
    let status = &pod.containers[index];
    let waits = matches!(status.state, ContainerState::Waiting { .. });
    let run = status.restarts.saturating_sub(u32::from(previous && !waits));
    let written = journal.lines(run as u16).map(|line| (Some(line.at), line.text.clone()));
    let written: Vec<Line> = written.collect();
    let Some((first, _)) = written.first() else { return lines };
    // Kubernetes knows the time of an end to the second only.
    let first = first.map(SimTime::truncated);
    let later = lines.iter().skip(1).position(|(at, _)| at.is_some() && first <= *at);
    let place = later.map_or(lines.len(), |place| place + 1);
    lines.splice(place..place, written);
    lines
}

/// What the container has certainly written, with the time where it is known.
fn lines(
    pod: &Pod,
    (index, container): (usize, &Container),
    task: Option<&Task>,
    previous: bool,
) -> Result<Vec<Line>, String> {
    let bad = "Error from server (BadRequest):";
    let (name, pod_name) = (&container.name, &pod.name);
    let waiting = |reason: &str| {
        format!("{bad} container \"{name}\" in pod \"{pod_name}\" is waiting to start: {reason}")
    };
    let Some(status) = pod.containers.get(index) else { return Err(waiting("ContainerCreating")) };
    let ended = |exit_code: i32, finished: SimTime| {
        let text = match exit_code {
            137 => "killed (SIGKILL)".to_owned(),
            143 => "SIGTERM received, stopping".to_owned(),
            code => format!("process ends with status {code}"),
        };
        (Some(finished), text)
    };
    let said = || task.into_iter().flat_map(|task| &task.log).map(|line| (None, line.clone()));
    let began = |at: Option<SimTime>| match task {
        Some(task) if !task.log.is_empty() => Vec::new(),
        _ => vec![(at, format!("starting {}", container.image))],
    };
    // What a task writes is all that is to be read.
    let whole = |exit_code: i32, finished: SimTime| {
        let mut lines = began(None);
        lines.extend(said());
        if task.is_none_or(|task| task.log.is_empty() || 128 < exit_code) {
            lines.push(ended(exit_code, finished));
        }
        lines
    };
    let port = container.ports.first().map_or_else(String::new, |port| format!(":{}", port.port));
    let listening = || (None, format!("listening on {port}"));
    if previous {
        let Some(ContainerState::Terminated { exit_code, finished, .. }) = &status.last_state
        else {
            return Err(format!(
                "{bad} previous terminated container \"{name}\" in pod \"{pod_name}\" not found"
            ));
        };
        return Ok(whole(*exit_code, *finished));
    }
    match &status.state {
        ContainerState::Waiting { reason } => match &status.last_state {
            Some(ContainerState::Terminated { exit_code, finished, .. }) => {
                Ok(whole(*exit_code, *finished))
            }
            _ => Err(waiting(reason)),
        },
        ContainerState::Running { started } => {
            let mut lines = began(Some(*started));
            if task.is_some() {
                lines.extend(said().take(1));
            } else if status.ready || (status.started && container.startup.is_some()) {
                lines.push(listening());
            }
            if let Some(since) = pod.deleting_since
                && container.pre_stop.is_none()
            {
                lines.push((Some(since), "SIGTERM received, finishing requests".to_owned()));
            }
            Ok(lines)
        }
        ContainerState::Terminated { exit_code, finished, .. } => Ok(whole(*exit_code, *finished)),
    }
}
