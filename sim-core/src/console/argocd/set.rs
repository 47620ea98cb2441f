//! `argocd app set`.

use serde_json::{Value, json};

use crate::cluster::api::Kind;
use crate::console::argocd::{Failure, Outcome, known};
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::write;
use crate::console::session::Session;

/// Switches of the automated policy: flag, field.
const AUTOMATED: [(&str, &str); 3] =
    [("auto-prune", "prune"), ("self-heal", "selfHeal"), ("allow-empty", "allowEmpty")];

/// `argocd app set APPNAME [--sync-policy POLICY] [--self-heal] ...`.
pub(super) fn set(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = known(session, &arguments.words[0])?;
    let object = ObjectRef::new(Resource::Object(Kind::Application), &name);
    let stored = session.world.api.get(Kind::Application, &name);
    let Some(mut document) = stored.map(|stored| stored.manifest.document.clone()) else {
        return Ok(());
    };
    let before = document.clone();
    let mut given = 0;
    for (flag, field) in [("path", "path"), ("revision", "targetRevision")] {
        if let Some(value) = arguments.text(flag) {
            document["spec"]["source"][field] = value.into();
            given += 1;
        }
    }
    if let Some(policy) = arguments.text("sync-policy") {
        set_policy(&mut document, policy)?;
        given += 1;
    }
    for (flag, field) in AUTOMATED {
        let Some(value) = arguments.text(flag) else { continue };
        let automated = &mut document["spec"]["syncPolicy"]["automated"];
        if !automated.is_object() {
            return Err(Failure::client(format!(
                "Cannot set --{flag}: application not configured with automatic sync"
            )));
        }
        automated[field] = (value != "false").into();
        given += 1;
    }
    if given == 0 {
        return Err(Failure::Usage("Please set at least one option to update".to_owned()));
    }
    if document == before {
        return Ok(());
    }
    match write::put(session, &object, document, DryRun::No) {
        Ok(_) => Ok(()),
        Err(denied) => Err(Failure::rpc("InvalidArgument", denied.message(&object, ""))),
    }
}

fn set_policy(document: &mut Value, policy: &str) -> Result<(), Failure> {
    let spec = &mut document["spec"];
    match policy {
        "none" | "manual" => {
            if let Some(policy) = spec.get_mut("syncPolicy").and_then(Value::as_object_mut) {
                policy.remove("automated");
            }
        }
        "automated" | "automatic" | "auto" => {
            if !spec["syncPolicy"].is_object() {
                spec["syncPolicy"] = json!({});
            }
            if !spec["syncPolicy"]["automated"].is_object() {
                spec["syncPolicy"]["automated"] = json!({});
            }
        }
        other => return Err(Failure::client(format!("Invalid sync-policy: {other}"))),
    }
    Ok(())
}
