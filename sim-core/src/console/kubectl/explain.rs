//! `kubectl explain`: what a field means, from the tables that check manifests.

use crate::cluster::api::Kind;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::Resource;
use crate::console::kubectl::{Failure, Outcome, select};
use crate::console::session::Session;
use crate::manifest::schema::{self, Field};

/// `kubectl explain KIND[.FIELD...]`.
pub(crate) fn explain(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let [word] = &arguments.words[..] else {
        return Err(Failure::error(match arguments.words.len() {
            0 => {
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" \
                  for a complete list of supported resources."
            }
            _ => "We accept only this format: explain RESOURCE",
        }));
    };
    let (kind, path) = word.split_once('.').unwrap_or((word, ""));
    let resource = select::resource(kind, session.world)?;
    let written: Vec<&str> = path.split('.').filter(|part| !part.is_empty()).collect();
    // A pod is explained by the template that makes it.
    let (kind, mut full) = match resource {
        Resource::Object(kind) => (kind, Vec::new()),
        Resource::Pod | Resource::ReplicaSet => (Kind::Deployment, Vec::new()),
        _ => {
            return Err(Failure::error(format!(
                "{} cannot be explained here: nobody writes them by hand",
                resource.info().plural
            )));
        }
    };
    if resource == Resource::Pod {
        full.extend(["spec", "template"]);
    }
    full.extend(&written);
    let info = resource.info();
    let group = info.group();
    if !group.is_empty() {
        session.out.print(format!("GROUP:      {group}"));
    }
    session.out.print(format!("KIND:       {}", info.kind));
    let version = info.version.rsplit('/').next().unwrap_or_default();
    session.out.print(format!("VERSION:    {version}\n"));
    let field = match full.is_empty() {
        true => None,
        false => Some(schema::explain(kind, &full).ok_or_else(|| {
            Failure::error(format!("field \"{}\" does not exist", written.last().unwrap_or(&"")))
        })?),
    };
    if let (Some(field), Some(name)) = (field, written.last()) {
        session.out.print(format!("FIELD: {name} <{}>\n", field.shape.type_name()));
    }
    session.out.print("DESCRIPTION:");
    match field {
        Some(field) if !written.is_empty() => describe(field, session),
        _ => session.out.print(format!("    A {}.", info.kind)),
    }
    let fields = field.map_or(schema::object(kind).fields, |field| field.shape.fields());
    if !fields.is_empty() {
        session.out.print("\nFIELDS:");
        list(fields, arguments.has("recursive"), 1, session);
    }
    Ok(())
}

fn describe(field: &Field, session: &mut Session<'_, '_>) {
    session.out.print(format!("    {}", field.text));
    if !field.modelled {
        session.out.print("    This field has no effect here: it is not modelled.");
    }
}

/// Deepest level that `--recursive` prints.
const DEPTH_MAX: usize = 12;

fn list(fields: &[Field], recursive: bool, level: usize, session: &mut Session<'_, '_>) {
    for field in fields {
        let required = if field.required { " -required-" } else { "" };
        let indent = "  ".repeat(level);
        let kind = field.shape.type_name();
        session.out.print(format!("{indent}{}\t<{kind}>{required}", field.name));
        if !recursive {
            describe(field, session);
            session.out.print("");
        } else if level < DEPTH_MAX {
            list(field.shape.fields(), true, level + 1, session);
        }
    }
}
