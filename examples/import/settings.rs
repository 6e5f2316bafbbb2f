//! The command line.

use std::ffi::OsString;

use passkeeper::import::{Format, HandleEncoding, Importer, UserHandleFrom};
use passkeeper::types::UnixTime;
use passkeeper::{RelyingParty, Result};

pub(crate) const USAGE: &str = "usage: import --format FORMAT --rp-id DOMAIN [OPTIONS] FILE
Converts passkeys of another product into records of this crate, one JSON line each.

  --format FORMAT       fusionauth, webauthn-rs, simplewebauthn, java-webauthn-server or passkeeper
  --rp-id DOMAIN        the relying party that the passkeys were made for
  --scope NAME          the tenant that they go to; the RP ID unless given
  --user-handle-from MEMBER[:ENCODING]
                        the member of a row that is its user handle: text (the default), base64url or uuid;
                        unless given, it is where the format has it
  --all-or-nothing      converts nothing if a row is refused
  --out FILE            where the records go; unless given, rows are only judged";

/// What the command line asks for.
pub(crate) enum Request {
    Help,
    Run(Settings),
}

/// What is to be converted, and how.
pub(crate) struct Settings {
    format: Format,
    rp_id: String,
    scope: Option<String>,
    user_handle: Option<(String, HandleEncoding)>,
    pub(crate) all_or_nothing: bool,
    pub(crate) out: Option<OsString>,
    pub(crate) file: OsString,
}

impl Settings {
    /// Reads the command line; an error is a message for the user.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> std::result::Result<Request, String> {
        let (mut format, mut rp_id, mut scope, mut user_handle) = (None, None, None, None);
        let (mut all_or_nothing, mut out, mut file) = (false, None, None);
        while let Some(argument) = arguments.next() {
            let mut value = |name: &str| arguments.next().ok_or_else(|| format!("{name} wants a value"));
            let text = |value: OsString| value.into_string().map_err(|value| format!("{} is not UTF-8", value.to_string_lossy()));
            match argument.to_str() {
                Some("--help") => return Ok(Request::Help),
                Some("--format") => {
                    let name = text(value("--format")?)?;
                    format = Some(name.parse::<Format>().map_err(|_| format!("there is no format {name:?}"))?);
                }
                Some("--rp-id") => rp_id = Some(text(value("--rp-id")?)?),
                Some("--scope") => scope = Some(text(value("--scope")?)?),
                Some("--user-handle-from") => user_handle = Some(handle(&text(value("--user-handle-from")?)?)?),
                Some("--all-or-nothing") => all_or_nothing = true,
                Some("--out") => out = Some(value("--out")?),
                Some(text) if text.starts_with("--") => return Err(format!("there is no option {text:?}")),
                _ if file.is_none() => file = Some(argument),
                _ => return Err("more than one file is named".to_owned()),
            }
        }
        Ok(Request::Run(Self {
            format: format.ok_or("--format is missing")?,
            rp_id: rp_id.ok_or("--rp-id is missing")?,
            scope,
            user_handle,
            all_or_nothing,
            out,
            file: file.ok_or("no file is named")?,
        }))
    }

    pub(crate) fn importer(&self, now: UnixTime) -> Result<Importer> {
        let mut rp = RelyingParty::builder(&self.rp_id, "import");
        if let Some(scope) = &self.scope {
            rp = rp.scope(scope);
        }
        let importer = Importer::new(&rp.build()?, self.format, now);
        Ok(match &self.user_handle {
            Some((member, encoding)) => importer.user_handle_from(UserHandleFrom::Member(member.clone(), *encoding)),
            None => importer,
        })
    }
}

fn handle(text: &str) -> std::result::Result<(String, HandleEncoding), String> {
    let (member, encoding) = text.split_once(':').unwrap_or((text, "text"));
    let encoding = match encoding {
        "text" => HandleEncoding::Text,
        "base64url" => HandleEncoding::Base64url,
        "uuid" => HandleEncoding::Uuid,
        other => return Err(format!("there is no encoding {other:?}: text, base64url or uuid")),
    };
    Ok((member.to_owned(), encoding))
}
