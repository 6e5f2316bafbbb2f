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
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

/// The most connections at a time; others wait in the system's queue.
const MAX_CONNECTIONS: u16 = 1024;
/// What is read ahead on a connection, and so the most bytes that a request's headers may have.
const MAX_HEADERS: usize = 16 * 1024;

/// How long what may take.
struct Patience {
    /// For a request's headers to arrive, and a connection to idle.
    headers: Duration,
    /// For a connection, until it takes no more requests: who keeps sending and never reads the answers does not idle.
    life: Duration,
    /// For the last request then, with its body and its answer.
    last: Duration,
    /// For all answers once the server is to stop.
    farewell: Duration,
}

const PATIENCE: Patience = Patience {
    headers: Duration::from_secs(15),
    life: Duration::from_secs(120),
    last: Duration::from_secs(90),
    farewell: Duration::from_secs(10),
};

/// Serves until `stop` comes to its end, then lets what has begun come to its own.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    serve_with(PATIENCE, listener, app, stop).await;
}

async fn serve_with(patience: Patience, listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.headers).max_buf_size(MAX_HEADERS);
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS.into()));
    // Dropped once the server is to stop, of which every connection takes notice.
    let (open, closing) = watch::channel(());
    let mut stop = pin!(stop);
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
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let service = app.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        });
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let mut closing = closing.clone();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => Ok(ended),
                () = async { tokio::select! { _ = closing.changed() => (), () = sleep(patience.life) => () } } => {
                    connection.as_mut().graceful_shutdown();
                    timeout(patience.last, connection).await
                }
            };
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!("{peer}: {error}"),
                Err(_) => tracing::debug!("{peer}: its last answer was not read"),
            }
            drop(seat);
        });
    }
    drop((listener, open));
    if timeout(patience.farewell, seats.acquire_many(MAX_CONNECTIONS.into())).await.is_err() {
        tracing::warn!("some connections did not come to their end");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    /// A connection to a server of this route, whose connections live for so many milliseconds.
    async fn connected(life: u64, last: u64, app: Router) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let patience = Patience { life: Duration::from_millis(life), last: Duration::from_millis(last), ..PATIENCE };
        tokio::spawn(serve_with(patience, listener, app, std::future::pending()));
        TcpStream::connect(address).await.unwrap()
    }

    #[tokio::test]
    async fn who_sends_and_never_reads_is_let_go() {
        const ANSWER: usize = 1 << 20;
        let app = Router::new().route("/", get(|| async { vec![b' '; ANSWER] }));
        let mut stream = connected(300, 300, app).await;
        stream.write_all(&REQUEST.repeat(64)).await.unwrap();
        sleep(Duration::from_millis(1500)).await;
        // What lies in the system's buffers, of which the rest would follow from a server that had waited.
        let mut came = Vec::new();
        let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut came)).await;
        assert!(ended.is_ok(), "still open");
        assert!(came.len() < 64 * ANSWER, "{}", came.len());
    }

    #[tokio::test]
    async fn at_the_end_of_its_life_a_connection_answers_once_more_and_closes() {
        let slow = get(|| async {
            sleep(Duration::from_millis(600)).await;
            "done"
        });
        let mut stream = connected(200, 10_000, Router::new().route("/", slow)).await;
        stream.write_all(&REQUEST.repeat(2)).await.unwrap();
        let mut text = String::new();
        timeout(Duration::from_secs(5), stream.read_to_string(&mut text)).await.unwrap().unwrap();
        assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("done"), "{text}");
        assert_eq!(text.matches("HTTP/1.1").count(), 1, "{text}");
    }
}
