//! Which objects a command is about: `TYPE[,TYPE] [NAME...]`, `TYPE/NAME...`, `-l`, `-n`.

use std::collections::BTreeSet;

use crate::cluster::api::Kind;
use crate::console::jsonpath;
use crate::console::kubectl::Failure;
use crate::console::kubectl::document;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ALL, ObjectRef, Resource, names};
use crate::console::selector::Selector;
use crate::console::session::Session;
use crate::world::World;

/// What a command asks for.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// Kinds, and the names wanted of each; none means all.
    pub(crate) kinds: Vec<(Resource, Option<Vec<String>>)>,
    /// Whether objects are named one by one.
    pub(crate) named: bool,
    selector: Selector,
    /// The selector as it is written.
    labels: String,
    fields: Vec<(String, bool, String)>,
    /// The namespace asked for; None is all of them.
    pub(crate) namespace: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// Objects, in order.
    pub(crate) objects: Vec<ObjectRef>,
    /// What the API server says of names that do not exist.
    pub(crate) problems: Vec<String>,
}

impl Query {
    /// Reads the words and flags of a command; `verb` is for messages.
    pub(crate) fn parse(arguments: &Arguments, verb: &str, world: &World) -> Result<Self, Failure> {
        let kinds = kinds(&arguments.words, verb, world)?;
        let named = kinds.iter().any(|(_, names)| names.is_some());
        let selector = arguments.text("selector").unwrap_or_default();
        if named && !selector.is_empty() {
            return Err(Failure::error("name cannot be provided when a selector is specified"));
        }
        let all = arguments.has("all-namespaces");
        if named && all {
            return Err(Failure::error(
                "a resource cannot be retrieved by name across all namespaces",
            ));
        }
        let namespace = arguments.text("namespace").unwrap_or("default").to_owned();
        Ok(Self {
            kinds,
            named,
            selector: Selector::parse(selector).map_err(Failure::error)?,
            labels: selector.to_owned(),
            fields: field_terms(arguments.text("field-selector").unwrap_or_default())?,
            namespace: (!all).then_some(namespace),
        })
    }

    /// A query for all objects of a kind with these labels.
    pub(crate) fn of_kind(resource: Resource, selector: Selector) -> Self {
        let namespace = Some("default".to_owned());
        Self {
            kinds: vec![(resource, None)],
            named: false,
            selector,
            labels: String::new(),
            fields: Vec::new(),
            namespace,
        }
    }

    /// Prints what the API server warns of whoever reads these kinds.
    pub(crate) fn warn(&self, session: &mut Session<'_, '_>) {
        let asks = self.kinds.iter().any(|(kind, _)| *kind == Resource::Endpoints);
        if asks && session.world.cluster.version.deprecates_endpoints() {
            session.out.warn(
                "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
            );
        }
    }

    /// Whether the query is about the one namespace in which everything lives.
    pub(crate) fn reaches(&self, resource: Resource) -> bool {
        !resource.info().namespaced
            || self.namespace.as_deref().is_none_or(|namespace| namespace == "default")
    }

    /// The objects of one kind that the query finds.
    pub(crate) fn objects_of(&self, resource: Resource, world: &World) -> Vec<ObjectRef> {
        if !self.reaches(resource) {
            return Vec::new();
        }
        let all = names(resource, world).into_iter().map(|name| ObjectRef::new(resource, name));
        all.filter(|object| self.selector.selects(&object.labels(world)))
            .filter(|object| self.fields_hold(object, world))
            .collect()
    }

    /// Everything the query finds.
    pub(crate) fn find(&self, world: &World) -> Found {
        let mut found = Found::default();
        let mut named = BTreeSet::new();
        for (resource, names) in &self.kinds {
            match names {
                None => match self.unknown_field(*resource) {
                    Some(problem) => found.problems.push(problem),
                    None => found.objects.extend(self.objects_of(*resource, world)),
                },
                Some(names) => {
                    for name in names {
                        let object = ObjectRef::new(*resource, name);
                        if self.reaches(*resource) && object.exists(world) {
                            // Simpler than kubectl: whoever is named again is found once.
                            if named.insert(object.clone()) {
                                found.objects.push(object);
                            }
                        } else {
                            found.problems.push(object.not_found());
                        }
                    }
                }
            }
        }
        found
    }

