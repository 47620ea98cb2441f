//! IST0118: a port whose name does not tell the protocol.

use crate::diagnostic::Position;
use crate::mesh::analyze::resource::{Resource, Resources, SYSTEM};
use crate::mesh::analyze::{Code, Message, Report};

/// Protocols that the name of a port may begin with.
const PROTOCOLS: &[&str] = &[
    "grpc",
    "grpc-web",
    "hbone",
    "http",
    "http2",
    "http_proxy",
    "https",
    "mongo",
    "mysql",
    "redis",
    "tcp",
    "tls",
    "udp",
];

/// `appProtocol` values of Kubernetes itself.
const STANDARD: &[&str] = &["kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"];

/// Ports where the server speaks first, so that nothing can be sniffed: SMTP, DNS, MySQL, `MongoDB`.
const SERVER_FIRST: &[i64] = &[25, 53, 3306, 27017];

/// One port of a Service.
#[derive(Clone, Debug)]
pub(super) struct ServicePort<'r> {
    pub(super) name: &'r str,
    pub(super) port: i64,
    pub(super) protocol: &'r str,
    /// As Go prints it; 0 if not written. The API server writes what is not.
    pub(super) target: String,
    app_protocol: Option<&'r str>,
    position: Option<Position>,
}

/// The ports of a Service.
pub(super) fn service_ports(service: &Resource) -> Vec<ServicePort<'_>> {
    let ports = service.spec().map(|spec| spec.list("ports")).unwrap_or_default();
    let read = ports.into_iter().map(|cursor| {
        let port = cursor.get("port").and_then(|port| port.number()).unwrap_or(0);
        let target = cursor.get("targetPort").map(|target| match target.number() {
            Some(number) => number.to_string(),
            None => target.node.as_str().unwrap_or_default().to_owned(),
        });
        let unwritten = if service.file.is_none() { port } else { 0 };
        ServicePort {
            name: cursor.text("name").unwrap_or_default(),
            port,
            protocol: cursor.text("protocol").filter(|p| !p.is_empty()).unwrap_or("TCP"),
            target: target.unwrap_or_else(|| unwritten.to_string()),
            app_protocol: cursor.text("appProtocol"),
            position: cursor.get("port").map(|port| port.position()),
        }
    });
    read.collect()
}

impl ServicePort<'_> {
    /// Whether Istio knows the protocol without sniffing.
    fn tells_protocol(&self) -> bool {
        if self.protocol == "UDP" || self.app_protocol.is_some_and(|p| STANDARD.contains(&p)) {
            return true;
        }
        let name = self.app_protocol.unwrap_or(self.name).to_lowercase();
        let first = name.split('-').next().unwrap_or_default();
        PROTOCOLS.contains(&first) || SERVER_FIRST.contains(&self.port)
    }
}

pub(super) fn analyze(resources: &Resources, report: &mut Report) {
    for service in resources.of("Service") {
        if SYSTEM.contains(&service.namespace()) {
            continue;
        }
        for port in service_ports(service).iter().filter(|port| !port.tells_protocol()) {
            let text = format!(
                "Port name {} (port: {}, targetPort: {}) doesn't follow the naming convention of \
                 Istio port.",
                port.name, port.port, port.target
            );
            let code = Code::PortNameIsNotUnderNamingConvention;
            report.add(Message::new(code, service, text).at(port.position));
        }
    }
}
