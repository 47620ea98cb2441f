//! `cutover export`: what other programs can show.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sim_core::diagnostic::{Diagnostic, Position};
use sim_core::scenario::Scenario;
use sim_core::telemetry::dashboard::{self, DashboardPanel, Look};
use sim_core::telemetry::slo;

use crate::{INVALID, folder, input, output};

/// Write what other programs can show
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// What
    #[command(subcommand)]
    pub(crate) what: Exported,
}

/// What can be exported.
#[derive(Debug, Subcommand)]
pub(crate) enum Exported {
    /// A dashboard for Grafana, with the queries of the lab's own
    ///
    /// Import it with Dashboards > New > Import; Grafana asks for the Prometheus that it shall use.
    Grafana {
        /// Folder of the scenario, or the name of a folder under scenarios/ here or further up
        scenario: PathBuf,
    },
    /// Rules for Prometheus that alert on the error budget, on two windows each
    ///
    /// Put the file into the scenario's workspace and name it under `rules:`.
    Alerts {
        /// Folder of the scenario, or the name of a folder under scenarios/ here or further up
        scenario: PathBuf,
        /// Share of the requests that shall be answered without an error, in per cent
        #[arg(long, default_value_t = 99.9)]
        objective: f64,
    },
}

/// Width and height of a drawing on Grafana's grid of 24 columns.
const SIZE: (usize, usize) = (8, 8);

pub(crate) fn export(args: &ExportArgs) -> ExitCode {
    match try_export(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            output::complain(&problems);
            ExitCode::from(INVALID)
        }
    }
}

fn try_export(args: &ExportArgs) -> Result<(), Vec<Diagnostic>> {
    let one = |problem: Diagnostic| vec![problem];
    let (Exported::Grafana { scenario } | Exported::Alerts { scenario, .. }) = &args.what;
    let folder = folder::find(scenario).map_err(one)?;
    let (scenario, notes) = input::scenario(&folder)?;
    output::complain(&notes);
    let text = match args.what {
        Exported::Grafana { .. } => {
            let dashboard = grafana(&scenario);
            serde_json::to_string_pretty(&dashboard).expect("plain data has a JSON form") + "\n"
        }
        Exported::Alerts { objective, .. } => {
            let budget = slo::budget(objective).ok_or_else(|| {
                let message = format!("an objective of {objective} % leaves no errors to alert on");
                let help = "write a share between 0 and 100, such as --objective 99.9";
                one(Diagnostic::error("--objective", Position::default(), message).with_help(help))
            })?;
            slo::rule_file(&scenario.name, budget)
        }
    };
    output::print(&text).map_err(one)
}

/// A dashboard that Grafana imports; it asks for the data source.
fn grafana(scenario: &Scenario) -> Value {
    let panels =
        dashboard::panels(scenario).enumerate().map(|(index, panel)| drawing(index, panel));
    json!({
        "__inputs": [{
            "name": "DS_PROMETHEUS",
            "label": "Prometheus",
            "type": "datasource",
            "pluginId": "prometheus",
            "pluginName": "Prometheus",
        }],
        "__requires": [
            { "type": "grafana", "id": "grafana", "name": "Grafana", "version": "10.4.0" },
            { "type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0" },
            { "type": "panel", "id": "timeseries", "name": "Time series", "version": "" },
            { "type": "panel", "id": "heatmap", "name": "Heatmap", "version": "" },
        ],
        "annotations": { "list": [] },
        "editable": true,
        "graphTooltip": 1,
        "id": null,
        "links": [],
        "panels": panels.collect::<Vec<_>>(),
        "refresh": "15s",
        "schemaVersion": 39,
        "tags": ["cutover"],
        "templating": { "list": [] },
        "time": { "from": "now-30m", "to": "now" },
        "timepicker": {},
        "timezone": "",
        "title": scenario.title,
        "uid": uid(&scenario.name),
        "version": 1,
    })
}

/// Grafana takes at most 40 characters.
fn uid(name: &str) -> String {
    format!("cutover-{name}").chars().take(40).collect()
}

fn drawing(index: usize, panel: &DashboardPanel) -> Value {
    let (width, height) = SIZE;
    let source = json!({ "type": "prometheus", "uid": "${DS_PROMETHEUS}" });
    let heat = panel.look == Look::HeatMap;
    let mut drawing = json!({
        "id": index + 1,
        "title": panel.title,
        "type": if heat { "heatmap" } else { "timeseries" },
        "datasource": source,
        "gridPos": { "h": height, "w": width, "x": index % 3 * width, "y": index / 3 * height },
        "targets": [{
            "refId": "A",
            "datasource": source,
            "expr": panel.query,
            "format": if heat { "heatmap" } else { "time_series" },
            "legendFormat": format!("{{{{{}}}}}", panel.by),
            "editorMode": "code",
            "range": true,
        }],
    });
    if heat {
        drawing["options"] = json!({
            "calculate": false,
            "cellGap": 1,
            "color": { "mode": "scheme", "scheme": "Blues", "steps": 64 },
            "yAxis": { "unit": panel.unit },
            "tooltip": { "mode": "single", "showColorScale": true },
        });
        drawing["fieldConfig"] = json!({ "defaults": {}, "overrides": [] });
        return drawing;
    }
    let stacked = panel.look == Look::Stacked;
    drawing["fieldConfig"] = json!({
        "defaults": {
            "unit": panel.unit,
            "min": 0,
            "color": { "mode": "palette-classic" },
            "custom": {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": if stacked { 40 } else { 0 },
                "showPoints": "never",
                "stacking": { "group": "A", "mode": if stacked { "normal" } else { "none" } },
            },
        },
        "overrides": [colour("blue"), colour("green")],
    });
    drawing["options"] = json!({
        "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
        "tooltip": { "mode": "multi", "sort": "desc" },
    });
    drawing
}

/// A colour keeps its colour.
fn colour(version: &str) -> Value {
    json!({
        "matcher": { "id": "byName", "options": version },
        "properties": [{ "id": "color", "value": { "mode": "fixed", "fixedColor": version } }],
    })
}
