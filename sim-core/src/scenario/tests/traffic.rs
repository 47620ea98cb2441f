//! `traffic:` of a scenario.

use super::*;

/// So many populations with so many kinds of requests each.
fn crowd(populations: usize, kinds: usize) -> Vec<String> {
    let requests = "      - get: /orders\n".repeat(kinds);
    let traffic: String = (0..populations)
        .map(|number| {
            let users = "arrivals: { poisson: 1/s }\n    host: a";
            format!("  - name: p{number}\n    {users}\n    requests:\n{requests}")
        })
        .collect();
    let (head, rest) = SMALL.split_once("traffic:\n").unwrap();
    let (_, tail) = rest.split_once("objectives:\n").unwrap();
    let mut bundle = small();
    let text = format!("{head}traffic:\n{traffic}objectives:\n{tail}");
    bundle.files.insert("scenario.yaml".to_owned(), text);
    said(&bundle).lines().map(str::to_owned).collect()
}

#[test]
fn more_populations_and_kinds_of_requests_than_can_be_simulated_are_refused() {
    assert_eq!(crowd(100, 100), [""; 0]);
    assert_eq!(crowd(102, 1), ["scenario.yaml:511:5: error: there are more than 100 populations"]);
    let kinds = "scenario.yaml:10019:5: error: there are more than 10000 kinds of requests";
    assert_eq!(crowd(3, 5_000), [kinds]);
}
