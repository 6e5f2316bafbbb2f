//! Passkeys from elsewhere: files of other products, one row at a time, as credential records.
//!
//! An [`Importer`] knows what the rows cannot tell: the relying party and whose passkeys they are. It reads a file as an
//! iterator of [`Row`]s in bounded memory; a bad row has an error with a code and keeps no other row out.
//! [`Passkeys::import`](crate::Passkeys::import) takes the rows into a store.
//!
//! ```
//! # use passkeeper::{RelyingParty, types::UnixTime};
//! use passkeeper::import::{Format, Importer};
//!
//! # fn run() -> passkeeper::Result<()> {
//! let rp = RelyingParty::builder("example.com", "Example Ltd").build()?;
//! let importer = Importer::new(&rp, Format::FusionAuth, UnixTime::from_secs(1_800_000_000));
//! for row in importer.rows(br#"{"credentials": []}"#) {
//!     match row.record {
//!         Ok(record) => println!("{}", record.to_json()?),
//!         Err(error) => eprintln!("row {} ({}): {error}", row.number, row.name),
//!     }
//! }
//! # Ok(()) }
//! # run().unwrap();
//! ```
//!
//! Nothing is taken on trust that the row does not say: backup eligibility and user verification stay unknown and are
//! learned at first use, under [`UnknownBackupEligibility`](crate::UnknownBackupEligibility) and
//! [`UnknownUserVerification`](crate::UnknownUserVerification). What the row does say is taken at its word, down to a
//! product's mistakes. Attestation is never trusted. Public keys are checked as a ceremony checks them.

mod fusionauth;
mod java_webauthn_server;
mod members;
mod own;
#[cfg(feature = "std")]
mod reader;
mod report;
mod simplewebauthn;
mod split;
mod webauthn_rs;

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde_json::{Map, Value};

use crate::ceremony::{CosePublicKey, CredentialRecord, RelyingParty};
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result, quoted, unshown};
use crate::types::{CredentialId, RpId, Scope, UnixTime, UserHandle};

use members::Object;
use split::Splitter;

pub use report::{ImportFault, ImportReport};

/// The most bytes of one row.
pub const MAX_ROW: usize = 64 * 1024;

/// Whose rows they are. Members that a format does not know are ignored, and null is the same as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// The body of FusionAuth's import request: `{"credentials": [{…}]}`, with its required members and its defaults.
    ///
    /// The user handle is `userId` as text, as FusionAuth gives it to authenticators. `id` becomes the record's ID; without,
    /// the ID is derived from the credential, so that importing twice gives the same. `authenticatorSupportsUserVerification`
    /// says what the authenticator can, not that it did: whether user verification counts stays unknown.
    FusionAuth,
    /// `Passkey` of webauthn-rs in JSON: `{"cred": {"cred_id": …, "cred": {…}, "counter": …}}`, as version 0.5 writes it and
    /// 0.3 and 0.4 did. A `SecurityKey` has the same shape.
    ///
    /// It does not say whose it is: add the user's ID to the row, beside `cred`, and name it by [`UserHandleFrom::Member`]
    /// (webauthn-rs makes user handles of a UUID's 16 bytes). What it knows of attestation is left out.
    WebauthnRs,
    /// A passkey as SimpleWebAuthn's documentation advises to keep it: `{"id", "publicKey", "webauthnUserID", "counter",
    /// "deviceType", "backedUp", "transports"}`, in its older names too (`credentialID`, `credentialPublicKey`, …), in camel
    /// or snake case. Bytes are base64 of either alphabet, a list of numbers, `{"0": 165, …}`, Node's
    /// `{"type": "Buffer", "data": […]}` or PostgreSQL's `\x…`; counters may be decimal text, booleans 0 and 1, and transports
    /// one text with commas, as databases give them.
    ///
    /// Without `webauthnUserID`, as before version 10, name the member by [`UserHandleFrom::Member`].
    SimpleWebauthn,
    /// `CredentialRegistration` of java-webauthn-server's demonstration, around its `RegisteredCredential`; or the latter
    /// alone: `{"credentialId", "userHandle", "publicKeyCose", "signatureCount", "backupEligible", "backupState"}`.
    JavaWebauthnServer,
    /// This crate's own records, as [`to_json_lines`] writes them. Those of another relying party or scope are refused.
    Passkeeper,
}

impl Format {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::FusionAuth, Self::WebauthnRs, Self::SimpleWebauthn, Self::JavaWebauthnServer, Self::Passkeeper];

    /// The name as stable text, such as `webauthn-rs`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FusionAuth => "fusionauth",
            Self::WebauthnRs => "webauthn-rs",
            Self::SimpleWebauthn => "simplewebauthn",
            Self::JavaWebauthnServer => "java-webauthn-server",
            Self::Passkeeper => "passkeeper",
        }
    }

    /// The member of a file's object that lists the rows, where the file is not the list itself.
    fn list(self) -> Option<&'static str> {
        matches!(self, Self::FusionAuth).then_some("credentials")
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().copied().find(|format| format.as_str() == text);
        found.ok_or_else(|| Error::new(ErrorCode::ImportMemberValue).subject("format").found(quoted(text)))
    }
}

