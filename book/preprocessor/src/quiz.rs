//! `{{#quiz}}`: questions with their answers folded away, and their data for the page.

use quizzes::kind::{Matching, MultipleChoice, Numeric, Open, Ordering, ShortAnswer, Tracing};
use quizzes::{Feedback, Kind, Level, Question, Quiz};

use crate::directive::Directive;
use crate::expand::{Arguments, Problem};
use crate::html::{escape, from_markdown, script_json};
use crate::inputs::Inputs;

/// The order of choices without JavaScript.
const SEED: u64 = 1;

pub(crate) fn expand(directive: &Directive, inputs: &Inputs) -> Result<String, Problem> {
    let mut arguments = Arguments::of(directive);
    let name = arguments.name("name a quiz, as in `{{#quiz what-and-why}}`")?;
    arguments.finish()?;
    let Some(text) = inputs.quizzes.get(&name) else {
        let names: Vec<_> = inputs.quizzes.keys().map(String::as_str).collect();
        let help = format!("the quizzes are `{}`", names.join("`, `"));
        return Err(Problem::new(format!("there is no quiz `{name}`"), help));
    };
    let (quiz, problems) = quizzes::parse(&format!("{name}.toml"), text);
    let (Some(mut quiz), true) = (quiz, problems.is_empty()) else {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        return Err(Problem::new(format!("the quiz `{name}` has problems"), lines.join("; ")));
    };
    quiz.map_markdown(from_markdown);
    render(&name, &quiz)
}

/// A quiz whose Markdown is HTML already.
fn render(name: &str, quiz: &Quiz) -> Result<String, Problem> {
    let json = serde_json::to_string(quiz);
    let json = json.map_err(|error| Problem::new(error.to_string(), "this is a bug"))?;
    let questions: Vec<_> = quiz.questions.iter().map(question).collect();
    Ok(format!(
        "<section class=\"cutover-quiz\" data-quiz=\"{}\" aria-label=\"Questions\">\n<ol>\n{}\n</ol>\n\
         <script type=\"application/json\">{}</script>\n</section>",
        escape(name),
        questions.join("\n"),
        script_json(&json),
    ))
}

fn question(question: &Question) -> String {
    let preamble = question.preamble.as_deref().unwrap_or_default();
    let level = match question.level {
        None => "",
        Some(Level::Junior) => "<em class=\"level\">junior</em> · ",
        Some(Level::Mid) => "<em class=\"level\">mid</em> · ",
        Some(Level::Senior) => "<em class=\"level\">senior</em> · ",
    };
    let (shown, answer) = match &question.kind {
        Kind::MultipleChoice(kind) => multiple_choice(kind),
        Kind::ShortAnswer(kind) => short_answer(kind),
        Kind::Tracing(kind) => tracing(kind),
        Kind::Ordering(kind) => ordering(kind),
        Kind::Matching(kind) => matching(kind),
        Kind::Numeric(kind) => numeric(kind),
        Kind::Open(kind) => open(kind),
    };
    let context = question.context.as_deref().unwrap_or_default();
    format!(
        "<li id=\"question-{}\">{preamble}<div class=\"prompt\">{level}{}</div>{shown}\
         <details><summary>Show the answer</summary>{answer}<div class=\"context\">{context}</div>\
         </details></li>",
        escape(&question.id),
        question.kind.prompt(),
    )
}

/// A list with one entry a line.
fn list(tag: &str, entries: impl IntoIterator<Item = String>) -> String {
    let entries: Vec<_> = entries.into_iter().map(|entry| format!("<li>{entry}</li>")).collect();
    if entries.is_empty() { String::new() } else { format!("<{tag}>{}</{tag}>", entries.concat()) }
}

/// What a mistake shows, in one entry of a list.
fn note(what: &str, feedback: &Feedback) -> String {
    match &feedback.misconception {
        Some(belief) => format!("{what}: {} <em>(belief: {})</em>", feedback.says, escape(belief)),
        None => format!("{what}: {}", feedback.says),
    }
}

fn multiple_choice(kind: &MultipleChoice) -> (String, String) {
    let order = Kind::MultipleChoice(kind.clone()).arrange(SEED);
    let shown = list("ul", order.iter().map(|index| kind.choices[*index].text.clone()));
    let right = kind.choices.iter().filter(|choice| choice.correct);
    let right: Vec<_> = right.map(|choice| format!("<strong>{}</strong>", choice.text)).collect();
    let wrong = kind.choices.iter();
    let wrong = wrong.filter_map(|choice| Some(note(&choice.text, choice.feedback.as_ref()?)));
    (shown, format!("<p>{}</p>{}", right.join("; "), list("ul", wrong)))
}

fn short_answer(kind: &ShortAnswer) -> (String, String) {
    let accepted =
        kind.alternatives.iter().map(|text| format!(" or <code>{}</code>", escape(text)));
    let accepted: String = accepted.collect();
    let wrong = kind.mistakes.iter();
    let wrong = wrong.map(|mistake| note(&escape(&mistake.answer), &mistake.feedback));
    let answer = escape(&kind.answer);
    (String::new(), format!("<p><code>{answer}</code>{accepted}</p>{}", list("ul", wrong)))
}

fn tracing(kind: &Tracing) -> (String, String) {
    let answer = if kind.compiles {
        format!("<p>It compiles and prints:</p><pre>{}</pre>", escape(&kind.stdout))
    } else {
        "<p>It does not compile.</p>".to_owned()
    };
    (format!("<pre><code>{}</code></pre>", escape(&kind.program)), answer)
}

