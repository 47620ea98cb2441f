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
    seen: BTreeMap<ObjectRef, Seen>,
    widths: Vec<usize>,
}

/// An object as it was last seen.
#[derive(Clone, Debug)]
struct Seen {
    /// Its cells at a fixed moment, so that growing ages are no change.
    state: Vec<String>,
    /// Its row in the table; empty in another format.
    row: Vec<String>,
}

impl Seen {
    fn of(object: &ObjectRef, get: &Get, world: &World, now: SimTime) -> Self {
        let row = match get.format {
            Format::Table { wide } => get.row(object, wide, world, now),
            _ => Vec::new(),
        };
        Self { state: cells(object, world, SimTime::ZERO), row }
    }
}

impl Watching {
    /// A watch that prints what is there first, or only what changes after `now`.
    pub(crate) fn new(get: Get, world: &World, now: SimTime, only_changes: bool) -> Self {
        let found = if only_changes { get.query.find(world).objects } else { Vec::new() };
        let seen = found.into_iter().map(|object| {
            let seen = Seen::of(&object, &get, world, now);
            (object, seen)
        });
        Self { seen: seen.collect(), get, widths: Vec::new() }
    }

    /// Prints what has changed since the last look.
    pub(crate) fn poll(&mut self, world: &World, now: SimTime) -> FollowStep {
        let found = self.get.query.find(world).objects;
        let mut step = FollowStep::default();
        let gone: Vec<ObjectRef> =
            self.seen.keys().filter(|seen| !found.contains(seen)).cloned().collect();
        for object in found {
            let seen = Seen::of(&object, &self.get, world, now);
            if self.seen.get(&object).is_none_or(|before| before.state != seen.state) {
                self.print(&object, &seen.row, world, &mut step.stdout);
            }
            self.seen.insert(object, seen);
        }
        for object in gone {
            // The API sends the last state of what it deletes; kubectl prints it once more.
            if let Some(last) = self.seen.remove(&object) {
                self.print_row(&object, &last.row, &mut step.stdout);
            }
        }
        step
    }

    fn print(&mut self, object: &ObjectRef, row: &[String], world: &World, out: &mut String) {
        match &self.get.format {
            Format::Table { .. } => self.print_row(object, row, out),
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
                self.get.no_headers = true;
            }
        }
    }

    fn print_row(&mut self, object: &ObjectRef, row: &[String], out: &mut String) {
        let Format::Table { wide } = self.get.format else { return };
        let header = self.get.header(object.resource, wide);
        let first = self.widths.is_empty();
        if first {
            self.widths = vec![0; header.len()];
        }
        for line in [&header, row] {
            for (width, cell) in self.widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count() + table::GET.padding);
            }
        }
        let lines = [(first && !self.get.no_headers).then_some(&*header), Some(row)];
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
