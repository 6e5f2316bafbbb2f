//! Files that nobody would send in good faith: each gets its line, and nothing ends in a panic.

use serde_json::{Value, json};

use crate::run::{Line, inspect, lines_of, run, write};
use crate::sample;

/// Both ways of running, each with one line for each file.
fn both(contents: &[Vec<u8>]) -> Vec<Line> {
    let plain = inspect(&[], contents);
    let pretty = inspect(&["--pretty"], contents);
    for (plain, pretty) in plain.iter().zip(&pretty) {
        assert_eq!((plain.text("code"), plain.text("message")), (pretty.text("code"), pretty.text("message")));
    }
    pretty
}

#[track_caller]
fn assert_all(lines: &[Line], code: &str) {
    for line in lines {
        assert_eq!((line.text("code"), line.text("kind")), (Some(code), Some("malformed")), "{line:?}");
    }
}

#[test]
fn what_is_no_json_object_is_malformed() {
    let mut contents: Vec<Vec<u8>> = [
        b"".as_slice(),
        b"\0",
        b"\xff\xfe{}",
        b"not json",
        b"null",
        b"[]",
        b"7",
        b"\"text\"",
        b"{}",
        b"{\"response\":null}",
        b"{\"response\":{}",
        b"{\"response\":{}} x",
        b"{\"response\":{\"a\":1e999}}",
        b"{\"response\":{\"a\":\"\\ud800\"}}",
        b"{\"response\":{\"a\":\"\x00\"}}",
    ]
    .map(<[u8]>::to_vec)
    .into();
    for (open, close) in [("[", "]"), ("{\"response\":", "}")] {
        for depth in [200, 100_000] {
            contents.push(open.repeat(depth).into_bytes());
            contents.push([open.repeat(depth), "0".into(), close.repeat(depth)].concat().into_bytes());
        }
    }
    let valid = sample::authentication().to_string().into_bytes();
    contents.extend((0..valid.len()).step_by(61).map(|len| valid[..len].to_vec()));
    assert_all(&both(&contents), "file-malformed");
}

#[test]
fn odd_responses_are_for_the_crate_to_refuse() {
    let nested = [vec!["{\"response\":".to_owned(); 100], vec!["0".into()], vec!["}".into(); 100]].concat().concat();
    let response = |value: &str| format!("{{\"rp_id\":\"example.com\",\"challenge\":\"AAAA\",\"response\":{value}}}").into_bytes();
    let contents: Vec<_> = [
        "7",
        "\"text\"",
        "[]",
        "{}",
        &nested,
        "{\"id\":\"\\u0000\"}",
        "{\"id\":12345678901234567890123456789}",
        "{\"response\":{},\"response\":{}}",
        "{\"response\":{\"clientDataJSON\":\"\",\"attestationObject\":\"\"}}",
    ]
    .map(response)
    .into();
    for line in both(&contents) {
        assert_eq!((line.text("result"), line.text("kind")), (Some("error"), Some("malformed")), "{line:?}");
        assert_ne!(line.text("code"), Some("file-malformed"), "{line:?}");
    }
}

#[test]
fn a_member_that_occurs_twice_is_not_overlooked() {
    let text = sample::registration().to_string();
    let twice = text.replacen("\"rawId\":", "\"rawId\":\"AA\",\"rawId\":", 1);
    assert_ne!(text, twice);
    assert_all(&both(&[twice.into_bytes()]), "json-malformed");
}

#[test]
fn random_bytes_do_no_harm() {
    let mut random = Random(0x5eed);
    let contents: Vec<Vec<u8>> = (0..200).map(|n| (0..n * 7).map(|_| random.byte()).collect()).collect();
    assert_all(&both(&contents), "file-malformed");
}

/// Every path to a value inside `value`.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, child)| (name.clone(), child)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(number, child)| (number.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let path = format!("{at}/{name}");
        found.push(path.clone());
        pointers(child, &path, found);
    }
}

