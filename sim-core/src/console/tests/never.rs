//! What no line may do.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::bench::Bench;
use crate::cluster::api::Kind;

/// A cluster with objects, made once; every case works on its own copy.
static SETTLED: LazyLock<crate::simulation::Simulation> =
    LazyLock::new(|| Bench::settled().simulation.clone());

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "kubectl", "get", "describe", "pods", "deploy", "svc", "vs", "all", "my-app-blue",
            "deploy/my-app-blue", "rollout", "status", "undo", "history", "scale", "--replicas=0",
            "-o", "yaml", "json", "jsonpath={.items[*]}", "wide", "-l", "version=blue", "-w",
            "delete", "label", "annotate", "patch", "-p", "{}", "--type=json", "[]", "explain",
            "apply", "-f", "blue.yaml", "-", "logs", "edit", "set", "image", "app=x", "wait",
            "git", "commit", "-am", "push", "revert", "HEAD~1", "log", "show", "checkout", "argocd", "app",
            "sync", "list", "istioctl", "analyze", "proxy-status", "pc", "route", "cluster", "ep", "--use-kube=false",
            "deploy/istio-ingressgateway.istio-system", "--fqdn", "--subset", "-A",
            "--for=delete", "diff", "events", "version", "--help", "-n", "default", "a=b", "a-",
        ]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "|", "&&", ";", "||", ">", "<", "2>&1", "grep", "head", "-1", "cat", "sed", "s/a/b/",
            "help", "ls", "wc", "-l", "echo", "\n", "#", "'", "\"", "\\", "$x", "<<EOF", "EOF",
        ]).prop_map(str::to_owned),
        1 => "[ -~é\n\t]{0,12}",
    ];
    prop::collection::vec(word, 0..10).prop_map(|words| words.join(" "))
}

/// Everything that users wrote.
fn objects(simulation: &crate::simulation::Simulation) -> Vec<(String, u64)> {
    let api = &simulation.world().api;
    let of = |kind: &Kind| {
        let kind = *kind;
        api.list(kind).map(move |(name, o)| (format!("{kind}/{name}"), o.resource_version))
    };
    Kind::ALL.iter().flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_line_panics(line in words()) {
        let mut simulation = SETTLED.clone();
        simulation.execute(&line);
        simulation.complete(&line);
        prop_assert!(simulation.world().cluster.state.pods.len() < 100);
    }

    #[test]
    fn a_line_that_only_reads_changes_nothing(
        verb in prop::sample::select(vec!["get", "describe", "logs", "explain", "diff -f", "events", "wait", "rollout history"]),
        rest in "[a-z /=.*{}\\[\\]-]{0,30}",
    ) {
        let mut simulation = SETTLED.clone();
        simulation.execute(&format!("kubectl {verb} {rest}"));
        prop_assert_eq!(objects(&simulation), objects(&SETTLED));
    }

    #[test]
    fn an_unknown_flag_changes_nothing(
        verb in prop::sample::select(vec!["apply -f blue.yaml", "delete deploy --all", "scale deploy/my-app-blue --replicas=9", "rollout undo deploy/my-app-blue", "label deploy --all a=b"]),
        flag in "--[a-z]{2,8}zz",
    ) {
        let mut simulation = SETTLED.clone();
        let reply = simulation.execute(&format!("kubectl {verb} {flag}"));
        prop_assert_eq!(reply.status, Some(1));
        prop_assert_eq!(objects(&simulation), objects(&SETTLED));
    }
}
