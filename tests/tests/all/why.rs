//! The run explains itself.

use std::sync::Arc;

use sim_core::mesh::flag::Flags;
use sim_core::random::Seed;
use sim_core::scenario::{LogEntry, NaiveLog, Scenario};
use sim_core::simulation::Simulation;
use sim_core::telemetry::failure::{CallError, Sign};
use sim_core::trace::Topic;
use sim_core::why::{self, Because, Journey, Origin, Step};
use tests::scenario;

fn run(scenario: &Arc<Scenario>, log: &[LogEntry]) -> Simulation {
    let mut simulation = Simulation::new(Arc::clone(scenario), Seed(1));
    simulation.replay(log);
    simulation.run_until(simulation.end());
    simulation
}

/// Numbers of the requests that the trace names, with what it says of them.
fn failed(simulation: &Simulation) -> Vec<(u32, String)> {
    let failed = simulation.trace().iter().filter(|entry| entry.topic == Topic::Request);
    let named = failed.filter_map(|entry| {
        let number = entry.subject.strip_prefix("request/")?.parse().ok()?;
        Some((number, entry.text.clone()))
    });
    named.collect()
}

fn ask(scenario: &Arc<Scenario>, log: &[LogEntry], number: u32) -> Journey {
    let origin = Origin { scenario: Arc::clone(scenario), seed: Seed(1) };
    let end = Simulation::new(Arc::clone(scenario), Seed(1)).end();
    why::request(&origin, log, number, end).expect("the request was sent")
}

#[test]
fn a_request_without_endpoint_leads_back_to_the_command_that_switched_too_early() {
    let first = scenario("first-cutover").expect("a scenario");
    let log = &first.naive["switch-before-ready"].log;
    let (number, _) = failed(&run(&first, log))[0].clone();
    let journey = ask(&first, log, number);
    assert_eq!(journey.outcome, Some((503, Flags::NO_HEALTHY_UPSTREAM.into())));
    let first_cause = |place: usize| {
        let last = journey.because[place].chain.last().expect("a chain");
        (last.subject.clone(), last.text.clone())
    };
    let typed = |command: &str| ("learner".to_owned(), command.to_owned());
    assert_eq!(first_cause(0), typed("kubectl apply -f virtual-service-green.yaml"));
    // And green was not ready, because it had just been deployed.
    assert_eq!(first_cause(1), typed("kubectl apply -f green-deployment.yaml"));
}

#[test]
fn a_way_back_to_pods_that_are_gone_leads_back_to_the_command_that_deleted_them() {
    let first = scenario("first-cutover").expect("a scenario");
    let log = &first.naive["blue-removed-early"].log;
    let (number, _) = failed(&run(&first, log))[0].clone();
    let journey = ask(&first, log, number);
    assert_eq!(journey.outcome, Some((503, Flags::NO_HEALTHY_UPSTREAM.into())));
    let last = |because: &Because| because.chain.last().map(|entry| entry.text.clone());
    let causes: Vec<_> = journey.because.iter().filter_map(last).collect();
    let typed =
        ["kubectl apply -f virtual-service-blue.yaml", "kubectl delete deployment my-app-blue"];
    assert_eq!(causes, typed);
}

#[test]
fn an_error_that_was_injected_leads_back_to_the_fault_and_not_to_the_release() {
    let first = scenario("first-cutover").expect("a scenario");
    let fault = "fault errors -l version=blue --share 0.2";
    let log = [LogEntry { at: sim_core::time::SimTime::from_secs(20), command: fault.into() }];
    let (number, _) = failed(&run(&first, &log))[0].clone();
    let journey = ask(&first, &log, number);
    assert_eq!(journey.outcome, Some((500, Flags::NONE.into())));
    let [because] = journey.because.as_slice() else { panic!("{:?}", journey.because) };
    assert_eq!(because.fact, "errors is injected");
    assert_eq!(because.chain.last().map(|entry| entry.text.as_str()), Some(fault));
}

/// K8S-72.
#[test]
fn a_call_that_is_reset_tells_of_its_old_connection_and_of_who_ended_the_pod() {
    let kept = scenario("keep-alive-stays-on-blue").expect("a scenario");
    let log = &kept.naive["trusts-the-dashboard"].log;
    let (number, said) = failed(&run(&kept, log))[0].clone();
    assert!(said.starts_with("failed with reset: "), "{said}");
    let journey = ask(&kept, log, number);
    assert_eq!(journey.outcome, Some((0, Sign::Caller(CallError::Reset))));
    let kept_alive = |step: &Step| step.text.contains("over a connection that is open since -00:");
    assert!(journey.steps.iter().any(kept_alive), "{:?}", journey.steps);
    let [pod, proxy] = journey.because.as_slice() else { panic!("{:?}", journey.because) };
    let typed = |because: &Because| because.chain.last().map(|entry| entry.text.clone());
    assert_eq!(typed(pod).as_deref(), Some("kubectl delete deployment prices-blue"));
    assert_eq!(typed(proxy).as_deref(), Some("kubectl apply -f service-green.yaml"));
}

#[test]
fn every_failure_that_the_trace_names_is_found_again_with_its_end() {
    let first = scenario("first-cutover").expect("a scenario");
    let mut asked = 0;
    for NaiveLog { log, .. } in first.naive.values() {
        for (number, said) in failed(&run(&first, log)).into_iter().take(3) {
            let (code, flag) = ask(&first, log, number).outcome.expect("it has ended");
            let code = if code == 0 { String::new() } else { code.to_string() };
            assert!(said.contains(&code), "{said}: {code} {flag}");
            assert!(
                flag == Flags::NONE.into() || said.contains(&flag.to_string()),
                "{said}: {code} {flag}"
            );
            asked += 1;
        }
    }
    assert!(0 < asked, "some naive run loses requests");
}

#[test]
fn a_request_that_is_served_passes_gateway_pod_and_database_in_order() {
    let first = scenario("first-cutover").expect("a scenario");
    let journey = ask(&first, &[], 100);
    assert_eq!(journey.outcome, Some((200, Flags::NONE.into())));
    assert!(journey.steps.is_sorted_by_key(|step| step.at));
    let place = |text: &str| {
        let found = journey.steps.iter().position(|step| step.text.starts_with(text));
        found.unwrap_or_else(|| panic!("no step {text:?} in {:?}", journey.steps))
    };
    let places =
        ["the gateway has it", "goes to pod/my-app-blue-", "a worker", "the database", "the user"];
    assert!(places.map(place).is_sorted());
}

#[test]
fn the_console_gives_the_same_answer_and_its_run_goes_on_as_before() {
    let first = scenario("first-cutover").expect("a scenario");
    let mut simulation = Simulation::new(Arc::clone(&first), Seed(1));
    simulation.run_until(sim_core::time::SimTime::from_secs(30));
    let reply = simulation.execute("why request/100");
    assert_eq!(reply.status, Some(0), "{}", reply.stderr);
    assert_eq!(reply.stdout, why::print_journey(&ask(&first, &[], 100)));
    // A second question runs the first one again, which then stays without an answer.
    assert_eq!(simulation.execute("why request/100").stdout, reply.stdout);
    let refused = simulation.execute("why request/999999999");
    assert!(
        refused.stderr.starts_with("why: there is no request 999999999:"),
        "{}",
        refused.stderr
    );
    for wrong in ["why", "why request/x", "why request/-1", "why pod", "why pod/nobody", "why a b"]
    {
        assert_eq!(simulation.execute(wrong).status, Some(1), "{wrong}");
    }
}
