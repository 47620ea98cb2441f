//! `kubectl describe`.

mod autoscaler;
mod budget;
mod config;
mod custom;
mod endpoints;
mod events;
mod job;
mod namespace;
mod node;
mod workload;

use serde_json::Value;

use crate::cluster::api::Kind;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::rows::{address_list, cells, headers};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, document, input};
use crate::console::session::Session;
use crate::console::table;
use crate::time::SimTime;
use crate::world::World;

/// `kubectl describe`.
pub(crate) fn describe(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let mut query = Query::parse(arguments, "describe", session.world)?;
    if arguments.text("filename").is_some() {
        let items = input::read(arguments, session)?.items;
        let kinds = items.into_iter().map(|i| (i.object.resource, Some(vec![i.object.name])));
        query.kinds = kinds.collect();
        query.named = true;
    }
    if query.kinds.is_empty() {
        session.out.warn(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a \
             complete list of supported resources.",
        );
        return Err(Failure::error("Required resource not specified."));
    }
    query.warn(session);
    let mut found = query.find(session.world);
    by_prefix(&query, &mut found.objects, &mut found.problems, session.world);
    if found.objects.is_empty() && found.problems.is_empty() {
        let namespaced = query.kinds.iter().any(|(kind, _)| kind.info().namespaced);
        session.out.warn(match &query.namespace {
            Some(namespace) if namespaced => {
                format!("No resources found in {namespace} namespace.")
            }
            _ => "No resources found".to_owned(),
        });
        return Ok(());
    }
    let events = arguments.text("show-events") != Some("false");
    let (world, now) = (&*session.world, session.ctx.now);
    let texts: Vec<String> =
        found.objects.iter().map(|object| text(object, world, now, events)).collect();
    session.out.stdout.push_str(&texts.join("\n\n"));
    for problem in found.problems {
        session.out.fail(problem);
    }
    Ok(())
}

/// A name that does not exist may be the beginning of several: `describe pod my-app-blue`.
fn by_prefix(
    query: &Query,
    objects: &mut Vec<ObjectRef>,
    problems: &mut Vec<String>,
    world: &World,
) {
    for (resource, names) in &query.kinds {
        for name in names.iter().flatten() {
            let object = ObjectRef::new(*resource, name);
            if object.exists(world) {
                continue;
            }
            let all = query.objects_of(*resource, world);
            let fits: Vec<ObjectRef> =
                all.into_iter().filter(|object| object.name.starts_with(name.as_str())).collect();
            if !fits.is_empty() {
                problems.retain(|problem| *problem != object.not_found());
                objects.extend(fits);
            }
        }
    }
}

fn text(object: &ObjectRef, world: &World, now: SimTime, with_events: bool) -> String {
    let document = document::live(object, world);
    let mut out = match object.resource {
        Resource::Object(kind) => match kind {
            Kind::Deployment => workload::deployment(&document, world),
            Kind::Job => job::job(&document),
            Kind::Service => service(&document, world),
            Kind::ConfigMap => config::config_map(&document),
            Kind::Secret => config::secret(&document),
            Kind::ResourceQuota => quota(&document),
            Kind::HorizontalPodAutoscaler => autoscaler::autoscaler(&document),
            Kind::PodDisruptionBudget => budget::budget(&document),
            _ => custom::custom(&document),
        },
        Resource::Pod => workload::pod(&document, world, now),
        Resource::ReplicaSet => workload::replica_set(&document, world),
        Resource::Node => node::node(&document, world),
        Resource::Endpoints => endpoints::endpoints(&document),
        Resource::EndpointSlice => custom::custom(&document),
        Resource::Namespace => namespace::namespace(&document, world),
        Resource::Event => plain(object, world, now),
    };
    // kubectl prints no events for these.
    let silent = [
        Resource::Event,
        Resource::Namespace,
        Resource::Object(Kind::ResourceQuota),
        Resource::Object(Kind::Secret),
    ];
    if with_events && !silent.contains(&object.resource) {
        out += &events::text(object, world, now);
    }
    table::align(&out, table::DESCRIBE)
}

