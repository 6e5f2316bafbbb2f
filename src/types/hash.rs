use sha2::{Digest, Sha256};

/// SHA-256 of the parts, one after another as if they were joined: where no provider is at hand, and what providers hash with
/// that bring none of their own.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
