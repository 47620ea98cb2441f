//! `flux`: the command line of Flux 2.
//!
//! Left out: everything but `get`, `reconcile`, `suspend` and `resume` of GitRepositories and Kustomizations.

mod drive;
mod get;

pub(crate) use drive::Waiting;

use crate::cluster::api::Kind;
use crate::console::session::Session;
use crate::delivery::Addon;
use crate::world::World;

const USAGE: &str = "Usage:
  flux get all|sources git|kustomizations [NAME]
  flux reconcile source git NAME
  flux reconcile kustomization NAME [--with-source]
  flux suspend|resume source git NAME
  flux suspend|resume kustomization NAME
";

/// A kind that Flux reconciles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Source,
    Kustomization,
}

impl Target {
    /// The kind as Flux's sentences write it: at the beginning, inside.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Source => ("GitRepository", "source git"),
            Self::Kustomization => ("Kustomization", "kustomization"),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Source => Kind::GitRepository,
            Self::Kustomization => Kind::Kustomization,
        }
    }

    fn names(self, world: &World) -> Vec<String> {
        match self {
            Self::Source => world.delivery.flux.sources().keys().cloned().collect(),
            Self::Kustomization => world.delivery.flux.kustomizations().keys().cloned().collect(),
        }
    }

    /// What the words name: the target, and what follows it.
    fn parse<'w>(words: &[&'w str]) -> Option<(Self, Vec<&'w str>)> {
        match words {
            ["source" | "sources", "git", rest @ ..] => Some((Self::Source, rest.to_vec())),
            ["kustomization" | "kustomizations" | "ks", rest @ ..] => {
                Some((Self::Kustomization, rest.to_vec()))
            }
            _ => None,
        }
    }
}

/// A line that says what is wrong, as Flux writes it.
fn failure(session: &mut Session<'_, '_>, problem: impl AsRef<str>) {
    session.out.fail(format!("✗ {}", problem.as_ref()));
}

pub(super) fn flux(words: &[String], session: &mut Session<'_, '_>) {
    if !session.world.delivery.addons().has(Addon::Flux) {
        return session.out.fail("✗ no Flux controllers found in the namespace \"flux-system\"");
    }
    let mut with_source = false;
    let mut plain = Vec::new();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--with-source" => with_source = true,
            "-n" | "--namespace" | "--timeout" => drop(words.next()),
            "-A" | "--all-namespaces" => {}
            "-h" | "--help" => return session.out.stdout.push_str(USAGE),
            flag if flag.starts_with("--namespace=") || flag.starts_with("--timeout=") => {}
            flag if flag.starts_with('-') => {
                return failure(session, format!("unknown flag: {flag}"));
            }
            word => plain.push(word),
        }
    }
    let (verb, rest) = match plain[..] {
        [] | ["help"] => return session.out.stdout.push_str(USAGE),
        ["version", ..] => return session.out.print("flux: v2.6.4\ndistribution: flux-v2.6.4"),
        ["get", "all"] => return get::all(session),
        [verb, ref rest @ ..] => (verb, rest.to_vec()),
    };
    if !matches!(verb, "get" | "reconcile" | "suspend" | "resume") {
        return failure(session, format!("unknown command \"{verb}\" for \"flux\""));
    }
    let Some((target, rest)) = Target::parse(&rest) else {
        let what = rest.first().copied().unwrap_or_default();
        return failure(
            session,
            format!("{verb} {what} is not modelled here; `flux help` lists what is"),
        );
    };
    match (verb, &rest[..]) {
        ("get", []) => get::table(target, None, session),
        ("get", [name]) => get::table(target, Some(name), session),
        (_, [name]) if !target.names(session.world).iter().any(|one| one == name) => {
            let (plural, group) = (target.kind().plural(), target.kind().group());
            failure(session, format!("{plural}.{group} \"{name}\" not found"));
        }
        ("reconcile", [name]) => drive::reconcile(target, name, with_source, session),
        ("suspend", [name]) => drive::suspend(target, name, true, session),
        ("resume", [name]) => drive::suspend(target, name, false, session),
        (_, []) => failure(session, format!("{} name is required", target.words().0)),
        (_, [_, more, ..]) => failure(session, format!("one name at a time here: {more}")),
        (_, [_]) => {}
    }
}

/// Completions of the word behind `flux WORDS`.
pub(crate) fn complete(words: &[String], world: &World) -> Vec<String> {
    if !world.delivery.addons().has(Addon::Flux) {
        return Vec::new();
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    match words[..] {
        [] => owned(&["get", "reconcile", "resume", "suspend"]),
        ["get"] => owned(&["all", "kustomizations", "sources"]),
        [_] => owned(&["kustomization", "source"]),
        [_, "source" | "sources"] => owned(&["git"]),
        [_, ref rest @ ..] => {
            Target::parse(rest).map(|(target, _)| target.names(world)).unwrap_or_default()
        }
    }
}
