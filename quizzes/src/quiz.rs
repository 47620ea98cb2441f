//! A quiz: what a file holds once it has been read and checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use crate::fields::{Fields, Report, Text};
use crate::kind::{self, Kind};
use crate::problem::Problem;

/// Largest quiz file, in bytes.
const FILE_MAX: usize = 256 * 1024;
/// Most questions of a file; the list limit inside a question is smaller.
const QUESTIONS_MAX: usize = 100;

/// The questions of one file, in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quiz {
    /// The questions.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Names the question for good, across the whole book: lower case with hyphens.
    pub id: String,
    /// Grows when an earlier answer no longer counts; 1 unless the file says otherwise. It is
    /// explicit, not a hash of the text, so that mending a typo loses nobody's progress.
    pub version: u32,
    /// Whom the question is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub level: Option<Level>,
    /// Markdown above the prompt that several questions share (`multipart`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preamble: Option<String>,
    /// Prompt and answer.
    pub kind: Kind,
    /// Markdown shown after the answer: why it is right.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub context: Option<String>,
    /// Whether the learner is asked to say why, before the answer is shown.
    #[serde(default)]
    pub prompt_explanation: bool,
}

/// Whom a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// First job, or first contact with the subject.
    Junior,
    /// Runs such deployments.
    Mid,
    /// Designs them and answers for them.
    Senior,
}

impl Question {
    /// The key under which answers to this question are kept: `what-is-blue-green@1`.
    pub fn key(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }
}

impl Quiz {
    /// Replaces every Markdown text by what `render` makes of it. The page gets quizzes whose
    /// Markdown has become HTML, so that it needs no Markdown renderer.
    pub fn map_markdown(&mut self, mut render: impl FnMut(&str) -> String) {
        for question in &mut self.questions {
            let around = [question.preamble.as_mut(), question.context.as_mut()];
            for text in around.into_iter().flatten().chain(question.kind.markdown()) {
                *text = render(text);
            }
        }
    }
}

/// Reads a quiz file. All problems are reported at once; there is a quiz if none is an error.
pub fn parse(file: &str, text: &str) -> (Option<Quiz>, Vec<Problem>) {
    let report = Report::new(file, text);
    if FILE_MAX < text.len() {
        let message = format!("the file has {} bytes, at most {FILE_MAX} fit", text.len());
        report.error(&(0..0), message, "split the quiz");
        return (None, report.into_problems());
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().unwrap_or(0..0);
        report.error(&at, error.message(), "this is not TOML; see https://toml.io");
    }
    // After a syntax error the recovered tree misses parts: what it lacks is no news.
    let quiz = errors.is_empty().then(|| read_quiz(table.get_ref(), &report));
    let problems = report.into_problems();
    let clean = problems.iter().all(|problem| problem.severity != crate::Severity::Error);
    (quiz.filter(|_| clean), problems)
}

fn read_quiz<'t>(table: &'t DeTable<'t>, report: &'t Report<'t>) -> Quiz {
    let mut fields = Fields::new("the quiz", table, 0..0, report);
    let preambles = read_preambles(&mut fields);
    let entries = fields.tables_up_to("questions", QUESTIONS_MAX);
    if entries.is_empty() {
        report.error(&(0..0), "the file has no question", "write `[[questions]]`");
    }
    fields.finish();
    let mut seen = Vec::new();
    let questions = entries.into_iter().enumerate();
    let questions =
        questions.filter_map(|(index, entry)| read_question(entry, index, &preambles, &mut seen));
    Quiz { questions: questions.collect() }
}

fn read_preambles(fields: &mut Fields<'_>) -> BTreeMap<String, String> {
    if !fields.has("multipart") {
        fields.allow("multipart");
        return BTreeMap::new();
    }
    let texts = fields.table("multipart", "").map(Fields::all_texts).unwrap_or_default();
    texts.into_iter().map(|(key, text)| (key, text.value)).collect()
}

