//! `kubectl wait`.

use serde_json::Value;

use crate::console::follow::{FollowStep, Watch};
use crate::console::jsonpath::{self, Path};
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, document, input};
use crate::console::session::Session;
use crate::time::{SimDuration, SimTime};
use crate::world::World;

/// How long it waits if the timeout is below zero.
const WEEK: SimDuration = SimDuration::from_secs(7 * 86_400);

/// What `--for` waits for.
#[derive(Clone, Debug)]
enum Goal {
    Deleted,
    Created,
    /// A condition has a status, compared without regard to case.
    Condition(String, String),
    /// A path has a value, or any.
    Path(Path, Option<String>),
}

/// `kubectl wait` at work.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    objects: Vec<ObjectRef>,
    /// Uids at the start, so that a successor of the same name counts as another object.
    uids: Vec<Option<String>>,
    goal: Goal,
    until: SimTime,
}

/// `kubectl wait --for=...`.
pub(crate) fn wait(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let goal = goal(arguments.text("for").unwrap_or_default())?;
    let mut query = Query::parse(arguments, "wait", session.world)?;
    if arguments.text("filename").is_some() {
        let items = input::read(arguments, session)?.items;
        let kinds = items.into_iter().map(|i| (i.object.resource, Some(vec![i.object.name])));
        query.kinds = kinds.collect();
        query.named = true;
    }
    if query.kinds.is_empty() {
        return Err(Failure::error(
            "arguments in resource/name form must have a single resource and name",
        ));
    }
    let mut found = query.find(session.world);
    match goal {
        Goal::Created => {
            let wanted = query.kinds.iter().flat_map(|(kind, names)| {
                names.iter().flatten().map(|name| ObjectRef::new(*kind, name))
            });
            found.objects = wanted.collect();
        }
        Goal::Deleted => {}
        Goal::Condition(..) | Goal::Path(..) => {
            for problem in &found.problems {
                session.out.fail(problem);
            }
            if !found.problems.is_empty() {
                return Ok(());
            }
        }
    }
    if found.objects.is_empty() {
        return match goal {
            Goal::Deleted => Ok(()),
            _ => Err(Failure::error("no matching resources found")),
        };
    }
    let timeout = arguments.duration("timeout").unwrap_or(match arguments.text("timeout") {
        Some(text) if text.starts_with('-') => WEEK,
        // 0 looks once.
        Some(_) => SimDuration::ZERO,
        None => SimDuration::from_secs(30),
    });
    let until = session.ctx.now + timeout;
    let uids = found.objects.iter().map(|object| uid(object, session.world)).collect();
    session.out.watch = Some(Watch::Wait(Waiting { objects: found.objects, uids, goal, until }));
    Ok(())
}

fn goal(text: &str) -> Result<Goal, Failure> {
    let lower = text.to_lowercase();
    if lower == "delete" {
        return Ok(Goal::Deleted);
    }
    if lower == "create" {
        return Ok(Goal::Created);
    }
    if lower.starts_with("condition=") {
        let rest = &text["condition=".len()..];
        let (name, status) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Goal::Condition(name.to_lowercase(), status.to_lowercase()));
    }
    if lower.starts_with("jsonpath=") {
        let rest = text["jsonpath=".len()..].trim_matches('\'');
        let end = rest.find('}').map_or(rest.len(), |at| at + 1);
        let path = rest[..end].trim_matches(['{', '}']);
        let path = Path::parse(path).map_err(Failure::error)?;
        let value = rest[end..].strip_prefix('=').map(|value| value.trim_matches('"').to_owned());
        return Ok(Goal::Path(path, value));
    }
    Err(Failure::error(format!("unrecognized condition: \"{text}\"")))
}

fn uid(object: &ObjectRef, world: &World) -> Option<String> {
    match object.resource {
        Resource::Object(kind) => world.api.get(kind, &object.name).map(|o| o.uid.clone()),
        Resource::Pod => world.cluster.state.pod_named(&object.name).map(|pod| pod.uid.clone()),
        _ => object.exists(world).then(String::new),
    }
}

impl Waiting {
    /// Prints every object that has got there, in order.
    pub(crate) fn poll(&mut self, world: &World, now: SimTime) -> FollowStep {
        let mut step = FollowStep::default();
        while let (Some(object), Some(before)) = (self.objects.first(), self.uids.first()) {
            let is_now = uid(object, world);
            let met = match &self.goal {
                Goal::Deleted => is_now != *before || is_now.is_none(),
                Goal::Created => is_now.is_some(),
                Goal::Condition(..) | Goal::Path(..) => {
                    self.goal.holds(&document::live(object, world))
                }
            };
            if !met {
                break;
            }
            step.stdout += &format!("{} condition met\n", object.display());
            self.objects.remove(0);
            self.uids.remove(0);
        }
        if self.objects.is_empty() {
            step.done = Some(0);
        } else if self.until <= now {
            for (index, object) in self.objects.iter().enumerate() {
                let prefix = if self.objects.len() == 1 && index == 0 { "error: " } else { "" };
                let plural = object.resource.info().plural;
                step.stderr += &format!(
                    "{prefix}timed out waiting for the condition on {plural}/{}\n",
                    object.name
                );
            }
            step.done = Some(1);
        }
        step
    }
}

impl Goal {
    fn holds(&self, document: &Value) -> bool {
        match self {
            Self::Condition(name, status) => {
                let observed = document["status"]["observedGeneration"].as_u64();
                let generation = document["metadata"]["generation"].as_u64();
                // A status that is older than the spec says nothing about it.
                if observed.zip(generation).is_some_and(|(observed, now)| observed < now) {
                    return false;
                }
                let conditions = document["status"]["conditions"].as_array();
                conditions.into_iter().flatten().any(|condition| {
                    let is = |key: &str, wanted: &str| {
                        condition[key].as_str().is_some_and(|v| v.to_lowercase() == wanted)
                    };
                    is("type", name) && is("status", status)
                })
            }
            Self::Path(path, wanted) => {
                let found = path.select(document);
                match wanted {
                    None => !found.is_empty(),
                    Some(wanted) => found.iter().any(|value| jsonpath::text(value) == *wanted),
                }
            }
            Self::Deleted | Self::Created => false,
        }
    }
}
