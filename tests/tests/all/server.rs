//! Serves folders on a free port of this machine, for a browser under test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;

use axum::Router;
use tower_http::services::ServeDir;

/// Serves `site` at `/` and `extra` at `/extra/` until the test program ends; gives the address.
pub(crate) fn serve(site: PathBuf, extra: PathBuf) -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            sender.send(listener.local_addr().expect("an address")).expect("the test waits");
            let app = Router::new()
                .nest_service("/extra", ServeDir::new(extra))
                .fallback_service(ServeDir::new(site));
            axum::serve(listener, app).await.expect("the server runs");
        });
    });
    receiver.recv().expect("the server starts")
}
