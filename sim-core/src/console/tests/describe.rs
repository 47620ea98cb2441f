//! `kubectl describe`.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn descriptions_have_the_layout_of_kubectl() {
    let mut bench = Bench::settled();
    bench.check("kubectl describe deployment my-app-blue", &expect![[r#"
        Name:                   my-app-blue
        Namespace:              default
        CreationTimestamp:      Mon, 05 Jan 2026 09:00:00 +0000
        Labels:                 app=my-app
                                version=blue
        Annotations:            deployment.kubernetes.io/revision: 1
        Selector:               app=my-app,version=blue
        Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable
        StrategyType:           RollingUpdate
        MinReadySeconds:        0
        RollingUpdateStrategy:  25% max unavailable, 25% max surge
        Pod Template:
          Labels:  app=my-app
                   version=blue
          Containers:
           app:
            Image:      myorg/myapp:v1
            Port:       8080/TCP
            Host Port:  0/TCP
            Limits:
              cpu:     500m
              memory:  1Gi
            Requests:
              cpu:      250m
              memory:   512Mi
            Readiness:  http-get http://:8080/health delay=0s timeout=1s period=5s #success=1 #failure=3
            Environment:
              GREETING:    hello
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>
        Conditions:
          Type           Status  Reason
          ----           ------  ------
          Available      True    MinimumReplicasAvailable
          Progressing    True    NewReplicaSetAvailable
        OldReplicaSets:  <none>
        NewReplicaSet:   my-app-blue-66c485867d (2/2 replicas created)
        Events:
          Type    Reason             Age   From                   Message
          ----    ------             ----  ----                   -------
          Normal  ScalingReplicaSet  60s   deployment-controller  Scaled up replica set my-app-blue-66c485867d from 0 to 2
    "#]]);
    bench.check("kubectl describe rs", &expect![[r#"
        Name:           my-app-blue-66c485867d
        Namespace:      default
        Selector:       app=my-app,pod-template-hash=66c485867d,version=blue
        Labels:         app=my-app
                        pod-template-hash=66c485867d
                        version=blue
        Annotations:    deployment.kubernetes.io/desired-replicas: 2
                        deployment.kubernetes.io/max-replicas: 3
                        deployment.kubernetes.io/revision: 1
        Controlled By:  Deployment/my-app-blue
        Replicas:       2 current / 2 desired
        Pods Status:    2 Running / 0 Waiting / 0 Succeeded / 0 Failed
        Pod Template:
          Labels:  app=my-app
                   pod-template-hash=66c485867d
                   version=blue
          Containers:
           app:
            Image:      myorg/myapp:v1
            Port:       8080/TCP
            Host Port:  0/TCP
            Limits:
              cpu:     500m
              memory:  1Gi
            Requests:
              cpu:      250m
              memory:   512Mi
            Readiness:  http-get http://:8080/health delay=0s timeout=1s period=5s #success=1 #failure=3
            Environment:
              GREETING:    hello
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>
        Events:
          Type    Reason            Age   From                   Message
          ----    ------            ----  ----                   -------
          Normal  SuccessfulCreate  60s   replicaset-controller  Created pod: my-app-blue-66c485867d-xxxxx
          Normal  SuccessfulCreate  60s   replicaset-controller  Created pod: my-app-blue-66c485867d-xxxxx
    "#]]);
    bench.check("kubectl describe pods", &expect![[r#"
        Name:             my-app-blue-66c485867d-xxxxx
        Namespace:        default
        Priority:         0
        Service Account:  default
        Node:             node-2/172.18.0.3
        Start Time:       Mon, 05 Jan 2026 09:00:00 +0000
        Labels:           app=my-app
                          pod-template-hash=66c485867d
                          version=blue
        Annotations:      <none>
        Status:           Running
        IP:               10.244.2.2
        IPs:
          IP:           10.244.2.2
        Controlled By:  ReplicaSet/my-app-blue-66c485867d
        Containers:
          app:
            Image:          myorg/myapp:v1
            Port:           8080/TCP
            Host Port:      0/TCP
            State:          Running
              Started:      Mon, 05 Jan 2026 09:00:01 +0000
            Ready:          True
            Restart Count:  0
            Limits:
              cpu:     500m
              memory:  1Gi
            Requests:
              cpu:      250m
              memory:   512Mi
            Readiness:  http-get http://:8080/health delay=0s timeout=1s period=5s #success=1 #failure=3
            Environment:
              GREETING:  hello
            Mounts:      <none>
        Conditions:
          Type                        Status
          PodReadyToStartContainers   True 
          Initialized                 True 
          Ready                       True 
          ContainersReady             True 
          PodScheduled                True 
        Volumes:                      <none>
        QoS Class:                    Burstable
        Node-Selectors:               <none>
        Tolerations:                  <none>
        Events:
          Type     Reason     Age   From               Message
          ----     ------     ----  ----               -------
          Normal   Scheduled  60s   default-scheduler  Successfully assigned default/my-app-blue-66c485867d-xxxxx to node-2
          Normal   Pulling    60s   kubelet            spec.containers{app}: Pulling image "myorg/myapp:v1"
          Normal   Pulled     60s   kubelet            spec.containers{app}: Successfully pulled image "myorg/myapp:v1" in 800ms (800ms including waiting). Image size: 107797867 bytes.
          Normal   Created    59s   kubelet            spec.containers{app}: Container created
          Normal   Started    59s   kubelet            spec.containers{app}: Container started
          Warning  Unhealthy  59s   kubelet            spec.containers{app}: Readiness probe failed: Get "http://10.244.2.2:8080/health": dial tcp 10.244.2.2:8080: connect: connection refused


        Name:             my-app-blue-66c485867d-xxxxx
        Namespace:        default
        Priority:         0
        Service Account:  default
        Node:             node-1/172.18.0.2
        Start Time:       Mon, 05 Jan 2026 09:00:00 +0000
        Labels:           app=my-app
                          pod-template-hash=66c485867d
                          version=blue
        Annotations:      <none>
        Status:           Running
        IP:               10.244.1.2
        IPs:
          IP:           10.244.1.2
        Controlled By:  ReplicaSet/my-app-blue-66c485867d
        Containers:
          app:
            Image:          myorg/myapp:v1
            Port:           8080/TCP
            Host Port:      0/TCP
            State:          Running
              Started:      Mon, 05 Jan 2026 09:00:01 +0000
            Ready:          True
            Restart Count:  0
            Limits:
              cpu:     500m
              memory:  1Gi
            Requests:
              cpu:      250m
              memory:   512Mi
            Readiness:  http-get http://:8080/health delay=0s timeout=1s period=5s #success=1 #failure=3
            Environment:
              GREETING:  hello
            Mounts:      <none>
        Conditions:
          Type                        Status
          PodReadyToStartContainers   True 
          Initialized                 True 
          Ready                       True 
          ContainersReady             True 
          PodScheduled                True 
        Volumes:                      <none>
        QoS Class:                    Burstable
        Node-Selectors:               <none>
        Tolerations:                  <none>
        Events:
          Type     Reason     Age   From               Message
          ----     ------     ----  ----               -------
          Normal   Scheduled  60s   default-scheduler  Successfully assigned default/my-app-blue-66c485867d-xxxxx to node-1
          Normal   Pulling    60s   kubelet            spec.containers{app}: Pulling image "myorg/myapp:v1"
          Normal   Pulled     60s   kubelet            spec.containers{app}: Successfully pulled image "myorg/myapp:v1" in 800ms (800ms including waiting). Image size: 107797867 bytes.
          Normal   Created    59s   kubelet            spec.containers{app}: Container created
          Normal   Started    59s   kubelet            spec.containers{app}: Container started
          Warning  Unhealthy  59s   kubelet            spec.containers{app}: Readiness probe failed: Get "http://10.244.1.2:8080/health": dial tcp 10.244.1.2:8080: connect: connection refused
    "#]]);
    bench.check(
        "kubectl describe svc",
        &expect![[r#"
        Name:                     my-app-service
        Namespace:                default
        Labels:                   <none>
        Annotations:              <none>
        Selector:                 app=my-app
        Type:                     ClusterIP
        IP Family Policy:         SingleStack
        IP Families:              IPv4
        IP:                       10.96.227.248
        IPs:                      10.96.227.248
        Port:                     <unset>  80/TCP
        TargetPort:               8080/TCP
        Endpoints:                10.244.1.2:8080,10.244.2.2:8080
        Session Affinity:         None
        Internal Traffic Policy:  Cluster
        Events:                   <none>
    "#]],
    );
    bench.check(
        "kubectl describe vs,dr,gw",
        &expect![[r#"
        Name:         my-app-vs
        Namespace:    default
        Labels:       <none>
        Annotations:  <none>
        API Version:  networking.istio.io/v1
        Kind:         VirtualService
        Metadata:
          Creation Timestamp:  2026-01-05T09:00:00Z
          Generation:          1
          Resource Version:    4
          UID:                 UID
        Spec:
          Gateways:
            my-gateway
          Hosts:
            *
          Http:
            Route:
              Destination:
                Host:    my-app-service
                Subset:  blue
              Weight:    90
              Destination:
                Host:    my-app-service
                Subset:  green
              Weight:    10
        Events:          <none>


        Name:         my-app-dr
        Namespace:    default
        Labels:       <none>
        Annotations:  <none>
        API Version:  networking.istio.io/v1
        Kind:         DestinationRule
        Metadata:
          Creation Timestamp:  2026-01-05T09:00:00Z
          Generation:          1
          Resource Version:    5
          UID:                 UID
        Spec:
          Host:  my-app-service
          Subsets:
            Labels:
              Version:  blue
            Name:       blue
            Labels:
              Version:  green
            Name:       green
        Events:         <none>


        Name:         my-gateway
        Namespace:    default
        Labels:       <none>
        Annotations:  <none>
        API Version:  networking.istio.io/v1
        Kind:         Gateway
        Metadata:
          Creation Timestamp:  2026-01-05T09:00:00Z
          Generation:          1
          Resource Version:    3
          UID:                 UID
        Spec:
          Selector:
            Istio:  ingressgateway
          Servers:
            Hosts:
              *
            Port:
              Name:      http
              Number:    80
              Protocol:  HTTP
        Events:          <none>
    "#]],
    );
    bench.check("kubectl describe node node-1", &expect![[r#"
        Name:           node-1
        Roles:          <none>
        Labels:         kubernetes.io/hostname=node-1
                        kubernetes.io/os=linux
        Annotations:    <none>
        Taints:         <none>
        Unschedulable:  false
        Conditions:
          Type    Status  Reason        Message
          ----    ------  ------        -------
          Ready   True    KubeletReady  kubelet is posting ready status
        Capacity:
          cpu:     4
          memory:  16Gi
          pods:    110
        Allocatable:
          cpu:                4
          memory:             16Gi
          pods:               110
        Non-terminated Pods:  (1 in total)
          Namespace           Name                            CPU Requests  CPU Limits  Memory Requests  Memory Limits
          ---------           ----                            ------------  ----------  ---------------  -------------
          default             my-app-blue-66c485867d-xxxxx    250m (6%)     500m (12%)  512Mi (3%)       1Gi (6%)
        Allocated resources:
          (Total limits may be over 100 percent, i.e., overcommitted.)
          Resource  Requests    Limits
          --------  --------    ------
          cpu       250m (6%)   500m (12%)
          memory    512Mi (3%)  1Gi (6%)
        Events:     <none>
    "#]]);
}

#[test]
fn amounts_that_no_node_has_are_added_up() {
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: all}\n\
                 spec: {hard: {limits.memory: 15Ei, requests.cpu: 18000000000000000}}\n";
    let mut bench = Bench::settled_with(&[("quota.yaml", quota)]);
    bench.run("kubectl scale deploy/my-app-blue --replicas=3");
    bench.run("kubectl set resources deploy/my-app-blue --limits=cpu=1,memory=7Ei");
    bench.wait(60);
    bench.check(
        "kubectl describe nodes | grep -A 5 Allocated",
        &expect![[r#"
        Allocated resources:
          (Total limits may be over 100 percent, i.e., overcommitted.)
          Resource  Requests    Limits
          --------  --------    ------
          cpu       500m (12%)  2 (50%)
          memory    1Gi (6%)    14680064Ti (93952409600%)
        --
        Allocated resources:
          (Total limits may be over 100 percent, i.e., overcommitted.)
          Resource  Requests    Limits
          --------  --------    ------
          cpu       250m (6%)   1 (25%)
          memory    512Mi (3%)  7340032Ti (46976204800%)
    "#]],
    );
    bench.run("kubectl autoscale deploy my-app-blue --min=3 --max=4 --cpu-percent=50");
    let cpu = "cpu=9000000000000000";
    let line = format!("kubectl set resources deploy/my-app-blue --limits={cpu} --requests={cpu}");
    bench.run(&line);
    bench.wait(30);
    bench.run("kubectl apply -f quota.yaml");
    bench.run("kubectl scale deploy/my-app-blue --replicas=4");
    bench.wait(30);
    bench.check("kubectl get hpa,quota", &expect![[r#"
        NAME                                              REFERENCE                TARGETS       MINPODS   MAXPODS   REPLICAS   AGE
        horizontalpodautoscaler.autoscaling/my-app-blue   Deployment/my-app-blue   cpu: 0%/50%   3         4         3          60s

        NAME                REQUEST                                                LIMIT                                            AGE
        resourcequota/all   requests.cpu: 9000000000000000500m/18000000000000000   limits.memory: 18446744073709551615/15728640Ti   30s
    "#]]);
}
