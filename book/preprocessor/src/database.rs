//! `{{#database-lab}}`: cases for the Database lab, and without JavaScript the model's verdicts on the
//! first one.

use schema::compat::{Case, Cell, Matrix, Status};

use crate::directive::Directive;
use crate::expand::{Arguments, Problem};
use crate::html::{escape, from_markdown, script_json};
use crate::inputs::Inputs;

pub(crate) fn expand(directive: &Directive, inputs: &Inputs) -> Result<String, Problem> {
    let mut arguments = Arguments::of(directive);
    let mut cases = Vec::new();
    let help = "name cases, as in `{{#database-lab rename-a-column}}`";
    cases.push(case(inputs, &arguments.name(help)?)?);
    while let Ok(name) = arguments.name(help) {
        cases.push(case(inputs, &name)?);
    }
    arguments.finish()?;
    let shown = table(&cases[0], &matrix(&cases[0])?);
    for case in &cases[1..] {
        matrix(case)?;
    }
    let json = serde_json::to_string(&cases);
    let json = json.map_err(|error| Problem::new(error.to_string(), "this is a bug"))?;
    Ok(format!(
        "<section class=\"cutover-database\" aria-label=\"Database lab\">\n{shown}\n\
         <script type=\"application/json\">{}</script>\n</section>",
        script_json(&json)
    ))
}

fn case(inputs: &Inputs, name: &str) -> Result<Case, Problem> {
    let found = inputs.cases.get(name).cloned().ok_or_else(|| {
        let names: Vec<_> = inputs.cases.keys().map(String::as_str).collect();
        let help = format!("the cases are `{}`", names.join("`, `"));
        Problem::new(format!("there is no case `{name}`"), help)
    })?;
    Ok(Case { about: from_markdown(&found.about), ..found })
}

/// A case of the book is one that the model can read.
fn matrix(case: &Case) -> Result<Matrix, Problem> {
    let wrong = |why: String| Problem::new(format!("the case `{}` has problems", case.name), why);
    let read = case.read().map_err(|problems| {
        let line = |found: &schema::compat::CaseProblem| {
            let schema::Problem { line, column, message, .. } = &found.problem;
            format!("{}:{line}:{column}: {message}", found.file)
        };
        wrong(problems.iter().map(line).collect::<Vec<_>>().join("; "))
    })?;
    read.matrix().map_err(|failure| wrong(failure.reason))
}

fn table(case: &Case, matrix: &Matrix) -> String {
    let names: Vec<&str> = case.releases.iter().map(|release| release.name.as_str()).collect();
    let cells = |tag: &str, texts: Vec<String>| -> String {
        texts.iter().map(|text| format!("<{tag}>{}</{tag}>", escape(text))).collect()
    };
    let head = std::iter::once("Schema after").chain(names.iter().copied());
    let head = cells("th", head.map(str::to_owned).collect());
    let rows = matrix.steps.iter().map(|step| {
        let first = step.migration.clone().unwrap_or_else(|| "(before)".to_owned());
        let rest = names.iter().map(|name| verdict(&step.releases[*name]));
        format!("<tr>{}</tr>", cells("td", std::iter::once(first).chain(rest).collect()))
    });
    let rows: String = rows.collect();
    format!(
        "<h3>{}</h3>\n<p>{}</p>\n<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>\n\
         <p><em>With JavaScript, the texts can be changed here, and a real PostgreSQL can be asked.</em></p>",
        escape(&case.title),
        case.about,
    )
}

fn verdict(cell: &Cell) -> String {
    match cell.status {
        Status::Ok => "ok".to_owned(),
        Status::Breaks => format!("breaks {}", cell.code.unwrap_or_default()),
        Status::Blocks => format!("waits for {}", cell.lock.as_deref().unwrap_or_default()),
        Status::Unknown => "not modelled".to_owned(),
    }
}
