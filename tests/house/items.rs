//! The items of a file, and all that each of them comes to by the names that it uses.

use std::collections::{BTreeMap, BTreeSet};

use crate::words::words;

/// A function, a constant, a module, … with its attributes. What a file says of itself (`#![…]`) is one without a name.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    attributes: Vec<String>,
    words: Vec<String>,
}

pub(crate) fn items(text: &str) -> Vec<Item> {
    let words: Vec<_> = words(text).code.into_iter().map(|word| word.text).collect();
    let (mut rest, mut items) = (words.as_slice(), Vec::new());
    while !rest.is_empty() {
        let mut attributes = Vec::new();
        while rest.first().is_some_and(|word| word == "#") {
            let (attribute, after) = rest.split_at(closed(rest, |word| word == "]"));
            attributes.push(attribute.concat());
            rest = after;
            if attribute[1] == "!" {
                items.push(Item { name: String::new(), attributes: std::mem::take(&mut attributes), words: Vec::new() });
            }
        }
        let head = rest.iter().take_while(|word| BEFORE_A_NAME.contains(&word.as_str())).count();
        let value =
            rest[..head].iter().any(|word| ["const", "static", "use"].contains(&word.as_str())) && !rest[..head].contains(&"fn".into());
        let (words, after) = rest.split_at(closed(rest, |word| word == ";" || word == "}" && !value));
        items.push(Item { name: words.get(head).cloned().unwrap_or_default(), attributes, words: words.to_vec() });
        rest = after;
    }
    items
}

const BEFORE_A_NAME: &[&str] = &[
    "pub",
    "(",
    "crate",
    "super",
    ")",
    "async",
    "const",
    "fn",
    "static",
    "use",
    "mod",
    "struct",
    "enum",
    "trait",
    "type",
    "impl",
    "macro_rules",
    "!",
];

/// How many words there are up to the first outside of all brackets that ends it.
fn closed(words: &[String], ends: impl Fn(&str) -> bool) -> usize {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 && ends(word) {
            return at + 1;
        }
    }
    words.len()
}

impl Item {
    /// Whether it is a test that runs wherever its file is built.
    fn is_test(&self) -> bool {
        let idle = |attribute: &String| attribute.starts_with("#[ignore") || attribute.starts_with("#[cfg");
        self.words.first().is_some_and(|word| word == "fn")
            && self.attributes.contains(&"#[test]".into())
            && !self.attributes.iter().any(idle)
    }

    /// Whether it is a module of that name in a file of its own, and there unless a feature is off.
    pub(crate) fn leads_to(&self, module: &str) -> bool {
        self.name == module && self.words.ends_with(&["mod".into(), module.into(), ";".into()]) && !self.is_switched_off()
    }

    /// Whether a condition other than one feature stands before it.
    fn is_switched_off(&self) -> bool {
        let attributes = self.attributes.iter().map(|attribute| attribute.replace("#!", "#"));
        let mut conditions = attributes.filter(|attribute| attribute.starts_with("#[cfg"));
        conditions.any(|condition| !condition.starts_with("#[cfg(feature=\"") || condition.contains(','))
    }
}

/// The tests of a file that run, each with its words, those of the items that it names, and of those that they name.
pub(crate) fn tests(items: &[Item]) -> BTreeMap<&str, BTreeSet<&str>> {
    let off = items.iter().any(|item| item.name.is_empty() && item.is_switched_off());
    let running = items.iter().filter(|item| !off && item.is_test());
    running.map(|test| (test.name.as_str(), reached(items, test))).collect()
}

fn reached<'a>(items: &'a [Item], from: &'a Item) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(item) = next.pop() {
        for word in &item.words {
            if reached.insert(word.as_str()) {
                next.extend(items.iter().filter(|item| item.name == *word));
            }
        }
    }
    reached
}

#[test]
fn a_test_that_does_not_run_or_does_not_ask_is_none() {
    let honest = "/// Refused.\n#[test]\nfn refused() {\n    assert_refused(\"first\", \"the-code\");\n}\n";
    let helper =
        "const fn limit() -> u8 { 3 }\nconst CASES: &[(u8, &str)] = &[(1, \"the-code\"), { (2, \"x\") }];\nfn check() { CASES; }\n";
    let expects = |text: &str| tests(&items(text)).get("refused").is_some_and(|words| words.contains("\"the-code\""));
    for text in [
        honest.into(),
        format!("//! A file.\n#![allow(clippy::panic)]\nuse a::{{b, c}};\n{honest}"),
        format!("#![cfg(feature = \"tracing\")]\n{honest}"),
        format!("{helper}#[test]\nfn refused() {{ for case in CASES {{}} }}"),
        format!("{helper}#[test]\nfn refused() {{ check() }}"),
        format!("#[test]\nfn refused() {{ by!(\"the-code\") }}\n{helper}"),
        "#[test]\n#[should_panic(expected = \"x\")]\nfn refused() { \"the-code\"; }".into(),
    ] {
        assert!(expects(&text), "{text}");
    }
    for text in [
        honest.replace("    assert", "    // assert"),
        honest.replace("    assert_refused(\"first\", \"the-code\");\n", ""),
        honest.replace("\"the-code\"", "code /* \"the-code\" */"),
        honest.replace("\"the-code\"", "r#\"of \"the-code\"\"#"),
        honest.replace("Refused.", "\"the-code\"").replace("\"the-code\")", "code)"),
        honest.replace("#[test]", "#[test]\n#[ignore]"),
        honest.replace("#[test]", "#[ignore = \"slow\"]\n#[test]"),
        honest.replace("#[test]", "#[test]\n#[cfg(feature = \"slow\")]"),
        honest.replace("#[test]", "#[test]\n#[cfg_attr(all(), ignore)]"),
        honest.replace("#[test]", "// #[test]"),
        honest.replace("fn refused", "fn another"),
        format!("/*\n{honest}*/"),
        format!("const TEXT: &str = r#\"\n{honest}\"#;"),
        format!("#![cfg(any())]\n{honest}"),
        format!("#[cfg(any())]\nmod inner {{\n{honest}}}"),
        format!("{helper}#[test]\nfn refused() {{ limit() }}"),
        format!("{helper}#[test]\nfn refused() {{ /* check() */ \"CASES\" }}"),
        format!("{}#[test]\nfn refused() {{}}", honest.replace("fn refused", "fn another")),
    ] {
        assert!(!expects(&text), "{text}");
    }
}

#[test]
fn a_file_that_is_switched_off_is_not_reached() {
    for (text, leads) in [
        ("mod inner;", true),
        ("use a::b;\n/// About.\n#[path = \"../a.rs\"]\npub(crate) mod inner;", true),
        ("#[cfg(feature = \"tracing\")]\nmod inner;", true),
        ("#[cfg(any(feature = \"tracing\", test))]\nmod inner;", false),
        ("#[cfg(any())]\nmod inner;", false),
        ("#[cfg(not(feature = \"std\"))]\nmod inner;", false),
        ("// mod inner;", false),
        ("mod another;", false),
    ] {
        assert_eq!(items(text).iter().any(|item| item.leads_to("inner")), leads, "{text}");
    }
}
