//! A namespace.

use serde_json::Value;

use super::{amounts, annotations, field, labels};
use crate::cluster::api::Kind;
use crate::console::kubectl::document;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::world::World;

/// A namespace. All objects that can be made are in `default`.
pub(super) fn namespace(document: &Value, world: &World) -> String {
    let name = field(document, "/metadata/name");
    let mut out = format!("Name:\t{name}\n") + &labels(document) + &annotations(document);
    out += &format!("Status:\t{}\n\n", field(document, "/status/phase"));
    let quotas = if name == "default" { quotas(world) } else { String::new() };
    out += if quotas.is_empty() { "No resource quota.\n" } else { "Resource Quotas\n" };
    out + &quotas + "\nNo LimitRange resource.\n"
}

fn quotas(world: &World) -> String {
    let text = |name: &str| {
        let object = ObjectRef::new(Resource::Object(Kind::ResourceQuota), name);
        let document = document::live(&object, world);
        format!("  Name:\t{name}\n  Resource\tUsed\tHard\n  --------\t---\t---\n")
            + &amounts(&document, "  ")
    };
    world.api.list(Kind::ResourceQuota).map(|(name, _)| text(name)).collect()
}
