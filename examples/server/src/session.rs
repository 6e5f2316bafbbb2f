//! Who is signed in: an opaque random ID in a cookie, everything else in memory.
//!
//! Every browser has a session ID as soon as it starts a ceremony; only those signed in take room here. Where several servers
//! stand side by side, this table belongs into their database or into Redis, under a hash of the ID.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponseParts, ResponseParts};
use passkeeper::types::{Bytes, CredentialId, UnixTime, UserHandle};
use passkeeper::{Clock as _, Entropy as _, ErrorCode, Proof, SessionBinding, SystemEntropy};

use crate::error::{Answer, Problem};
use crate::users::User;
use crate::{App, PROOF, SharedClock};

/// How long somebody stays signed in without doing anything.
const IDLE_SECS: u32 = 30 * 60;
/// How long somebody stays signed in at most.
const LIFE_SECS: u32 = 12 * 60 * 60;
/// The most sessions at a time.
const MAX_SESSIONS: usize = 100_000;

/// 32 random bytes, base64url.
#[derive(Clone, PartialEq, Eq, Hash)]
struct SessionId(String);

impl SessionId {
    const LEN: usize = 43;

    fn fresh() -> passkeeper::Result<Self> {
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes).map_err(|_| ErrorCode::RandomnessUnavailable)?;
        Ok(Self(Bytes::from(bytes.as_slice()).to_base64url()))
    }

    fn from_cookie(headers: &HeaderMap, name: &str) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
        let (_, value) = cookies.filter_map(|cookie| cookie.trim().split_once('=')).find(|(key, _)| *key == name)?;
        let fits = value.len() == Self::LEN && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(value.to_owned()))
    }
}

/// A session of somebody who is signed in.
#[derive(Clone)]
pub struct SignedIn {
    /// The account.
    pub user: UserHandle,
    /// The passkey that signed in.
    pub credential: CredentialId,
    /// The latest proof that the user is in control of the account.
    pub proof: Proof,
    /// The ID that ceremonies were bound to before the sign-in: those of other tabs go on.
    bound: SessionId,
    seen: UnixTime,
    began: UnixTime,
}

/// All sessions of those who are signed in.
pub struct Sessions {
    clock: SharedClock,
    table: Mutex<HashMap<SessionId, SignedIn>>,
}

impl Sessions {
    /// Nobody is signed in.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, table: Mutex::default() }
    }

    /// Signs in, under a fresh ID: whoever planted or saw the old one has nothing.
    ///
    /// # Errors
    /// `randomness-unavailable`.
    pub fn open(&self, browser: Browser, proof: Proof, credential: CredentialId) -> passkeeper::Result<Browser> {
        let now = self.clock.now();
        let (id, bound, user) = (SessionId::fresh()?, browser.bound().clone(), proof.user_handle().clone());
        let signed_in = SignedIn { user, credential, proof, bound, seen: now, began: now };
        let mut table = self.lock();
        table.remove(&browser.id);
        // Before the table grows, or is full, what has expired makes room; if that is little, it grows, so that this is rare.
        if table.len() >= MAX_SESSIONS || table.len() == table.capacity() {
            table.retain(|_, session| session.lives(now));
            if table.len() > table.capacity() / 2 {
                let more = table.len().min(MAX_SESSIONS.saturating_sub(table.len()));
                table.reserve(more);
            }
        }
        if table.len() >= MAX_SESSIONS {
            let idlest = table.iter().min_by_key(|(_, session)| session.seen).map(|(id, _)| id.clone());
            idlest.and_then(|id| table.remove(&id));
        }
        table.insert(id.clone(), signed_in.clone());
        Ok(Browser { id, to_be_told: true, signed_in: Some(signed_in), ..browser })
    }

    /// Keeps the latest proof of a session.
    pub fn prove(&self, browser: &Browser, proof: Proof) {
        if let Some(session) = self.lock().get_mut(&browser.id) {
            session.proof = proof;
        }
    }

    /// Signs out.
    pub fn close(&self, browser: &Browser) {
        self.lock().remove(&browser.id);
    }

    /// Ends the sessions that this passkey began, but for one.
    pub fn close_of_passkey(&self, credential: &CredentialId, but: &Browser) {
        self.lock().retain(|id, session| session.credential != *credential || *id == but.id);
    }

    /// Ends all sessions of an account.
    pub fn close_of_user(&self, user: &UserHandle) {
        self.lock().retain(|_, session| session.user != *user);
    }

    fn find(&self, id: &SessionId) -> Option<SignedIn> {
        let (now, mut table) = (self.clock.now(), self.lock());
        let session = table.get_mut(id)?;
        if !session.lives(now) {
            table.remove(id);
            return None;
        }
        session.seen = session.seen.max(now);
        Some(session.clone())
    }

    /// A panic elsewhere leaves the table whole: each change is one call.
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, SignedIn>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SignedIn {
    fn lives(&self, now: UnixTime) -> bool {
        now <= self.seen.saturating_add_secs(IDLE_SECS) && now <= self.began.saturating_add_secs(LIFE_SECS)
    }
}

