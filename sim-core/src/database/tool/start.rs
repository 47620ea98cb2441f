//! Applications that migrate before they listen: all pods of a new ReplicaSet try, and one at a time works
//! (FW-09, LQ-04).

use crate::application::ApplicationEvent;
use crate::cluster::pod::PodId;
use crate::database::dialect::logged;
use crate::database::session::{Client, Script};
use crate::engine::Context;
use crate::event::Event;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{START_FAILED, Scope, World};

type Ctx<'a> = Context<'a, Event>;

impl World {
    /// What the release of a pod executes before it listens, if it does.
    fn first_of(&self, pod: PodId) -> Option<&Script> {
        let pod = self.cluster.state.pods.get(&pod)?;
        let container = pod.template.spec.containers.first()?;
        self.database.shape.at_start.get(&container.image)
    }

    /// Whether the release of a pod migrates before it listens.
    pub(crate) fn migrates_first(&self, pod: PodId) -> bool {
        self.database.instance.is_some() && self.first_of(pod).is_some()
    }

    /// The process opens a session of its own and migrates; it listens when that has worked.
    pub(crate) fn migrate_first(&mut self, pod: PodId, run: u16, ctx: &mut Ctx<'_>) {
        let Some(script) = self.first_of(pod).cloned() else { return };
        let name = self.cluster.state.pods.get(&pod).map_or("", |pod| &pod.name);
        let subject = format!("pod/{name}");
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note(
            Topic::Pod,
            subject,
            "migrates the database before it listens",
            &["FW-09", "LQ-04"],
        );
        let client = Client { pod, container: 0, run };
        match self.open_session(script, ctx) {
            Ok(id) => self.session(id).client = Some(client),
            Err(error) => {
                let text = logged("FATAL", &error);
                self.application.write(client, ctx.now, text);
                self.stop(pod, run, START_FAILED, ctx);
            }
        }
    }

    /// Whether a client is an application that has not begun to listen.
    pub(in crate::database) fn is_starting(&self, client: Client) -> bool {
        let server = self.application.server(client.pod).filter(|_| client.container == 0);
        server.is_some_and(|server| server.run == client.run && server.is_starting())
    }

    /// The migration of an application is over: it listens, or ends.
    pub(in crate::database) fn start_migrated(
        &mut self,
        client: Client,
        code: u8,
        ctx: &mut Ctx<'_>,
    ) {
        let Client { pod, run, .. } = client;
        if code != 0 {
            return self.stop(pod, run, START_FAILED, ctx);
        }
        if let Some(server) = self.application.server_mut(pod) {
            server.migrated = true;
        }
        ctx.after(SimDuration::ZERO, ApplicationEvent::Listening { pod, run }.into());
    }
}
