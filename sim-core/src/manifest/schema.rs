//! What may be written: for every field its type, whether it has an effect here, and what it means.
//!
//! The same tables check manifests and scenarios, answer `kubectl explain`, and suggest the word
//! that was meant.

use crate::cluster::api::Kind;

mod analysis;
mod application;
mod autoscaler;
mod budget;
mod config;
mod flagger;
mod flux;
mod istio;
mod job;
mod kruise;
mod kubernetes;
mod pod;
mod proxy;
mod quota;
mod rollout;

/// One field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What may stand there.
    pub shape: Shape,
    /// What it means, in a line.
    pub text: &'static str,
    /// Whether it must be written.
    pub required: bool,
    /// Whether it has an effect here.
    pub modelled: bool,
    /// Whether an object that says this means something else without it: it is refused then, not
    /// passed over with a note.
    pub essential: bool,
}

/// An object: its type's name and its fields.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// Name of the type, as `kubectl explain` shows it.
    pub name: &'static str,
    /// What it may hold.
    pub fields: &'static [Field],
}

/// What may stand in a place.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number within limits.
    Int {
        /// Name of the type: `int32` or `int64`.
        name: &'static str,
        /// Least value.
        least: i64,
        /// Greatest value.
        most: i64,
    },
    /// Any number.
    Number,
    /// A whole number, or text: a port's name, or a percentage.
    IntOrString,
    /// An amount: `250m`, `512Mi`.
    Quantity,
    /// A length of time: `5s`, `250ms`.
    Duration,
    /// A length of time, or the shortest and longest one: `4s..8s`.
    DurationRange,
    /// How often: `120/s`, `90/min`.
    Rate,
    /// Text, or an object that says more.
    TextOr(&'static Object),
    /// One of several words.
    Choice(&'static [&'static str]),
    /// An object with known fields.
    Object(&'static Object),
    /// Any number of the same.
    List(&'static Shape),
    /// Free keys, each with the same.
    Map(&'static Shape),
    /// Anything: its inside is not looked at.
    Any,
}

impl Shape {
    /// A 32-bit number.
    pub const INT32: Self = int32(i32::MIN as i64);
    /// A 32-bit number that is not negative.
    pub const COUNT: Self = int32(0);
    /// A 32-bit number from 1.
    pub const POSITIVE: Self = int32(1);
    /// A port number.
    pub const PORT: Self = Self::Int { name: "int32", least: 1, most: 65_535 };
    /// A number of seconds.
    pub const SECONDS: Self = Self::Int { name: "int64", least: 0, most: i32::MAX as i64 };
    /// Any number of texts.
    pub const STRINGS: Self = Self::List(&Self::String);
    /// Labels and the like.
    pub const LABELS: Self = Self::Map(&Self::String);

    /// The type as `kubectl explain` writes it, without brackets.
    pub fn type_name(&self) -> String {
        match self {
            Self::String
            | Self::Choice(_)
            | Self::Duration
            | Self::DurationRange
            | Self::Rate
            | Self::TextOr(_) => "string".to_owned(),
            Self::Bool => "boolean".to_owned(),
            Self::Int { .. } => "integer".to_owned(),
            Self::Number => "number".to_owned(),
            Self::IntOrString => "IntOrString".to_owned(),
            Self::Quantity => "Quantity".to_owned(),
            Self::Object(object) => object.name.to_owned(),
            Self::List(item) => format!("[]{}", item.type_name()),
            Self::Map(value) => format!("map[string]{}", value.type_name()),
            Self::Any => "Object".to_owned(),
        }
    }

    /// The fields behind this shape, looking through lists and maps.
    pub fn fields(&self) -> &'static [Field] {
        match self {
            Self::Object(object) | Self::TextOr(object) => object.fields,
            Self::List(inner) | Self::Map(inner) => inner.fields(),
            _ => &[],
        }
    }
}

const fn int32(least: i64) -> Shape {
    Shape::Int { name: "int32", least, most: i32::MAX as i64 }
}

/// A field that is modelled and may be left out.
pub const fn field(name: &'static str, shape: Shape, text: &'static str) -> Field {
    Field { name, shape, text, required: false, modelled: true, essential: false }
}

/// A field that exists but has no effect here.
pub const fn inert(name: &'static str, shape: Shape, text: &'static str) -> Field {
    Field { modelled: false, ..field(name, shape, text) }
}

/// A field that exists but is not modelled, without which the object means something else.
pub const fn refused(name: &'static str, shape: Shape, text: &'static str) -> Field {
    Field { essential: true, ..inert(name, shape, text) }
}

impl Field {
    /// The same field, which must be written.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

pub use proxy::PROXY_CONFIG;

/// What a manifest of this kind may hold.
pub fn object(kind: Kind) -> &'static Object {
    match kind {
        Kind::Deployment => &kubernetes::DEPLOYMENT,
        Kind::Job => &job::JOB,
        Kind::Service => &kubernetes::SERVICE,
        Kind::ConfigMap => &config::CONFIG_MAP,
        Kind::Secret => &config::SECRET,
        Kind::ResourceQuota => &quota::RESOURCE_QUOTA,
        Kind::HorizontalPodAutoscaler => &autoscaler::AUTOSCALER,
        Kind::PodDisruptionBudget => &budget::BUDGET,
        Kind::Gateway => &istio::GATEWAY,
        Kind::VirtualService => &istio::VIRTUAL_SERVICE,
        Kind::DestinationRule => &istio::DESTINATION_RULE,
        Kind::Application => &application::APPLICATION,
        Kind::Canary => &flagger::CANARY,
        Kind::MetricTemplate => &flagger::METRIC_TEMPLATE,
        Kind::Rollout => &rollout::ROLLOUT,
        Kind::AnalysisTemplate => &analysis::TEMPLATE,
        Kind::ClusterAnalysisTemplate => &analysis::CLUSTER_TEMPLATE,
        Kind::AnalysisRun => &analysis::RUN,
        Kind::GitRepository => &flux::GIT_REPOSITORY,
        Kind::Kustomization => &flux::KUSTOMIZATION,
        Kind::KruiseRollout => &kruise::ROLLOUT,
    }
}

/// The field at a path below a kind, for `kubectl explain`: its children are
/// `field.shape.fields()`. `None` if there is no such field; an empty path names no field, use
/// [`object`] for it.
pub fn explain(kind: Kind, path: &[&str]) -> Option<&'static Field> {
    let (last, parents) = path.split_last()?;
    let find = |fields: &'static [Field], name: &str| fields.iter().find(|f| f.name == name);
    let mut fields = object(kind).fields;
    for name in parents {
        fields = find(fields, name)?.shape.fields();
    }
    find(fields, last)
}
