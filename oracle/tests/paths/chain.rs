//! Chains: as drafts that can be broken anywhere, and as bytes.

use passkeeper::testing::{CertificateAuthority, CertificateDraft, CrlDraft, KeyAlgorithm, KeyPair, Name, oid};

/// 2027-01-15T08:00:00Z.
pub const NOW: i64 = 1_800_000_000;
pub const DAY: i64 = 86_400;

/// What a validator is asked: a chain, leaf first, and what it is judged by.
#[derive(Clone)]
pub struct Chain {
    pub x5c: Vec<Vec<u8>>,
    pub anchors: Vec<Vec<u8>>,
    /// Either none, or those of every issuer.
    pub crls: Vec<Vec<u8>>,
    pub now: i64,
    pub accept_sha1: bool,
}

/// A revocation list, and the key that signs it.
pub struct List {
    pub draft: CrlDraft,
    pub key: KeyPair,
}

/// A change to the finished bytes.
type Change = Box<dyn FnOnce(&mut Chain)>;

/// A chain before it is signed. Levels count from the leaf, which is 0, over the intermediates to the root.
pub struct Draft {
    pub ca: CertificateAuthority,
    pub leaf: CertificateDraft,
    pub leaf_key: KeyPair,
    /// The list of the issuer of each level; without any, nobody asks for lists.
    pub lists: Vec<List>,
    /// Levels whose certificate another authority of the same names signs.
    pub impostor_signs: Vec<usize>,
    pub accept_sha1: bool,
    /// Changes to the finished bytes, in this order.
    pub finally: Vec<Change>,
}

impl Draft {
    /// An honest chain: the algorithms of the authority, from the root down, and of the leaf.
    pub fn new(authority: &[KeyAlgorithm], leaf: KeyAlgorithm) -> Self {
        let ca = CertificateAuthority::with_levels(1, authority);
        let leaf_key = ca.leaf_key(leaf);
        let subject = Name::empty()
            .with(oid::COUNTRY, "AA")
            .with(oid::ORGANIZATION, "Virtual Authenticators")
            .with(oid::ORGANIZATIONAL_UNIT, "Authenticator Attestation")
            .with(oid::COMMON_NAME, "Leaf");
        let leaf = ca.draft(subject, &leaf_key);
        Self { ca, leaf, leaf_key, lists: vec![], impostor_signs: vec![], accept_sha1: false, finally: vec![] }
    }

    /// How many intermediates there are; the root's level is one more.
    pub fn depth(&self) -> usize {
        self.ca.intermediates.len()
    }

    pub fn level(&mut self, at: usize) -> &mut CertificateDraft {
        let depth = self.depth();
        match at {
            0 => &mut self.leaf,
            _ if at <= depth => &mut self.ca.intermediates[depth - at].certificate,
            _ => &mut self.ca.root.certificate,
        }
    }

    /// The key of an authority's level.
    pub fn key(&self, at: usize) -> &KeyPair {
        key_of(&self.ca, at)
    }

    /// The key that honestly signs a level: the root signs itself.
    pub fn issuer_key(&self, at: usize) -> &KeyPair {
        self.key(at + 1)
    }

    /// Gives a level of the authority another key.
    pub fn set_key(&mut self, at: usize, key: KeyPair) {
        self.level(at).spki = key.spki_der();
        let depth = self.depth();
        let place = if at <= depth { &mut self.ca.intermediates[depth - at].key } else { &mut self.ca.root.key };
        *place = key;
    }

    /// The list of the issuer of a level. From the first call on every issuer has one.
    pub fn list(&mut self, at: usize) -> &mut List {
        for issuer in self.lists.len() + 1..=self.depth() + 1 {
            let key = self.key(issuer).clone();
            let name = self.level(issuer).subject.clone();
            let none: [&[u8]; 0] = [];
            let draft = CrlDraft::new(name, &key.key_identifier(), &none, NOW - DAY, NOW + DAY);
            self.lists.push(List { draft, key });
        }
        &mut self.lists[at]
    }

    /// Adds a change to the finished bytes.
    pub fn finally(&mut self, change: impl FnOnce(&mut Chain) + 'static) {
        self.finally.push(Box::new(change));
    }

    fn signed(&mut self, at: usize) -> Vec<u8> {
        let key = if self.impostor_signs.contains(&at) { self.impostor_key(at + 1) } else { self.issuer_key(at).clone() };
        self.level(at).sign(&key)
    }

    /// The key of the authority that has the same names.
    pub fn impostor_key(&self, at: usize) -> KeyPair {
        key_of(&self.ca.impostor(), at).clone()
    }

    /// Signs everything.
    pub fn finish(mut self) -> (Chain, KeyPair) {
        let root = self.depth() + 1;
        let mut chain = Chain {
            x5c: (0..root).map(|at| self.signed(at)).collect(),
            anchors: vec![self.signed(root)],
            crls: self.lists.iter().map(|list| list.draft.sign(&list.key)).collect(),
            now: NOW,
            accept_sha1: self.accept_sha1,
        };
        self.finally.into_iter().for_each(|change| change(&mut chain));
        (chain, self.leaf_key)
    }
}

fn key_of(ca: &CertificateAuthority, at: usize) -> &KeyPair {
    let depth = ca.intermediates.len();
    if at <= depth { &ca.intermediates[depth - at].key } else { &ca.root.key }
}
