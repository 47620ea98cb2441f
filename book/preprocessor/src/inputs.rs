//! What directives refer to: scenarios and quizzes, by name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use schema::compat::{Case, Source};
use sim_core::scenario::Bundle;

use crate::proof::{self, Proofs};

/// What directives refer to.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Scenario folders by name.
    pub scenarios: BTreeMap<String, Bundle>,
    /// Texts of quiz files by name without `.toml`.
    pub quizzes: BTreeMap<String, String>,
    /// Cases of the Database lab by name.
    pub cases: BTreeMap<String, Case>,
    /// Text of `book/rules.toml`.
    pub rules: String,
    /// Tests by the rule that they cite.
    pub proofs: Proofs,
}

impl Inputs {
    /// Reads `scenarios/`, `quizzes/data/`, `book/cases/`, `book/rules.toml` and the tests of the repository
    /// at `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let rules = read_text(&root.join("book/rules.toml"))?;
        let mut inputs = Self { rules, proofs: proof::read(root)?, ..Self::default() };
        for folder in entries(&root.join("scenarios"))? {
            if !folder.join("scenario.yaml").is_file() {
                continue;
            }
            inputs.scenarios.insert(name_of(&folder), read_scenario(&folder)?);
        }
        for file in entries(&root.join("quizzes/data"))? {
            if file.extension().is_some_and(|extension| extension == "toml") {
                let name = name_of(&file.with_extension(""));
                inputs.quizzes.insert(name, read_text(&file)?);
            }
        }
        for folder in entries(&root.join("book/cases"))? {
            inputs.cases.insert(name_of(&folder), read_case(&folder)?);
        }
        Ok(inputs)
    }
}

/// The files of one scenario's folder.
///
/// # Errors
///
/// If a file cannot be read as text.
pub fn read_scenario(folder: &Path) -> Result<Bundle> {
    let mut files = BTreeMap::new();
    read_folder(folder, folder, &mut files)?;
    Ok(Bundle { name: name_of(folder), files })
}

/// One case: `case.md`, `schema.sql`, and folders of releases and migrations, in the order of names.
fn read_case(folder: &Path) -> Result<Case> {
    let sources = |inner: &str| -> Result<Vec<Source>> {
        let files = entries(&folder.join(inner))?;
        let source = |file: &std::path::PathBuf| -> Result<Source> {
            let name = name_of(file);
            let name = if inner == "releases" { name_of(&file.with_extension("")) } else { name };
            Ok(Source { name, sql: read_text(file)? })
        };
        files.iter().map(source).collect()
    };
    let text = read_text(&folder.join("case.md"))?;
    let (title, about) = text.split_once('\n').unwrap_or((&text, ""));
    Ok(Case {
        name: name_of(folder),
        title: title.trim_start_matches('#').trim().to_owned(),
        about: about.trim().to_owned(),
        schema: read_text(&folder.join("schema.sql"))?,
        releases: sources("releases")?,
        migrations: sources("migrations")?,
    })
}

fn read_folder(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) -> Result<()> {
    for path in entries(folder)? {
        if path.is_dir() {
            read_folder(root, &path, files)?;
            continue;
        }
        let inner = path.strip_prefix(root).unwrap_or(&path);
        let parts: Vec<_> = inner.iter().map(|part| part.to_string_lossy()).collect();
        files.insert(parts.join("/"), read_text(&path)?);
    }
    Ok(())
}

/// The entries of a folder, sorted, without hidden ones; a missing folder has none.
fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let context = || format!("cannot read the folder {}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if !name_of(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {} as text", path.display()))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
