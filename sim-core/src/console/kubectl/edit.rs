//! `kubectl edit`: with an editor that needs no terminal, as scripts use it.

use serde_json::Value;

use crate::cluster::api::Applied;
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, document, write};
use crate::console::session::{Output, Session};
use crate::console::{commands, files, shell};
use crate::manifest::{self, yaml};

/// The file that the editor is given; it is gone afterwards.
const FILE: &str = ".kubectl-edit.yaml";

/// What the comment at the head of the file says, in our words.
const HEADER: &str = "\
# The object as the API server holds it. Lines that begin with '#' are ignored.
# An empty file cancels the edit; a wrong one is refused and changes nothing.
#
";

/// `kubectl edit KIND NAME`.
pub(crate) fn edit(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let query = Query::parse(arguments, "edit", session.world)?;
    if query.kinds.is_empty() || !query.named {
        return Err(Failure::error("must specify the type of resource and name to edit"));
    }
    let found = query.find(session.world);
    if let Some(problem) = found.problems.first() {
        return Err(Failure::plain(problem.clone()));
    }
    let settings = &session.settings;
    let setting = |name: &str| settings.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone());
    let Some(editor) = setting("KUBE_EDITOR").or_else(|| setting("EDITOR")) else {
        let example = found.objects.first().map(ObjectRef::display).unwrap_or_default();
        return Err(Failure::error(format!(
            "no editor can open in this terminal\n  change the manifest in the Files tab and apply \
             it, or give a command that edits: KUBE_EDITOR=\"sed -i s/OLD/NEW/\" kubectl edit \
             {example}"
        )));
    };
    for object in &found.objects {
        if !matches!(object.resource, Resource::Object(_)) {
            return Err(Failure::error(format!(
                "changing {} is not modelled; the control plane owns them",
                object.resource.info().plural
            )));
        }
        edit_one(session, object, &editor)?;
    }
    Ok(())
}

fn edit_one(session: &mut Session<'_, '_>, object: &ObjectRef, editor: &str) -> Outcome {
    let before = document::live(object, session.world);
    let text = HEADER.to_owned() + &manifest::to_yaml(&before);
    let edited = run_editor(session, editor, &text)?;
    let meant: Vec<&str> =
        edited.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    if meant.iter().all(|line| line.trim().is_empty()) {
        session.out.warn("Edit cancelled, saved file was empty.");
        return Ok(());
    }
    if edited == text {
        session.out.warn("Edit cancelled, no changes made.");
        return Ok(());
    }
    let refused = |problem: String| {
        Failure::plain(format!("{problem}\nerror: Edit cancelled, no valid changes were saved."))
    };
    let documents = yaml::parse("kubectl-edit.yaml", &edited)
        .map_err(|problem| refused(format!("error: {problem}")))?;
    let [after] = &documents[..] else {
        return Err(refused("error: the edited file must hold one object".to_owned()));
    };
    let after = after.to_json();
    let name = |document: &Value| (document["kind"].clone(), document["metadata"]["name"].clone());
    if name(&after) != name(&before) {
        return Err(refused(
            "error: At least one of apiVersion, kind and name was changed".to_owned(),
        ));
    }
    match write::put(session, object, after, DryRun::No) {
        Ok(Applied::Unchanged) => session.out.warn("Edit cancelled, no changes made."),
        Ok(_) => session.out.print(format!("{} edited", object.display())),
        Err(denied) => return Err(refused(denied.message(object, ""))),
    }
    Ok(())
}

/// Runs the editor's command on a file that holds `text`; gives the file as the editor left it.
fn run_editor(session: &mut Session<'_, '_>, editor: &str, text: &str) -> Result<String, Failure> {
    let cannot = |why: &str| {
        Failure::error(format!("there was a problem with the editor \"{editor}\": {why}"))
    };
    let line = shell::parse(editor).map_err(|problem| cannot(&problem))?;
    let words: Vec<String> = match &line.steps[..] {
        [step] if step.pipeline.len() == 1 && step.pipeline[0].redirects.is_empty() => {
            step.pipeline[0].words.iter().map(|word| word.text.clone()).collect()
        }
        _ => return Err(cannot("it must be one plain command")),
    };
    let edits = ["sed", "cp", "tee", "true", "touch"];
    if !words.first().is_some_and(|name| edits.contains(&name.as_str())) {
        return Err(cannot(
            "no editor can open in this terminal; use one like \"sed -i s/OLD/NEW/\"",
        ));
    }
    files::write(session.workspace, FILE, text.to_owned()).map_err(|problem| cannot(&problem))?;
    let kept = std::mem::take(&mut session.out);
    let words: Vec<String> = words.into_iter().chain([FILE.to_owned()]).collect();
    commands::run(&words, session);
    let ended: Output = std::mem::replace(&mut session.out, kept);
    let edited = files::read(session.workspace, FILE).unwrap_or_default().to_owned();
    files::remove(session.workspace, FILE);
    if ended.status != 0 {
        return Err(cannot(ended.stderr.trim_end()));
    }
    Ok(edited)
}
