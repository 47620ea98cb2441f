//! The learner's files: paths, limits, reading and writing.

use crate::console::Workspace;
use crate::console::shell::matches_pattern;

/// Most bytes of one file.
pub(crate) const FILE_MAX: usize = 256 * 1024;
/// Most files.
pub(crate) const FILES_MAX: usize = 256;
/// Most bytes of all files.
pub(crate) const TOTAL_MAX: usize = 2 * 1024 * 1024;

/// What a command says that is to read more than all files can have.
pub(crate) const TOO_MUCH: &str = "Cannot allocate memory";

const NO_SUCH: &str = "No such file or directory";

/// The path as the workspace keeps it, relative to its root; None if it leads out of it.
pub(crate) fn normal(path: &str) -> Option<String> {
    let path = path.strip_prefix("~/").unwrap_or(path);
    let mut parts: Vec<&str> = Vec::new();
    for part in path.strip_prefix('/').map_or(path, |_| "..").split('/') {
        match part {
            "" | "." | "~" => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether the path is a folder: the root, or the beginning of a file's path.
pub(crate) fn is_folder(workspace: &Workspace, path: &str) -> bool {
    normal(path).is_some_and(|path| path.is_empty() || has_files(workspace, &path))
}

fn has_files(workspace: &Workspace, folder: &str) -> bool {
    let prefix = format!("{folder}/");
    let next = workspace.files.range(prefix.clone()..).next();
    next.is_some_and(|(path, _)| path.starts_with(&prefix))
}

/// A file's content, or what the system says instead.
pub(crate) fn read<'w>(workspace: &'w Workspace, path: &str) -> Result<&'w str, &'static str> {
    let normal = normal(path).ok_or(NO_SUCH)?;
    match workspace.files.get(&normal) {
        Some(text) if !path.ends_with('/') => Ok(text),
        Some(_) => Err("Not a directory"),
        None if is_folder(workspace, path) => Err("Is a directory"),
        None => Err(NO_SUCH),
    }
}

/// Writes a file.
pub(crate) fn write(workspace: &mut Workspace, path: &str, text: String) -> Result<(), String> {
    if path == "/dev/null" {
        return Ok(());
    }
    let Some(name) = normal(path).filter(|name| !name.is_empty()) else {
        return Err("only files of the workspace can be written".to_owned());
    };
    if path.ends_with('/') || is_folder(workspace, path) {
        return Err("Is a directory".to_owned());
    }
    let mut parents = name.match_indices('/').map(|(at, _)| &name[..at]);
    if parents.any(|parent| workspace.files.contains_key(parent)) {
        return Err("Not a directory".to_owned());
    }
    if 200 < name.len() || name.chars().any(char::is_control) {
        return Err("File name too long".to_owned());
    }
    if FILE_MAX < text.len() {
        return Err(format!("File too large (more than {FILE_MAX} bytes)"));
    }
    let others = workspace.files.iter().filter(|(path, _)| **path != name);
    let (count, total) =
        others.fold((0, 0), |(count, total), (_, text)| (count + 1, total + text.len()));
    if FILES_MAX <= count || TOTAL_MAX < total + text.len() {
        return Err("No space left on device".to_owned());
    }
    workspace.files.insert(name, text);
    Ok(())
}

/// Adds to a file, or writes it.
pub(crate) fn append(workspace: &mut Workspace, path: &str, text: &str) -> Result<(), String> {
    let before = read(workspace, path).unwrap_or_default();
    let whole = before.to_owned() + text;
    write(workspace, path, whole)
}

/// Removes a file.
pub(crate) fn remove(workspace: &mut Workspace, path: &str) {
    if let Some(path) = normal(path) {
        workspace.files.remove(&path);
    }
}

/// The files that a pattern names, in order.
pub(crate) fn expand(workspace: &Workspace, pattern: &str) -> Vec<String> {
    let (prefix, inner) = match pattern.strip_prefix("./") {
        Some(inner) => ("./", inner),
        None => ("", pattern),
    };
    let fits = |path: &&String| matches_pattern(inner, path) && !path.starts_with('.');
    workspace.files.keys().filter(fits).map(|path| format!("{prefix}{path}")).collect()
}

/// Names in a folder: files, and folders with a slash. None if there is no such folder.
pub(crate) fn list(workspace: &Workspace, folder: &str) -> Option<Vec<String>> {
    let folder = normal(folder)?;
    if !folder.is_empty() && !has_files(workspace, &folder) {
        return None;
    }
    let prefix = if folder.is_empty() { String::new() } else { folder + "/" };
    let inside = workspace.files.range(prefix.clone()..).map(|(path, _)| path);
    let mut names: Vec<String> = Vec::new();
    for path in inside.take_while(|path| path.starts_with(&prefix)) {
        let rest = &path[prefix.len()..];
        let name = match rest.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => rest.to_owned(),
        };
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    Some(names)
}

/// All files in a folder and below it.
pub(crate) fn below(workspace: &Workspace, folder: &str) -> Vec<String> {
    let Some(folder) = normal(folder) else { return Vec::new() };
    let prefix = if folder.is_empty() { String::new() } else { folder + "/" };
    workspace.files.keys().filter(|path| path.starts_with(&prefix)).cloned().collect()
}
