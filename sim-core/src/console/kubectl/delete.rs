//! `kubectl delete`.

use crate::console::follow::Watch;
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::{Found, Query};
use crate::console::kubectl::{Failure, Outcome, input, write};
use crate::console::session::Session;
use crate::time::SimDuration;
use crate::world::Scope;

/// How long it waits for what it deletes when no `--timeout` is given.
const WEEK: SimDuration = SimDuration::from_secs(168 * 3600);

/// `kubectl delete`.
pub(crate) fn delete(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let found = what(session, arguments)?;
    let cascade = arguments.text("cascade").unwrap_or("background");
    match cascade {
        "background" | "true" | "foreground" => {}
        "orphan" | "false" => {
            return Err(Failure::error("--cascade=orphan is not modelled here"));
        }
        other => {
            return Err(Failure::error(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \
                 \"orphan\""
            )));
        }
    }
    let grace = grace(session, arguments)?;
    if found.objects.is_empty() && found.problems.is_empty() {
        session.out.print("No resources found");
        return Ok(());
    }
    let mut pods = Vec::new();
    for object in &found.objects {
        if let Err(problem) = delete_one(session, object, grace, dry_run, &mut pods) {
            session.out.fail(problem);
            continue;
        }
        let forced = grace == Some(SimDuration::ZERO);
        let done = if forced { "force deleted" } else { "deleted" };
        let line = match arguments.text("output") {
            Some("name") => object.display(),
            _ => format!(
                "{} \"{}\" {done}{}{}",
                object.resource.qualified(),
                object.name,
                if object.resource.info().namespaced { " from default namespace" } else { "" },
                dry_run.suffix()
            ),
        };
        session.out.print(line);
    }
    for problem in found.problems {
        session.out.fail(problem);
    }
    let waits = arguments.text("wait") != Some("false") && session.out.status == 0;
    if waits && !pods.is_empty() {
        let until = session.ctx.now + arguments.duration("timeout").unwrap_or(WEEK);
        session.out.watch = Some(Watch::Gone { pods, until });
    }
    Ok(())
}

fn what(session: &mut Session<'_, '_>, arguments: &Arguments) -> Result<Found, Failure> {
    let ignore = arguments.has("ignore-not-found");
    if arguments.text("filename").is_some() || arguments.text("kustomize").is_some() {
        let read = input::read(arguments, session)?;
        input::report(&read.problems, session);
        let mut found = Found::default();
        for item in read.items {
            if item.object.exists(session.world) {
                found.objects.push(item.object);
            } else if !ignore {
                found.problems.push(item.object.not_found().replacen(
                    "(NotFound): ",
                    &format!("(NotFound): error when deleting \"{}\": ", item.file),
                    1,
                ));
            }
        }
        return Ok(found);
    }
    let query = Query::parse(arguments, "delete", session.world)?;
    if query.kinds.is_empty() {
        return Err(Failure::error(
            "You must provide one or more resources by argument or filename.\nExample resource \
             specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   \
             '<resource> <name>'\n   '<resource>'",
        ));
    }
    let picked = arguments.text("selector").is_some() || arguments.text("field-selector").is_some();
    if !query.named && !picked && !arguments.has("all") {
        return Err(Failure::error("resource(s) were provided, but no name was specified"));
    }
    let mut found = query.find(session.world);
    if ignore {
        found.problems.clear();
    }
    Ok(found)
}

/// `--grace-period`, `--now`, `--force`.
fn grace(
    session: &mut Session<'_, '_>,
    arguments: &Arguments,
) -> Result<Option<SimDuration>, Failure> {
    let force = arguments.has("force");
    let given = arguments.number("grace-period").filter(|seconds| 0 <= *seconds);
    if arguments.has("now") {
        if given.is_some() {
            return Err(Failure::error("--now and --grace-period cannot be specified together"));
        }
        return Ok(Some(SimDuration::from_secs(1)));
    }
    if force && given.is_some_and(|seconds| 0 < seconds) {
        return Err(Failure::error(
            "--force and --grace-period greater than 0 cannot be specified together",
        ));
    }
    match (force, given) {
        (true, _) => {
            session.out.warn(
                "Warning: Immediate deletion does not wait for confirmation that the running \
                 resource has been terminated. The resource may continue to run on the cluster \
                 indefinitely.",
            );
            Ok(Some(SimDuration::ZERO))
        }
        // Without --force, 0 is raised to 1, so that the kubelet confirms.
        (false, Some(seconds)) => {
            Ok(Some(SimDuration::from_secs(u64::from(seconds.unsigned_abs()).max(1))))
        }
        (false, None) => Ok(None),
    }
}

fn delete_one(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    grace: Option<SimDuration>,
    dry_run: DryRun,
    pods: &mut Vec<(String, String)>,
) -> Result<(), String> {
    match object.resource {
        Resource::Object(kind) => {
            if dry_run == DryRun::No {
                write::delete(session, kind, &object.name);
            }
            Ok(())
        }
        Resource::Pod => {
            let state = &session.world.cluster.state;
            let Some(pod) = state.pod_named(&object.name) else { return Err(object.not_found()) };
            let id = pod.id;
            pods.push((object.name.clone(), pod.uid.clone()));
            if dry_run == DryRun::No {
                write::note(session, object, "deleted");
                let scope = &mut Scope { ctx: session.ctx, trace: &mut session.world.trace };
                session.world.cluster.delete_pod(id, grace, scope);
            } else {
                pods.clear();
            }
            Ok(())
        }
        Resource::ReplicaSet => Err(
            "error: deleting a ReplicaSet is not modelled; its Deployment would make it again: \
             delete or scale that"
                .to_owned(),
        ),
        _ => Err(format!(
            "error: deleting {} is not modelled; the control plane owns them",
            object.resource.info().plural
        )),
    }
}
