//! `kubectl events`.

use crate::console::age;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::{Failure, Outcome, select};
use crate::console::session::Session;
use crate::console::table;

/// `kubectl events [--for TYPE/NAME] [--types=Warning]`: oldest first.
pub(crate) fn events(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let wanted = match arguments.text("for") {
        None => None,
        Some(text) => {
            let (kind, name) = text
                .split_once('/')
                .ok_or_else(|| Failure::error("--for must be in resource/name form"))?;
            Some(format!("{}/{name}", select::resource(kind, session.world)?.info().singular))
        }
    };
    let types: Vec<&str> =
        arguments.text("types").map(|t| t.split(',').collect()).unwrap_or_default();
    let now = session.ctx.now;
    let mut notes: Vec<_> = session.world.cluster.state.notes.iter().collect();
    notes.retain(|note| wanted.as_ref().is_none_or(|wanted| note.object == *wanted));
    notes.retain(|note| types.is_empty() || types.contains(&note.level));
    notes.sort_by_key(|note| note.at);
    let mut rows = Vec::new();
    if !arguments.has("no-headers") {
        let header = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
        rows.push(header.map(str::to_owned).to_vec());
    }
    for note in &notes {
        let mut seen = age::since(now, note.at);
        if 1 < note.count {
            seen += &format!(" (x{} over {})", note.count, age::since(now, note.first));
        }
        let object = crate::console::kubectl::rows::event_object(&note.object);
        rows.push(vec![
            seen,
            note.level.to_owned(),
            note.reason.to_owned(),
            object,
            note.message.clone(),
        ]);
    }
    if notes.is_empty() {
        session.out.warn("No events found in default namespace.");
        return Ok(());
    }
    let text = table::rows(rows);
    session.out.stdout.push_str(&text);
    Ok(())
}
