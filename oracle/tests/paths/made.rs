//! The chains made here: honest ones, each fault alone, and faults combined at random.

use std::fmt;

use passkeeper::testing::{HashAlgorithm, KeyAlgorithm, KeyPair};

use KeyAlgorithm::{EdDsa, Es256, Es384, Es512, Rs256, Rs384, Rs512};

use crate::chain::{Chain, Draft};
use crate::faults::{self, Fault};

/// An honest chain, and what is made wrong in it.
#[derive(Clone)]
pub struct Case {
    /// From the root down.
    authority: Vec<KeyAlgorithm>,
    leaf: KeyAlgorithm,
    /// For every signature, if it is not the algorithm's own.
    hash: Option<HashAlgorithm>,
    pub faults: Vec<(&'static Fault, usize)>,
}

impl Case {
    fn honest(authority: &[KeyAlgorithm]) -> Self {
        Self { authority: authority.to_vec(), leaf: Es256, hash: None, faults: Vec::new() }
    }

    /// Fault and place of each thing that is wrong.
    pub fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.faults.iter().map(|(fault, at)| (fault.name, fault.place(*at, self.depth())))
    }

    fn depth(&self) -> usize {
        self.authority.len() - 1
    }

    /// The case with only those faults that pass.
    pub fn keep(&self, passes: impl Fn((&str, &str)) -> bool) -> Self {
        let kept = self.faults.iter().zip(self.keys()).filter(|(_, key)| passes(*key)).map(|(fault, _)| *fault).collect();
        Self { faults: kept, ..self.clone() }
    }

    pub fn make(&self) -> (Chain, KeyPair) {
        let mut draft = Draft::new(&self.authority, self.leaf);
        for at in 0..=draft.depth() + 1 {
            draft.level(at).hash = self.hash;
        }
        for (fault, at) in &self.faults {
            (fault.apply)(&mut draft, *at);
        }
        draft.finish()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} > {:?}", self.authority, self.leaf)?;
        if let Some(hash) = self.hash {
            write!(f, " with {hash:?}")?;
        }
        for ((fault, at), (_, place)) in self.faults.iter().zip(self.keys()) {
            write!(f, "; {place} {at}: {}", fault.name)?;
        }
        Ok(())
    }
}

/// Every algorithm at every depth, every pair of key and hash, and mixed chains.
pub fn honest() -> impl Iterator<Item = Case> {
    let plain = (1..=4).flat_map(|levels| [Es256, Es384, Es512, EdDsa, Rs256, Rs384, Rs512].map(|a| Case::honest(&vec![a; levels])));
    let hashes = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    let hashed = hashes
        .into_iter()
        .flat_map(|hash| [Es256, Es384, Es512, Rs256].map(|algorithm| Case { hash: Some(hash), ..Case::honest(&[algorithm; 2]) }));
    let mixed = [[Es512, Rs256, Es384], [EdDsa, Es256, Rs512], [Rs384, EdDsa, Es512]].map(|authority| Case::honest(&authority));
    let leaves = [Es384, Es512, EdDsa, Rs256].map(|leaf| Case { leaf, ..Case::honest(&[Es256, Es384]) });
    plain.chain(hashed).chain(mixed).chain(leaves)
}

/// Each fault at each of its levels, in a chain with two intermediates and in one without any.
pub fn single_faults() -> impl Iterator<Item = Case> {
    let at = |fault: &'static Fault, depth| {
        let case = move |level| Case { faults: vec![(fault, level)], ..Case::honest(&vec![Es256; depth + 1]) };
        fault.levels(depth).into_iter().map(case)
    };
    faults::all().flat_map(move |fault| at(fault, 2).chain(at(fault, 0))).chain(faults::alone().flat_map(move |fault| at(fault, 2)))
}

/// One to three faults in a chain of any depth and any algorithms; always the same ones.
pub fn random(number: usize) -> impl Iterator<Item = Case> {
    let all: Vec<_> = faults::all().collect();
    let mut dice = Dice(0x0001_2fed_c5d2_aa10);
    std::iter::repeat_with(move || {
        let levels = 1 + dice.roll(4);
        let algorithm = |dice: &mut Dice| [Es256, Es256, Es384, Es512, EdDsa, Rs256][dice.roll(6)];
        let authority: Vec<_> = (0..levels).map(|_| algorithm(&mut dice)).collect();
        let mut case = Case::honest(&authority);
        for _ in 0..1 + dice.roll(3) {
            let fault = all[dice.roll(all.len())];
            let places = fault.levels(case.depth());
            if !places.is_empty() {
                case.faults.push((fault, places[dice.roll(places.len())]));
            }
        }
        case
    })
    .take(number)
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}
