//! IST0106: what Istio's validation refuses.

use crate::manifest;
use crate::mesh::analyze::resource::Resources;
use crate::mesh::analyze::{Code, Message, Report, matches};

pub(super) fn analyze(resources: &Resources, report: &mut Report) {
    for resource in resources.iter() {
        let Some(kind) = resource.istio_kind() else { continue };
        for complaint in manifest::istio_complaints(kind, &resource.root) {
            let text = format!("Schema validation error: {complaint}");
            report.add(Message::new(Code::SchemaValidationError, resource, text));
        }
    }
    for resource in resources.of("VirtualService") {
        matches::analyze(resource, report);
    }
}
