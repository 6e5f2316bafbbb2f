use super::*;
use crate::testing::der::{octet_string, sequence};
use crate::testing::keys::tests::verifies;
use crate::testing::read_der::{elements, extension, signed};
use crate::testing::{
    AttestedDraft, ExtensionDraft, KeyAlgorithm, KeyDescription, PubArea, RegistrationDraft, VirtualAuthenticator, flags, tpm_device,
};
use KeyAlgorithm::{EdDsa, Es256, Es384, Es512, Rs1, Rs256};
use alloc::string::ToString;
use alloc::vec;
use serde_json::Value;

const SHA256: HashAlgorithm = HashAlgorithm::Sha256;

fn ca() -> CertificateAuthority {
    CertificateAuthority::with_levels(7, &[Es384, Es256])
}

fn registration(algorithm: KeyAlgorithm, kind: impl Into<AttestationKind>) -> RegistrationDraft {
    let key = KeyPair::from_seed(algorithm, 1);
    let mut auth_data = AuthDataDraft::new("example.com", flags::UP, 0);
    auth_data.set_attested(Some(AttestedDraft::new([7; 16], vec![1, 2, 3], key.cose_key())));
    let client_data = ClientDataDraft::new("webauthn.create", b"challenge", "https://example.com");
    let mut draft = RegistrationDraft::new(key, client_data, auth_data);
    draft.attestation = kind.into();
    draft
}

fn every_kind() -> Vec<AttestationKind> {
    let ca = ca();
    vec![
        AttestationKind::None,
        AttestationKind::PackedSelf,
        PackedAttestation::new(&ca).into(),
        TpmAttestation::new(&ca).into(),
        AndroidKeyAttestation::new(&ca).into(),
        SafetyNetAttestation::new(&ca, 0).into(),
        FidoU2fAttestation::new(&ca).into(),
        AppleAttestation::new(&ca).into(),
    ]
}

