//! Why the database has not served a request.

use crate::database::verdict::Outcome;
use crate::request::Request;
use crate::request::statement::Unserved;
use crate::trace::Topic;
use crate::why::Because;
use crate::why::evidence::newest;
use crate::world::World;

/// Subject of what the trace says of changes of the schema.
pub(crate) const SCHEMA: &str = "schema";

/// What led to the answer 500 of a version.
pub(super) fn of(request: &Request, version: &str, world: &World) -> Vec<Because> {
    match request.unserved {
        Unserved::No => Vec::new(),
        Unserved::Refused => refused(request, version, world).into_iter().collect(),
    }
}

fn refused(request: &Request, version: &str, world: &World) -> Option<Because> {
    let postgres = world.database.postgres.as_ref()?;
    let server = world.application.server(request.pod)?;
    let running = &world.application.releases[usize::from(server.release)];
    let statement = running.statement(request.route, request.statements);
    let verdict = postgres.verdicts.of(statement);
    let Outcome::Fails(error) = &verdict.outcome else { return None };
    let text = postgres.verdicts.text(statement);
    let sends = format!("{version} sends {text}, which fails with {}", error.code);
    let Some(change) = verdict.since.map(|since| &postgres.changes[since]) else {
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
