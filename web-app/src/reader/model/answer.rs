//! An answer while it is being given: it may still be incomplete.

use quizzes::kind::Kind;
use quizzes::{Question, Response};

/// What the learner has filled in so far. Numbers refer to the lists of the question.
#[derive(Clone, Debug, PartialEq)]
pub enum Draft {
    /// Typed text, also of a number.
    Text(String),
    /// Chosen choices.
    Choices(Vec<usize>),
    /// All items in the learner's order.
    Order(Vec<usize>),
    /// For every left side its right side, if one is chosen.
    Pairs(Vec<Option<usize>>),
    /// Whether it compiles, if chosen, and what it prints.
    Trace(Option<bool>, String),
    /// Points of the rubric that the spoken answer had.
    Points(Vec<bool>),
}

/// A change of a draft.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The text is this.
    Text(String),
    /// A choice was clicked: a radio button if only one may be chosen.
    Toggled {
        /// The choice.
        choice: usize,
        /// Whether several may be chosen.
        several: bool,
    },
    /// The item at a place moves one place up or down.
    Moved {
        /// Its place.
        place: usize,
        /// Towards the beginning.
        up: bool,
    },
    /// A left side gets a right side.
    Paired {
        /// Left side.
        left: usize,
        /// Right side.
        right: Option<usize>,
    },
    /// Whether the program compiles.
    Compiles(bool),
    /// A point of the rubric was ticked.
    Point(usize),
}

impl Draft {
    /// Nothing filled in; `arranged` is the order on the screen.
    pub fn empty(question: &Question, arranged: &[usize]) -> Self {
        match &question.kind {
            Kind::ShortAnswer(_) | Kind::Numeric(_) => Self::Text(String::new()),
            Kind::MultipleChoice(_) => Self::Choices(Vec::new()),
            Kind::Ordering(_) => Self::Order(arranged.to_vec()),
            Kind::Matching(form) => Self::Pairs(vec![None; form.lefts.len()]),
            Kind::Tracing(_) => Self::Trace(None, String::new()),
            Kind::Open(form) => Self::Points(vec![false; form.rubric.len()]),
        }
    }

    /// The draft that led to a response.
    pub fn of(response: &Response) -> Self {
        match response {
            Response::Text(text) => Self::Text(text.clone()),
            Response::Number(number) => Self::Text(number.to_string()),
            Response::Choices(choices) => Self::Choices(choices.clone()),
            Response::Order(order) => Self::Order(order.clone()),
            Response::Pairs(pairs) => Self::Pairs(pairs.iter().copied().map(Some).collect()),
            Response::Trace { compiles, stdout } => Self::Trace(Some(*compiles), stdout.clone()),
            Response::Points(points) => Self::Points(points.clone()),
        }
    }

    /// Takes an edit; one that does not fit changes nothing.
    pub fn edit(&mut self, edit: Edit) {
        match (self, edit) {
            (Self::Text(text) | Self::Trace(_, text), Edit::Text(new)) => *text = new,
            (Self::Trace(chosen, _), Edit::Compiles(compiles)) => *chosen = Some(compiles),
            (Self::Choices(chosen), Edit::Toggled { choice, several: false }) => {
                *chosen = vec![choice];
            }
            (Self::Choices(chosen), Edit::Toggled { choice, several: true }) => {
                match chosen.iter().position(|&other| other == choice) {
                    Some(place) => drop(chosen.remove(place)),
                    None => chosen.push(choice),
                }
            }
            (Self::Order(order), Edit::Moved { place, up }) => {
                let other = if up { place.checked_sub(1) } else { Some(place + 1) };
                if let Some(other) = other.filter(|&other| place.max(other) < order.len()) {
                    order.swap(place, other);
                }
            }
            (Self::Pairs(pairs), Edit::Paired { left, right }) => {
                if let Some(pair) = pairs.get_mut(left) {
                    *pair = right;
                }
            }
            (Self::Points(points), Edit::Point(index)) => {
                if let Some(point) = points.get_mut(index) {
                    *point = !*point;
                }
            }
            _ => {}
        }
    }

