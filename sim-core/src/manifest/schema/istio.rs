//! Fields of the Istio kinds (`networking.istio.io`).

use super::kubernetes::{API_VERSION, KIND, METADATA, STATUS, spec};
use super::{Object, Shape, field, inert, refused};
use Shape::{Any, Bool, Choice, Duration, List, Map, Number, String as Text};

pub(super) static GATEWAY: Object =
    Object { name: "Gateway", fields: &[API_VERSION, KIND, METADATA, spec(&GATEWAY_SPEC), STATUS] };

pub(super) static VIRTUAL_SERVICE: Object = Object {
    name: "VirtualService",
    fields: &[API_VERSION, KIND, METADATA, spec(&VIRTUAL_SERVICE_SPEC), STATUS],
};

pub(super) static DESTINATION_RULE: Object = Object {
    name: "DestinationRule",
    fields: &[API_VERSION, KIND, METADATA, spec(&DESTINATION_RULE_SPEC), STATUS],
};

static GATEWAY_SPEC: Object = Object {
    name: "GatewaySpec",
    fields: &[
        field("selector", Shape::LABELS, "Labels of the proxies that act on it."),
        field("servers", List(&Shape::Object(&SERVER)), "What the proxies listen for."),
    ],
};

static SERVER: Object = Object {
    name: "Server",
    fields: &[
        field("port", Shape::Object(&SERVER_PORT), "Where it listens.").required(),
        field("hosts", Shape::STRINGS, "Host names it answers for; * stands for all.").required(),
        inert("bind", Text, "Address it listens on."),
        inert("defaultEndpoint", Text, "Where traffic goes by default."),
        inert("name", Text, "Name of the server."),
        inert("tls", Any, "Certificates, and whether plain HTTP is redirected."),
    ],
};

static SERVER_PORT: Object = Object {
    name: "Port",
    fields: &[
        field("number", Shape::PORT, "Port number.").required(),
        field("name", Text, "Name of the port.").required(),
        field(
            "protocol",
            Choice(&["HTTP", "HTTPS", "GRPC", "HTTP2", "MONGO", "TCP", "TLS"]),
            "What is spoken there.",
        )
        .required(),
        inert("targetPort", Shape::PORT, "Port of the proxy, if another."),
    ],
};

static VIRTUAL_SERVICE_SPEC: Object = Object {
    name: "VirtualServiceSpec",
    fields: &[
        field("hosts", Shape::STRINGS, "Host names whose requests it routes; * stands for all."),
        field(
            "gateways",
            Shape::STRINGS,
            "Where it applies: names of Gateways, and mesh for the sidecars; mesh if not given.",
        ),
        field("http", List(&Shape::Object(&HTTP_ROUTE)), "Rules; the first that matches wins."),
        inert("exportTo", Shape::STRINGS, "Namespaces that see it."),
        inert("tcp", Any, "Rules for plain TCP."),
        inert("tls", Any, "Rules for TLS that is not ended here."),
    ],
};

static HTTP_ROUTE: Object = Object {
    name: "HTTPRoute",
    fields: &[
        field("name", Text, "Name of the rule, for people and logs."),
        field(
            "match",
            List(&Shape::Object(&HTTP_MATCH)),
            "Which requests it is for: any one of the entries; all requests if not given.",
        ),
        field(
            "route",
            List(&Shape::Object(&ROUTE_DESTINATION)),
            "Where the requests go, by weight.",
        ),
        field("timeout", Duration, "Time for the answer with all tries; none if not given."),
        field("retries", Shape::Object(&RETRY), "When and how often a request is tried again."),
        inert("corsPolicy", Shape::Object(&CORS), "Which other sites may call it from a page."),
        refused("delegate", Shape::Object(&DELEGATE), "A VirtualService that decides further."),
        refused("directResponse", Shape::Object(&DIRECT_RESPONSE), "A fixed answer."),
        field("fault", Shape::Object(&FAULT), "Delays and errors to inject."),
        inert("headers", Shape::Object(&HEADERS), "Headers to add and remove."),
        field("mirror", Shape::Object(&DESTINATION), "Where a copy of each request goes."),
        field("mirrorPercent", Shape::INT32, "Old name of mirrorPercentage."),
        field("mirrorPercentage", Shape::Object(&PERCENT), "Share of requests to copy."),
        field("mirror_percent", Shape::INT32, "Old name of mirrorPercentage."),
        field(
            "mirrors",
            List(&Shape::Object(&MIRROR)),
            "Where copies of requests go, each with its share.",
        ),
        refused("redirect", Shape::Object(&REDIRECT), "Sends the client elsewhere."),
        inert("rewrite", Shape::Object(&REWRITE), "Changes path or host on the way."),
    ],
};

