//! When Prometheus scrapes what (PROM-01).

use std::collections::BTreeSet;

use super::*;
use crate::telemetry::promql::{Query, Value};

/// Seconds into an interval of ten at which samples of these metrics are taken, in thousandths.
fn moments(phases: bool) -> BTreeSet<u64> {
    let mut shop = Arc::unwrap_or_clone(scenario(50.0, 0.0));
    shop.timing.scrape = SimDuration::from_secs(10);
    shop.timing.scrape_phases = phases;
    let mut fixture = Fixture::new(&shop, 1);
    fixture.apply(SERVICE);
    fixture.apply(MESH);
    fixture.apply(&deployment("blue", "myorg/myapp:v1"));
    fixture.apply(&routes(100, 0));
    fixture.run_checked(-20);
    fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
    fixture.run_checked(65);
    let tsdb = &fixture.engine.model.telemetry.tsdb;
    let asked = ["istio_requests_total", "users_requests_total", "kube_deployment_spec_replicas"];
    let moment = |metric: &str| {
        let query = format!("timestamp({metric}) * 1000 % 10000");
        let query = Query::parse(&query).expect("a query");
        match query.evaluate(tsdb, SimTime::from_secs(65)).expect("it can be evaluated") {
            Value::Vector(samples) => samples[0].1 as u64,
            other => panic!("{other:?}"),
        }
    };
    asked.into_iter().map(moment).collect()
}

/// PROM-01.
#[test]
fn each_job_has_its_own_moment_if_the_scenario_asks_for_it() {
    assert_eq!(moments(false), [0].into());
    let own = moments(true);
    assert_eq!(own.len(), 3, "{own:?}");
    assert!(own.iter().all(|moment| *moment < 10_000), "{own:?}");
}
