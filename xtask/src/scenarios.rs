//! Scenario folders as single files, for the page to fetch.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sim_core::scenario::Bundle;

use crate::repository;

/// Writes `scenarios/NAME/` to `into/NAME.json` for every scenario; how many there are.
pub(crate) fn build(into: &Path) -> Result<usize> {
    fs::create_dir_all(into)?;
    let bundles = load()?;
    for bundle in &bundles {
        let json = serde_json::to_string(bundle).context("a bundle is plain data")?;
        fs::write(into.join(&bundle.name).with_extension("json"), json)?;
    }
    Ok(bundles.len())
}

/// All scenario folders, by name.
pub(crate) fn load() -> Result<Vec<Bundle>> {
    let folder = repository::root().join("scenarios");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut bundles = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.join("scenario.yaml").is_file() {
            bundles.push(bundle(&path)?);
        }
    }
    bundles.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(bundles)
}

/// The files of one scenario folder.
pub(crate) fn bundle(folder: &Path) -> Result<Bundle> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files = BTreeMap::new();
    gather(folder, "", &mut files)?;
    Ok(Bundle { name, files })
}

fn gather(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if name.starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
            continue;
        }
        let text = fs::read_to_string(entry.path())
            .with_context(|| format!("{} is not readable as UTF-8", entry.path().display()))?;
        files.insert(path, text);
    }
    Ok(())
}
