//! What the rules put into stores, and the calls they make.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Debug;
use std::sync::LazyLock;

use super::Bench;
use crate::attestation::AttestationType;
use crate::ceremony::{CosePublicKey, CredentialRecord, RecordUpdate, UseState};
use crate::store::{
    CeremonyId, CeremonyStore, CredentialStore, Deleted, ImportMode, Inserted, LastRecord, NewCeremony, PendingLimits, Recorded, StoreError,
};
use crate::testing::{KeyAlgorithm, KeyPair};
use crate::types::{
    Aaguid, AuthenticatorAttachment, Bytes, Challenge, CredentialId, RecordId, RpId, Scope, Transport, UnixTime, UserHandle,
};

pub(super) const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// Two public keys.
pub(super) static KEYS: LazyLock<[CosePublicKey; 2]> = LazyLock::new(|| {
    [1, 2].map(|seed| CosePublicKey::new(KeyPair::from_seed(KeyAlgorithm::Es256, seed).cose_key().encode()).expect("a public key"))
});

pub(super) fn scope(name: &str) -> Scope {
    Scope::new(name).expect("a scope")
}

pub(super) fn user(handle: impl Into<Bytes>) -> UserHandle {
    UserHandle::new(handle).expect("a user handle")
}

pub(super) fn id(bytes: impl Into<Bytes>) -> CredentialId {
    CredentialId::new(bytes).expect("a credential ID")
}

/// A record with little in it, as an import makes it.
pub(super) fn record(scope_name: &str, owner: &str, credential: impl Into<Bytes>) -> CredentialRecord {
    let rp_id = RpId::new("example.com").expect("an RP ID");
    CredentialRecord::imported(scope(scope_name), rp_id, user(owner), id(credential), KEYS[0].clone(), NOW)
}

/// A record with something in every member, much of it at its limit.
pub(super) fn full_record() -> CredentialRecord {
    let data = [("naïve \"key\"", "{\"nested\":[1,-2.5,null,true,\"\\u0000 €\"]}"), ("", "18446744073709551615")];
    let data = data.map(|(name, json)| (String::from(name), serde_json::from_str(json).expect("JSON")));
    let bytes = |len: u16| (0..len).map(|n| n.to_le_bytes()[0]).collect::<Vec<u8>>();
    let mut full = record("täna𝐧t", "-", bytes(1023));
    full.user_handle = user(bytes(64).into_iter().rev().collect::<Vec<u8>>());
    full.id = RecordId::new([0x5a; 16]);
    full.usage = UseState { sign_count: u32::MAX, backup_eligible: Some(true), backup_state: true, uv_initialized: Some(false) };
    full.transports = ["internal", "warp-drive", ""].map(Transport::new).into();
    full.discoverable = Some(false);
    full.attachment = Some(AuthenticatorAttachment::PLATFORM);
    full.supports_user_verification = Some(true);
    full.aaguid = Aaguid::new([0xfe; 16]);
    full.attestation_type = AttestationType::AttestationCa;
    full.attestation_trusted = true;
    full.attestation_format = "tpm".into();
    full.attestation_object = Some(Bytes::from(bytes(u16::MAX)));
    full.attestation_client_data_json = Some(Bytes::from(Vec::new()));
    full.name = "Zoë's 'key'; \"⚿\" \\ % _ \n\u{202e}\u{7f}".into();
    full.display_name = "𝒵".repeat(64);
    full.user_agent = Some("Mozilla/5.0 (π)".into());
    full.created_at = UnixTime::from_secs(-4_000_000_000);
    full.last_used_at = Some(UnixTime::from_secs(i64::from(u32::MAX) * 4));
    full.data = BTreeMap::from(data);
    full
}

/// A use of a record as it is, with a counter that is one higher.
pub(super) fn use_of(record: &CredentialRecord) -> RecordUpdate {
    RecordUpdate {
        scope: record.scope.clone(),
        credential_id: record.credential_id.clone(),
        user_handle: record.user_handle.clone(),
        public_key: record.public_key.clone(),
        expected: record.usage,
        next: UseState { sign_count: record.usage.sign_count.wrapping_add(1), ..record.usage },
        used_at: NOW,
        user_verified: false,
    }
}

