//! The statements of a request: each locks its tables, runs when the database lets it, or is refused.
//!
//! Every statement is a transaction of its own, unless the route says that all are one: then they keep
//! their locks to the last (PG-03).

use super::connection;
use super::{ClientSide, Ctx, Place, RequestEvent, RequestId};
use crate::database::dialect::{Dialect, logged};
use crate::database::lock::Owner;
use crate::database::values::{Judge, Misfit};
use crate::database::verdict::{Outcome, StatementId};
use crate::event::Event;
use crate::request::Request;
use crate::time::SimDuration;
use crate::world::World;

/// How long the server takes to find out that it refuses a statement (MOD).
const REFUSAL: SimDuration = SimDuration::from_micros(200);
/// The kind of line that a deadlock is in a pod's log.
const DEADLOCK_LINE: u32 = u32::MAX;
/// The kind of line that a row which does not fit is in a pod's log.
const MISFIT_LINE: u32 = u32::MAX - 1;

/// Why the database has not served a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unserved {
    /// It has, or was not asked.
    #[default]
    No,
    /// It has refused a statement (PG-06).
    Refused,
    /// It has ended a wait in which everybody would have waited for ever (PG-06).
    Deadlock,
    /// A row holds what the application cannot read (EC-6), or what a check does not allow any more (PG-31).
    Misfit(Misfit),
    /// No connection of the pool was free in time (POOL-02).
    PoolTimeout,
    /// It has refused a connection (PG-09).
    NoConnection,
}

impl World {
    /// The request has a connection: its next statement locks its tables, and runs or waits for a core.
    pub(super) fn query(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        if self.database.instance.is_some() && !self.lock_tables(id, ctx) {
            return;
        }
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
        let time = match request.unserved {
            Unserved::No => self.database.execute(mean),
            _ => self.database.refuse(REFUSAL),
        };
        ctx.after(time, Event::Request(RequestEvent::Queried(id)));
    }

    /// Looks the statement up, and locks its tables in order (PG-02). False if it has to wait.
    #[inline]
    fn lock_tables(&mut self, id: RequestId, ctx: &mut Ctx<'_>) -> bool {
        let Some(instance) = self.database.instance.as_deref_mut() else { return true };
        let request = &mut self.requests[id];
        if request.unserved != Unserved::No {
            return true;
        }
        let (_, running) = self.application.running(request.pod);
        let statement = running.statement(request.route, request.statements);
        let verdict = instance.verdicts.of(statement);
        if let Outcome::Fails(_) = verdict.outcome {
            self.refuse_statement(id, statement, ctx);
            return true;
        }
        let Some(relation) = instance.locks.lock(id, &verdict.locks, ctx.now) else { return true };
        request.place = Place::AwaitingLock;
        if !instance.locks.of_request(id.slot).locks().is_empty() {
            let after = instance.dialect().deadlock_after;
            ctx.after(after, Event::Request(RequestEvent::DeadlockDue(id)));
        }
        self.note_stall(relation, id, ctx);
        false
    }

    /// The request has the lock for which it has waited.
    pub(super) fn granted(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        if self.requests[id].place == Place::AwaitingLock && !self.waits_for_lock(id) {
            self.query(id, ctx);
        }
    }

    fn waits_for_lock(&self, id: RequestId) -> bool {
        let instance = self.database.instance.as_ref();
        instance.is_some_and(|instance| instance.locks.of_request(id.slot).waits().is_some())
    }

    /// The request has waited so long that the server looks whether it waits for itself (PG-06, MY-06).
    pub(crate) fn deadlock_due(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let Some(instance) = &self.database.instance else { return };
        let request = &mut self.requests[id];
        let waits = request.place == Place::AwaitingLock;
        if !waits || !instance.waits_for_itself(Owner::Request(id)) {
            return;
        }
        request.unserved = Unserved::Deadlock;
        let pod = request.pod;
        let dialect = instance.dialect();
        self.application.log(pod, DEADLOCK_LINE, ctx.now, || deadlocked(dialect));
        self.abandon_locks(id, ctx);
        self.query(id, ctx);
    }

