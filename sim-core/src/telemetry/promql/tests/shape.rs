//! The structure of expressions as texts, to compare two parsers.

use promql_parser::parser as other;

use super::super::Expr;
use super::super::binary::{Many, Matching};
use super::super::selector::{Anchor, At, Matcher, Test};

/// The structure of an expression, as a text that does not depend on who parsed it.
pub(super) fn shape(expr: &Expr) -> String {
    match expr {
        Expr::Number(_, value) => format!("{value}"),
        Expr::Text(_, text) => format!("{text:?}"),
        Expr::Instant(selector) => {
            let name = selector.name.as_deref().unwrap_or_default();
            matched(name, &selector.matchers) + &anchored(selector.anchor)
        }
        Expr::Range(selector, range) => {
            let name = selector.name.as_deref().unwrap_or_default();
            let matched = matched(name, &selector.matchers);
            format!("{matched}[{range}]{}", anchored(selector.anchor))
        }
        Expr::Subquery(subquery) => {
            let (inner, range, step) = (shape(&subquery.inner), subquery.range, subquery.step);
            format!("({inner})[{range}:{step:?}]{}", anchored(subquery.anchor))
        }
        Expr::Negate(_, inner) => format!("-({})", shape(inner)),
        Expr::Binary(binary) => format!(
            "({} {:?}{}{} {})",
            shape(&binary.left),
            binary.operator,
            if binary.returns_bool { " bool" } else { "" },
            matching(&binary.matching),
            shape(&binary.right)
        ),
        Expr::Aggregate(aggregate) => format!(
            "{:?}{} {:?} ({:?} {})",
            aggregate.aggregator,
            if aggregate.grouping.without { " without" } else { "" },
            aggregate.grouping.labels,
            aggregate.parameter.as_ref().map(shape),
            shape(&aggregate.inner)
        ),
        Expr::Call(call) => {
            format!("call{:?}", call.arguments.iter().map(shape).collect::<Vec<_>>())
        }
    }
}

fn matched(name: &str, matchers: &[Matcher]) -> String {
    let test = |matcher: &Matcher| match &matcher.test {
        Test::Equal(value) => format!("={value:?}"),
        Test::NotEqual(value) => format!("!={value:?}"),
        Test::Match(_) => "=~".to_owned(),
        Test::NotMatch(_) => "!~".to_owned(),
    };
    let own = matchers.iter().filter(|matcher| matcher.label != "__name__");
    let tests: Vec<String> = own.map(|matcher| matcher.label.clone() + &test(matcher)).collect();
    format!("{name}{tests:?}")
}

fn anchored(anchor: Anchor) -> String {
    let at = match anchor.at {
        None => String::new(),
        Some(At::Millis(millis)) => format!(" @{millis}"),
        Some(At::Start) => " @start".to_owned(),
        Some(At::End) => " @end".to_owned(),
    };
    anchor.offset.map_or(at.clone(), |offset| format!("{at} offset {offset}"))
}

fn matching(matching: &Matching) -> String {
    let Matching { on, labels, many, include } = matching;
    let many = match many {
        Many::Neither => "",
        Many::Left => " left",
        Many::Right => " right",
    };
    format!(" {on}{labels:?}{many}{include:?}")
}

