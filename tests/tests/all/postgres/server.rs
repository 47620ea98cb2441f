//! A server of the test's own: its data in a folder for the time of the test, its door a socket there.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use postgres::Config;

/// Where Debian puts each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The server refuses to run as root; this user comes with the package.
const USER: &str = "postgres";

/// A running server, stopped and removed when it is dropped.
pub(crate) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    /// Names the socket too.
    port: u16,
}

/// The port that PostgreSQL takes if nothing is said.
const PORT: u16 = 5432;

impl Server {
    /// Makes a cluster and starts a server on it, which takes no connection from elsewhere.
    pub(super) fn start() -> Result<Self> {
        Self::listening("", PORT)
    }

    /// The same with a port on this machine, for clients that know no sockets of the file system.
    pub(crate) fn start_on_port() -> Result<(Self, u16)> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        Ok((Self::listening("127.0.0.1", port)?, port))
    }

    fn listening(address: &str, port: u16) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cutover-postgres-{}-{number}", std::process::id());
        let server = Self { programs: programs()?, folder: std::env::temp_dir().join(name), port };
        fs::create_dir(&server.folder)?;
        if let Some((user, group)) = someone_else()? {
            chown(&server.folder, Some(user), Some(group))?;
        }
        let data = server.folder.join("data");
        server.run("initdb", &["--auth=trust", "--username=postgres", "--no-sync"], &data)?;
        // Not UTC: there a change between timestamp types is spared its rewrite (PG-26).
        let options = format!(
            "-k {} -c listen_addresses={address} -c port={port} -c fsync=off -c timezone=Europe/Berlin \
             -c autovacuum=off",
            server.folder.display()
        );
        let log = server.folder.join("log");
        let log = log.to_str().context("the folder's name is no text")?;
        server.run("pg_ctl", &["start", "--wait", "-o", &options, "-l", log], &data)?;
        Ok(server)
    }

    /// The configuration of a connection.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new();
        config.host_path(&self.folder).port(self.port).user("postgres").dbname("postgres");
        config
    }

    /// What `pg_dump` writes of the schema.
    pub(super) fn dump(&self) -> Result<String> {
        let mut command = Command::new(self.programs.join("pg_dump"));
        command.args(["--schema-only", "--username=postgres", "--dbname=postgres", "--host"]);
        let output = command.arg(&self.folder).output().context("cannot run pg_dump")?;
        ensure!(output.status.success(), "pg_dump: {}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What `psql` prints for a command.
    pub(super) fn psql(&self, command: &str) -> Result<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--username=postgres", "--dbname=postgres", "--host"]);
        let output = psql.arg(&self.folder).args(["--command", command]).output();
        Ok(String::from_utf8(output.context("cannot run psql")?.stdout)?)
    }

    fn run(&self, program: &str, arguments: &[&str], data: &Path) -> Result<()> {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).arg("-D").arg(data).current_dir(&self.folder);
        // The server inherits what it is given and would keep a pipe open.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = someone_else()? {
            command.uid(user).gid(group);
        }
        let status = command.status().with_context(|| format!("cannot run {program}"))?;
        ensure!(status.success(), "{program}: {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.run("pg_ctl", &["stop", "--mode=immediate"], &self.folder.join("data"));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The programs of the newest version.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir(VERSIONS).context("PostgreSQL is not installed")?.flatten();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).filter(|path| number(path).is_some());
    let newest = newest.max_by_key(number).context("PostgreSQL is not installed")?;
    Ok(newest.join("bin"))
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
