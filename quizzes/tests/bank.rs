//! The book's own questions: clean, complete and right by their own grading.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use quizzes::{Kind, Question, Quiz, Response, grade, parse, repeated_ids};

/// The chapters, each with a quiz of its name.
const CHAPTERS: [&str; 8] = [
    "what-and-why",
    "reference-manifests",
    "workflow",
    "database",
    "testing-green",
    "switching-and-rolling-back",
    "observability",
    "pipeline-and-strategies",
];

/// The questions every learner must be able to answer, and those of the interview.
const TWELVE: [&str; 12] = [
    "what-is-blue-green",
    "why-blue-green",
    "hard-in-production",
    "database-migrations",
    "testing-green-before-the-switch",
    "risks-of-blue-green",
    "blue-green-vs-canary",
    "schema-changes-microservices",
    "what-istio-contributes",
    "jenkins-or-argocd",
    "rollback-after-full-cutover",
    "blue-green-vs-rolling",
];

fn text(chapter: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let file = folder.join(format!("{chapter}.toml"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn quiz(chapter: &str) -> Quiz {
    let (quiz, problems) = parse(&format!("{chapter}.toml"), &text(chapter));
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    quiz.expect("a file without problems gives a quiz")
}

fn bank() -> Vec<Quiz> {
    CHAPTERS.into_iter().map(quiz).collect()
}

fn questions() -> &'static [Question] {
    static QUESTIONS: LazyLock<Vec<Question>> =
        LazyLock::new(|| bank().into_iter().flat_map(|quiz| quiz.questions).collect());
    &QUESTIONS
}

#[test]
fn no_file_of_the_bank_has_an_error_or_lacks_feedback() {
    for quiz in bank() {
        assert!(!quiz.questions.is_empty());
    }
}

#[test]
fn every_file_belongs_to_a_chapter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let names = fs::read_dir(folder).expect("the bank is there").flatten();
    let names: BTreeSet<_> = names.map(|entry| entry.file_name()).collect();
    let expected: BTreeSet<_> = CHAPTERS.iter().map(|name| format!("{name}.toml").into()).collect();
    assert_eq!(names, expected);
}

#[test]
fn ids_are_unique_in_the_whole_book() {
    assert_eq!(repeated_ids(&bank()), [""; 0]);
}

#[test]
fn the_twelve_questions_are_open_questions_of_the_bank() {
    let questions = questions();
    for id in TWELVE {
        let found = questions.iter().find(|question| question.id == id);
        let open = found.is_some_and(|question| matches!(question.kind, Kind::Open(_)));
        assert!(open, "`{id}` is missing or not open");
    }
}

#[test]
fn every_chapter_has_four_closed_questions_and_more_than_one_kind() {
    for (name, quiz) in CHAPTERS.iter().zip(bank()) {
        let closed = quiz.questions.iter().filter(|q| !matches!(q.kind, Kind::Open(_)));
        assert!(4 <= closed.clone().count(), "{name}");
        let kinds: BTreeSet<_> = closed
            .map(|question| format!("{:?}", std::mem::discriminant(&question.kind)))
            .collect();
        assert!(1 < kinds.len(), "{name} has one kind of closed question only");
    }
}

#[test]
fn every_wrong_choice_is_explained_and_names_its_misconception() {
    for question in questions() {
        let Kind::MultipleChoice(choices) = &question.kind else { continue };
        for (index, choice) in choices.choices.iter().enumerate().filter(|(_, c)| !c.correct) {
            let verdict = grade(question, &Response::Choices(vec![index]));
            assert!(!verdict.correct, "{}", question.id);
            let explained = verdict.feedback.first().is_some_and(|f| f.misconception.is_some());
            assert!(explained, "{}: `{}`", question.id, choice.text);
        }
    }
}

#[test]
fn the_right_answer_is_always_correct() {
    for question in questions() {
        let verdict = grade(question, &question.kind.right());
        assert!(verdict.correct && verdict.feedback.is_empty(), "{}: {verdict:?}", question.id);
    }
}

#[test]
fn the_bank_survives_json() {
    for quiz in bank() {
        let json = serde_json::to_string(&quiz).expect("plain data");
        assert_eq!(serde_json::from_str::<Quiz>(&json).expect("own JSON"), quiz);
    }
}

proptest! {
    #[test]
    fn reading_never_panics_on_any_text(text in "\\PC{0,400}") {
        let _ = parse("any.toml", &text);
    }

    #[test]
    fn reading_never_panics_on_damaged_files(
        chapter in 0..CHAPTERS.len(),
        cut in 0.0..1.0f64,
        length in 0..200usize,
        patch in "[\\[\\]{}\"'=.\n a-z0-9]{0,12}",
    ) {
        let characters: Vec<char> = text(CHAPTERS[chapter]).chars().collect();
        let from = (cut * characters.len() as f64) as usize;
        let to = (from + length).min(characters.len());
        let damaged: String =
            characters[..from].iter().copied().chain(patch.chars()).chain(characters[to..].iter().copied()).collect();
        let (quiz, problems) = parse("damaged.toml", &damaged);
        let errors = problems.iter().any(|p| p.severity == quizzes::Severity::Error);
        prop_assert_eq!(quiz.is_none(), errors);
    }

    #[test]
    fn grading_never_panics_on_any_response(
        numbers in prop::collection::vec(0..30usize, 0..8),
        number: f64,
        text in "\\PC{0,20}",
        points in prop::collection::vec(any::<bool>(), 0..8),
    ) {
        for question in questions() {
            let responses = [
                Response::Choices(numbers.clone()),
                Response::Order(numbers.clone()),
                Response::Pairs(numbers.clone()),
                Response::Number(number),
                Response::Text(text.clone()),
                Response::Points(points.clone()),
            ];
            for response in responses {
                let _ = grade(question, &response);
            }
        }
    }

    #[test]
    fn the_order_on_the_screen_is_a_permutation_drawn_from_the_seed(seed: u64) {
        for question in questions() {
            let order = question.kind.arrange(seed);
            prop_assert_eq!(&order, &question.kind.arrange(seed));
            let unique: BTreeSet<_> = order.iter().collect();
            prop_assert_eq!(unique.len(), order.len());
        }
    }
}
