//! One learner's work on one question: draft, check, feedback, retry.

use quizzes::kind::Kind;
use quizzes::{Question, Response, Verdict};

use super::answer::{Draft, Edit};
use super::record::Kept;

/// Where the work stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Filling in.
    Answering,
    /// An open question was answered aloud: the model answer is shown, the learner judges.
    Judging,
    /// Checked.
    Checked(Verdict),
}

/// What the learner does.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Fills in.
    Edited(Edit),
    /// Shows the model answer of an open question.
    Revealed,
    /// Wants to know.
    Checked,
    /// Tries again.
    Retried,
}

/// One learner's work on one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// What is filled in.
    pub draft: Draft,
    /// Where it stands.
    pub phase: Phase,
    /// What is missing before it can be checked.
    pub missing: Option<&'static str>,
    /// Numbers of choices, items or right sides in the order on the screen.
    pub arranged: Vec<usize>,
    /// Whether this is an answer from an earlier visit.
    pub restored: bool,
}

impl Attempt {
    /// A fresh attempt, or the one that was kept.
    pub fn new(question: &Question, kept: Option<&Kept>) -> Self {
        let arranged = question.kind.arrange(seed(&question.id));
        let Some(kept) = kept else {
            let draft = Draft::empty(question, &arranged);
            return Self {
                draft,
                phase: Phase::Answering,
                missing: None,
                arranged,
                restored: false,
            };
        };
        let verdict = quizzes::grade(question, &kept.response);
        Self {
            draft: Draft::of(&kept.response),
            phase: Phase::Checked(verdict),
            missing: None,
            arranged,
            restored: true,
        }
    }

    /// Takes a message; gives an answer to keep, with whether it is right.
    pub fn update(&mut self, question: &Question, msg: Msg) -> Option<(Response, bool)> {
        self.missing = None;
        match msg {
            Msg::Edited(edit) if !matches!(self.phase, Phase::Checked(_)) => self.draft.edit(edit),
            Msg::Revealed if matches!(question.kind, Kind::Open(_)) => self.phase = Phase::Judging,
            Msg::Checked => return self.check(question),
            Msg::Retried => {
                let keep = matches!(self.draft, Draft::Text(_) | Draft::Order(_));
                if !keep {
                    self.draft = Draft::empty(question, &self.arranged);
                }
                self.phase = Phase::Answering;
                self.restored = false;
            }
            Msg::Edited(_) | Msg::Revealed => {}
        }
        None
    }

    fn check(&mut self, question: &Question) -> Option<(Response, bool)> {
        match self.draft.response(question) {
            Err(missing) => {
                self.missing = Some(missing);
                None
            }
            Ok(response) => {
                let verdict = quizzes::grade(question, &response);
                let correct = verdict.correct;
                self.phase = Phase::Checked(verdict);
                Some((response, correct))
            }
        }
    }
}

/// The order of choices belongs to the question: it must not change from visit to visit (FNV-1a).
fn seed(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICE: &str = "[[questions]]\nid = \"one-two\"\ncontext = \"c\"\n\
        type = \"MultipleChoice\"\nprompt.prompt = \"?\"\nprompt.distractors = [\"b\", \"c\"]\n\
        answer.answer = \"a\"\n";

    fn question() -> Question {
        quizzes::parse("q.toml", CHOICE).0.expect("the quiz is right").questions.remove(0)
    }

    fn choose(choice: usize) -> Msg {
        Msg::Edited(Edit::Toggled { choice, several: false })
    }

    #[test]
    fn an_answer_is_checked_kept_and_can_be_tried_again() {
        let question = question();
        let mut attempt = Attempt::new(&question, None);
        attempt.update(&question, choose(1));
        let kept = attempt.update(&question, Msg::Checked);
        assert_eq!(kept, Some((Response::Choices(vec![1]), false)));
        assert!(matches!(&attempt.phase, Phase::Checked(verdict) if !verdict.correct));
        attempt.update(&question, choose(0));
        assert_eq!(attempt.draft, Draft::Choices(vec![1]), "a checked answer stays");
        attempt.update(&question, Msg::Retried);
        attempt.update(&question, choose(0));
        let kept = attempt.update(&question, Msg::Checked);
        assert_eq!(kept, Some((Response::Choices(vec![0]), true)));
    }

    #[test]
    fn nothing_is_checked_before_something_is_answered() {
        let question = question();
        let mut attempt = Attempt::new(&question, None);
        assert_eq!(attempt.update(&question, Msg::Checked), None);
        assert_eq!(attempt.missing, Some("Choose an answer first."));
        assert_eq!(attempt.phase, Phase::Answering);
    }

    #[test]
    fn an_answer_of_an_earlier_visit_is_shown_with_its_verdict() {
        let kept = Kept { response: Response::Choices(vec![0]), correct: true, tries: 1 };
        let attempt = Attempt::new(&question(), Some(&kept));
        assert!(attempt.restored);
        assert!(matches!(&attempt.phase, Phase::Checked(verdict) if verdict.correct));
    }

    #[test]
    fn the_order_of_choices_is_the_same_at_every_visit() {
        let orders = [(); 3].map(|()| Attempt::new(&question(), None).arranged);
        assert_eq!(orders[0], orders[1]);
        assert_eq!(orders[1], orders[2]);
    }
}
