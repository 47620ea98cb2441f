//! The race between the end of a pod and those who still send requests to it (K8S-60, 64).

use super::*;

/// Requests that users lose while every pod is replaced, if the container has this hook.
fn lost_by_a_restart(hook: &str) -> u64 {
    let scenario = scenario(300.0, 0.0);
    let mut fixture = Fixture::new(&scenario, 1);
    fixture.apply(SERVICE);
    fixture.apply(MESH);
    let blue = deployment("blue", "myorg/myapp:v1");
    fixture.apply(&format!("{blue}{hook}"));
    // The gateway tries nothing a second time.
    let routes = routes(100, 0).replace("  - route:\n", "  - retries: {attempts: 0}\n    route:\n");
    fixture.apply(&routes);
    fixture.run_checked(-30);
    fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
    fixture.run_checked(0);
    let before = fixture.engine.model.registry.users[0];
    let again = blue
        .replace("    spec:\n      cont", "    spec:\n      serviceAccountName: again\n      cont");
    fixture.apply(&format!("{again}{hook}"));
    fixture.run_checked(90);
    let after = fixture.engine.model.registry.users[0];
    after.errors + after.timeouts + after.refused - before.errors - before.timeouts - before.refused
}

#[test]
fn a_pre_stop_sleep_that_outlasts_the_propagation_loses_nothing_and_none_loses_something() {
    // K8S-60, 64: endpoints and the gateway take up to 0.6 s to learn what the kubelet knows at once.
    assert!(0 < lost_by_a_restart(""));
    let hook = "        lifecycle: {preStop: {sleep: {seconds: 5}}}\n";
    assert_eq!(lost_by_a_restart(hook), 0);
}
