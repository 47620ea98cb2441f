//! `kubectl autoscale`.

use serde_json::json;

use crate::cluster::api::Kind;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, write};
use crate::console::session::Session;

/// `kubectl autoscale deployment NAME --max=N`.
pub(crate) fn autoscale(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let max = arguments.number("max").unwrap_or(-1);
    let min = arguments.number("min").unwrap_or(-1);
    if max < 1 {
        return Err(Failure::error(format!(
            "--max=MAXPODS is required and must be at least 1, max: {max}"
        )));
    }
    if max < min {
        return Err(Failure::error(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}"
        )));
    }
    let utilization = utilization(session, arguments)?;
    let query = Query::parse(arguments, "autoscale", session.world)?;
    if !query.named && !arguments.has("all") && arguments.text("selector").is_none() {
        return Err(Failure::error("resource(s) were provided, but no name was specified"));
    }
    let found = query.find(session.world);
    for object in &found.objects {
        if object.resource != Resource::Object(Kind::Deployment) {
            session.out.fail(format!(
                "error: cannot autoscale a {}: only Deployments can be autoscaled here",
                object.resource.info().kind
            ));
            continue;
        }
        let name = arguments.text("name").unwrap_or(&object.name);
        let autoscaler = ObjectRef::new(Resource::Object(Kind::HorizontalPodAutoscaler), name);
        if autoscaler.exists(session.world) {
            session.out.fail(format!(
                "Error from server (AlreadyExists): horizontalpodautoscalers.autoscaling \
                 \"{name}\" already exists"
            ));
            continue;
        }
        let mut document = json!({
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name},
            "spec": {
                "scaleTargetRef":
                    {"apiVersion": "apps/v1", "kind": "Deployment", "name": object.name},
                "maxReplicas": max,
            },
        });
        if 0 < min {
            document["spec"]["minReplicas"] = min.into();
        }
        if let Some(utilization) = utilization {
            let target = json!({"type": "Utilization", "averageUtilization": utilization});
            document["spec"]["metrics"] =
                json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]);
        }
        match write::put(session, &autoscaler, document, dry_run) {
            Ok(_) => session.out.print(format!(
                "{} autoscaled{}",
                autoscaler.display(),
                dry_run.suffix()
            )),
            Err(denied) => session.out.fail(denied.message(&autoscaler, "")),
        }
    }
    for problem in found.problems {
        session.out.fail(problem);
    }
    Ok(())
}

/// `--cpu` or the older `--cpu-percent`; the API server's default counts without them.
fn utilization(
    session: &mut Session<'_, '_>,
    arguments: &Arguments,
) -> Result<Option<i32>, Failure> {
    if let Some(percent) = arguments.number("cpu-percent") {
        session
            .out
            .warn("Flag --cpu-percent has been deprecated, use --cpu with a percentage: --cpu=70%");
        return Ok((0 < percent).then_some(percent));
    }
    let Some(text) = arguments.text("cpu") else { return Ok(None) };
    let percent = text.strip_suffix('%').and_then(|digits| digits.parse::<i32>().ok());
    match percent.filter(|percent| 0 < *percent) {
        Some(percent) => Ok(Some(percent)),
        None => Err(Failure::error(format!(
            "invalid --cpu value {text:?}: write a percentage of the requests, such as 80%; an \
             amount of CPU is not modelled"
        ))),
    }
}
