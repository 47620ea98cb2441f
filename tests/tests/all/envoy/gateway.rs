//! A real Envoy as gateway of a case, and users who ask it.

use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tests::repository;
use tokio::net::TcpStream;

use super::agreement::{Outcome, Outcomes};
use super::case::{Ask, Case, HOST};
use super::config;
use super::pods::{Pod, Seen};

/// Nothing here takes so long, whatever else the machine does.
const DEADLINE: Duration = Duration::from_secs(60);

/// Pause between two looks at something that will change.
const LOOK: Duration = Duration::from_millis(2);

/// Lets a case happen on a runtime of its own.
pub(super) fn judge<F: Future<Output = ()>>(case: &Case, happens: impl FnOnce(Gateway) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async { happens(Gateway::start(case).await).await });
}

/// A running Envoy and the pods behind it.
#[derive(Debug)]
pub(super) struct Gateway {
    process: Child,
    folder: PathBuf,
    admin: String,
    address: String,
    pub(super) pods: Vec<Arc<Pod>>,
    /// Lines of the access log that were read.
    read: usize,
}

/// A line of the access log.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) outcome: Outcome,
    /// Tries, from 1; 0 if there was none.
    pub(super) attempts: u64,
    pub(super) took: Duration,
}

impl Gateway {
    async fn start(case: &Case) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("envoy-{}-{number}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let pods = Pod::start_all(case).await.expect("ports");
        let bootstrap = config::bootstrap(case, &pods, &folder);
        let file = folder.join("envoy.json");
        fs::write(&file, format!("{bootstrap:#}")).expect("a file");
        let program = repository().join("target/envoy/envoy/_bin/envoy");
        assert!(program.is_file(), "there is no Envoy; `cargo xtask test envoy::` installs it");
        let address_file = folder.join("admin");
        let process = Command::new(program)
            .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warn"])
            .args(["--file-flush-interval-msec", "2", "--config-path"])
            .arg(&file)
            .arg("--admin-address-path")
            .arg(&address_file)
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("stderr")).expect("a file"))
            .spawn()
            .expect("Envoy starts");
        let (admin, address, read) = (String::new(), String::new(), 0);
        let mut gateway = Self { process, folder, admin, address, pods, read };
        gateway.admin = gateway
            .until("an admin address", async || {
                fs::read_to_string(&address_file).ok().filter(|address| address.contains(':'))
            })
            .await;
        gateway
            .until("Envoy to be ready", async || {
                (gateway.get("/ready").await?.0 == StatusCode::OK).then_some(())
            })
            .await;
        let listeners = gateway.json("/listeners?format=json").await;
        let port = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
        gateway.address = format!("127.0.0.1:{}", port["port_value"]);
        gateway
    }

    /// Waits until something is there.
    async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            if DEADLINE < began.elapsed() {
                let said = fs::read_to_string(self.folder.join("stderr")).unwrap_or_default();
                panic!("waited in vain for {what}; Envoy said:\n{said}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn get(&self, path: &str) -> Option<(StatusCode, String)> {
        let mut admin = connect(&self.admin).await?;
        let request = Request::get(path).header("host", "admin").body(Empty::<Bytes>::new());
        let response = admin.send_request(request.ok()?).await.ok()?;
        let status = response.status();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some((status, String::from_utf8_lossy(&body).into_owned()))
    }

    async fn json(&self, path: &str) -> Value {
        let (_, text) = self.get(path).await.expect("the admin port answers");
        serde_json::from_str(&text).expect("JSON")
    }

    /// A statistic of the cluster of a subset; of the whole Service's for `""`.
    pub(super) async fn statistic(&self, subset: &str, name: &str) -> u64 {
        let name = format!("cluster.{}.{name}", config::name_of(subset));
        self.value(&name).await.unwrap_or_else(|| panic!("no {name}"))
    }

    async fn value(&self, name: &str) -> Option<u64> {
        let statistics = self.get("/stats").await.expect("the admin port answers").1;
        statistics
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.parse().ok())
    }

    /// Waits until a statistic has a value.
    pub(super) async fn until_statistic(&self, subset: &str, name: &str, value: u64) {
        let what = format!("{name} to be {value}");
        let look = async || (self.statistic(subset, name).await == value).then_some(());
        self.until(&what, look).await;
    }

    /// How often changes of health have reached the balancer at the end of a merge window.
    pub(super) async fn merged(&self) -> u64 {
        self.value("cluster_manager.cluster_updated_via_merge").await.unwrap_or(0)
    }

    /// Waits for the end of the merge window, one of each in a case.
    pub(super) async fn until_merged(&self) {
        let look = async || (0 < self.merged().await).then_some(());
        self.until("the merge window to end", look).await;
    }

    /// Waits until pods of a version have seen so many requests.
    pub(super) async fn until_seen(&self, version: &str, requests: usize) {
        let what = format!("{version} to see {requests} requests");
        let look = async || (requests <= self.seen(version).len()).then_some(());
        self.until(&what, look).await;
    }

    /// The outlier detector's log, once it has so many lines.
    pub(super) async fn outlier_events(&self, lines: usize) -> Vec<Value> {
        let look = async || {
            let text = fs::read_to_string(self.folder.join("outliers.log")).ok()?;
            let events = text.lines().filter_map(|line| serde_json::from_str(line).ok());
            Some(events.collect()).filter(|events: &Vec<Value>| lines <= events.len())
        };
        self.until("the outlier log", look).await
    }

    /// Everything that pods of a version have seen.
    pub(super) fn seen(&self, version: &str) -> Vec<Seen> {
        let pods = self.pods.iter().filter(|pod| pod.version == version);
        pods.flat_map(|pod| pod.seen()).collect()
    }

    /// Users ask so many times, so many of them at once; gives the lines of the access log.
    pub(super) async fn ask(&mut self, ask: &Ask, times: u32, at_once: u32) -> Vec<Line> {
        let next = Arc::new(AtomicU32::new(0));
        let users = (0..at_once.min(times)).map(|_| {
            let (address, ask, next) = (self.address.clone(), ask.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut user = connect(&address).await.expect("the gateway listens");
                while next.load(Ordering::Relaxed) < times {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if times <= number {
                        break;
                    }
                    send(&mut user, &ask, number).await;
                }
            })
        });
        let users: Vec<_> = users.collect();
        for user in users {
            user.await.expect("every request is answered");
        }
        self.lines(times as usize).await
    }

    /// One more user asks, in the background.
    pub(super) fn ask_meanwhile(&self, ask: &Ask, number: u32) {
        let (address, ask) = (self.address.clone(), ask.clone());
        tokio::spawn(async move {
            let mut user = connect(&address).await.expect("the gateway listens");
            send(&mut user, &ask, number).await;
        });
    }

    /// A user asks and leaves when something has happened.
    pub(super) async fn ask_and_leave(&mut self, ask: &Ask, name: &str, value: u64) -> Line {
        let mut user = connect(&self.address).await.expect("the gateway listens");
        let asking = tokio::spawn({
            let ask = ask.clone();
            async move { send(&mut user, &ask, 0).await }
        });
        let look = async || (self.value(name).await == Some(value)).then_some(());
        self.until(name, look).await;
        // The user's end of the connection goes with the task.
        asking.abort();
        self.lines(1).await.remove(0)
    }

    /// The next so many lines of the access log.
    pub(super) async fn lines(&mut self, count: usize) -> Vec<Line> {
        let end = self.read + count;
        let look = async || {
            let text = fs::read_to_string(self.folder.join("access.log")).ok()?;
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            let lines: Vec<_> = whole.lines().collect();
            (end <= lines.len())
                .then(|| lines[self.read..end].iter().map(|line| self.line(line)).collect())
        };
        let lines = self.until("lines of the access log", look).await;
        self.read = end;
        lines
    }

    fn line(&self, line: &str) -> Line {
        let words: Vec<_> = line.split(' ').collect();
        let [code, flags, attempts, took, host] = words[..] else {
            panic!("not a line of the access log: {line}");
        };
        let served = |pod: &&Arc<Pod>| host.rsplit(':').next() == Some(&pod.port.to_string());
        let version = self.pods.iter().find(served).map_or("unknown", |pod| pod.version);
        Line {
            outcome: Outcome {
                version: version.to_owned(),
                code: code.parse().expect("a code"),
                flags: flags.to_owned(),
            },
            attempts: attempts.parse().unwrap_or(0),
            took: Duration::from_millis(took.parse().expect("milliseconds")),
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // What a failed test leaves behind may explain it.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

async fn connect(address: &str) -> Option<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(address.trim()).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}

async fn send(user: &mut SendRequest<Empty<Bytes>>, ask: &Ask, number: u32) -> StatusCode {
    let mut request = Request::builder().method(ask.method).uri(&ask.path).header("host", HOST);
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    let request = request.header("x-number", number).body(Empty::new()).expect("a request");
    user.ready().await.expect("the gateway keeps the connection open");
    let response = user.send_request(request).await.expect("the gateway answers");
    let status = response.status();
    response.into_body().collect().await.expect("the answer ends");
    status
}

/// The earliest end of something that lasts so many milliseconds. Envoy's timers count from the moment
/// at which its loop woke, which on a busy machine is some time before the request was read.
pub(super) fn not_before(millis: u64) -> Duration {
    Duration::from_millis(millis * 3 / 4)
}

/// How requests ended.
pub(super) fn outcomes(lines: &[Line]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for line in lines {
        outcomes.add(line.outcome.clone(), 1);
    }
    outcomes
}
