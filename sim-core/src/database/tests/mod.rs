//! Traffic, versions and schema in one world.

mod verdicts;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::application::release::Statement;
use crate::scenario::Scenario;
use crate::time::SimDuration;
use crate::world_tests::{Fixture, scenario};

/// A shop of two tables with many orders.
pub(crate) const SHOP: &str = "
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, total numeric);
";

/// What both releases send if nothing else is said.
const READ: &str = "SELECT id, total FROM orders WHERE customer_id = $1";

/// Rows of `orders`.
const ORDERS: u64 = 2_000_000;

/// A shop whose database holds [`SHOP`]; requests come at this rate and send `v1` or `v2`.
pub(crate) fn shop(rate: f64, v1: &[&str], v2: &[&str]) -> Scenario {
    let mut scenario = Arc::unwrap_or_clone(scenario(rate, 0.0));
    let script = schema::parse(SHOP).unwrap();
    let rows = BTreeMap::from([("customers".to_owned(), 1_000), ("orders".to_owned(), ORDERS)]);
    let schema = schema::compat::schema(&script, &rows).unwrap();
    scenario.database.schema = Some(Arc::new(schema));
    scenario.database.cores = None;
    scenario.traffic[0].retries = 0;
    for (release, sql) in scenario.releases.values_mut().zip([v1, v2]) {
        let mean = SimDuration::from_millis(2);
        release.routes[0].sql =
            sql.iter().map(|text| Statement { text: (*text).to_owned(), mean }).collect();
    }
    scenario
}

/// Blue serves everything, and users arrive from second -30 on.
pub(crate) fn serving(scenario: &Scenario) -> Fixture {
    Fixture::serving(scenario, 1)
}
