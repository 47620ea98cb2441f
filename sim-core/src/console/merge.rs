//! Changing documents: what `apply`, `patch` and `edit` do to what is there.
//!
//! *Merge* is RFC 7396, *json* is RFC 6902, *strategic* is Kubernetes' own: lists whose items have a
//! key (containers by name, ports by number) are merged item by item.

use serde_json::{Map, Value};

/// Deepest nesting of a patched document.
const DEPTH_MAX: usize = 100;
/// Most bytes of a patched document, about as it lies in memory.
const SIZE_MAX: usize = 4 << 20;

/// The field that tells items of a list apart, by the list's field name (strategic merge).
/// Other lists are replaced as a whole.
fn merge_key(field: &str, item: &Value) -> Option<&'static str> {
    let key = match field {
        "containers" | "initContainers" | "env" | "volumes" | "imagePullSecrets" => "name",
        "ports" if item.get("containerPort").is_some() => "containerPort",
        "ports" if item.get("port").is_some() => "port",
        "volumeMounts" => "mountPath",
        "topologySpreadConstraints" => "topologyKey",
        "hostAliases" => "ip",
        "conditions" => "type",
        _ => return None,
    };
    item.get(key).map(|_| key)
}

/// Whether the keys of a map exclude each other (`patchStrategy: retainKeys`), by its field's name or
/// that of the list that it is an item of.
fn retains_keys(field: &str) -> bool {
    matches!(field, "strategy" | "volumes")
}

/// How lists are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    /// Replaced as a whole (RFC 7396; custom resources).
    Replaced,
    /// Merged by key where they have one (built-in kinds).
    Keyed,
    /// The same, and of maps whose keys exclude each other only those that are given stay, as if the
    /// patch had `$retainKeys`: what `kubectl apply` sends where such a map changes.
    Applied,
}

/// Applies a merge patch.
pub(crate) fn merge(target: &mut Value, patch: &Value, lists: Lists) {
    merge_field("", target, patch, lists);
}

fn merge_field(field: &str, target: &mut Value, patch: &Value, lists: Lists) {
    match (patch, lists) {
        (Value::Object(changes), _) => {
            match directive(patch) {
                Some("replace") => {
                    let mut changes = changes.clone();
                    changes.remove("$patch");
                    *target = Value::Object(changes);
                    return;
                }
                Some("delete") => {
                    *target = Value::Object(Map::new());
                    return;
                }
                _ => {}
            }
            if !target.is_object() {
                *target = Value::Object(Map::new());
            }
            let Value::Object(fields) = target else { return };
            let before = (lists == Lists::Applied && retains_keys(field)).then(|| fields.clone());
            for (key, change) in changes {
                if change.is_null() {
                    fields.remove(key);
                } else if !key.starts_with('$') {
                    merge_field(key, fields.entry(key).or_insert(Value::Null), change, lists);
                }
            }
            if let Some(retained) = changes.get("$retainKeys").and_then(Value::as_array) {
                fields.retain(|key, _| retained.iter().any(|kept| kept == key));
            } else if before.is_some_and(|before| before != *fields) {
                fields.retain(|key, _| changes.contains_key(key));
            }
        }
        (Value::Array(items), Lists::Keyed | Lists::Applied) if is_keyed(field, items) => {
            merge_items(field, target, items, lists);
        }
        _ => *target = patch.clone(),
    }
}

fn is_keyed(field: &str, items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| merge_key(field, item).is_some())
}

fn merge_items(field: &str, target: &mut Value, items: &[Value], lists: Lists) {
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    let Value::Array(targets) = target else { return };
    if items.iter().any(|item| directive(item) == Some("replace")) {
        *targets = items.iter().filter(|item| directive(item).is_none()).cloned().collect();
        return;
    }
    for item in items {
        let Some(key) = merge_key(field, item) else { continue };
        let found = targets.iter().position(|target| target.get(key) == item.get(key));
        match (found, directive(item)) {
            (Some(at), Some("delete")) => {
                targets.remove(at);
            }
            (None, Some("delete")) => {}
            (Some(at), _) => merge_field(field, &mut targets[at], item, lists),
            (None, _) => {
                let mut fresh = Value::Null;
                merge_field(field, &mut fresh, item, lists);
                targets.push(fresh);
            }
        }
    }
}

fn directive(item: &Value) -> Option<&str> {
    item.get("$patch").and_then(Value::as_str)
}

/// The result of client-side apply: `live`, less what `last` had and `wanted` has not, with what
/// `wanted` says. Fields that others have set stay.
pub(crate) fn three_way(last: &Value, wanted: &Value, live: &Value, lists: Lists) -> Value {
    let mut result = live.clone();
    remove_dropped("", last, wanted, &mut result, lists);
    let lists = if lists == Lists::Keyed { Lists::Applied } else { lists };
    merge(&mut result, wanted, lists);
    result
}

