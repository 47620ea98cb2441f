//! `kubectl get`.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::console::follow::Watch;
use crate::console::jsonpath::{self, Path, Template};
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::rows::{cells, headers};
use crate::console::kubectl::select::{Found, Query};
use crate::console::kubectl::watch::Watching;
use crate::console::kubectl::{Failure, Outcome, document, input};
use crate::console::session::Session;
use crate::console::table;
use crate::manifest;
use crate::time::SimTime;
use crate::world::World;

/// How objects are printed.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// A table; with the columns of `wide`, or without.
    Table {
        /// `-o wide`.
        wide: bool,
    },
    /// `-o yaml`.
    Yaml,
    /// `-o json`.
    Json,
    /// `-o name`.
    Name,
    /// `-o jsonpath=...`.
    Template(Template),
    /// `-o custom-columns=...`.
    Columns(Vec<(String, Path)>),
}

impl Format {
    /// Reads `-o`.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Failure> {
        let Some(text) = text else { return Ok(Self::Table { wide: false }) };
        let (name, rest) = text.split_once('=').unwrap_or((text, ""));
        match name {
            "" => Ok(Self::Table { wide: false }),
            "wide" => Ok(Self::Table { wide: true }),
            "yaml" => Ok(Self::Yaml),
            "json" => Ok(Self::Json),
            "name" => Ok(Self::Name),
            "jsonpath" if rest.is_empty() => {
                Err(Failure::error("template format specified but no template given"))
            }
            "jsonpath" => Template::parse(rest).map(Self::Template).map_err(|problem| {
                Failure::error(format!("error parsing jsonpath {rest}, {problem}"))
            }),
            "custom-columns" if rest.is_empty() => {
                Err(Failure::error("custom-columns format specified but no custom columns given"))
            }
            "custom-columns" => custom_columns(rest).map(Self::Columns),
            _ => Err(Failure::error(format!(
                "unable to match a printer suitable for the output format \"{name}\", allowed \
                 formats are: custom-columns,json,jsonpath,name,wide,yaml"
            ))),
        }
    }
}

fn custom_columns(text: &str) -> Result<Vec<(String, Path)>, Failure> {
    text.split(',')
        .map(|column| {
            let (header, path) = column.split_once(':').ok_or_else(|| {
                Failure::error(format!(
                    "unexpected custom-columns spec: {column}, expected <header>:<json-path-expr>"
                ))
            })?;
            let path = path.trim_start_matches('{').trim_end_matches('}');
            let path = Path::parse(path).map_err(Failure::error)?;
            Ok((header.to_owned(), path))
        })
        .collect()
}

/// What a `kubectl get` asks for and how it prints it.
#[derive(Clone, Debug)]
pub(crate) struct Get {
    pub(super) query: Query,
    pub(super) format: Format,
    show_labels: bool,
    label_columns: Vec<String>,
    pub(super) no_headers: bool,
    with_kind: bool,
    with_namespace: bool,
    sort_by: Option<Path>,
}

/// `kubectl get`.
pub(crate) fn get(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let format = Format::parse(arguments.text("output"))?;
    let query = query(session, arguments)?;
    let mut kinds: Vec<Resource> = query.kinds.iter().map(|(kind, _)| *kind).collect();
    kinds.sort();
    kinds.dedup();
    let sort_by = arguments.text("sort-by").map(|path| {
        let path = path.trim_matches(['{', '}']);
        Path::parse(path).map_err(Failure::error)
    });
    let get = Get {
        format,
        show_labels: arguments.has("show-labels"),
        label_columns: arguments
            .all("label-columns")
            .flat_map(|labels| labels.split(','))
            .map(str::to_owned)
            .collect(),
        no_headers: arguments.has("no-headers"),
        with_kind: 1 < kinds.len() || arguments.has("show-kind"),
        with_namespace: arguments.has("all-namespaces"),
        sort_by: sort_by.transpose()?,
        query,
    };
    get.query.warn(session);
    let found = get.query.find(session.world);
    let ignored = arguments.has("ignore-not-found");
    let problems = if ignored { Vec::new() } else { found.problems.clone() };
    if arguments.has("watch") || arguments.has("watch-only") {
        if 1 < kinds.len() {
            return Err(Failure::error("you may only specify a single resource type"));
        }
        if let [problem, ..] = &problems[..] {
            return Err(Failure::plain(problem.clone()));
        }
        let only_changes = arguments.has("watch-only");
        let watching = Watching::new(get, session.world, session.ctx.now, only_changes);
        session.out.watch = Some(Watch::Get(Box::new(watching)));
        return Ok(());
    }
    get.print(&found, ignored, session)?;
    for problem in problems {
        session.out.fail(problem);
    }
    Ok(())
}

