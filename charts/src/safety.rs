//! The simulator's safety map as a drawing.

use sim_core::map::{self, Class, Flow, SafetyMap};

use crate::map::{Bar, Field, Map, Shade, Strip};

impl Map {
    /// The drawing of a safety map with this title and natural width in pixels.
    pub fn of(map: &SafetyMap, title: &str, width: u32) -> Self {
        let field = |field: map::Field| Field {
            shade: shade(field.class),
            text: field.text,
            bar: field.flow.and_then(bar),
        };
        let rows = map.table().into_iter().map(|row| Strip {
            name: row.name,
            note: row.note,
            apart: row.apart,
            fields: row.fields.into_iter().map(field).collect(),
        });
        Self {
            title: format!("Safety map: {title}"),
            summary: map.summary(),
            width,
            columns: map.heads(),
            rows: rows.collect(),
            path: map.places(),
        }
    }
}

fn shade(class: Option<Class>) -> Shade {
    match class {
        None => Shade::Pending,
        Some(Class::Safe) => Shade::Safe,
        Some(Class::Unknown) => Shade::Unknown,
        Some(Class::Degraded) => Shade::Degraded,
        Some(Class::Errors) => Shade::Errors,
        Some(Class::DataLoss) => Shade::DataLoss,
    }
}

fn bar(flow: Flow) -> Option<Bar> {
    match flow {
        Flow::Free => None,
        Flow::Waits => Some(Bar::Waits),
        Flow::Blocks => Some(Bar::Blocks),
    }
}
