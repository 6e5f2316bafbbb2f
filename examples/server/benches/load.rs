//! A closed loop of sign-ups and sign-ins on loopback: 32 clients with virtual authenticators against the program itself.
//!
//!     cargo bench -p passkeeper-server --bench load -- memory sqlite postgres
//!
//! Fails on any answer that is not a success, any warning in the log, any passkey that is lost in the end, and memory that
//! grows by more than what is kept. `LOAD_SECONDS` (60) is how long it lasts, `LOAD_CLIENTS` (32) how many there are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation)]

#[path = "../tests/server/private.rs"]
#[allow(dead_code, reason = "nothing is stopped under load")]
mod private;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use passkeeper::testing::{KeyAlgorithm, VirtualAuthenticator};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use private::Private;

const ORIGIN: &str = "http://localhost:8080";
/// How many sign-ins there are for each sign-up.
const SIGN_INS: usize = 4;
/// What is measured.
const REQUESTS: [&str; 4] = ["sign-up/start", "sign-up/finish", "sign-in/start", "sign-in/finish"];
/// What the process may grow by for each account that it keeps in memory, and in any case: buffers, pools, fragments.
const KIB_PER_ACCOUNT: u64 = 6;
const KIB_OF_SLACK: u64 = 16 * 1024;

fn main() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().expect(name));
    let (seconds, clients) = (number("LOAD_SECONDS", 60), number("LOAD_CLIENTS", 32));
    // Cargo adds flags of its own.
    let mut stores: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if stores.is_empty() {
        stores.push("memory".into());
    }
    println!("{clients} clients, {seconds} s, {} processors", std::thread::available_parallelism().unwrap());
    for store in stores {
        let folder = tempfile::tempdir().unwrap();
        let private;
        let url = match store.as_str() {
            "memory" => "memory:".to_owned(),
            "sqlite" => format!("sqlite://{}/load.db", folder.path().display()),
            "postgres" => {
                let Some(started) = Private::start("postgres") else { continue };
                private = started;
                private.url.clone()
            }
            other => panic!("no such store: {other}"),
        };
        println!("\n{store}");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(load(&url, Duration::from_secs(seconds), clients));
    }
}

