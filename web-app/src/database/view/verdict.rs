//! What stands behind a verdict.

use schema::LockMode;
use schema::compat::Matrix;
use yew::{Html, html};

use crate::database::lab::DatabaseLab;
use crate::database::model::Observed;

/// What the server says of the migration itself.
pub(super) fn migration(observed: &Observed) -> Html {
    if let Some(refused) = &observed.failed {
        return html! { <small>{ format!("PostgreSQL refuses it: {}", refused.code) }</small> };
    }
    let locks = observed.locks.iter().map(|(table, mode)| {
        let known = LockMode::ALL.into_iter().find(|known| known.pg_name() == mode);
        let mode = known.map_or_else(|| mode.clone(), |mode| mode.to_string());
        let again = if observed.rewritten.contains(table) { ", written again" } else { "" };
        html! { <small>{ format!("{mode} on {table}{again}") }</small> }
    });
    html! { <>{ for locks }</> }
}

/// The verdict that is looked at, or how to look at one.
pub(super) fn detail(lab: &DatabaseLab, matrix: &Matrix, observed: &[Observed]) -> Html {
    let found = lab.cell.as_ref().and_then(|(index, release)| {
        let step = matrix.steps.get(*index)?;
        Some((step, release, step.releases.get(release)?, observed.get(*index)))
    });
    let Some((step, release, cell, observed)) = found else {
        return html! {
            <p class="database-detail muted">{ "Choose a cell to see which statement, and why." }</p>
        };
    };
    let after = step.migration.as_deref().unwrap_or("before any migration");
    let statement = cell.statement.as_deref().map(|statement| html! { <pre>{ statement }</pre> });
    let reason = cell.reason.as_deref().unwrap_or("everything that it sends works");
    let cost =
        cell.cost.map(|cost| html! { <p>{ format!("The work of the migration: {cost}.") }</p> });
    let refused = observed.and_then(|observed| observed.releases.get(release)?.as_ref());
    let refused = refused.map(|refused| {
        html! {
            <p>{ format!("PostgreSQL: {} {}", refused.code, refused.message) }</p>
        }
    });
    let pairs = step.together.iter().filter(|pair| {
        let (one, other) = &pair.releases;
        !pair.safe && (one == release || other == release)
    });
    let pairs = pairs.map(|pair| {
        let (one, other) = &pair.releases;
        let reason = pair.reason.as_deref().unwrap_or_default();
        html! { <p>{ format!("Not side by side: {one} with {other}. {reason}.") }</p> }
    });
    html! {
        <div class="database-detail" role="status">
            <p><strong>{ format!("{release}, {after}: ") }</strong>{ reason }</p>
            { for statement }
            { for cost }
            { for refused }
            { for pairs }
        </div>
    }
}