    /// The request needs neither the locks that it holds nor the one that it waits for.
    pub(super) fn abandon_locks(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        if let Some(instance) = &mut self.database.instance {
            instance.locks.abandon(id);
            self.tell_granted(ctx);
        }
    }

    /// A transaction of the request is over (PG-03).
    #[inline]
    fn unlock(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        if let Some(instance) = &mut self.database.instance {
            instance.locks.unlock(id.slot);
            if instance.locks.has_granted() {
                self.tell_granted(ctx);
            }
        }
    }

    /// A statement is done: its core goes to the next in line, then the request goes on.
    pub(super) fn queried(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        self.database.running -= 1;
        if let Some(next) = self.database.waiting.pop(&mut self.requests) {
            self.query(next, ctx);
        }
        let request = &mut self.requests[id];
        if request.place == Place::Orphaned {
            if let Some(instance) = &mut self.database.instance {
                instance.connections.close(1);
            }
            if request.client == ClientSide::Done {
                self.leave(id);
            } else {
                // The gateway has yet to learn that the pod has closed the connection.
                request.place = Place::Returning;
            }
            return self.unlock(id, ctx);
        }
        let failed = self.database.fails();
        let (server, running) = self.application.running(request.pod);
        let route = &running.release.routes[request.route as usize];
        let served = request.unserved == Unserved::No;
        let mut failed = failed || server.cut_off || !served;
        let (statements, keeps) = (route.sql.len(), route.transaction);
        if let Some(instance) = self.database.instance.as_mut().filter(|_| !failed) {
            let statement = running.statement(request.route, request.statements);
            if let Some(misfit) = instance.executed(statement) {
                request.unserved = Unserved::Misfit(misfit);
                failed = true;
                let complaint = || instance.values.complaint(misfit, &instance.schema);
                let text = || format!("ERROR: {}", complaint());
                self.application.log(request.pod, MISFIT_LINE, ctx.now, text);
            }
        }
        request.statements += u8::from(served);
        let goes_on = !failed && usize::from(request.statements) < statements;
        if !(goes_on && keeps) {
            self.unlock(id, ctx);
        }
        if goes_on {
            return self.query(id, ctx);
        }
        self.hand_on_connection(self.requests[id].pod, ctx);
        self.answer(id, if failed { 500 } else { 200 }, ctx);
    }

    /// The database refuses the statement, which the application writes into its log (PG-06).
    fn refuse_statement(&mut self, id: RequestId, statement: StatementId, ctx: &Ctx<'_>) {
        let request = &mut self.requests[id];
        request.unserved = Unserved::Refused;
        if let Some(instance) = &self.database.instance {
            let text = || instance.verdicts.complaint(statement);
            self.application.log(request.pod, statement.0, ctx.now, text);
        }
    }

    /// Why the database has not served a request that its pod still knows, for people; and the rules.
    pub fn why_unserved(&self, request: &Request) -> Option<(String, &'static [&'static str])> {
        let instance = self.database.instance.as_ref()?;
        let server = self.application.server(request.pod)?;
        let running = &self.application.releases[usize::from(server.release)];
        match request.unserved {
            Unserved::No => None,
            Unserved::Refused => {
                let statement = running.statement(request.route, request.statements);
                Some((instance.verdicts.complaint(statement), instance.dialect().refuses))
            }
            Unserved::Misfit(misfit) => {
                let rule: &[&str] = match misfit.judge {
                    Judge::Release => &["EC-6"],
                    Judge::Check => &["PG-31"],
                };
                Some((instance.values.complaint(misfit, &instance.schema), rule))
            }
            Unserved::Deadlock => {
                let dialect = instance.dialect();
                Some((deadlocked(dialect), dialect.fails_by(&dialect.deadlock.error())))
            }
            Unserved::PoolTimeout => {
                let timeout = running.release.connection_timeout;
                Some((connection::timed_out(timeout), &["POOL-02", "POOL-03"]))
            }
            Unserved::NoConnection => {
                Some((connection::refused(instance), instance.dialect().full))
            }
        }
    }
}

/// What the application writes when its statement is the victim of a deadlock.
fn deadlocked(dialect: &Dialect) -> String {
    logged("ERROR", &dialect.deadlock.error())
}
