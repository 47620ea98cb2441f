use super::*;

fn at(secs: i64) -> SimTime {
    SimTime::from_secs(secs)
}

fn streams() -> Vec<Stream> {
    let stream = |version: &str, lines: &[(i64, &str)]| Stream {
        labels: Labels::new([("app", "shop"), ("version", version)]),
        lines: lines.iter().map(|(secs, text)| (at(*secs), (*text).to_owned())).collect(),
    };
    vec![
        stream("blue", &[(1, "starting"), (10, "ERROR GET /cart: 500"), (70, "ERROR timeout")]),
        stream(
            "green",
            &[(5, "starting"), (12, "ERROR GET /cart: 500"), (13, "ERROR refused \"x\"")],
        ),
    ]
}

fn lines(query: &str) -> Vec<String> {
    let streams = streams();
    let LogQuery::Lines(lines) = LogQuery::parse(query).expect("LogQL") else { panic!("{query}") };
    let found = lines.between(&streams, at(-1), at(100));
    found.iter().map(|(_, labels, line)| format!("{} {line}", labels.get("version"))).collect()
}

#[test]
fn a_selector_and_filters_choose_lines() {
    let rows: &[(&str, &[&str])] = &[
        (
            "{version=\"green\"}",
            &["green starting", "green ERROR GET /cart: 500", "green ERROR refused \"x\""],
        ),
        (
            "{app=\"shop\"} |= \"ERROR\" != \"cart\"",
            &["green ERROR refused \"x\"", "blue ERROR timeout"],
        ),
        (
            "{version=~\"gr.*\"} |~ `refused|start`",
            &["green starting", "green ERROR refused \"x\""],
        ),
        ("{app=\"shop\", version!=\"blue\"} !~ \"^ERROR\"", &["green starting"]),
        ("{app=\"shop\"} |= \"refused \\\"x\"", &["green ERROR refused \"x\""]),
        ("{app=\"other\"}", &[]),
    ];
    for (query, expected) in rows {
        assert_eq!(lines(query), *expected, "{query}");
    }
}

/// Query, second, and what each version has.
type Row = (&'static str, i64, &'static [(&'static str, f64)]);

#[test]
fn lines_are_counted_by_version() {
    let rows: &[Row] = &[
        (
            "sum by (version) (count_over_time({app=\"shop\"} |= \"ERROR\" [1m]))",
            20,
            &[("blue", 1.0), ("green", 2.0)],
        ),
        ("sum(rate({app=\"shop\"}[10s]))", 20, &[("", 0.2)]),
        (
            "sum(count_over_time({app=\"shop\"}[1h])) by (version)",
            100,
            &[("blue", 3.0), ("green", 3.0)],
        ),
        ("count_over_time({version=\"blue\"}[1m])", 75, &[("blue", 1.0)]),
        ("sum(count_over_time({app=\"shop\"} |= \"nothing\" [1h]))", 100, &[]),
    ];
    for (query, now, expected) in rows {
        let LogQuery::Count(count) = LogQuery::parse(query).expect("LogQL") else {
            panic!("{query}")
        };
        let streams = streams();
        let counts = count.at(&streams, at(*now));
        let counts: Vec<_> =
            counts.iter().map(|(labels, count)| (labels.get("version"), *count)).collect();
        assert_eq!(counts, *expected, "{query}");
    }
}

#[test]
fn mistakes_have_their_place() {
    for (query, column, part) in [
        ("", 1, "unexpected end of input"),
        ("{", 2, "unexpected end of input"),
        ("{}", 1, "at least one regexp or equality matcher"),
        ("{app=\"x\"} |= ERROR", 14, "a text in quotes"),
        ("{app=\"x\"} |= \"a", 14, "literal not terminated"),
        ("{app=\"x\"} |~ \"(\"", 17, "error parsing regexp"),
        ("{app=\"x\"} | json", 11, "not modelled"),
        ("{app==\"x\"}", 6, "expected string"),
        ("{app=\"x\"} more", 11, "unexpected \"more\""),
        ("topk(3, x)", 1, "not modelled: \"topk\""),
        ("rate({app=\"x\"})", 15, "expecting \"[\""),
        ("rate({app=\"x\"}[5])", 16, "not a valid duration"),
        ("sum by (1) (rate({app=\"x\"}[5m]))", 9, "the name of a label"),
        ("sum(rate({app=\"x\"}[5m])", 24, "unexpected end of input, expecting \")\""),
    ] {
        let mistake = LogQuery::parse(query).expect_err(query);
        assert!(mistake.message.contains(part), "{query}: {mistake:?}");
        assert_eq!(mistake.column, column, "{query}: {mistake:?}");
    }
}