fn bytes(statement: &Cbor, name: &str) -> Vec<u8> {
    match statement.get(name) {
        Some(Cbor::Bytes(bytes)) => bytes.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

fn x5c(statement: &Cbor) -> Vec<Vec<u8>> {
    let Some(Cbor::Array(chain)) = statement.get("x5c") else { panic!("no x5c") };
    chain.iter().map(|certificate| Cbor::map([("", certificate.clone())])).map(|wrapped| bytes(&wrapped, "")).collect()
}

fn client_data_hash(draft: &RegistrationDraft) -> Vec<u8> {
    SHA256.digest(&draft.client_data.to_bytes())
}

/// The public key of a certificate.
fn spki(certificate: &[u8]) -> Vec<u8> {
    signed(certificate).tbs.child(6).whole.to_vec()
}

#[test]
fn every_kind_attests_every_key() {
    for &algorithm in KeyAlgorithm::ALL.iter().chain(&[Rs1]) {
        let all = AttestationKind::Compound(every_kind());
        let object = registration(algorithm, all).attestation_object_bytes();
        ciborium::from_reader::<ciborium::Value, _>(object.as_slice()).unwrap();
    }
}

#[test]
fn objects_name_their_format_and_are_deterministic() {
    for kind in every_kind() {
        let draft = registration(Es256, kind.clone());
        assert_eq!(draft.attestation_map().get("fmt"), Some(&kind.format().into()));
        assert_eq!(draft.to_json(), registration(Es256, kind.clone()).to_json());

        let options = r#"{
            "rp": { "id": "example.com", "name": "Example" },
            "user": { "id": "AA", "name": "ann", "displayName": "Ann" },
            "challenge": "AAECAwQFBgcICQoLDA0ODw",
            "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }]
        }"#;
        let mut authenticator = VirtualAuthenticator::new(1).with_attestation(kind.clone());
        let draft = authenticator.create(options, "https://example.com").unwrap();
        assert_eq!(draft.attestation_map().get("fmt"), Some(&kind.format().into()));
    }
}

#[test]
fn packed() {
    let mut draft = registration(Rs256, PackedAttestation::new(&ca()));
    draft.auth_data.set_flag(flags::UP, false);
    let statement = draft.statement();
    let key = ca().leaf_key(Es256);
    assert!(verifies(&key.cose_key(), &draft.signed_bytes(), &bytes(&statement, "sig")));
    assert_eq!(statement.get("alg"), Some(&Cbor::Int(-7)));
    let chain = x5c(&statement);
    assert_eq!((chain.len(), &chain[1]), (2, &ca().intermediate_der(0)));
    assert_eq!(spki(&chain[0]), key.spki_der());
    assert_eq!(extension(&chain[0], oid::FIDO_AAGUID), Some((false, octet_string(&[7; 16]).as_slice())));

    let mut packed = PackedAttestation::new(&ca());
    packed.key = ca().leaf_key(EdDsa);
    packed.leaf.edit(|leaf| leaf.remove_extension(oid::FIDO_AAGUID));
    packed.leaf.edit(|leaf| leaf.subject.set(oid::ORGANIZATIONAL_UNIT, "Other"));
    packed.x5c.edit(|chain| chain.reverse());
    packed.x5c.edit(|chain| chain.push(vec![0]));
    packed.statement.edit(|statement| statement.set("alg", -257));
    draft.attestation = packed.into();
    let statement = draft.statement();
    assert!(verifies(&ca().leaf_key(EdDsa).cose_key(), &draft.signed_bytes(), &bytes(&statement, "sig")));
    assert_eq!(statement.get("alg"), Some(&Cbor::Int(-257)));
    let chain = x5c(&statement);
    assert_eq!((chain.len(), extension(&chain[1], oid::FIDO_AAGUID)), (3, None));
    assert_eq!(chain[2], [0]);

    draft.att_stmt_signature = Some(vec![1]);
    assert_eq!(bytes(&draft.statement(), "sig"), [1]);
}

#[test]
fn tpm_describes_and_certifies_the_key() {
    for (algorithm, aik) in [(Es256, Rs1), (Es384, Rs256), (Es512, Es256), (Rs256, Es384)] {
        let mut tpm = TpmAttestation::new(&ca());
        tpm.key = ca().leaf_key(aik);
        let draft = registration(algorithm, tpm);
        let statement = draft.statement();
        let (pub_area, cert_info) = (bytes(&statement, "pubArea"), bytes(&statement, "certInfo"));
        assert!(verifies(&ca().leaf_key(aik).cose_key(), &cert_info, &bytes(&statement, "sig")));
        assert_eq!((statement.get("ver"), statement.get("alg")), (Some(&"2.0".into()), Some(&aik.cose_id().into())));

        let extra_data = aik.hash().digest(&draft.signed_bytes());
        assert_eq!(cert_info[..6], *b"\xff\x54\x43\x47\x80\x17");
        assert_eq!(cert_info[44..44 + extra_data.len()], extra_data);
        let name = [&[0, 0x0b], SHA256.digest(&pub_area).as_slice()].concat();
        assert_eq!(cert_info[cert_info.len() - 70..][..34], name);

        let leaf = &x5c(&statement)[0];
        assert_eq!(signed(leaf).tbs.child(5).whole, [0x30, 0]);
        assert_eq!(extension(leaf, oid::EXTENDED_KEY_USAGE).unwrap().1, b"\x30\x07\x06\x05\x67\x81\x05\x08\x03");
        assert!(extension(leaf, oid::SUBJECT_ALT_NAME).unwrap().0);
    }
}

#[test]
fn tpm_areas_have_the_layout_of_the_tcg() {
    let key = KeyPair::from_seed(Rs256, 1);
    let head = b"\x00\x01\x00\x0b\x00\x04\x00\x72\x00\x00\x00\x10\x00\x10\x08\x00\x00\x00\x00\x00\x01\x00";
    assert_eq!(PubArea::new(&key).to_bytes(), [head.as_slice(), &key.rsa_modulus()].concat());

    let key = KeyPair::from_seed(Es512, 1);
    let area = PubArea::new(&key).to_bytes();
    assert_eq!(area[..20], *b"\x00\x23\x00\x0b\x00\x04\x00\x72\x00\x00\x00\x10\x00\x10\x00\x05\x00\x10\x00\x42");
    assert_eq!(area.len(), 18 + 2 * 68);
}

#[test]
fn tpm_changes_are_certified() {
    let mut tpm = TpmAttestation::new(&ca());
    tpm.pub_area.edit(|area| (area.name_alg, area.trailing) = (0x0004, vec![0]));
    tpm.cert_info.edit(|info| info.magic = 1);
    tpm.device = tpm_device("id:FFFFF1D0", "m", "v").joined();
    let statement = registration(Es256, tpm).statement();
    let (pub_area, cert_info) = (bytes(&statement, "pubArea"), bytes(&statement, "certInfo"));
    assert_eq!((pub_area.last(), &cert_info[..4]), (Some(&0), [0, 0, 0, 1].as_slice()));
    let name = [&[0, 22, 0, 4], HashAlgorithm::Sha1.digest(&pub_area).as_slice()].concat();
    assert!(cert_info.windows(24).any(|window| window == name));
    assert!(verifies(&ca().leaf_key(Rs256).cose_key(), &cert_info, &bytes(&statement, "sig")));
    let leaf = &x5c(&statement)[0];
    let name = elements(extension(leaf, oid::SUBJECT_ALT_NAME).unwrap().1)[0].child(0).child(0);
    assert_eq!((name.children().len(), name.child(0).children().len()), (1, 3));
}

#[test]
fn android_key() {
    let draft = registration(Es256, AndroidKeyAttestation::new(&ca()));
    let statement = draft.statement();
    assert!(verifies(&draft.signer().cose_key(), &draft.signed_bytes(), &bytes(&statement, "sig")));
    let leaf = &x5c(&statement)[0];
    assert_eq!(spki(leaf), draft.signer().spki_der());
    let description = elements(extension(leaf, oid::ANDROID_KEY_DESCRIPTION).unwrap().1)[0];
    let tags: Vec<_> = description.children().iter().map(|field| field.tag).collect();
    assert_eq!(tags, [2, 10, 2, 10, 4, 4, 0x30, 0x30]);
    assert_eq!(description.child(4).content, client_data_hash(&draft));
    assert_eq!(description.child(7).content, b"\xa1\x05\x31\x03\x02\x01\x02\xbf\x83\x77\x02\x05\x00\xbf\x85\x3e\x03\x02\x01\x00");
}

#[test]
fn key_descriptions_can_be_broken() {
    let mut description = KeyDescription::new(vec![1]);
    description.levels_as_integer = true;
    description.enforce_in_software();
    description.software_enforced.all_applications = true;
    description.software_enforced.purpose = Some(vec![3, 2]);
    description.software_enforced.others.clear();
    let der = description.to_der();
    let fields = elements(&der)[0].children();
    assert_eq!((fields[1].tag, fields[3].tag, fields[4].content), (2, 2, [1].as_slice()));
    assert_eq!(fields[6].content, b"\xa1\x08\x31\x06\x02\x01\x02\x02\x01\x03\xbf\x84\x58\x02\x05\x00\xbf\x85\x3e\x03\x02\x01\x00");
    assert_eq!(fields[7].content, b"\xbf\x83\x77\x02\x05\x00");
    description.raw = Some(vec![9]);
    assert_eq!(description.to_der(), [9]);
}

#[test]
fn safetynet() {
    let mut safetynet = SafetyNetAttestation::new(&ca(), 1_800_000_000_000);
    safetynet.response.edit(|jws| jws.payload["ctsProfileMatch"] = false.into());
    let draft = registration(Es256, safetynet);
    let response = bytes(&draft.statement(), "response");
    let response = core::str::from_utf8(&response).unwrap();
    let (signed, signature) = response.rsplit_once('.').unwrap();
    let decode = |part| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()
    };
    assert!(verifies(&ca().leaf_key(Rs256).cose_key(), signed.as_bytes(), &decode(signature)));
    let (header, payload) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(header)).unwrap();
    assert_eq!((header["alg"].as_str(), header["x5c"].as_array().unwrap().len()), (Some("RS256"), 2));
    let payload: Value = serde_json::from_slice(&decode(payload)).unwrap();
    assert_eq!(payload["nonce"], crate::testing::jws::base64(&SHA256.digest(&draft.signed_bytes())));
    assert_eq!((payload["timestampMs"].to_string(), &payload["ctsProfileMatch"]), ("1800000000000".into(), &false.into()));
}

