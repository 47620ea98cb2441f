//! Conditions of a metric: the part of the expression language that people write there.
//!
//! Values are numbers, texts, truth, nothing and lists. There are `result`, `result[0]`, comparison,
//! arithmetic, `&&`, `||`, `!` and their words, `? :`, `??`, and the functions `len`, `isNaN`, `isInf`,
//! `isNil`, `default`, `asInt`, `asFloat`, `all`, `any`, `none`; in the last three `#` is the element.
//! Anything else is refused when it is read. What does not fit together (a list against a number) is an
//! error when it is evaluated, as in Argo Rollouts.

mod evaluate;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;

/// Most bytes of a condition.
const LONGEST: usize = 4_096;

/// What a condition is about, or comes to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Nil,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
}

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What is wrong.
    pub(crate) message: String,
    /// Characters before it, plus one.
    pub(crate) column: usize,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (1:{})", self.message, self.column)
    }
}

/// A condition that has been read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition(Expression);

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Literal(Value),
    /// `result`.
    Result,
    /// `#`.
    Element,
    Index(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `if ? then : otherwise`.
    Choice(Box<[Expression; 3]>),
    Call(Function, Vec<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Coalesce,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Len,
    IsNaN,
    IsInf,
    IsNil,
    Default,
    AsInt,
    AsFloat,
    All,
    Any,
    None,
}

/// Functions with their number of arguments.
const FUNCTIONS: &[(&str, Function, usize)] = &[
    ("len", Function::Len, 1),
    ("isNaN", Function::IsNaN, 1),
    ("isInf", Function::IsInf, 1),
    ("isNil", Function::IsNil, 1),
    ("default", Function::Default, 2),
    ("asInt", Function::AsInt, 1),
    ("asFloat", Function::AsFloat, 1),
    ("all", Function::All, 2),
    ("any", Function::Any, 2),
    ("none", Function::None, 2),
];

impl Condition {
    /// Reads a condition; `Err` says what is wrong or not modelled, and where.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        if LONGEST < text.len() {
            let message = format!("a condition of more than {LONGEST} bytes");
            return Err(Problem { message, column: 1 });
        }
        read::read(text).map(Self)
    }

    /// Whether it holds for a result.
    pub(crate) fn holds(&self, result: &Value) -> Result<bool, String> {
        match evaluate::evaluate(&self.0, result, None)? {
            Value::Truth(truth) => Ok(truth),
            other => Err(format!("expected bool, but got {}", evaluate::kind(&other))),
        }
    }
}
