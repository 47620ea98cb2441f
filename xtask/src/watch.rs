//! `serve --watch`: builds again when a source changes.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::repository;
use crate::steps::seconds;

/// Folders whose files make the guide.
const SOURCES: [&str; 7] =
    ["book", "charts", "quizzes", "scenarios", "sim-core", "web-app", "xtask/src"];

/// An editor writes several files, or one several times: a build waits for a quiet moment.
const QUIET: Duration = Duration::from_millis(200);

/// Watches the sources until the returned watcher is dropped.
pub(crate) fn start() -> Result<RecommendedWatcher> {
    let (sender, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Some(path) = event.ok().as_ref().and_then(changed) {
            let _ = sender.send(path.display().to_string());
        }
    })?;
    for source in SOURCES {
        let folder = repository::root().join(source);
        if folder.is_dir() {
            let context = || format!("cannot watch {source}");
            watcher.watch(&folder, RecursiveMode::Recursive).with_context(context)?;
        }
    }
    println!("Watching for changes.");
    std::thread::spawn(move || rebuild_on(&changes));
    Ok(watcher)
}

/// The file that an event changed; reading a file is an event too, but no change.
fn changed(event: &Event) -> Option<&Path> {
    let change = event.kind.is_create() || event.kind.is_modify() || event.kind.is_remove();
    let path = event.paths.first().filter(|_| change)?;
    Some(path.strip_prefix(repository::root()).unwrap_or(path))
}

fn rebuild_on(changes: &Receiver<String>) {
    while let Ok(path) = changes.recv() {
        while changes.recv_timeout(QUIET).is_ok() {}
        println!("{path} changed, building …");
        let began = Instant::now();
        // A process of its own: the change may be one of this very program.
        let build = repository::run(repository::cargo().args(["xtask", "build"]));
        match build {
            Ok(()) => println!("Built again in {}; reload the page.", seconds(began.elapsed())),
            Err(error) => println!("The old guide stays: {error:#}"),
        }
    }
}
