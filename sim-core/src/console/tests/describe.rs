//! `kubectl describe`.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn descriptions_have_the_layout_of_kubectl() {
    let mut bench = Bench::settled();
    bench.check("kubectl describe deployment my-app-blue", &expect![[""]]);
    bench.check("kubectl describe rs", &expect![[""]]);
    bench.check("kubectl describe pods", &expect![[""]]);
    bench.check("kubectl describe svc", &expect![[""]]);
    bench.check("kubectl describe vs,dr,gw", &expect![[""]]);
    bench.check("kubectl describe node node-1", &expect![[""]]);
}
