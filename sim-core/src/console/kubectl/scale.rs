//! `kubectl scale`.

use crate::cluster::api::Kind;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::Resource;
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, document, input, write};
use crate::console::session::Session;

/// `kubectl scale --replicas=N`.
pub(crate) fn scale(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let replicas = arguments.number("replicas").unwrap_or(-1);
    if replicas < 0 {
        return Err(Failure::error(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let mut query = Query::parse(arguments, "scale", session.world)?;
    if arguments.text("filename").is_some() {
        let items = input::read(arguments, session)?.items;
        let kinds = items.into_iter().map(|i| (i.object.resource, Some(vec![i.object.name])));
        query.kinds = kinds.collect();
        query.named = true;
    }
    if query.kinds.is_empty() {
        return Err(Failure::error("resource(s) were provided, but no name was specified"));
    }
    if !query.named && !arguments.has("all") && arguments.text("selector").is_none() {
        return Err(Failure::error("resource(s) were provided, but no name was specified"));
    }
    let found = query.find(session.world);
    if found.objects.is_empty() && found.problems.is_empty() {
        return Err(Failure::error("no objects passed to scale"));
    }
    for object in &found.objects {
        match object.resource {
            Resource::Object(Kind::Deployment | Kind::Rollout) => {}
            Resource::ReplicaSet => {
                session.out.fail(
                    "error: scaling a ReplicaSet is not modelled; its Deployment would set it back \
                     at once: scale that",
                );
                continue;
            }
            _ => {
                session.out.fail("Error from server (NotFound): the server could not find the requested resource");
                continue;
            }
        }
        let current = document::live(object, session.world)["spec"]["replicas"].as_i64();
        let expected = arguments.number("current-replicas").filter(|n| 0 <= *n).map(i64::from);
        if let (Some(current), Some(expected)) = (current, expected)
            && current != expected
        {
            session.out.fail(format!("error: Expected replicas to be {expected}, was {current}"));
            continue;
        }
        let written = write::modify(session, object, dry_run, |document| {
            document["spec"]["replicas"] = replicas.into();
        });
        match written {
            Ok(_) => {
                session.out.print(format!("{} scaled{}", object.display(), dry_run.suffix()));
            }
            Err(problem) => session.out.fail(problem),
        }
    }
    for problem in found.problems {
        session.out.fail(problem);
    }
    Ok(())
}
