//! Two columns that hold one datum, because a migration copies one into the other (EC-3): who reads one of
//! them misses what others write into the other one alone (EC-6). And forms of values that a release writes
//! and another one cannot read.
//!
//! What is not copied is new: a release that finds it empty is told so as compat does, and no more.

use std::collections::BTreeSet;

use crate::map::Split;
use crate::map::axes::Version;
use crate::map::steps::{Pair, State};

/// The columns that a release reads and writes, with their tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    reads: BTreeSet<(String, String)>,
    writes: BTreeSet<(String, String)>,
}

impl Uses {
    /// On a schema; a statement that fails there uses nothing.
    pub(super) fn of(version: &Version, state: &State) -> Self {
        let mut uses = Self::default();
        for statement in &version.sends {
            if let Ok(access) = schema::check(&state.schema, &statement.ast) {
                uses.reads.extend(access.reads);
                uses.writes.extend(access.writes);
            }
        }
        uses
    }
}

/// Values that one release with a share of the traffic writes in a form that another one cannot read.
pub(super) fn unreadable(split: &Split, (versions, uses): (&[Version], &[Uses])) -> Vec<String> {
    let mut found = Vec::new();
    for (reader, _) in split.shares() {
        for (name, values) in &versions[reader].values {
            let (table, column) = name.split_once('.').unwrap_or((name, ""));
            let key = (table.to_owned(), column.to_owned());
            let Some(known) = values.reads.as_ref().filter(|_| uses[reader].reads.contains(&key))
            else {
                continue;
            };
            let writers = split.shares().filter(|(writer, _)| uses[*writer].writes.contains(&key));
            for writer in writers.map(|(writer, _)| &versions[writer]) {
                let form = writer.values.get(name).map(|said| &said.writes);
                if let Some(form) = form.filter(|form| !known.contains(form)) {
                    let (reader, writer) = (&versions[reader].name, &writer.name);
                    found.push(format!(
                        "{reader} cannot read the {form} that {writer} writes into {name}"
                    ));
                }
            }
        }
    }
    found
}

/// One of the two places of a datum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

const SIDES: [Side; 2] = [Side::Old, Side::New];

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }

    fn column(self, pair: &Pair) -> (String, String) {
        let (table, from, to) = pair;
        let column = if self == Self::Old { from } else { to };
        (table.clone(), column.clone())
    }
}

/// Whether a set has one side of a pair, and not the other.
fn alone(set: &BTreeSet<(String, String)>, pair: &Pair, side: Side) -> bool {
    set.contains(&side.column(pair)) && !set.contains(&side.other().column(pair))
}

/// Why a datum is out of date on either side; none where it is not.
#[derive(Clone, Debug, Default)]
pub(super) struct Stale {
    sides: [Option<String>; 2],
}

impl Stale {
    /// As long as nobody has copied it, the new side is.
    pub(super) fn new(pair: &Pair, state: &State) -> Self {
        let mut stale = Self::default();
        if !state.is_copied(pair) {
            let why = format!("into which {} has not been copied", pair.1);
            stale.sides[Side::New as usize] = Some(why);
        }
        stale
    }

    /// Everything has been copied.
    pub(super) fn copied(&mut self) {
        self.sides[Side::New as usize] = None;
    }

    /// Versions with a share of the traffic write.
    pub(super) fn written(
        &mut self,
        pair: &Pair,
        split: &Split,
        (versions, uses): (&[Version], &[Uses]),
    ) {
        for (version, _) in split.shares() {
            for side in SIDES {
                let missed = &mut self.sides[side as usize];
                if missed.is_none() && alone(&uses[version].writes, pair, side.other()) {
                    let (_, column) = side.other().column(pair);
                    let name = &versions[version].name;
                    *missed = Some(format!("while {name} writes {column} alone"));
                }
            }
        }
    }

    /// What versions with a share of the traffic misread.
    pub(super) fn misread(
        &self,
        pair: &Pair,
        split: &Split,
        (versions, uses): (&[Version], &[Uses]),
    ) -> Vec<String> {
        let mut found = Vec::new();
        for (version, _) in split.shares() {
            for side in SIDES {
                let Some(why) = &self.sides[side as usize] else { continue };
                if alone(&uses[version].reads, pair, side) {
                    let (table, column) = side.column(pair);
                    found.push(format!("{} reads {table}.{column}, {why}", versions[version].name));
                }
            }
        }
        found
    }
}
