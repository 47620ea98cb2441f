//! The statements of a request: each runs when the database lets it, or is refused.

use crate::time::SimDuration;

use super::{ClientSide, Ctx, Place, RequestEvent, RequestId};
use crate::database::verdict::{Outcome, StatementId};
use crate::event::Event;
use crate::request::Request;
use crate::world::World;

/// How long the server takes to find out that it refuses a statement (MOD).
const REFUSAL: SimDuration = SimDuration::from_micros(200);

/// Why the database has not served a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unserved {
    /// It has, or was not asked.
    #[default]
    No,
    /// It has refused a statement (PG-06).
    Refused,
}

impl World {
    /// The request has a connection: its next statement runs, or waits for a core.
    pub(super) fn query(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let request = &mut self.requests[id];
        if !self.database.has_core() {
            request.place = Place::AwaitingCore;
            self.database.waiting.push(id, &mut self.requests);
            return;
        }
        request.place = Place::Querying;
        let (_, running) = self.application.running(request.pod);
        let statements = &running.release.routes[request.route as usize].sql;
        let mean = statements[request.statements as usize].mean;
        let time = match &self.database.postgres {
            Some(postgres) => {
                let statement = running.statement(request.route, request.statements);
                match postgres.verdicts.of(statement).outcome {
                    Outcome::Fails(_) => self.refuse_statement(id, statement, ctx),
                    Outcome::Works | Outcome::Unknown(_) => self.database.execute(mean),
                }
            }
            None => self.database.execute(mean),
        };
        ctx.after(time, Event::Request(RequestEvent::Queried(id)));
    }

    /// A statement is done: its core goes to the next in line, then the request goes on.
    pub(super) fn queried(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        self.database.running -= 1;
        if let Some(next) = self.database.waiting.pop(&mut self.requests) {
            self.query(next, ctx);
        }
        let request = &mut self.requests[id];
        if request.place == Place::Orphaned {
            if request.client == ClientSide::Done {
                return self.leave(id);
            }
            // The gateway has yet to learn that the pod has closed the connection.
            request.place = Place::Returning;
            return;
        }
        request.statements += u8::from(request.unserved == Unserved::No);
        let failed = self.database.fails();
        let (server, running) = self.application.running(request.pod);
        let failed = failed || server.cut_off || request.unserved != Unserved::No;
        let statements = running.release.routes[request.route as usize].sql.len();
        if !failed && usize::from(request.statements) < statements {
            return self.query(id, ctx);
        }
        self.end_statements(id, failed, ctx);
    }

    /// The request needs the database no longer: its connection goes to the next in line, and it is
    /// answered.
    pub(super) fn end_statements(&mut self, id: RequestId, failed: bool, ctx: &mut Ctx<'_>) {
        let (server, _) = self.application.running(self.requests[id].pod);
        match server.pool_queue.pop(&mut self.requests) {
            Some(next) => self.query(next, ctx),
            None => server.connections -= 1,
        }
        self.answer(id, if failed { 500 } else { 200 }, ctx);
    }

    /// The database refuses the statement, which the application writes into its log (PG-06); how long
    /// that takes.
    fn refuse_statement(
        &mut self,
        id: RequestId,
        statement: StatementId,
        ctx: &Ctx<'_>,
    ) -> SimDuration {
        self.requests[id].unserved = Unserved::Refused;
        self.database.running += 1;
        if let Some(postgres) = &self.database.postgres {
            let text = || postgres.verdicts.complaint(statement);
            self.application.log(self.requests[id].pod, statement.0, ctx.now, text);
        }
        REFUSAL
    }

    /// Why the database has not served a request that its pod still knows, for people; and the rules.
    pub fn why_unserved(&self, request: &Request) -> Option<(String, &'static [&'static str])> {
        let postgres = self.database.postgres.as_ref()?;
        let server = self.application.server(request.pod)?;
        let running = &self.application.releases[usize::from(server.release)];
        match request.unserved {
            Unserved::No => None,
            Unserved::Refused => {
                let statement = running.statement(request.route, request.statements);
                Some((postgres.verdicts.complaint(statement), &["PG-06"]))
            }
        }
    }
}
