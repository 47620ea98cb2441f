//! Manifests that a command reads: `-f FILE`, `-f FOLDER`, `-f -`.

use serde_json::Value;

use crate::console::files;
use crate::console::kubectl::Failure;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, RESOURCES, Resource};
use crate::console::kubectl::write::Denied;
use crate::console::session::Session;
use crate::delivery::Addons;
use crate::diagnostic::Diagnostic;
use crate::manifest::{self, yaml};

/// One document of a file.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The file, as the user named it; `STDIN` for `-`.
    pub(crate) file: String,
    /// Its kind and name.
    pub(crate) object: ObjectRef,
    /// The document as written, with its namespace.
    pub(crate) document: Value,
    /// Why the API server would not take it.
    pub(crate) denied: Option<Denied>,
    /// Fields that have no effect here.
    pub(crate) notes: Vec<Diagnostic>,
}

/// What the files of a command hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    /// Documents, in order.
    pub(crate) items: Vec<Item>,
    /// What is wrong with files and documents that cannot be read: sentences without `error: `.
    pub(crate) problems: Vec<String>,
    /// What is installed, and so which kinds there are.
    addons: Addons,
}

impl Items {
    /// Nothing yet, for a cluster that has these addons.
    pub(crate) fn none(addons: &Addons) -> Self {
        Self { addons: addons.clone(), ..Self::default() }
    }
}

/// Reads all `-f` of a command. A missing path is an error before anything happens.
pub(crate) fn read(arguments: &Arguments, session: &mut Session<'_, '_>) -> Result<Items, Failure> {
    if arguments.text("kustomize").is_some() {
        return Err(Failure::error("kustomize is not modelled here; use -f"));
    }
    let mut sources = Vec::new();
    let mut missing = Vec::new();
    let mut length = 0;
    let given = arguments.all("filename").flat_map(|paths| paths.split(','));
    for path in given {
        match source(path, arguments.has("recursive"), session) {
            Ok(found) => {
                length += found.iter().map(|(_, text)| text.len()).sum::<usize>();
                sources.extend(found);
            }
            Err(problem) => missing.push(problem),
        }
        // A file can be named any number of times.
        if files::TOTAL_MAX < length {
            return Err(Failure::error(format!("{path}: {}", files::TOO_MUCH)));
        }
    }
    match missing.len() {
        0 => {}
        1 => return Err(Failure::error(missing.remove(0))),
        _ => return Err(Failure::plain(missing.join("\n"))),
    }
    let mut items = Items::none(session.world.delivery.addons());
    for (path, text) in sources {
        read_file(&path, &text, &mut items);
    }
    Ok(items)
}

type Source = (String, String);

fn source(
    path: &str,
    recursive: bool,
    session: &mut Session<'_, '_>,
) -> Result<Vec<Source>, String> {
    if path == "-" {
        return Ok(vec![("STDIN".to_owned(), session.input.take().unwrap_or_default())]);
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(format!("unable to read URL \"{path}\": there is no network here"));
    }
    if let Ok(text) = files::read(session.workspace, path) {
        return Ok(vec![(path.to_owned(), text.to_owned())]);
    }
    if !files::is_folder(session.workspace, path) {
        return Err(format!("the path \"{path}\" does not exist"));
    }
    let folder = files::normal(path).unwrap_or_default();
    let depth = folder.split('/').filter(|part| !part.is_empty()).count();
    let is_manifest = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let known = [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end));
        known && (recursive || path.matches('/').count() == depth)
    };
    let inside = files::below(session.workspace, path);
    let found: Vec<Source> = inside
        .iter()
        .filter(is_manifest)
        .map(|path| (path.clone(), session.workspace.files[path].clone()))
        .collect();
    if found.is_empty() {
        return Err(format!(
            "error reading [{path}]: recognized file extensions are [.json .yaml .yml]"
        ));
    }
    Ok(found)
}

/// Adds what one file holds.
pub(crate) fn read_file(path: &str, text: &str, items: &mut Items) {
    let read = yaml::parse(path, text).and_then(|nodes| Ok((nodes, manifest::parse(path, text)?)));
    let (nodes, documents) = match read {
        Ok(read) => read,
        Err(problem) => {
            let mut sentence = format!(
                "error parsing {path}: error converting YAML to JSON: yaml: line {}: {}",
                problem.position.line,
                problem.message.trim_start_matches("not valid YAML: ")
            );
            if let Some(help) = &problem.help {
                sentence += &format!("\n  {path}:{}: {help}", problem.position.line);
            }
            return items.problems.push(sentence);
        }
    };
    // A List stands for its items, as in `manifest::parse`.
    let nodes = nodes.iter().flat_map(|node| match node.get("items").map(|items| &items.value) {
        Some(yaml::Value::Seq(items))
            if node.get("kind").and_then(yaml::Node::as_str) == Some("List") =>
        {
            items.iter().collect()
        }
        _ => vec![node],
    });
    for (node, document) in nodes.zip(documents) {
        let mut json = node.to_json();
        let object = match identify(path, &json, &items.addons) {
            Ok(object) => object,
            Err(problem) => {
                items.problems.push(problem);
                continue;
            }
        };
        if let Some(metadata) = json.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.entry("namespace").or_insert_with(|| "default".into());
        }
        let denied = document.manifest.err().map(Denied::Rejected);
        let (file, document, notes) = (path.to_owned(), json, document.notes);
        items.items.push(Item { file, object, document, denied, notes });
    }
}

/// Kind and name of a document, or why it is not even that.
fn identify(path: &str, document: &Value, addons: &Addons) -> Result<ObjectRef, String> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    let unable = "unable to decode";
    let Some(kind) = text("/kind").filter(|kind| !kind.is_empty()) else {
        let shown = truncated(&document.to_string());
        return Err(format!("{unable} \"{path}\": Object 'Kind' is missing in '{shown}'"));
    };
    let Some(version) = text("/apiVersion").filter(|version| !version.is_empty()) else {
        let shown = truncated(&document.to_string());
        return Err(format!("{unable} \"{path}\": Object 'apiVersion' is missing in '{shown}'"));
    };
    let name = text("/metadata/name").unwrap_or_default();
    let known = RESOURCES.iter().find(|info| {
        info.kind == kind
            && info.resource.is_known(addons)
            && match info.resource {
                Resource::Object(kind) => kind.versions().contains(&version),
                _ => info.version == version,
            }
    });
    let Some(resource) = known.map(|info| info.resource) else {
        let namespace = text("/metadata/namespace").unwrap_or_default();
        return Err(format!(
            "resource mapping not found for name: \"{name}\" namespace: \"{namespace}\" from \
             \"{path}\": no matches for kind \"{kind}\" in version \"{version}\"\n\
             ensure CRDs are installed first"
        ));
    };
    if name.is_empty() {
        return Err(format!(
            "error when retrieving current configuration of \"{path}\": resource name may not be empty"
        ));
    }
    Ok(ObjectRef::new(resource, name))
}

fn truncated(text: &str) -> String {
    let end = text.floor_char_boundary(120);
    if end < text.len() { format!("{}...", &text[..end]) } else { text.to_owned() }
}

/// Prints what was wrong, as kubectl does: one problem behind `error: `, several one by one.
pub(crate) fn report(problems: &[String], session: &mut Session<'_, '_>) {
    let bare = |text: &str| text.starts_with("Error from server") || text.starts_with("The ");
    for problem in problems {
        match problems.len() {
            1 if !bare(problem) => session.out.fail(format!("error: {problem}")),
            _ => session.out.fail(problem),
        }
    }
}
