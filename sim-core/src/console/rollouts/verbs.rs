//! Commands of the plugin that change something.

use serde_json::Value;

use crate::cluster::api::Kind;
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::write;
use crate::console::rollouts::{Outcome, known};
use crate::console::session::Session;
use crate::console::timestamp;
use crate::rollouts::Wish;

/// Tells every named Rollout the same.
fn each(session: &mut Session<'_, '_>, arguments: &Arguments, wish: Wish, done: &str) -> Outcome {
    for name in &arguments.words {
        known(session, name)?;
        session.world.tell_rollout(name, wish, session.ctx);
        session.out.print(format!("rollout '{name}' {done}"));
    }
    Ok(())
}

/// Changes the document of an object.
fn modify(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    change: impl FnOnce(&mut Value),
) -> Outcome {
    write::modify(session, object, DryRun::No, change).map(|_| ())
}

/// `abort ROLLOUT_NAME`.
pub(super) fn abort(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    each(session, arguments, Wish::Abort, "aborted")
}

/// `retry rollout ROLLOUT_NAME`.
pub(super) fn retry(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    each(session, arguments, Wish::Retry, "retried")
}

/// `promote ROLLOUT_NAME [--full]`.
pub(super) fn promote(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let full = arguments.has("full");
    for name in &arguments.words {
        let object = known(session, name)?;
        if !full {
            unpause(session, &object)?;
        }
        let wish = if full { Wish::PromoteFull } else { Wish::Promote };
        session.world.tell_rollout(name, wish, session.ctx);
        let done = if full { "fully promoted" } else { "promoted" };
        session.out.print(format!("rollout '{name}' {done}"));
    }
    Ok(())
}

fn unpause(session: &mut Session<'_, '_>, object: &ObjectRef) -> Outcome {
    modify(session, object, |document| {
        if document["spec"]["paused"] == true {
            document["spec"]["paused"] = false.into();
        }
    })
}

/// `pause ROLLOUT_NAME`.
pub(super) fn pause(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    for name in &arguments.words {
        let object = known(session, name)?;
        modify(session, &object, |document| document["spec"]["paused"] = true.into())?;
        session.out.print(format!("rollout '{name}' paused"));
    }
    Ok(())
}

/// `resume ROLLOUT_NAME`: the same as promote, by its old name.
pub(super) fn resume(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    for name in &arguments.words {
        let object = known(session, name)?;
        unpause(session, &object)?;
        session.world.tell_rollout(name, Wish::Promote, session.ctx);
        session.out.print(format!("rollout '{name}' resumed"));
    }
    Ok(())
}

/// `restart ROLLOUT_NAME`: not modelled, since it replaces pods without a new revision.
pub(super) fn restart(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    for name in &arguments.words {
        known(session, name)?;
    }
    Err(format!(
        "restart is not modelled here; a new annotation of spec.template makes a new revision ({})",
        timestamp(session.ctx.now)
    ))
}

/// `set image ROLLOUT_NAME CONTAINER=IMAGE...`; `*` is every container.
pub(super) fn set_image(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let (name, pairs) = arguments.words.split_first().ok_or("a name is missing")?;
    let object = known(session, name)?;
    if pairs.is_empty() {
        return Err("write CONTAINER=IMAGE".to_owned());
    }
    for pair in pairs {
        let Some((container, image)) = pair.split_once('=').filter(|(_, image)| !image.is_empty())
        else {
            return Err(format!("{pair:?}: write CONTAINER=IMAGE"));
        };
        let mut found = false;
        modify(session, &object, |document| {
            let list = document.pointer_mut("/spec/template/spec/containers");
            for one in list.and_then(Value::as_array_mut).into_iter().flatten() {
                if container == "*" || one["name"] == container {
                    one["image"] = image.into();
                    found = true;
                }
            }
        })?;
        if !found {
            return Err(format!("unable to find container named \"{container}\""));
        }
    }
    session.out.print(format!("rollout \"{name}\" image updated"));
    Ok(())
}

/// `undo ROLLOUT_NAME [--to-revision=N]`: the template of an earlier revision (ROLL-07).
pub(super) fn undo(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = &arguments.words[0];
    let object = known(session, name)?;
    let sets = session.world.cluster.state.revisions_of(name);
    let wanted = arguments.number("to-revision").unwrap_or(0);
    let set = match u64::try_from(wanted) {
        Ok(0) => sets.iter().rev().nth(1),
        Ok(number) => sets.iter().find(|set| set.revision == number),
        Err(_) => None,
    };
    let Some(set) = set else {
        return Err(match wanted {
            0 => format!("no revision found for rollout \"{name}\""),
            _ => format!("unable to find specified revision {wanted} in history"),
        });
    };
    let template = set.document.clone();
    modify(session, &object, |document| document["spec"]["template"] = template)?;
    session.out.print(format!("rollout '{name}' undo"));
    Ok(())
}

/// `terminate analysisrun NAME`.
pub(super) fn terminate(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    for name in &arguments.words {
        let object = ObjectRef::new(Resource::Object(Kind::AnalysisRun), name);
        if !object.exists(session.world) {
            return Err(format!("analysisruns.argoproj.io \"{name}\" not found"));
        }
        modify(session, &object, |document| document["spec"]["terminate"] = true.into())?;
        session.out.print(format!("analysisRun '{name}' terminated"));
    }
    Ok(())
}
