//! Certificate paths: what leads to an anchor, and what only looks like it.

use passkeeper::Error;
use passkeeper::VerifiedRegistration;
use passkeeper::attestation::TrustAnchors;
use passkeeper::testing::{
    CertificateAuthority, CertificateDraft, ExtensionDraft, GeneralName, HashAlgorithm, KeyPair, Name, PackedAttestation, der, oid,
};

use crate::common::NOW;
use crate::setup::*;

const UNTRUSTED: &str = "attestation-untrusted";

fn packed() -> PackedAttestation {
    PackedAttestation::new(&ca())
}

/// A root and two intermediates.
fn tall() -> CertificateAuthority {
    CertificateAuthority::with_levels(8, &[Es256, Es256, Es256])
}

/// Attested under an authority that is changed first; its root is trusted.
fn under(mut ca: CertificateAuthority, change: impl FnOnce(&mut CertificateAuthority)) -> Case {
    change(&mut ca);
    Case::new(PackedAttestation::new(&ca)).trusting(&ca)
}

fn with_chain(ca: &CertificateAuthority, change: impl Fn(&mut Vec<Vec<u8>>) + Send + Sync + 'static) -> PackedAttestation {
    let mut kind = PackedAttestation::new(ca);
    kind.x5c.edit(change);
    kind
}

fn with_leaf(change: impl Fn(&mut CertificateDraft) + Send + Sync + 'static) -> Case {
    let mut kind = packed();
    kind.leaf.edit(change);
    Case::new(kind)
}

#[track_caller]
fn refused(result: Result<VerifiedRegistration, Error>, code: &str, name: &str) {
    assert_refused(result, code, STEP_24, name);
}

#[test]
fn chains_of_every_length_and_algorithm() {
    for levels in 1..=8 {
        let ca = CertificateAuthority::with_levels(20, &vec![Es256; levels]);
        assert_passes(under(ca, |_| {}).register(), &format!("{levels} certificates"));
    }
    for root in [Rs256, Rs384, Es256, Es384, Es512, EdDsa] {
        for intermediate in [Rs256, Es384, Es512, EdDsa] {
            let ca = CertificateAuthority::with_levels(21, &[root, intermediate]);
            assert_passes(under(ca, |_| {}).register(), &format!("{root:?} over {intermediate:?}"));
        }
    }
    let hashes = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    for (issuer, hash) in [Es256, Es384, Es512].into_iter().flat_map(|issuer| hashes.map(|hash| (issuer, hash))) {
        let ca = CertificateAuthority::with_levels(22, &[issuer, issuer]);
        let case = under(ca, |ca| ca.intermediates[0].certificate.hash = Some(hash));
        assert_passes(case.register(), &format!("{issuer:?} over {hash:?}"));
    }
}

/// go-webauthn #737: chains of any depth.
#[test]
fn nine_certificates_are_too_many() {
    let ca = CertificateAuthority::with_levels(20, &[Es256; 9]);
    assert_refused(under(ca, |_| {}).register(), "certificate-chain-too-long", STEP_22, "nine certificates");
}

#[test]
fn the_root_may_be_in_x5c() {
    assert_passes(Case::new(with_chain(&ca(), |chain| chain.push(ca().root_der()))).register(), "the root behind the intermediate");
    assert_passes(Case::new(with_chain(&ca(), |chain| chain.extend([ca().root_der(), ca().root_der()]))).register(), "the root twice");
    let renewed = {
        let mut ca = ca();
        (ca.root.certificate.not_after, ca.root.certificate.serial) = (NOW.as_secs() + 10, vec![9]);
        ca.root_der()
    };
    assert_passes(
        Case::new(with_chain(&ca(), move |chain| chain.push(renewed.clone()))).register(),
        "another certificate of the same root",
    );
}

