//! What a container gets from ConfigMaps and Secrets: environment variables and volumes.

use std::collections::BTreeSet;

use crate::cluster::api::Kind;
use crate::cluster::spec::{ConfigRef, ConfigVolume};
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::names;
use crate::manifest::pod::duplicate;
use crate::manifest::read::Cursor;

/// The ConfigMaps and Secrets that the environment of a container needs: `envFrom`, then `env`.
pub(super) fn references(container: &Cursor<'_>, findings: &mut Findings) -> Vec<ConfigRef> {
    let mut references = Vec::new();
    for cursor in container.list("envFrom") {
        let sources = [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)];
        let given =
            sources.into_iter().filter_map(|(field, kind)| Some((cursor.get(field)?, kind)));
        let given: Vec<_> = given.collect();
        one_source(&cursor, given.len(), "`configMapRef` or `secretRef`", findings);
        references
            .extend(given.iter().map(|(at, kind)| reference(at, *kind, "name", &[], findings)));
    }
    for variable in container.list("env") {
        let Some(source) = variable.get("valueFrom") else { continue };
        if variable.text("value").is_some_and(|value| !value.is_empty()) {
            let message = format!(
                "{}: Invalid value: \"\": may not be specified when `value` is not empty",
                source.path
            );
            findings.error(source.position(), message);
        }
        let fields =
            ["fieldRef", "resourceFieldRef", "fileKeyRef", "configMapKeyRef", "secretKeyRef"];
        let count = fields.iter().filter(|field| source.get(field).is_some()).count();
        let words = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
        one_source(&source, count, words, findings);
        for (field, kind) in [("configMapKeyRef", Kind::ConfigMap), ("secretKeyRef", Kind::Secret)]
        {
            if let Some(at) = source.get(field) {
                let key = at.text("key").unwrap_or_default().to_owned();
                references.push(reference(&at, kind, "name", &[key], findings));
            }
        }
    }
    references
}

fn one_source(cursor: &Cursor<'_>, given: usize, words: &str, findings: &mut Findings) {
    let message = match given {
        1 => return,
        0 => format!("must specify one of: {words}"),
        _ => "may not have more than one field specified at a time".to_owned(),
    };
    findings.error(cursor.position(), format!("{}: Invalid value: \"\": {message}", cursor.path));
}

fn reference(
    cursor: &Cursor<'_>,
    kind: Kind,
    name_field: &str,
    keys: &[String],
    findings: &mut Findings,
) -> ConfigRef {
    let name = cursor.text(name_field).unwrap_or_default().to_owned();
    if name.is_empty() {
        findings
            .error(cursor.position(), format!("{}: Required value", cursor.path_to(name_field)));
    }
    ConfigRef { kind, name, keys: keys.to_vec(), optional: cursor.flag("optional") }
}

/// The volumes of a pod that hold ConfigMaps and Secrets.
pub(super) fn volumes(pod: &Cursor<'_>, findings: &mut Findings) -> Vec<ConfigVolume> {
    let mut volumes = Vec::new();
    let mut known = BTreeSet::new();
    for cursor in pod.list("volumes") {
        let name = cursor.text("name").unwrap_or_default().to_owned();
        if let (Some(place), Some(problem)) = (cursor.get("name"), names::label(&name)) {
            let short = shorten(&name);
            let message = format!("{}: Invalid value: {short:?}: {problem}", place.path);
            findings.error(place.position(), message);
        }
        if !known.insert(name.clone()) {
            duplicate(&cursor, "name", &name, findings);
        }
        // A volume without a source is an empty directory.
        let mut sources = vec![cursor.clone()];
        sources.extend(cursor.get("projected").map(|at| at.list("sources")).unwrap_or_default());
        for source in sources {
            let projected = source.path != cursor.path;
            let secret_name = if projected { "name" } else { "secretName" };
            let kinds =
                [("configMap", Kind::ConfigMap, "name"), ("secret", Kind::Secret, secret_name)];
            for (field, kind, name_field) in kinds {
                let Some(at) = source.get(field) else { continue };
                let items = at.list("items");
                let keys = items.iter().filter_map(|item| item.text("key")).map(str::to_owned);
                let keys: Vec<String> = keys.collect();
                let source = reference(&at, kind, name_field, &keys, findings);
                volumes.push(ConfigVolume { name: name.clone(), source });
            }
        }
    }
    volumes
}

/// Every mount must be of a volume that the pod has.
pub(super) fn check_mounts(container: &Cursor<'_>, pod: &Cursor<'_>, findings: &mut Findings) {
    let volumes = pod.list("volumes");
    let mut paths = BTreeSet::new();
    for mount in container.list("volumeMounts") {
        let name = mount.text("name").unwrap_or_default();
        if !volumes.iter().any(|volume| volume.text("name") == Some(name)) {
            let place = mount.get("name").map_or(mount.position(), |cursor| cursor.position());
            let message = format!("{}: Not found: {:?}", mount.path_to("name"), shorten(name));
            findings.fix(place, message, "give the pod a volume of this name");
        }
        let path = mount.text("mountPath").unwrap_or_default();
        if !paths.insert(path) {
            let place = mount.get("mountPath").map_or(mount.position(), |cursor| cursor.position());
            let (at, path) = (mount.path_to("mountPath"), shorten(path));
            findings.error(place, format!("{at}: Invalid value: {path:?}: must be unique"));
        }
    }
}
