//! Certificates of a packed attestation: the leaf as §8.2.1 wants it, and the path above.

use passkeeper::testing::{CertificateAuthority, ExtensionDraft, HashAlgorithm, PackedAttestation, oid};

use super::{Case, Change};
use crate::base::{Base, authority};

const fn made(name: &'static str, fix: fn(&mut Base)) -> Case {
    Case::new(name, Change::Nothing).with(fix).only_registering()
}

fn packed(base: &mut Base, change: impl FnOnce(&mut PackedAttestation)) {
    base.packed(change);
}

/// Under an authority with something wrong.
fn under(base: &mut Base, change: impl FnOnce(&mut CertificateAuthority)) {
    let mut ca = authority();
    change(&mut ca);
    base.packed(|packed| packed.ca = ca);
}

/// The leaf, with something wrong.
macro_rules! leaf {
    ($name:literal, $change:expr) => {
        made($name, |base| packed(base, |packed| packed.leaf.edit($change)))
    };
}

/// The list of certificates, with something wrong.
macro_rules! x5c {
    ($name:literal, $change:expr) => {
        made($name, |base| packed(base, |packed| packed.x5c.edit($change)))
    };
}

const PAST: i64 = 1_600_000_000;
const FUTURE: i64 = 2_400_000_000;

pub(super) const CASES: &[Case] = &[
    leaf!("leaf of version 1", |leaf| {
        leaf.version = 1;
        leaf.extensions.clear();
    }),
    leaf!("leaf a CA", |leaf| leaf.set_extension(ExtensionDraft::basic_constraints(true, None))),
    leaf!("leaf without basicConstraints", |leaf| leaf.remove_extension(oid::BASIC_CONSTRAINTS)),
    leaf!("leaf without country", |leaf| leaf.subject.remove(oid::COUNTRY)),
    leaf!("leaf with a country of three letters", |leaf| leaf.subject.set(oid::COUNTRY, "AAA")),
    leaf!("leaf with a country in small letters", |leaf| leaf.subject.set(oid::COUNTRY, "aa")),
    leaf!("leaf without organisation", |leaf| leaf.subject.remove(oid::ORGANIZATION)),
    leaf!("leaf without unit", |leaf| leaf.subject.remove(oid::ORGANIZATIONAL_UNIT)),
    leaf!("leaf of another unit", |leaf| leaf.subject.set(oid::ORGANIZATIONAL_UNIT, "Authenticator attestation")),
    leaf!("leaf without common name", |leaf| leaf.subject.remove(oid::COMMON_NAME)),
    leaf!("leaf of another AAGUID", |leaf| leaf.set_extension(ExtensionDraft::aaguid(&[7; 16]))),
    leaf!("leaf with a short AAGUID", |leaf| leaf.set_extension(ExtensionDraft::aaguid(&[7; 8]))),
    leaf!("leaf without AAGUID", |leaf| leaf.remove_extension(oid::FIDO_AAGUID)),
    leaf!("leaf with a critical AAGUID", |leaf| leaf.extension_mut(oid::FIDO_AAGUID).unwrap().critical = true),
    leaf!("leaf with an unknown extension", |leaf| leaf.extensions.push(ExtensionDraft::unknown(false))),
    leaf!("leaf with an unknown critical extension", |leaf| leaf.extensions.push(ExtensionDraft::unknown(true))),
    leaf!("leaf with an extension twice", |leaf| leaf.extensions.extend([ExtensionDraft::unknown(false), ExtensionDraft::unknown(false)])),
    leaf!("leaf without extensions but AAGUID and basicConstraints", |leaf| {
        leaf.extensions.retain(|extension| [oid::FIDO_AAGUID, oid::BASIC_CONSTRAINTS].contains(&extension.oid.as_str()));
    }),
    leaf!("leaf not for signatures", |leaf| leaf.set_extension(ExtensionDraft::key_usage(&[4]))),
    leaf!("leaf expired", |leaf| leaf.not_after = PAST),
    leaf!("leaf not yet valid", |leaf| leaf.not_before = FUTURE),
    leaf!("leaf signed with SHA-1", |leaf| leaf.hash = Some(HashAlgorithm::Sha1)),
    leaf!("leaf signed with a bit flipped", |leaf| {
        let mut signature = authority().issuing().key.sign(&leaf.tbs_der(&authority().issuing().key));
        *signature.last_mut().unwrap() ^= 1;
        leaf.signature = Some(signature);
    }),
    leaf!("leaf with a byte behind", |leaf| leaf.trailing = vec![0]),
    leaf!("leaf with a negative serial number", |leaf| leaf.serial = vec![0x80]),
    leaf!("leaf of another issuer's name", |leaf| leaf.issuer = passkeeper::testing::Name::common("Somebody")),
    x5c!("path without the intermediate", |chain| chain.truncate(1)),
    x5c!("path in the wrong order", |chain| chain.reverse()),
    x5c!("path with the root", |chain| chain.push(authority().root_der())),
    x5c!("path with the intermediate twice", |chain| chain.push(chain[1].clone())),
    x5c!("path with the leaf twice", |chain| chain.insert(0, chain[0].clone())),
    x5c!("path with a certificate of somebody else at the end", |chain| chain.push(CertificateAuthority::new(99).root_der())),
    x5c!("path with a certificate of somebody else between", |chain| chain.insert(1, CertificateAuthority::new(99).root_der())),
    made("path of an impostor", |base| base.packed(|packed| packed.ca = authority().impostor())),
    made("path of an impostor, with the impostor's root", |base| {
        base.packed(|packed| {
            packed.ca = authority().impostor();
            packed.x5c.edit(|chain| chain.push(authority().impostor().root_der()));
        });
    }),
    made("path of an impostor, with the true root", |base| {
        base.packed(|packed| {
            packed.ca = authority().impostor();
            packed.x5c.edit(|chain| chain.push(authority().root_der()));
        });
    }),
    made("path of somebody unknown", |base| base.packed(|packed| packed.ca = CertificateAuthority::new(99))),
    made("path of somebody unknown, with his root", |base| {
        base.packed(|packed| {
            packed.ca = CertificateAuthority::new(99);
            packed.x5c.edit(|chain| chain.push(CertificateAuthority::new(99).root_der()));
        });
    }),
    made("intermediate no CA", |base| {
        under(base, |ca| ca.intermediates[0].certificate.set_extension(ExtensionDraft::basic_constraints(false, None)));
    }),
    made("intermediate without basicConstraints", |base| {
        under(base, |ca| ca.intermediates[0].certificate.remove_extension(oid::BASIC_CONSTRAINTS));
    }),
    made("intermediate not for certificates", |base| {
        under(base, |ca| ca.intermediates[0].certificate.set_extension(ExtensionDraft::key_usage(&[0])));
    }),
    made("intermediate expired", |base| under(base, |ca| ca.intermediates[0].certificate.not_after = PAST)),
    made("intermediate not yet valid", |base| under(base, |ca| ca.intermediates[0].certificate.not_before = FUTURE)),
    made("intermediate with an unknown critical extension", |base| {
        under(base, |ca| ca.intermediates[0].certificate.extensions.push(ExtensionDraft::unknown(true)));
    }),
    made("intermediate of version 1", |base| {
        under(base, |ca| {
            ca.intermediates[0].certificate.version = 1;
            ca.intermediates[0].certificate.extensions.clear();
        });
    }),
    made("path longer than an intermediate allows", |base| {
        use passkeeper::testing::KeyAlgorithm::Es256;
        let mut ca = authority();
        let deeper = CertificateAuthority::with_levels(7, &[passkeeper::testing::KeyAlgorithm::Es384, Es256, Es256]);
        ca.intermediates = deeper.intermediates;
        ca.intermediates[0].certificate.set_extension(ExtensionDraft::basic_constraints(true, Some(0)));
        base.packed(|packed| packed.ca = ca);
    }),
];
