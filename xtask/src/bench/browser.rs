//! The cases in Chromium: a page runs them and sends its figures back.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tower_http::services::ServeDir;

use crate::bench::{Figures, MODULE_CASES, add};
use crate::repository;
use crate::setup::CHROMIUM;

/// The page; it fetches the cases from `cases.json`.
pub(super) const PAGE: &str = r"<!doctype html><meta charset=utf-8><title>bench</title>
<script type=module>
import init, { Run } from './bench.js';
import { run } from './runner.js';
const text = async (name) => (await fetch(`${name}.json`)).text();
const pause = () => new Promise((done) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = done;
  port2.postMessage(0);
});
try {
  await init({ module_or_path: fetch('bench_bg.wasm') });
  const answers = [];
  for (const one of JSON.parse(await text('cases'))) answers.push(await run(Run, one, text, pause));
  await fetch('figures', { method: 'POST', body: JSON.stringify(answers) });
} catch (problem) {
  await fetch('figures', { method: 'POST', body: JSON.stringify({ problem: String(problem) }) });
}
</script>";

/// Longest that a round may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs all cases once.
pub(super) fn measure(folder: &Path, figures: &mut Figures) -> Result<()> {
    std::fs::write(folder.join("cases.json"), MODULE_CASES)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(visit(folder))?;
    let answer: Value = serde_json::from_str(&answer)?;
    let answers = answer.as_array().with_context(|| format!("the page says {answer}"))?;
    for answer in answers {
        add(figures, "Chromium", answer["name"].as_str().unwrap_or_default(), answer);
    }
    Ok(())
}

async fn visit(folder: &Path) -> Result<String> {
    let (sender, mut answers) = mpsc::channel(1);
    let receive = move |body: String| async move {
        // The page sends once; nobody waits for a second answer.
        let _ = sender.send(body).await;
    };
    let page = Router::new().route("/figures", post(receive));
    let page = page.fallback_service(ServeDir::new(folder));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let profile = folder.join("profile");
    let mut chromium = start(&profile, &format!("http://{address}/"))?;
    let answer = tokio::select! {
        answer = tokio::time::timeout(PATIENCE, answers.recv()) => {
            answer.context("Chromium took too long")?.context("the page sent nothing")
        }
        served = axum::serve(listener, page) => {
            served?;
            unreachable!("a server serves for ever")
        }
    };
    chromium.kill().context("Chromium cannot be ended")?;
    chromium.wait()?;
    let _ = std::fs::remove_dir_all(profile);
    answer
}

fn start(profile: &Path, address: &str) -> Result<Child> {
    let program = CHROMIUM.find().context("Chromium is missing")?;
    let mut command = Command::new(program);
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(address)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let shown = repository::show(&command);
    command.spawn().with_context(|| format!("cannot run `{shown}`"))
}
