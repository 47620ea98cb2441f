//! `help`: what can be typed here, by task.

use crate::console::commands::BUILTINS;
use crate::console::kubectl::usage::usage;
use crate::console::kubectl::verbs::VERBS;
use crate::console::session::Session;
use crate::console::{argocd, git, istioctl, rollouts};
use crate::delivery::IN_THIS_BUILD;

/// A topic: its name, what it is about, and its text.
type Topic = (&'static str, &'static str, &'static str);

const TOPICS: &[Topic] = &[
    (
        "deploy",
        "put a version on the cluster",
        "kubectl apply -f FILE                              create or change what a file says
kubectl diff -f FILE                               see first what would change
kubectl rollout status deployment/NAME             wait until all pods are available
kubectl set image deployment/NAME CONTAINER=IMAGE  change the image alone
kubectl scale deployment NAME --replicas=N         change the number of pods
",
    ),
    (
        "look",
        "see what is there",
        "kubectl get pods -o wide                 pods, nodes and addresses
kubectl get deploy,svc,vs,dr             several kinds at once
kubectl get pods -l version=green -w     go on and print changes
kubectl describe deployment NAME         conditions, ReplicaSets, events
kubectl get endpointslices               which pods the Services have
kubectl events                           what happened, oldest first
kubectl logs deploy/NAME                 what a container wrote
kubectl logs -l version=green --since=1m what all pods of a version wrote
logcli query '{version=\"green\"} |= \"ERROR\"'   the same, searched
istioctl analyze                         mistakes in what Istio was told
promtool query instant http://prometheus:9090 'sum(rate(istio_requests_total[1m]))'
                                         ask Prometheus; times are seconds since the beginning
promql 'sum(rate(istio_requests_total[1m]))'   the same about now, as a table
amtool alert                             alerts that fire
",
    ),
    (
        "traffic",
        "move users between versions",
        "Change the weights in the VirtualService's file, then apply it:
  kubectl apply -f FILE
or patch it in place (Istio's kinds take --type=merge or --type=json):
  kubectl patch vs NAME --type=json -p '[{\"op\": \"replace\",
    \"path\": \"/spec/http/0/route/0/weight\", \"value\": 10}]'
Look at it: kubectl describe vs NAME
  istioctl analyze FILE     what would be wrong after applying a file
  istioctl proxy-status     whether the proxies have what istiod has sent
  istioctl proxy-config route deploy/istio-ingressgateway.istio-system
",
    ),
    (
        "rollback",
        "go back",
        "Traffic: apply the VirtualService that points at the old version.
Pods:    kubectl rollout undo deployment/NAME [--to-revision=N]
         kubectl rollout history deployment/NAME
",
    ),
    (
        "database",
        "look at the shared database, and change it",
        "psql -c 'SELECT pid, state, query FROM pg_stat_activity'   who is there
psql -c 'SELECT pg_blocking_pids(4711)'                    who is in the way of a session
psql -c '\\d TABLE'                                        a table, its indexes and constraints
psql -f FILE                                               execute a file, as a migration would
psql -1 -v ON_ERROR_STOP=1 -f FILE                         all of it or nothing
flyway info                                                which migrations have been run
flyway baseline                                            take the schema as it is for version 1
flyway migrate                                             run those that are due, in db/migration or sql
liquibase status                                           which changesets have not been run
liquibase update                                           run them; settings are in liquibase.properties
liquibase list-locks                                       who has locked the changelog, and release-locks
psql -c \"SET lock_timeout = '2s'\" -c 'ALTER TABLE ...'    give up rather than stop everybody
psql -c 'SELECT pg_terminate_backend(4711)'                end somebody's session
If it is a MySQL:
mysql -e 'SHOW PROCESSLIST'                                who is there, and what they wait for
mysql -e 'SELECT * FROM sys.schema_table_lock_waits\\G'     who is in the way of whom
mysql -e 'SELECT * FROM information_schema.innodb_trx'     which transactions are open
mysql -e 'DESCRIBE TABLE'                                  a table; SHOW CREATE TABLE tells all of it
mysql < FILE                                               execute a file
mysql -e 'SET lock_wait_timeout = 2; ALTER TABLE ...'      give up rather than stop everybody
mysql -e 'KILL 4711'                                       end somebody's session
A session goes on when you type the next command; its end is told in the events.
",
    ),
    (
        "gitops",
        "let Argo CD or Flux deploy what is in git",
        "kubectl apply -f FILE          an Application says which folder of which repository to deploy
git diff, git add, git commit -m MESSAGE, git push   change what should be there
git log --oneline              what has been asked for, the newest first
git revert --no-edit COMMIT    go back, by a commit of its own; then push
argocd app get NAME            whether the cluster is as git says, object by object
argocd app get NAME --refresh  look at git now, not at the next poll
argocd app sync NAME           make it so
argocd app history NAME        what has been deployed
flux get all                   the same with Flux: sources and Kustomizations
flux reconcile kustomization NAME --with-source   look at git and apply now
flux suspend kustomization NAME   leave the cluster alone, for instance in an incident
`help git`, `help argocd` and `help flux` list the commands.
",
    ),
    (
        "pipeline",
        "let a pipeline bring a release out",
        "pipeline.yaml says which stages there are and what each does; git push or `pipeline run` starts it
pipeline check       what is wrong with the file in the workspace, if anything
pipeline list        the runs so far, the newest first
pipeline status      how far the newest run is, stage by stage
pipeline logs        what it has printed
pipeline watch       follow it to its end
pipeline approve     let a stage begin that waits for somebody
pipeline cancel      stop it and take back what it did
pipeline rerun       the same commit once more
smoke USERS --for=30s    for a stage: synthetic users ask, and it fails if theirs fail
All but check and run take the number of a run.
",
    ),
    (
        "flagger",
        "let Flagger roll out, step by step",
        "kubectl apply -f FILE          a Canary says which Deployment, how fast, and what must be good
kubectl set image deployment/NAME CONTAINER=IMAGE    a new version; Flagger notices it by itself
kubectl get canaries           phase and weight; -w goes on and prints changes
kubectl describe canary NAME   its events: each step, and what halts it
kubectl get metrictemplates    queries of one's own
kubectl patch canary NAME --type=merge -p '{\"spec\": {\"skipAnalysis\": true}}'
Webhooks ask the gates of Flagger's load tester, which you open and close:
  curl -d '{\"name\": \"NAME\", \"namespace\": \"default\"}' http://flagger-loadtester/gate/open
  gate/close, gate/check, rollback/open, rollback/close and rollback/check likewise
",
    ),
    (
        "kruise",
        "let OpenKruise release a Deployment, step by step",
        "kubectl apply -f FILE          a Rollout says which Deployment, and what each step does
kubectl set image deployment/NAME CONTAINER=IMAGE    a new version; it is held, and released by steps
kubectl get rollout            step, state, and what it waits for; -w goes on and prints changes
kubectl describe rollout NAME  the same in full, with its events
kubectl kruise rollout approve rollout/NAME       end the pause of a step
kubectl kruise rollout undo deployment/NAME       take the release back
",
    ),
    (
        "files",
        "work on files",
        "ls, cat FILE, cp, mv, rm, grep, head, tail, wc, sort, diff, touch, tee
sed -i 's/OLD/NEW/' FILE     change text
cat > FILE <<'EOF'           write a file; end it with EOF on a line of its own
command > FILE               keep what a command prints
",
    ),
    (
        "shell",
        "chain and filter commands",
        "A && B     B only if A succeeds        A || B   B only if A fails
A ; B      one after the other         A | B    B reads what A prints
# text     a comment                   'x' \"x\"  quotes
k          short for kubectl           Tab      completes words
sleep 5    lets simulated time pass    Ctrl-C   ends a command that goes on
Not here: variables, $(...), background jobs.
",
    ),
];

/// `help [TOPIC]`.
pub(crate) fn help(words: &[String], session: &mut Session<'_, '_>) {
    let Some(topic) = words.first() else { return overview(session) };
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| *word != "kubectl" && *word != "k")
        .collect();
    let name = words.join(" ");
    if let Some((_, _, text)) = TOPICS.iter().find(|(topic, ..)| *topic == name) {
        session.out.stdout.push_str(text);
    } else if let Some(verb) = VERBS.iter().find(|verb| verb.name == name) {
        session.out.stdout.push_str(&usage(verb));
    } else if name == "git" && IN_THIS_BUILD {
        session.out.stdout.push_str(&git::overview());
    } else if matches!(name.as_str(), "argo rollouts" | "rollouts") && IN_THIS_BUILD {
        session.out.stdout.push_str(&rollouts::overview());
    } else if let Some(rest) = name.strip_prefix("argocd").filter(|_| IN_THIS_BUILD) {
        argocd::help(rest.trim(), session);
    } else if let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == name) {
        session.out.print(format!("{} {}\n  {}", builtin.name, builtin.usage, builtin.about));
    } else if let Some(rest) = name.strip_prefix("istioctl") {
        istioctl::help(rest.trim(), session);
    } else if name.is_empty() {
        kubectl(session);
    } else {
        session.out.fail(format!("help: no help topics match '{topic}'; try: help"));
    }
}

fn overview(session: &mut Session<'_, '_>) {
    session.out.print("Type commands as in a terminal. Topics, with `help TOPIC`:");
    for (name, about, _) in TOPICS {
        session.out.print(format!("  {name:<10} {about}"));
    }
    session.out.print("  kubectl    all kubectl commands; `help rollout undo` explains one");
    session.out.print("  rollouts   the commands of kubectl argo rollouts");
    session.out.print("  istioctl   Istio's own tool: analyze, proxy-status, proxy-config");
    let names: Vec<&str> = BUILTINS.iter().map(|builtin| builtin.name).collect();
    session.out.print(format!("Other commands: {}", names.join(" ")));
}

fn kubectl(session: &mut Session<'_, '_>) {
    for verb in VERBS {
        let usage = format!("kubectl {} {}", verb.name, verb.usage);
        session.out.print(format!("{:<58} {}", usage.trim_end(), verb.about));
    }
}
