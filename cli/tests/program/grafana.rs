//! TypeScript judges the exported dashboard by the types that Grafana publishes of its schema.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::cutover;

/// Where `cargo xtask test` puts TypeScript and Grafana's types.
fn packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/grafana")
}

/// The types say `enum` where the file has the text of one of its values, and panels may leave out what has
/// a default.
const TYPES: &str = r"
import type { Dashboard } from '@grafana/schema';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';

type Bare = number | boolean | null | undefined;
type Plain<T> = T extends string ? `${T}` : T extends Bare ? T
  : T extends (infer U)[] ? Plain<U>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Partly<T> = T extends string ? `${T}` : T extends Bare ? T
  : T extends (infer U)[] ? Partly<U>[] : T extends object ? { [K in keyof T]?: Partly<T[K]> } : T;
type Panel<O, C> = { options: Partly<O>, custom: Partly<C> };
";

/// What the compiler says of a dashboard.
fn judge(name: &str, dashboard: &Value) -> Result<(), String> {
    let compiler = packages().join("node_modules/typescript/lib/tsc.js");
    assert!(compiler.is_file(), "there is no TypeScript; `cargo xtask test grafana` fetches it");
    let mut model = dashboard.clone();
    let fields = model.as_object_mut().expect("an object");
    // What belongs to a file that is shared, not to the dashboard in it.
    for shared in ["__inputs", "__requires"] {
        fields.remove(shared);
    }
    let panels = dashboard["panels"].as_array().expect("panels");
    let of_type = |kind: &str| -> Value {
        let panels = panels.iter().filter(|panel| panel["type"] == kind);
        let custom = |panel: &Value| match &panel["fieldConfig"]["defaults"]["custom"] {
            Value::Null => json!({}),
            custom => custom.clone(),
        };
        panels.map(|panel| json!({"options": panel["options"], "custom": custom(panel)})).collect()
    };
    let source = format!(
        "{TYPES}export const dashboard: Plain<Dashboard> = {model:#};\n\
         export const lines: Panel<timeseries.Options, timeseries.FieldConfig>[] = {:#};\n\
         export const maps: Panel<heatmap.Options, heatmap.FieldConfig>[] = {:#};\n",
        of_type("timeseries"),
        of_type("heatmap"),
    );
    let file = packages().join(format!("{name}.ts"));
    std::fs::write(&file, source).expect("the folder can be written to");
    let output = Command::new("node")
        .arg(compiler)
        .args(["--noEmit", "--strict", "--skipLibCheck"])
        .args(["--module", "nodenext", "--moduleResolution", "nodenext"])
        .arg(&file)
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

fn exported(scenario: &str) -> Value {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let called = cutover(&repository, &["export", "grafana", scenario]);
    serde_json::from_str(&called.stdout).expect("it is JSON")
}

#[test]
fn the_dashboard_is_one_by_grafanas_own_types() {
    for scenario in ["first-cutover", "pools-and-limits"] {
        assert_eq!(judge(scenario, &exported(scenario)), Ok(()));
    }
}

#[test]
fn what_grafana_does_not_know_is_found() {
    let good = exported("first-cutover");
    let heat =
        good["panels"].as_array().and_then(|all| all.iter().position(|p| p["type"] == "heatmap"));
    let heat = heat.expect("a heat map");
    for (number, (pointer, value, named)) in [
        ("/panels/0/gridPos/hight".to_owned(), json!(8), "hight"),
        (
            "/panels/0/fieldConfig/defaults/color/mode".to_owned(),
            json!("palette-new"),
            "palette-new",
        ),
        ("/panels/0/options/legend/placement".to_owned(), json!("left"), "left"),
        (format!("/panels/{heat}/options/color/mode"), json!("rainbow"), "rainbow"),
        ("/schemaVersion".to_owned(), json!("39"), "number"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut wrong = good.clone();
        let (owner, key) = pointer.rsplit_once('/').expect("a pointer");
        wrong.pointer_mut(owner).expect("it is there")[key] = value;
        let said = judge(&format!("wrong-{number}"), &wrong).expect_err(&pointer);
        assert!(said.contains(named), "{pointer}: {said}");
    }
}
