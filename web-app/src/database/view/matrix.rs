//! The matrix: a row a schema, a column a release, the model's verdict above the server's.

use schema::compat::{Cell, Matrix, Status, Step};
use yew::html::Scope;
use yew::{Html, classes, html};

use super::verdict;
use crate::database::lab::{DatabaseLab, Msg, Trial};
use crate::database::model::{Agreement, Observed, agreement};

pub(super) fn matrix(lab: &DatabaseLab, link: &Scope<DatabaseLab>) -> Html {
    match &lab.draft.matrix {
        Ok(matrix) => table(lab, matrix, link),
        Err(problems) => html! {
            <div class="database-problems" role="status">
                { for problems.iter().map(|problem| html! { <p><code>{ problem }</code></p> }) }
            </div>
        },
    }
}

fn table(lab: &DatabaseLab, matrix: &Matrix, link: &Scope<DatabaseLab>) -> Html {
    let names: Vec<&str> = lab.draft.case.releases.iter().map(|one| one.name.as_str()).collect();
    let observed = match &lab.trial {
        Trial::Done(steps) => steps.as_slice(),
        Trial::None | Trial::Running | Trial::Refused(_) => &[],
    };
    let rows = matrix
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| row(lab, (index, step), &names, observed.get(index), link));
    let end = match &matrix.point_of_no_return {
        Some(migration) => html! {
            <p class="database-end">
                <strong>{ "Point of no return: " }</strong>
                { format!("{migration}. After it {} does not work any more.", names[0]) }
            </p>
        },
        None => html! {
            <p class="database-end">
                { format!("No point of no return: {} works to the end.", names.first().unwrap_or(&"")) }
            </p>
        },
    };
    html! {
        <div class="database-matrix">
            <div class="database-scroll">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{ "Schema after" }</th>
                            { for names.iter().map(|name| html! { <th scope="col">{ name }</th> }) }
                        </tr>
                    </thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
            { verdict::detail(lab, matrix, observed) }
            { end }
        </div>
    }
}

fn row(
    lab: &DatabaseLab,
    (index, step): (usize, &Step),
    names: &[&str],
    observed: Option<&Observed>,
    link: &Scope<DatabaseLab>,
) -> Html {
    let title = step.migration.as_deref().unwrap_or("(before)");
    let fails = step.error.as_ref().map(|failure| {
        let code = failure.code.unwrap_or("not modelled");
        html! { <small class="bad">{ format!("✗ fails: {code}") }</small> }
    });
    let cells = names.iter().map(|name| {
        let chosen = lab.cell.as_ref().is_some_and(|(step, of)| *step == index && of == name);
        let release = (*name).to_owned();
        let onclick = link.callback(move |_| Msg::Cell(index, release.clone()));
        html! {
            <td>
                <button type="button" aria-pressed={chosen.to_string()} {onclick}>
                    { cell(&step.releases[*name], name, observed) }
                </button>
            </td>
        }
    });
    html! {
        <tr>
            <th scope="row">
                <span>{ title }</span>
                { for fails }
                { for observed.map(verdict::migration) }
            </th>
            { for cells }
        </tr>
    }
}

fn cell(cell: &Cell, release: &str, observed: Option<&Observed>) -> Html {
    let (class, sign, text) = match cell.status {
        Status::Ok => ("good", "✓", "ok".to_owned()),
        Status::Breaks => ("bad", "✗", format!("breaks {}", cell.code.unwrap_or_default())),
        Status::Blocks => ("warn", "‖", "waits".to_owned()),
        Status::Unknown => ("open", "?", "not modelled".to_owned()),
    };
    let server = observed.and_then(|observed| observed.releases.get(release)).map(|refused| {
        let text = match refused {
            Some(refused) if refused.code.is_empty() => "no answer".to_owned(),
            Some(refused) => refused.code.clone(),
            None => "works".to_owned(),
        };
        let (class, sign) = match agreement(cell, refused.as_ref()) {
            Agreement::Agree => ("same", "="),
            Agreement::Differ => ("bad", "≠"),
            Agreement::ModelSilent => ("open", "·"),
        };
        html! {
            <small class={classes!("database-server", class)}>
                <i aria-hidden="true">{ sign }</i>{ format!(" PostgreSQL: {text}") }
            </small>
        }
    });
    html! {
        <>
            <span class={class}><i aria-hidden="true">{ sign }</i>{ format!(" {text}") }</span>
            { for server }
        </>
    }
}