fn read_question(
    mut fields: Fields<'_>,
    index: usize,
    preambles: &BTreeMap<String, String>,
    seen: &mut Vec<String>,
) -> Option<Question> {
    let report = fields.report;
    let id = read_id(&mut fields, index, seen);
    let version = read_version(&mut fields);
    let level = fields.word("level", &["junior", "mid", "senior"]).map(|word| match word {
        "junior" => Level::Junior,
        "mid" => Level::Mid,
        _ => Level::Senior,
    });
    let preamble = fields.optional_text("multipart").and_then(|key| {
        let text = preambles.get(&key.value).cloned();
        if text.is_none() {
            let message = format!("`multipart` has no text `{}`", key.value);
            report.error(&key.at, message, "add it to the table `[multipart]` of the file");
        }
        text
    });
    let context = fields.optional_text("context").map(|text| text.value);
    if context.is_none() {
        let help = "add `context`: why the right answer is right";
        report.advice(&fields.at, "the question explains nothing after the answer", help);
    }
    let prompt_explanation = fields.optional_bool("promptExplanation").unwrap_or(false);
    let kind = kind::read(&mut fields);
    if level.is_none() && matches!(kind, Some(Kind::Open(_))) {
        let help = "add `level = \"junior\"`, `\"mid\"` or `\"senior\"`";
        report.advice(&fields.at, "an open question needs a level", help);
    }
    fields.finish();
    Some(Question { id, version, level, preamble, kind: kind?, context, prompt_explanation })
}

/// The question's id; a file of mdbook-quiz may leave it out, then its place serves.
fn read_id(fields: &mut Fields<'_>, index: usize, seen: &mut Vec<String>) -> String {
    let report = fields.report;
    let Some(text) = fields.optional_text("id") else {
        let help = "add `id`: answers are kept under it, so it must outlive a new order";
        report.advice(&fields.at, "the question has no `id`", help);
        return format!("question-{}", index + 1);
    };
    if let Some(wrong) = unstable(&text) {
        let help = "write two or more words, lower case, joined by hyphens: `empty-subset-uh`";
        report.advice(&text.at, format!("the id `{}` {wrong}", text.value), help);
    }
    if seen.contains(&text.value) {
        let message = format!("the id `{}` occurs twice", text.value);
        report.error(&text.at, message, "give one of the questions another id");
    }
    seen.push(text.value.clone());
    text.value
}

/// Why an id will not last. Ids made by mdbook-quiz (UUIDs) pass.
fn unstable(id: &Text) -> Option<&'static str> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name = &id.value;
    let numbered = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    if !name.chars().all(letters) || name.starts_with('-') || name.ends_with('-') {
        Some("has other characters than a to z, 0 to 9 and inner hyphens")
    } else if name.len() < 3 || 60 < name.len() {
        Some("should have 3 to 60 characters")
    } else if ["", "q", "question"].contains(&numbered) {
        Some("counts questions, so a new order would change its meaning")
    } else {
        None
    }
}

fn read_version(fields: &mut Fields<'_>) -> u32 {
    let version = fields.optional_count("version").unwrap_or(1);
    if version == 0 {
        fields.report.error(&fields.at, "`version` is 0", "versions count from 1");
    }
    version
}