#[test]
fn every_member_may_hold_anything() {
    let deep = (0..100).fold(json!(0), |inner, _| json!([inner]));
    let values = [
        json!(null),
        json!(7),
        json!(-1.5),
        json!(u64::MAX),
        json!(true),
        json!([]),
        json!({}),
        json!(""),
        json!("\u{0}\u{202e}\u{1b}[31m"),
        json!("AAAA"),
        json!("x".repeat(5000)),
        json!([null, 7]),
        deep,
    ];
    let mut contents = Vec::new();
    for file in [sample::self_attested(), sample::authentication()] {
        let mut paths = Vec::new();
        pointers(&file, "", &mut paths);
        for path in paths {
            for value in &values {
                let mut changed = file.clone();
                *changed.pointer_mut(&path).unwrap() = value.clone();
                contents.push(changed.to_string().into_bytes());
            }
        }
    }
    assert!(contents.len() > 600, "{}", contents.len());
    for line in both(&contents) {
        assert!(!line.report.contains(['\u{0}', '\u{1b}', '\u{202e}']), "{line:?}");
    }
}

#[test]
fn every_member_may_be_missing() {
    let mut contents = Vec::new();
    for file in [sample::self_attested(), sample::authentication()] {
        let mut paths = Vec::new();
        pointers(&file, "", &mut paths);
        for path in paths {
            let (parent, name) = path.rsplit_once('/').unwrap();
            let mut changed = file.clone();
            if let Some(members) = changed.pointer_mut(parent).unwrap().as_object_mut() {
                members.remove(name);
                contents.push(changed.to_string().into_bytes());
            }
        }
    }
    both(&contents);
}

#[test]
fn binary_parts_may_hold_anything() {
    let mut random = Random(0xb17e);
    let mut contents = Vec::new();
    for (file, part) in [
        (sample::self_attested(), "/response/response/attestationObject"),
        (sample::self_attested(), "/response/response/clientDataJSON"),
        (sample::authentication(), "/response/response/authenticatorData"),
        (sample::authentication(), "/response/response/clientDataJSON"),
        (sample::authentication(), "/stored/public_key_cose"),
    ] {
        let good = passkeeper::types::Bytes::from_base64url(file.pointer(part).unwrap().as_str().unwrap()).unwrap();
        let mut put = |bytes: &[u8]| {
            let mut changed = file.clone();
            *changed.pointer_mut(part).unwrap() = sample::base64url(bytes).into();
            contents.push(changed.to_string().into_bytes());
        };
        for len in 0..good.len() {
            put(&good.as_slice()[..len]);
        }
        for _ in 0..100 {
            let mut bytes = good.as_slice().to_vec();
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len());
                bytes[at] = random.byte();
            }
            put(&bytes);
        }
        // Nesting, lengths that promise too much, and more items than anyone needs.
        for (head, times) in [(0x81, 60_000), (0xbf, 60_000), (0x9f, 30), (0xc0, 60_000), (0x5f, 60_000), (0xa0, 100_000)] {
            put(&vec![head; times]);
        }
        put(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff");
        put(b"\xbb\x00\x00\x00\xff\xff\xff\xff\xff\x00");
        put(b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff");
        put(&[[0xb9, 0xff, 0xff].to_vec(), vec![0; 120_000]].concat());
    }
    for line in both(&contents) {
        assert_ne!(line.text("code"), Some("file-malformed"), "{line:?}");
    }
}

#[test]
fn only_files_that_cannot_be_read_make_it_fail() {
    let good = write(sample::registration().to_string().as_bytes());
    let malformed = write(b"{");
    let large = write(&vec![b' '; 4 * 1024 * 1024 + 1]);
    let missing = good.with_extension("missing");
    let folder = good.parent().unwrap().to_owned();

    for unreadable in [&large, &missing, &folder] {
        let output = run(&[&malformed, unreadable, &good]);
        assert_eq!(output.status.code(), Some(1));
        let codes: Vec<_> = lines_of(&output).iter().map(|line| line.text("code").map(str::to_owned)).collect();
        assert_eq!(codes, [Some("file-malformed".into()), Some("file-unreadable".into()), None]);
    }
    for path in [good, malformed, large] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn without_files_it_says_how_to_use_it() {
    for arguments in [vec![], vec!["--pretty"], vec!["--unknown", "file.json"]] {
        let output = run(&arguments);
        assert_eq!((output.status.code(), &*output.stdout), (Some(1), b"".as_slice()));
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("usage: inspect"));
    }
}

/// The same numbers every time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }
}
