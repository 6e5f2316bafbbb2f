//! From a small seed to as many bytes as needed.

use alloc::vec::Vec;
use sha2::{Digest as _, Sha256};

/// The first `length` bytes of SHA-256(`label` 00 `seed` `counter`) for counter 0, 1, 2...
pub(super) fn expand(label: &str, seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length.next_multiple_of(32));
    for counter in 0u32.. {
        if bytes.len() >= length {
            break;
        }
        let block = Sha256::new()
            .chain_update(label)
            .chain_update([0])
            .chain_update(seed.to_be_bytes())
            .chain_update(counter.to_be_bytes())
            .finalize();
        bytes.extend_from_slice(&block);
    }
    bytes.truncate(length);
    bytes
}

/// A seed for the `index`-th thing called `label` that belongs to `seed`.
pub(super) fn derive(label: &str, seed: u64, index: u64) -> u64 {
    let mixed = expand(label, seed, 8);
    let mixed = u64::from_be_bytes(mixed.try_into().expect("eight bytes were asked for"));
    mixed.wrapping_add(index)
}
