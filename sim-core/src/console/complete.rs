//! Completion of the word at the end of a line.

use std::collections::BTreeSet;

use crate::cluster::api::Kind;
use crate::console::Workspace;
use crate::console::commands::BUILTINS;
use crate::console::files;
use crate::console::kubectl::flag::{Flag, Takes};
use crate::console::kubectl::resource::{RESOURCES, Resource, names};
use crate::console::kubectl::verbs::{GLOBAL, VERBS, Verb, Words};
use crate::console::shell::last_command;
use crate::console::{
    amtool, argocd, curl, fault, flux, flyway, git, istioctl, kruise, liquibase, logcli, mysql,
    pipeline, promtool, psql, rollouts, smoke, why,
};
use crate::delivery::Addon;
use crate::manifest::schema;
use crate::world::World;

/// Most completions that are given.
const MOST: usize = 200;

/// Completions of the word at the end of `line`, each the whole word, in order.
pub(crate) fn complete(line: &str, workspace: &Workspace, world: &World) -> Vec<String> {
    if crate::console::LINE_MAX < line.len() {
        return Vec::new();
    }
    let (mut words, last) = last_command(line);
    words.retain({
        // Settings in front of the command are not words of it.
        let mut leading = true;
        move |word| {
            leading &= word.contains('=');
            !leading
        }
    });
    let candidates = match words.split_first() {
        None => command_names(),
        Some((name, rest)) if matches!(name.as_str(), "kubectl" | "k") => {
            kubectl(rest, &last, workspace, world)
        }
        Some((name, rest)) if name == "istioctl" => {
            istioctl::complete(rest, &last, workspace, world)
        }
        Some((name, _)) if name == "amtool" => amtool::WORDS.map(str::to_owned).to_vec(),
        Some((name, rest)) if name == "argocd" => argocd::complete(rest, &last, world),
        Some((name, _)) if name == "curl" => curl::complete(world),
        Some((name, rest)) if name == "flux" => flux::complete(rest, world),
        Some((name, rest)) if name == "git" => git::complete(rest, &last, workspace),
        Some((name, _)) if name == "help" => help_topics(),
        Some((name, rest)) if name == "fault" => fault::words(rest, world),
        Some((name, _)) if name == "flyway" => flyway::complete(&last),
        Some((name, _)) if name == "liquibase" => liquibase::complete(&last, workspace),
        Some((name, _)) if name == "logcli" => logcli::WORDS.map(str::to_owned).to_vec(),
        Some((name, rest)) if name == "mysql" => mysql::complete(rest, &last, workspace),
        Some((name, _)) if name == "pipeline" => pipeline::WORDS.map(str::to_owned).to_vec(),
        Some((name, rest)) if name == "promtool" => promtool::complete(rest, &last, workspace),
        Some((name, rest)) if name == "psql" => psql::complete(rest, &last, workspace),
        Some((name, _)) if name == "smoke" => smoke::complete(world),
        Some((name, _)) if name == "why" => why::subjects(world),
        Some(_) => paths(&last, workspace),
    };
    let fits = candidates.into_iter().filter(|word| word.starts_with(&last) && *word != last);
    fits.collect::<BTreeSet<_>>().into_iter().take(MOST).collect()
}

fn command_names() -> Vec<String> {
    let builtins = BUILTINS.iter().map(|builtin| builtin.name.to_owned());
    builtins.chain(["istioctl", "kubectl"].map(str::to_owned)).collect()
}

fn help_topics() -> Vec<String> {
    let topics = [
        "argocd", "database", "deploy", "files", "flagger", "git", "gitops", "istioctl", "kruise",
        "kubectl", "look", "pipeline", "rollback", "shell", "traffic",
    ];
    topics.map(str::to_owned).to_vec()
}

/// Files, and folders with a slash, below the folder that the word begins with.
pub(crate) fn paths(last: &str, workspace: &Workspace) -> Vec<String> {
    let (folder, _) = last.rsplit_once('/').map_or(("", last), |(folder, name)| (folder, name));
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let inside = files::list(workspace, folder).unwrap_or_default();
    inside.into_iter().map(|name| format!("{prefix}{name}")).collect()
}

fn kubectl(words: &[String], last: &str, workspace: &Workspace, world: &World) -> Vec<String> {
    if let [argo, plugin, rest @ ..] = words
        && argo == "argo"
        && plugin == "rollouts"
    {
        return rollouts::complete(rest, last, world);
    }
    if let [kruise, rest @ ..] = words
        && kruise == "kruise"
    {
        return kruise::complete(rest, world);
    }
    if words == ["argo"] && world.delivery.addons().has(Addon::ArgoRollouts) {
        return vec!["rollouts".to_owned()];
    }
    let plain: Vec<&str> = plain_words(words);
    let verb = VERBS.iter().find(|verb| {
        let name: Vec<&str> = verb.name.split(' ').collect();
        plain.len() >= name.len() && plain[..name.len()] == name[..]
    });
    let Some(verb) = verb else { return verb_names(&plain) };
    let flags = || verb.flags.iter().chain(verb.more).chain(GLOBAL);
    if let Some(flag) = words.last().and_then(|word| flag_waiting(word, flags())) {
        return values(flag, last, "", workspace);
    }
    if let Some((name, _)) = last.strip_prefix("--").and_then(|rest| rest.split_once('=')) {
        let flag = flags().find(|flag| flag.long == name);
        let prefix = format!("--{name}=");
        return flag.map_or_else(Vec::new, |flag| {
            values(flag, last.trim_start_matches(&prefix), &prefix, workspace)
        });
    }
    if last.starts_with('-') {
        return flags().map(|flag| format!("--{}", flag.long)).collect();
    }
    let used = verb.name.split(' ').count();
    let mut found = objects(verb, &plain[used..], last, world);
    // `create` is a verb, and the beginning of others.
    found.extend(verb_names(&plain));
    found
}

