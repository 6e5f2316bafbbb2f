//! Files: whatever their shape, every row is found, and what is no list of rows is refused.

use std::io::{self, Read};

use passkeeper::import::{Format, Importer, Row, to_json_lines};
use serde_json::{Value, json};

use crate::sample::{Device, device, file, importer};
use passkeeper::testing::KeyAlgorithm;

use Format::{FusionAuth, SimpleWebauthn};

/// What became of each row: a code, or nothing where it is imported.
fn codes<'r>(rows: impl IntoIterator<Item = Row> + 'r) -> Vec<&'static str> {
    rows.into_iter().map(|row| row.record.map_or_else(|error| error.code(), |_| "")).collect()
}

/// Gives a file in pieces of this size.
struct Pieces<'f>(&'f [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.1.min(buffer.len());
        Read::take(&mut self.0, len as u64).read(buffer)
    }
}

#[test]
fn a_file_may_be_a_list_or_lines_and_the_pieces_it_comes_in_do_not_matter() {
    let rows: Vec<Value> = (1..=3).map(|n| Device::new(KeyAlgorithm::Es256, n).row(SimpleWebauthn)).collect();
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    let importer = importer(SimpleWebauthn);
    let expected: Vec<Row> = importer.rows(&file(SimpleWebauthn, &rows)).collect();
    assert_eq!(codes(expected.clone()), ["", "", ""]);
    for content in [
        serde_json::to_string_pretty(&rows).unwrap(),
        format!("\u{feff}{}", json!(rows)),
        format!(" \r\n[\t{} ]\n", lines.join(" ,\n")),
        lines.join("\n"),
        format!("\n{}\r\n\n", lines.join("\r\n")),
        lines.concat(),
    ] {
        for piece in [1, 7, 100_000] {
            let rows: Vec<Row> = importer.read(Pieces(content.as_bytes(), piece)).collect();
            assert_eq!(codes(rows.clone()), ["", "", ""], "{piece}: {content:.40}");
            for (row, expected) in rows.iter().zip(&expected) {
                assert_eq!((row.number, &row.name, &row.record), (expected.number, &expected.name, &expected.record));
            }
        }
    }
}

