//! ConfigMaps and Secrets, and how pods refer to them.

use std::collections::BTreeMap;

use crate::cluster::api::Kind;

/// What a ConfigMap or Secret holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigData {
    /// `type` of a Secret, `Opaque` by default; empty for a ConfigMap.
    pub secret_type: String,
    /// Size in bytes of what stands under each key, `data` and `binaryData` together.
    pub sizes: BTreeMap<String, usize>,
    /// `immutable`: what it holds may never change.
    pub immutable: bool,
}

/// A reference of a pod to a ConfigMap or Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigRef {
    /// `Kind::ConfigMap` or `Kind::Secret`.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Keys that must be there; empty: the object is enough.
    pub keys: Vec<String>,
    /// `optional`: the pod does without.
    pub optional: bool,
}

/// A volume with what a ConfigMap or Secret holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigVolume {
    /// Name of the volume.
    pub name: String,
    /// What is in it.
    pub source: ConfigRef,
}
