//! `kubectl create configmap|secret|job`: an object from the command line alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cluster::api::Kind;
use crate::console::files;
use crate::console::kubectl::apply::with_last_applied;
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::get::{Format, pretty};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::{Failure, Outcome, document, write};
use crate::console::session::Session;
use crate::manifest::{self, base64, names};

type Data = BTreeMap<String, String>;

/// `kubectl create configmap NAME`.
pub(crate) fn configmap(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = only_name(&arguments.words, "create configmap")?;
    let data = data(session, arguments, &Holder::ConfigMap(name))?;
    let mut document = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    if !data.is_empty() {
        document["data"] = json!(data);
    }
    make(session, arguments, Kind::ConfigMap, document, "failed to create configmap: ")
}

/// `kubectl create secret generic NAME`.
pub(crate) fn secret(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let [kind, words @ ..] = &arguments.words[..] else {
        return Err(Failure::error(
            "must specify one of generic, docker-registry and tls\nSee 'kubectl create secret -h' for \
             help and examples",
        ));
    };
    match kind.as_str() {
        "generic" => {}
        "docker-registry" | "tls" => {
            return Err(Failure::error(format!(
                "kubectl create secret {kind} is not modelled here; use generic, or write a manifest"
            )));
        }
        _ => {
            return Err(Failure::usage(format!("unknown command \"{kind}\""), "create secret"));
        }
    }
    let name = only_name(words, "create secret generic")?;
    let data: Data = data(session, arguments, &Holder::Secret)?
        .into_iter()
        .map(|(key, value)| (key, base64::encode(value.as_bytes())))
        .collect();
    let mut document = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    if !data.is_empty() {
        document["data"] = json!(data);
    }
    if let Some(kind) = arguments.text("type") {
        document["type"] = kind.into();
    }
    make(session, arguments, Kind::Secret, document, "failed to create secret ")
}

/// `kubectl create job NAME --image=IMAGE [-- COMMAND]`.
pub(crate) fn job(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let (names, command) = arguments.around_dash();
    let name = only_name(names, "create job")?;
    if arguments.text("from").is_some() {
        return Err(Failure::error(
            "CronJobs are not modelled here; give --image in place of --from",
        ));
    }
    let Some(image) = arguments.text("image").filter(|image| !image.is_empty()) else {
        return Err(Failure::error("either --image or --from must be specified"));
    };
    let mut container = json!({"name": name, "image": image});
    if !command.is_empty() {
        container["command"] = json!(command);
    }
    let document = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": {"spec": {"containers": [container], "restartPolicy": "Never"}}},
    });
    make(session, arguments, Kind::Job, document, "failed to create job: ")
}

fn only_name<'w>(words: &'w [String], verb: &str) -> Result<&'w str, Failure> {
    match words {
        [name] => Ok(name),
        _ => {
            let count = words.len();
            Err(Failure::usage(format!("exactly one NAME is required, got {count}"), verb))
        }
    }
}

/// Stores the object, or with `--dry-run=client` says only what it would be.
fn make(
    session: &mut Session<'_, '_>,
    arguments: &Arguments,
    kind: Kind,
    mut document: Value,
    failed: &str,
) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let format = arguments.text("output").map(|text| Format::parse(Some(text))).transpose()?;
    let name = document["metadata"]["name"].as_str().unwrap_or_default();
    let object = ObjectRef::new(Resource::Object(kind), name);
    if arguments.has("save-config") {
        document = with_last_applied(&document);
    }
    if dry_run != DryRun::Client {
        if object.exists(session.world) {
            let plural = object.resource.plural_qualified();
            let name = &object.name;
            return Err(Failure::error(format!("{failed}{plural} \"{name}\" already exists")));
        }
        write::put(session, &object, document.clone(), dry_run).map_err(|denied| {
            let message = denied.message(&object, "");
            Failure::error(format!("{failed}{}", message.trim_start_matches("The ")))
        })?;
    }
    if dry_run == DryRun::No {
        document = document::live(&object, session.world);
    }
    match format {
        None => {
            session.out.print(format!("{} created{}", object.display(), dry_run.suffix()));
        }
        Some(Format::Name) => session.out.print(object.display()),
        Some(Format::Json) => session.out.print(pretty(&document)),
        Some(Format::Yaml) => session.out.stdout.push_str(&manifest::to_yaml(&document)),
        Some(_) => {
            return Err(Failure::error(
                "this output format is not modelled for create; use yaml, json or name",
            ));
        }
    }
    Ok(())
}

