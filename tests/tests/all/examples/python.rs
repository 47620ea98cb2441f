//! The scripts of the examples, run against servers of this process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::mpsc;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use sim_core::random::Seed;
use sim_core::simulation::Simulation;
use sim_core::time::SimTime;
use tests::scenario;

use super::{folder, text};

/// Serves until the test program ends; gives the address.
fn serve(app: Router) -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            sender.send(listener.local_addr().expect("an address")).expect("the test waits");
            axum::serve(listener, app).await.expect("the server runs");
        });
    });
    receiver.recv().expect("the server starts")
}

/// A release that is well, but for one path.
fn application() -> SocketAddr {
    let fine = || get(|| async { "fine" });
    let broken = get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "column \"total\" is gone") });
    serve(
        Router::new().route("/health", fine()).route("/orders", fine()).route("/products", broken),
    )
}

fn python(script: &str, arguments: &[&str]) -> Output {
    let mut python = Command::new("python3");
    python.arg(folder().join(script)).args(arguments).output().expect("Python runs")
}

/// Runs the smoke test; its exit status and its report.
fn smoke(name: &str, url: &str, more: &[&str], paths: &[&str]) -> (Option<i32>, String) {
    let report = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("smoke-{name}.xml"));
    let _ = std::fs::remove_file(&report);
    let file = report.to_string_lossy().into_owned();
    // A machine that is busy with other tests may be slow.
    let mut arguments = vec!["--url", url, "--junit", &file, "--requests", "5", "--slowest", "10"];
    arguments.extend(more);
    arguments.extend(paths);
    let said = python("smoke/smoke.py", &arguments);
    (said.status.code(), text(&report))
}

/// The values of an attribute, in the order of the elements `tag`.
fn attributes(report: &str, tag: &str, name: &str) -> Vec<String> {
    let begin = format!("<{tag} ");
    let elements = report.split(&begin).skip(1);
    let values = elements.filter_map(|element| {
        // With a space in front, so that `name` is not found in `classname`.
        let head = format!(" {}", element.split_once('>')?.0);
        let value = head.split_once(&format!(" {name}=\""))?.1;
        Some(value.split_once('"')?.0.to_owned())
    });
    values.collect()
}