/// GHSA-6hxq-p678-4hr2, SimpleWebAuthn: the path ended at the first self-signed certificate of x5c.
#[test]
fn simplewebauthn_a_self_signed_certificate_in_x5c_proves_nothing() {
    let attacker = CertificateAuthority::with_levels(66, &[Es384, Es256]);
    let impostor = ca().impostor();
    for (name, ca) in [("own root", attacker), ("own root with the anchor's name", impostor)] {
        let root = ca.root_der();
        refused(Case::new(PackedAttestation::new(&ca)).register(), UNTRUSTED, &format!("{name}, left out"));
        refused(Case::new(with_chain(&ca, move |chain| chain.push(root.clone()))).register(), UNTRUSTED, name);
        let root = ca.root_der();
        let honest = with_chain(&ca, move |chain| chain.extend([root.clone(), crate::setup::ca().root_der()]));
        let code = if name == "own root" { "certificate-issuer-mismatch" } else { "certificate-signature-invalid" };
        refused(Case::new(honest).register(), code, &format!("{name}, the anchor itself behind it"));
    }
    let single = CertificateAuthority::new(67);
    let trusted = trust(&CertificateAuthority::new(68));
    for (name, ca) in
        [("a leaf and its own root", single), ("a leaf and a root of the anchor's name", CertificateAuthority::new(68).impostor())]
    {
        let root = ca.root_der();
        let kind = with_chain(&ca, move |chain| chain.push(root.clone()));
        refused(Case::new(kind).anchors(trusted.clone()).register(), UNTRUSTED, name);
    }
    // A leaf that signed itself, and bears the anchor's name as its issuer.
    let mut own = packed();
    own.x5c.edit(|chain| chain.truncate(1));
    own.ca.intermediates[0].key = own.key.clone();
    refused(Case::new(own.clone()).register(), UNTRUSTED, "a leaf signed by its own key");
    own.leaf.edit(|leaf| leaf.issuer = ca().root.certificate.subject);
    refused(Case::new(own).register(), UNTRUSTED, "a leaf signed by its own key in the name of the anchor");
}

/// Names and key identifiers can be copied; keys cannot.
#[test]
fn copied_names_do_not_help() {
    let impostor = ca().impostor();
    let honest_above = with_chain(&impostor, |chain| chain[1] = ca().intermediate_der(0));
    refused(Case::new(honest_above).register(), "certificate-signature-invalid", "the honest intermediate over an impostor's leaf");
    let anchors = TrustAnchors::new().trust(anchor(&ca().intermediate_der(0)));
    let case = Case::new(PackedAttestation::new(&impostor)).anchors(anchors);
    refused(case.register(), UNTRUSTED, "an intermediate as anchor, and its impostor");
    let mut mixed = ca();
    mixed.intermediates[0].key = impostor.intermediates[0].key.clone();
    refused(Case::new(PackedAttestation::new(&mixed)).register(), "certificate-signature-invalid", "an honest intermediate, another key");
}

#[test]
fn the_order_is_the_path() {
    let tall = tall();
    let case = |change: fn(&mut Vec<Vec<u8>>)| Case::new(with_chain(&tall, change)).trusting(&tall);
    const MISMATCH: &str = "certificate-issuer-mismatch";
    refused(case(|chain| chain.swap(1, 2)).register(), MISMATCH, "intermediates swapped");
    refused(case(|chain| chain.insert(1, chain[0].clone())).register(), MISMATCH, "the leaf twice");
    refused(case(|chain| chain.insert(1, chain[1].clone())).register(), MISMATCH, "the lower intermediate twice");
    refused(
        case(|chain| {
            chain.remove(1);
        })
        .register(),
        MISMATCH,
        "the lower intermediate missing",
    );
    refused(
        case(|chain| {
            chain.pop();
        })
        .register(),
        UNTRUSTED,
        "the upper intermediate missing",
    );
    refused(case(|chain| chain.truncate(1)).register(), UNTRUSTED, "the leaf alone");
    refused(case(|chain| chain.insert(1, ca().intermediate_der(0))).register(), MISMATCH, "an unrelated certificate in between");
    refused(case(|chain| chain.insert(2, ca().intermediate_der(0))).register(), MISMATCH, "an unrelated certificate further up");
    assert_refused(case(|chain| chain.reverse()).register(), "attestation-signature-invalid", STEP_22, "the leaf last");
    // The path ends at the anchor; what follows is not part of it.
    assert_passes(case(|chain| chain.push(chain[2].clone())).register(), "the upper intermediate twice");
    assert_passes(case(|chain| chain.push(ca().intermediate_der(0))).register(), "an unrelated certificate behind the path");
}

