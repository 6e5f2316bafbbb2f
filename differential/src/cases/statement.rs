//! Attestation statements of every format, signed again.

use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, Cbor, ExtensionDraft, FidoU2fAttestation, GeneralName, KeyAlgorithm, KeyPair, Name,
    PackedAttestation, SafetyNetAttestation, TpmAttestation, oid, tpm_device,
};
use serde_json::json;

use super::{Case, Change, registration};
use crate::base::{Base, NOW, authority, direct_authority};

/// A case that is made by the authenticator: its attestation is another one.
const fn made(name: &'static str, fix: fn(&mut Base)) -> Case {
    Case::new(name, Change::Nothing).with(fix).only_registering()
}

fn packed(base: &mut Base, change: impl FnOnce(&mut PackedAttestation)) {
    base.packed(change);
}

fn fido_u2f(base: &mut Base, change: impl FnOnce(&mut FidoU2fAttestation)) {
    base.fido_u2f(change);
}

pub(super) fn tpm(base: &mut Base, change: impl FnOnce(&mut TpmAttestation)) {
    let mut tpm = TpmAttestation::new(&authority());
    change(&mut tpm);
    (base.algorithm, base.attestation) = (KeyAlgorithm::Rs256, tpm.into());
}

pub(super) fn apple(base: &mut Base, change: impl FnOnce(&mut AppleAttestation)) {
    let mut apple = AppleAttestation::new(&authority());
    change(&mut apple);
    (base.algorithm, base.attestation) = (KeyAlgorithm::Es256, apple.into());
}

/// With the root in x5c, as one of the judges wants it.
pub(super) fn android_key(base: &mut Base, change: impl FnOnce(&mut AndroidKeyAttestation)) {
    let mut android_key = AndroidKeyAttestation::new(&authority());
    android_key.x5c.edit(|chain| chain.push(authority().root_der()));
    change(&mut android_key);
    (base.algorithm, base.attestation) = (KeyAlgorithm::Es256, android_key.into());
}

pub(super) fn safetynet(base: &mut Base, change: impl FnOnce(&mut SafetyNetAttestation)) {
    let mut safetynet = SafetyNetAttestation::new(&direct_authority(), NOW * 1000);
    change(&mut safetynet);
    (base.safetynet, base.algorithm, base.attestation) = (true, KeyAlgorithm::Es256, safetynet.into());
}

fn self_signed(base: &mut Base) {
    base.packed_self();
    base.algorithm = KeyAlgorithm::Es256;
}

