//! Scenario folders on disk, read with limits: they may come from strangers.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sim_core::diagnostic::{Diagnostic, Position};
use sim_core::scenario::Bundle;

/// Name of the file that makes a folder a scenario.
pub(crate) const SCENARIO_FILE: &str = "scenario.yaml";

/// Folder in which scenarios are looked up by name.
const LIBRARY: &str = "scenarios";

/// Most files in one scenario folder.
const FILES_MAX: usize = 500;
/// Most folders inside each other.
const DEPTH_MAX: usize = 8;
/// Most bytes in one file.
pub(crate) const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Most bytes in all files of a scenario.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// The folder of a scenario: a path to it or to its `scenario.yaml`, or a name that is looked up
/// under `scenarios/` in the current folder and its parents.
pub(crate) fn find(scenario: &Path) -> Result<PathBuf, Diagnostic> {
    let shown = scenario.display().to_string();
    if scenario.is_dir() {
        return Ok(scenario.to_owned());
    }
    if scenario.file_name().is_some_and(|name| name == SCENARIO_FILE) && scenario.is_file() {
        return Ok(parent(scenario));
    }
    if scenario.exists() {
        let problem =
            Diagnostic::error(&shown, Position::default(), "this is not a scenario folder");
        return Err(problem.with_help(format!("name the folder that holds {SCENARIO_FILE}")));
    }
    let here = std::env::current_dir().unwrap_or_default();
    let candidates = here.ancestors().map(|folder| folder.join(LIBRARY).join(scenario));
    candidates.into_iter().find(|folder| folder.join(SCENARIO_FILE).is_file()).ok_or_else(|| {
        let problem = Diagnostic::error(&shown, Position::default(), "there is no such scenario");
        problem.with_help(match known(&here) {
            names if names.is_empty() => format!(
                "give the path of a folder with a {SCENARIO_FILE}, or work where there is a folder {LIBRARY}/"
            ),
            names => format!("{LIBRARY}/ has {}", names.join(", ")),
        })
    })
}

/// The folder that a file lies in.
pub(crate) fn parent(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Names of the scenarios in the nearest `scenarios/` folder.
fn known(here: &Path) -> Vec<String> {
    let library =
        here.ancestors().map(|folder| folder.join(LIBRARY)).find(|folder| folder.is_dir());
    let folders =
        library.map(|library| scenarios_in(&library).unwrap_or_default()).unwrap_or_default();
    let names = folders.iter().filter_map(|folder| folder.file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// The scenario folders directly inside a folder, by name.
pub(crate) fn scenarios_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.join(SCENARIO_FILE).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a scenario folder. Names that begin with a dot are left out; all problems are reported.
pub(crate) fn read(folder: &Path) -> Result<Bundle, Vec<Diagnostic>> {
    let mut reading =
        Reading { root: folder, bundle: Bundle::default(), bytes: 0, problems: Vec::new() };
    reading.bundle.name = fs::canonicalize(folder)
        .ok()
        .and_then(|full| Some(full.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_default();
    reading.folder(folder, 0);
    if reading.problems.is_empty() { Ok(reading.bundle) } else { Err(reading.problems) }
}

/// What has been read of a folder so far.
struct Reading<'a> {
    root: &'a Path,
    bundle: Bundle,
    bytes: usize,
    problems: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth == DEPTH_MAX {
            return self.reject(folder, format!("more than {DEPTH_MAX} folders inside each other"));
        }
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<PathBuf> = match entries {
            Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
            Err(error) => {
                return self.reject(folder, format!("cannot read this folder: {}", reason(&error)));
            }
        };
        paths.sort();
        for path in paths {
            self.entry(&path, depth);
            if FILES_MAX < self.bundle.files.len() {
                return self
                    .reject(self.root, format!("more than {FILES_MAX} files in one scenario"));
            }
            if BYTES_MAX < self.bytes {
                return self.reject(
                    self.root,
                    format!("more than {} in one scenario", mebibytes(BYTES_MAX)),
                );
            }
        }
    }

    fn entry(&mut self, path: &Path, depth: usize) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return self.reject(path, "the file's name is not UTF-8".to_owned());
        };
        if name.starts_with('.') {
            return;
        }
        let kind = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) => {
                return self.reject(path, format!("cannot read this: {}", reason(&error)));
            }
        };
        if kind.is_symlink() {
            // A link may lead out of the folder or around in a circle.
            return self.reject(
                path,
                "symbolic links are not followed; put the file itself here".to_owned(),
            );
        }
        if kind.is_dir() {
            return self.folder(path, depth + 1);
        }
        match read_text(path) {
            Ok(text) => {
                self.bytes += text.len();
                let relative = path.strip_prefix(self.root).unwrap_or(path);
                let parts = relative.iter().map(|part| part.to_string_lossy());
                self.bundle.files.insert(parts.collect::<Vec<_>>().join("/"), text);
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    fn reject(&mut self, path: &Path, message: String) {
        let problem = Diagnostic::error(&path.display().to_string(), Position::default(), message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// Reads a text file of limited size.
pub(crate) fn read_text(path: &Path) -> Result<String, Diagnostic> {
    let file = path.display().to_string();
    let fail = |message: String| Diagnostic::error(&file, Position::default(), message);
    let cannot = |error: io::Error| fail(format!("cannot read this file: {}", reason(&error)));
    let metadata = fs::metadata(path).map_err(cannot)?;
    if !metadata.is_file() {
        return Err(fail("this is not a file".to_owned()));
    }
    let mut bytes = Vec::new();
    let opened = fs::File::open(path).map_err(cannot)?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if FILE_BYTES_MAX < bytes.len() as u64 {
        let most = mebibytes(FILE_BYTES_MAX as usize);
        return Err(fail(format!("the file is larger than {most}")).with_help("split it"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let before = String::from_utf8_lossy(valid);
        Diagnostic::error(&file, end_of(&before), "the file is not UTF-8 text from here on")
            .with_help("save it as UTF-8")
    })
}

/// The position just behind a text.
fn end_of(text: &str) -> Position {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let last = text.rsplit('\n').next().unwrap_or_default();
    Position {
        line: count(text.matches('\n').count() + 1),
        column: count(last.chars().count() + 1),
    }
}

/// An operating system's error without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

fn mebibytes(bytes: usize) -> String {
    format!("{} MiB", bytes / (1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_characters() {
        assert_eq!(end_of(""), Position { line: 1, column: 1 });
        assert_eq!(end_of("a: é\nü"), Position { line: 2, column: 2 });
    }

    #[test]
    fn the_folder_of_a_bare_file_name_is_the_current_one() {
        assert_eq!(parent(Path::new("scenario.yaml")), Path::new("."));
        assert_eq!(parent(Path::new("a/scenario.yaml")), Path::new("a"));
    }
}
