//! A schema that was there before Flyway (FW-04): `baseline`, and `baselineOnMigrate`.

use crate::flyway::history::{Entry, History, Kind};
use crate::flyway::plan::Refusal;
use crate::flyway::state::Settings;

/// What `baseline` comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The table is made, with this row.
    Made(Entry),
    /// The row is there already, as Flyway says it.
    Stands(String),
}

/// Notes the version that a schema has, so that only migrations above it are due. `by` and `on` are the
/// row's user and time.
pub fn baseline(
    history: Option<&History>,
    settings: &Settings,
    (by, on): (&str, &str),
) -> Result<Baseline, Refusal> {
    let (version, description) = (&settings.baseline_version, &settings.baseline_description);
    let Some(history) = history else {
        return Ok(Baseline::Made(Entry {
            rank: 1,
            version: Some(version.clone()),
            description: description.clone(),
            kind: Kind::Baseline,
            script: description.clone(),
            checksum: None,
            installed_by: by.to_owned(),
            installed_on: on.to_owned(),
            millis: 0,
            success: true,
        }));
    };
    let table = format!("schema history table {}", settings.table());
    let wanted = format!("({version},{description})");
    let reset = "Need to reset your baseline? Learn more: https://rd.gt/3CdwkXD";
    let refused = |why: String| Err(Refusal(format!("Unable to baseline {table} {why}")));
    let marker = history.entries.iter().find(|entry| entry.kind == Kind::Baseline);
    match marker.map(|entry| (entry.version.as_ref(), entry.description.as_str())) {
        Some((Some(has), called)) if has == version && called == description => {
            let table = table.replacen('s', "S", 1);
            Ok(Baseline::Stands(format!("{table} already initialized with {wanted}. Skipping.")))
        }
        Some((has, called)) => {
            let has = has.map(ToString::to_string).unwrap_or_default();
            let why =
                format!("with {wanted} as it has already been baselined with ({has},{called})");
            refused(format!("{why}\n{reset}"))
        }
        None if history.entries.is_empty() => refused(
            "as it already exists, and is empty.\nDelete the schema history table, and run baseline \
             again."
                .to_owned(),
        ),
        None => refused(format!("as it already contains migrations\n{reset}")),
    }
}