pub(super) fn other_shape(expr: &other::Expr) -> String {
    match expr {
        other::Expr::NumberLiteral(number) => format!("{}", number.val),
        other::Expr::StringLiteral(text) => format!("{:?}", text.val),
        other::Expr::Paren(paren) => other_shape(&paren.expr),
        other::Expr::VectorSelector(selector) => {
            other_matched(selector) + &other_anchored(&selector.at, &selector.offset)
        }
        other::Expr::MatrixSelector(range) => {
            let (selector, range) = (&range.vs, range.range.as_millis());
            let anchored = other_anchored(&selector.at, &selector.offset);
            format!("{}[{range}]{anchored}", other_matched(selector))
        }
        other::Expr::Subquery(subquery) => format!(
            "({})[{}:{:?}]{}",
            other_shape(&subquery.expr),
            subquery.range.as_millis(),
            subquery.step.map(|step| step.as_millis()),
            other_anchored(&subquery.at, &subquery.offset)
        ),
        other::Expr::Unary(unary) => match other_shape(&unary.expr) {
            number if number.parse::<f64>().is_ok() => {
                format!("{}", -number.parse::<f64>().unwrap())
            }
            inner => format!("-({inner})"),
        },
        other::Expr::Binary(binary) => {
            let operator = super::super::binary::Operator::spelled(&binary.op.to_string());
            format!(
                "({} {:?}{}{} {})",
                other_shape(&binary.lhs),
                operator.unwrap(),
                if binary.return_bool() { " bool" } else { "" },
                other_matching(binary.modifier.as_ref()),
                other_shape(&binary.rhs)
            )
        }
        other::Expr::Aggregate(aggregate) => {
            let name = aggregate.op.to_string();
            let (without, labels) = match &aggregate.modifier {
                None => ("", Vec::new()),
                Some(other::LabelModifier::Include(labels)) => ("", labels.labels.clone()),
                Some(other::LabelModifier::Exclude(labels)) => (" without", labels.labels.clone()),
            };
            format!(
                "{:?}{without} {labels:?} ({:?} {})",
                super::super::aggregate::Aggregator::named(&name).unwrap(),
                aggregate.param.as_ref().map(|parameter| other_shape(parameter)),
                other_shape(&aggregate.expr)
            )
        }
        other::Expr::Call(call) => {
            format!(
                "call{:?}",
                call.args.args.iter().map(|argument| other_shape(argument)).collect::<Vec<_>>()
            )
        }
        other::Expr::Extension(_) => unreachable!("the parser makes none"),
    }
}

fn other_matched(selector: &other::VectorSelector) -> String {
    use promql_parser::label::MatchOp;
    let (mut name, mut tests) = (selector.name.clone().unwrap_or_default(), Vec::new());
    for matcher in &selector.matchers.matchers {
        let test = match &matcher.op {
            MatchOp::Equal if matcher.name == "__name__" => {
                name.clone_from(&matcher.value);
                continue;
            }
            MatchOp::Equal => format!("={:?}", matcher.value),
            MatchOp::NotEqual => format!("!={:?}", matcher.value),
            MatchOp::Re(_) => "=~".to_owned(),
            MatchOp::NotRe(_) => "!~".to_owned(),
        };
        tests.push(matcher.name.clone() + &test);
    }
    format!("{name}{tests:?}")
}

#[expect(clippy::disallowed_types, reason = "the other parser gives times as those of a clock")]
fn other_anchored(at: &Option<other::AtModifier>, offset: &Option<other::Offset>) -> String {
    let at = match at {
        None => String::new(),
        Some(other::AtModifier::Start) => " @start".to_owned(),
        Some(other::AtModifier::End) => " @end".to_owned(),
        Some(other::AtModifier::At(time)) => {
            let epoch = std::time::SystemTime::UNIX_EPOCH;
            match time.duration_since(epoch) {
                Ok(after) => format!(" @{}", after.as_millis()),
                Err(before) => format!(" @-{}", before.duration().as_millis()),
            }
        }
    };
    match offset {
        None => at,
        Some(other::Offset::Pos(back)) => format!("{at} offset {}", back.as_millis()),
        Some(other::Offset::Neg(forth)) => format!("{at} offset -{}", forth.as_millis()),
    }
}

fn other_matching(modifier: Option<&other::BinModifier>) -> String {
    use other::VectorMatchCardinality::{ManyToOne, OneToMany};
    let labels = modifier.and_then(|modifier| modifier.matching.as_ref());
    let on = labels.is_some_and(other::LabelModifier::is_include);
    let labels = labels.map(|labels| labels.labels().labels.clone()).unwrap_or_default();
    let (many, include) = match modifier.map(|modifier| &modifier.card) {
        Some(ManyToOne(include)) => (" left", include.labels.clone()),
        Some(OneToMany(include)) => (" right", include.labels.clone()),
        _ => ("", Vec::new()),
    };
    format!(" {on}{labels:?}{many}{include:?}")
}
