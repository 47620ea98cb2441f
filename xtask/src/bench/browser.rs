//! The cases in Chromium: a page runs one and sends its figures back.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tower_http::services::ServeDir;

use crate::repository;
use crate::setup::CHROMIUM;

/// The page; it fetches the case from `case.json`.
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
  const answer = await run(Run, JSON.parse(await text('case')), text, pause);
  await fetch('figures', { method: 'POST', body: JSON.stringify(answer) });
} catch (problem) {
  await fetch('figures', { method: 'POST', body: JSON.stringify({ problem: String(problem) }) });
}
</script>";

/// Longest that a case may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a case once; its answer.
pub(super) fn measure(folder: &Path, module: &str) -> Result<Value> {
    std::fs::write(folder.join("case.json"), module)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer: Value = serde_json::from_str(&runtime.block_on(visit(folder))?)?;
    ensure!(answer["secs"].is_f64(), "the page says {answer}");
    Ok(answer)
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