#[test]
fn dates_are_judged_at_the_given_time() {
    let now = NOW.as_secs();
    let leaf = |before: i64, after: i64| with_leaf(move |leaf| (leaf.not_before, leaf.not_after) = (before, after));
    refused(leaf(0, now - 1).register(), "certificate-expired", "leaf expired a second ago");
    refused(leaf(now + 1, i64::from(u32::MAX)).register(), "certificate-not-yet-valid", "leaf valid from the next second");
    assert_passes(leaf(now, now).register(), "leaf valid for this second");
    assert_passes(with_leaf(|leaf| leaf.not_after = 253_402_300_799).register(), "leaf without a known end (9999)");

    let intermediate = |before: i64, after: i64| {
        under(ca(), move |ca| {
            let certificate = &mut ca.intermediates[0].certificate;
            (certificate.not_before, certificate.not_after) = (before, after);
        })
    };
    refused(intermediate(0, now - 1).register(), "certificate-expired", "intermediate expired");
    refused(intermediate(now + 1, now + 2).register(), "certificate-not-yet-valid", "intermediate not yet valid");
    assert_passes(intermediate(now, now).register(), "intermediate valid for this second");
    assert_passes(intermediate(now + 10, now + 20).clone_at(now + 15), "intermediate valid later");
    refused(intermediate(now + 10, now + 20).clone_at(now + 21), "certificate-expired", "intermediate expired later");
}

impl Case {
    fn clone_at(self, secs: i64) -> Result<VerifiedRegistration, Error> {
        Self { now: passkeeper::types::UnixTime::from_secs(secs), ..self }.register()
    }
}

#[test]
fn an_anchors_own_dates_and_extensions_do_not_count() {
    let changes: &[Tolerated<CertificateDraft>] = &[
        ("expired", |root| root.not_after = 1_600_000_000),
        ("not yet valid", |root| root.not_before = 2_000_000_000),
        ("version 1", |root| (root.version, root.extensions) = (1, vec![])),
        ("an unknown critical extension", |root| root.set_extension(ExtensionDraft::unknown(true))),
        ("not self-signed any more", |root| root.signature = Some(vec![0x30, 0])),
    ];
    for (name, change) in changes {
        assert_passes(under(ca(), |ca| change(&mut ca.root.certificate)).register(), name);
        let mut changed = ca();
        change(&mut changed.root.certificate);
        let root = changed.root_der();
        let kind = with_chain(&changed, move |chain| chain.push(root.clone()));
        assert_passes(Case::new(kind).trusting(&changed).register(), &format!("{name}, in x5c too"));
    }
}

