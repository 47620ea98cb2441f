//! Fields of ConfigMaps and Secrets, which have no `spec`, and of what pods take from them.

use super::kubernetes::{API_VERSION, KIND, METADATA};
use super::{Field, Object, Shape, field, inert};
use Shape::{Any, Bool, List, String as Text};

pub(super) static CONFIG_MAP: Object = Object {
    name: "ConfigMap",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("data", Shape::LABELS, "Texts by key: settings, or whole files."),
        field("binaryData", Shape::LABELS, "What is no text, by key, in base64."),
        field("immutable", Shape::Bool, "Whether its content may never change."),
    ],
};

pub(super) static SECRET: Object = Object {
    name: "Secret",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("data", Shape::LABELS, "Values by key, in base64."),
        field("stringData", Shape::LABELS, "Values by key as plain text; stored in data."),
        field("type", Shape::String, "What it is for; Opaque if not given."),
        field("immutable", Shape::Bool, "Whether its content may never change."),
    ],
};

const OPTIONAL: Field =
    field("optional", Bool, "Whether the pod does without; false if not given.");

pub(super) static ENV_FROM: Object = Object {
    name: "EnvFromSource",
    fields: &[
        field("configMapRef", Shape::Object(&CONFIG_SOURCE), "A ConfigMap, each key a variable."),
        field("secretRef", Shape::Object(&CONFIG_SOURCE), "A Secret, each key a variable."),
        field("prefix", Text, "Put before each name."),
    ],
};

static CONFIG_SOURCE: Object =
    Object { name: "ConfigMapEnvSource", fields: &[field("name", Text, "Its name."), OPTIONAL] };

pub(super) static VALUE_FROM: Object = Object {
    name: "EnvVarSource",
    fields: &[
        field("configMapKeyRef", Shape::Object(&KEY_SELECTOR), "A key of a ConfigMap."),
        field("secretKeyRef", Shape::Object(&KEY_SELECTOR), "A key of a Secret."),
        field("fieldRef", Any, "A field of the pod."),
        field("resourceFieldRef", Any, "A request or limit of the container."),
        inert("fileKeyRef", Any, "A key of a file in a volume."),
    ],
};

static KEY_SELECTOR: Object = Object {
    name: "ConfigMapKeySelector",
    fields: &[
        field("name", Text, "Name of the object."),
        field("key", Text, "The key.").required(),
        OPTIONAL,
    ],
};

pub(super) static VOLUME: Object = Object {
    name: "Volume",
    fields: &[
        field("name", Text, "Name, by which containers mount it.").required(),
        field("configMap", Shape::Object(&CONFIG_VOLUME), "A ConfigMap, each key a file."),
        field("secret", Shape::Object(&SECRET_VOLUME), "A Secret, each key a file."),
        field("emptyDir", Any, "Room that is empty at first and goes with the pod."),
        field("projected", Shape::Object(&PROJECTED), "Several sources in one volume."),
        inert("csi", Any, "Storage of a driver."),
        inert("downwardAPI", Any, "Fields of the pod, each a file."),
        inert("ephemeral", Any, "A claim that goes with the pod."),
        inert("hostPath", Any, "A path of the node."),
        inert("image", Any, "The content of an image."),
        inert("nfs", Any, "A share of the network."),
        inert("persistentVolumeClaim", Any, "A claim on storage that stays."),
    ],
};

static CONFIG_VOLUME: Object = Object {
    name: "ConfigMapVolumeSource",
    fields: &[
        field("name", Text, "Its name."),
        field("items", List(&Shape::Object(&KEY_TO_PATH)), "Which keys; all if not given."),
        field("defaultMode", Shape::COUNT, "Mode of the files."),
        OPTIONAL,
    ],
};

static SECRET_VOLUME: Object = Object {
    name: "SecretVolumeSource",
    fields: &[
        field("secretName", Text, "Its name."),
        field("items", List(&Shape::Object(&KEY_TO_PATH)), "Which keys; all if not given."),
        field("defaultMode", Shape::COUNT, "Mode of the files."),
        OPTIONAL,
    ],
};

static KEY_TO_PATH: Object = Object {
    name: "KeyToPath",
    fields: &[
        field("key", Text, "The key.").required(),
        field("path", Text, "The file, relative to the volume.").required(),
        field("mode", Shape::COUNT, "Mode of the file."),
    ],
};

static PROJECTED: Object = Object {
    name: "ProjectedVolumeSource",
    fields: &[
        field("sources", List(&Shape::Object(&PROJECTION)), "What is in it."),
        field("defaultMode", Shape::COUNT, "Mode of the files."),
    ],
};

static PROJECTION: Object = Object {
    name: "VolumeProjection",
    fields: &[
        field("configMap", Shape::Object(&CONFIG_VOLUME), "A ConfigMap."),
        field("secret", Shape::Object(&CONFIG_VOLUME), "A Secret, by `name`."),
        inert("clusterTrustBundle", Any, "Certificates of the cluster."),
        inert("downwardAPI", Any, "Fields of the pod."),
        inert("podCertificate", Any, "A certificate of the pod."),
        inert("serviceAccountToken", Any, "A token for the API server."),
    ],
};

pub(super) static VOLUME_MOUNT: Object = Object {
    name: "VolumeMount",
    fields: &[
        field("name", Text, "Name of the volume.").required(),
        field("mountPath", Text, "Where it appears.").required(),
        field("readOnly", Bool, "Whether it may not be written; false if not given."),
        field("subPath", Text, "Which part of the volume appears."),
        inert("mountPropagation", Text, "Whether later mounts appear too."),
        inert("recursiveReadOnly", Text, "Whether what is mounted below may not be written."),
        inert("subPathExpr", Text, "Which part of the volume appears, with variables."),
    ],
};