pub(super) static HTTP_MATCH: Object = Object {
    name: "HTTPMatchRequest",
    fields: &[
        field("uri", Shape::Object(&STRING_MATCH), "The path."),
        field("method", Shape::Object(&STRING_MATCH), "The method."),
        field("headers", Map(&Shape::Object(&STRING_MATCH)), "Headers, by lower-case name."),
        field("name", Text, "Name of the entry, for logs."),
        field("authority", Shape::Object(&STRING_MATCH), "The host asked for."),
        field("gateways", Shape::STRINGS, "Gateways the entry is for."),
        field("ignoreUriCase", Bool, "Whether case of the path matters not."),
        field("port", Shape::PORT, "The port asked for."),
        field("queryParams", Map(&Shape::Object(&STRING_MATCH)), "Parameters of the query."),
        field("scheme", Shape::Object(&STRING_MATCH), "http or https."),
        field("sourceLabels", Shape::LABELS, "Labels of the workload that asks."),
        refused("sourceNamespace", Text, "Namespace of the workload that asks."),
        inert("statPrefix", Text, "Beginning of the names of its statistics."),
        field("withoutHeaders", Map(&Shape::Object(&STRING_MATCH)), "Headers it must not have."),
    ],
};

static STRING_MATCH: Object = Object {
    name: "StringMatch",
    fields: &[
        field("exact", Text, "Equal, case included."),
        field("prefix", Text, "Begins with."),
        field("regex", Text, "Matches this RE2 expression as a whole."),
    ],
};

static ROUTE_DESTINATION: Object = Object {
    name: "HTTPRouteDestination",
    fields: &[
        field("destination", Shape::Object(&DESTINATION), "Where to.").required(),
        field(
            "weight",
            Shape::INT32,
            "Share relative to the sum of all weights; a single destination gets everything.",
        ),
        inert("headers", Shape::Object(&HEADERS), "Headers to add and remove."),
    ],
};

static DESTINATION: Object = Object {
    name: "Destination",
    fields: &[
        field("host", Text, "The service; a short name is looked up in this namespace.").required(),
        field("subset", Text, "A subset that a DestinationRule defines for the host."),
        field(
            "port",
            Shape::Object(&PORT_SELECTOR),
            "Port of the service; needed if it has several.",
        ),
    ],
};

static PORT_SELECTOR: Object =
    Object { name: "PortSelector", fields: &[field("number", Shape::PORT, "Port number.")] };

pub(super) static RETRY: Object = Object {
    name: "HTTPRetry",
    fields: &[
        field("attempts", Shape::INT32, "Tries after the first; 0 switches retries off."),
        field("perTryTimeout", Duration, "Time for one try."),
        field("retryOn", Text, "Conditions, parted by commas; Istio's own if not given."),
        field("backoff", Duration, "Unit of the pauses between tries; 25ms if not given."),
        field("retryIgnorePreviousHosts", Bool, "Whether a retry avoids hosts already tried."),
        inert("retryRemoteLocalities", Bool, "Whether a retry may go to another region."),
    ],
};

pub(super) static CORS: Object = Object {
    name: "CorsPolicy",
    fields: &[
        field("allowCredentials", Bool, "Whether cookies may be sent."),
        field("allowHeaders", Shape::STRINGS, "Headers that may be sent."),
        field("allowMethods", Shape::STRINGS, "Methods that may be used."),
        field("allowOrigin", Shape::STRINGS, "Old form of allowOrigins."),
        field("allowOrigins", List(&Shape::Object(&STRING_MATCH)), "Sites that may call."),
        field("exposeHeaders", Shape::STRINGS, "Headers a page may read."),
        field("maxAge", Duration, "How long a browser may remember the answer."),
        field("unmatchedPreflights", Text, "What happens to other sites' questions."),
    ],
};

static DELEGATE: Object = Object {
    name: "Delegate",
    fields: &[
        field("name", Text, "Name of the VirtualService."),
        field("namespace", Text, "Its namespace."),
    ],
};

static DIRECT_RESPONSE: Object = Object {
    name: "HTTPDirectResponse",
    fields: &[
        field("status", Shape::COUNT, "Status code.").required(),
        field("body", Any, "Text of the answer."),
    ],
};

static FAULT: Object = Object {
    name: "HTTPFaultInjection",
    fields: &[
        field("abort", Shape::Object(&FAULT_ABORT), "Answers with an error."),
        field("delay", Shape::Object(&FAULT_DELAY), "Waits before the request goes on."),
    ],
};

static FAULT_ABORT: Object = Object {
    name: "HTTPFaultInjectionAbort",
    fields: &[
        refused("grpcStatus", Text, "gRPC status to answer with."),
        refused("http2Error", Text, "HTTP/2 error to answer with."),
        field("httpStatus", Shape::INT32, "HTTP status to answer with."),
        field("percentage", Shape::Object(&PERCENT), "Share of requests; none if not given."),
    ],
};