/// How a member spells a user handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandleEncoding {
    /// The text's own bytes, UTF-8; a number's are its decimal digits.
    Text,
    /// base64url, padded or not.
    Base64url,
    /// The 16 bytes of a UUID.
    Uuid,
}

/// What answers a row's user handle.
type Lookup = dyn Fn(&Map<String, Value>) -> Option<UserHandle> + Send + Sync;

/// Where a row's user handle comes from. It must be the one that was given to the authenticator, or discoverable
/// credentials will not sign in.
#[derive(Default)]
#[non_exhaustive]
pub enum UserHandleFrom {
    /// The row itself, as its format has it. A `WebauthnRs` row has none.
    #[default]
    Row,
    /// A member of the row, beside those of its format.
    Member(String, HandleEncoding),
    /// The caller, asked with the row; `None` refuses it.
    With(Box<Lookup>),
}

impl fmt::Debug for UserHandleFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row => f.write_str("Row"),
            Self::Member(name, encoding) => write!(f, "Member({name:?}, {encoding:?})"),
            Self::With(_) => f.write_str("With(…)"),
        }
    }
}

/// Reads the rows of one format for one relying party.
#[derive(Debug)]
pub struct Importer {
    format: Format,
    scope: Scope,
    rp_id: RpId,
    provider: CryptoProvider,
    now: UnixTime,
    user_handle: UserHandleFrom,
}

/// One row of a file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// Its number, from 1.
    pub number: u64,
    /// The credential ID in base64url, as far as the row could be read; empty where it could not.
    pub name: String,
    /// How many bytes it has in the file.
    pub size: u64,
    /// What it says, or why it cannot be imported.
    pub record: Result<CredentialRecord>,
}

/// The most bytes of a name, and of a User-Agent (256 characters).
const MAX_NAME: usize = 256;
const MAX_USER_AGENT: usize = 1024;
/// How far another product's clock may be ahead, in seconds.
const CLOCK_SKEW_SECS: u32 = 86_400;

impl Importer {
    /// An importer of rows in this format, into the relying party's scope. `now` stands for every moment that a row does
    /// not tell.
    #[must_use]
    pub fn new(rp: &RelyingParty, format: Format, now: UnixTime) -> Self {
        Self {
            format,
            scope: rp.scope().clone(),
            rp_id: rp.id().clone(),
            provider: *rp.crypto_provider(),
            now,
            user_handle: UserHandleFrom::default(),
        }
    }

    /// Where user handles come from; from the row unless told otherwise.
    #[must_use]
    pub fn user_handle_from(mut self, from: UserHandleFrom) -> Self {
        self.user_handle = from;
        self
    }

    /// The rows of a file that is in memory: a JSON list, the format's object around one, or rows one after another (JSON
    /// lines). A file that is no such thing, or ends too early, gives an error as its last row.
    ///
    /// Errors of rows: `import-malformed` and `import-unreadable` end the iteration; `import-row-malformed`,
    /// `import-row-too-large`, the `import-member-…` codes, `import-user-handle-unknown`, `ceremony-relying-party-mismatch`,
    /// `base64url-malformed`, `credential-id-empty`, `credential-id-too-long`, `user-handle-length`, `name-invalid`,
    /// `backup-state-without-eligibility`, and the `public-key-…` and `cbor-…` codes do not.
    pub fn rows<'i>(&'i self, file: &'i [u8]) -> Rows<'i> {
        let mut rest = file;
        self.rows_of(move |buffer| {
            let (now, later) = rest.split_at(rest.len().min(buffer.len()));
            buffer.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            rest = later;
            Ok(now.len())
        })
    }

    fn rows_of<'i>(&'i self, source: impl FnMut(&mut [u8]) -> Result<usize> + Send + 'i) -> Rows<'i> {
        Rows { importer: self, splitter: Splitter::new(Box::new(source), self.format.list()), row: Vec::new(), number: 0 }
    }

    /// One row, which a caller holds already; at most 64 KiB.
    ///
    /// # Errors
    /// Those of [`rows`](Self::rows).
    pub fn row(&self, json: &[u8]) -> Result<CredentialRecord> {
        self.named(json).1
    }

