//! A little certification authority.

use super::seed::derive;
use super::x509::crl::CrlDraft;
use super::x509::extension::ExtensionDraft;
use super::x509::name::Name;
use super::{CertificateDraft, KeyAlgorithm, KeyPair, oid};
use alloc::format;
use alloc::vec::Vec;

#[cfg(test)]
mod tests;

/// A certification authority: a root, intermediates if wanted, and certificates issued by the lowest of them.
///
/// Nothing is signed in advance: change the drafts of its own certificates, and they are issued so.
#[derive(Clone, Debug)]
pub struct CertificateAuthority {
    /// The root, which signs itself.
    pub root: Authority,
    /// The intermediates, from the root down; each is signed by the one before.
    pub intermediates: Vec<Authority>,
    /// The seed of the root's key; those below count up from it. There are only sixteen RSA keys: with up to seven
    /// levels, the authority's (0 to 6), its impostor's (8 to 14) and the leaves' (15 and 7) never meet.
    first_key: u64,
}

/// One level of a [`CertificateAuthority`].
#[derive(Clone, Debug)]
pub struct Authority {
    /// The key that signs what this level issues.
    pub key: KeyPair,
    /// Its certificate, before it is signed by the level above.
    pub certificate: CertificateDraft,
}

impl CertificateAuthority {
    /// A root with an ES256 key that issues directly. The same seed gives the same authority.
    pub fn new(seed: u64) -> Self {
        Self::with_levels(seed, &[KeyAlgorithm::Es256])
    }

    /// An authority with one level for each algorithm, from the root down: the first is the root's, the last is that of
    /// the level that issues.
    ///
    /// # Panics
    /// If there is no algorithm.
    pub fn with_levels(seed: u64, algorithms: &[KeyAlgorithm]) -> Self {
        let [root, intermediates @ ..] = algorithms else { panic!("an authority needs a root") };
        let first_key = derive("certification authority", seed, 0);
        let key = KeyPair::from_seed(*root, first_key);
        let name = ca_name(&format!("Virtual Root {seed}"));
        let mut certificate = CertificateDraft::new(name.clone(), name, key.spki_der());
        certificate.extensions = ca_extensions(&key, None).to_vec();
        let root = Authority { key, certificate };

        let mut authority = Self { root, intermediates: Vec::new(), first_key };
        for (index, algorithm) in (1..).zip(intermediates) {
            let key = KeyPair::from_seed(*algorithm, first_key.wrapping_add(index));
            let below = intermediates.len() as u32 - index as u32;
            let mut certificate = authority.draft(ca_name(&format!("Virtual Intermediate {seed}.{index}")), &key);
            let [constraints, usage, identifier] = ca_extensions(&key, Some(below));
            let issuer_identifier = certificate.extensions.remove(3);
            certificate.extensions = Vec::from([constraints, usage, identifier, issuer_identifier]);
            authority.intermediates.push(Authority { key, certificate });
        }
        authority
    }

    /// An authority of the same shape with the same names, serial numbers and key identifiers, but other keys.
    #[must_use]
    pub fn impostor(&self) -> Self {
        let mut impostor = self.clone();
        impostor.first_key = self.first_key.wrapping_add(8);
        let levels = core::iter::once(&mut impostor.root).chain(&mut impostor.intermediates);
        for (index, level) in (0..).zip(levels) {
            level.key = KeyPair::from_seed(level.key.algorithm(), impostor.first_key.wrapping_add(index));
            level.certificate.spki = level.key.spki_der();
        }
        impostor
    }

    /// The certificate of the root, in DER.
    pub fn root_der(&self) -> Vec<u8> {
        self.root.certificate.sign(&self.root.key)
    }

    /// The certificate of the intermediate with this index, in DER; 0 is the one below the root.
    ///
    /// # Panics
    /// If there is no such intermediate.
    pub fn intermediate_der(&self, index: usize) -> Vec<u8> {
        let issuer = index.checked_sub(1).map_or(&self.root, |above| &self.intermediates[above]);
        self.intermediates[index].certificate.sign(&issuer.key)
    }

    /// The level that issues: the lowest.
    pub fn issuing(&self) -> &Authority {
        self.intermediates.last().unwrap_or(&self.root)
    }

    /// A certificate for someone else's key, before it is signed by the issuing level.
    ///
    /// Its extensions are, in this order: basicConstraints (no CA), keyUsage (digitalSignature), subjectKeyIdentifier
    /// and authorityKeyIdentifier.
    pub fn draft(&self, subject: Name, key: &KeyPair) -> CertificateDraft {
        let issuer = self.issuing();
        let mut draft = CertificateDraft::new(issuer.certificate.subject.clone(), subject, key.spki_der());
        draft.extensions = Vec::from([
            ExtensionDraft::basic_constraints(false, None),
            ExtensionDraft::key_usage(&[0]),
            ExtensionDraft::subject_key_identifier(&key.key_identifier()),
            ExtensionDraft::authority_key_identifier(&issuer.key.key_identifier()),
        ]);
        draft
    }

    /// Signs a certificate with the key of the issuing level. Nothing is filled in or checked.
    pub fn issue(&self, draft: &CertificateDraft) -> Vec<u8> {
        draft.sign(&self.issuing().key)
    }

    /// A leaf and what is above it, up to but without the root: as `x5c` has it.
    pub fn chain(&self, leaf: Vec<u8>) -> Vec<Vec<u8>> {
        let intermediates = (0..self.intermediates.len()).rev().map(|index| self.intermediate_der(index));
        core::iter::once(leaf).chain(intermediates).collect()
    }

    /// A revocation list of the issuing level; see [`Authority::crl`].
    pub fn crl(&self, revoked: &[impl AsRef<[u8]>], this_update: i64, next_update: i64) -> Vec<u8> {
        let issuing = self.issuing();
        issuing.crl(revoked, this_update, next_update).sign(&issuing.key)
    }

    /// The key of a leaf, other than those of the levels. Always the same for the same authority and algorithm.
    pub fn leaf_key(&self, algorithm: KeyAlgorithm) -> KeyPair {
        KeyPair::from_seed(algorithm, self.first_key.wrapping_add(15))
    }
}

impl Authority {
    /// A revocation list of this level, before it is signed with its [`key`](Self::key).
    ///
    /// `revoked` are serial numbers as in [`CertificateDraft::serial`]; times are in seconds since 1970.
    pub fn crl(&self, revoked: &[impl AsRef<[u8]>], this_update: i64, next_update: i64) -> CrlDraft {
        CrlDraft::new(self.certificate.subject.clone(), &self.key.key_identifier(), revoked, this_update, next_update)
    }
}

fn ca_name(common_name: &str) -> Name {
    Name::common(common_name).with(oid::ORGANIZATION, "Virtual Authenticators").with(oid::COUNTRY, "AA")
}

fn ca_extensions(key: &KeyPair, path_length: Option<u32>) -> [ExtensionDraft; 3] {
    [
        ExtensionDraft::basic_constraints(true, path_length),
        ExtensionDraft::key_usage(&[5, 6]),
        ExtensionDraft::subject_key_identifier(&key.key_identifier()),
    ]
}
