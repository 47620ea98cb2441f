//! What the tests that cross crates share: where the repository lies, and scenarios from its folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use sim_core::scenario::{Bundle, Scenario};

/// The repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").into()
}

/// The names of the shipped scenarios.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn scenario_names() -> Result<Vec<String>> {
    let folder = repository().join("scenarios");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The files of a shipped scenario.
///
/// # Errors
///
/// If one cannot be read.
pub fn bundle(name: &str) -> Result<Bundle> {
    let folder = repository().join("scenarios").join(name);
    let mut files = BTreeMap::new();
    read(&folder, &folder, &mut files)?;
    Ok(Bundle { name: name.to_owned(), files })
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            read(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// A shipped scenario, checked.
///
/// # Errors
///
/// If its files have errors; all of them are named.
pub fn scenario(name: &str) -> Result<Arc<Scenario>> {
    let (scenario, _) = Scenario::load(&bundle(name)?).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{name}:\n{}", lines.join("\n"))
    })?;
    Ok(Arc::new(scenario))
}
