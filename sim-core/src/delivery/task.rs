//! The steps of a sync: objects and hooks in phases and waves (CD-04).

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::api::Kind;
use crate::delivery::application::{Operation, Phase, Reason};
use crate::delivery::compare::{difference, extra, may_prune};
use crate::delivery::desired::{Desired, Target, wave_of};
use crate::delivery::spec::ApplicationSpec;
use crate::world::World;

/// `argocd.argoproj.io/hook`: when a hook runs. In order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
    /// Before anything is applied; if it fails, nothing is.
    PreSync,
    /// Together with the objects.
    Sync,
    /// When all objects are healthy.
    PostSync,
    /// When a sync has failed.
    SyncFail,
}

impl Hook {
    /// The hook of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::PreSync, Self::Sync, Self::PostSync, Self::SyncFail]
            .into_iter()
            .find(|hook| hook.name() == name)
    }

    /// As the annotation says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreSync => "PreSync",
            Self::Sync => "Sync",
            Self::PostSync => "PostSync",
            Self::SyncFail => "SyncFail",
        }
    }
}

/// `argocd.argoproj.io/hook-delete-policy`: when a hook is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cleaning {
    /// When the next one is about to be made; so it is if nothing is said.
    BeforeCreation,
    /// When the sync has succeeded.
    Succeeded,
    /// When the sync has failed.
    Failed,
}

impl Cleaning {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "BeforeHookCreation" => Some(Self::BeforeCreation),
            "HookSucceeded" => Some(Self::Succeeded),
            "HookFailed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It has not begun.
    Waiting,
    /// An object that was there before is going.
    Deleting,
    /// It is applied, and not yet well.
    Running,
    /// It is done.
    Done,
    /// It went wrong.
    Failed,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) target: Target,
    /// When it runs, if it is a hook.
    pub(super) hook: Option<Hook>,
    /// Whether the object is deleted, not applied.
    pub(super) prunes: bool,
    /// The phase in which it runs.
    pub(super) phase: Hook,
    pub(super) wave: i64,
    pub(super) state: State,
    pub(super) result: Option<SyncResult>,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultCode {
    /// It was applied.
    Synced,
    /// It could not be.
    SyncFailed,
    /// It was deleted.
    Pruned,
    /// It should have been deleted, but nobody allowed that.
    PruneSkipped,
}

impl ResultCode {
    /// As Argo CD writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synced => "Synced",
            Self::SyncFailed => "SyncFailed",
            Self::Pruned => "Pruned",
            Self::PruneSkipped => "PruneSkipped",
        }
    }
}

/// How far a hook has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookPhase {
    /// It runs.
    Running,
    /// It has succeeded.
    Succeeded,
    /// It has failed.
    Failed,
}

impl HookPhase {
    /// As Argo CD writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// What a sync has done with one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncResult {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub code: ResultCode,
    /// What was said of it.
    pub message: String,
    /// If it is a hook, which, and how far.
    pub hook: Option<(Hook, HookPhase)>,
}

impl Task {
    fn new(target: Target, hook: Option<Hook>, prunes: bool) -> Self {
        let (phase, wave) = (hook.unwrap_or(Hook::Sync), target.wave);
        Self { target, hook, prunes, phase, wave, state: State::Waiting, result: None }
    }

    /// Phase and wave: what has the same is done at once.
    pub(super) fn stage(&self) -> (Hook, i64) {
        (self.phase, self.wave)
    }

    /// Whether the object goes when another one is about to be made.
    pub(super) fn makes_room(&self) -> bool {
        let said = &self.target.cleaning;
        self.hook.is_some() && (said.is_empty() || said.contains(&Cleaning::BeforeCreation))
    }

    /// Whether its hook is deleted when a sync has ended so: as in Argo CD, `HookFailed` is about hooks
    /// of a sync that has failed, themselves failed or not.
    pub(super) fn cleans_up(&self, phase: Phase) -> bool {
        let policy = if phase == Phase::Failed { Cleaning::Failed } else { Cleaning::Succeeded };
        let has_run = matches!(self.state, State::Done | State::Failed);
        self.hook.is_some() && has_run && self.target.cleaning.contains(&policy)
    }

