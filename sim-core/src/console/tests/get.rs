//! `kubectl get`.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn pods_are_listed_as_kubectl_lists_them() {
    let mut bench = Bench::settled();
    bench.check("kubectl get pods", &expect![[""]]);
    bench.check("kubectl get deploy,svc", &expect![[""]]);
    bench.check("kubectl get all", &expect![[""]]);
    bench.check("kubectl get pods -o wide --show-labels", &expect![[""]]);
    bench.check("kubectl get gw,vs,dr", &expect![[""]]);
    bench.check("kubectl get rs -o wide", &expect![[""]]);
    bench.check("kubectl get ep,endpointslices,no,ns", &expect![[""]]);
    bench.check("kubectl get events", &expect![[""]]);
    bench.check("kubectl get deploy my-app-blue -o yaml", &expect![[""]]);
}
