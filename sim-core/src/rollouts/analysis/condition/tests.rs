//! Conditions that people write, and some that nobody should.

use super::{Condition, Value};

fn list(numbers: &[f64]) -> Value {
    Value::List(numbers.iter().map(|number| Value::Number(*number)).collect())
}

fn holds(text: &str, result: &Value) -> Result<bool, String> {
    Condition::parse(text).map_err(|problem| problem.to_string())?.holds(result)
}

/// ROLL-41.
#[test]
fn conditions_are_read_as_their_language_reads_them() {
    let result = list(&[0.97, 2.0]);
    for (text, expected) in [
        ("result[0] >= 0.95", true),
        ("result[0] > 0.97", false),
        ("len(result) == 2 && result[1] == 2", true),
        ("len(result) == 0 || result[0] >= 0.9", true),
        ("!(result[0] < 0.95)", true),
        ("not (result[0] < 0.95) and true", true),
        ("result[0] * 100 - 90 > 6 + 0.5", true),
        ("result[-1] == 2", true),
        ("all(result, # > 0.5)", true),
        ("any(result, {# > 1})", true),
        ("none(result, # > 1)", false),
        ("default(nil, 3) == 3 && (nil ?? 1) == 1", true),
        ("len(result) > 1 ? result[1] > 1 : false", true),
        ("1 + 2 * 3 == 7 || 1 / 0 == 0", true),
        ("\"a\" == 'a' && asFloat(\"0.5\") == 0.5", true),
    ] {
        assert_eq!(holds(text, &result), Ok(expected), "{text}");
    }
    assert_eq!(holds("result >= 0.95", &Value::Number(1.0)), Ok(true), "a scalar is no list");
}

/// ROLL-46.
#[test]
fn every_comparison_with_not_a_number_is_false_but_unequal() {
    let nan = list(&[f64::NAN]);
    for text in ["result[0] < 1", "result[0] >= 1", "result[0] == result[0]"] {
        assert_eq!(holds(text, &nan), Ok(false), "{text}");
    }
    assert_eq!(holds("result[0] != 1", &nan), Ok(true));
    assert_eq!(holds("isNaN(result[0]) || result[0] > 0.9", &nan), Ok(true));
}

/// ROLL-41.
#[test]
fn what_does_not_fit_together_is_an_error_of_the_measurement() {
    let some = list(&[1.0]);
    for (text, part) in [
        ("result > 0.95", "mismatched types []float64 and float64"),
        ("result[3] > 1", "index out of range: 3 (array length is 1)"),
        ("result[0]", "expected bool, but got float64"),
        ("result[0] && true", "where bool is wanted"),
        ("len(result[0]) == 1", "where a list is wanted"),
    ] {
        let problem = holds(text, &some).expect_err(text);
        assert!(problem.contains(part), "{text}: {problem}");
    }
}

#[test]
fn what_is_no_condition_is_refused_with_its_place() {
    for (text, problem) in [
        ("result[0] >=", "unexpected token EOF (1:13)"),
        ("result[0 > 1", "unexpected token EOF, want \"]\" (1:13)"),
        ("reslt > 1", "unknown name reslt"),
        ("result.data > 1", "unrecognized character: '.' (1:7)"),
        ("# > 1", "unexpected token Operator(\"#\") (1:1)"),
        ("'open", "literal not terminated (1:1)"),
        ("1.2.3 > 1", "bad number syntax: \"1.2.3\" (1:1)"),
        ("true true", "unexpected token Identifier(\"true\") (1:6)"),
    ] {
        let told = Condition::parse(text).expect_err(text).to_string();
        assert!(told.starts_with(problem), "{text}: {told}");
    }
}

#[test]
fn a_hostile_condition_is_refused_and_not_followed_into_the_depth() {
    for text in ["(".repeat(4_000), "!".repeat(4_000), "[".repeat(100), "a".repeat(10_000)] {
        assert!(Condition::parse(&text).is_err());
    }
    let deep = format!("{}1{}", "result[".repeat(500), "]".repeat(500));
    assert!(Condition::parse(&deep).is_err());
    let long = format!("true{}", " && true".repeat(400));
    assert_eq!(holds(&long, &Value::Nil), Ok(true));
}

/// Each level would multiply the work by the length of the answer.
#[test]
fn predicates_inside_each_other_are_not_modelled() {
    let problem = Condition::parse("all(result, any(result, # > 0))").expect_err("it is refused");
    assert!(problem.to_string().contains("inside each other are not modelled"), "{problem}");
    assert!(Condition::parse("all(result, # > 0) && any(result, # > 1)").is_ok());
}
