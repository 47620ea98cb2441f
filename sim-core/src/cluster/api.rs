//! The API server: the objects that users write, with names, versions and times (MOD-2).

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::cluster::spec::{
    AutoscalerSpec, BudgetSpec, ConfigData, DeploymentSpec, JobSpec, Labels, QuotaSpec,
    ScaleTarget, ServiceSpec,
};
use crate::delivery::flux::spec::{KustomizationSpec, SourceSpec};
use crate::delivery::spec::ApplicationSpec;
use crate::flagger::spec::{CanarySpec, MetricTemplateSpec};
use crate::kruise::spec::KruiseSpec;
use crate::mesh::spec::{DestinationRuleSpec, GatewaySpec, VirtualServiceSpec};
use crate::queue::EventId;
use crate::rollouts::analysis::spec::{AnalysisRunSpec, AnalysisSpec};
use crate::rollouts::spec::RolloutSpec;
use crate::time::SimTime;

/// The kinds of object that a manifest may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `apps/v1`.
    Deployment,
    /// `batch/v1`.
    Job,
    /// `v1`.
    Service,
    /// `v1`.
    ConfigMap,
    /// `v1`.
    Secret,
    /// `v1`.
    ResourceQuota,
    /// `autoscaling/v2`.
    HorizontalPodAutoscaler,
    /// `policy/v1`.
    PodDisruptionBudget,
    /// `networking.istio.io`.
    Gateway,
    /// `networking.istio.io`.
    VirtualService,
    /// `networking.istio.io`.
    DestinationRule,
    /// `argoproj.io`.
    Application,
    /// `flagger.app`.
    Canary,
    /// `flagger.app`.
    MetricTemplate,
    /// `argoproj.io`.
    Rollout,
    /// `argoproj.io`.
    AnalysisTemplate,
    /// `argoproj.io`.
    ClusterAnalysisTemplate,
    /// `argoproj.io`.
    AnalysisRun,
    /// `source.toolkit.fluxcd.io`.
    GitRepository,
    /// `kustomize.toolkit.fluxcd.io`.
    Kustomization,
    /// `rollouts.kruise.io`: the other kind that is called Rollout.
    KruiseRollout,
}

impl Kind {
    /// Every kind, in the order in which tables list them.
    pub const ALL: &[Self] = &[
        Self::Deployment,
        Self::Job,
        Self::Service,
        Self::ConfigMap,
        Self::Secret,
        Self::ResourceQuota,
        Self::HorizontalPodAutoscaler,
        Self::PodDisruptionBudget,
        Self::Gateway,
        Self::VirtualService,
        Self::DestinationRule,
        Self::Application,
        Self::Canary,
        Self::MetricTemplate,
        Self::Rollout,
        Self::AnalysisTemplate,
        Self::ClusterAnalysisTemplate,
        Self::AnalysisRun,
        Self::GitRepository,
        Self::Kustomization,
        Self::KruiseRollout,
    ];

