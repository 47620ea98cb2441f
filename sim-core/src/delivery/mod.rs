//! Delivery: git, a pipeline that a push starts, and Argo CD and Flux, which put on the cluster what git
//! says (CD-01..06).
//!
//! Argo CD is that of version 3.1, as its manual describes it. An Application names a folder of the
//! repository; the controller polls, compares the folder's files with the live objects, and syncs:
//! it applies what differs, as `kubectl apply` would.
//!
//! Simpler than the real thing: Applications live in the namespace default, with everything else; there is
//! one repository, without webhooks, and plain manifests only; a comparison takes no time; the wait
//! between repeated healings is always 5 s, as the manual says, and does not grow.

mod addon;
mod application;
mod asked;
mod compare;
mod controller;
mod desired;
pub mod flux;
pub mod git;
mod health;
pub mod pipeline;
mod pitfall;
mod remote;
pub mod spec;
mod sync;
mod task;
mod words;

pub(crate) use addon::IN_THIS_BUILD;
pub use addon::{Addon, Addons};
pub use application::{Application, Condition, Deployed, Finished, Operation, Phase, Revision};
pub use compare::{Overview, ResourceStatus, SyncStatus};
pub(crate) use compare::{difference, overview};
pub use health::Health;
pub use pitfall::Pitfall;
pub use task::{Hook, HookPhase, ResultCode, SyncResult};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::delivery::flux::{Flux, FluxEvent};
use crate::delivery::git::{Commit, Repository};
use crate::delivery::pipeline::Pipeline;
use crate::delivery::remote::Remote;
use crate::delivery::spec::ApplicationSpec;
use crate::queue::EventId;
use crate::random::{Seed, Stream};
use crate::time::{SimDuration, SimTime};
use crate::world::Scope;

/// Argo CD, Flux or the pipeline does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryEvent {
    /// It looks at git, and compares.
    Refresh {
        /// Number of the application.
        application: u16,
        /// Which appointment this is; only the newest counts.
        turn: u16,
    },
    /// It has seen that objects changed, and compares with what it knows of git.
    Compare {
        /// Number of the application.
        application: u16,
    },
    /// A sync goes on.
    Step {
        /// Number of the application.
        application: u16,
        /// Which sync this is of.
        operation: u16,
    },
    /// Flux does something.
    Flux(FluxEvent),
    /// The pipeline goes on.
    Pipeline {
        /// Which appointment this is; only the newest counts.
        turn: u16,
    },
}

/// The remote repository, the pipeline, Flux, and Argo CD.
#[derive(Clone, Debug)]
pub struct Delivery {
    addons: Addons,
    remote: Remote,
    /// The runs that pushes have started.
    pub pipeline: Pipeline,
    /// What Flux knows.
    pub flux: Flux,
    applications: BTreeMap<String, Application>,
    /// Number of the next application.
    next: u16,
    /// Writes that the API server had seen at the last look.
    writes: u64,
    watch: (SimDuration, SimDuration),
    seed: Seed,
}

impl Delivery {
    /// A remote that has what this repository has pushed, and no application. `watch` is how long it takes
    /// until a change of an object is seen.
    pub fn new(
        addons: Addons,
        repository: &Repository,
        watch: (SimDuration, SimDuration),
        seed: Seed,
    ) -> Self {
        let remote = Remote::new(&repository.commits()[..repository.pushed()]);
        Self {
            addons,
            remote,
            pipeline: Pipeline::default(),
            flux: Flux::default(),
            applications: BTreeMap::new(),
            next: 0,
            writes: 0,
            watch,
            seed,
        }
    }

    /// What the scenario has installed.
    #[inline]
    pub fn addons(&self) -> &Addons {
        &self.addons
    }

    /// `git push` has brought commits.
    pub fn pushed(&mut self, commits: Vec<Arc<Commit>>, by: EventId, at: SimTime) {
        self.remote.receive(commits, by, at);
    }

    /// The application of this name.
    pub fn application(&self, name: &str) -> Option<&Application> {
        self.applications.get(name)
    }

    /// All applications, by name.
    pub fn applications(&self) -> impl Iterator<Item = (&str, &Application)> {
        self.applications.iter().map(|(name, application)| (name.as_str(), application))
    }

    /// The name of the application of this number.
    fn named(&self, number: u16) -> Option<String> {
        let mut all = self.applications.iter();
        all.find(|(_, application)| application.number == number).map(|(name, _)| name.clone())
    }

    /// An object was written or deleted through the API.
    pub fn object_changed(
        &mut self,
        kind: Kind,
        name: &str,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        if self.addons.is_empty() {
            return;
        }
        if kind == Kind::Application {
            self.application_changed(name, api, scope);
        }
        self.flux.object_changed((kind, name), api, self.seed, self.watch, scope);
        self.look(api, scope);
    }

    /// Notices whether objects were written since the last look.
    pub fn look(&mut self, api: &ApiServer, scope: &mut Scope<'_, '_>) {
        if self.addons.is_empty() || self.applications.is_empty() || self.writes == api.writes() {
            return;
        }
        self.writes = api.writes();
        let (least, most) = self.watch;
        for application in self.applications.values_mut() {
            application.touched = scope.id();
            if !application.comparing {
                application.comparing = true;
                let delay = application.chance.between(least, most);
                scope.after(delay, DeliveryEvent::Compare { application: application.number });
            }
        }
    }

    /// An Application is new, says something else, or is gone; its objects stay (they would go only with a
    /// finalizer, which is not modelled).
    fn application_changed(&mut self, name: &str, api: &ApiServer, scope: &mut Scope<'_, '_>) {
        if spec_of(api, name).is_none() {
            self.applications.remove(name);
            return;
        }
        if !self.applications.contains_key(name) {
            let number = self.next;
            self.next = self.next.wrapping_add(1);
            let chance = self.seed.stream(Stream::GitOps, u32::from(number));
            self.applications.insert(name.to_owned(), Application::new(number, chance, scope.id()));
        }
        let (least, most) = self.watch;
        if let Some(application) = self.applications.get_mut(name) {
            let delay = application.chance.between(least, most);
            application.refresh_after(delay, scope.ctx);
        }
    }
}

/// What the Application of this name asks for.
pub(crate) fn spec_of<'a>(api: &'a ApiServer, name: &str) -> Option<&'a ApplicationSpec> {
    match &api.get(Kind::Application, name)?.manifest.spec {
        Spec::Application(spec) => Some(spec),
        _ => None,
    }
}
