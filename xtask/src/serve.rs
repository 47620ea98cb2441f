//! `serve`: the guide on this machine.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context, Result};
use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::arguments::Arguments;
use crate::setup::WasmToolchain;
use crate::steps::{Steps, seconds};
use crate::{build, repository, watch};

/// Port that is tried first.
const PORT: u16 = 4000;

/// Headers of every answer. Scripts and data come from here alone; mdBook's pages contain scripts and
/// styles of their own, and WebAssembly counts as evaluation.
const HEADERS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
         worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    // Files keep their names when they change: browsers must ask each time.
    ("cache-control", "no-cache"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// What the caller asked for.
#[derive(Debug)]
struct Options {
    host: IpAddr,
    port: Option<u16>,
    watch: bool,
}

/// Builds the guide and serves it until interrupted.
pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let host = arguments.value("--host")?.map_or(Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)), |host| {
        host.parse().with_context(|| format!("--host: `{host}` is not an IP address"))
    })?;
    let port = arguments
        .value("--port")?
        .map(|port| port.parse().with_context(|| format!("--port: `{port}` is not a port number")));
    let options = Options { host, port: port.transpose()?, watch: arguments.flag("--watch") };
    arguments.finish()?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // An occupied port is reported before the build, not after it.
    let listener = runtime.block_on(options.listen())?;
    let mut steps = Steps::new(1 + build::STEPS);
    steps.step("WebAssembly target", WasmToolchain::ensure)?;
    build::all(&mut steps)?;
    println!("Ready after {}.", seconds(steps.elapsed()));
    runtime.block_on(options.serve(listener))
}

impl Options {
    async fn listen(&self) -> Result<TcpListener> {
        let port = self.port.unwrap_or(PORT);
        match TcpListener::bind((self.host, port)).await {
            Err(error) if self.port.is_none() && error.kind() == ErrorKind::AddrInUse => {
                TcpListener::bind((self.host, 0)).await.context("no port is free")
            }
            bound => bound.with_context(|| format!("cannot listen on {}:{port}", self.host)),
        }
    }

    async fn serve(&self, listener: TcpListener) -> Result<()> {
        println!("The guide is at http://{}/  (Ctrl-C ends)", listener.local_addr()?);
        let _watcher = if self.watch { Some(watch::start()?) } else { None };
        let interrupted = async {
            let _ = tokio::signal::ctrl_c().await;
            println!();
        };
        // Open connections may outlive the interrupt: they are dropped with the server.
        tokio::select! {
            served = axum::serve(listener, guide()) => served.context("the server failed"),
            () = interrupted => Ok(()),
        }
    }
}

/// The built guide over HTTP.
fn guide() -> Router {
    let dist = repository::dist();
    let files = ServeDir::new(&dist).not_found_service(ServeFile::new(dist.join("404.html")));
    let guide = Router::new().fallback_service(files);
    HEADERS.into_iter().fold(guide, |guide, (name, value)| {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        guide.layer(SetResponseHeaderLayer::overriding(name, value))
    })
}
