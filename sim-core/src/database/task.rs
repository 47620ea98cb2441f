//! Containers that execute SQL and end: a migration in a Job or an init container. Whether they execute files,
//! or run a tool, is a matter of their script.
//!
//! Simplified: when the container is killed, its session ends at once; a real server works on until it
//! wants to answer.

use schema::SqlError;

use crate::cluster::ClusterEvent;
use crate::database::dialect::logged;
use crate::database::session::{Client, Reply, SessionId};
use crate::engine::Context;
use crate::event::Event;
use crate::time::SimDuration;
use crate::world::World;

type Ctx<'a> = Context<'a, Event>;

/// Exit status of a task whose SQL has failed.
const FAILED: u8 = 1;

impl World {
    /// The task of a container executes its SQL, if it still runs.
    pub(super) fn begin_task(&mut self, client: Client, ctx: &mut Ctx<'_>) {
        let Client { pod, container, run } = client;
        let place = usize::from(container);
        if !self.cluster.is_alive(pod, place, run) {
            return;
        }
        let Some(spec) = self.cluster.state.pods.get(&pod).map(|pod| &pod.template.spec) else {
            return;
        };
        let task = self.cluster.task(&spec.at(place).image);
        let Some(script) = task.and_then(|task| task.sql.clone()) else { return };
        match self.open_session(script, ctx) {
            Ok(id) => {
                if let Some(instance) = &mut self.database.instance {
                    instance.sessions[usize::from(id.0)].client = Some(client);
                }
            }
            Err(error) => {
                let text = logged("FATAL", &error);
                self.application.write(client, ctx.now, text);
                self.task_over(client, FAILED, ctx);
            }
        }
    }

    /// The session of a container has ended, and so does its process.
    pub(super) fn task_ended(&mut self, id: SessionId, client: Client, ctx: &mut Ctx<'_>) {
        let Some(instance) = &self.database.instance else { return };
        let session = instance.session(id);
        let mut lines = Vec::new();
        let mut file = "";
        let status = session.tool.as_ref().and_then(|tool| tool.status);
        // A tool has said everything itself.
        let untold = session.answers.iter().filter(|_| session.tool.is_none());
        for answer in untold {
            let from = session.script.steps.get(answer.step).map_or("", |step| &step.from);
            if from != file {
                lines.push((answer.at, format!("executing {from}")));
                file = from;
            }
            if let Reply::Failed(error) = &answer.reply {
                lines.push((answer.at, logged("ERROR", error)));
            }
        }
        let error = session.end.as_ref().and_then(|end| end.error.as_ref());
        let failed = error.is_some() || session.has_failed();
        let code = status.unwrap_or(if failed { FAILED } else { 0 });
        for (at, line) in lines {
            self.application.write(client, at, line);
        }
        if self.is_starting(client) {
            return self.start_migrated(client, code, ctx);
        }
        self.task_over(client, code, ctx);
    }

    fn task_over(&mut self, client: Client, code: u8, ctx: &mut Ctx<'_>) {
        let Client { pod, container, run } = client;
        self.cluster.task_exits(pod, container.into(), run, code);
        ctx.after(SimDuration::ZERO, ClusterEvent::TaskOver { pod, container, run }.into());
    }

    /// Sessions of containers that run no longer end.
    pub(crate) fn end_abandoned_sessions(&mut self, ctx: &mut Ctx<'_>) {
        let Some(instance) = &self.database.instance else { return };
        let abandoned = instance.open_sessions().filter(|session| {
            session.client.is_some_and(|client| {
                let place = usize::from(client.container);
                !self.cluster.is_alive(client.pod, place, client.run)
            })
        });
        let abandoned: Vec<SessionId> = abandoned.map(|session| session.id).collect();
        for id in abandoned {
            let message = "terminating connection because its client is gone".to_owned();
            self.close_session(id, Some(SqlError::new("08006", message)), ctx);
        }
    }
}