/// What the data is for: errors are worded by it.
enum Holder<'n> {
    /// A ConfigMap of this name.
    ConfigMap(&'n str),
    /// A Secret.
    Secret,
}

impl Holder<'_> {
    fn add(&self, data: &mut Data, key: &str, value: &str) -> Result<(), Failure> {
        if let Some(problem) = names::config_key(key) {
            return Err(Failure::error(match self {
                Self::ConfigMap(_) => {
                    format!("{key:?} is not a valid key name for a ConfigMap: {problem}")
                }
                Self::Secret => format!("{key:?} is not valid key name for a Secret {problem}"),
            }));
        }
        if data.contains_key(key) {
            return Err(Failure::error(match self {
                Self::ConfigMap(name) => format!(
                    "cannot add key {key:?}, another key by that name already exists in Data for \
                     ConfigMap {name:?}"
                ),
                Self::Secret => {
                    format!("cannot add key {key}, another key by that name already exists")
                }
            }));
        }
        data.insert(key.to_owned(), value.to_owned());
        Ok(())
    }
}

/// What `--from-file`, `--from-literal` and `--from-env-file` give.
fn data(
    session: &Session<'_, '_>,
    arguments: &Arguments,
    holder: &Holder<'_>,
) -> Result<Data, Failure> {
    let given = |flag: &str| arguments.text(flag).is_some();
    if given("from-env-file") && (given("from-file") || given("from-literal")) {
        return Err(Failure::error(
            "from-env-file cannot be combined with from-file or from-literal",
        ));
    }
    let mut data = Data::new();
    for source in arguments.all("from-file").flat_map(|sources| sources.split(',')) {
        from_file(session, source, holder, &mut data)?;
    }
    for source in arguments.all("from-literal") {
        let (key, value) =
            source.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
                Failure::error(format!("invalid literal source {source}, expected key=value"))
            })?;
        holder.add(&mut data, key, value.trim_matches(['"', '\'']))?;
    }
    for source in arguments.all("from-env-file").flat_map(|sources| sources.split(',')) {
        for (key, value) in from_env_file(session, source, holder)? {
            holder.add(&mut data, &key, &value)?;
        }
    }
    Ok(data)
}

fn from_file(
    session: &Session<'_, '_>,
    source: &str,
    holder: &Holder<'_>,
    data: &mut Data,
) -> Result<(), Failure> {
    let (key, path) = match source.split_once('=') {
        None => (None, source),
        Some((_, rest)) if rest.contains('=') => {
            return Err(Failure::error("key names or file paths cannot contain '='"));
        }
        Some(("", path)) => {
            return Err(Failure::error(format!("key name for file path {path} missing")));
        }
        Some((key, "")) => {
            return Err(Failure::error(format!("file path for key name {key} missing")));
        }
        Some((key, path)) => (Some(key), path),
    };
    if let Ok(text) = files::read(session.workspace, path) {
        let base = path.rsplit('/').next().unwrap_or(path);
        return holder.add(data, key.unwrap_or(base), text);
    }
    let Some(names) = files::list(session.workspace, path) else {
        return Err(no_such_file(path));
    };
    if key.is_some() {
        return Err(Failure::error("cannot give a key name for a directory path"));
    }
    // Folders in the folder are passed over.
    for name in names.iter().filter(|name| !name.ends_with('/')) {
        let inside = format!("{}/{name}", path.trim_end_matches('/'));
        if let Ok(text) = files::read(session.workspace, &inside) {
            holder.add(data, name, text)?;
        }
    }
    Ok(())
}

/// Lines `KEY=VALUE`; a key alone would take the value of the shell's variable, and there is none here.
fn from_env_file(
    session: &Session<'_, '_>,
    path: &str,
    holder: &Holder<'_>,
) -> Result<Vec<(String, String)>, Failure> {
    let Ok(text) = files::read(session.workspace, path) else {
        if files::is_folder(session.workspace, path) {
            let what = if matches!(holder, Holder::Secret) { "secret" } else { "config" };
            return Err(Failure::error(format!("env {what} file cannot be a directory")));
        }
        return Err(no_such_file(path));
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            match names::environment_variable(key) {
                None => Ok((key.to_owned(), value.to_owned())),
                Some(problem) => {
                    Err(Failure::error(format!("{key:?} is not a valid key name: {problem}")))
                }
            }
        })
        .collect()
}

fn no_such_file(path: &str) -> Failure {
    Failure::error(format!("error reading {path}: no such file or directory"))
}