fn ordering(kind: &Ordering) -> (String, String) {
    let order = Kind::Ordering(kind.clone()).arrange(SEED);
    let shown = list("ul", order.iter().map(|index| kind.items[*index].clone()));
    let wrong = kind.mistakes.iter().map(|mistake| {
        let what = format!("“{}” too early", kind.items[mistake.early]);
        note(&what, &mistake.feedback)
    });
    (shown, format!("{}{}", list("ol", kind.items.clone()), list("ul", wrong)))
}

fn matching(kind: &Matching) -> (String, String) {
    let order = Kind::Matching(kind.clone()).arrange(SEED);
    let lefts = list("ul", kind.lefts.clone());
    let rights = list("ul", order.iter().map(|index| kind.rights[*index].clone()));
    let pairs = kind.lefts.iter().zip(&kind.rights).map(|(l, r)| format!("{l}: {r}"));
    let wrong = kind.mistakes.iter().map(|mistake| {
        let what = format!("{} with “{}”", kind.lefts[mistake.left], kind.rights[mistake.right]);
        note(&what, &mistake.feedback)
    });
    (
        format!("<p>Join each of</p>{lefts}<p>with one of</p>{rights}"),
        format!("{}{}", list("ul", pairs), list("ul", wrong)),
    )
}

fn numeric(kind: &Numeric) -> (String, String) {
    let unit = escape(&kind.unit);
    let wrong = kind.mistakes.iter();
    let wrong = wrong.map(|mistake| note(&format!("{} {unit}", mistake.value), &mistake.feedback));
    let answer = format!("<p><strong>{} {unit}</strong></p>{}", kind.value, list("ul", wrong));
    (String::new(), answer)
}

fn open(kind: &Open) -> (String, String) {
    let points = kind.rubric.iter().map(|point| match point.bonus {
        true => format!("{} <em>(bonus)</em>", point.point),
        false => point.point.clone(),
    });
    let follow_ups = kind.follow_ups.iter().map(|f| format!("{} <br>{}", f.asks, f.answer));
    let mistakes = kind.mistakes.iter().map(|m| format!("“{}” {}", m.claim, m.says));
    let parts = [
        ("A good answer says", list("ul", points)),
        ("Then they ask", list("ul", follow_ups)),
        ("Often said, and wrong", list("ul", mistakes)),
    ];
    let parts = parts.into_iter().filter(|(_, entries)| !entries.is_empty());
    let parts: String =
        parts.map(|(title, list)| format!("<p><strong>{title}</strong></p>{list}")).collect();
    let hint = "<p><em>Answer aloud, in one to two minutes, before you look.</em></p>";
    (hint.to_owned(), format!("<blockquote>{}</blockquote>{parts}", kind.model))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::run::Runs;

    fn expanded(quiz: &str) -> Result<String, String> {
        let quizzes = BTreeMap::from([("sample".to_owned(), quiz.to_owned())]);
        let inputs = Inputs { quizzes, ..Inputs::default() };
        let mut runs = Runs::new(&inputs.scenarios);
        let result = crate::expand("c.md", "A.\n\n{{#quiz sample}}\n", &inputs, &mut runs);
        result.map_err(|problems| problems[0].to_string())
    }

    const SAMPLE: &str = r#"
[[questions]]
id = "missing-subset"
type = "MultipleChoice"
prompt.prompt = """
What does <b>Envoy</b> answer? `{{#lab x}}`

    apiVersion: v1

    kind: Service
"""
answer.answer = "503 `NC`"
context = "IST-21."
[[questions.prompt.distractors]]
choice = "404"
says = "There *is* a route.</script>"
misconception = "no subset, no route"
"#;

    #[test]
    fn a_quiz_is_readable_without_javascript() {
        let html = expanded(SAMPLE).expect("a clean quiz");
        assert!(html.contains("<strong>503 <code>NC</code></strong>"), "{html}");
        assert!(html.contains("404: There <em>is</em> a route."), "{html}");
        assert!(html.contains("(belief: no subset, no route)"), "{html}");
        assert!(html.contains("&lt;b&gt;Envoy&lt;/b&gt;"), "raw HTML is escaped: {html}");
    }

    #[test]
    fn the_block_survives_markdown() {
        let html = expanded(SAMPLE).expect("a clean quiz");
        let block = html.trim_start_matches("A.\n\n\n\n").trim_end();
        assert!(!block.contains("\n\n"), "{block}");
        assert!(!block.contains("{{#"), "{block}");
        assert_eq!(block.matches("</script>").count(), 1, "{block}");
    }

    #[test]
    fn the_page_can_read_the_data_back() {
        let html = expanded(SAMPLE).expect("a clean quiz");
        let (_, rest) = html.split_once("<script type=\"application/json\">").expect("data");
        let (json, _) = rest.split_once("</script>").expect("an end");
        let quiz: Quiz = serde_json::from_str(json).expect("a quiz");
        assert_eq!(quiz.questions[0].key(), "missing-subset@1");
        let right = quiz.questions[0].kind.right();
        assert!(quizzes::grade(&quiz.questions[0], &right).correct);
    }

    #[test]
    fn a_quiz_with_problems_or_mere_advice_fails_the_build() {
        let error = expanded(&SAMPLE.replace("misconception", "misconceptoin")).expect_err("typo");
        assert!(error.contains("did you mean `misconception`?"), "{error}");
        let error = expanded(&SAMPLE.replace("context = \"IST-21.\"", "")).expect_err("advice");
        assert!(error.contains("explains nothing"), "{error}");
    }
}