/// Fails unless Python reads the report, and it counts its cases right.
fn check_report(report: &str) {
    let program = "import sys, xml.etree.ElementTree as tree\n\
        root = tree.fromstring(sys.argv[1].encode())\nsuite = root.find('testsuite')\n\
        cases = suite.findall('testcase')\n\
        failures = [case for case in cases if case.find('failure') is not None]\n\
        assert root.tag == 'testsuites' and all(case.get('classname') for case in cases)\n\
        for one in (root, suite):\n    \
            assert (one.get('tests'), one.get('failures')) == (str(len(cases)), str(len(failures)))\n    \
            assert one.get('errors') == '0' and float(one.get('time')) >= 0\n";
    let said = Command::new("python3").args(["-c", program, report]).output().expect("it runs");
    assert!(said.status.success(), "{}\n{report}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn a_release_that_answers_passes_the_smoke_test() {
    let url = format!("http://{}", application());
    let (status, report) = smoke("passes", &url, &[], &["/health", "/orders"]);
    assert_eq!(status, Some(0), "{report}");
    check_report(&report);
    assert_eq!(attributes(&report, "testsuite", "tests"), ["2"]);
    assert_eq!(attributes(&report, "testsuite", "failures"), ["0"]);
    assert_eq!(attributes(&report, "testcase", "name"), ["GET /health", "GET /orders"]);
}

#[test]
fn a_path_that_fails_is_a_failure_of_the_report() {
    let url = format!("http://{}", application());
    let (status, report) = smoke("fails", &url, &[], &["/health", "/products", "/nowhere"]);
    assert_eq!(status, Some(1), "{report}");
    check_report(&report);
    assert_eq!(attributes(&report, "testsuite", "tests"), ["3"]);
    assert_eq!(attributes(&report, "testsuite", "failures"), ["2"]);
    let messages = attributes(&report, "failure", "message");
    assert_eq!(
        messages,
        ["5 of 5 requests: HTTP 500, expected 200", "5 of 5 requests: HTTP 404, expected 200"]
    );
}

#[test]
fn a_release_that_is_not_there_fails_the_smoke_test() {
    // A port on which somebody listened a moment ago.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}");
    let (status, report) = smoke("absent", &url, &["--wait", "0.2"], &["/health"]);
    assert_eq!(status, Some(1), "{report}");
    check_report(&report);
    assert!(report.contains("ConnectionRefusedError"), "{report}");
}

#[test]
fn scripts_that_are_called_wrongly_say_so_with_status_two() {
    let smoke = |words: &[&str]| python("smoke/smoke.py", words).status.code();
    assert_eq!(smoke(&["--url", "green", "--junit", "x.xml", "/health"]), Some(2));
    assert_eq!(smoke(&["--url", "http://127.0.0.1:1", "--junit", "x.xml"]), Some(2));
    assert_eq!(python("release/observe.py", &["--version", "green"]).status.code(), Some(2));
}

/// What a Prometheus answers for requests, share of errors and p99.
fn prometheus(requests: &'static str, errors: &'static str, p99: &'static str) -> String {
    let answer = move |asked: Uri| async move {
        let value = match asked.query().unwrap_or_default() {
            query if query.contains("histogram_quantile") => p99,
            query if query.contains("%2F+sum") => errors,
            _ => requests,
        };
        let result = match value {
            "" => String::new(),
            value => format!(r#"{{"metric":{{}},"value":[1,"{value}"]}}"#),
        };
        let data = format!(r#"{{"resultType":"vector","result":[{result}]}}"#);
        format!(r#"{{"status":"success","data":{data}}}"#)
    };
    format!("http://{}", serve(Router::new().route("/api/v1/query", get(answer))))
}

#[test]
fn green_is_observed_until_the_first_bad_look() {
    let cases = [
        (("500", "0.002", "80"), Some(0), ""),
        (("500", "0.02", "80"), Some(1), "2.00% of the requests fail"),
        (("500", "0", "900"), Some(1), "900 ms"),
        (("12", "0", "80"), Some(1), "prove nothing"),
        (("500", "NaN", "80"), Some(1), "there is no data"),
        (("", "", ""), Some(1), "there is no data"),
    ];
    for ((requests, errors, p99), status, problem) in cases {
        let url = prometheus(requests, errors, p99);
        let times = ["--seconds", "0.2", "--every", "0.1", "--warm-up", "0"];
        let mut arguments = vec!["--prometheus", &url, "--version", "green"];
        arguments.extend(times);
        let said = python("release/observe.py", &arguments);
        let told = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), status, "{requests} {errors} {p99}: {told}");
        assert!(told.contains(problem), "{told}");
    }
}

#[test]
fn a_prometheus_that_cannot_be_asked_is_a_bad_look() {
    let url = format!("http://{}", serve(Router::new()));
    let times = ["--seconds", "0.1", "--warm-up", "0"];
    let mut arguments = vec!["--prometheus", &url, "--version", "green"];
    arguments.extend(times);
    let said = python("release/observe.py", &arguments);
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stderr).contains("cannot be asked"));
}

#[test]
fn the_queries_of_the_observation_have_an_answer_in_a_run() {
    let said = python("release/observe.py", &["--version", "green", "--show"]);
    let queries = String::from_utf8(said.stdout).expect("UTF-8");
    let mut simulation = Simulation::new(scenario("first-cutover").expect("it is right"), Seed(1));
    simulation.execute("kubectl apply -f green-deployment.yaml");
    simulation.run_until(SimTime::from_secs(60));
    simulation.execute("kubectl apply -f virtual-service-canary.yaml");
    simulation.run_until(SimTime::from_secs(180));
    let values: Vec<f64> = queries
        .lines()
        .map(|query| {
            let samples = simulation.query(query, simulation.now()).expect("PromQL");
            samples.first().unwrap_or_else(|| panic!("{query} has no answer")).value
        })
        .collect();
    let [requests, errors, p99] = values[..] else { panic!("three queries: {values:?}") };
    assert!((500.0..1000.0).contains(&requests), "a tenth of 120 a second: {requests}");
    assert!(errors == 0.0, "nobody failed: {errors}");
    assert!((1.0..500.0).contains(&p99), "{p99}");
}
