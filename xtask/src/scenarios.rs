//! Scenario folders as single files, for the page to fetch.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sim_core::scenario::Bundle;

/// Writes every scenario as `into/NAME.json`.
pub(crate) fn build(scenarios: &BTreeMap<String, Bundle>, into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    for (name, bundle) in scenarios {
        let json = serde_json::to_string(bundle).context("a bundle is plain data")?;
        fs::write(into.join(format!("{name}.json")), json)?;
    }
    Ok(())
}
