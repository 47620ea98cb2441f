//! A Service whose target port is not one of the application's (K8S-70, IST-23).

use super::direct::{called, calls, heard};
use super::*;
use crate::scenario::Scenario;
use crate::telemetry::failure::CallError;

/// The Service of both colours with another target port.
fn service(target: &str) -> String {
    crate::world_tests::SERVICE.replace("8080", target)
}

/// Blue behind a Service with this target port: the gateway sends 1/s, callers without a proxy 20/s.
fn behind(target: &str, injects: bool) -> Fixture {
    let scenario: Scenario = called(20.0, calls());
    let mut fixture = Fixture::new(&scenario, 1);
    if injects {
        fixture.engine.intervene(|world, _| {
            let labels = [("istio-injection".to_owned(), "enabled".to_owned())].into();
            world.cluster.state.namespace_labels.insert("default".to_owned(), labels);
        });
    }
    fixture.apply(&service(target));
    fixture.apply(crate::world_tests::MESH);
    fixture.apply(&deployment("blue", "myorg/myapp:v1"));
    fixture.apply(&routes(100, 0));
    fixture.run_checked(-30);
    fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
    fixture.run_checked(10);
    fixture
}

/// What the gateway and the callers have seen, and what the pods' sidecars have.
fn outcome(fixture: &Fixture, source: &str) -> [bool; 5] {
    let gateway = 0 < counted(fixture, Reporter::Source, 503, source);
    let sidecar = 0 < counted(fixture, Reporter::Destination, 503, "UF");
    let of = |version: &str, outcome| 0 < heard(fixture, version, outcome);
    let refused = (0, Some(CallError::Refused));
    [gateway, sidecar, of("blue", (503, None)), of("blue", refused), of("unknown", refused)]
}

#[test]
fn where_nobody_listens_the_connection_is_refused() {
    let fixture = behind("9999", false);
    assert_eq!(outcome(&fixture, "URX,UF"), [true, false, false, true, false]);
    assert_eq!(fixture.counted("blue", 200), 0);
}

#[test]
fn a_sidecar_takes_the_connection_in_and_answers_that_nobody_listens_behind_it() {
    let fixture = behind("9999", true);
    assert_eq!(outcome(&fixture, "-"), [true, true, true, false, false]);
    assert_eq!(counted(&fixture, Reporter::Source, 503, "URX,UF"), 0);
    assert_eq!(fixture.counted("blue", 200), 0);
}

#[test]
fn a_pod_without_the_port_that_is_named_is_no_endpoint() {
    for injects in [false, true] {
        let fixture = behind("web", injects);
        assert_eq!(outcome(&fixture, "UH"), [true, false, false, false, true], "{injects}");
    }
}
