//! `kubectl get -w`: prints what changes.

use std::collections::BTreeMap;

use crate::console::follow::FollowStep;
use crate::console::kubectl::document;
use crate::console::kubectl::get::{Format, Get, pretty};
use crate::console::kubectl::resource::ObjectRef;
use crate::console::kubectl::rows::cells;
use crate::console::table;
use crate::manifest;
use crate::time::SimTime;
use crate::world::World;

/// `kubectl get -w` at work.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    get: Get,
    /// Objects printed so far and how they looked, ages aside.
    seen: BTreeMap<ObjectRef, Vec<String>>,
    widths: Vec<usize>,
}

/// What a watcher compares: the cells at a fixed moment, so that growing ages are no change.
fn state_of(object: &ObjectRef, world: &World) -> Vec<String> {
    cells(object, world, SimTime::ZERO)
}

impl Watching {
    /// A watch that prints what is there first, or only what changes after `now`.
    pub(crate) fn new(get: Get, world: &World, only_changes: bool) -> Self {
        let found = if only_changes { get.query.find(world).objects } else { Vec::new() };
        let state = |object: ObjectRef| {
            let state = state_of(&object, world);
            (object, state)
        };
        Self { get, seen: found.into_iter().map(state).collect(), widths: Vec::new() }
    }

    /// Prints what has changed since the last look.
    pub(crate) fn poll(&mut self, world: &World, now: SimTime) -> FollowStep {
        let found = self.get.query.find(world).objects;
        let mut step = FollowStep::default();
        let gone: Vec<ObjectRef> =
            self.seen.keys().filter(|seen| !found.contains(seen)).cloned().collect();
        for object in found {
            let state = state_of(&object, world);
            if self.seen.get(&object) == Some(&state) {
                continue;
            }
            self.print(&object, world, now, &mut step.stdout);
            self.seen.insert(object, state);
        }
        for object in gone {
            // The API sends the last state of what it deletes; kubectl prints it once more.
            if let Some(row) = self.seen.remove(&object) {
                self.print_row(&object, row, &mut step.stdout);
            }
        }
        step
    }

    fn print(&mut self, object: &ObjectRef, world: &World, now: SimTime, out: &mut String) {
        match &self.get.format {
            Format::Table { wide } => {
                let row = self.get.row(object, *wide, world, now);
                self.print_row(object, row, out);
            }
            Format::Yaml => {
                *out += &format!("---\n{}", manifest::to_yaml(&document::live(object, world)));
            }
            Format::Json => *out += &(pretty(&document::live(object, world)) + "\n"),
            Format::Name => *out += &(object.display() + "\n"),
            Format::Template(template) => {
                *out += &template.render(&document::live(object, world)).unwrap_or_default();
            }
            Format::Columns(columns) => {
                *out += &self.get.custom_table(columns, std::slice::from_ref(object), world);
            }
        }
    }

    fn print_row(&mut self, object: &ObjectRef, mut row: Vec<String>, out: &mut String) {
        let Format::Table { wide } = self.get.format else { return };
        let header = self.get.header(object.resource, wide);
        row.truncate(header.len());
        let first = self.widths.is_empty();
        if first {
            self.widths = vec![0; header.len()];
        }
        for line in [&header, &row] {
            for (width, cell) in self.widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count() + table::GET.padding);
            }
        }
        let lines = [(first && !self.get.no_headers).then_some(&header), Some(&row)];
        for line in lines.into_iter().flatten() {
            for (index, cell) in line.iter().enumerate() {
                out.push_str(cell);
                if index + 1 < line.len() {
                    let width = self.widths[index].saturating_sub(cell.chars().count());
                    out.extend(std::iter::repeat_n(' ', width));
                }
            }
            out.push('\n');
        }
    }
}