#[test]
fn an_intermediate_is_a_ca() {
    type Change = fn(&mut CertificateDraft);
    let cases: &[(&str, Change, &str)] = &[
        ("CA flag missing", |c| c.set_extension(ExtensionDraft::basic_constraints(false, None)), "certificate-not-ca"),
        ("basicConstraints missing", |c| c.remove_extension(oid::BASIC_CONSTRAINTS), "certificate-not-ca"),
        ("version 1", |c| (c.version, c.extensions) = (1, vec![]), "certificate-not-ca"),
        ("keyCertSign missing", |c| c.set_extension(ExtensionDraft::key_usage(&[0, 6])), "certificate-key-usage"),
        ("keyUsage malformed", |c| c.extension_mut(oid::KEY_USAGE).unwrap().value = der::null(), "certificate-malformed"),
        ("basicConstraints malformed", |c| c.extension_mut(oid::BASIC_CONSTRAINTS).unwrap().value = der::null(), "certificate-malformed"),
        ("basicConstraints twice", |c| c.extensions.push(ExtensionDraft::basic_constraints(true, None)), "certificate-malformed"),
        ("an unknown critical extension", |c| c.set_extension(ExtensionDraft::unknown(true)), "certificate-critical-extension"),
        (
            "critical name constraints",
            |c| c.set_extension(ExtensionDraft::name_constraints(&[GeneralName::Directory(Name::common("x"))], &[])),
            "certificate-critical-extension",
        ),
    ];
    for (name, change, code) in cases {
        refused(under(ca(), |ca| change(&mut ca.intermediates[0].certificate)).register(), code, name);
    }
    let tolerated: &[(&str, Change)] = &[
        ("keyUsage missing", |c| c.remove_extension(oid::KEY_USAGE)),
        ("an unknown extension", |c| c.set_extension(ExtensionDraft::unknown(false))),
        ("critical certificate policies", |c| {
            c.set_extension(ExtensionDraft { critical: true, ..ExtensionDraft::certificate_policies(&["1.2.3.4"]) });
        }),
        ("a URL of a revocation list, which nobody fetches", |c| {
            c.set_extension(ExtensionDraft::crl_distribution_points(&["http://127.0.0.1/"]));
        }),
        ("no path length", |c| c.set_extension(ExtensionDraft::basic_constraints(true, None))),
        ("a negative serial number", |c| c.serial = vec![0xff]),
    ];
    for (name, change) in tolerated {
        assert_passes(under(ca(), |ca| change(&mut ca.intermediates[0].certificate)).register(), name);
    }
    refused(
        with_leaf(|leaf| leaf.set_extension(ExtensionDraft::unknown(true))).register(),
        "certificate-critical-extension",
        "critical in the leaf",
    );
    let constrained = with_leaf(|leaf| leaf.set_extension(ExtensionDraft::name_constraints(&[], &[GeneralName::Dns("x".into())])));
    refused(constrained.register(), "certificate-critical-extension", "critical name constraints in the leaf");
}

/// GHSA-j3h4-m3m2-7p7j: the URL of a revocation list was fetched from whatever certificate named one.
#[test]
fn the_url_of_a_revocation_list_is_never_followed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let pointing = |c: &mut CertificateDraft| c.set_extension(ExtensionDraft::crl_distribution_points(&[&url]));
    assert_passes(under(ca(), |ca| pointing(&mut ca.intermediates[0].certificate)).register(), "trusted");
    let mut stranger = CertificateAuthority::with_levels(99, &[Es256, Es256]);
    pointing(&mut stranger.intermediates[0].certificate);
    refused(Case::new(PackedAttestation::new(&stranger)).register(), UNTRUSTED, "a stranger");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

/// RFC 5280 §4.2.1.3: whoever signs a statement may do so, if there is a keyUsage at all.
#[test]
fn a_leafs_key_may_sign() {
    const CODE: &str = "certificate-key-usage";
    for (name, bits, allowed) in [
        ("digitalSignature", &[0][..], true),
        ("digitalSignature and more, as Apple's", &[0, 1, 2, 3], true),
        ("digitalSignature, and certificates", &[0, 5], true),
        ("nonRepudiation", &[1], false),
        ("keyEncipherment", &[2], false),
        ("keyAgreement", &[4], false),
        ("keyCertSign and cRLSign", &[5, 6], false),
        ("decipherOnly", &[8], false),
    ] {
        let result = with_leaf(move |leaf| leaf.set_extension(ExtensionDraft::key_usage(bits))).register();
        if allowed { assert_passes(result, name) } else { refused(result, CODE, name) }
    }
    assert_passes(with_leaf(|leaf| leaf.remove_extension(oid::KEY_USAGE)).register(), "without keyUsage, as most security keys");
    refused(with_leaf(|leaf| leaf.extension_mut(oid::KEY_USAGE).unwrap().value = der::null()).register(), "certificate-malformed", "NULL");
    let empty = with_leaf(|leaf| leaf.extension_mut(oid::KEY_USAGE).unwrap().value = vec![3, 1, 0]);
    refused(empty.register(), "certificate-malformed", "without bits");
}