#[test]
fn fido_u2f() {
    let draft = registration(Es256, FidoU2fAttestation::new(&ca()));
    let statement = draft.statement();
    assert_eq!(x5c(&statement).len(), 1);
    let (rp_id_hash, hash) = (draft.auth_data.rp_id_hash.clone(), client_data_hash(&draft));
    let point = draft.signer().spki_der()[26..].to_vec();
    assert_eq!((point[0], point.len()), (4, 65));
    let data = [vec![0], rp_id_hash, hash, vec![1, 2, 3], point].concat();
    assert!(verifies(&ca().leaf_key(Es256).cose_key(), &data, &bytes(&statement, "sig")));

    let mut fido_u2f = FidoU2fAttestation::new(&ca());
    fido_u2f.signed_data.edit(|data| data[0] = 1);
    fido_u2f.x5c.edit(|chain| chain.push(chain[0].clone()));
    let statement = registration(Es256, fido_u2f).statement();
    let data = [&[1], &data[1..]].concat();
    assert!(verifies(&ca().leaf_key(Es256).cose_key(), &data, &bytes(&statement, "sig")));
    assert_eq!(x5c(&statement).len(), 2);
}

#[test]
fn apple() {
    let draft = registration(Es256, AppleAttestation::new(&CertificateAuthority::with_levels(1, &[Es384, Es384])));
    let statement = draft.statement();
    assert_eq!(statement.get("sig"), None);
    let leaf = &x5c(&statement)[0];
    assert_eq!(spki(leaf), draft.signer().spki_der());
    let nonce = ExtensionDraft::apple_nonce(&SHA256.digest(&draft.signed_bytes()));
    assert_eq!(extension(leaf, oid::APPLE_NONCE), Some((false, nonce.value.as_slice())));
    assert_eq!(signed(leaf).algorithm.whole, sequence(&[crate::testing::der::oid("1.2.840.10045.4.3.2")]));

    let mut other = draft.clone();
    other.set_signer(KeyPair::from_seed(Es256, 2));
    assert_ne!(spki(&x5c(&other.statement())[0]), spki(leaf));
}

#[test]
fn compound_statements_are_about_the_same_ceremony() {
    let kinds = vec![PackedAttestation::new(&ca()).into(), AppleAttestation::new(&ca()).into()];
    let draft = registration(Es256, AttestationKind::Compound(kinds.clone()));
    let Cbor::Array(statements) = draft.statement() else { panic!("not an array") };
    for (kind, statement) in kinds.into_iter().zip(statements) {
        let alone = registration(Es256, kind);
        let expected = Cbor::map([("fmt", alone.attestation.format().into()), ("attStmt", alone.statement())]);
        assert_eq!(statement, expected);
    }
}