/// The browser that asks, signed in or not. As part of an answer it tells the browser its session ID, where that is new.
pub struct Browser {
    id: SessionId,
    to_be_told: bool,
    cookie: Cookie,
    signed_in: Option<SignedIn>,
}

impl Browser {
    /// Lets only this browser complete what it starts.
    ///
    /// # Errors
    /// None: the ID is never empty.
    pub fn binding(&self) -> passkeeper::Result<SessionBinding> {
        SessionBinding::new(&self.bound().0)
    }

    /// Who is signed in.
    #[must_use]
    pub fn signed_in(&self) -> Option<&SignedIn> {
        self.signed_in.as_ref()
    }

    /// Makes the browser forget its session.
    #[must_use]
    pub fn forgets(self) -> impl IntoResponseParts<Error = std::convert::Infallible> {
        SetCookie(self.cookie.expired())
    }

    fn bound(&self) -> &SessionId {
        self.signed_in.as_ref().map_or(&self.id, |session| &session.bound)
    }
}

impl FromRequestParts<Arc<App>> for Browser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Answer<Self> {
        let cookie = Cookie { secure: app.config.origin.is_https() };
        let told = SessionId::from_cookie(&parts.headers, cookie.name());
        let signed_in = told.as_ref().and_then(|id| app.sessions.find(id));
        let (to_be_told, id) = match told {
            Some(id) => (false, id),
            None => (true, SessionId::fresh()?),
        };
        Ok(Self { id, to_be_told, cookie, signed_in })
    }
}

impl IntoResponseParts for Browser {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        match self.to_be_told {
            true => SetCookie(self.cookie.set(&self.id)).into_response_parts(parts),
            false => Ok(parts),
        }
    }
}

/// A browser that is signed in, and its account.
pub struct Member {
    /// The browser.
    pub browser: Browser,
    /// Its session.
    pub session: SignedIn,
    /// The account.
    pub user: User,
}

impl Member {
    /// For what is dangerous and no passkey's change: the user was verified a moment ago.
    ///
    /// # Errors
    /// [`Problem::confirm_first`].
    pub fn confirmed(&self, app: &App) -> Answer<()> {
        let scope = app.passkeys.relying_party().scope();
        Ok(PROOF.judge(Some(&self.session.proof), scope, &self.user.handle, app.clock.now())?)
    }
}

impl FromRequestParts<Arc<App>> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Answer<Self> {
        let browser = Browser::from_request_parts(parts, app).await?;
        let session = browser.signed_in().cloned().ok_or_else(Problem::signed_out)?;
        // The account may have gone while the session stayed.
        let user = app.stores.users.by_handle(&session.user).await?.ok_or_else(Problem::signed_out)?;
        Ok(Self { browser, session, user })
    }
}

/// How the cookie is written. `__Host-` makes browsers refuse it from other hosts, subdomains and plain http.
#[derive(Clone, Copy)]
struct Cookie {
    secure: bool,
}

impl Cookie {
    fn name(self) -> &'static str {
        if self.secure { "__Host-session" } else { "session" }
    }

    fn set(self, id: &SessionId) -> String {
        format!("{}={}; {}", self.name(), id.0, self.attributes())
    }

    fn expired(self) -> String {
        format!("{}=; Max-Age=0; {}", self.name(), self.attributes())
    }

    fn attributes(self) -> &'static str {
        if self.secure { "Path=/; HttpOnly; SameSite=Strict; Secure" } else { "Path=/; HttpOnly; SameSite=Strict" }
    }
}

struct SetCookie(String);

impl IntoResponseParts for SetCookie {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            parts.headers_mut().append(header::SET_COOKIE, value);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use passkeeper::types::Scope;

    use super::*;

    /// Who never signs out leaves nothing behind for long.
    #[test]
    fn sessions_that_have_expired_make_room_before_the_table_grows() {
        struct Minutes(Arc<AtomicI64>);
        impl passkeeper::Clock for Minutes {
            fn now(&self) -> UnixTime {
                UnixTime::from_secs(self.0.load(Ordering::SeqCst) * 60)
            }
        }
        let minutes = Arc::new(AtomicI64::new(0));
        let sessions = Sessions::new(SharedClock::new(Minutes(minutes.clone())));
        let user = UserHandle::new([7; 32]).unwrap();
        for _ in 0..2000 {
            minutes.fetch_add(1, Ordering::SeqCst);
            let id = SessionId::fresh().unwrap();
            let browser = Browser { id, to_be_told: true, cookie: Cookie { secure: false }, signed_in: None };
            let proof = Proof::by_other_factor(Scope::new("localhost").unwrap(), user.clone(), true, sessions.clock.now());
            sessions.open(browser, proof, CredentialId::new([1; 16]).unwrap()).unwrap();
        }
        // One a minute, and each lives for thirty.
        let table = sessions.lock();
        assert!(table.len() < 200 && table.values().filter(|session| session.lives(sessions.clock.now())).count() == 31, "{}", table.len());
    }
}