/// An end-entity certificate of the same authority, used as if it were an intermediate.
#[test]
fn a_leaf_issues_nothing() {
    let honest = ca();
    let leaf_key = honest.leaf_key(Es256);
    let mut rogue = honest.clone();
    let mut below = rogue.intermediates[0].clone();
    below.key = leaf_key.clone();
    below.certificate = honest.draft(Name::common("An honest leaf"), &leaf_key);
    rogue.intermediates.push(below);
    let mut kind = PackedAttestation::new(&rogue);
    kind.key = KeyPair::from_seed(Es256, 999);
    refused(Case::new(kind).register(), "certificate-not-ca", "issued by a leaf");
}

#[test]
fn path_lengths_are_kept() {
    let case = |index: usize, length: u32| {
        under(CertificateAuthority::with_levels(9, &[Es256; 4]), |ca| {
            ca.intermediates[index].certificate.set_extension(ExtensionDraft::basic_constraints(true, Some(length)));
        })
    };
    assert_passes(case(0, 2).register(), "exactly as many as allowed");
    refused(case(0, 1).register(), "certificate-path-length", "one more than allowed at the top");
    refused(case(1, 0).register(), "certificate-path-length", "one more than allowed in the middle");
    assert_passes(case(2, 0).register(), "none below the lowest");
    assert_passes(case(0, 127).register(), "many allowed");
}

#[test]
fn signatures_of_certificates() {
    let leaf: &[Broken<CertificateDraft>] = &[
        ("broken", |leaf| leaf.signature = Some(vec![0x30, 6, 2, 1, 1, 2, 1, 1]), "certificate-signature-invalid"),
        ("empty", |leaf| leaf.signature = Some(vec![]), "certificate-signature-invalid"),
        (
            "inner and outer algorithm differ",
            |leaf| leaf.inner_algorithm = Some(ca().root.key.signature_algorithm_der(HashAlgorithm::Sha384)),
            "certificate-malformed",
        ),
        (
            "outer algorithm unknown",
            |leaf| {
                let unknown = der::sequence(&[der::oid("1.2.3.4")]);
                (leaf.inner_algorithm, leaf.outer_algorithm) = (Some(unknown.clone()), Some(unknown));
            },
            "certificate-algorithm-unsupported",
        ),
        (
            "an RSA algorithm with an EC key",
            |leaf| {
                let rsa = ca().leaf_key(Rs256).signature_algorithm_der(HashAlgorithm::Sha256);
                (leaf.inner_algorithm, leaf.outer_algorithm) = (Some(rsa.clone()), Some(rsa));
            },
            "certificate-algorithm-unsupported",
        ),
        ("ECDSA with SHA-1", |leaf| leaf.hash = Some(HashAlgorithm::Sha1), "certificate-algorithm-unsupported"),
    ];
    for (name, change, code) in leaf {
        refused(with_leaf(*change).register(), code, name);
    }
    // Bits that are not there; whether the parser or the path says so.
    refused(with_leaf(|leaf| leaf.signature_unused_bits = 1).register(), "certificate-malformed", "unused bits in the signature");

    let upper = |change: fn(&mut CertificateDraft)| under(tall(), |ca| change(&mut ca.intermediates[1].certificate));
    refused(upper(|c| c.signature = Some(vec![1])).register(), "certificate-signature-invalid", "broken on the lower intermediate");
    let top = |change: fn(&mut CertificateDraft)| under(ca(), |ca| change(&mut ca.intermediates[0].certificate));
    refused(top(|c| c.signature = Some(vec![1])).register(), UNTRUSTED, "broken on the intermediate below the anchor");
    refused(top(|c| c.hash = Some(HashAlgorithm::Sha1)).register(), UNTRUSTED, "SHA-1 on the intermediate below the anchor");
}

