//! A node: what it offers, and what its pods have asked for (K8S-100).

use serde_json::Value;

use super::{annotations, field, labels};
use crate::cluster::pod::{Phase, Pod};
use crate::cluster::spec::Resources;
use crate::cluster::state::Node;
use crate::console::kubectl::resource;
use crate::manifest::amount::{cpu, memory};
use crate::world::World;

/// A node.
pub(crate) fn node(document: &Value, world: &World) -> String {
    let name = field(document, "/metadata/name");
    let mut out = format!("Name:\t{name}\nRoles:\t<none>\n");
    out += &(labels(document) + &annotations(document));
    let Some(node) = resource::node(world, name) else { return out };
    let taints = node.taints().into_iter().map(|(key, effect)| format!("{key}:{effect}"));
    let taints: Vec<String> = taints.collect();
    let taints = if taints.is_empty() { "<none>".to_owned() } else { taints.join("\n\t") };
    out += &format!("Taints:\t{taints}\nUnschedulable:\t{}\n", node.unschedulable);
    out += "Conditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------\n";
    let [status, reason, message] = node.ready_condition();
    out += &format!("  Ready \t{status}\t{reason}\t{message}\n");
    for title in ["Capacity", "Allocatable"] {
        out += &format!("{title}:\n");
        for key in ["cpu", "memory", "pods"] {
            let amount = field(document, &format!("/status/{}/{key}", title.to_lowercase()));
            out += &format!("  {key}:\t{amount}\n");
        }
    }
    out + &pods(node, world)
}

fn total(pod: &Pod, of: impl Fn(&crate::cluster::spec::Container) -> Resources) -> Resources {
    pod.template.spec.containers.iter().map(of).fold(Resources::default(), |sum, one| sum + one)
}

fn pods(node: &Node, world: &World) -> String {
    let on_node = |pod: &&Pod| {
        pod.node.as_ref() == Some(&node.name)
            && !matches!(pod.phase, Phase::Succeeded | Phase::Failed)
    };
    let mut pods: Vec<&Pod> = world.cluster.state.pods.values().filter(on_node).collect();
    pods.sort_by(|a, b| a.name.cmp(&b.name));
    let percent = |part: u64, whole: u64| {
        (u128::from(part) * 100).checked_div(u128::from(whole)).unwrap_or(0)
    };
    let cpu_share = |milli: u64| format!("{} ({}%)", cpu(milli), percent(milli, node.cpu_milli));
    let memory_share =
        |bytes: u64| format!("{} ({}%)", memory(bytes), percent(bytes, node.memory_bytes));
    let mut out = format!("Non-terminated Pods:\t({} in total)\n", pods.len());
    out += "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\n";
    out += "  ---------\t----\t\t------------\t----------\t---------------\t-------------\n";
    let (mut requests, mut limits) = (Resources::default(), Resources::default());
    for pod in pods {
        let (asked, capped) = (total(pod, |c| c.requests), total(pod, |c| c.limits));
        (requests, limits) = (requests + asked, limits + capped);
        out += &format!(
            "  default\t{}\t\t{}\t{}\t{}\t{}\n",
            pod.name,
            cpu_share(asked.cpu_milli),
            cpu_share(capped.cpu_milli),
            memory_share(asked.memory_bytes),
            memory_share(capped.memory_bytes),
        );
    }
    out + &format!(
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  \
         Resource\tRequests\tLimits\n  --------\t--------\t------\n  \
         cpu\t{}\t{}\n  memory\t{}\t{}\n",
        cpu_share(requests.cpu_milli),
        cpu_share(limits.cpu_milli),
        memory_share(requests.memory_bytes),
        memory_share(limits.memory_bytes),
    )
}
