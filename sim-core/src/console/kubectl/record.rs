//! `--record`: deprecated, and still typed by many: the command becomes the cause of the change, which
//! `kubectl rollout history` shows.

use serde_json::{Value, json};

use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;

/// Where a change's cause is written.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// The cause to record, if the flag is given; kubectl warns of it.
pub(crate) fn cause(
    session: &mut Session<'_, '_>,
    arguments: &Arguments,
    verb: &str,
) -> Option<String> {
    if !arguments.has("record") {
        return None;
    }
    session.out.warn("Flag --record has been deprecated, --record will be removed in the future");
    let words = arguments.words.iter().map(|word| format!(" {word}"));
    let files = arguments.all("filename").map(|file| format!(" --filename={file}"));
    let given: String = words.chain(files).collect();
    Some(format!("kubectl {verb}{given} --record=true"))
}

/// Writes the cause into a document.
pub(crate) fn write(document: &mut Value, cause: &str) {
    let metadata = document.get_mut("metadata").and_then(Value::as_object_mut);
    let Some(metadata) = metadata else { return };
    let annotations = metadata.entry("annotations").or_insert(Value::Null);
    if !annotations.is_object() {
        *annotations = json!({});
    }
    annotations[CHANGE_CAUSE] = cause.into();
}
