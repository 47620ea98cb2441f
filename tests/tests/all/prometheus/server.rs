//! A Prometheus of the test's own: its data in a folder for the time of the test, on a port of the
//! loopback.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Longest time that a server takes to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// An empty folder, removed when it is dropped.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cutover-prometheus-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running server over given samples, stopped and removed when it is dropped.
pub(super) struct Server {
    process: Child,
    folder: Folder,
    port: u16,
}

impl Server {
    /// Makes data of samples in OpenMetrics and starts a server that scrapes nothing.
    pub(super) fn start(samples: &str) -> Result<Self> {
        let folder = Folder::new()?;
        fs::write(folder.0.join("samples.txt"), samples)?;
        fs::write(folder.0.join("prometheus.yml"), "global: {}\n")?;
        let mut promtool = Command::new("promtool");
        promtool.args(["tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"]);
        let output = promtool.current_dir(&folder.0).output().context("cannot run promtool")?;
        ensure!(output.status.success(), "promtool: {}", String::from_utf8_lossy(&output.stderr));
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut server = Command::new("prometheus");
        server.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        server.args(["--storage.tsdb.retention.time=100y", "--log.level=error"]);
        server.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        server.current_dir(&folder.0).stdin(Stdio::null()).stdout(Stdio::null());
        server.stderr(fs::File::create(folder.0.join("log"))?);
        let process = server.spawn().context("cannot run prometheus")?;
        let server = Self { process, folder, port };
        server.wait()?;
        Ok(server)
    }

    /// Waits until it answers.
    fn wait(&self) -> Result<()> {
        let began = Instant::now();
        while !self.get("/-/ready").is_ok_and(|answer| answer.starts_with("HTTP/1.0 200")) {
            let log = fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
            ensure!(began.elapsed() < PATIENCE, "no answer\n{log}");
            std::thread::yield_now();
        }
        Ok(())
    }

    /// The answer with its head. Version 1.0 of HTTP ends it by closing the connection.
    fn get(&self, path: &str) -> Result<String> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        write!(connection, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// What an endpoint of the HTTP API answers.
    pub(super) fn api(&self, endpoint: &str, parameters: &[(&str, &str)]) -> Result<Value> {
        let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let pairs = pairs.collect::<Vec<_>>().join("&");
        let answer = self.get(&format!("/api/v1/{endpoint}?{pairs}"))?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an answer has a head")?;
        serde_json::from_str(body).with_context(|| answer.clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