pub(super) const CASES: &[Case] = &[
    // packed, by the credential key.
    registration("self: a bit of the signature flipped", |d, chance| {
        let mut signature = d.signer().sign(&d.signed_bytes());
        let at = signature.len() - 16;
        chance.flip(&mut signature[at..]);
        d.att_stmt_signature = Some(signature);
    })
    .with(self_signed),
    registration("self: signature empty", |d, _| d.att_stmt_signature = Some(Vec::new())).with(self_signed),
    registration("self: signed by another key", |d, _| d.set_signer(KeyPair::from_seed(KeyAlgorithm::Es256, 1_000_003))).with(self_signed),
    registration("self: signed over other client data", |d, _| {
        d.att_stmt = Some(d.statement());
        d.client_data.extra.push(("x".into(), 1.into()));
    })
    .with(self_signed),
    registration("self: signed over other authenticator data", |d, _| {
        d.att_stmt = Some(d.statement());
        d.auth_data.sign_count += 1;
    })
    .with(self_signed),
    registration("self: alg of another key", |d, _| {
        let mut statement = d.statement();
        statement.set("alg", -257);
        d.att_stmt = Some(statement);
    })
    .with(self_signed),
    registration("self: alg missing", |d, _| {
        let mut statement = d.statement();
        statement.remove("alg");
        d.att_stmt = Some(statement);
    })
    .with(self_signed),
    registration("self: sig missing", |d, _| {
        let mut statement = d.statement();
        statement.remove("sig");
        d.att_stmt = Some(statement);
    })
    .with(self_signed),
    registration("self: sig as text", |d, _| {
        let mut statement = d.statement();
        statement.set("sig", "x");
        d.att_stmt = Some(statement);
    })
    .with(self_signed),
    registration("self: an unknown member", |d, _| {
        let mut statement = d.statement();
        statement.push_entry("x", 1);
        d.att_stmt = Some(statement);
    })
    .with(self_signed),
    registration("self: x5c empty", |d, _| {
        let mut statement = d.statement();
        statement.push_entry("x5c", Cbor::Array(Vec::new()));
        d.att_stmt = Some(statement);
    })
    .with(self_signed),
    registration("self: x5c null", |d, _| {
        let mut statement = d.statement();
        statement.push_entry("x5c", Cbor::Null);
        d.att_stmt = Some(statement);
    })
    .with(self_signed),
    registration("self: ecdaaKeyId", |d, _| {
        let mut statement = d.statement();
        statement.push_entry("ecdaaKeyId", Cbor::bytes([1, 2, 3]));
        d.att_stmt = Some(statement);
    })
    .with(self_signed),
    // packed, with certificates.
    registration("packed: a bit of the signature flipped", |d, chance| {
        let Some(Cbor::Bytes(mut signature)) = d.statement().get("sig").cloned() else { return };
        let at = signature.len() - 16;
        chance.flip(&mut signature[at..]);
        d.att_stmt_signature = Some(signature);
    })
    .with(|base| packed(base, |_| {})),
    made("packed: alg of another key", |base| packed(base, |p| p.statement.edit(|s| s.set("alg", -257)))),
    made("packed: alg of another hash", |base| packed(base, |p| p.statement.edit(|s| s.set("alg", -35)))),
    made("packed: alg missing", |base| packed(base, |p| p.statement.edit(|s| s.remove("alg")))),
    made("packed: sig missing", |base| packed(base, |p| p.statement.edit(|s| s.remove("sig")))),
    made("packed: x5c missing", |base| packed(base, |p| p.statement.edit(|s| s.remove("x5c")))),
    made("packed: x5c empty", |base| packed(base, |p| p.statement.edit(|s| s.set("x5c", Cbor::Array(Vec::new()))))),
    made("packed: x5c no array", |base| packed(base, |p| p.statement.edit(|s| s.set("x5c", Cbor::bytes([1]))))),
    made("packed: x5c of text", |base| packed(base, |p| p.statement.edit(|s| s.set("x5c", Cbor::Array(vec!["x".into()]))))),
    made("packed: a certificate of junk", |base| packed(base, |p| p.x5c.edit(|chain| chain[0] = vec![0x30, 3, 2, 1, 1]))),
    made("packed: an unknown member", |base| packed(base, |p| p.statement.edit(|s| s.push_entry("x", 1)))),
    made("packed: the leaf of another key", |base| {
        packed(base, |p| p.leaf.edit(|leaf| leaf.spki = KeyPair::from_seed(KeyAlgorithm::Es256, 1_000_003).spki_der()));
    }),
    // fido-u2f.
    registration("fido-u2f: a bit of the signature flipped", |d, chance| {
        let Some(Cbor::Bytes(mut signature)) = d.statement().get("sig").cloned() else { return };
        let at = signature.len() - 16;
        chance.flip(&mut signature[at..]);
        d.att_stmt_signature = Some(signature);
    })
    .with(|base| fido_u2f(base, |_| {})),
    made("fido-u2f: signed over packed's bytes", |base| fido_u2f(base, |f| f.signed_data.edit(|data| drop(data.drain(..1))))),
    made("fido-u2f: signed over another key", |base| {
        fido_u2f(base, |f| f.signed_data.edit(|data| *data.last_mut().unwrap() ^= 1));
    }),
    made("fido-u2f: two certificates", |base| {
        fido_u2f(base, |f| f.x5c.edit(|chain| chain.push(chain[0].clone())));
    }),
    made("fido-u2f: no certificate", |base| fido_u2f(base, |f| f.x5c.edit(Vec::clear))),
    made("fido-u2f: a certificate of P-384", |base| {
        fido_u2f(base, |f| f.key = direct_authority().leaf_key(KeyAlgorithm::Es384));
    }),
    made("fido-u2f: an AAGUID", |base| {
        fido_u2f(base, |_| {});
        base.aaguid = *b"VirtualAuthentic";
    }),
    made("fido-u2f: a credential of P-384", |base| {
        fido_u2f(base, |_| {});
        base.algorithm = KeyAlgorithm::Es384;
    }),
    made("fido-u2f: an unknown member", |base| fido_u2f(base, |f| f.statement.edit(|s| s.push_entry("alg", -7)))),
    // tpm.
    registration("tpm: a bit of the signature flipped", |d, chance| {
        let Some(Cbor::Bytes(mut signature)) = d.statement().get("sig").cloned() else { return };
        let at = signature.len() - 16;
        chance.flip(&mut signature[at..]);
        d.att_stmt_signature = Some(signature);
    })
    .with(|base| tpm(base, |_| {})),
    made("tpm: version 1.2", |base| tpm(base, |t| t.statement.edit(|s| s.set("ver", "1.2")))),
    made("tpm: magic", |base| tpm(base, |t| t.cert_info.edit(|info| info.magic ^= 1))),
    made("tpm: type of a quote", |base| tpm(base, |t| t.cert_info.edit(|info| info.type_ = 0x8018))),
    made("tpm: extraData of another registration", |base| tpm(base, |t| t.cert_info.edit(|info| info.extra_data[0] ^= 1))),
    made("tpm: another name", |base| tpm(base, |t| t.cert_info.edit(|info| *info.name.last_mut().unwrap() ^= 1))),
    made("tpm: another modulus", |base| tpm(base, |t| t.pub_area.edit(|area| area.unique[0][20] ^= 1))),
    made("tpm: a byte behind pubArea", |base| tpm(base, |t| t.pub_area.edit(|area| area.trailing = vec![0]))),
    made("tpm: an unknown vendor", |base| {
        tpm(base, |t| t.device = tpm_device("id:58585858", "Virtual TPM", "id:00010000"));
    }),
    made("tpm: the vendor of the conformance tool", |base| {
        tpm(base, |t| t.device = tpm_device("id:FFFFF1D0", "Virtual TPM", "id:00010000"));
    }),
    made("tpm: a subject in the certificate", |base| {
        tpm(base, |t| t.leaf.edit(|leaf| leaf.subject = Name::common("TPM")));
    }),
    made("tpm: no alternative name", |base| {
        tpm(base, |t| t.leaf.edit(|leaf| leaf.remove_extension(oid::SUBJECT_ALT_NAME)));
    }),
    made("tpm: no extended key usage", |base| {
        tpm(base, |t| t.leaf.edit(|leaf| leaf.remove_extension(oid::EXTENDED_KEY_USAGE)));
    }),
    made("tpm: alg of another hash", |base| tpm(base, |t| t.statement.edit(|s| s.set("alg", -258)))),
    made("tpm: certInfo missing", |base| tpm(base, |t| t.statement.edit(|s| s.remove("certInfo")))),
    // apple.
    made("apple: nonce of another registration", |base| {
        apple(base, |a| {
            a.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::apple_nonce(&[7; 32])));
        });
    }),
    made("apple: no nonce", |base| apple(base, |a| a.leaf.edit(|leaf| drop(leaf.extensions.pop())))),
    made("apple: the certificate of another key", |base| {
        apple(base, |a| a.leaf.edit(|leaf| leaf.spki = KeyPair::from_seed(KeyAlgorithm::Es256, 1_000_003).spki_der()));
    }),
    made("apple: no certificate", |base| apple(base, |a| a.x5c.edit(Vec::clear))),
    // android-key.
    made("android-key: challenge of another registration", |base| {
        android_key(base, |a| a.key_description.edit(|description| description.attestation_challenge = vec![7; 32]));
    }),
    made("android-key: the certificate of another key", |base| {
        android_key(base, |a| a.leaf.edit(|leaf| leaf.spki = KeyPair::from_seed(KeyAlgorithm::Es256, 1_000_003).spki_der()));
    }),
    made("android-key: for all applications", |base| {
        android_key(base, |a| a.key_description.edit(|description| description.hardware_enforced.all_applications = true));
    }),
    made("android-key: imported", |base| {
        android_key(base, |a| a.key_description.edit(|description| description.hardware_enforced.origin = Some(2)));
    }),
    made("android-key: for encryption too", |base| {
        android_key(base, |a| a.key_description.edit(|description| description.hardware_enforced.purpose = Some(vec![0, 2])));
    }),
    // android-safetynet.
    made("android-safetynet: nonce of another registration", |base| {
        safetynet(base, |s| s.response.edit(|jws| jws.payload["nonce"] = json!("AAAA")));
    }),
    made("android-safetynet: profile does not match", |base| {
        safetynet(base, |s| s.response.edit(|jws| jws.payload["ctsProfileMatch"] = json!(false)));
    }),
    made("android-safetynet: an hour ago", |base| safetynet(base, |s| s.timestamp_ms -= 3_600_000)),
    made("android-safetynet: an hour ahead", |base| safetynet(base, |s| s.timestamp_ms += 3_600_000)),
    made("android-safetynet: ver empty", |base| safetynet(base, |s| s.statement.edit(|s| s.set("ver", "")))),
    made("android-safetynet: another common name", |base| {
        safetynet(base, |s| s.leaf.edit(|leaf| leaf.subject = Name::common("attest.evil.test")));
    }),
    made("android-safetynet: another host", |base| {
        safetynet(base, |s| {
            s.leaf.edit(|leaf| {
                let host = GeneralName::Dns("attest.evil.test".into());
                leaf.subject = Name::common("attest.evil.test");
                leaf.set_extension(ExtensionDraft::subject_alt_name(&[host]));
            });
        });
    }),
];