fn query(session: &mut Session<'_, '_>, arguments: &Arguments) -> Result<Query, Failure> {
    let mut query = Query::parse(arguments, "get", session.world)?;
    if arguments.text("filename").is_some() {
        let read = input::read(arguments, session)?;
        input::report(&read.problems, session);
        let named =
            |item: &input::Item| (item.object.resource, Some(vec![item.object.name.clone()]));
        query.kinds = read.items.iter().map(named).collect();
        query.named = true;
        return Ok(query);
    }
    if query.kinds.is_empty() {
        session.out.warn(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a \
             complete list of supported resources.\n",
        );
        return Err(Failure::error(
            "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed \
             description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for \
             help and examples",
        ));
    }
    Ok(query)
}

impl Get {
    fn print(&self, found: &Found, ignored: bool, session: &mut Session<'_, '_>) -> Outcome {
        let (world, now) = (&*session.world, session.ctx.now);
        let objects = self.sorted(&found.objects, world);
        if let Format::Table { wide } = &self.format {
            if objects.is_empty() {
                if found.problems.is_empty() && !(ignored && self.query.named) {
                    session.out.warn(self.nothing());
                }
                return Ok(());
            }
            let text = self.tables(&objects, *wide, world, now);
            session.out.stdout.push_str(&text);
            return Ok(());
        }
        if let Format::Columns(columns) = &self.format {
            let text = self.custom_table(columns, &objects, world);
            session.out.stdout.push_str(&text);
            return Ok(());
        }
        if objects.is_empty() && self.query.named {
            return Ok(());
        }
        let documents: Vec<Value> = objects.iter().map(|o| document::live(o, world)).collect();
        let single = self.query.named && documents.len() == 1 && found.problems.is_empty();
        let whole = match single {
            true => documents[0].clone(),
            false => json!({"apiVersion": "v1", "items": documents, "kind": "List",
                "metadata": {"resourceVersion": ""}}),
        };
        match &self.format {
            Format::Yaml => session.out.stdout.push_str(&manifest::to_yaml(&whole)),
            Format::Json => session.out.print(pretty(&whole)),
            Format::Name => {
                for object in &objects {
                    session.out.print(object.display());
                }
            }
            Format::Template(template) => match template.render(&whole) {
                Ok(text) => session.out.stdout.push_str(&text),
                Err(problem) => {
                    return Err(Failure::error(template.failure(&problem, &whole)));
                }
            },
            Format::Table { .. } | Format::Columns(_) => {}
        }
        Ok(())
    }

    /// What kubectl says when a list is empty.
    fn nothing(&self) -> String {
        let namespaced = self.query.kinds.iter().any(|(kind, _)| kind.info().namespaced);
        match &self.query.namespace {
            Some(namespace) if namespaced => {
                format!("No resources found in {namespace} namespace.")
            }
            _ => "No resources found".to_owned(),
        }
    }

    fn sorted(&self, objects: &[ObjectRef], world: &World) -> Vec<ObjectRef> {
        let mut objects = objects.to_vec();
        if let Some(path) = &self.sort_by {
            let keyed = objects.into_iter().map(|object| {
                let document = document::live(&object, world);
                (SortKey::of(path.select(&document).first().copied()), object)
            });
            let mut keyed: Vec<(SortKey, ObjectRef)> = keyed.collect();
            keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
            objects = keyed.into_iter().map(|(_, object)| object).collect();
        }
        objects
    }