/// Header and value of every column, for kinds without a page of their own.
fn plain(object: &ObjectRef, world: &World, now: SimTime) -> String {
    let (narrow, wide) = headers(object.resource);
    let names = narrow.iter().chain(wide);
    let pairs = names.zip(cells(object, world, now));
    pairs.map(|(name, cell)| format!("{name}:\t{cell}\n")).collect()
}

/// The template as `kubectl rollout history --revision` shows it.
pub(crate) fn template_text(template: &Value) -> String {
    table::align(&workload::template(template), table::DESCRIBE)
}

/// A field's text; `<none>` if it is not there.
fn field<'v>(document: &'v Value, pointer: &str) -> &'v str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or("<none>")
}

/// A field's number; 0 if it is not there.
fn number(document: &Value, pointer: &str) -> i64 {
    document.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// `Name:`, `Namespace:`.
fn names(document: &Value) -> String {
    format!(
        "Name:\t{}\nNamespace:\t{}\n",
        field(document, "/metadata/name"),
        field(document, "/metadata/namespace")
    )
}

/// `Labels:` or `Annotations:`, one a line.
fn map_lines(title: &str, map: Option<&Value>, join: &str) -> String {
    let hidden = crate::console::kubectl::apply::LAST_APPLIED;
    let entries = map.and_then(Value::as_object).into_iter().flatten();
    let entries: Vec<String> = entries
        .filter(|(key, _)| key.as_str() != hidden)
        .map(|(key, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{key}{join}{}", value.replace(['\n', '\t'], " "))
        })
        .collect();
    if entries.is_empty() {
        return format!("{title}:\t<none>\n");
    }
    let first = format!("{title}:\t{}\n", entries[0]);
    entries[1..].iter().fold(first, |text, entry| text + &format!("\t{entry}\n"))
}

fn labels(document: &Value) -> String {
    map_lines("Labels", document.pointer("/metadata/labels"), "=")
}

fn annotations(document: &Value) -> String {
    map_lines("Annotations", document.pointer("/metadata/annotations"), ": ")
}

/// `a=b,c=d`.
fn selector(map: Option<&Value>) -> String {
    let pairs: Vec<String> = map
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") }
}

fn quota(document: &Value) -> String {
    names(document) + "Resource\tUsed\tHard\n--------\t----\t----\n" + &amounts(document, "")
}

/// What of a quota is used, one amount a line.
fn amounts(quota: &Value, margin: &str) -> String {
    let status = &quota["status"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |(key, hard): (&String, &Value)| {
        format!("{margin}{key}\t{}\t{}\n", text(&status["used"][key]), text(hard))
    };
    status["hard"].as_object().into_iter().flatten().map(line).collect()
}

fn service(document: &Value, world: &World) -> String {
    let name = field(document, "/metadata/name");
    let address = field(document, "/spec/clusterIP");
    let mut out = names(document) + &labels(document) + &annotations(document);
    out += &format!(
        "Selector:\t{}\nType:\t{}\nIP Family Policy:\tSingleStack\nIP Families:\tIPv4\n\
         IP:\t{address}\nIPs:\t{address}\n",
        selector(document.pointer("/spec/selector")),
        field(document, "/spec/type"),
    );
    for port in document["spec"]["ports"].as_array().into_iter().flatten() {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        let title = port["name"].as_str().filter(|name| !name.is_empty()).unwrap_or("<unset>");
        let target = &port["targetPort"];
        let target = target.as_str().map_or_else(|| target.to_string(), str::to_owned);
        out += &format!(
            "Port:\t{title}\t{}/{protocol}\nTargetPort:\t{target}/{protocol}\nEndpoints:\t{}\n",
            port["port"],
            match address_list(name, world) {
                none if none == "<none>" => String::new(),
                list => list,
            }
        );
    }
    out + "Session Affinity:\tNone\nInternal Traffic Policy:\tCluster\n"
}
