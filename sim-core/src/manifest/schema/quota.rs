//! Fields of a `ResourceQuota`.

use super::kubernetes::{API_VERSION, KIND, METADATA, STATUS, spec};
use super::{Object, Shape, field, refused};

pub(super) static RESOURCE_QUOTA: Object = Object {
    name: "ResourceQuota",
    fields: &[API_VERSION, KIND, METADATA, spec(&RESOURCE_QUOTA_SPEC), STATUS],
};

static RESOURCE_QUOTA_SPEC: Object = Object {
    name: "ResourceQuotaSpec",
    fields: &[
        field(
            "hard",
            Shape::Map(&Shape::Quantity),
            "The most that all pods together may have: pods, requests.cpu, limits.memory, ...",
        ),
        refused("scopeSelector", Shape::Any, "Conditions on the pods that count."),
        refused("scopes", Shape::STRINGS, "Which pods count."),
    ],
};
