//! Why the database has not served a request.

use crate::database::values::{Judge, Misfit};
use crate::database::verdict::Outcome;
use crate::request::Request;
use crate::request::statement::Unserved;
use crate::trace::{Entry, Topic};
use crate::why::Because;
use crate::why::evidence::newest;
use crate::world::World;

/// Subject of what the trace says of changes of the schema.
pub(crate) const SCHEMA: &str = "schema";

/// What led to the answer 500 of a version.
pub(super) fn of(request: &Request, version: &str, world: &World) -> Vec<Because> {
    match request.unserved {
        Unserved::No => Vec::new(),
        Unserved::Deadlock => {
            let fact = format!("{version} and somebody else waited for each other (PG-06)");
            vec![Because { fact, chain: Vec::new() }]
        }
        Unserved::Misfit(misfit) => met(misfit, version, world).into_iter().collect(),
        Unserved::PoolTimeout => stalled(world),
        Unserved::NoConnection => full(version, world).into_iter().collect(),
        Unserved::Refused => refused(request, version, world).into_iter().collect(),
    }
}

/// All connections of the pool were in use: who is in the way of those that have them.
fn stalled(world: &World) -> Vec<Because> {
    let waits =
        |entry: &Entry| entry.topic == Topic::Database && entry.subject.starts_with("table/");
    let fact = "all connections of its pool were in use (POOL-02, POOL-03)";
    vec![match newest(&world.trace, waits) {
        Some(index) => Because::entry(fact, &world.trace, index),
        None => Because { fact: fact.to_owned(), chain: Vec::new() },
    }]
}

/// How many rows are like the one that was met.
fn met(misfit: Misfit, version: &str, world: &World) -> Option<Because> {
    let instance = world.database.instance.as_ref()?;
    let (rows, all) = instance.values.like(misfit);
    let what = instance.values.complaint(misfit, &instance.schema);
    let rule = match misfit.judge {
        Judge::Release => "EC-6",
        Judge::Check => "PG-31",
    };
    let fact = format!("{version}: {what}, as that of {rows} of {all} rows now ({rule})");
    Some(Because { fact, chain: Vec::new() })
}

fn full(version: &str, world: &World) -> Option<Because> {
    let connections = &world.database.instance.as_ref()?.connections;
    let (open, limit) = (connections.open, connections.limit);
    let fact = format!("{version} is refused a connection: {open} of {limit} are open (PG-09)");
    Some(Because { fact, chain: Vec::new() })
}

fn refused(request: &Request, version: &str, world: &World) -> Option<Because> {
    let instance = world.database.instance.as_ref()?;
    let server = world.application.server(request.pod)?;
    let running = &world.application.releases[usize::from(server.release)];
    let statement = running.statement(request.route, request.statements);
    let verdict = instance.verdicts.of(statement);
    let Outcome::Fails(error) = &verdict.outcome else { return None };
    let text = instance.verdicts.text(statement);
    let sends = format!("{version} sends {text}, which fails with {}", error.code);
    let Some(change) = verdict.since.map(|since| &instance.changes[since]) else {
        let fact = format!("{sends} (PG-06): the schema has been so from the beginning");
        return Some(Because { fact, chain: Vec::new() });
    };
    let fact = format!("{sends} since {} at {} (PG-06)", change.from, change.at);
    let entry = newest(&world.trace, |entry| {
        entry.topic == Topic::Database && entry.subject == SCHEMA && entry.at == change.at
    });
    Some(match entry {
        Some(index) => Because::entry(fact, &world.trace, index),
        None => Because { fact, chain: Vec::new() },
    })
}
