//! The one public error, for two audiences.
//!
//! An operator reads [`Error::code`], [`Error::spec_step`] and the `Display` text with expected and
//! actual values; an end user gets [`Error::public_message`], the same for every refusal, so that
//! nobody can probe which of user, credential or signature was wrong.

mod code;

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

pub use code::{ErrorCode, ErrorKind};

/// Shorthand for a result with this crate's [`Error`].
pub type Result<T> = core::result::Result<T, Error>;

/// How many characters of a value that came from outside are shown before it is cut.
const SHOWN_CHARS: usize = 96;

/// Why a ceremony, a parser, a store or a configuration refused.
///
/// Plain data: no foreign types inside, comparable and cloneable. Compare by [`code`](Self::code);
/// the `Display` text is for people and may change.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    step: Option<&'static str>,
    context: Option<Box<Context>>,
}

/// What a person needs to understand the code; each part is bounded and escaped.
#[derive(Clone, PartialEq, Eq, Default)]
struct Context {
    subject: Option<String>,
    expected: Option<String>,
    found: Option<String>,
    retry_after_secs: Option<u32>,
}

impl Error {
    /// An error of this code, without step or context.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self { code, step: None, context: None }
    }

    /// The code as an enum, for `match`.
    #[must_use]
    pub fn error_code(&self) -> ErrorCode {
        self.code
    }

    /// The stable kebab-case code, such as `origin-mismatch`: for logs, metrics and tests.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code.as_str()
    }

    /// Who is to blame, for choosing a reaction (an HTTP status, say).
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.code.kind()
    }

    /// The step of WebAuthn Level 3 that refused, such as `7.1/9`; `None` outside a ceremony.
    #[must_use]
    pub fn spec_step(&self) -> Option<&'static str> {
        self.step
    }

    /// What an end user may be told: the same words for every refusal.
    ///
    /// Only a fault on the relying party's side ([`ErrorKind::Store`], [`ErrorKind::Misuse`])
    /// reads differently, since trying again later can help there.
    #[must_use]
    pub fn public_message(&self) -> &'static str {
        match self.kind() {
            ErrorKind::Store | ErrorKind::Misuse => "Something went wrong on our side. Please try again later.",
            _ => "That did not work. Please try again or use another way to sign in.",
        }
    }

    /// In how many seconds it is worth trying again, where a rate limit said so: for the header `Retry-After`.
    #[must_use]
    pub fn retry_after_secs(&self) -> Option<u32> {
        self.context.as_ref()?.retry_after_secs
    }

    /// Names the specification step unless a deeper layer already did.
    #[must_use]
    pub(crate) fn at(mut self, step: &'static str) -> Self {
        self.step.get_or_insert(step);
        self
    }

    /// Names the member, parameter or thing that is wrong.
    #[must_use]
    pub(crate) fn subject(mut self, subject: impl fmt::Display) -> Self {
        self.context_mut().subject = Some(shown(subject));
        self
    }

    /// Whether something is, or may be, revoked: no leniency about trust covers that.
    pub(crate) fn tells_of_revocation(&self) -> bool {
        matches!(self.code, ErrorCode::CertificateRevoked | ErrorCode::RevocationListUnverifiable)
    }

    /// Says what would have been right.
    #[must_use]
    pub(crate) fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.context_mut().expected = Some(shown(expected));
        self
    }

    /// Says what was there instead; cut and escaped, since it comes from outside.
    #[must_use]
    pub(crate) fn found(mut self, found: impl fmt::Display) -> Self {
        self.context_mut().found = Some(shown(found));
        self
    }

    /// Says when to try again.
    #[must_use]
    pub(crate) fn retry_after(mut self, secs: u32) -> Self {
        self.context_mut().retry_after_secs = Some(secs);
        self.expected(format_args!("again in {secs} s"))
    }

    fn context_mut(&mut self) -> &mut Context {
        self.context.get_or_insert_with(Box::default)
    }
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        if let Some(step) = self.step {
            write!(f, " (step {step})")?;
        }
        write!(f, ": {}", self.code.meaning())?;
        let Some(context) = &self.context else { return Ok(()) };
        if let Some(subject) = &context.subject {
            write!(f, " [{subject}]")?;
        }
        match (&context.expected, &context.found) {
            (Some(expected), Some(found)) => write!(f, "; expected {expected}, found {found}"),
            (Some(expected), None) => write!(f, "; expected {expected}"),
            (None, Some(found)) => write!(f, "; found {found}"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl core::error::Error for Error {}

/// Renders a value for an operator: escaped, and cut to [`SHOWN_CHARS`] without ever holding more.
fn shown(value: impl fmt::Display) -> String {
    struct Bounded {
        text: String,
        left: usize,
    }
    impl fmt::Write for Bounded {
        fn write_str(&mut self, s: &str) -> fmt::Result {
            for c in s.chars() {
                if self.left == 0 {
                    return Err(fmt::Error);
                }
                self.left = self.left.saturating_sub(1);
                match c {
                    '"' | '\'' | '\\' => self.text.push(c),
                    // Whatever is not printed, or changes how its neighbours are.
                    _ => self.text.extend(c.escape_debug()),
                }
            }
            Ok(())
        }
    }
    let mut bounded = Bounded { text: String::new(), left: SHOWN_CHARS };
    if fmt::write(&mut bounded, format_args!("{value}")).is_err() {
        bounded.text.push('…');
    }
    bounded.text
}

/// What is said of a text that may be somebody's, or a secret: a name in the wrong column, a private key for a public one.
pub(crate) fn unshown(text: &str) -> String {
    format!("a text of {} bytes", text.len())
}

/// What a JSON parser says, without the value that it may quote.
pub(crate) fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (text.find(['"', '`']), text.rfind(", expected")) {
        (Some(value), Some(rest)) if ["invalid ", "unknown "].iter().any(|start| text.starts_with(start)) => {
            format!("{}…{}", text.get(..value).unwrap_or_default(), text.get(rest..).unwrap_or_default())
        }
        _ => text,
    }
}

/// A value in quotation marks, for [`Error::expected`] and [`Error::found`].
pub(crate) fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    out.extend(text.chars().take(SHOWN_CHARS));
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;

    #[test]
    fn display_names_code_step_expected_and_found() {
        let error =
            Error::new(ErrorCode::OriginMismatch).at("7.1/9").expected(quoted("https://a.example")).found(quoted("https://b.example"));
        let text = error.to_string();
        for part in ["origin-mismatch", "7.1/9", "https://a.example", "https://b.example"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn the_deepest_step_wins() {
        assert_eq!(Error::new(ErrorCode::CborTag).at("7.1/13").at("7.1/22").spec_step(), Some("7.1/13"));
    }

    #[test]
    fn values_from_outside_are_cut_and_escaped() {
        let long = "x".repeat(10_000);
        assert!(Error::new(ErrorCode::OriginMismatch).found(long).to_string().len() < 400);
        let invisible = "\n\0\u{7f}\u{85}\u{ad}\u{61c}\u{200b}\u{2028}\u{202e}\u{2060}\u{2069}\u{feff}\u{fff9}\u{e0001}\u{10fffd}";
        let text = Error::new(ErrorCode::OriginMismatch).found(invisible).to_string();
        assert!(invisible.chars().all(|c| !text.contains(c)), "{text:?}");
        let text = Error::new(ErrorCode::OriginMismatch).found("https://bücher.example/\"'\\").to_string();
        assert!(text.ends_with("https://bücher.example/\"'\\"), "{text}");
    }

    #[test]
    fn what_json_parsers_say_is_told_without_the_values() {
        let fault = |json: &str| json_fault(&serde_json::from_str::<BTreeMap<String, u8>>(json).unwrap_err());
        for json in
            [r#""alice""#, r#"{"a":"alice, expected"}"#, r#"{"a":"al\"ice"}"#, r#"{"a":4915112}"#, r#"{"a":-4915112}"#, r#"{"a":49.15112}"#]
        {
            let text = fault(json);
            assert!(!text.contains("ice") && !text.contains("15112"), "{text}");
            assert!(text.starts_with("invalid ") && text.contains(", expected ") && text.contains(" at line 1 column "), "{text}");
        }
        assert_eq!(fault("{"), "EOF while parsing an object at line 1 column 1");
    }

    #[test]
    fn every_refusal_tells_an_end_user_the_same() {
        let refusals = ErrorCode::ALL.iter().filter(|c| !matches!(c.kind(), ErrorKind::Store | ErrorKind::Misuse));
        let mut messages: alloc::vec::Vec<_> = refusals.map(|c| Error::new(*c).public_message()).collect();
        messages.dedup();
        assert_eq!(messages.len(), 1);
    }
}
