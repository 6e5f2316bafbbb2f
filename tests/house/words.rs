//! The sources as the compiler reads them: in words, where no comment is code, and no string.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// An identifier (without its `r#`), a literal as it is written, one mark, or a bracket.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) line: usize,
    at: Range<usize>,
}

/// The words of a file; apart from them those of its `#[cfg(test)]` modules, wherever they stand.
#[derive(Default)]
pub(crate) struct Words {
    pub(crate) code: Vec<Word>,
    pub(crate) tests: Vec<Word>,
}

pub(crate) fn words(text: &str) -> Words {
    let mut words = Words::default();
    read(&trees(text), false, &mut words);
    words
}

/// The lines of a text, with code alone in them.
pub(crate) fn code_lines(text: &str) -> Vec<String> {
    let mut kept: Vec<u8> = text.bytes().map(|byte| if byte == b'\n' { byte } else { b' ' }).collect();
    for Word { at, .. } in words(text).code {
        kept[at.clone()].copy_from_slice(&text.as_bytes()[at]);
    }
    String::from_utf8(kept).unwrap().lines().map(str::to_owned).collect()
}

/// A few words, not necessarily with their brackets closed, and without strings.
pub(crate) fn phrase(text: &str) -> Vec<String> {
    let (mut words, mut within) = (Vec::<String>::new(), false);
    for c in text.chars() {
        let inner = c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(word) if inner && within => word.push(c),
            _ if c.is_whitespace() => {}
            _ => words.push(c.into()),
        }
        within = inner;
    }
    words
}

/// Where a phrase stands among words.
pub(crate) fn places(words: &[Word], sought: &str) -> Vec<Range<usize>> {
    let sought = phrase(sought);
    let matches = |window: &[Word]| window.iter().map(|word| &word.text).eq(&sought);
    words.windows(sought.len()).enumerate().filter(|(_, window)| matches(window)).map(|(at, _)| at..at + sought.len()).collect()
}

fn trees(text: &str) -> Vec<TokenTree> {
    text.parse::<TokenStream>().unwrap_or_else(|error| panic!("{error} in {text}")).into_iter().collect()
}

fn read(mut rest: &[TokenTree], in_attribute: bool, words: &mut Words) {
    while let [first, ..] = rest {
        let (now, later) = rest.split_at(test_module(rest).or(attribute(rest).map(|(_, length)| length)).unwrap_or(1));
        rest = later;
        let code = &mut words.code;
        match (attribute(now), first) {
            (Some((_, length)), _) if length < now.len() => {
                let mut tests = Words::default();
                read(&now[length..], false, &mut tests);
                words.tests.extend(tests.code.into_iter().chain(tests.tests));
            }
            (Some((group, _)), _) if is_comment(group) => {}
            (Some((group, _)), _) => {
                let marks = now.iter().take(now.len() - 1);
                code.extend(marks.map(|mark| Word::new(&mark.to_string(), mark.span())));
                within(group, true, words);
            }
            (None, TokenTree::Group(group)) => within(group, in_attribute, words),
            // A path that an attribute has as a string: `#[serde(default = "…")]`.
            (None, TokenTree::Literal(literal)) if in_attribute && literal.to_string().contains("::") => {
                code.extend(phrase(&literal.to_string()).iter().map(|word| Word::new(word, first.span())));
            }
            (None, tree) => code.push(Word::new(tree.to_string().trim_start_matches("r#"), first.span())),
        }
    }
}

fn within(group: &Group, in_attribute: bool, words: &mut Words) {
    let [open, close] = match group.delimiter() {
        Delimiter::Parenthesis => ["(", ")"],
        Delimiter::Brace => ["{", "}"],
        Delimiter::Bracket => ["[", "]"],
        Delimiter::None => ["", ""],
    };
    words.code.push(Word::new(open, group.span_open()));
    read(&group.stream().into_iter().collect::<Vec<_>>(), in_attribute, words);
    words.code.push(Word::new(close, group.span_close()));
}

impl Word {
    fn new(text: &str, span: Span) -> Self {
        Self { text: text.into(), line: span.start().line, at: span.byte_range() }
    }
}

/// The attribute that comes next, and of how many trees it is.
fn attribute(trees: &[TokenTree]) -> Option<(&Group, usize)> {
    let mark = |tree: &TokenTree, mark| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == mark);
    let (group, length) = match trees {
        [hash, TokenTree::Group(group), ..] if mark(hash, '#') => (group, 2),
        [hash, bang, TokenTree::Group(group), ..] if mark(hash, '#') && mark(bang, '!') => (group, 3),
        _ => return None,
    };
    (group.delimiter() == Delimiter::Bracket).then_some((group, length))
}

/// Comments that are documentation; not `#[doc = include_str!(…)]`.
fn is_comment(attribute: &Group) -> bool {
    let trees: Vec<_> = attribute.stream().into_iter().collect();
    matches!(trees.as_slice(), [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(_)] if name == "doc")
}

/// Of how many trees the module is that comes next, if `#[cfg(test)]` stands before it.
fn test_module(trees: &[TokenTree]) -> Option<usize> {
    let (condition, mut at) = attribute(trees)?;
    if condition.stream().to_string().replace(' ', "") != "cfg(test)" {
        return None;
    }
    while let Some((_, length)) = attribute(&trees[at..]) {
        at += length;
    }
    let end = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        other => other.to_string() == ";",
    };
    let words: Vec<_> = trees[at..].iter().take(3).map(ToString::to_string).collect();
    let is_module = words.iter().take_while(|word| *word == "pub" || word.starts_with('(') || *word == "mod").any(|word| word == "mod");
    is_module.then(|| trees[at..].iter().position(end)).flatten().map(|length| at + length + 1)
}
