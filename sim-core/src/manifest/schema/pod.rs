//! Fields of a pod and of its containers.

use super::config::{ENV_FROM, VALUE_FROM, VOLUME, VOLUME_MOUNT};
use super::{Object, Shape, field, inert};
use Shape::{Any, Bool, Choice, IntOrString, List, Map, Quantity, String as Text};

pub(super) static POD_SPEC: Object = Object {
    name: "PodSpec",
    fields: &[
        field("containers", List(&Shape::Object(&CONTAINER)), "What runs in the pod.").required(),
        field(
            "terminationGracePeriodSeconds",
            Shape::SECONDS,
            "Seconds between the request to end and the kill; 30 if not given.",
        ),
        field(
            "restartPolicy",
            Choice(&["Always", "Never", "OnFailure"]),
            "What happens when a container ends; a Deployment allows Always only.",
        ),
        field(
            "initContainers",
            List(&Shape::Object(&CONTAINER)),
            "What runs before the containers, one after the other; and sidecars.",
        ),
        inert("activeDeadlineSeconds", Shape::SECONDS, "Seconds the pod may live."),
        inert("affinity", Any, "Which nodes and neighbours the pod prefers or needs."),
        inert("automountServiceAccountToken", Bool, "Whether the pod gets an API token."),
        inert("dnsConfig", Any, "DNS settings."),
        inert("dnsPolicy", Text, "Where names are looked up."),
        inert("enableServiceLinks", Bool, "Whether Services appear as environment variables."),
        inert("ephemeralContainers", Any, "Containers added for debugging."),
        inert("hostAliases", Any, "Lines of /etc/hosts."),
        inert("hostIPC", Bool, "Whether it shares the node's IPC."),
        inert("hostNetwork", Bool, "Whether it shares the node's network."),
        inert("hostPID", Bool, "Whether it sees the node's processes."),
        inert("hostUsers", Bool, "Whether it shares the node's users."),
        inert("hostname", Text, "Name the pod sees as its own."),
        inert("imagePullSecrets", Any, "Credentials for the registry."),
        inert("nodeName", Text, "The node it must run on."),
        inert("nodeSelector", Shape::LABELS, "Labels of the nodes it may run on."),
        inert("os", Any, "Operating system it needs."),
        inert("overhead", Map(&Quantity), "Resources of the sandbox."),
        inert("preemptionPolicy", Text, "Whether it may push others out."),
        inert("priority", Shape::INT32, "Who goes first when room is short."),
        inert("priorityClassName", Text, "Who goes first when room is short, by name."),
        inert("readinessGates", Any, "Conditions that must hold for it to be ready."),
        inert("resourceClaims", Any, "Devices it needs."),
        inert("resources", Any, "Resources of the whole pod."),
        inert("runtimeClassName", Text, "Which container runtime runs it."),
        inert("schedulerName", Text, "Which scheduler places it."),
        inert("schedulingGates", Any, "What must happen before it may be placed."),
        inert("securityContext", Any, "User, groups and privileges of the pod."),
        inert("serviceAccount", Text, "Old name of serviceAccountName."),
        inert("serviceAccountName", Text, "Who it is to the API server."),
        inert("setHostnameAsFQDN", Bool, "Whether its host name is the full one."),
        inert("shareProcessNamespace", Bool, "Whether containers see each other's processes."),
        inert("subdomain", Text, "Part of its full host name."),
        inert("tolerations", Any, "Taints of nodes that it bears."),
        inert("topologySpreadConstraints", Any, "How evenly pods spread over nodes and zones."),
        field("volumes", List(&Shape::Object(&VOLUME)), "Files that containers may mount."),
    ],
};

static CONTAINER: Object = Object {
    name: "Container",
    fields: &[
        field("name", Text, "Name, unique in the pod.").required(),
        field("image", Text, "Image with tag; the scenario says how it behaves."),
        field("ports", List(&Shape::Object(&CONTAINER_PORT)), "Ports it listens on."),
        field("env", List(&Shape::Object(&ENV_VAR)), "Environment variables."),
        field(
            "readinessProbe",
            Shape::Object(&PROBE),
            "Asks whether the container may get traffic; while it fails, the pod is no endpoint.",
        ),
        field(
            "livenessProbe",
            Shape::Object(&PROBE),
            "Asks whether the container still works; when it fails, the container is restarted.",
        ),
        field(
            "startupProbe",
            Shape::Object(&PROBE),
            "Asks whether the container has started; the other probes wait for it.",
        ),
        field("resources", Shape::Object(&RESOURCES), "CPU and memory it needs and may use."),
        field("lifecycle", Shape::Object(&LIFECYCLE), "What is done around start and end."),
        inert("args", Shape::STRINGS, "Arguments of the command."),
        inert("command", Shape::STRINGS, "What is run in place of the image's own command."),
        field("envFrom", List(&Shape::Object(&ENV_FROM)), "All keys of ConfigMaps and Secrets."),
        field(
            "imagePullPolicy",
            Choice(&["Always", "IfNotPresent", "Never"]),
            "Whether the registry is asked each time.",
        ),
        inert("resizePolicy", Any, "Whether a change of resources restarts it."),
        field(
            "restartPolicy",
            Choice(&["Always", "Never", "OnFailure"]),
            "Always makes an init container a sidecar.",
        ),
        inert("securityContext", Any, "User, groups and privileges of the container."),
        inert("stdin", Bool, "Whether it has an input."),
        inert("stdinOnce", Bool, "Whether the input closes after its first user."),
        inert("terminationMessagePath", Text, "File with its last words."),
        inert("terminationMessagePolicy", Text, "Where its last words are taken from."),
        inert("tty", Bool, "Whether it has a terminal."),
        inert("volumeDevices", Any, "Block devices it uses."),
        field(
            "volumeMounts",
            List(&Shape::Object(&VOLUME_MOUNT)),
            "Where volumes appear in its file system.",
        ),
        inert("workingDir", Text, "Folder in which it runs."),
    ],
};

