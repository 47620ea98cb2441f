//! `mesh:` of a scenario.

use super::*;

#[test]
fn a_gateway_has_one_replica_unless_the_scenario_says_more() {
    let gateways = |line: &str| {
        let mut bundle = small();
        let text = SMALL.replacen("duration: 5m\n", &format!("duration: 5m\n{line}"), 1);
        bundle.files.insert("scenario.yaml".to_owned(), text);
        Scenario::load(&bundle).unwrap().0.mesh.gateways
    };
    assert_eq!(["", "mesh: {}\n", "mesh: { gateways: 3 }\n"].map(gateways), [1, 1, 3]);
}

#[test]
fn numbers_of_replicas_that_make_no_sense_are_refused() {
    for (written, expected) in [
        (
            "0",
            expect![[r#"
            scenario.yaml:4:18: error: mesh.gateways: 0 must be between 1 and 8, inclusive
        "#]],
        ),
        (
            "1000",
            expect![[r#"
            scenario.yaml:4:18: error: mesh.gateways: 1000 must be between 1 and 8, inclusive
        "#]],
        ),
        (
            "many",
            expect![[r#"
            scenario.yaml:4:18: error: mesh.gateways: write a whole number, not text
        "#]],
        ),
        (
            "1.5",
            expect![[r#"
            scenario.yaml:4:18: error: mesh.gateways: write a whole number, not a number
        "#]],
        ),
    ] {
        edit("duration: 5m", &format!("duration: 5m\nmesh: {{gateways: {written}}}"), &expected);
    }
    edit(
        "duration: 5m",
        "duration: 5m\nmesh: {gateway: 2}",
        &expect![[r#"
        scenario.yaml:4:8: error: unknown key "gateway" in mesh; did you mean "gateways"?
    "#]],
    );
}