#[test]
fn d3_fusionauths_object_may_have_its_members_in_any_order() {
    let row = device().row(FusionAuth).to_string();
    for content in [
        format!(r#"{{"credentials":[{row},{row}],"validateDbConstraints":true}}"#),
        format!(r#"{{"validateDbConstraints":false,"x":{{"credentials":[7]}},"credentials":[{row},{row}]}}"#),
        format!(r#"{{ "a" : "]}}\"," , "credenti\u0061ls" : [ {row} , {row} ] , "b" : [ [ ] ] }}"#),
        format!("[{row},{row}]"),
    ] {
        assert_eq!(codes(importer(FusionAuth).rows(content.as_bytes())), ["", ""], "{content:.60}");
    }
    for (content, expected) in [
        (r#"{"credentials":[]}"#, [].as_slice()),
        ("[]", &[]),
        ("{}", &["import-malformed"]),
        (r#"{"credentials":{}}"#, &["import-malformed"]),
        (r#"{"credentials":null}"#, &["import-malformed"]),
        (r#"{"Credentials":[]}"#, &["import-malformed"]),
        (r#"{"credentials":[]"#, &["import-malformed"]),
        (r#"{"credentials":[],}"#, &["import-malformed"]),
        (r#"{"credentials":[]}{"credentials":[]}"#, &["import-malformed"]),
        (r#"{"credentials":[],"credentials":[{}]}"#, &["import-malformed"]),
        (r#"{"credentials":[]]"#, &["import-malformed"]),
        (r#"{,"credentials":[]}"#, &["import-malformed"]),
        (r#"{"credentials" []}"#, &["import-malformed"]),
        (r#"{"a","credentials":[]}"#, &["import-malformed"]),
        (r#"{7:1,"credentials":[]}"#, &["import-malformed"]),
    ] {
        assert_eq!(codes(importer(FusionAuth).rows(content.as_bytes())), expected, "{content}");
    }
}

#[test]
fn a_bad_row_keeps_no_other_out_and_has_its_number_and_name() {
    let good = device().row(SimpleWebauthn);
    let named = {
        let mut row = Device::new(KeyAlgorithm::Es256, 40).row(SimpleWebauthn);
        row["counter"] = json!(-1);
        row
    };
    let large = json!({ "id": "x".repeat(70_000) });
    let content = format!(r#"[{good}, 7, "text, with ] and \" in it", {{"a": nonsense}}, {named}, {large}, [], {good}]"#);
    let rows: Vec<Row> = importer(SimpleWebauthn).rows(content.as_bytes()).collect();
    let malformed = "import-row-malformed";
    assert_eq!(codes(rows.clone()), ["", malformed, malformed, malformed, "import-member-value", "import-row-too-large", malformed, ""]);
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(rows[4].name, Device::new(KeyAlgorithm::Es256, 40).id_text());
    assert_eq!((rows[3].name.as_str(), rows[5].name.as_str()), ("", ""));
    assert_eq!((rows[0].size, rows[5].size), (good.to_string().len() as u64, large.to_string().len() as u64));
}

#[test]
fn a_row_of_64_kib_fits_and_not_a_byte_more() {
    let row = device().row(SimpleWebauthn).to_string();
    for (len, expected) in [(65_536, ""), (65_537, "import-row-too-large")] {
        let padded = row.replacen('{', &format!("{{{}", " ".repeat(len - row.len())), 1);
        assert_eq!(padded.len(), len);
        let content = format!("[{padded},{row}]");
        assert_eq!(codes(importer(SimpleWebauthn).rows(content.as_bytes())), [expected, ""]);
    }
}

#[test]
fn what_is_no_list_of_rows_ends_the_import() {
    let row = device().row(SimpleWebauthn).to_string();
    for (content, good) in [
        (String::new(), 0),
        ("\u{feff}".into(), 0),
        ("rows".into(), 0),
        ("7".into(), 0),
        ("\"[]\"".into(), 0),
        ("[".into(), 0),
        ("[,]".into(), 0),
        (format!("[{row}"), 1),
        (format!("[{row},"), 1),
        (format!("[{row},]"), 1),
        (format!("[{row},,{row}]"), 1),
        (format!("[{row} {row}]"), 1),
        (format!("[{row}}}"), 1),
        (format!("[{row}] {row}"), 1),
        (format!("[{row},{{\"a\":[1}}]"), 1),
        (format!("[{row},\"open]"), 1),
        (format!("[{row},{}", &row[..100]), 1),
        (format!("{row}\n{}", &row[..100]), 1),
        (format!("{row},{row}"), 1),
        (format!("[{row},{}{}]", "[".repeat(128), "]".repeat(128)), 1),
    ] {
        let mut expected = vec![""; good];
        expected.push("import-malformed");
        assert_eq!(codes(importer(SimpleWebauthn).rows(content.as_bytes())), expected, "{content:.80}");
        // Nothing comes after the end.
        assert_eq!(importer(SimpleWebauthn).rows(content.as_bytes()).skip(good + 1).count(), 0);
    }
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_says_so() {
    struct Broken<'f>(&'f [u8], bool);
    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if !std::mem::replace(&mut self.1, true) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("disk on fire")),
                n => Ok(n),
            }
        }
    }
    let row = device().row(SimpleWebauthn);
    let importer = importer(SimpleWebauthn);
    let rows: Vec<Row> = importer.read(Broken(format!("[{row},").as_bytes(), false)).collect();
    assert_eq!(codes(rows.clone()), ["", "import-unreadable"]);
    assert!(rows[1].record.as_ref().unwrap_err().to_string().contains("disk on fire"));
}

#[test]
fn exported_records_are_imported_as_they_were() {
    // Of every magnitude; a careless parser loses the last bit of every few.
    let fractions: Vec<f64> =
        (1..500_u64).map(|n| f64::from_bits(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).filter(|n| n.is_finite()).collect();
    let records: Vec<_> = (1..=3)
        .map(|n| {
            let row = Device::new(KeyAlgorithm::Es256, n).row(FusionAuth).to_string();
            let mut record = importer(FusionAuth).row(row.as_bytes()).unwrap();
            record.data.insert("numbers".into(), json!(fractions));
            record
        })
        .collect();
    let lines = to_json_lines(&records).unwrap();
    assert_eq!(lines.lines().count(), 3);
    let own: Importer = importer(Format::Passkeeper);
    let again: Vec<_> = own.rows(lines.as_bytes()).map(|row| row.record.unwrap()).collect();
    assert_eq!(again, records);
}
