//! A server of the test's own: its data in a folder for the time of the test, its door a socket there.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::client::Client;

/// The server should not run as root; this user comes with the package.
const USER: &str = "mysql";
/// Longest time that a server takes to start.
const PATIENCE: Duration = Duration::from_secs(60);
/// What MySQL 8.0 has if nothing is said; MariaDB's own is more lenient.
const SQL_MODE: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                        ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

/// A running server, stopped and removed when it is dropped.
pub(super) struct Server {
    process: Child,
    folder: PathBuf,
}

impl Server {
    /// Makes a data directory and starts a server on it, which takes no connection from elsewhere.
    pub(super) fn start() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cutover-mariadb-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        let someone = someone_else()?;
        if let Some((user, group)) = someone {
            chown(&folder, Some(user), Some(group))?;
        }
        let data = format!("--datadir={}", folder.join("data").display());
        let temporary = format!("--tmpdir={}", folder.display());
        let run = |program: &str| {
            let mut command = Command::new(program);
            // A server that starts removes temporary tables from the folder for them, others' too.
            command.args(["--no-defaults", &data, &temporary]).current_dir(&folder);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some((user, group)) = someone {
                command.uid(user).gid(group);
            }
            command
        };
        let mut install = run("mariadb-install-db");
        install.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        let output = install.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
        let output = output.context("cannot run mariadb-install-db")?;
        ensure!(
            output.status.success(),
            "mariadb-install-db: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let mut server = run("/usr/sbin/mariadbd");
        server.arg(format!("--socket={}", folder.join("socket").display()));
        server.arg(format!("--log-error={}", folder.join("log").display()));
        server.arg(format!("--sql-mode={SQL_MODE}"));
        server.args(["--skip-networking", "--skip-grant-tables", "--character-set-server=utf8mb4"]);
        server.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"]);
        server.arg("--debug-no-sync");
        let process = server.spawn().context("cannot run mariadbd")?;
        let server = Self { process, folder };
        server.wait()?;
        Ok(server)
    }

    /// Waits until it answers.
    fn wait(&self) -> Result<()> {
        let began = Instant::now();
        while let Err(error) = self.connect() {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            ensure!(began.elapsed() < PATIENCE, "no answer: {error}\n{log}");
            std::thread::yield_now();
        }
        Ok(())
    }

    /// What the server's own program writes of the schema of a database.
    pub(super) fn dump(&self, database: &str) -> Result<String> {
        let mut command = Command::new("mariadb-dump");
        command.args(["--no-defaults", "--no-data", database]);
        command.arg(format!("--socket={}", self.folder.join("socket").display()));
        let output = command.output().context("cannot run mariadb-dump")?;
        ensure!(output.status.success(), "mariadb-dump: {}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Opens a session.
    pub(super) fn connect(&self) -> Result<Client> {
        Client::connect(&self.folder.join("socket"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The user and group to run as, if we are root.
fn someone_else() -> Result<Option<(u32, u32)>> {
    let id = |arguments: &[&str]| -> Result<u32> {
        let output = Command::new("id").args(arguments).output().context("cannot run id")?;
        ensure!(output.status.success(), "there is no user {USER}");
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    };
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    Ok(Some((id(&["-u", USER])?, id(&["-g", USER])?)))
}
