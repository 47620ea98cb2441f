//! How a wrong command is answered; help, explain.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn unknown_words_and_flags_are_answered_as_the_tools_do() {
    let mut bench = Bench::empty();
    bench.check(
        "kubctl get pods",
        &expect![[r#"
        ! bash: kubctl: command not found
        status 127
    "#]],
    );
    bench.check(
        "kubectl gte pods",
        &expect![[r#"
        ! error: unknown command "gte" for "kubectl"
        ! 
        ! Did you mean this?
        ! 	get
        status 1
    "#]],
    );
    bench.check(
        "kubectl frobnicate",
        &expect![[r#"
        ! error: unknown command "frobnicate" for "kubectl"
        status 1
    "#]],
    );
    bench.check(
        "kubectl get pods --foo",
        &expect![[r#"
        ! error: unknown flag: --foo
        ! See 'kubectl get --help' for usage.
        status 1
    "#]],
    );
    bench.check(
        "kubectl get pods -x",
        &expect![[r#"
        ! error: unknown shorthand flag: 'x' in -x
        ! See 'kubectl get --help' for usage.
        status 1
    "#]],
    );
    bench.check(
        "kubectl get pods -o",
        &expect![[r#"
        ! error: flag needs an argument: 'o' in -o
        ! See 'kubectl get --help' for usage.
        status 1
    "#]],
    );
    bench.check("kubectl get pods --watch=maybe", &expect![[r#"
        ! error: invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax
        ! See 'kubectl get --help' for usage.
        status 1
    "#]]);
    bench.check(
        "kubectl rollout status deploy x --timeout=soon",
        &expect![[r#"
        ! error: invalid argument "soon" for "--timeout" flag: time: invalid duration "soon"
        ! See 'kubectl rollout status --help' for usage.
        status 1
    "#]],
    );
    bench.check(
        "kubectl --foo",
        &expect![[r#"
        ! error: unknown flag: --foo
        ! See 'kubectl --help' for usage.
        status 1
    "#]],
    );
    bench.check("kubectl get", &expect![[r#"
        ! You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.
        ! 
        ! error: Required resource not specified.
        ! Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
        ! See 'kubectl get -h' for help and examples
        status 1
    "#]]);
    bench.check("kubectl describe", &expect![[r#"
        ! You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.
        ! error: Required resource not specified.
        status 1
    "#]]);
    bench.check(
        "kubectl delete",
        &expect![[r#"
        ! error: You must provide one or more resources by argument or filename.
        ! Example resource specifications include:
        !    '-f rsrc.yaml'
        !    '--filename=rsrc.json'
        !    '<resource> <name>'
        !    '<resource>'
        status 1
    "#]],
    );
    bench.check(
        "kubectl apply",
        &expect![[r#"
        ! error: must specify one of -f and -k
        status 1
    "#]],
    );
    bench.check(
        "kubectl apply blue.yaml",
        &expect![[r#"
        ! error: Unexpected args: [blue.yaml]
        ! See 'kubectl apply -h' for help and examples
        status 1
    "#]],
    );
    bench.check(
        "kubectl rollout",
        &expect![[r#"
        Available Commands:
          history          List revisions
          pause            Hold a rollout
          restart          Replace all pods
          resume           Go on with a rollout
          status           Wait for a rollout
          undo             Go back to an earlier revision

        Usage:
          kubectl rollout SUBCOMMAND [options]
    "#]],
    );
    bench.check(
        "kubectl rollout stats x",
        &expect![[r#"
        Available Commands:
          history          List revisions
          pause            Hold a rollout
          restart          Replace all pods
          resume           Go on with a rollout
          status           Wait for a rollout
          undo             Go back to an earlier revision

        Usage:
          kubectl rollout SUBCOMMAND [options]
        ! error: unknown command "rollout stats"
        ! See 'kubectl rollout -h' for help and examples
        status 1
    "#]],
    );
    bench.check(
        "kubectl exec -it pod -- sh",
        &expect![[r#"
        ! error: kubectl exec is not modelled here; `kubectl help` lists what is
        status 1
    "#]],
    );
    bench.check(
        "kubectl create deployment web --image=x",
        &expect![[r#"
            ! error: kubectl create deployment is not modelled here; write a manifest and use `kubectl create -f`
            status 1
        "#]],
    );
    bench.check(
        "kubectl apply --server-side -f blue.yaml",
        &expect![[r#"
        ! error: server-side apply is not modelled here; leave --server-side out
        status 1
    "#]],
    );
}

#[test]
fn flags_stand_anywhere_and_in_every_form() {
    let mut bench = Bench::settled();
    let expected = bench.run("kubectl get deploy my-app-blue -o name").stdout;
    for line in [
        "kubectl -n default get deploy my-app-blue -o name",
        "kubectl get -oname deploy my-app-blue",
        "kubectl get deploy -o=name my-app-blue",
        "kubectl get --output name deploy/my-app-blue",
        "kubectl get deployments.apps --output=name -- my-app-blue",
        "k --namespace=default get deployment.v1.apps/my-app-blue -o name",
    ] {
        assert_eq!(bench.run(line).stdout, expected, "{line}");
    }
}

#[test]
fn help_is_short() {
    let mut bench = Bench::empty();
    bench.check("help", &expect![[r#"
        Type commands as in a terminal. Topics, with `help TOPIC`:
          deploy     put a version on the cluster
          look       see what is there
          traffic    move users between versions
          rollback   go back
          database   look at the shared database, and change it
          gitops     let Argo CD or Flux deploy what is in git
          pipeline   let a pipeline bring a release out
          flagger    let Flagger roll out, step by step
          kruise     let OpenKruise release a Deployment, step by step
          files      work on files
          shell      chain and filter commands
          kubectl    all kubectl commands; `help rollout undo` explains one
          rollouts   the commands of kubectl argo rollouts
          istioctl   Istio's own tool: analyze, proxy-status, proxy-config
        Other commands: amtool argocd cat clear cp curl diff echo false fault flux flyway git grep head help history liquibase logcli ls mkdir mv mysql pipeline promql promtool psql pwd rm sed sleep smoke sort tail tee touch true wc why
    "#]]);
    bench.check(
        "help traffic",
        &expect![[r#"
            Change the weights in the VirtualService's file, then apply it:
              kubectl apply -f FILE
            or patch it in place (Istio's kinds take --type=merge or --type=json):
              kubectl patch vs NAME --type=json -p '[{"op": "replace",
                "path": "/spec/http/0/route/0/weight", "value": 10}]'
            Look at it: kubectl describe vs NAME
              istioctl analyze FILE     what would be wrong after applying a file
              istioctl proxy-status     whether the proxies have what istiod has sent
              istioctl proxy-config route deploy/istio-ingressgateway.istio-system
        "#]],
    );
    bench.check(
        "help rollout undo",
        &expect![[r#"
        Go back to an earlier revision

        Options:
            -f, --filename=''          file or folder of manifests; - is input
            -R, --recursive=false      read folders below the folder too
            -l, --selector=''          labels to select by: a=b,c!=d,e in (f,g)
                --field-manager=''     accepted, without effect
                --to-revision=0        which one; 0 is the one before
                --dry-run=''           none, client or server

        Usage:
          kubectl rollout undo deployment/NAME [options]
    "#]],
    );
    bench.check(
        "help nothing",
        &expect![[r#"
        ! help: no help topics match 'nothing'; try: help
        status 1
    "#]],
    );
    bench.check(
        "kubectl scale --help",
        &expect![[r#"
        Change the number of pods

        Options:
            -f, --filename=''          file or folder of manifests; - is input
            -R, --recursive=false      read folders below the folder too
            -l, --selector=''          labels to select by: a=b,c!=d,e in (f,g)
                --all=false            all objects of the kind
                --dry-run=''           none, client or server
            -o, --output=''            output format
                --field-manager=''     accepted, without effect
                --replicas=0           wanted number
                --current-replicas=0   only if it is this now
                --timeout=0s           how long to wait: 30s, 2m

        Usage:
          kubectl scale TYPE NAME --replicas=N [options]
    "#]],
    );
    bench.check(
        "kubectl | head -5",
        &expect![[r#"
        kubectl controls the simulated cluster.

        Commands:
          annotate               change annotations
          api-resources          list the kinds of object
    "#]],
    );
}

#[test]
fn every_topic_of_help_is_answered_and_completed() {
    let mut bench = Bench::empty();
    for topic in bench.simulation.complete("help ") {
        assert_eq!(bench.run(&format!("help {topic}")).status, Some(0), "{topic}");
    }
}

#[test]
fn fields_are_explained() {
    let mut bench = Bench::empty();
    bench.check(
        "kubectl explain deployment.spec.replicas",
        &expect![[r#"
        GROUP:      apps
        KIND:       Deployment
        VERSION:    v1

        FIELD: replicas <integer>

        DESCRIPTION:
            Number of pods wanted; 1 if not given.
    "#]],
    );
    bench.check(
        "kubectl explain vs.spec.http.route",
        &expect![[r#"
        GROUP:      networking.istio.io
        KIND:       VirtualService
        VERSION:    v1

        FIELD: route <[]HTTPRouteDestination>

        DESCRIPTION:
            Where the requests go, by weight.

        FIELDS:
          destination	<Destination> -required-
            Where to.

          weight	<integer>
            Share relative to the sum of all weights; a single destination gets everything.

          headers	<Headers>
            Headers to add and remove.
            This field has no effect here: it is not modelled.

    "#]],
    );
    bench.check(
        "kubectl explain deploy.spec.strategy --recursive",
        &expect![[r#"
        GROUP:      apps
        KIND:       Deployment
        VERSION:    v1

        FIELD: strategy <DeploymentStrategy>

        DESCRIPTION:
            How old pods are exchanged for new ones.

        FIELDS:
          type	<string>
          rollingUpdate	<RollingUpdateDeployment>
            maxSurge	<IntOrString>
            maxUnavailable	<IntOrString>
    "#]],
    );
    bench.check(
        "kubectl explain pod.spec.containers.image",
        &expect![[r#"
        KIND:       Pod
        VERSION:    v1

        FIELD: image <string>

        DESCRIPTION:
            Image with tag; the scenario says how it behaves.
    "#]],
    );
    bench.check(
        "kubectl explain deploy.spec.replica",
        &expect![[r#"
        GROUP:      apps
        KIND:       Deployment
        VERSION:    v1

        ! error: field "replica" does not exist
        status 1
    "#]],
    );
    bench.check(
        "kubectl explain foo",
        &expect![[r#"
        ! error: the server doesn't have a resource type "foo"
        status 1
    "#]],
    );
    bench.check(
        "kubectl api-resources",
        &expect![[r#"
            NAME                       SHORTNAMES   APIVERSION                       NAMESPACED   KIND
            configmaps                 cm           v1                               true         ConfigMap
            endpoints                  ep           v1                               true         Endpoints
            events                     ev           v1                               true         Event
            namespaces                 ns           v1                               false        Namespace
            nodes                      no           v1                               false        Node
            pods                       po           v1                               true         Pod
            resourcequotas             quota        v1                               true         ResourceQuota
            secrets                                 v1                               true         Secret
            services                   svc          v1                               true         Service
            deployments                deploy       apps/v1                          true         Deployment
            replicasets                rs           apps/v1                          true         ReplicaSet
            analysisruns               ar           argoproj.io/v1alpha1             true         AnalysisRun
            analysistemplates          at           argoproj.io/v1alpha1             true         AnalysisTemplate
            applications               app,apps     argoproj.io/v1alpha1             true         Application
            clusteranalysistemplates   cat          argoproj.io/v1alpha1             false        ClusterAnalysisTemplate
            rollouts                   ro           argoproj.io/v1alpha1             true         Rollout
            horizontalpodautoscalers   hpa          autoscaling/v2                   true         HorizontalPodAutoscaler
            kustomizations             ks           kustomize.toolkit.fluxcd.io/v1   true         Kustomization
            gitrepositories            gitrepo      source.toolkit.fluxcd.io/v1      true         GitRepository
            jobs                                    batch/v1                         true         Job
            endpointslices                          discovery.k8s.io/v1              true         EndpointSlice
            canaries                                flagger.app/v1beta1              true         Canary
            metrictemplates                         flagger.app/v1beta1              true         MetricTemplate
            destinationrules           dr           networking.istio.io/v1           true         DestinationRule
            gateways                   gw           networking.istio.io/v1           true         Gateway
            virtualservices            vs           networking.istio.io/v1           true         VirtualService
            poddisruptionbudgets       pdb          policy/v1                        true         PodDisruptionBudget
        "#]],
    );
    bench.check(
        "kubectl version",
        &expect![[r#"
        Client Version: v1.35.0 (simulated)
        Kustomize Version: none
        Server Version: v1.35.0 (simulated)
    "#]],
    );
}
