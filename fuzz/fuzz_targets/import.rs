//! Files to import, the first byte choosing the format: never panics; the pieces a file is read in do not matter; what is
//! accepted belongs to the relying party, has a key fit for ceremonies, and survives its record and an export; what is held
//! at any moment stays in proportion to a row.
#![no_main]

use std::io::{self, Read};

use fuzz::held;
use fuzz::work::COUNTING;
use libfuzzer_sys::fuzz_target;
use passkeeper::import::{Format, Importer, MAX_ROW, Row, UserHandleFrom, to_json_lines};
use passkeeper::types::{UnixTime, UserHandle};
use passkeeper::{CosePublicKey, CredentialRecord, RelyingParty};

/// Gives a few bytes at a time.
struct Pieces<'f>(&'f [u8]);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(3);
        self.0.read(&mut buffer[..len])
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, file @ ..] = bytes else { return };
    let rp = RelyingParty::builder("example.com", "Example").crypto_provider(COUNTING).build().unwrap();
    let now = UnixTime::from_secs(1_800_000_000);
    let format = Format::ALL[usize::from(*choice) % Format::ALL.len()];
    let mut importer = Importer::new(&rp, format, now);
    if format == Format::WebauthnRs {
        let user = UserHandle::new("user").unwrap();
        importer = importer.user_handle_from(UserHandleFrom::With(Box::new(move |_| Some(user.clone()))));
    }
    held(file.len().min(MAX_ROW), 64, || importer.rows(file).for_each(drop));
    let rows: Vec<Row> = importer.rows(file).collect();
    assert_eq!(importer.read(Pieces(file)).collect::<Vec<_>>(), rows);
    let own = Importer::new(&rp, Format::Passkeeper, now);
    for (number, row) in (1..).zip(rows) {
        assert_eq!(row.number, number);
        let Ok(record) = row.record else { continue };
        assert_eq!(row.name, record.credential_id.to_base64url());
        assert_eq!((&record.scope, &record.rp_id), (rp.scope(), rp.id()));
        record.public_key.check(rp.crypto_provider()).expect("it was checked");
        let spki = record.public_key.to_spki_der().unwrap();
        let again = CosePublicKey::from_spki_der(&spki, record.algorithm()).unwrap();
        assert_eq!(again.parse(), record.public_key.parse());
        assert_eq!(CredentialRecord::from_json(&record.to_json().unwrap()).as_ref(), Ok(&record));
        let lines = to_json_lines([&record]).unwrap();
        // A row may be longer as a record than it was.
        if lines.len() < MAX_ROW {
            let imported: Vec<_> = own.rows(lines.as_bytes()).map(|row| row.record).collect();
            assert_eq!(imported, [Ok(record)]);
        }
    }
});
