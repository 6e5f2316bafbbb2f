//! Listens, and stops without leaving anybody in the middle of an answer.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

/// The most connections at a time; others wait in the system's queue.
const MAX_CONNECTIONS: usize = 1024;
/// How long a request's headers may take to arrive, and a connection may idle.
const HEADERS_PATIENCE: Duration = Duration::from_secs(15);
/// How long answers may take once the server is to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves until `stop` comes to its end, then lets what has begun come to its own.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_PATIENCE);
    let (open, seats, mut stop) = (GracefulShutdown::new(), Arc::new(Semaphore::new(MAX_CONNECTIONS)), pin!(stop));
    loop {
        let next = async {
            let seat = seats.clone().acquire_owned().await;
            (listener.accept().await, seat)
        };
        let (accepted, seat) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, say: connections that end make room.
                tracing::error!("a connection cannot be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let service = app.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("{peer}: {error}");
            }
            drop(seat);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, open.shutdown()).await.is_err() {
        tracing::warn!("some connections did not come to their end");
    }
}