/// Removes from `target` what was applied before and is not wanted any more.
fn remove_dropped(field: &str, last: &Value, wanted: &Value, target: &mut Value, lists: Lists) {
    match (last, wanted, target) {
        (Value::Object(last), Value::Object(wanted), Value::Object(target)) => {
            for (key, before) in last {
                match wanted.get(key) {
                    None => {
                        target.remove(key);
                    }
                    Some(wanted) => {
                        if let Some(target) = target.get_mut(key) {
                            remove_dropped(key, before, wanted, target, lists);
                        }
                    }
                }
            }
        }
        (Value::Array(last), Value::Array(wanted), Value::Array(target))
            if lists == Lists::Keyed && is_keyed(field, last) =>
        {
            for before in last {
                let Some(key) = merge_key(field, before) else { continue };
                let same = |item: &&Value| item.get(key) == before.get(key);
                let Some(at) = target.iter().position(|item| same(&item)) else { continue };
                match wanted.iter().find(same) {
                    None => {
                        target.remove(at);
                    }
                    Some(wanted) => remove_dropped("", before, wanted, &mut target[at], lists),
                }
            }
        }
        _ => {}
    }
}

/// Applies a JSON patch; on error nothing is changed.
pub(crate) fn json_patch(target: &mut Value, patch: &Value) -> Result<(), String> {
    let Value::Array(operations) = patch else {
        return Err("a JSON patch is a list of operations".to_owned());
    };
    let mut result = target.clone();
    for operation in operations {
        let text = |key: &str| operation.get(key).and_then(Value::as_str);
        let (op, path) = (text("op").unwrap_or_default(), text("path").unwrap_or_default());
        let value = || {
            let value = operation.get("value").cloned();
            value.ok_or_else(|| format!("{op} operation does not have a value: {path}"))
        };
        let from = || text("from").ok_or_else(|| format!("{op} operation has no from: {path}"));
        match op {
            "add" => add(&mut result, path, value()?)?,
            "remove" => {
                remove(&mut result, path)?;
            }
            "replace" => {
                let place = result.pointer_mut(path);
                *place.ok_or_else(|| missing("replace", path))? = value()?;
            }
            "test" => {
                if result.pointer(path) != Some(&value()?) {
                    return Err(format!("testing value {path} failed"));
                }
            }
            "copy" | "move" => {
                let from = from()?;
                let value = match op {
                    "move" => remove(&mut result, from)?,
                    _ => result.pointer(from).cloned().ok_or_else(|| missing(op, from))?,
                };
                add(&mut result, path, value)?;
            }
            _ => return Err(format!("Unexpected kind: {op}")),
        }
        // `copy` can double a document: stop long before it grows out of hand.
        if size(&result, 0).is_none_or(|size| SIZE_MAX < size) {
            return Err("the patched document is too large".to_owned());
        }
    }
    *target = result;
    Ok(())
}

/// About how many bytes a document takes in memory; None if it is nested too deeply.
fn size(value: &Value, depth: usize) -> Option<usize> {
    if DEPTH_MAX < depth {
        return None;
    }
    let inner = |value| size(value, depth + 1);
    let inside: Option<usize> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| Some(key.len() + inner(value)?)).sum()
        }
        Value::Array(items) => items.iter().map(inner).sum(),
        Value::String(text) => Some(text.len()),
        _ => Some(0),
    };
    inside.map(|inside| size_of::<Value>() + inside)
}

fn missing(op: &str, path: &str) -> String {
    format!("{op} operation does not apply: doc is missing path: {path}: missing value")
}

/// The parent of a path and the last key, unescaped.
fn parent<'v>(target: &'v mut Value, path: &str) -> Option<(&'v mut Value, String)> {
    let (parent, key) = path.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    target.pointer_mut(parent).map(|parent| (parent, key))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    match parent(target, path) {
        Some((Value::Object(fields), key)) => {
            fields.insert(key, value);
            Ok(())
        }
        Some((Value::Array(items), key)) => {
            let at = if key == "-" { Some(items.len()) } else { key.parse().ok() };
            let at = at.filter(|at| *at <= items.len()).ok_or_else(|| missing("add", path))?;
            items.insert(at, value);
            Ok(())
        }
        _ => Err(missing("add", path)),
    }
}

fn remove(target: &mut Value, path: &str) -> Result<Value, String> {
    match parent(target, path) {
        Some((Value::Object(fields), key)) => {
            fields.remove(&key).ok_or_else(|| missing("remove", path))
        }
        Some((Value::Array(items), key)) => {
            let at = key.parse().ok().filter(|at| *at < items.len());
            Ok(items.remove(at.ok_or_else(|| missing("remove", path))?))
        }
        _ => Err(missing("remove", path)),
    }
}