pub(super) fn challenge(n: u8) -> Challenge {
    Challenge::new([n; 32]).expect("a challenge")
}

/// A ceremony that lasts until a hundred seconds from now; its state names its ID and scope.
pub(super) fn ceremony(scope_name: &str, id: &str, n: u8) -> NewCeremony {
    let state = state_of(scope_name, id);
    NewCeremony::new(scope(scope_name), CeremonyId::new(id), challenge(n), state, NOW.saturating_add_secs(100))
}

pub(super) fn state_of(scope_name: &str, id: &str) -> String {
    serde_json::json!({ "scope": scope_name, "id": id }).to_string()
}

/// What no rule gives a store reason for.
#[track_caller]
fn answered<T>(answer: Result<T, impl Debug>) -> T {
    answer.unwrap_or_else(|error| panic!("the store fails: {error:?}"))
}

impl<S: CredentialStore> Bench<'_, S> {
    #[track_caller]
    pub(super) fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Inserted {
        answered(self.run(self.store.insert(record, at_most)))
    }

    /// Inserts what is not there yet.
    #[track_caller]
    pub(super) fn add(&self, record: &CredentialRecord) {
        assert_eq!(self.insert(record, None), Inserted::Yes, "a new record is inserted");
    }

    #[track_caller]
    pub(super) fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> Vec<Inserted> {
        answered(self.run(self.store.import(records, mode)))
    }

    #[track_caller]
    pub(super) fn find(&self, scope: &Scope, id: &CredentialId) -> Option<CredentialRecord> {
        answered(self.run(self.store.find(scope, id)))
    }

    #[track_caller]
    pub(super) fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Option<CredentialRecord> {
        answered(self.run(self.store.find_by_record_id(scope, id)))
    }

    /// The record as it is now, which is there.
    #[track_caller]
    pub(super) fn again(&self, record: &CredentialRecord) -> CredentialRecord {
        self.find(&record.scope, &record.credential_id).expect("the record is still there")
    }

    #[track_caller]
    pub(super) fn list(&self, scope: &Scope, user: &UserHandle) -> Vec<CredentialRecord> {
        answered(self.run(self.store.list(scope, user)))
    }

    /// The IDs of a user's records.
    #[track_caller]
    pub(super) fn ids(&self, scope_name: &str, owner: &str) -> Vec<Vec<u8>> {
        let records = self.list(&scope(scope_name), &user(owner));
        records.iter().map(|record| record.credential_id.as_bytes().to_vec()).collect()
    }

    #[track_caller]
    pub(super) fn record_use(&self, update: &RecordUpdate) -> Recorded {
        answered(self.run(self.store.record_use(update)))
    }

    #[track_caller]
    pub(super) fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> bool {
        answered(self.run(self.store.rename(scope, user, id, name)))
    }

    #[track_caller]
    pub(super) fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Deleted {
        answered(self.run(self.store.delete(scope, user, id, last)))
    }

    #[track_caller]
    pub(super) fn delete_all(&self, scope: &Scope, user: &UserHandle) -> u64 {
        answered(self.run(self.store.delete_all(scope, user)))
    }
}

impl<S: CeremonyStore> Bench<'_, S> {
    pub(super) fn try_put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> Result<CeremonyId, StoreError> {
        self.run(self.store.put(ceremony, limits, now))
    }

    /// Puts what has room, and gives the ID that takes it.
    #[track_caller]
    pub(super) fn put(&self, ceremony: NewCeremony) -> CeremonyId {
        answered(self.try_put(ceremony, &PendingLimits::default(), NOW))
    }

    #[track_caller]
    pub(super) fn take(&self, scope_name: &str, id: &CeremonyId) -> Option<String> {
        answered(self.run(self.store.take(&scope(scope_name), id, NOW)))
    }

    #[track_caller]
    pub(super) fn take_by_challenge(&self, scope_name: &str, n: u8) -> Option<String> {
        answered(self.run(self.store.take_by_challenge(&scope(scope_name), &challenge(n), NOW)))
    }
}