static FAULT_DELAY: Object = Object {
    name: "HTTPFaultInjectionDelay",
    fields: &[
        refused("exponentialDelay", Duration, "Mean of a random delay."),
        field("fixedDelay", Duration, "The delay."),
        field("percent", Shape::INT32, "Old form of percentage."),
        field("percentage", Shape::Object(&PERCENT), "Share of requests; none if not given."),
    ],
};

static PERCENT: Object =
    Object { name: "Percent", fields: &[field("value", Number, "From 0 to 100.")] };

static MIRROR: Object = Object {
    name: "HTTPMirrorPolicy",
    fields: &[
        field("destination", Shape::Object(&DESTINATION), "Where to.").required(),
        field("percentage", Shape::Object(&PERCENT), "Share of requests; all if not given."),
    ],
};

pub(super) static HEADERS: Object = Object {
    name: "Headers",
    fields: &[
        field("request", Shape::Object(&HEADER_OPERATIONS), "Headers of the request."),
        field("response", Shape::Object(&HEADER_OPERATIONS), "Headers of the answer."),
    ],
};

static HEADER_OPERATIONS: Object = Object {
    name: "HeaderOperations",
    fields: &[
        field("add", Shape::LABELS, "Headers to add."),
        field("remove", Shape::STRINGS, "Headers to remove."),
        field("set", Shape::LABELS, "Headers to replace."),
    ],
};

static REDIRECT: Object = Object {
    name: "HTTPRedirect",
    fields: &[
        field("authority", Text, "Host of the new address."),
        field("derivePort", Text, "Where the new port comes from."),
        field("port", Shape::PORT, "Port of the new address."),
        field("redirectCode", Shape::COUNT, "Status code; 301 if not given."),
        field("scheme", Text, "Scheme of the new address."),
        field("uri", Text, "Path of the new address."),
    ],
};

pub(super) static REWRITE: Object = Object {
    name: "HTTPRewrite",
    fields: &[
        field("authority", Text, "New host."),
        field("uri", Text, "New path, or new prefix if a prefix matched."),
        field("uriRegexRewrite", Any, "New path by regular expression."),
    ],
};

static DESTINATION_RULE_SPEC: Object = Object {
    name: "DestinationRuleSpec",
    fields: &[
        field("host", Text, "The service it is about.").required(),
        field("subsets", List(&Shape::Object(&SUBSET)), "Named parts of the service's endpoints."),
        field("trafficPolicy", Shape::Object(&TRAFFIC_POLICY), "How proxies talk to the service."),
        inert("exportTo", Shape::STRINGS, "Namespaces that see it."),
        inert("workloadSelector", Any, "Workloads that act on it."),
    ],
};

static SUBSET: Object = Object {
    name: "Subset",
    fields: &[
        field("name", Text, "The name that routes use.").required(),
        field("labels", Shape::LABELS, "Labels of the endpoints, beside those of the service."),
        field(
            "trafficPolicy",
            Shape::Object(&TRAFFIC_POLICY),
            "How proxies talk to the subset; works only for routes that name it.",
        ),
    ],
};

pub(super) static TRAFFIC_POLICY: Object = Object {
    name: "TrafficPolicy",
    fields: &[
        field("loadBalancer", Shape::Object(&LOAD_BALANCER), "How an endpoint is chosen."),
        field("connectionPool", Shape::Object(&CONNECTION_POOL), "Limits of connections."),
        field("outlierDetection", Shape::Object(&OUTLIER), "When an endpoint is left out."),
        inert("portLevelSettings", Any, "The same, by port."),
        inert("proxyProtocol", Any, "Whether the PROXY protocol is spoken."),
        inert("retryBudget", Any, "How many retries at once."),
        inert("tls", Shape::Object(&CLIENT_TLS), "Whether and how connections are encrypted."),
        inert("tunnel", Any, "Connections through another proxy."),
    ],
};

static LOAD_BALANCER: Object = Object {
    name: "LoadBalancerSettings",
    fields: &[
        field(
            "simple",
            Choice(&[
                "UNSPECIFIED",
                "LEAST_CONN",
                "RANDOM",
                "PASSTHROUGH",
                "ROUND_ROBIN",
                "LEAST_REQUEST",
            ]),
            "LEAST_REQUEST if not given: the less busy of two random endpoints.",
        ),
        field(
            "consistentHash",
            Shape::Object(&CONSISTENT_HASH),
            "The same endpoint for the same user.",
        ),
        inert("localityLbSetting", Any, "Which regions are preferred."),
        field("warmup", Shape::Object(&WARM_UP), "Less traffic for new endpoints."),
        field("warmupDurationSecs", Duration, "Old form of warmup."),
    ],
};