/// An anchor of that name is there: the error says what its key has to say, lest one look for a missing anchor.
#[test]
fn a_signature_that_fails_under_the_anchor_is_named() {
    let top = |change: fn(&mut CertificateDraft)| under(ca(), |ca| change(&mut ca.intermediates[0].certificate));
    let detail = |case: Case| case.register().unwrap_err().to_string();
    for (name, case, found) in [
        ("broken", top(|c| c.signature = Some(vec![1])), "certificate-signature-invalid"),
        ("SHA-1", top(|c| c.hash = Some(HashAlgorithm::Sha1)), "certificate-algorithm-unsupported"),
        ("an impostor's", Case::new(PackedAttestation::new(&ca().impostor())), "certificate-signature-invalid"),
    ] {
        let detail = detail(case);
        for part in [UNTRUSTED, "certificate 1 of the chain", "expected a signature of the anchor C=AA", found] {
            assert!(detail.contains(part), "{name}: no {part:?} in {detail}");
        }
    }
    let nobody = detail(Case::new(packed()).trusting(&CertificateAuthority::new(70)));
    assert!(nobody.contains(UNTRUSTED) && !nobody.contains("expected"), "no anchor of that name: {nobody}");
}

#[test]
fn sha1_signs_certificates_by_a_rule_only() {
    let ca = CertificateAuthority::with_levels(10, &[Rs256, Rs256, Rs256]);
    let changes: &[Broken<CertificateAuthority>] = &[
        (
            "on the lower intermediate",
            |ca| ca.intermediates[1].certificate.hash = Some(HashAlgorithm::Sha1),
            "certificate-algorithm-unsupported",
        ),
        ("on the upper intermediate", |ca| ca.intermediates[0].certificate.hash = Some(HashAlgorithm::Sha1), UNTRUSTED),
    ];
    for (name, change, code) in changes {
        refused(under(ca.clone(), change).register(), code, name);
        assert_passes(under(ca.clone(), change).rules(|rules| rules.danger_accept_sha1_certificates = true).register(), name);
    }
    let mut kind = PackedAttestation::new(&ca);
    kind.leaf.edit(|leaf| leaf.hash = Some(HashAlgorithm::Sha1));
    let case = Case::new(kind).trusting(&ca);
    refused(case.clone().register(), "certificate-algorithm-unsupported", "on the leaf");
    assert_passes(case.rules(|rules| rules.danger_accept_sha1_certificates = true).register(), "on the leaf");
    let elliptic = with_leaf(|leaf| leaf.hash = Some(HashAlgorithm::Sha1)).rules(|rules| rules.danger_accept_sha1_certificates = true);
    refused(elliptic.register(), "certificate-algorithm-unsupported", "ECDSA with SHA-1, which the rule does not mean");
}

#[test]
fn small_rsa_keys_sign_nothing() {
    // 2^511 + 2^510 + k: the two smallest such primes.
    let prime = |k: u16| [[0xc0].as_slice(), &[0; 61], &k.to_be_bytes()].concat();
    let small = KeyPair::from_rsa_primes(Rs256, &prime(761), &prime(1505));
    let resized = |ca: &mut CertificateAuthority, index: usize| {
        ca.intermediates[index].certificate.spki = small.spki_der();
        ca.intermediates[index].key = small.clone();
    };
    refused(under(ca(), |ca| resized(ca, 0)).register(), "public-key-rsa-too-small", "an intermediate of 1024 bits");
    let root = under(ca(), |ca| {
        ca.root.certificate.spki = small.spki_der();
        ca.root.key = small.clone();
    });
    refused(root.register(), UNTRUSTED, "a root of 1024 bits");
    let leaf = PackedAttestation { key: small.clone(), ..packed() };
    assert_refused(Case::new(leaf).register(), "public-key-rsa-too-small", STEP_22, "a leaf of 1024 bits");
}

