//! Endpoints.

use serde_json::Value;

use super::{annotations, field, labels, names};

/// Endpoints of a Service.
pub(super) fn endpoints(document: &Value) -> String {
    let subsets = document["subsets"].as_array().into_iter().flatten();
    let subsets: String = subsets.map(subset).collect();
    names(document) + &labels(document) + &annotations(document) + "Subsets:\n" + &subsets
}

fn subset(subset: &Value) -> String {
    let addresses = |key: &str| {
        let list = subset[key].as_array().into_iter().flatten();
        let list: Vec<&str> = list.map(|address| field(address, "/ip")).collect();
        if list.is_empty() { "<none>".to_owned() } else { list.join(",") }
    };
    let mut out = format!(
        "  Addresses:\t{}\n  NotReadyAddresses:\t{}\n",
        addresses("addresses"),
        addresses("notReadyAddresses")
    );
    let ports: Vec<&Value> = subset["ports"].as_array().into_iter().flatten().collect();
    if !ports.is_empty() {
        out += "  Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------\n";
    }
    for port in ports {
        let name = port["name"].as_str().filter(|name| !name.is_empty()).unwrap_or("<unset>");
        out += &format!("    {name}\t{}\t{}\n", port["port"], field(port, "/protocol"));
    }
    out + "\n"
}
