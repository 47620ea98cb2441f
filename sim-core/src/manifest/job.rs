//! Jobs: from a checked tree to a specification with defaults.

use crate::cluster::spec::{JobSpec, RestartPolicy};
use crate::manifest::findings::Findings;
use crate::manifest::kubernetes::{MAX_REPLICAS, template};
use crate::manifest::read::Cursor;
use crate::time::SimDuration;

/// Reads `spec` of a Job.
pub(super) fn read(spec: &Cursor<'_>, findings: &mut Findings) -> JobSpec {
    let template = template(spec, &[RestartPolicy::OnFailure, RestartPolicy::Never], findings);
    let completions = spec.count("completions");
    let parallelism = spec.count("parallelism");
    for name in ["completions", "parallelism"] {
        if let Some(cursor) =
            spec.get(name).filter(|_| spec.count(name).unwrap_or(0) > MAX_REPLICAS)
        {
            let message = format!("{}: these are more pods than can be simulated", cursor.path);
            findings.fix(cursor.position(), message, format!("write at most {MAX_REPLICAS}"));
        }
    }
    if let (Some(mode), Some(cursor)) = (spec.text("completionMode"), spec.get("completionMode"))
        && mode == "Indexed"
    {
        let message = format!("not modelled: {}: Indexed", cursor.path);
        let help = "leave it out; it is refused because the rest would mean something else";
        findings.fix(cursor.position(), message, help);
    }
    let seconds = |name| spec.count(name).map(|secs| SimDuration::from_secs(u64::from(secs)));
    JobSpec {
        // Without either number one pod is wanted; with parallelism alone, a queue of work is meant.
        completions: completions.or_else(|| parallelism.is_none().then_some(1)),
        parallelism: parallelism.unwrap_or(1),
        backoff_limit: spec.count("backoffLimit").unwrap_or(6),
        active_deadline: seconds("activeDeadlineSeconds"),
        ttl: seconds("ttlSecondsAfterFinished"),
        suspend: spec.flag("suspend"),
        template,
    }
}