    /// What the API server says of a field by which a kind cannot be selected.
    fn unknown_field(&self, resource: Resource) -> Option<String> {
        let info = resource.info();
        let own = own_fields(resource);
        let is_known = |path: &str| {
            ["metadata.name", "metadata.namespace"].contains(&path) || own.contains(&path)
        };
        let (path, ..) = self.fields.iter().find(|(path, ..)| !is_known(path))?;
        let term = |(path, equal, value): &(String, bool, String)| {
            format!("{path}{}{value}", if *equal { "=" } else { "!=" })
        };
        let terms = self.fields.iter().map(term).collect::<Vec<_>>().join(",");
        let version = info.version.rsplit('/').next().unwrap_or_default();
        // Kinds without fields of their own know those of all objects, and say so.
        let is_custom = info.group().contains('.') && !info.group().ends_with("k8s.io");
        let why = match own.is_empty() && !is_custom {
            true => format!(
                "{path:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            ),
            false => format!("field label not supported: {path}"),
        };
        Some(format!(
            "Error from server (BadRequest): Unable to find \"{}/{version}, Resource={}\" that match \
             label selector \"{}\", field selector {terms:?}: {why}",
            info.group(),
            info.plural,
            self.labels
        ))
    }

    fn fields_hold(&self, object: &ObjectRef, world: &World) -> bool {
        if self.fields.is_empty() {
            return true;
        }
        let document = document::live(object, world);
        self.fields.iter().all(|(path, equal, wanted)| {
            let value = jsonpath::Path::parse(path)
                .map(|path| path.select(&document).first().map(|v| jsonpath::text(v)));
            let value = value.ok().flatten().unwrap_or_default();
            (value == *wanted) == *equal
        })
    }
}

/// Fields by which objects of a kind can be selected, beside name and namespace.
fn own_fields(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Resource::Node => &["spec.unschedulable"],
        Resource::Namespace => &["status.phase"],
        Resource::ReplicaSet => &["status.replicas"],
        Resource::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        Resource::Object(Kind::Service) => &["spec.clusterIP", "spec.type"],
        Resource::Object(Kind::Secret) => &["type"],
        Resource::Object(Kind::Job) => &["status.successful"],
        _ => &[],
    }
}

/// `a.b=c,d.e!=f`.
fn field_terms(text: &str) -> Result<Vec<(String, bool, String)>, Failure> {
    text.split(',')
        .filter(|term| !term.is_empty())
        .map(|term| {
            let (path, equal, value) = match term.split_once("!=") {
                Some((path, value)) => (path, false, value),
                None => {
                    let (path, value) = term.split_once('=').ok_or_else(|| {
                        Failure::error(format!(
                            "invalid selector: '{term}'; can't understand '{term}'"
                        ))
                    })?;
                    (path, true, value.trim_start_matches('='))
                }
            };
            Ok((path.trim().to_owned(), equal, value.trim().to_owned()))
        })
        .collect()
}

/// The kind of this name, or what the API server says.
pub(crate) fn resource(name: &str, world: &World) -> Result<Resource, Failure> {
    let addons = world.delivery.addons();
    Resource::known_as(name, addons).ok_or_else(|| {
        Failure::error(format!("the server doesn't have a resource type \"{name}\""))
    })
}

type Kinds = Vec<(Resource, Option<Vec<String>>)>;

fn kinds(words: &[String], verb: &str, world: &World) -> Result<Kinds, Failure> {
    let slashes = words.iter().filter(|word| word.contains('/')).count();
    if 0 < slashes && slashes < words.len() {
        return Err(Failure::error(format!(
            "there is no need to specify a resource type as a separate argument when passing \
             arguments in resource/name form (e.g. 'kubectl {verb} resource/<resource_name>' \
             instead of 'kubectl {verb} resource resource/<resource_name>'"
        )));
    }
    let mut kinds: Kinds = Vec::new();
    if 0 < slashes {
        for word in words {
            let (kind, name) = word.split_once('/').unwrap_or((word, ""));
            if kind.is_empty() || name.is_empty() || name.contains('/') {
                return Err(Failure::error(
                    "arguments in resource/name form must have a single resource and name",
                ));
            }
            kinds.push((resource(kind, world)?, Some(vec![name.to_owned()])));
        }
        return Ok(kinds);
    }
    let Some((first, names)) = words.split_first() else { return Ok(kinds) };
    let names = (!names.is_empty()).then(|| names.to_vec());
    let mut seen = BTreeSet::new();
    for kind in first.split(',').filter(|kind| seen.insert(*kind)) {
        match kind {
            "all" => kinds.extend(ALL.iter().map(|kind| (*kind, names.clone()))),
            kind => kinds.push((resource(kind, world)?, names.clone())),
        }
    }
    Ok(kinds)
}
