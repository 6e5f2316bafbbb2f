//! Persisted records and states: never panics; what is read is written back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passkeeper::{CredentialRecord, PendingAssertion, PendingAuthentication, PendingRegistration};

fuzz_target!(|text: &str| {
    if let Ok(record) = CredentialRecord::from_json(text) {
        let again = record.to_json().unwrap();
        assert_eq!(CredentialRecord::from_json(&again).unwrap(), record);
    }
    if let Ok(pending) = PendingRegistration::from_json(text) {
        let again = pending.into_json().unwrap();
        assert_eq!(PendingRegistration::from_json(&again).unwrap().into_json().unwrap(), again);
    }
    if let Ok(pending) = PendingAuthentication::from_json(text) {
        let again = pending.into_json().unwrap();
        assert_eq!(PendingAuthentication::from_json(&again).unwrap().into_json().unwrap(), again);
    }
    if let Ok(pending) = PendingAssertion::from_json(text) {
        let again = pending.into_json().unwrap();
        assert_eq!(PendingAssertion::from_json(&again).unwrap().into_json().unwrap(), again);
    }
});
