//! Completion behind `istioctl`.

use super::{COMMANDS, GLOBAL, Words, find, plain};
use crate::cluster::api::Kind;
use crate::console::Workspace;
use crate::console::complete::{flag_waiting, paths};
use crate::console::kubectl::flag::Flag;
use crate::console::kubectl::resource::{Resource, names};
use crate::world::World;

/// Candidates for the last word, behind these words.
pub(crate) fn complete(
    words: &[String],
    last: &str,
    workspace: &Workspace,
    world: &World,
) -> Vec<String> {
    let plain = plain(words);
    let Some((command, _)) = find(&plain) else { return next_words(&plain) };
    let flags = || command.flags.iter().chain(GLOBAL);
    if let Some(flag) = words.last().and_then(|word| flag_waiting(word, flags())) {
        return values(flag, command.name, world);
    }
    if let Some((name, _)) = last.strip_prefix("--").and_then(|rest| rest.split_once('=')) {
        let flag = flags().find(|flag| flag.long == name);
        let values = flag.map(|flag| values(flag, command.name, world)).unwrap_or_default();
        return values.iter().map(|value| format!("--{name}={value}")).collect();
    }
    if last.starts_with('-') {
        return flags().map(|flag| format!("--{}", flag.long)).collect();
    }
    match command.words {
        Words::Nothing => Vec::new(),
        Words::Files => paths(last, workspace),
        Words::Proxies => proxies(world),
    }
}

/// Next words of the commands that begin as typed.
fn next_words(plain: &[&str]) -> Vec<String> {
    let plain: Vec<&str> =
        plain.iter().map(|word| if *word == "pc" { "proxy-config" } else { word }).collect();
    let fitting = COMMANDS.iter().filter_map(|command| {
        let name: Vec<&str> = command.name.split(' ').collect();
        let begins = plain.len() < name.len() && name[..plain.len()] == plain[..];
        begins.then(|| name[plain.len()].to_owned())
    });
    fitting.collect()
}

fn values(flag: &Flag, command: &str, world: &World) -> Vec<String> {
    let fixed: &[&str] = match flag.long {
        "output" if command == "analyze" => &["json", "log", "yaml"],
        "output" => &["json", "short", "yaml"],
        "failure-threshold" | "output-threshold" => &["Error", "Info", "Warning"],
        "direction" => &["inbound", "outbound"],
        "use-kube" => &["false", "true"],
        "namespace" => &["default", "istio-system"],
        "fqdn" => {
            let services = names(Resource::Object(Kind::Service), world);
            let full = |name: &String| format!("{name}.default.svc.cluster.local");
            return services.iter().map(full).collect();
        }
        "subset" => {
            let clusters = &world.mesh.newest().clusters;
            let subsets = clusters.iter().map(|cluster| cluster.subset.clone());
            return subsets.filter(|subset| !subset.is_empty()).collect();
        }
        _ => &[],
    };
    fixed.iter().map(|value| (*value).to_owned()).collect()
}

fn proxies(world: &World) -> Vec<String> {
    let proxies = world.mesh.proxies();
    let both = proxies.flat_map(|at| {
        let deployment = format!("deploy/{}.{}", at.deployment, at.namespace);
        [format!("{}.{}", at.pod, at.namespace), deployment]
    });
    both.collect()
}