static CONSISTENT_HASH: Object = Object {
    name: "ConsistentHashLB",
    fields: &[
        field("httpHeaderName", Text, "The header that is hashed."),
        field("httpCookie", Shape::Object(&HASH_COOKIE), "The cookie that is hashed."),
        field("useSourceIp", Bool, "Whether the client's address is hashed."),
        field("httpQueryParameterName", Text, "The parameter that is hashed."),
        field("ringHash", Shape::Object(&RING_HASH), "Size of the ring."),
        inert("maglev", Any, "A table instead of a ring."),
        inert("minimumRingSize", Any, "Old form of ringHash."),
    ],
};

static HASH_COOKIE: Object = Object {
    name: "HTTPCookie",
    fields: &[
        field("name", Text, "Its name.").required(),
        inert("path", Text, "Path of the cookie that the proxy sets."),
        inert(
            "ttl",
            Duration,
            "Life of the cookie that the proxy sets; 0s: as long as the session.",
        ),
    ],
};

static RING_HASH: Object = Object {
    name: "RingHash",
    fields: &[field(
        "minimumRingSize",
        Shape::COUNT,
        "Least entries of the ring; 1024 if not given.",
    )],
};

static WARM_UP: Object = Object {
    name: "WarmupConfiguration",
    fields: &[
        field("duration", Duration, "How long an endpoint counts as new.").required(),
        field("minimumPercent", Number, "Least weight; 10 if not given."),
        field("aggression", Number, "How steeply the weight grows; 1 if not given."),
    ],
};

static CONNECTION_POOL: Object = Object {
    name: "ConnectionPoolSettings",
    fields: &[
        field("tcp", Shape::Object(&TCP_SETTINGS), "Limits of TCP connections."),
        field("http", Shape::Object(&HTTP_SETTINGS), "Limits of HTTP requests."),
    ],
};

static TCP_SETTINGS: Object = Object {
    name: "TCPSettings",
    fields: &[
        field("connectTimeout", Duration, "Time to connect; 10 s if not given."),
        inert("idleTimeout", Duration, "Time until an idle connection is closed."),
        inert("maxConnectionDuration", Duration, "Time until any connection is closed."),
        field("maxConnections", Shape::INT32, "Most connections at once."),
        inert("tcpKeepalive", Any, "How idle connections are kept."),
    ],
};

static HTTP_SETTINGS: Object = Object {
    name: "HTTPSettings",
    fields: &[
        inert("h2UpgradePolicy", Text, "Whether HTTP/1.1 becomes HTTP/2."),
        field("http1MaxPendingRequests", Shape::INT32, "Most requests that wait."),
        field("http2MaxRequests", Shape::INT32, "Most requests at once."),
        inert("idleTimeout", Duration, "Time until an idle connection is closed."),
        inert("maxConcurrentStreams", Shape::INT32, "Most requests on one connection."),
        inert("maxRequestsPerConnection", Shape::INT32, "Requests until a connection is closed."),
        field("maxRetries", Shape::INT32, "Most retries at once."),
        inert("useClientProtocol", Bool, "Whether the client's protocol is kept."),
    ],
};

static OUTLIER: Object = Object {
    name: "OutlierDetection",
    fields: &[
        field("baseEjectionTime", Duration, "Shortest time out; 30 s if not given."),
        field("consecutive5xxErrors", Shape::COUNT, "5xx in a row; 5 if not given."),
        inert("consecutiveErrors", Shape::INT32, "Old form."),
        field("consecutiveGatewayErrors", Shape::COUNT, "502, 503 and 504 in a row."),
        inert("consecutiveLocalOriginFailures", Shape::COUNT, "Failed connections in a row."),
        field("interval", Duration, "Time between sweeps; 10 s if not given."),
        field("maxEjectionPercent", Shape::INT32, "Most endpoints out at once; 10 if not given."),
        field("minHealthPercent", Shape::INT32, "Below this nobody is left out."),
        inert("splitExternalLocalOriginErrors", Bool, "Whether failed connections count apart."),
    ],
};

static CLIENT_TLS: Object = Object {
    name: "ClientTLSSettings",
    fields: &[
        field(
            "mode",
            Choice(&["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]),
            "Whether TLS is used, and whose certificates.",
        ),
        field("caCertificates", Text, "File with certificates that are trusted."),
        field("caCrl", Text, "File with certificates that are no longer trusted."),
        field("clientCertificate", Text, "File with the client's certificate."),
        field("credentialName", Text, "Secret with certificates."),
        field("insecureSkipVerify", Bool, "Whether anyone is trusted."),
        field("privateKey", Text, "File with the client's key."),
        field("sni", Text, "Name to ask for."),
        field("subjectAltNames", Shape::STRINGS, "Names the server may have."),
    ],
};
