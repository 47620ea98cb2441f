//! Real pods: small servers of this process on ports of the loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sim_core::random::{Random, Seed, Stream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::case::{Acts, Case};

/// Port of nobody in particular.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A request that has reached a pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) at: Instant,
    /// The header `x-number` with which users tell their requests apart.
    pub(super) number: Option<u32>,
    /// Envoy's count of tries, from 1.
    pub(super) attempt: usize,
}

/// One pod.
#[derive(Debug)]
pub(super) struct Pod {
    pub(super) version: &'static str,
    pub(super) port: u16,
    acts: Acts,
    seen: Mutex<Vec<Seen>>,
    chance: Mutex<Random>,
    /// Keeps the port of a pod that refuses: bound, but nobody listens.
    _closed: Option<TcpSocket>,
}

impl Pod {
    /// Starts every pod of a case.
    pub(super) async fn start_all(case: &Case) -> io::Result<Vec<Arc<Self>>> {
        let mut pods = Vec::new();
        for version in case.versions() {
            for _ in 0..version.pods {
                let number = u32::try_from(pods.len()).expect("few pods");
                let chance = Mutex::new(Seed(2).stream(Stream::Errors, number));
                let (acts, version) = (version.acts, version.name);
                let seen = Mutex::default();
                let pod =
                    |port, _closed| Arc::new(Self { version, port, acts, seen, chance, _closed });
                if acts == Acts::Refuse {
                    let socket = TcpSocket::new_v4()?;
                    socket.bind(ANY_PORT)?;
                    pods.push(pod(socket.local_addr()?.port(), Some(socket)));
                } else {
                    let listener = TcpListener::bind(ANY_PORT).await?;
                    let pod = pod(listener.local_addr()?.port(), None);
                    tokio::spawn(Arc::clone(&pod).listen(listener));
                    pods.push(pod);
                }
            }
        }
        Ok(pods)
    }

    /// Requests so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("nobody panics with it").clone()
    }

    async fn listen(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(Arc::clone(&self).serve(stream));
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let service = service_fn(|request| {
            let pod = Arc::clone(&self);
            async move { pod.answer(&request).await }
        });
        // A connection that is cut ends with an error, as it should.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    /// An error makes the server close the connection.
    async fn answer(&self, request: &Request<Incoming>) -> io::Result<Response<Empty<Bytes>>> {
        let headers = request.headers();
        let attempt = number(headers, "x-envoy-attempt-count").unwrap_or(1) as usize;
        let seen = Seen { at: Instant::now(), number: number(headers, "x-number"), attempt };
        self.seen.lock().expect("nobody panics with it").push(seen);
        let code = match self.acts {
            Acts::Answer { after_ms, errors } => {
                // The time that this server takes for a request; no test waits by it.
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
                let fails = self.chance.lock().expect("nobody panics with it").unit() < errors;
                if fails { 500 } else { 200 }
            }
            Acts::Refuse | Acts::Cut => return Err(io::ErrorKind::ConnectionReset.into()),
            Acts::Obey => {
                let orders = headers.get("x-answers").and_then(|value| value.to_str().ok());
                let orders: Vec<_> = orders.unwrap_or("200").split(',').collect();
                match orders[(attempt - 1).min(orders.len() - 1)] {
                    "hang" => std::future::pending().await,
                    "cut" => return Err(io::ErrorKind::ConnectionReset.into()),
                    code => code.parse().expect("a status code"),
                }
            }
        };
        let mut response = Response::new(Empty::new());
        *response.status_mut() = StatusCode::from_u16(code).expect("a status code");
        Ok(response)
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u32> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}
