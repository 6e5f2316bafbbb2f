//! Persisted records and states: never panics; what is read is written back the same; allocations stay in proportion.
#![no_main]

use fuzz::bounded;
use libfuzzer_sys::fuzz_target;
use passkeeper::{CredentialRecord, PendingAssertion, PendingAuthentication, PendingRegistration, Proof};

/// Reads, and asserts that what is written reads the same.
macro_rules! survives {
    ($type:ty, $text:expr, $to_json:expr) => {
        if let Ok(value) = bounded($text.len(), 64, || <$type>::from_json($text)) {
            let to_json: fn($type) -> passkeeper::Result<String> = $to_json;
            let again = to_json(value).unwrap();
            assert_eq!(to_json(<$type>::from_json(&again).unwrap()).unwrap(), again);
        }
    };
}

fuzz_target!(|text: &str| {
    if let Ok(record) = CredentialRecord::from_json(text) {
        assert_eq!(CredentialRecord::from_json(&record.to_json().unwrap()), Ok(record));
    }
    survives!(CredentialRecord, text, |record| record.to_json());
    survives!(PendingRegistration, text, |pending| pending.into_json());
    survives!(PendingAuthentication, text, |pending| pending.into_json());
    survives!(PendingAssertion, text, |pending| pending.into_json());
    if let Ok(proof) = bounded(text.len(), 64, || serde_json::from_str::<Proof>(text)) {
        assert_eq!(serde_json::from_str::<Proof>(&serde_json::to_string(&proof).unwrap()).unwrap(), proof);
    }
});