    /// `kind` in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::Job => "Job",
            Self::Service => "Service",
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::ResourceQuota => "ResourceQuota",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::Gateway => "Gateway",
            Self::VirtualService => "VirtualService",
            Self::DestinationRule => "DestinationRule",
            Self::Application => "Application",
            Self::Canary => "Canary",
            Self::MetricTemplate => "MetricTemplate",
            Self::Rollout | Self::KruiseRollout => "Rollout",
            Self::AnalysisTemplate => "AnalysisTemplate",
            Self::ClusterAnalysisTemplate => "ClusterAnalysisTemplate",
            Self::AnalysisRun => "AnalysisRun",
            Self::GitRepository => "GitRepository",
            Self::Kustomization => "Kustomization",
        }
    }

    /// Whether a custom resource definition brings it: it is stored as written, and its lists are replaced
    /// whole.
    pub fn is_custom(self) -> bool {
        self.group().contains('.')
    }

    /// Group of `apiVersion`; empty for the core group.
    pub fn group(self) -> &'static str {
        match self {
            Self::Deployment => "apps",
            Self::Job => "batch",
            Self::Service | Self::ConfigMap | Self::Secret | Self::ResourceQuota => "",
            Self::HorizontalPodAutoscaler => "autoscaling",
            Self::PodDisruptionBudget => "policy",
            Self::Gateway | Self::VirtualService | Self::DestinationRule => "networking.istio.io",
            Self::Application
            | Self::Rollout
            | Self::AnalysisTemplate
            | Self::ClusterAnalysisTemplate
            | Self::AnalysisRun => "argoproj.io",
            Self::Canary | Self::MetricTemplate => "flagger.app",
            Self::GitRepository => "source.toolkit.fluxcd.io",
            Self::Kustomization => "kustomize.toolkit.fluxcd.io",
            Self::KruiseRollout => "rollouts.kruise.io",
        }
    }

    /// `apiVersion` values that the API server accepts, the preferred one first.
    pub fn versions(self) -> &'static [&'static str] {
        match self {
            Self::Deployment => &["apps/v1"],
            Self::Job => &["batch/v1"],
            Self::Service | Self::ConfigMap | Self::Secret | Self::ResourceQuota => &["v1"],
            Self::HorizontalPodAutoscaler => &["autoscaling/v2"],
            Self::PodDisruptionBudget => &["policy/v1"],
            Self::Gateway | Self::VirtualService | Self::DestinationRule => &[
                "networking.istio.io/v1",
                "networking.istio.io/v1beta1",
                "networking.istio.io/v1alpha3",
            ],
            Self::Application
            | Self::Rollout
            | Self::AnalysisTemplate
            | Self::ClusterAnalysisTemplate
            | Self::AnalysisRun => &["argoproj.io/v1alpha1"],
            Self::Canary | Self::MetricTemplate => &["flagger.app/v1beta1"],
            Self::GitRepository => &["source.toolkit.fluxcd.io/v1"],
            Self::Kustomization => &["kustomize.toolkit.fluxcd.io/v1"],
            Self::KruiseRollout => &["rollouts.kruise.io/v1beta1"],
        }
    }

    /// The plural that URLs and error messages use.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Deployment => "deployments",
            Self::Job => "jobs",
            Self::Service => "services",
            Self::ConfigMap => "configmaps",
            Self::Secret => "secrets",
            Self::ResourceQuota => "resourcequotas",
            Self::HorizontalPodAutoscaler => "horizontalpodautoscalers",
            Self::PodDisruptionBudget => "poddisruptionbudgets",
            Self::Gateway => "gateways",
            Self::VirtualService => "virtualservices",
            Self::DestinationRule => "destinationrules",
            Self::Application => "applications",
            Self::Canary => "canaries",
            Self::MetricTemplate => "metrictemplates",
            Self::Rollout | Self::KruiseRollout => "rollouts",
            Self::AnalysisTemplate => "analysistemplates",
            Self::ClusterAnalysisTemplate => "clusteranalysistemplates",
            Self::AnalysisRun => "analysisruns",
            Self::GitRepository => "gitrepositories",
            Self::Kustomization => "kustomizations",
        }
    }

    /// Names that kubectl accepts besides the plural.
    pub fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Deployment => &["deployment", "deploy"],
            Self::Job => &["job"],
            Self::Service => &["service", "svc"],
            Self::ConfigMap => &["configmap", "cm"],
            Self::Secret => &["secret"],
            Self::ResourceQuota => &["resourcequota", "quota"],
            Self::HorizontalPodAutoscaler => &["horizontalpodautoscaler", "hpa"],
            Self::PodDisruptionBudget => &["poddisruptionbudget", "pdb"],
            Self::Gateway => &["gateway", "gw"],
            Self::VirtualService => &["virtualservice", "vs"],
            Self::DestinationRule => &["destinationrule", "dr"],
            Self::Application => &["application", "app", "apps"],
            Self::Canary => &["canary"],
            Self::MetricTemplate => &["metrictemplate"],
            Self::Rollout => &["rollout", "ro"],
            Self::KruiseRollout => &["rollout"],
            Self::AnalysisTemplate => &["analysistemplate", "at"],
            Self::ClusterAnalysisTemplate => &["clusteranalysistemplate", "cat"],
            Self::AnalysisRun => &["analysisrun", "ar"],
            Self::GitRepository => &["gitrepository", "gitrepo"],
            Self::Kustomization => &["kustomization", "ks"],
        }
    }

    /// `deployment.apps`, as kubectl prints results.
    pub fn qualified(self) -> String {
        let name = self.name().to_lowercase();
        match self.group() {
            "" => name,
            group => format!("{name}.{group}"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The typed content of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Spec {
    /// A Deployment.
    Deployment(Box<DeploymentSpec>),
    /// A Job.
    Job(Box<JobSpec>),
    /// A Service.
    Service(ServiceSpec),
    /// A ConfigMap.
    ConfigMap(ConfigData),
    /// A Secret.
    Secret(ConfigData),
    /// A `ResourceQuota`.
    ResourceQuota(QuotaSpec),
    /// A `HorizontalPodAutoscaler`.
    HorizontalPodAutoscaler(AutoscalerSpec),
    /// A `PodDisruptionBudget`.
    PodDisruptionBudget(BudgetSpec),
    /// A Gateway.
    Gateway(GatewaySpec),
    /// A VirtualService.
    VirtualService(VirtualServiceSpec),
    /// A DestinationRule.
    DestinationRule(DestinationRuleSpec),
    /// An Application of Argo CD.
    Application(Box<ApplicationSpec>),
    /// A Canary of Flagger.
    Canary(Box<CanarySpec>),
    /// A `MetricTemplate` of Flagger.
    MetricTemplate(MetricTemplateSpec),
    /// A Rollout.
    Rollout(Box<RolloutSpec>),
    /// An `AnalysisTemplate`.
    AnalysisTemplate(AnalysisSpec),
    /// A `ClusterAnalysisTemplate`.
    ClusterAnalysisTemplate(AnalysisSpec),
    /// An `AnalysisRun`.
    AnalysisRun(AnalysisRunSpec),
    /// A GitRepository of Flux.
    GitRepository(SourceSpec),
    /// A Kustomization of Flux.
    Kustomization(Box<KustomizationSpec>),
    /// A Rollout of OpenKruise.
    KruiseRollout(Box<KruiseSpec>),
}

impl Spec {
    /// The kind of object this is the content of.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Deployment(_) => Kind::Deployment,
            Self::Job(_) => Kind::Job,
            Self::Service(_) => Kind::Service,
            Self::ConfigMap(_) => Kind::ConfigMap,
            Self::Secret(_) => Kind::Secret,
            Self::ResourceQuota(_) => Kind::ResourceQuota,
            Self::HorizontalPodAutoscaler(_) => Kind::HorizontalPodAutoscaler,
            Self::PodDisruptionBudget(_) => Kind::PodDisruptionBudget,
            Self::Gateway(_) => Kind::Gateway,
            Self::VirtualService(_) => Kind::VirtualService,
            Self::DestinationRule(_) => Kind::DestinationRule,
            Self::Application(_) => Kind::Application,
            Self::Canary(_) => Kind::Canary,
            Self::MetricTemplate(_) => Kind::MetricTemplate,
            Self::Rollout(_) => Kind::Rollout,
            Self::AnalysisTemplate(_) => Kind::AnalysisTemplate,
            Self::ClusterAnalysisTemplate(_) => Kind::ClusterAnalysisTemplate,
            Self::AnalysisRun(_) => Kind::AnalysisRun,
            Self::GitRepository(_) => Kind::GitRepository,
            Self::Kustomization(_) => Kind::Kustomization,
            Self::KruiseRollout(_) => Kind::KruiseRollout,
        }
    }
}

/// A checked manifest: what a user asks the API server to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`.
    pub labels: Labels,
    /// `metadata.annotations`.
    pub annotations: Labels,
    /// The typed content.
    pub spec: Spec,
    /// The whole document as written, for `-o yaml`, `diff`, `patch` and `edit`.
    pub document: Value,
}

