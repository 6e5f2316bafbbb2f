//! Those who live here: they sign in, step up, change their passkeys; and newcomers, who leave again with their account.

use std::sync::Arc;
use std::time::{Duration, Instant};

use passkeeper::testing::{KeyAlgorithm, VirtualAuthenticator};
use serde_json::{Value, json};

use crate::World;
use crate::client::Browser;

/// Between two visits.
const PAUSE: Duration = Duration::from_millis(20);

/// A user with one passkey, and what they sign in with.
pub(crate) struct Resident {
    pub(crate) name: String,
    browser: Browser,
    /// Whether they type their name. Who does can be kept waiting by whoever starts many sign-ins in it.
    by_name: bool,
}

/// So many; attackers know the names of every other one, who does not type it.
pub(crate) async fn residents(world: &World, count: u64) -> Vec<Resident> {
    let mut residents = Vec::new();
    for n in 0..count {
        let mut resident = Resident { name: format!("resident-{n}"), browser: browser(world), by_name: n % 2 == 1 };
        sign_up(world, &mut resident.browser, &resident.name).await.expect("a resident cannot sign up");
        residents.push(resident);
    }
    residents
}

/// With a new address and a new device.
fn browser(world: &World) -> Browser {
    let mut browser = world.server.browser(0);
    (browser.address, browser.device) = (Some(world.address()), device(world));
    browser
}

fn device(world: &World) -> VirtualAuthenticator {
    VirtualAuthenticator::new(world.next()).with_algorithms(&[KeyAlgorithm::Es256])
}

impl Resident {
    /// Visits until the end. A visit that fails has been told, and the next one begins anew.
    pub(crate) async fn live(mut self, world: Arc<World>) {
        for visit in 0_u64.. {
            if world.is_over() {
                break;
            }
            (self.browser.address, self.browser.cookie) = (Some(world.address()), None);
            let _told = match visit % 4 {
                3 => newcomer(&world).await,
                2 => self.visit(&world, true).await,
                _ => self.visit(&world, false).await,
            };
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn visit(&mut self, world: &World, changes: bool) -> Option<()> {
        let browser = &mut self.browser;
        sign_in(world, browser, &self.name, self.by_name).await?;
        if changes {
            ceremony(world, browser, "/api/step-up", json!({}), Browser::asserted).await?;
            let own = std::mem::replace(&mut browser.device, device(world));
            let added = ceremony(world, browser, "/api/passkeys", json!({}), Browser::created).await;
            browser.device = own;
            let path = format!("/api/passkeys/{}", added?["passkey"]["id"].as_str()?);
            call(world, browser, "PATCH", &path, json!({ "name": "Travel" })).await?;
            call(world, browser, "DELETE", &path, json!({})).await?;
        }
        let me = call(world, browser, "GET", "/api/me", Value::Null).await?;
        expect(world, &me["passkeys"].as_array().map(Vec::len), &Some(1));
        call(world, browser, "POST", "/api/sign-out", json!({})).await.map(drop)
    }
}

/// Comes, signs in once more, and deletes the account.
async fn newcomer(world: &World) -> Option<()> {
    let (mut browser, name) = (browser(world), format!("newcomer-{}", world.next()));
    sign_up(world, &mut browser, &name).await?;
    call(world, &mut browser, "POST", "/api/sign-out", json!({})).await?;
    sign_in(world, &mut browser, &name, true).await?;
    call(world, &mut browser, "DELETE", "/api/me", json!({})).await.map(drop)
}

async fn sign_up(world: &World, browser: &mut Browser, name: &str) -> Option<()> {
    let welcome = ceremony(world, browser, "/api/sign-up", json!({ "username": name }), Browser::created).await?;
    expect(world, &welcome["user"]["username"].as_str(), &Some(name));
    Some(())
}

async fn sign_in(world: &World, browser: &mut Browser, name: &str, by_name: bool) -> Option<()> {
    let form = if by_name { json!({ "username": name }) } else { json!({}) };
    let welcome = ceremony(world, browser, "/api/sign-in", form, Browser::asserted).await?;
    expect(world, &welcome["user"]["username"].as_str(), &Some(name));
    Some(())
}

async fn ceremony(
    world: &World,
    browser: &mut Browser,
    path: &str,
    form: Value,
    answer: fn(&mut Browser, &Value) -> Value,
) -> Option<Value> {
    let started = call(world, browser, "POST", &format!("{path}/start"), form).await?;
    let finish = answer(browser, &started);
    call(world, browser, "POST", &format!("{path}/finish"), finish).await
}

/// One request, timed; nothing if it was refused.
async fn call(world: &World, browser: &mut Browser, method: &str, path: &str, body: Value) -> Option<Value> {
    let begun = Instant::now();
    let reply = browser.call(method, path, body).await;
    let micros = begun.elapsed().as_micros() as u32;
    let fault = (!reply.status.is_success()).then(|| format!("honest {method} {path}: {} {}", reply.status, reply.text));
    let failed = fault.is_some();
    world.tally.honest(micros, fault);
    (!failed).then(|| reply.ok())
}

fn expect<T: PartialEq + std::fmt::Debug>(world: &World, found: &T, expected: &T) {
    if found != expected {
        world.tally.honest(0, Some(format!("{found:?} in place of {expected:?}")));
    }
}