/// Words that are neither flags nor their values.
fn plain_words(words: &[String]) -> Vec<&str> {
    let all = || VERBS.iter().flat_map(|verb| verb.flags.iter().chain(verb.more)).chain(GLOBAL);
    let mut plain = Vec::new();
    let mut skip = false;
    for word in words {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.starts_with('-') {
            skip = flag_waiting(word, all()).is_some();
        } else {
            plain.push(word.as_str());
        }
    }
    plain
}

/// The flag whose value the next word is.
pub(crate) fn flag_waiting<'f>(
    word: &str,
    mut flags: impl Iterator<Item = &'f Flag>,
) -> Option<&'f Flag> {
    flags.find(|flag| {
        let long = word.strip_prefix("--") == Some(flag.long);
        let short = flag.short.is_some_and(|short| *word == format!("-{short}"));
        (long || short) && !matches!(flag.takes, Takes::Switch | Takes::Maybe(_))
    })
}

/// Next words of the verbs that begin as typed.
fn verb_names(plain: &[&str]) -> Vec<String> {
    let fitting = VERBS.iter().filter_map(|verb| {
        let name: Vec<&str> = verb.name.split(' ').collect();
        (name.len() > plain.len() && name[..plain.len()] == *plain).then(|| name[plain.len()])
    });
    fitting.map(str::to_owned).collect()
}

fn values(flag: &Flag, last: &str, prefix: &str, workspace: &Workspace) -> Vec<String> {
    let fixed: &[&str] = match flag.long {
        "filename" | "patch-file" => {
            return paths(last, workspace).iter().map(|path| format!("{prefix}{path}")).collect();
        }
        "output" => &["custom-columns=", "json", "jsonpath=", "name", "wide", "yaml"],
        "dry-run" => &["client", "none", "server"],
        "type" => &["json", "merge", "strategic"],
        "for" => &["condition=Available", "condition=Ready", "create", "delete", "jsonpath="],
        "namespace" => &["default"],
        "cascade" => &["background", "foreground"],
        "types" => &["Normal", "Warning"],
        _ => &[],
    };
    fixed.iter().map(|value| format!("{prefix}{value}")).collect()
}

fn objects(verb: &Verb, words: &[&str], last: &str, world: &World) -> Vec<String> {
    let kinds: Vec<Resource> = match verb.words {
        Words::Nothing => return Vec::new(),
        Words::Fields => return field_paths(words, last),
        Words::Nodes => return names(Resource::Node, world),
        Words::Deployments => vec![Resource::Object(Kind::Deployment)],
        Words::Pods | Words::Objects => RESOURCES.iter().map(|info| info.resource).collect(),
    };
    if let Some((kind, _)) = last.split_once('/') {
        let addons = world.delivery.addons();
        let Some(resource) = Resource::known_as(kind, addons) else { return Vec::new() };
        return names(resource, world).iter().map(|name| format!("{kind}/{name}")).collect();
    }
    match words.first() {
        None if verb.words == Words::Pods => names(Resource::Pod, world)
            .into_iter()
            .chain(kind_slashes(&[Kind::Deployment]))
            .collect(),
        None => {
            let kinds = kinds.iter().flat_map(|kind| {
                let info = kind.info();
                [info.plural, info.singular].into_iter().chain(info.short.iter().copied())
            });
            let all = (verb.name == "get").then_some("all");
            let slashes = kind_slashes(Kind::ALL);
            kinds.chain(all).map(str::to_owned).chain(slashes).collect()
        }
        Some(word) if word.contains('/') => Vec::new(),
        Some(kind) => {
            let addons = world.delivery.addons();
            let kinds = kind.split(',').filter_map(|kind| Resource::known_as(kind, addons));
            kinds.flat_map(|resource| names(resource, world)).collect()
        }
    }
}

/// `deployment/`, to go on with a name.
fn kind_slashes(kinds: &[Kind]) -> Vec<String> {
    kinds.iter().map(|kind| format!("{}/", Resource::Object(*kind).info().singular)).collect()
}

/// `deployment.spec.replicas`.
fn field_paths(words: &[&str], last: &str) -> Vec<String> {
    if !words.is_empty() {
        return Vec::new();
    }
    let Some((path, _)) = last.rsplit_once('.') else {
        return RESOURCES.iter().map(|info| info.singular.to_owned()).collect();
    };
    let mut parts = path.split('.');
    let kind = parts.next().and_then(Resource::named);
    let parts: Vec<&str> = parts.collect();
    let fields = match kind {
        Some(Resource::Object(kind)) if parts.is_empty() => schema::object(kind).fields,
        Some(Resource::Object(kind)) => {
            schema::explain(kind, &parts).map_or(&[][..], |field| field.shape.fields())
        }
        _ => &[],
    };
    fields.iter().map(|field| format!("{path}.{}", field.name)).collect()
}