/// The ids that occur in more than one of these quizzes. Answers are kept by id alone, so an id
/// must be unique in the whole book.
pub fn repeated_ids<'q>(quizzes: impl IntoIterator<Item = &'q Quiz>) -> Vec<String> {
    let mut count: BTreeMap<&str, u32> = BTreeMap::new();
    for question in quizzes.into_iter().flat_map(|quiz| &quiz.questions) {
        *count.entry(&question.id).or_default() += 1;
    }
    count.into_iter().filter(|(_, count)| 1 < *count).map(|(id, _)| id.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    /// The problems of a file as `line:column severity message`.
    fn check(text: &str) -> Vec<String> {
        let (quiz, problems) = parse("q.toml", text);
        let clean = problems.iter().all(|problem| problem.severity == Severity::Advice);
        assert_eq!(quiz.is_some(), clean, "a quiz exactly if there is no error");
        let line = |p: Problem| format!("{}:{} {:?} {}", p.line, p.column, p.severity, p.message);
        problems.into_iter().map(line).collect()
    }

    const PLAIN: &str = "[[questions]]\ntype = \"ShortAnswer\"\nprompt.prompt = \"?\"\n\
                         answer.answer = \"!\"\n";

    #[test]
    fn a_plain_mdbook_quiz_file_gives_a_quiz_and_advice() {
        let expected = [
            "1:1 Advice the question has no `id`",
            "1:1 Advice the question explains nothing after the answer",
        ];
        assert_eq!(check(PLAIN), expected);
        let (quiz, _) = parse("q.toml", PLAIN);
        assert_eq!(quiz.map(|quiz| quiz.questions[0].key()).as_deref(), Some("question-1@1"));
    }

    #[test]
    fn syntax_errors_have_a_place() {
        let found = check("[[questions]]\ntype = \n");
        assert!(found[0].starts_with("2:8 Error"), "{found:?}");
    }

    #[test]
    fn an_unknown_field_gets_a_suggestion() {
        let (_, problems) = parse("q.toml", &format!("{PLAIN}contxt = \"x\"\n"));
        let found = problems.iter().find(|problem| problem.message.contains("contxt"));
        assert_eq!(found.and_then(|p| p.help.as_deref()), Some("did you mean `context`?"));
        assert_eq!(found.map(|p| (p.line, p.column)), Some((5, 1)));
    }

    #[test]
    fn an_unknown_type_gets_a_suggestion() {
        let (_, problems) = parse("q.toml", &PLAIN.replace("ShortAnswer", "ShortAnser"));
        assert!(problems.iter().any(|p| p.help.as_deref() == Some("did you mean `ShortAnswer`?")));
    }

    #[test]
    fn ids_are_unique_and_outlive_a_new_order() {
        let with_id = |id: &str| format!("{PLAIN}context = \"x\"\nid = \"{id}\"\n");
        assert_eq!(check(&with_id("empty-subset")), [""; 0]);
        assert_eq!(check(&with_id("2f6bd4f0-8a0e-4a39-a3b5-1f2d3c4b5a69")), [""; 0]);
        for unstable in ["q3", "question-12", "7", "Two Words", "-x-", "ab"] {
            assert_eq!(check(&with_id(unstable)).len(), 1, "{unstable}");
        }
        let twice = with_id("empty-subset") + &with_id("empty-subset");
        assert_eq!(check(&twice), ["12:6 Error the id `empty-subset` occurs twice"]);
    }

    #[test]
    fn a_version_is_one_unless_the_file_says_otherwise() {
        let (quiz, _) = parse("q.toml", &format!("{PLAIN}id = \"one-two\"\nversion = 3\n"));
        assert_eq!(quiz.map(|quiz| quiz.questions[0].key()).as_deref(), Some("one-two@3"));
        assert!(check(&format!("{PLAIN}version = 0\n")).iter().any(|p| p.contains("Error")));
        assert!(check(&format!("{PLAIN}version = 1.5\n")).iter().any(|p| p.contains("Error")));
    }

    #[test]
    fn shared_text_is_found_by_its_key() {
        let shared = format!("multipart.intro = \"Given *this*.\"\n{PLAIN}multipart = \"intro\"\n");
        let (quiz, _) = parse("q.toml", &shared);
        let preamble = quiz.and_then(|quiz| quiz.questions[0].preamble.clone());
        assert_eq!(preamble.as_deref(), Some("Given *this*."));
        let missing = format!("{PLAIN}multipart = \"intro\"\n");
        assert!(check(&missing).iter().any(|p| p.contains("`multipart` has no text `intro`")));
    }

    #[test]
    fn sizes_are_limited() {
        assert_eq!(check(&"#".repeat(FILE_MAX + 1)).len(), 1);
        assert!(check(&PLAIN.repeat(101)).iter().any(|p| p.contains("at most 100 fit")));
        let long = PLAIN.replace('?', &"x".repeat(9000));
        assert!(check(&long).iter().any(|p| p.contains("at most 8192 fit")));
    }

    #[test]
    fn an_empty_file_and_a_file_of_other_things_are_errors() {
        assert_eq!(check(""), ["1:1 Error the file has no question"]);
        assert_eq!(check("questions = 3").len(), 2);
        assert_eq!(check("questions = [1, 2]").len(), 3);
        assert!(check("[[questions]]\nprompt = 1\nanswer = 2").len() >= 3);
    }

    #[test]
    fn ids_repeated_across_files_are_found() {
        let quiz = |id: &str| parse("q.toml", &format!("{PLAIN}id = \"{id}\"")).0;
        let quizzes = [quiz("one-one"), quiz("two-two"), quiz("one-one")];
        assert_eq!(repeated_ids(quizzes.iter().flatten()), ["one-one"]);
    }

    #[test]
    fn markdown_is_rendered_everywhere_and_json_keeps_the_quiz() {
        let text = format!("{PLAIN}context = \"x\"\nid = \"one-two\"\n");
        let mut quiz = parse("q.toml", &text).0.expect("the quiz has no error");
        quiz.map_markdown(|text| format!("<{text}>"));
        assert_eq!(quiz.questions[0].kind.prompt(), "<?>");
        assert_eq!(quiz.questions[0].context.as_deref(), Some("<x>"));
        let json = serde_json::to_string(&quiz).expect("plain data");
        assert_eq!(serde_json::from_str::<Quiz>(&json).expect("own JSON"), quiz);
    }
}
