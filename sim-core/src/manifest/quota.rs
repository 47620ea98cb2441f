//! `ResourceQuota`: from a checked tree to a specification (K8S-104).

use crate::cluster::spec::{QuotaSpec, Resource};
use crate::manifest::check::shown;
use crate::manifest::findings::Findings;
use crate::manifest::pod::quantity;
use crate::manifest::read::Cursor;

/// Reads `spec` of a `ResourceQuota`.
pub(super) fn read(spec: &Cursor<'_>, findings: &mut Findings) -> QuotaSpec {
    let mut quota = QuotaSpec::default();
    for (key, cursor) in spec.get("hard").map(|hard| hard.entries()).unwrap_or_default() {
        let Some(milli) = quantity(cursor.node) else { continue };
        let path = format!("spec.hard[{}]", key.text);
        if milli < 0 {
            let value = shown(cursor.node);
            let message =
                format!("{path}: Invalid value: {value}: must be greater than or equal to 0");
            findings.error(cursor.position(), message);
        }
        let known = Resource::ALL.iter().find(|(name, _)| *name == key.text);
        let Some((_, resource)) = known else {
            findings.note(key.position, format!("not modelled: {path}"));
            continue;
        };
        if *resource == Resource::Pods && milli.rem_euclid(1_000) != 0 {
            let value = shown(cursor.node);
            let message = format!("{path}: Invalid value: {value}: must be an integer");
            findings.error(cursor.position(), message);
        }
        let amount = match resource {
            Resource::Cpu | Resource::RequestsCpu | Resource::LimitsCpu => milli,
            Resource::Pods
            | Resource::Memory
            | Resource::RequestsMemory
            | Resource::LimitsMemory => milli.div_euclid(1_000),
        };
        quota.hard.insert(*resource, amount.clamp(0, i128::from(u64::MAX)) as u64);
    }
    quota
}
