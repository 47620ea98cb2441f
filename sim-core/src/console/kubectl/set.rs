//! `kubectl set image|env|resources|selector`.

use serde_json::{Value, json};

use crate::cluster::api::{Applied, Kind};
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, record, write};
use crate::console::session::Session;

/// `a=b` and `a-` among the words; the rest names objects.
fn split_pairs(words: &[String]) -> (Vec<String>, Vec<String>) {
    let is_pair = |word: &&String| {
        word.contains('=') || (word.ends_with('-') && 1 < word.len() && !word.contains('/'))
    };
    let at = words.iter().position(|word| is_pair(&word)).unwrap_or(words.len());
    (words[..at].to_vec(), words[at..].to_vec())
}

/// Changes the chosen objects of one kind and prints `done` for each that differs.
fn each(
    session: &mut Session<'_, '_>,
    arguments: &Arguments,
    words: &[String],
    kind: Kind,
    done: &str,
    mut change: impl FnMut(&mut Value) -> Result<(), String>,
) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let mut named = arguments.clone();
    named.words = words.to_vec();
    let query = Query::parse(&named, "set", session.world)?;
    let picked = arguments.text("selector").is_some() || arguments.has("all");
    if query.kinds.is_empty() || !(query.named || picked) {
        return Err(Failure::error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    let found = query.find(session.world);
    for object in &found.objects {
        if object.resource != Resource::Object(kind) {
            session.out.fail(format!(
                "error: {}/{} does not have what this command sets: it works on {}",
                object.resource.info().plural,
                object.name,
                kind.plural()
            ));
            continue;
        }
        let mut problem = None;
        let written = change_one(session, object, dry_run, &mut problem, &mut change);
        match (problem, written) {
            (Some(problem), _) => session.out.fail(format!("error: {problem}")),
            (None, Ok(Applied::Unchanged)) => {}
            (None, Ok(_)) => {
                session.out.print(format!("{} {done}{}", object.display(), dry_run.suffix()));
            }
            (None, Err(problem)) => session.out.fail(problem),
        }
    }
    for problem in found.problems {
        session.out.fail(problem);
    }
    Ok(())
}

fn change_one(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    dry_run: crate::console::kubectl::flag::DryRun,
    problem: &mut Option<String>,
    change: &mut impl FnMut(&mut Value) -> Result<(), String>,
) -> Result<Applied, String> {
    write::modify(session, object, dry_run, |document| {
        let mut changed = document.clone();
        match change(&mut changed) {
            Ok(()) => *document = changed,
            Err(why) => *problem = Some(why),
        }
    })
}

fn containers(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let list = document.pointer_mut("/spec/template/spec/containers");
    list.and_then(Value::as_array_mut).into_iter().flatten()
}

/// `kubectl set image deployment/NAME CONTAINER=IMAGE...`; `*` is every container.
pub(crate) fn image(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let (words, pairs) = split_pairs(&arguments.words);
    if pairs.is_empty() {
        return Err(Failure::error("at least one image update is required"));
    }
    let cause = record::cause(session, arguments, "set image");
    each(session, arguments, &words, Kind::Deployment, "image updated", |document| {
        if let Some(cause) = &cause {
            record::write(document, cause);
        }
        for pair in &pairs {
            let (name, image) = pair.split_once('=').unwrap_or((pair, ""));
            if image.is_empty() {
                return Err(format!("the image of container \"{name}\" is missing: NAME=IMAGE"));
            }
            let mut found = false;
            for container in containers(document) {
                if name == "*" || container["name"] == name {
                    container["image"] = image.into();
                    found = true;
                }
            }
            if !found {
                return Err(format!("unable to find container named \"{name}\""));
            }
        }
        Ok(())
    })
}

/// `kubectl set env deployment/NAME KEY=VALUE KEY-`.
pub(crate) fn env(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let (words, pairs) = split_pairs(&arguments.words);
    if arguments.has("list") || pairs.is_empty() {
        if !arguments.has("list") {
            return Err(Failure::error("at least one environment variable must be provided"));
        }
        return list_env(session, arguments, &words);
    }
    let wanted = arguments.text("containers").unwrap_or("*").to_owned();
    each(session, arguments, &words, Kind::Deployment, "env updated", |document| {
        for container in containers(document) {
            if wanted != "*" && container["name"] != wanted.as_str() {
                continue;
            }
            if !container["env"].is_array() {
                container["env"] = json!([]);
            }
            let Some(env) = container["env"].as_array_mut() else { continue };
            for pair in &pairs {
                match pair.split_once('=') {
                    Some((key, value)) => {
                        let fresh = json!({"name": key, "value": value});
                        match env.iter_mut().find(|variable| variable["name"] == key) {
                            Some(variable) => *variable = fresh,
                            None => env.push(fresh),
                        }
                    }
                    None => env.retain(|variable| variable["name"] != pair.trim_end_matches('-')),
                }
            }
            if env.is_empty()
                && let Some(fields) = container.as_object_mut()
            {
                fields.remove("env");
            }
        }
        Ok(())
    })
}

fn list_env(session: &mut Session<'_, '_>, arguments: &Arguments, words: &[String]) -> Outcome {
    let mut named = arguments.clone();
    named.words = words.to_vec();
    let found = Query::parse(&named, "set env", session.world)?.find(session.world);
    for problem in found.problems {
        session.out.fail(problem);
    }
    for object in found.objects {
        let Resource::Object(kind) = object.resource else { continue };
        let Some(stored) = session.world.api.get(kind, &object.name) else { continue };
        let mut document = stored.manifest.document.clone();
        for container in containers(&mut document) {
            let name = container["name"].as_str().unwrap_or_default();
            let owner = object.resource.info().kind;
            session.out.print(format!("# {owner} {}, container {name}", object.name));
            for variable in container["env"].as_array().into_iter().flatten() {
                let text = |key: &str| variable[key].as_str().unwrap_or_default();
                session.out.print(match reference(&variable["valueFrom"]) {
                    Some(from) => format!("# {} from {from}", text("name")),
                    None => format!("{}={}", text("name"), text("value")),
                });
            }
        }
    }
    Ok(())
}

/// Where the value of a variable comes from, as `--list` says it.
fn reference(from: &Value) -> Option<String> {
    let text = |path: &str| from.pointer(path).and_then(Value::as_str);
    let key = |what: &str, from: &str| {
        let of = |field: &str| text(&format!("/{from}/{field}")).unwrap_or_default();
        text(&format!("/{from}/key")).map(|key| format!("{what} {}, key {key}", of("name")))
    };
    key("configmap", "configMapKeyRef")
        .or_else(|| key("secret", "secretKeyRef"))
        .or_else(|| Some(format!("field path {}", text("/fieldRef/fieldPath")?)))
}

/// `kubectl set resources deployment/NAME --limits=cpu=1,memory=1Gi --requests=...`.
pub(crate) fn resources(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let mut amounts: Vec<(&str, String, String)> = Vec::new();
    for part in ["limits", "requests"] {
        for pair in arguments.text(part).unwrap_or_default().split(',').filter(|p| !p.is_empty()) {
            let (name, amount) = pair.split_once('=').ok_or_else(|| {
                Failure::error(format!(
                    "invalid argument syntax {pair}, expected <resource>=<value>"
                ))
            })?;
            amounts.push((part, name.to_owned(), amount.to_owned()));
        }
    }
    if amounts.is_empty() {
        return Err(Failure::error(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let wanted = arguments.text("containers").unwrap_or("*").to_owned();
    let done = "resource requirements updated";
    each(session, arguments, &arguments.words.clone(), Kind::Deployment, done, |document| {
        for container in containers(document) {
            if wanted == "*" || container["name"] == wanted.as_str() {
                for (part, name, amount) in &amounts {
                    container["resources"][*part][name.as_str()] = amount.clone().into();
                }
            }
        }
        Ok(())
    })
}

/// `kubectl set selector service NAME KEY=VALUE[,KEY=VALUE]`: replaces the whole selector.
pub(crate) fn selector(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let (words, pairs) = split_pairs(&arguments.words);
    let [pairs] = &pairs[..] else {
        return Err(Failure::error("one selector is required: KEY=VALUE[,KEY=VALUE]"));
    };
    let mut selector = serde_json::Map::new();
    for pair in pairs.split(',') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        selector.insert(key.to_owned(), value.into());
    }
    each(session, arguments, &words, Kind::Service, "selector updated", |document| {
        document["spec"]["selector"] = selector.clone().into();
        Ok(())
    })
}
