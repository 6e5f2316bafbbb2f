//! Those who try: each kind of request with the answer that it deserves.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use passkeeper::testing::{KeyAlgorithm, KeyPair, VirtualAuthenticator, VirtualCredential};
use serde_json::{Value, json};

use crate::World;
use crate::client::{Browser, ORIGIN, Reply};

/// Between two attacks of one attacker.
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) const KINDS: [&str; 11] = [
    "left alone",
    "left with a name",
    "left sign-up",
    "flood from one address",
    "garbage",
    "too large",
    "unknown credential",
    "forged signature",
    "replayed",
    "another's ceremony",
    "from another site",
];

/// A flood that the rate limit has ended: counted besides.
pub(crate) const HELD_BACK: &str = "flood held back";

struct Attacker {
    world: Arc<World>,
    n: u64,
    /// The account that an attacker may have, too.
    own: Browser,
    victims: Vec<String>,
}

/// One attack after another until the end.
pub(crate) async fn attack(world: Arc<World>, n: u64, victims: Vec<String>) {
    let mut own = world.server.browser(1 << 40 | n);
    own.address = Some(world.address());
    own.sign_up(&format!("mallory-{n}")).await;
    let mut attacker = Attacker { world, n, own, victims };
    while !attacker.world.is_over() {
        attacker.n = attacker.n.wrapping_add(1);
        let kind = KINDS[attacker.n as usize % KINDS.len()];
        let (reply, deserved) = attacker.try_one(kind).await;
        let status = reply.status.as_u16();
        let fault = (!deserved.contains(&status)).then(|| format!("{kind}: {status} {}", reply.text));
        attacker.world.tally.hostile(kind, fault);
        if status == 429 {
            attacker.world.tally.hostile(HELD_BACK, None);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Attacker {
    /// What the server answered, and what it should have.
    async fn try_one(&mut self, kind: &'static str) -> (Reply, &'static [u16]) {
        let mut stranger = self.world.server.browser(self.n);
        stranger.address = Some(self.world.address());
        let victim = self.victims[self.n as usize % self.victims.len()].clone();
        let name = if self.n.is_multiple_of(2) { victim } else { format!("nobody-{}", self.n) };
        match kind {
            "left alone" => (stranger.post("/api/sign-in/start", json!({})).await, &[200]),
            "left with a name" => (stranger.post("/api/sign-in/start", json!({ "username": name })).await, &[200]),
            "left sign-up" => (stranger.post("/api/sign-up/start", json!({ "username": format!("never-{}", self.n) })).await, &[200]),
            "flood from one address" => {
                stranger.address = Some("203.0.113.1".into());
                let mut reply = stranger.post("/api/sign-in/start", json!({})).await;
                for _ in 0..8 {
                    reply = stranger.post("/api/sign-in/start", json!({ "username": name })).await;
                }
                (reply, &[200, 429])
            }
            "garbage" => (self.raw(ORIGIN, self.garbage()).await, &[400, 401]),
            "too large" => (self.raw(ORIGIN, vec![b'['; 300 * 1024]).await, &[413]),
            "from another site" => (self.raw("https://evil.example", b"{}".to_vec()).await, &[403]),
            "unknown credential" => {
                let started = stranger.post("/api/sign-in/start", json!({})).await.ok();
                (self.forged(&mut stranger, &started, &self.n.to_be_bytes().repeat(4)).await, &[400])
            }
            "forged signature" => {
                let started = stranger.post("/api/sign-in/start", json!({ "username": name })).await.ok();
                let id = started["options"]["allowCredentials"][0]["id"].as_str().expect("a passkey or a decoy");
                let id = passkeeper::types::Bytes::from_base64url(id).unwrap();
                (self.forged(&mut stranger, &started, id.as_slice()).await, &[400])
            }
            "replayed" => {
                self.own.cookie = None; // without signing out: the session stays until it expires
                self.own.address.clone_from(&stranger.address);
                let started = self.own.post("/api/sign-in/start", json!({})).await.ok();
                let finish = self.own.asserted(&started);
                self.own.post("/api/sign-in/finish", finish.clone()).await.ok();
                (self.own.post("/api/sign-in/finish", finish).await, &[400])
            }
            "another's ceremony" => {
                let started = stranger.post("/api/sign-in/start", json!({})).await.ok();
                let mut finish = self.own.asserted(&started);
                finish["ceremony"] = started["ceremony"].clone();
                self.own.cookie = None;
                (self.own.post("/api/sign-in/finish", finish).await, &[400])
            }
            other => panic!("no such attack: {other}"),
        }
    }

    /// An answer in all order, but by a key of the attacker's own.
    async fn forged(&self, stranger: &mut Browser, started: &Value, id: &[u8]) -> Reply {
        stranger.device = VirtualAuthenticator::new(self.n);
        let key = KeyPair::from_seed(KeyAlgorithm::Es256, 66);
        stranger.device.import(VirtualCredential::new(id.to_vec(), "localhost", Some(vec![7; 32]), key));
        let finish = stranger.asserted(started);
        stranger.post("/api/sign-in/finish", finish).await
    }

    fn garbage(&self) -> Vec<u8> {
        let noise = self.n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        match self.n % 6 {
            0 => noise.repeat(1 + self.n as usize % 500),
            1 => b"{\"ceremony\":\"".iter().copied().chain(noise).collect(),
            2 => b"[".repeat(100_000),
            3 => b"{\"ceremony\":\"AAAA\",\"credential\":{}}".to_vec(),
            4 => b"{\"a\":".repeat(20_000),
            _ => Vec::new(),
        }
    }

    /// Any bytes, to where answers to ceremonies go.
    async fn raw(&self, origin: &str, body: Vec<u8>) -> Reply {
        const PATHS: [&str; 4] = ["/api/sign-in/finish", "/api/sign-up/finish", "/api/step-up/finish", "/api/passkeys/finish"];
        let request = Request::post(PATHS[self.n as usize / KINDS.len() % PATHS.len()]);
        let request = request.header("origin", origin).header("content-type", "application/json");
        let request = request.header("x-forwarded-for", self.world.address());
        self.world.server.send(request.body(Body::from(body)).unwrap()).await
    }
}
