//! `argocd app diff`.

use serde_json::Value;

use crate::console::argocd::{Outcome, known};
use crate::console::diff::normal;
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::delivery::{difference, spec_of};
use crate::manifest;

/// `argocd app diff APPNAME`: status 1 if something differs.
pub(super) fn diff(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = known(session, &arguments.words[0])?;
    if arguments.has("refresh") || arguments.has("hard-refresh") {
        session.world.refresh_application(&name, session.ctx);
    }
    let world = &*session.world;
    let application = world.delivery.application(&name);
    let (Some(desired), Some(spec)) =
        (application.and_then(|one| one.desired()), spec_of(&world.api, &name))
    else {
        return Ok(());
    };
    let text = |document: &Value| match document {
        Value::Null => String::new(),
        document => manifest::to_yaml(document),
    };
    let mut out = String::new();
    for target in &desired.objects {
        let Some((live, after)) = difference(world, spec, target) else { continue };
        let (group, kind) = (target.kind.group(), target.kind.name());
        out += &format!("\n===== {group}/{kind} default/{} ======\n", target.name);
        out += &normal(&text(&live), &text(&after));
    }
    let differs = !out.is_empty();
    session.out.stdout.push_str(&out);
    session.out.status = i32::from(differs && arguments.text("exit-code") != Some("false"));
    Ok(())
}