    /// One table a kind, in the order of the objects, with empty lines between.
    fn tables(&self, objects: &[ObjectRef], wide: bool, world: &World, now: SimTime) -> String {
        let groups = objects.chunk_by(|a, b| a.resource == b.resource);
        let tables = groups.map(|group| {
            let mut rows = Vec::new();
            if !self.no_headers {
                rows.push(self.header(group[0].resource, wide));
            }
            rows.extend(group.iter().map(|object| self.row(object, wide, world, now)));
            table::rows(rows)
        });
        let between = if self.no_headers { "" } else { "\n" };
        tables.collect::<Vec<_>>().join(between)
    }

    /// The header of a kind's table.
    pub(super) fn header(&self, resource: Resource, wide: bool) -> Vec<String> {
        let (narrow, more) = headers(resource);
        let mut row: Vec<String> = Vec::new();
        if self.with_namespace && resource.info().namespaced {
            row.push("NAMESPACE".to_owned());
        }
        row.extend(narrow.iter().map(|header| (*header).to_owned()));
        if wide {
            row.extend(more.iter().map(|header| (*header).to_owned()));
        }
        row.extend(
            self.label_columns
                .iter()
                .map(|label| label.rsplit('/').next().unwrap_or_default().to_uppercase()),
        );
        if self.show_labels {
            row.push("LABELS".to_owned());
        }
        row
    }

    /// The row of an object.
    pub(super) fn row(
        &self,
        object: &ObjectRef,
        wide: bool,
        world: &World,
        now: SimTime,
    ) -> Vec<String> {
        let (narrow, _) = headers(object.resource);
        let mut row = cells(object, world, now);
        if !wide {
            row.truncate(narrow.len());
        }
        if self.with_kind && narrow[0] == "NAME" {
            row[0] = object.display();
        }
        if self.with_namespace && object.resource.info().namespaced {
            row.insert(0, "default".to_owned());
        }
        let labels = object.labels(world);
        row.extend(
            self.label_columns.iter().map(|label| labels.get(label).cloned().unwrap_or_default()),
        );
        if self.show_labels {
            row.push(crate::console::kubectl::rows::label_list(&labels));
        }
        row
    }

    /// The table of `-o custom-columns`.
    pub(super) fn custom_table(
        &self,
        columns: &[(String, Path)],
        objects: &[ObjectRef],
        world: &World,
    ) -> String {
        let mut rows: Vec<Vec<String>> = Vec::new();
        if !self.no_headers {
            rows.push(columns.iter().map(|(header, _)| header.clone()).collect());
        }
        for object in objects {
            let document = document::live(object, world);
            let cell = |path: &Path| {
                let found: Vec<String> =
                    path.select(&document).into_iter().map(jsonpath::text).collect();
                if found.is_empty() { "<none>".to_owned() } else { found.join(",") }
            };
            rows.push(columns.iter().map(|(_, path)| cell(path)).collect());
        }
        table::rows(rows)
    }
}

/// What `--sort-by` compares: objects without a value come first, then numbers, then texts.
struct SortKey {
    rank: u8,
    number: f64,
    text: String,
}

impl SortKey {
    fn of(value: Option<&Value>) -> Self {
        let (rank, number, text) = match (value, value.and_then(Value::as_f64)) {
            (None, _) => (0, 0.0, String::new()),
            (_, Some(number)) => (1, number, String::new()),
            (Some(value), None) => (2, 0.0, jsonpath::text(value)),
        };
        Self { rank, number, text }
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let by_rank = self.rank.cmp(&other.rank);
        by_rank.then(self.number.total_cmp(&other.number)).then_with(|| self.text.cmp(&other.text))
    }
}

/// A document as `-o json` prints it: four spaces a level.
pub(crate) fn pretty(document: &Value) -> String {
    use serde::Serialize;
    let mut text = Vec::new();
    let style = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut writer = serde_json::Serializer::with_formatter(&mut text, style);
    match document.serialize(&mut writer) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
