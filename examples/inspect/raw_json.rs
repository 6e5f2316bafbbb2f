//! JSON without losing anything: the text of a member as it stands, and members in their order with repeats.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The text of a member of the outermost object, the last one if there are several, from text that is valid JSON.
pub(crate) fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text.trim_start().strip_prefix('{')?;
    let mut found = None;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() || rest.starts_with('}') {
            return found;
        }
        let (key, after) = rest.split_at_checked(value_end(rest))?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        let (value, after) = value.split_at_checked(value_end(value))?;
        if serde_json::from_str::<String>(key).is_ok_and(|key| key == name) {
            found = Some(value.trim_end());
        }
        rest = after;
    }
}

/// Where the first value of the text ends.
fn value_end(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        let next = at.saturating_add(c.len_utf8());
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => {
                in_string = !in_string;
                if !in_string && depth == 0 {
                    return next;
                }
            }
            _ if in_string => {}
            '{' | '[' => depth = depth.saturating_add(1),
            '}' | ']' if depth > 1 => depth = depth.saturating_sub(1),
            '}' | ']' if depth == 1 => return next,
            ',' | '}' | ']' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The members of an object in their order, repeated ones included.
pub(crate) struct Members(pub(crate) Vec<(String, Value)>);

/// The first name that stands there a second time.
pub(crate) fn first_repeated(members: &[(String, Value)]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    members.iter().map(|(name, _)| name.as_str()).find(|name| !seen.insert(*name))
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
