//! What a condition comes to.

use super::{Expression, Function, Operator, Value};

/// The value of an expression for a result, and for an element of it inside `all`, `any` and `none`.
pub(super) fn evaluate(
    expression: &Expression,
    result: &Value,
    element: Option<&Value>,
) -> Result<Value, String> {
    let value = |inner: &Expression| evaluate(inner, result, element);
    let truth = |inner: &Expression| match value(inner)? {
        Value::Truth(truth) => Ok(truth),
        other => Err(format!("invalid operation: {} where bool is wanted", kind(&other))),
    };
    Ok(match expression {
        Expression::Literal(value) => value.clone(),
        Expression::Result => result.clone(),
        Expression::Element => element.cloned().unwrap_or(Value::Nil),
        Expression::Index(list, index) => at(&value(list)?, &value(index)?)?,
        Expression::Not(inner) => Value::Truth(!truth(inner)?),
        Expression::Negate(inner) => match value(inner)? {
            Value::Number(number) => Value::Number(-number),
            other => return Err(format!("invalid operation: - {}", kind(&other))),
        },
        Expression::Binary(Operator::Or, left, right) => {
            Value::Truth(truth(left)? || truth(right)?)
        }
        Expression::Binary(Operator::And, left, right) => {
            Value::Truth(truth(left)? && truth(right)?)
        }
        Expression::Binary(Operator::Coalesce, left, right) => match value(left)? {
            Value::Nil => value(right)?,
            other => other,
        },
        Expression::Binary(operator, left, right) => {
            operate(*operator, &value(left)?, &value(right)?)?
        }
        Expression::Choice(parts) => {
            let [condition, then, otherwise] = parts.as_ref();
            value(if truth(condition)? { then } else { otherwise })?
        }
        Expression::Call(function, arguments) => call(*function, arguments, result, element)?,
    })
}

/// A value's type, as messages name it.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Truth(_) => "bool",
        Value::Number(_) => "float64",
        Value::Text(_) => "string",
        Value::List(_) => "[]float64",
    }
}

fn at(list: &Value, index: &Value) -> Result<Value, String> {
    let (Value::List(list), Value::Number(index)) = (list, index) else {
        return Err(format!("cannot fetch {} from {}", kind(index), kind(list)));
    };
    let length = list.len() as f64;
    let place = if *index < 0.0 { length + index } else { *index };
    let inside = place.fract() == 0.0 && (0.0..length).contains(&place);
    match inside {
        true => Ok(list[place as usize].clone()),
        false => Err(format!("index out of range: {index} (array length is {length})")),
    }
}

fn operate(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    let mismatch = || {
        let sign = sign(operator);
        format!("invalid operation: {sign} (mismatched types {} and {})", kind(left), kind(right))
    };
    match operator {
        Operator::Equal => return equal(left, right).map(Value::Truth).ok_or_else(mismatch),
        Operator::Unequal => {
            return equal(left, right).map(|same| Value::Truth(!same)).ok_or_else(mismatch);
        }
        _ => {}
    }
    let (Value::Number(left), Value::Number(right)) = (left, right) else {
        return Err(mismatch());
    };
    let (left, right) = (*left, *right);
    Ok(match operator {
        Operator::Less => Value::Truth(left < right),
        Operator::LessOrEqual => Value::Truth(left <= right),
        Operator::Greater => Value::Truth(left > right),
        Operator::GreaterOrEqual => Value::Truth(left >= right),
        Operator::Add => Value::Number(left + right),
        Operator::Subtract => Value::Number(left - right),
        Operator::Multiply => Value::Number(left * right),
        Operator::Divide => Value::Number(left / right),
        Operator::Modulo => Value::Number(left % right),
        Operator::Or | Operator::And | Operator::Coalesce | Operator::Equal | Operator::Unequal => {
            return Err(mismatch());
        }
    })
}

/// NaN is equal to nothing (ROLL-46). `None` if the two cannot be compared.
fn equal(left: &Value, right: &Value) -> Option<bool> {
    Some(match (left, right) {
        (Value::Nil, other) | (other, Value::Nil) => *other == Value::Nil,
        (Value::Number(left), Value::Number(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Truth(left), Value::Truth(right)) => left == right,
        (Value::List(left), Value::List(right)) => left == right,
        _ => return None,
    })
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Or => "||",
        Operator::And => "&&",
        Operator::Coalesce => "??",
        Operator::Equal => "==",
        Operator::Unequal => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Modulo => "%",
    }
}

fn call(
    function: Function,
    arguments: &[Expression],
    result: &Value,
    element: Option<&Value>,
) -> Result<Value, String> {
    let first = evaluate(&arguments[0], result, element)?;
    let wrong =
        |wanted: &str| format!("invalid argument: {} where {wanted} is wanted", kind(&first));
    let number = || match &first {
        Value::Number(number) => Ok(*number),
        _ => Err(wrong("a number")),
    };
    let holds = |element: &Value| match evaluate(&arguments[1], result, Some(element))? {
        Value::Truth(truth) => Ok(truth),
        other => Err(format!("predicate should return bool, but gives {}", kind(&other))),
    };
    let satisfied = || match &first {
        Value::List(list) => {
            let verdicts = list.iter().map(holds).collect::<Result<Vec<bool>, String>>()?;
            Ok((verdicts.iter().filter(|holds| **holds).count(), verdicts.len()))
        }
        _ => Err(wrong("a list")),
    };
    Ok(match function {
        Function::Len => match &first {
            Value::List(list) => Value::Number(list.len() as f64),
            Value::Text(text) => Value::Number(text.chars().count() as f64),
            _ => return Err(wrong("a list")),
        },
        Function::IsNaN => Value::Truth(number()?.is_nan()),
        Function::IsInf => Value::Truth(number()?.is_infinite()),
        Function::IsNil => Value::Truth(first == Value::Nil),
        Function::Default => match first {
            Value::Nil => evaluate(&arguments[1], result, element)?,
            other => other,
        },
        Function::AsInt | Function::AsFloat => match &first {
            Value::Number(number) => Value::Number(*number),
            Value::Text(text) => match text.parse::<f64>() {
                Ok(number) => Value::Number(number),
                Err(_) => return Err(format!("parsing {text:?}: invalid syntax")),
            },
            _ => return Err(wrong("a text")),
        },
        Function::All => Value::Truth(satisfied().map(|(holds, of)| holds == of)?),
        Function::Any => Value::Truth(satisfied().map(|(holds, _)| 0 < holds)?),
        Function::None => Value::Truth(satisfied().map(|(holds, _)| holds == 0)?),
    })
}