async fn load(url: &str, time: Duration, clients: u64) {
    let mut server = Server::start(url);
    let end = Instant::now() + time;
    let loops: Vec<_> = (0..clients).map(|n| tokio::spawn(closed_loop(server.port, n, end))).collect();
    let mut memory = Vec::new();
    while Instant::now() < end {
        memory.push(server.resident_kib());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let mut done = Vec::new();
    for one in loops {
        done.push(one.await.expect("a client failed"));
    }
    memory.push(server.resident_kib());
    report(&mut done, time);

    // Memory: what it was when everything was warm, and what it is.
    let accounts: u64 = done.iter().map(|client| client.accounts.len() as u64).sum();
    let (warm, last) = (memory[memory.len() / 4], *memory.last().unwrap());
    println!("memory: {} KiB at first, {warm} KiB after a quarter, {last} KiB in the end", memory[0]);
    let kept = if url == "memory:" { accounts * KIB_PER_ACCOUNT } else { 0 };
    assert!(last <= warm + kept + KIB_OF_SLACK, "memory is not flat: {memory:?}");

    // Nothing is lost: every account signs in, and has its passkey.
    let checks: Vec<_> = done.into_iter().map(|client| tokio::spawn(client.check())).collect();
    for check in checks {
        check.await.expect("a passkey is lost");
    }
    println!("{accounts} accounts, each with its passkey");
    assert!(accounts >= clients);
    assert_eq!(server.complaints(), [] as [String; 0]);
}

fn report(done: &mut [Client], time: Duration) {
    println!("{:<16}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "requests", "per s", "p50 ms", "p99 ms", "max ms");
    for (n, request) in REQUESTS.iter().enumerate() {
        let mut micros: Vec<u32> = done.iter_mut().flat_map(|client| client.micros[n].drain(..)).collect();
        micros.sort_unstable();
        let at = |percent: usize| f64::from(micros[(micros.len() - 1) * percent / 100]) / 1000.0;
        let rate = micros.len() as f64 / time.as_secs_f64();
        println!("{request:<16}{:>10}{rate:>10.0}{:>10.1}{:>10.1}{:>10.1}", micros.len(), at(50), at(99), at(100));
    }
}

/// Signs up, signs in with one of its accounts a few times, and begins again.
async fn closed_loop(port: u16, n: u64, end: Instant) -> Client {
    let mut client = Client::connect(port, n).await;
    let mut turn = 0;
    while Instant::now() < end {
        client.sign_up().await;
        for _ in 0..SIGN_INS {
            turn += 1;
            // Old ones and new ones.
            client.sign_in(turn * 7919 % client.accounts.len(), true).await;
        }
    }
    client
}

/// A browser with a connection that it keeps, and devices with one passkey each.
struct Client {
    n: u64,
    connection: SendRequest<Body>,
    cookie: Option<String>,
    accounts: Vec<VirtualAuthenticator>,
    micros: [Vec<u32>; 4],
}

impl Client {
    async fn connect(port: u16, n: u64) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (connection, driver) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(driver);
        Self { n, connection, cookie: None, accounts: Vec::new(), micros: Default::default() }
    }

    async fn sign_up(&mut self) {
        let number = self.accounts.len() as u64;
        let name = self.name(self.accounts.len());
        let mut device = VirtualAuthenticator::new(self.n << 32 | number).with_algorithms(&[KeyAlgorithm::Es256]);
        let started = self.measured(0, json!({ "username": name })).await;
        let credential = device.create(&started["options"].to_string(), ORIGIN).unwrap().finish();
        let done = self.measured(1, json!({ "ceremony": started["ceremony"], "credential": credential })).await;
        assert_eq!(done["user"]["username"], name);
        self.accounts.push(device);
        self.sign_out().await;
    }

    async fn sign_in(&mut self, account: usize, then_out: bool) {
        let started = self.measured(2, json!({})).await;
        let credential = self.accounts[account].get(&started["options"].to_string(), ORIGIN).unwrap().finish();
        let done = self.measured(3, json!({ "ceremony": started["ceremony"], "credential": credential })).await;
        assert_eq!(done["user"]["username"], self.name(account));
        if then_out {
            self.sign_out().await;
        }
    }

    async fn sign_out(&mut self) {
        self.call("POST", "/api/sign-out", Some(json!({}))).await;
        self.cookie = None;
    }

    async fn check(mut self) {
        for account in 0..self.accounts.len() {
            self.sign_in(account, false).await;
            let me = self.call("GET", "/api/me", None).await;
            assert_eq!(me["passkeys"].as_array().map(Vec::len), Some(1), "{me}");
            self.sign_out().await;
        }
    }

    fn name(&self, account: usize) -> String {
        format!("client-{}-{account}", self.n)
    }

    async fn measured(&mut self, request: usize, body: Value) -> Value {
        let begun = Instant::now();
        let answer = self.call("POST", &format!("/api/{}", REQUESTS[request]), Some(body)).await;
        self.micros[request].push(begun.elapsed().as_micros() as u32);
        answer
    }

    async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        request = request.header("origin", ORIGIN).header("content-type", "application/json");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let request = request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap();
        self.connection.ready().await.unwrap();
        let response = self.connection.send_request(request).await.unwrap();
        let status = response.status();
        if let Some(cookie) = response.headers().get("set-cookie") {
            self.cookie = Some(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        let text = to_bytes(Body::new(response.into_body()), 1 << 20).await.unwrap();
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&text));
        if text.is_empty() { Value::Null } else { serde_json::from_slice(&text).unwrap() }
    }
}

/// The program, built as this is.
struct Server {
    process: Child,
    port: u16,
    log: Option<JoinHandle<Vec<String>>>,
}

impl Server {
    fn start(url: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_passkeeper-server"));
        command.env_clear().env("LISTEN", "127.0.0.1:0").env("DATABASE_URL", url).env("ORIGIN", ORIGIN);
        command.env("RATE_LIMIT", "0").env("DECOY_SECRET", "a secret for this load only");
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (told, port) = mpsc::channel();
        let log = BufReader::new(process.stderr.take().unwrap());
        let log = std::thread::spawn(move || {
            let mut complaints = Vec::new();
            for line in log.lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once("listening on 127.0.0.1:") {
                    told.send(port.trim().parse().unwrap()).unwrap();
                // A machine that has more to do makes statements slow, and that is no fault.
                } else if !line.contains(" INFO ") && !line.contains("slow statement") {
                    complaints.push(line);
                }
            }
            complaints
        });
        Self { process, port: port.recv_timeout(Duration::from_secs(30)).expect("it does not listen"), log: Some(log) }
    }

    fn resident_kib(&self) -> u64 {
        let mut status = String::new();
        fs::File::open(format!("/proc/{}/status", self.process.id())).unwrap().read_to_string(&mut status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Ends it; whatever it has complained about.
    fn complaints(&mut self) -> Vec<String> {
        self.stop();
        self.log.take().unwrap().join().unwrap()
    }

    fn stop(&mut self) {
        Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.log.is_some() {
            self.stop();
        }
    }
}