    /// The row's name, and what it says.
    fn named(&self, json: &[u8]) -> (String, Result<CredentialRecord>) {
        if json.len() > MAX_ROW {
            let error = Error::new(ErrorCode::ImportRowTooLarge).expected(MAX_ROW).found(json.len());
            return (String::new(), Err(error));
        }
        let members = match members::parse(json) {
            Ok(members) => members,
            Err(error) => return (String::new(), Err(error)),
        };
        let row = Object::new(&members);
        let id = match self.format {
            Format::FusionAuth => fusionauth::credential_id(&row),
            Format::WebauthnRs => webauthn_rs::credential_id(&row),
            Format::SimpleWebauthn => simplewebauthn::credential_id(&row),
            Format::JavaWebauthnServer => java_webauthn_server::credential_id(&row),
            Format::Passkeeper => own::credential_id(&row),
        };
        match id {
            Ok(id) => (id.to_base64url(), self.record(&row, id)),
            Err(error) => (String::new(), Err(error)),
        }
    }

    fn record(&self, row: &Object<'_>, id: CredentialId) -> Result<CredentialRecord> {
        let record = match self.format {
            Format::FusionAuth => fusionauth::record(self, row, id),
            Format::WebauthnRs => webauthn_rs::record(self, row, id),
            Format::SimpleWebauthn => simplewebauthn::record(self, row, id),
            Format::JavaWebauthnServer => java_webauthn_server::record(self, row, id),
            Format::Passkeeper => own::record(self, row),
        }?;
        if record.usage.backup_state && record.usage.backup_eligible == Some(false) {
            return Err(ErrorCode::BackupStateWithoutEligibility.into());
        }
        self.check_bounds(&record)?;
        Ok(record)
    }

    /// What holds for rows of every format, so that every store takes the record and every use can change it.
    fn check_bounds(&self, record: &CredentialRecord) -> Result<()> {
        let refused = |member: &str| Err(Error::new(ErrorCode::ImportMemberValue).subject(member));
        let latest = self.now.saturating_add_secs(CLOCK_SKEW_SECS);
        if record.name.len() > MAX_NAME || record.name.contains('\0') {
            return refused("name");
        }
        if record.display_name.len() > MAX_NAME {
            return refused("display name");
        }
        if record.user_agent.as_ref().is_some_and(|text| text.len() > MAX_USER_AGENT) {
            return refused("user agent");
        }
        // A time of last use never goes back.
        if record.created_at > latest || record.last_used_at.is_some_and(|at| at > latest) {
            return refused("a time in the future");
        }
        Ok(())
    }

    /// A record of which nothing more is known yet. The key is checked; `own` is what the format says of the user.
    fn draft(&self, row: &Object<'_>, id: CredentialId, key: CosePublicKey, own: Option<UserHandle>) -> Result<CredentialRecord> {
        key.check(&self.provider)?;
        let user_handle = self.user_handle(row, own)?;
        Ok(CredentialRecord::imported(self.scope.clone(), self.rp_id.clone(), user_handle, id, key, self.now))
    }

    fn user_handle(&self, row: &Object<'_>, own: Option<UserHandle>) -> Result<UserHandle> {
        match &self.user_handle {
            UserHandleFrom::Row => own,
            UserHandleFrom::Member(name, encoding) => Some(row.at(name).user_handle(*encoding)?),
            UserHandleFrom::With(lookup) => lookup(row.members()),
        }
        .ok_or_else(|| ErrorCode::ImportUserHandleUnknown.into())
    }

    /// A row that names its relying party must name this one.
    fn check_rp_id(&self, rp_id: &str) -> Result<()> {
        if rp_id == self.rp_id.as_str() {
            return Ok(());
        }
        Err(Error::new(ErrorCode::CeremonyRelyingPartyMismatch)
            .expected(&self.rp_id)
            .found(RpId::new(rp_id).map_or_else(|_| unshown(rp_id), |id| quoted(id.as_str()))))
    }
}

/// The rows of a file, as they are read.
pub struct Rows<'i> {
    importer: &'i Importer,
    splitter: Splitter<'i>,
    row: Vec<u8>,
    number: u64,
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let found = self.splitter.next(&mut self.row)?;
        self.number = self.number.saturating_add(1);
        let (size, (name, record)) = match found {
            // Of a larger row only the beginning was kept.
            Ok(size) if size > self.row.len() => {
                let error = Error::new(ErrorCode::ImportRowTooLarge).expected(MAX_ROW).found(size);
                (size, (String::new(), Err(error)))
            }
            Ok(size) => (size, self.importer.named(&self.row)),
            Err(error) => (0, (String::new(), Err(error))),
        };
        Some(Row { number: self.number, name, size: u64::try_from(size).unwrap_or(u64::MAX), record })
    }
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("importer", self.importer).field("number", &self.number).finish_non_exhaustive()
    }
}

/// Records as JSON lines, one each, for an export: [`Format::Passkeeper`] reads them.
///
/// # Errors
/// Those of [`CredentialRecord::to_json`].
pub fn to_json_lines<'r>(records: impl IntoIterator<Item = &'r CredentialRecord>) -> Result<String> {
    let mut lines = "".to_owned();
    for record in records {
        lines.push_str(&record.to_json()?);
        lines.push('\n');
    }
    Ok(lines)
}
