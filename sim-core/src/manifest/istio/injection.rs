//! `fault`, `mirror` and their percentages (IST-37, 38).

use super::{destination, positive};
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::Value;
use crate::mesh::fault::{Fault, Share};
use crate::mesh::spec::Mirror;

/// Reads `fault` of a rule.
pub(super) fn fault(fault: &Cursor<'_>, findings: &mut Findings) -> Fault {
    let [delay, abort] = ["delay", "abort"].map(|name| fault.get(name));
    if delay.is_none() && abort.is_none() {
        let message =
            format!("{}: HTTP fault injection must have an abort and/or a delay", fault.path);
        findings.error(fault.position(), message);
    }
    let delay = delay.and_then(|delay| {
        // Without a percentage nothing is delayed.
        let share = share(&delay, "percentage", findings)
            .or_else(|| old_share(&delay, "percent", findings));
        let Some(cursor) = delay.get("fixedDelay") else {
            let message = format!("{}: Required value", delay.path_to("fixedDelay"));
            findings.error(delay.position(), message);
            return None;
        };
        positive(&cursor, delay.duration("fixedDelay"), findings);
        Some((delay.duration("fixedDelay")?, share.unwrap_or(Share::percent(0.0))))
    });
    let abort = abort.and_then(|abort| {
        let share = share(&abort, "percentage", findings).unwrap_or(Share::percent(0.0));
        let Some(cursor) = abort.get("httpStatus") else {
            let message = format!("{}: must specify one of httpStatus and grpcStatus", abort.path);
            findings.error(abort.position(), message);
            return None;
        };
        let status = cursor.number()?;
        if !(200..=599).contains(&status) {
            let message = format!("{}: HTTP status {status} is not in range 200-599", cursor.path);
            findings.error(cursor.position(), message);
        }
        Some((u16::try_from(status).ok()?, share))
    });
    Fault { delay, abort }
}

/// Reads `mirror` or `mirrors` of a rule. Without a percentage everything is copied.
pub(super) fn mirrors(route: &Cursor<'_>, findings: &mut Findings) -> Vec<Mirror> {
    let list = route.list("mirrors");
    let Some(mirror) = route.get("mirror") else {
        let read = |entry: &Cursor<'_>, findings: &mut Findings| {
            let to = destination(entry.get("destination").as_ref());
            Mirror { to, share: share(entry, "percentage", findings).unwrap_or(Share::ALL) }
        };
        return list.iter().map(|entry| read(entry, findings)).collect();
    };
    if !list.is_empty() {
        let message = format!("{}: HTTP route cannot contain both mirror and mirrors", route.path);
        findings.error(mirror.position(), message);
    }
    let share = share(route, "mirrorPercentage", findings)
        .or_else(|| old_share(route, "mirrorPercent", findings))
        .or_else(|| old_share(route, "mirror_percent", findings));
    vec![Mirror { to: destination(Some(&mirror)), share: share.unwrap_or(Share::ALL) }]
}

/// The share under a key that holds a whole number of per cent, as it was written once.
fn old_share(owner: &Cursor<'_>, name: &str, findings: &mut Findings) -> Option<Share> {
    let value = owner.get(name)?;
    Some(in_range(&value, value.number()? as f64, findings))
}

/// The share under a key; a percentage that says no number is 0.
fn share(owner: &Cursor<'_>, name: &str, findings: &mut Findings) -> Option<Share> {
    let percentage = owner.get(name)?;
    let Some(value) = percentage.get("value") else { return Some(Share::percent(0.0)) };
    let number = match &value.node.value {
        Value::Float(number) => *number,
        _ => value.number()? as f64,
    };
    Some(in_range(&value, number, findings))
}

fn in_range(value: &Cursor<'_>, number: f64, findings: &mut Findings) -> Share {
    if !(0.0..=100.0).contains(&number) {
        let message = format!("{}: percentage {number} is not in range 0..100", value.path);
        findings.error(value.position(), message);
    }
    Share::percent(number)
}