static CONTAINER_PORT: Object = Object {
    name: "ContainerPort",
    fields: &[
        field("name", Text, "Name, by which probes and Services can find the port."),
        field("containerPort", Shape::PORT, "The port.").required(),
        field("protocol", Choice(&["SCTP", "TCP", "UDP"]), "TCP if not given."),
        inert("hostIP", Text, "Address of the node that leads to it."),
        inert("hostPort", Shape::PORT, "Port of the node that leads to it."),
    ],
};

static ENV_VAR: Object = Object {
    name: "EnvVar",
    fields: &[
        field("name", Text, "Name of the variable.").required(),
        field("value", Text, "Its value: always text, so put numbers in quotes."),
        field("valueFrom", Shape::Object(&VALUE_FROM), "Where to take the value from."),
    ],
};

static RESOURCES: Object = Object {
    name: "ResourceRequirements",
    fields: &[
        field(
            "requests",
            Map(&Quantity),
            "What the scheduler keeps free for it; the limits if not given.",
        ),
        field("limits", Map(&Quantity), "What it may use at most."),
        inert("claims", Any, "Devices it uses."),
    ],
};

static PROBE: Object = Object {
    name: "Probe",
    fields: &[
        field("httpGet", Shape::Object(&HTTP_GET), "Passes if the answer is 200 to 399."),
        field("tcpSocket", Shape::Object(&TCP_SOCKET), "Passes if the connection is accepted."),
        field("exec", Shape::Object(&EXEC), "Passes if the command ends with 0."),
        field("grpc", Shape::Object(&GRPC), "Passes if the gRPC health service says SERVING."),
        field(
            "initialDelaySeconds",
            Shape::COUNT,
            "Seconds from the start of the container to the first check; 0 if not given.",
        ),
        field("periodSeconds", Shape::COUNT, "Seconds between checks; 10 if not given."),
        field("timeoutSeconds", Shape::COUNT, "Seconds until a check fails; 1 if not given."),
        field(
            "successThreshold",
            Shape::COUNT,
            "Passes in a row that count as success; 1 if not given.",
        ),
        field(
            "failureThreshold",
            Shape::COUNT,
            "Failures in a row that count as failure; 3 if not given.",
        ),
        field(
            "terminationGracePeriodSeconds",
            Shape::SECONDS,
            "Seconds to end after this probe has failed, in place of the pod's.",
        ),
    ],
};

static HTTP_GET: Object = Object {
    name: "HTTPGetAction",
    fields: &[
        field("path", Text, "Path to ask for; / if not given."),
        field("port", IntOrString, "Port number, or the name of a container port.").required(),
        inert("host", Text, "Host to connect to, in place of the pod."),
        inert("httpHeaders", List(&Shape::Object(&HTTP_HEADER)), "Headers of the request."),
        inert("scheme", Choice(&["HTTP", "HTTPS"]), "HTTP if not given."),
    ],
};

static HTTP_HEADER: Object = Object {
    name: "HTTPHeader",
    fields: &[
        field("name", Text, "Name of the header.").required(),
        field("value", Text, "Its value.").required(),
    ],
};

static TCP_SOCKET: Object = Object {
    name: "TCPSocketAction",
    fields: &[
        field("port", IntOrString, "Port number, or the name of a container port.").required(),
        inert("host", Text, "Host to connect to, in place of the pod."),
    ],
};

static EXEC: Object = Object {
    name: "ExecAction",
    fields: &[field("command", Shape::STRINGS, "The command and its arguments, without a shell.")],
};

static GRPC: Object = Object {
    name: "GRPCAction",
    fields: &[
        field("port", Shape::PORT, "Port number.").required(),
        field("service", Text, "Name of the service to ask about."),
    ],
};

static LIFECYCLE: Object = Object {
    name: "Lifecycle",
    fields: &[
        field(
            "preStop",
            Shape::Object(&LIFECYCLE_HANDLER),
            "Done before the container is asked to end; its time counts against the grace period.",
        ),
        inert("postStart", Shape::Object(&LIFECYCLE_HANDLER), "Done right after the start."),
        inert("stopSignal", Text, "The signal that asks it to end."),
    ],
};

static LIFECYCLE_HANDLER: Object = Object {
    name: "LifecycleHandler",
    fields: &[
        field("sleep", Shape::Object(&SLEEP), "Waits."),
        field("exec", Shape::Object(&EXEC), "Runs a command; here only `sleep` takes time."),
        inert("httpGet", Shape::Object(&HTTP_GET), "Sends a request."),
        inert("tcpSocket", Shape::Object(&TCP_SOCKET), "Never worked."),
    ],
};

static SLEEP: Object = Object {
    name: "SleepAction",
    fields: &[field("seconds", Shape::SECONDS, "How long.").required()],
};
