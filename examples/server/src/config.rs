//! The configuration, from the environment. `README.md` has the same table.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use passkeeper::types::{Origin, RpId};
use passkeeper::{Decoys, Entropy as _, RelyingParty, SystemEntropy};

use crate::apis::{self, Tenant};

/// What the server is told when it starts.
#[derive(Clone)]
pub struct Config {
    /// `LISTEN`: the address and port to listen on.
    pub listen: SocketAddr,
    /// `ORIGIN`: where browsers see the server.
    pub origin: Origin,
    /// The RP ID: the host of the origin.
    pub rp_id: RpId,
    /// `RP_NAME`: the relying party's name for people.
    pub rp_name: String,
    /// `DATABASE_URL`: where accounts, passkeys and, unless Redis has them, pending ceremonies are kept.
    pub database_url: String,
    /// `REDIS_URL`: where pending ceremonies are kept instead.
    pub redis_url: Option<String>,
    /// `RELATED_ORIGINS`: origins on other domains that use the same passkeys (§5.11).
    pub related_origins: Vec<Origin>,
    /// `DECOY_SECRET`: what makes the decoys for unknown users.
    pub decoys: Decoys,
    /// `API_KEY`: opens the product APIs to other servers; without it they are there on `localhost` only, with a key of the day.
    pub api_key: Option<String>,
    /// `TENANTS`: a file with the tenants of the product APIs, as `src/apis/tenants.json` is one.
    pub tenants: Vec<Tenant>,
    /// `RATE_LIMIT`: how many ceremonies one address may start in a minute; 0 is no limit.
    pub rate_limit: u32,
    /// `BEHIND_PROXY`: whether a proxy of ours adds the client's address to `X-Forwarded-For`.
    pub behind_proxy: bool,
}

/// What is wrong with the configuration, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// One sentence about the first value that is wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads variables from wherever they are; an empty one is as good as none.
    ///
    /// # Errors
    /// One sentence about the first value that is wrong.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variable = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let or = |name: &str, default: &str| variable(name).unwrap_or_else(|| default.to_owned());

        let origin: Origin = origin("ORIGIN", &or("ORIGIN", "http://localhost:8080"))?;
        let host = origin.host().unwrap_or_default();
        let rp_id = RpId::new(host).map_err(|_| wrong("ORIGIN", host, "a domain, since passkeys do not work on IP addresses"))?;
        if origin.is_http() && host != "localhost" && !host.ends_with(".localhost") {
            return Err(wrong("ORIGIN", origin.as_str(), "https, which browsers demand everywhere but on localhost"));
        }
        let related_origins = or("RELATED_ORIGINS", "");
        let related_origins = related_origins.split([',', ' ']).filter(|text| !text.is_empty());
        let tenants = tenants(variable("TENANTS"), &origin)?;
        let config = Self {
            listen: parsed("LISTEN", &or("LISTEN", "127.0.0.1:8080"), "an IP address and a port, such as 127.0.0.1:8080")?,
            origin,
            rp_id,
            rp_name: or("RP_NAME", "Passkeeper"),
            database_url: url(
                "DATABASE_URL",
                or("DATABASE_URL", "sqlite://passkeeper.db"),
                &["sqlite", "postgres", "postgresql", "memory"],
            )?,
            redis_url: variable("REDIS_URL").map(|text| url("REDIS_URL", text, &["redis", "redis+unix", "unix"])).transpose()?,
            related_origins: related_origins.map(|text| self::origin("RELATED_ORIGINS", text)).collect::<Result<_, _>>()?,
            decoys: decoys(variable("DECOY_SECRET"))?,
            api_key: variable("API_KEY"),
            tenants,
            rate_limit: parsed("RATE_LIMIT", &or("RATE_LIMIT", "60"), "a number of ceremonies per minute")?,
            behind_proxy: parsed("BEHIND_PROXY", &or("BEHIND_PROXY", "false"), "true or false")?,
        };
        if config.api_key.as_ref().is_some_and(|key| key.len() < 16) {
            return Err(wrong("API_KEY", "a shorter key", "at least 16 characters"));
        }
        // What is left is the library's to judge: names, and origins that do not belong.
        config.relying_party().map_err(|error| ConfigError(format!("ORIGIN, RP_NAME and RELATED_ORIGINS do not fit: {error}.")))?;
        Ok(config)
    }

    /// The relying party of this configuration.
    ///
    /// # Errors
    /// Those of [`RelyingPartyBuilder::build`](passkeeper::RelyingPartyBuilder::build).
    pub fn relying_party(&self) -> passkeeper::Result<RelyingParty> {
        let mut policy = passkeeper::RegistrationPolicy::default();
        // Who signs in by autofill names nobody: only a discoverable credential can answer.
        policy.resident_key = passkeeper::types::ResidentKey::Required;
        let own = RelyingParty::builder(self.rp_id.as_str(), &self.rp_name).origin(self.origin.as_str()).registration_policy(policy);
        self.related_origins.iter().fold(own, |builder, origin| builder.related_origin(origin.as_str())).build()
    }
}

fn origin(name: &str, text: &str) -> Result<Origin, ConfigError> {
    let web = Origin::new(text).ok().filter(|origin| origin.host().is_some());
    web.ok_or_else(|| wrong(name, text, "an origin such as https://example.com, without a slash at the end"))
}

/// A URL of one of these schemes. It may hold a password: no error shows it.
fn url(name: &str, text: String, schemes: &[&str]) -> Result<String, ConfigError> {
    let fits = text.split_once(':').is_some_and(|(scheme, _)| schemes.contains(&scheme));
    if fits { Ok(text) } else { Err(wrong(name, "another", &format!("a URL that begins with {}:", schemes.join(":, ")))) }
}

fn decoys(secret: Option<String>) -> Result<Decoys, ConfigError> {
    match secret {
        Some(secret) => Decoys::new(secret).map_err(|_| wrong("DECOY_SECRET", "a shorter one", "at least 16 characters")),
        None => {
            tracing::warn!("DECOY_SECRET is not set: what unknown users are answered changes with the next start, and tells them apart");
            let mut secret = [0; 32];
            SystemEntropy.fill(&mut secret).map_err(|_| ConfigError("The system has no randomness to give.".into()))?;
            Decoys::new(secret).map_err(|error| ConfigError(error.to_string()))
        }
    }
}

fn tenants(path: Option<String>, origin: &Origin) -> Result<Vec<Tenant>, ConfigError> {
    let Some(path) = path else { return Tenant::read_all(apis::DEMO, origin).map_err(ConfigError) };
    let text = std::fs::read_to_string(&path).map_err(|_| wrong("TENANTS", &path, "a file that can be read"))?;
    Tenant::read_all(&text, origin).map_err(|error| ConfigError(format!("TENANTS: {path:?} does not fit: {error}.")))
}

fn parsed<T: FromStr>(name: &str, text: &str, expected: &str) -> Result<T, ConfigError> {
    text.parse().map_err(|_| wrong(name, text, expected))
}

fn wrong(name: &str, found: &str, expected: &str) -> ConfigError {
    ConfigError(format!("{name} must be {expected}; it is {found:?}."))
}
