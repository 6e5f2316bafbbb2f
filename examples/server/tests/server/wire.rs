//! Over a real connection: what is slow, and the end of the server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use passkeeper_server::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::*;

const HEAD: &str = "POST /api/sign-in/start HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:8080\r\n\
    Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n";

async fn started() -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(serve(listener, Server::new().router, async move { drop(stopped.await) }));
    (address, stop, server)
}

async fn sent(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let (address, _stop, _server) = started().await;
    let begun = Instant::now();
    let reply = rest(sent(address, &format!("{HEAD}{{")).await).await;
    assert!(reply.starts_with("HTTP/1.1 408 ") && reply.contains("too-slow"), "{reply}");
    assert!((9..14).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

/// Announced or not: the answer comes while there is more to send, and the server goes on.
#[tokio::test]
async fn a_body_that_is_too_large_is_answered_and_not_read_to_its_end() {
    let (address, _stop, _server) = started().await;
    let announced = HEAD.replace("Content-Length: 2", "Content-Length: 100000000");
    let chunked = HEAD.replace("Content-Length: 2", "Transfer-Encoding: chunked");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for (head, piece) in [(announced, " ".repeat(0x10000)), (chunked, chunk)] {
        let mut stream = sent(address, &head).await;
        for _ in 0..5 {
            stream.write_all(piece.as_bytes()).await.unwrap();
        }
        let mut reply = vec![0; 16];
        stream.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply[..13], b"HTTP/1.1 413 ");
    }
    let reply = rest(sent(address, &format!("{HEAD}{{}}")).await).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
}

#[tokio::test]
async fn headers_that_do_not_come_are_not_waited_for() {
    let (address, _stop, _server) = started().await;
    let begun = Instant::now();
    rest(sent(address, "POST /api/sign-in/start HTTP/1.1\r\nHost: lo").await).await;
    assert!((13..20).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

/// Also where they have no end.
#[tokio::test]
async fn headers_of_16_kib_are_read_and_no_more() {
    let (address, _stop, _server) = started().await;
    let padded = |bytes: usize| HEAD.replace("Connection: close", &format!("Connection: close\r\nX-Padding: {}", "x".repeat(bytes)));
    let reply = rest(sent(address, &format!("{}{{}}", padded(15 * 1024))).await).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    let endless = padded(17 * 1024);
    for text in [endless.as_str(), endless.trim_end()] {
        let mut reply = vec![0; 13];
        sent(address, text).await.read_exact(&mut reply).await.unwrap();
        assert_eq!(reply, b"HTTP/1.1 431 ");
    }
}

#[tokio::test]
async fn a_browser_that_goes_away_in_the_middle_harms_nobody() {
    let (address, _stop, _server) = started().await;
    drop(sent(address, &format!("{HEAD}{{")).await);
    let reply = rest(sent(address, &format!("{HEAD}{{}}")).await).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
}

#[tokio::test]
async fn what_has_begun_is_answered_before_the_server_stops() {
    let (address, stop, server) = started().await;
    let mut stream = sent(address, &format!("{HEAD}{{")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody is let in any more");
    assert!(!server.is_finished(), "somebody is still there");
    stream.write_all(b"}").await.unwrap();
    let reply = rest(stream).await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("ceremony"), "{reply}");
    tokio::time::timeout(Duration::from_secs(2), server).await.unwrap().unwrap();
}
