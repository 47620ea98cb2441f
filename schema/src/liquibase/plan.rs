//! What is to be run, and what is to be taken back (LQ-03, 05, 06).

use crate::liquibase::changeset::ChangeSet;
use crate::liquibase::expression::Expression;
use crate::liquibase::history::{Entry, ExecType, History};

/// The database for which changesets are read.
const DBMS: [&str; 2] = ["postgresql", "all"];

/// Which changesets a run is for, and how many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// `--contexts`; without any, every changeset is for it.
    pub contexts: Vec<String>,
    /// `--label-filter`.
    pub labels: Option<Expression>,
    /// Most changesets that are run: `update-count`.
    pub count: Option<usize>,
}

/// What becomes of a changeset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has been run.
    Ran,
    /// It is run, for the first time or again.
    Due(ExecType),
    /// It comes after as many as are wanted.
    AfterCount,
    /// This run is not for it.
    FilteredOut,
}

/// Why a run is not for a changeset, as the summary says it.
pub(super) fn reasons(set: &ChangeSet, filter: &Filter) -> Vec<&'static str> {
    let not = |name: &String| name.strip_prefix('!').map(str::to_owned);
    let (without, with): (Vec<_>, Vec<_>) = set.dbms.iter().partition(|name| not(name).is_some());
    let here = |name: &str| DBMS.iter().any(|dbms| dbms.eq_ignore_ascii_case(name));
    let dbms = (with.is_empty() || with.iter().any(|name| here(name)))
        && !without.iter().any(|name| here(&name[1..]));
    let context = filter.contexts.is_empty()
        || set.context.as_ref().is_none_or(|context| context.holds_for(&filter.contexts));
    let labels = set.labels.is_empty()
        || filter.labels.as_ref().is_none_or(|labels| labels.holds_for(&set.labels));
    let all = [
        (!dbms, "DBMS mismatch"),
        (set.ignored, "Ignored"),
        (!context, "Context mismatch"),
        (!labels, "Label mismatch"),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}

/// What becomes of every changeset, in the order of the changelog.
pub fn states(sets: &[ChangeSet], history: &History, filter: &Filter) -> Vec<State> {
    let mut left = filter.count.unwrap_or(usize::MAX);
    let state = |set: &ChangeSet| {
        let entry = history.entry(set);
        if !reasons(set, filter).is_empty() {
            return if entry.is_some() { State::Ran } else { State::FilteredOut };
        }
        let again = |entry: &Entry| {
            let changed = entry.checksum.as_ref().is_some_and(|sum| *sum != set.checksum());
            set.runs_always || set.runs_on_change && changed
        };
        let kind = match entry {
            None => ExecType::Executed,
            Some(entry) if again(entry) => ExecType::Reran,
            Some(_) => return State::Ran,
        };
        if left == 0 {
            return State::AfterCount;
        }
        left -= 1;
        State::Due(kind)
    };
    sets.iter().map(state).collect()
}

/// What is wrong with changelog and history together: two changesets of one name, or a changeset that is not
/// as it was run (LQ-01, 03). Liquibase's words, or none.
pub fn validate(sets: &[ChangeSet], history: &History) -> Option<String> {
    let changed: Vec<String> = sets.iter().filter_map(|set| changed(set, history)).collect();
    let mut twice: Vec<String> = Vec::new();
    for (place, set) in sets.iter().enumerate() {
        let name = set.name();
        if sets[..place].iter().any(|other| other.name() == name) && !twice.contains(&name) {
            twice.push(name);
        }
    }
    let mut text = String::new();
    for (what, names) in
        [("changesets check sum", changed), ("changesets had duplicate identifiers", twice)]
    {
        if !names.is_empty() {
            text += &format!("     {} {what}\n", names.len());
            for name in names {
                text += &format!("          {name}\n");
            }
        }
    }
    (!text.is_empty()).then(|| format!("Validation Failed:\n{text}"))
}

fn changed(set: &ChangeSet, history: &History) -> Option<String> {
    let was = history.entry(set)?.checksum.as_ref()?;
    let now = set.checksum();
    let any = |sum: &String| sum == was || matches!(sum.to_lowercase().as_str(), "any" | "1:any");
    let fine =
        *was == now || set.runs_always || set.runs_on_change || set.valid_checksums.iter().any(any);
    (!fine).then(|| format!("{} was: {was} but is now: {now}", set.name()))
}

/// Up to where rows are taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// `rollback TAG`: to the row that has this tag.
    Tag(String),
    /// `rollback-count N`.
    Count(usize),
    /// `rollback-to-date`: everything after this, as the table shows it.
    Date(String),
}

/// Changesets that are taken back, the newest first (LQ-06). A row whose changeset is in no changelog any
/// more is passed over, as Liquibase does.
pub fn taken_back<'s>(
    sets: &'s [ChangeSet],
    history: &History,
    back: &Back,
) -> Result<Vec<&'s ChangeSet>, String> {
    let rows = history.in_order();
    let first = match back {
        Back::Count(count) => rows.len().saturating_sub(*count),
        Back::Date(date) => rows.iter().position(|row| *date < row.date).unwrap_or(rows.len()),
        Back::Tag(tag) => {
            let tagged = rows.iter().rposition(|row| row.tag.as_ref() == Some(tag));
            let Some(place) = tagged else {
                return Err(format!("Could not find tag '{tag}' in the database"));
            };
            // A changeset that only writes the tag goes with what came after it.
            if rows[place].description == "tagDatabase" { place } else { place + 1 }
        }
    };
    let of = |row: &&Entry| sets.iter().find(|set| row.is_of(set));
    Ok(rows[first.min(rows.len())..].iter().rev().filter_map(of).collect())
}
