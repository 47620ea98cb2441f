//! What the cluster holds, for the analyzers.

use crate::cluster::api::Kind;
use crate::console::kubectl::document;
use crate::console::kubectl::resource::{ObjectRef, Resource, names};
use crate::mesh::analyze::Resources;
use crate::world::World;

/// Adds every object that an analyzer looks at.
pub(super) fn add(resources: &mut Resources, world: &World) {
    let written = Kind::ALL.iter().map(|kind| Resource::Object(*kind));
    for resource in written.chain([Resource::Pod, Resource::Namespace]) {
        for name in names(resource, world) {
            resources.add_live(&document::live(&ObjectRef::new(resource, name), world));
        }
    }
}
