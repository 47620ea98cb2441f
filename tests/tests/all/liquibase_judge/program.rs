//! The real program, before a database of the test's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use postgres::{Client, NoTls, SimpleQueryMessage};

use crate::postgres::server::Server;

/// What a command has printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) stdout: Vec<String>,
    pub(super) stderr: Vec<String>,
    pub(super) status: i32,
}

/// A workspace on the disk, and a server.
pub(super) struct Program {
    folder: PathBuf,
    url: String,
    client: Client,
    /// Stopped when it is dropped.
    _server: Server,
}

impl Program {
    pub(super) fn start(schema: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("cutover-liquibase-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        let (server, port) = Server::start_on_port()?;
        let mut client = server.config().connect(NoTls)?;
        client.batch_execute(schema)?;
        let url = format!("jdbc:postgresql://127.0.0.1:{port}/postgres");
        Ok(Self { folder, url, client, _server: server })
    }

    pub(super) fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        Ok(fs::write(path, text)?)
    }

    pub(super) fn run(&self, arguments: &str) -> Result<Answer> {
        let libraries = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/liquibase");
        let mut java = Command::new("java");
        // A start is most of its work: the quick compiler does.
        java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]);
        java.arg(format!("{}/*", libraries.display()));
        java.arg("liquibase.integration.commandline.LiquibaseCommandLine");
        java.args(["--show-banner=false", "--username=postgres", "--password=none"]);
        java.arg(format!("--url={}", self.url)).args(arguments.split_whitespace());
        let output = java.current_dir(&self.folder).output().context("cannot run java")?;
        let lines = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace(&self.url, "URL");
            text.lines().map(str::to_owned).collect()
        };
        Ok(Answer {
            stdout: lines(&output.stdout),
            stderr: lines(&output.stderr),
            status: output.status.code().unwrap_or(-1),
        })
    }

    pub(super) fn execute(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).with_context(|| sql.to_owned())
    }

    /// Rows as `psql -At` prints them.
    pub(super) fn rows(&mut self, sql: &str) -> Result<Vec<String>> {
        let messages = self.client.simple_query(sql).with_context(|| sql.to_owned())?;
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => {
                let cells = (0..row.len()).map(|cell| row.get(cell).unwrap_or_default());
                Some(cells.collect::<Vec<_>>().join("|"))
            }
            _ => None,
        };
        Ok(messages.iter().filter_map(row).collect())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
