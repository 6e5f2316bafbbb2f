//! Values that came from outside, made fit for a terminal.

const SHOWN_BYTES: usize = 48;
const SHOWN_CHARS: usize = 160;

/// Hexadecimal with the length; long values are cut.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let more = if bytes.len() > SHOWN_BYTES { "…" } else { "" };
    let plural = if bytes.len() == 1 { "" } else { "s" };
    if bytes.is_empty() {
        return "(0 bytes)".to_owned();
    }
    format!("{}{more} ({} byte{plural})", plain_hex(bytes.get(..SHOWN_BYTES).unwrap_or(bytes)), bytes.len())
}

pub(crate) fn plain_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The beginning of a text.
pub(crate) fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A text in quotation marks, escaped and cut.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", cut(text))
}

/// A JSON value on one line, cut.
pub(crate) fn json(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => quoted(text),
        other => clean(&cut(&other.to_string())),
    }
}

/// Without anything that could disturb a terminal.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => out.extend(c.escape_unicode()),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// [`clean`], line by line.
pub(crate) fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}