    /// `apps/Deployment/NAME`, as messages name it.
    pub(super) fn label(&self) -> String {
        let kind = self.target.kind;
        format!("{}/{}/{}", kind.group(), kind.name(), self.target.name)
    }

    /// Writes down what became of it.
    pub(super) fn report(&mut self, code: ResultCode, message: impl Into<String>) {
        let phase = match self.state {
            State::Done => HookPhase::Succeeded,
            State::Failed => HookPhase::Failed,
            State::Waiting | State::Deleting | State::Running => HookPhase::Running,
        };
        self.result = Some(SyncResult {
            kind: self.target.kind,
            name: self.target.name.clone(),
            code,
            message: message.into(),
            hook: self.hook.map(|hook| (hook, phase)),
        });
    }
}

/// Place of a kind in a wave: what others need comes first.
pub(super) fn order(kind: Kind) -> usize {
    const FIRST: &[Kind] = &[
        Kind::ResourceQuota,
        Kind::PodDisruptionBudget,
        Kind::Secret,
        Kind::ConfigMap,
        Kind::Service,
        Kind::Deployment,
        Kind::HorizontalPodAutoscaler,
        Kind::Job,
    ];
    FIRST.iter().position(|first| *first == kind).unwrap_or(FIRST.len())
}

/// All steps of a sync, in order.
pub(super) fn plan(
    world: &World,
    name: &str,
    spec: &ApplicationSpec,
    desired: &Desired,
    operation: &Operation,
) -> Vec<Task> {
    let selected =
        |key: &(Kind, String)| operation.only.as_ref().is_none_or(|only| only.contains(key));
    let differs =
        |target: &&Target| !spec.only_out_of_sync || difference(world, spec, target).is_some();
    let objects = desired.objects.iter().filter(|target| selected(&target.key())).filter(differs);
    let mut tasks: Vec<Task> =
        objects.map(|target| Task::new(target.clone(), None, false)).collect();
    // Hooks do not run when only some objects are synced, nor on the way back.
    if operation.only.is_none() && operation.reason != Reason::RolledBack {
        for target in &desired.hooks {
            let all = target.hooks.iter().map(|hook| Task::new(target.clone(), Some(*hook), false));
            tasks.extend(all);
        }
    }
    let last = tasks.iter().filter(|task| task.phase == Hook::Sync).map(|task| task.wave).max();
    let mut prunes = Vec::new();
    for (kind, object) in extra(world, name, &desired.objects) {
        let Some(live) = world.api.get(kind, &object).filter(|_| selected(&(kind, object.clone())))
        else {
            continue;
        };
        let document = live.manifest.document.clone();
        let wave = wave_of(&document);
        let (hooks, cleaning) = (Vec::new(), Vec::new());
        let target = Target { kind, name: object, document, hooks, cleaning, wave };
        let mut task = Task::new(target, None, true);
        if !operation.prune || !may_prune(world, spec, kind, &task.target.name) {
            task.state = State::Done;
            let message =
                if operation.prune { "ignored (no prune)" } else { "ignored (requires pruning)" };
            task.report(ResultCode::PruneSkipped, message);
        }
        prunes.push(task);
    }
    turn_round(&mut prunes);
    if spec.prune_last {
        let last = last.unwrap_or(0).max(prunes.iter().map(|task| task.wave).max().unwrap_or(0));
        prunes.iter_mut().for_each(|task| task.wave = last.saturating_add(1));
    }
    tasks.extend(prunes);
    tasks.sort_by_cached_key(|task| {
        let (kind, name) = task.target.key();
        (task.phase, task.wave, !task.prunes, order(kind), kind, name)
    });
    tasks
}

/// What is pruned goes in the opposite order of its waves.
fn turn_round(prunes: &mut [Task]) {
    let waves: BTreeSet<i64> = prunes.iter().map(|task| task.wave).collect();
    let turned: BTreeMap<i64, i64> =
        waves.iter().copied().zip(waves.iter().rev().copied()).collect();
    for task in prunes {
        task.wave = turned.get(&task.wave).copied().unwrap_or(task.wave);
    }
}
