//! Sealed ceremonies: a token is opened only if it is the very one that was sealed, and only once; whatever is sealed comes back.
//!
//! The input is tried as a token, as mutations of good tokens (each three bytes: two of position, one of bits; a last odd byte cuts
//! that many off), and as a state to seal; allocations stay in proportion.
#![no_main]

use std::sync::LazyLock;

use fuzz::bounded;
use libfuzzer_sys::fuzz_target;
use passkeeper::store::{
    CeremonyId, CeremonyStore, MemoryReplayGuard, NewCeremony, PendingLimits, SealedCeremonies, SealingKeys, StoreError,
};
use passkeeper::types::{Bytes, Challenge, Scope, UnixTime};
use pollster::block_on;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const STATE: &str = r#"{"version":1,"kind":"authentication"}"#;

/// A token of each mode, and of the key that is accepted besides.
static TOKENS: LazyLock<Vec<CeremonyId>> =
    LazyLock::new(|| vec![seal(&store(), STATE).unwrap(), seal(&store().encrypted(), STATE).unwrap(), seal(&old(), STATE).unwrap()]);

fn store() -> SealedCeremonies<MemoryReplayGuard> {
    SealedCeremonies::new(SealingKeys::new([1; 32]).unwrap().accept_old([2; 32]).unwrap(), MemoryReplayGuard::with_capacity(4))
}

fn old() -> SealedCeremonies<MemoryReplayGuard> {
    SealedCeremonies::new(SealingKeys::new([2; 32]).unwrap(), MemoryReplayGuard::with_capacity(4))
}

fn scope() -> Scope {
    Scope::new("example.com").unwrap()
}

fn seal(store: &impl CeremonyStore, state: &str) -> Result<CeremonyId, StoreError> {
    let expires_at = NOW.saturating_add_secs(360);
    let ceremony = NewCeremony::new(scope(), CeremonyId::new("id"), Challenge::new([7; 32]).unwrap(), state.into(), expires_at);
    block_on(store.put(ceremony, &PendingLimits::default(), NOW))
}

fn open(store: &impl CeremonyStore, token: &CeremonyId) -> Result<String, StoreError> {
    block_on(store.take(&scope(), token, NOW)).map(Option::unwrap)
}

/// Opened if it is one of the good ones, letter by letter; else refused with a code.
fn judge(token: &CeremonyId) {
    let store = store();
    let verdict = bounded(token.as_str().len(), 32, || open(&store, token));
    if TOKENS.contains(token) {
        assert_eq!(verdict.as_deref(), Ok(STATE));
    } else {
        assert!(matches!(verdict, Err(StoreError::Refused(_))), "{verdict:?}");
    }
}

fuzz_target!(|data: &[u8]| {
    judge(&CeremonyId::new(String::from_utf8_lossy(data)));
    judge(&CeremonyId::new(Bytes::from(data).to_base64url()));

    for good in TOKENS.iter() {
        let mut bytes = Bytes::from_base64url(good.as_str()).unwrap().into_vec();
        let (mutations, cut) = data.as_chunks::<3>();
        for [high, low, bits] in mutations {
            let at = usize::from(u16::from_be_bytes([*high, *low])) % bytes.len();
            bytes[at] ^= bits;
        }
        if let [cut] = cut {
            bytes.truncate(bytes.len().saturating_sub(usize::from(*cut)));
        }
        judge(&CeremonyId::new(Bytes::from(bytes).to_base64url()));
    }

    let state = String::from_utf8_lossy(data);
    for store in [store(), store().encrypted()] {
        match seal(&store, &state) {
            Ok(token) => {
                assert_eq!(open(&store, &token).as_deref(), Ok(&*state));
                assert!(matches!(open(&store, &token), Err(StoreError::Refused(error)) if error.code() == "sealed-token-replayed"));
            }
            Err(error) => assert!(state.len() > 12_000, "{error}"),
        }
    }
});