/// An object that the API server holds.
#[derive(Clone, Debug)]
pub struct Object {
    /// What the user wrote.
    pub manifest: Manifest,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.generation`: raised by every change of the content.
    pub generation: u64,
    /// `metadata.resourceVersion`: raised by every write.
    pub resource_version: u64,
    /// `metadata.creationTimestamp`.
    pub created: SimTime,
    /// The event or command of the last write: the cause of what follows from it.
    pub written_by: EventId,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The object is new.
    Created,
    /// The object has changed.
    Configured,
    /// The object was like that already.
    Unchanged,
}

/// All objects that users wrote, in the namespace `default`.
#[derive(Clone, Debug, Default)]
pub struct ApiServer {
    objects: BTreeMap<(Kind, String), Object>,
    writes: u64,
}

impl ApiServer {
    /// The object of this kind and name.
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.objects.get(&(kind, name.to_owned()))
    }

    /// All objects of a kind, by name.
    pub fn list(&self, kind: Kind) -> impl Iterator<Item = (&str, &Object)> {
        self.objects
            .range((kind, String::new())..)
            .take_while(move |((of, _), _)| *of == kind)
            .map(|((_, name), object)| (name.as_str(), object))
    }

    /// Creates or replaces an object. `uid` is used if it is new.
    pub fn put(&mut self, manifest: Manifest, now: SimTime, by: EventId, uid: String) -> Applied {
        let key = (manifest.spec.kind(), manifest.name.clone());
        match self.objects.get_mut(&key) {
            None => {
                self.writes += 1;
                let resource_version = self.writes;
                let object = Object {
                    manifest,
                    uid,
                    generation: 1,
                    resource_version,
                    created: now,
                    written_by: by,
                };
                self.objects.insert(key, object);
                Applied::Created
            }
            Some(object) if object.manifest.document == manifest.document => Applied::Unchanged,
            Some(object) => {
                self.writes += 1;
                if object.manifest.spec != manifest.spec {
                    object.generation += 1;
                }
                object.resource_version = self.writes;
                object.written_by = by;
                object.manifest = manifest;
                Applied::Configured
            }
        }
    }

    /// Subresource `scale`: gives a Deployment or a Rollout another number of replicas (K8S-88, ROLL-08).
    pub fn scale(&mut self, target: &ScaleTarget, replicas: u32, by: EventId) {
        let Some(object) = self.objects.get_mut(&(target.kind, target.name.clone())) else {
            return;
        };
        match &mut object.manifest.spec {
            Spec::Deployment(spec) => spec.replicas = replicas,
            Spec::Rollout(spec) => spec.replicas = replicas,
            _ => return,
        }
        self.writes += 1;
        object.manifest.document["spec"]["replicas"] = replicas.into();
        object.generation += 1;
        object.resource_version = self.writes;
        object.written_by = by;
    }

    /// Number of writes so far.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// Removes an object.
    pub fn delete(&mut self, kind: Kind, name: &str) -> Option<Object> {
        self.writes += 1;
        self.objects.remove(&(kind, name.to_owned()))
    }
}
