//! Fields of Flux's GitRepository and Kustomization.

use super::kubernetes::{API_VERSION, KIND, METADATA, STATUS, spec};
use super::{Field, Object, Shape, field, inert, refused};
use Shape::{Any, Bool, Choice, Duration, List, String as Text};

pub(super) static GIT_REPOSITORY: Object =
    Object { name: "GitRepository", fields: &[API_VERSION, KIND, METADATA, spec(&SOURCE), STATUS] };

static SOURCE: Object = Object {
    name: "GitRepositorySpec",
    fields: &[
        field("url", Text, "The repository.").required(),
        field("ref", Shape::Object(&REFERENCE), "What of it; the branch master if not given."),
        field("interval", Duration, "Time between two looks.").required(),
        SUSPEND,
        inert("timeout", Duration, "How long git may take; here it takes no time."),
        inert("secretRef", Any, "Credentials; everybody may read here."),
        inert("provider", Text, "Where credentials come from."),
        inert("recurseSubmodules", Bool, "Whether submodules are fetched; there are none."),
        refused("ignore", Text, "Files that are left out."),
        refused("include", Any, "Other repositories that are merged into it."),
        refused("sparseCheckout", Any, "Folders that alone are fetched."),
        refused("verify", Any, "Signatures that commits must have."),
        refused("proxySecretRef", Any, "A proxy on the way to it."),
    ],
};

static REFERENCE: Object = Object {
    name: "GitRepositoryRef",
    fields: &[
        field("branch", Text, "The branch."),
        field("commit", Text, "A commit."),
        field("name", Text, "A reference, such as refs/heads/main."),
        refused("tag", Text, "A tag; there are none here."),
        refused("semver", Text, "A range of versions among the tags."),
    ],
};

pub(super) static KUSTOMIZATION: Object =
    Object { name: "Kustomization", fields: &[API_VERSION, KIND, METADATA, spec(&SPEC), STATUS] };

const SUSPEND: Field =
    field("suspend", Bool, "Whether nothing is done for now; false if not given.");

static SPEC: Object = Object {
    name: "KustomizationSpec",
    fields: &[
        field("sourceRef", Shape::Object(&SOURCE_REFERENCE), "Where the manifests are.").required(),
        field("path", Text, "The folder with the manifests; the root if not given."),
        field("interval", Duration, "Time until all is applied again.").required(),
        field("retryInterval", Duration, "Time until it is tried again; interval if not given."),
        field(
            "timeout",
            Duration,
            "How long health checks may take; interval less 30s if not given.",
        ),
        field("prune", Bool, "Delete what is no longer in git.").required(),
        SUSPEND,
        field("wait", Bool, "Wait until all is healthy; false if not given."),
        field("healthChecks", List(&Shape::Object(&CHECK)), "Objects that must become healthy."),
        field("dependsOn", List(&Shape::Object(&DEPENDENCY)), "Kustomizations that must be ready."),
        field(
            "targetNamespace",
            Text,
            "Namespace of the objects; everything here lives in default.",
        ),
        inert("serviceAccountName", Text, "Whose rights it has; here it may do everything."),
        inert("force", Bool, "Whether an object is made anew if a field cannot be changed."),
        inert("deletionPolicy", Text, "What becomes of the objects when this one is deleted."),
        refused("components", Shape::STRINGS, "Components of Kustomize."),
        refused("commonMetadata", Any, "Labels and annotations of all objects."),
        refused("decryption", Any, "How secrets are decrypted."),
        refused("healthCheckExprs", Any, "How the health of other kinds is told."),
        refused("images", Any, "Images that are replaced."),
        refused("kubeConfig", Any, "Another cluster."),
        refused("namePrefix", Text, "What all names begin with."),
        refused("nameSuffix", Text, "What all names end with."),
        refused("patches", Any, "What is changed in the manifests."),
        refused("postBuild", Any, "Variables that are replaced."),
    ],
};

static SOURCE_REFERENCE: Object = Object {
    name: "CrossNamespaceSourceReference",
    fields: &[
        inert("apiVersion", Text, "Its version."),
        field("kind", Choice(&["GitRepository"]), "GitRepository.").required(),
        field("name", Text, "Its name.").required(),
        inert("namespace", Text, "Its namespace; everything here lives in default."),
    ],
};

static CHECK: Object = Object {
    name: "NamespacedObjectKindReference",
    fields: &[
        inert("apiVersion", Text, "Its version."),
        field("kind", Text, "Its kind.").required(),
        field("name", Text, "Its name.").required(),
        inert("namespace", Text, "Its namespace; everything here lives in default."),
    ],
};

static DEPENDENCY: Object = Object {
    name: "DependencyReference",
    fields: &[
        field("name", Text, "Its name.").required(),
        inert("namespace", Text, "Its namespace; everything here lives in default."),
        refused("readyExpr", Text, "How it is told that it is ready."),
    ],
};