/// go-webauthn #744: bytes behind the DER.
#[test]
fn certificates_end_where_they_end() {
    assert_refused(with_leaf(|leaf| leaf.trailing = vec![0]).register(), "certificate-malformed", STEP_22, "a byte behind the leaf");
    refused(
        under(ca(), |ca| ca.intermediates[0].certificate.trailing = vec![0]).register(),
        "certificate-malformed",
        "a byte behind the intermediate",
    );
    refused(Case::new(with_chain(&ca(), |chain| chain[1].truncate(100))).register(), "certificate-malformed", "an intermediate cut off");
    refused(Case::new(with_chain(&ca(), |chain| chain.push(vec![]))).register(), "certificate-malformed", "an empty certificate");
}

/// go-webauthn #740: intermediates.
#[test]
fn an_intermediate_may_be_the_anchor() {
    let anchors = TrustAnchors::new().trust(anchor(&ca().intermediate_der(0)));
    assert_passes(Case::new(packed()).anchors(anchors.clone()).register(), "in x5c");
    assert_passes(Case::new(with_chain(&ca(), |chain| chain.truncate(1))).anchors(anchors.clone()).register(), "not in x5c");
    let expired = under(ca(), |ca| ca.intermediates[0].certificate.not_after = 1_700_000_000).anchors(anchors);
    assert_passes(expired.register(), "its expired certificate in x5c");
}

#[test]
fn a_leaf_is_pinned_byte_for_byte() {
    let pinned = TrustAnchors::new().trust(anchor(&honest_leaf()));
    let case = Case::new(packed()).anchors(pinned.clone());
    assert_passes(case.clone().register(), "the pinned leaf");
    assert_passes(Case::new(with_chain(&ca(), |chain| chain.truncate(1))).anchors(pinned.clone()).register(), "the pinned leaf alone");
    refused(
        with_leaf(|leaf| leaf.serial = vec![1]).anchors(pinned.clone()).register(),
        UNTRUSTED,
        "the same name and key in another certificate",
    );
    let other = PackedAttestation { key: KeyPair::from_seed(Es256, 999), ..packed() };
    refused(Case::new(other).anchors(pinned.clone()).register(), UNTRUSTED, "another leaf of the same authority");
    let far = passkeeper::types::UnixTime::from_secs(4_000_000_000);
    assert_passes(Case { now: far, ..case }.register(), "the pinned leaf, long expired");
}

/// A pinned leaf vouches for itself: it says that it is no CA, and so its key issues nothing.
#[test]
fn a_pinned_leaf_issues_nothing() {
    let pinned = TrustAnchors::new().trust(anchor(&honest_leaf()));
    let honest = CertificateDraft::new(
        ca().intermediates[0].certificate.subject.clone(),
        Name::empty()
            .with(oid::COUNTRY, "AA")
            .with(oid::ORGANIZATION, "Virtual Authenticators")
            .with(oid::ORGANIZATIONAL_UNIT, "Authenticator Attestation")
            .with(oid::COMMON_NAME, "Virtual Authenticator"),
        ca().leaf_key(Es256).spki_der(),
    );
    let mut rogue = ca();
    let mut below = rogue.intermediates[0].clone();
    (below.key, below.certificate) = (ca().leaf_key(Es256), honest);
    rogue.intermediates = vec![below];
    let mut kind = PackedAttestation::new(&rogue);
    kind.key = KeyPair::from_seed(Es256, 999);
    let mut alone = kind.clone();
    alone.x5c.edit(|chain| chain.truncate(1));
    refused(Case::new(alone).anchors(pinned.clone()).register(), UNTRUSTED, "issued by the pinned leaf, which is left out");
    kind.x5c.edit(|chain| chain[1] = honest_leaf());
    refused(Case::new(kind).anchors(pinned).register(), "certificate-not-ca", "issued by the pinned leaf, which follows");
}
