//! `kubectl get -o yaml`.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn documents_show_what_the_server_fills_in() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl get deploy my-app-blue -o yaml | grep -v last-applied -A0",
        &expect![[r#"
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              annotations:
                deployment.kubernetes.io/revision: "1"
                  {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"labels":{"app":"my-app","version":"blue"},"name":"my-app-blue","namespace":"default"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"my-app","version":"blue"}},"template":{"metadata":{"labels":{"app":"my-app","version":"blue"}},"spec":{"containers":[{"env":[{"name":"GREETING","value":"hello"}],"image":"myorg/myapp:v1","name":"app","ports":[{"containerPort":8080}],"readinessProbe":{"httpGet":{"path":"/health","port":8080},"periodSeconds":5},"resources":{"limits":{"cpu":"500m","memory":"1Gi"},"requests":{"cpu":"250m","memory":"512Mi"}}}]}}}}
              creationTimestamp: "2026-01-05T09:00:00Z"
              generation: 1
              labels:
                app: my-app
                version: blue
              name: my-app-blue
              namespace: default
              resourceVersion: "1"
              uid: UID
            spec:
              progressDeadlineSeconds: 600
              replicas: 2
              revisionHistoryLimit: 10
              selector:
                matchLabels:
                  app: my-app
                  version: blue
              strategy:
                rollingUpdate:
                  maxSurge: 25%
                  maxUnavailable: 25%
                type: RollingUpdate
              template:
                metadata:
                  labels:
                    app: my-app
                    version: blue
                spec:
                  containers:
                  - env:
                    - name: GREETING
                      value: hello
                    image: myorg/myapp:v1
                    imagePullPolicy: IfNotPresent
                    name: app
                    ports:
                    - containerPort: 8080
                      protocol: TCP
                    readinessProbe:
                      failureThreshold: 3
                      httpGet:
                        path: /health
                        port: 8080
                        scheme: HTTP
                      periodSeconds: 5
                      successThreshold: 1
                      timeoutSeconds: 1
                    resources:
                      limits:
                        cpu: 500m
                        memory: 1Gi
                      requests:
                        cpu: 250m
                        memory: 512Mi
                  restartPolicy: Always
                  terminationGracePeriodSeconds: 30
            status:
              availableReplicas: 2
              conditions:
              - lastTransitionTime: "2026-01-05T09:00:05Z"
                lastUpdateTime: "2026-01-05T09:00:05Z"
                message: Deployment has minimum availability.
                reason: MinimumReplicasAvailable
                status: "True"
                type: Available
              - lastTransitionTime: "2026-01-05T09:00:00Z"
                lastUpdateTime: "2026-01-05T09:00:05Z"
                message: ReplicaSet "my-app-blue-66c485867d" has successfully progressed.
                reason: NewReplicaSetAvailable
                status: "True"
                type: Progressing
              observedGeneration: 1
              readyReplicas: 2
              replicas: 2
              updatedReplicas: 2
        "#]],
    );
    bench.check("kubectl get svc my-app-service -o json | head -40", &expect![[r#"
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"annotations\":{},\"name\":\"my-app-service\",\"namespace\":\"default\"},\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":8080}],\"selector\":{\"app\":\"my-app\"}}}\n"
                },
                "creationTimestamp": "2026-01-05T09:00:00Z",
                "name": "my-app-service",
                "namespace": "default",
                "resourceVersion": "2",
                "uid": "UID"
            },
            "spec": {
                "clusterIP": "10.96.227.248",
                "clusterIPs": [
                    "10.96.227.248"
                ],
                "ports": [
                    {
                        "port": 80,
                        "protocol": "TCP",
                        "targetPort": 8080
                    }
                ],
                "selector": {
                    "app": "my-app"
                },
                "sessionAffinity": "None",
                "type": "ClusterIP"
            },
            "status": {
                "loadBalancer": {}
            }
        }
    "#]]);
    bench.check(
        "kubectl get pods -o yaml | head -70",
        &expect![[r#"
            apiVersion: v1
            items:
            - apiVersion: v1
              kind: Pod
              metadata:
                creationTimestamp: "2026-01-05T09:00:00Z"
                labels:
                  app: my-app
                  pod-template-hash: 66c485867d
                  version: blue
                name: my-app-blue-66c485867d-xxxxx
                namespace: default
                ownerReferences:
                - apiVersion: apps/v1
                  blockOwnerDeletion: true
                  controller: true
                  kind: ReplicaSet
                  name: my-app-blue-66c485867d
                  uid: UID
                uid: UID
              spec:
                containers:
                - env:
                  - name: GREETING
                    value: hello
                  image: myorg/myapp:v1
                  imagePullPolicy: IfNotPresent
                  name: app
                  ports:
                  - containerPort: 8080
                    protocol: TCP
                  readinessProbe:
                    failureThreshold: 3
                    httpGet:
                      path: /health
                      port: 8080
                      scheme: HTTP
                    periodSeconds: 5
                    successThreshold: 1
                    timeoutSeconds: 1
                  resources:
                    limits:
                      cpu: 500m
                      memory: 1Gi
                    requests:
                      cpu: 250m
                      memory: 512Mi
                nodeName: node-2
                restartPolicy: Always
                terminationGracePeriodSeconds: 30
              status:
                conditions:
                - lastTransitionTime: "2026-01-05T09:00:00Z"
                  status: "True"
                  type: PodReadyToStartContainers
                - lastTransitionTime: "2026-01-05T09:00:00Z"
                  status: "True"
                  type: Initialized
                - lastTransitionTime: "2026-01-05T09:00:05Z"
                  status: "True"
                  type: Ready
                - lastTransitionTime: "2026-01-05T09:00:05Z"
                  status: "True"
                  type: ContainersReady
                - lastTransitionTime: "2026-01-05T09:00:00Z"
                  status: "True"
                  type: PodScheduled
                containerStatuses:
                - image: myorg/myapp:v1
                  lastState: {}
        "#]],
    );
}

/// K8S-103.
#[test]
fn a_pod_is_guaranteed_if_its_requests_are_its_limits() {
    let mut bench = Bench::settled();
    let class = "kubectl get pods -o jsonpath='{.items[0].status.qosClass}'";
    bench.check(class, &expect!["Burstable"]);
    bench.run(
        "kubectl set resources deployment my-app-blue --limits=cpu=1,memory=1Gi \
         --requests=cpu=1,memory=1Gi",
    );
    bench.wait(120);
    bench.check(class, &expect!["Guaranteed"]);
}
