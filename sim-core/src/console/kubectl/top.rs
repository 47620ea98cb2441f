//! `kubectl top pods`: what the metrics server last measured.

use crate::cluster::pod::Pod;
use crate::console::age;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::Resource;
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome};
use crate::console::session::Session;
use crate::console::table;

/// `kubectl top pods`.
pub(crate) fn top(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let mut query = Query::parse(arguments, "top", session.world)?;
    match query.kinds.as_slice() {
        [] => return Err(Failure::usage("top needs a type of resource: pods", "top")),
        [(Resource::Pod, _)] => {}
        _ => {
            return Err(Failure::error("only kubectl top pods is modelled here"));
        }
    }
    // A pod that is not there is told of alone, as kubectl does.
    let found = query.find(session.world);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(Failure::plain(problem));
    }
    if found.objects.is_empty() {
        let place = query.namespace.take();
        session.out.warn(match place {
            Some(namespace) => format!("No resources found in {namespace} namespace."),
            None => "No resources found".to_owned(),
        });
        return Ok(());
    }
    let state = &session.world.cluster.state;
    let mut pods: Vec<&Pod> =
        found.objects.iter().filter_map(|object| state.pod_named(&object.name)).collect();
    if query.named
        && let Some(pod) = pods.iter().find(|pod| pod.usage.is_none())
    {
        let age = age::since(session.ctx.now, pod.created);
        return Err(Failure::error(format!(
            "Metrics not available for pod default/{}, age: {age}",
            pod.name
        )));
    }
    pods.retain(|pod| pod.usage.is_some());
    if pods.is_empty() {
        return Err(Failure::error("metrics not available yet"));
    }
    let milli = |pod: &Pod| pod.usage.map_or(0, |usage| usage.cpu_milli);
    let bytes = |pod: &Pod| pod.usage.map_or(0, |usage| usage.memory_bytes);
    match arguments.text("sort-by") {
        Some("cpu") => pods.sort_by_key(|pod| std::cmp::Reverse(milli(pod))),
        Some("memory") => pods.sort_by_key(|pod| std::cmp::Reverse(bytes(pod))),
        _ => {}
    }
    let row = |name: &str, milli: u64, bytes: u64| {
        vec![name.to_owned(), format!("{milli}m"), format!("{}Mi", bytes >> 20)]
    };
    let mut rows = Vec::new();
    if !arguments.has("no-headers") {
        rows.push(["NAME", "CPU(cores)", "MEMORY(bytes)"].map(str::to_owned).to_vec());
    }
    rows.extend(pods.iter().map(|pod| row(&pod.name, milli(pod), bytes(pod))));
    if arguments.has("sum") {
        let (milli, bytes) = (pods.iter().map(|pod| milli(pod)), pods.iter().map(|pod| bytes(pod)));
        rows.push(row("", milli.sum(), bytes.sum()));
    }
    session.out.stdout.push_str(&table::rows(rows));
    Ok(())
}
