//! Fields of a Job.

use super::kubernetes::{API_VERSION, KIND, METADATA, POD_TEMPLATE, STATUS, spec};
use super::{Object, Shape, field, inert, refused};
use Shape::{Any, Bool, Choice, String as Text};

pub(super) static JOB: Object =
    Object { name: "Job", fields: &[API_VERSION, KIND, METADATA, spec(&JOB_SPEC), STATUS] };

pub(super) static JOB_SPEC: Object = Object {
    name: "JobSpec",
    fields: &[
        field("template", Shape::Object(&POD_TEMPLATE), "The pods to make.").required(),
        field("completions", Shape::COUNT, "Pods that must succeed; 1 if not given."),
        field("parallelism", Shape::COUNT, "Pods at once; 1 if not given."),
        field("backoffLimit", Shape::COUNT, "Failures after which it gives up; 6 if not given."),
        field("activeDeadlineSeconds", Shape::SECONDS, "Seconds after which it gives up."),
        field(
            "ttlSecondsAfterFinished",
            Shape::COUNT,
            "Seconds after its end at which it is deleted; never if not given.",
        ),
        field("suspend", Bool, "Whether it has no pods for now; false if not given."),
        field("completionMode", Choice(&["Indexed", "NonIndexed"]), "NonIndexed if not given."),
        field("selector", Any, "Which pods belong to it; set by the API server."),
        inert("manualSelector", Bool, "Whether the selector is written by hand."),
        inert("podReplacementPolicy", Text, "When a pod that ends is replaced."),
        refused("backoffLimitPerIndex", Shape::COUNT, "Failures of one index."),
        refused("managedBy", Text, "Another controller that looks after it."),
        refused("maxFailedIndexes", Shape::COUNT, "Indexes that may fail."),
        refused("podFailurePolicy", Any, "What a failure means, by exit status."),
        refused("successPolicy", Any, "When it has succeeded, by index."),
    ],
};