    /// The finished answer, or what is missing.
    pub fn response(&self, question: &Question) -> Result<Response, &'static str> {
        match self {
            Self::Text(text) if text.trim().is_empty() => Err("Write an answer first."),
            Self::Text(text) => match &question.kind {
                Kind::Numeric(_) => number(text).map(Response::Number),
                _ => Ok(Response::Text(text.trim().to_owned())),
            },
            Self::Choices(chosen) if chosen.is_empty() => Err("Choose an answer first."),
            Self::Choices(chosen) => {
                let mut chosen = chosen.clone();
                chosen.sort_unstable();
                Ok(Response::Choices(chosen))
            }
            Self::Order(order) => Ok(Response::Order(order.clone())),
            Self::Pairs(pairs) => {
                let pairs: Option<Vec<_>> = pairs.iter().copied().collect();
                pairs.map(Response::Pairs).ok_or("Give every line its match first.")
            }
            Self::Trace(None, _) => Err("Choose whether it compiles first."),
            Self::Trace(Some(compiles), stdout) => {
                Ok(Response::Trace { compiles: *compiles, stdout: stdout.clone() })
            }
            Self::Points(points) => Ok(Response::Points(points.clone())),
        }
    }
}

/// Reads a number as people write it: `1 200`, `0,5`, `99.9 %`.
fn number(text: &str) -> Result<f64, &'static str> {
    let digits = |c: char| c.is_ascii_digit() || "+-.,eE".contains(c);
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let end = text.find(|c| !digits(c)).unwrap_or(text.len());
    let number = text[..end].replace(',', ".").parse().ok();
    number.filter(|number: &f64| number.is_finite()).ok_or("Write a number, such as 12.5.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Question {
        let text = format!("[[questions]]\nid = \"one-two\"\ncontext = \"c\"\n{text}");
        let (quiz, problems) = quizzes::parse("q.toml", &text);
        quiz.unwrap_or_else(|| panic!("{problems:?}")).questions.remove(0)
    }

    fn numeric() -> Question {
        question("type = \"Numeric\"\nprompt.prompt = \"?\"\nanswer.value = 3")
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, number) in
            [("12", 12.0), (" 1 200 ", 1200.0), ("0,5", 0.5), ("99.9 %", 99.9), ("-3e2", -300.0)]
        {
            let response = Draft::Text(text.into()).response(&numeric());
            assert_eq!(response, Ok(Response::Number(number)), "{text}");
        }
        for text in ["x", "1.2.3", "inf"] {
            let problem = Draft::Text(text.into()).response(&numeric());
            assert_eq!(problem, Err("Write a number, such as 12.5."), "{text}");
        }
    }

    #[test]
    fn an_incomplete_answer_says_what_is_missing() {
        for (draft, missing) in [
            (Draft::Text("  ".into()), "Write an answer first."),
            (Draft::Choices(Vec::new()), "Choose an answer first."),
            (Draft::Pairs(vec![Some(1), None]), "Give every line its match first."),
            (Draft::Trace(None, String::new()), "Choose whether it compiles first."),
        ] {
            assert_eq!(draft.response(&numeric()), Err(missing));
        }
    }

    #[test]
    fn a_radio_button_replaces_and_a_check_box_adds_or_takes_away() {
        let toggled = |several: bool, clicks: &[usize]| {
            let mut draft = Draft::Choices(Vec::new());
            clicks.iter().for_each(|&choice| draft.edit(Edit::Toggled { choice, several }));
            draft
        };
        assert_eq!(toggled(false, &[1, 2]), Draft::Choices(vec![2]));
        assert_eq!(toggled(true, &[1, 2, 1]), Draft::Choices(vec![2]));
    }

    #[test]
    fn items_move_up_and_down_but_not_off_the_list() {
        for (place, up, order) in [
            (1, true, [1, 0, 2]),
            (1, false, [0, 2, 1]),
            (0, true, [0, 1, 2]),
            (2, false, [0, 1, 2]),
        ] {
            let mut draft = Draft::Order(vec![0, 1, 2]);
            draft.edit(Edit::Moved { place, up });
            assert_eq!(draft, Draft::Order(order.to_vec()));
        }
    }

    #[test]
    fn a_given_answer_can_be_shown_again() {
        for response in [
            Response::Text("canary".into()),
            Response::Choices(vec![0, 2]),
            Response::Pairs(vec![1, 0]),
            Response::Points(vec![true, false]),
        ] {
            let text =
                question("type = \"ShortAnswer\"\nprompt.prompt = \"?\"\nanswer.answer = \"x\"");
            assert_eq!(Draft::of(&response).response(&text), Ok(response));
        }
        assert_eq!(
            Draft::of(&Response::Number(2.5)).response(&numeric()),
            Ok(Response::Number(2.5))
        );
    }
}
