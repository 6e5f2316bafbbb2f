//! Changes that wait for the thing they change.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Changes to a part that does not exist yet, because it depends on the ceremony: a certificate, a statement.
///
/// When a response is finished, the part is made as an honest authenticator makes it. Then the changes are applied, in
/// the order in which they were added, and what follows from the part (hashes, signatures) is made last.
///
/// ```
/// use passkeeper::testing::{CertificateAuthority, PackedAttestation, oid};
///
/// let mut packed = PackedAttestation::new(&CertificateAuthority::new(1));
/// packed.leaf.edit(|leaf| leaf.subject.remove(oid::ORGANIZATIONAL_UNIT));
/// packed.statement.edit(|statement| statement.set("alg", -257));
/// ```
pub struct Edits<T>(Vec<Arc<Edit<T>>>);

type Edit<T> = dyn Fn(&mut T) + Send + Sync;

impl<T> Edits<T> {
    /// Adds a change.
    pub fn edit(&mut self, change: impl Fn(&mut T) + Send + Sync + 'static) {
        self.0.push(Arc::new(change));
    }

    /// Adds the change to something else, whatever the part was.
    pub fn replace(&mut self, other: T)
    where
        T: Clone + Send + Sync + 'static,
    {
        self.edit(move |part| part.clone_from(&other));
    }

    /// The honest part, changed.
    pub(super) fn apply(&self, mut part: T) -> T {
        self.0.iter().for_each(|change| change(&mut part));
        part
    }
}

impl<T> Default for Edits<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Clone for Edits<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Shows how many there are.
impl<T> fmt::Debug for Edits<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edits({})", self.0.len())
    }
}
