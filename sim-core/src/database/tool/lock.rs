//! The locks of the tools: Flyway's advisory lock, and the row of `databasechangeloglock` (FW-09, LQ-04).

use schema::liquibase::LockRow;

use crate::database::history::installed_on;
use crate::database::session::SessionId;
use crate::engine::Context;
use crate::event::Event;
use crate::trace::Topic;
use crate::world::{Scope, World};

type Ctx<'a> = Context<'a, Event>;

/// Who takes the row by hand.
const WORKSTATION: &str = "workstation (192.0.2.10)";

impl World {
    /// Takes Flyway's lock, if nobody has it. It belongs to the session.
    pub(super) fn take_flyway_lock(
        &mut self,
        id: SessionId,
        tries: u32,
        ctx: &mut Ctx<'_>,
    ) -> bool {
        let holder = self.instance().flyway_lock;
        if holder.is_none_or(|holder| holder == id) {
            self.instance().flyway_lock = Some(id);
            return true;
        }
        if tries == 0 {
            let by = holder.map(|holder| self.tool_host(holder)).unwrap_or_default();
            self.note_tool(id, format!("waits for Flyway's lock, which {by} has"), &["FW-09"], ctx);
        }
        false
    }

    /// Gives Flyway's lock back, if the session has it.
    pub(super) fn free_flyway_lock(&mut self, id: SessionId) {
        let lock = &mut self.instance().flyway_lock;
        *lock = lock.filter(|holder| *holder != id);
    }

    /// Writes the row of `databasechangeloglock`, if it is free: from then on it is committed.
    pub(super) fn take_changelog_lock(
        &mut self,
        id: SessionId,
        tries: u32,
        ctx: &mut Ctx<'_>,
    ) -> bool {
        let by = self.tool_host(id);
        let row = self.instance().changelog_lock.get_or_insert_with(LockRow::default);
        if let Some((holder, since)) = row.held.clone() {
            if tries == 0 {
                let text = format!(
                    "waits for the row of databasechangeloglock: {holder} has locked it at {since}"
                );
                self.note_tool(id, text, &["LQ-04"], ctx);
            }
            return false;
        }
        row.held = Some((by, installed_on(ctx.now)));
        true
    }

    /// Frees the row.
    pub(crate) fn free_changelog_lock(&mut self) {
        if let Some(row) = &mut self.instance().changelog_lock {
            row.held = None;
        }
    }

    /// A process that held the row is gone: nobody frees it.
    pub(super) fn note_lock_left(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let text = "is gone, and the row of databasechangeloglock stays LOCKED".to_owned();
        self.note_tool(id, text, &["LQ-04"], ctx);
    }

    /// The host of a tool, as LOCKEDBY has it: the pod, or whoever sits at the terminal.
    fn tool_host(&self, id: SessionId) -> String {
        let instance = self.database.instance.as_ref();
        let client = instance.and_then(|instance| instance.session(id).client);
        let pod = client.and_then(|client| self.cluster.state.pods.get(&client.pod));
        pod.map_or_else(
            || WORKSTATION.to_owned(),
            |pod| format!("{} ({})", pod.name, pod.ip.as_deref().unwrap_or("127.0.0.1")),
        )
    }

    fn note_tool(
        &mut self,
        id: SessionId,
        text: String,
        rules: &'static [&'static str],
        ctx: &mut Ctx<'_>,
    ) {
        let session = self.session(id);
        let (client, cause) = (session.client, session.cause);
        let subject = format!("session/{}", session.script.application);
        let pod = client.and_then(|client| self.cluster.state.pods.get(&client.pod));
        let text = match pod {
            Some(pod) => format!("pod {} {text}", pod.name),
            None => text,
        };
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note_because(cause, Topic::Database, subject, text, rules);
    }
}
