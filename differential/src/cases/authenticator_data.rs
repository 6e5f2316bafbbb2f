//! Authenticator data: flags, counter, what is attested, extensions.

use passkeeper::testing::{AttestedDraft, AuthDataDraft, Cbor, CounterMode, KeyAlgorithm, KeyPair, flags};

use super::{Case, assertion, auth_data as case, record, registration};
use crate::base::Base;

fn extension(draft: &mut AuthDataDraft, encoded: &[u8]) {
    draft.set_extensions(Some(Cbor::Raw(encoded.to_vec())));
}

fn attested(draft: &mut AuthDataDraft) -> &mut AttestedDraft {
    draft.attested.as_mut().unwrap()
}

fn required(base: &mut Base) {
    base.require_user_verification = true;
    base.user_verified = true;
}

fn counting(base: &mut Base) {
    base.counter = CounterMode::Counting;
}

pub(super) const CASES: &[Case] = &[
    case("RP ID hash of another site", |d, _| d.set_rp_id("evil.test")),
    case("RP ID hash of a subdomain", |d, _| d.set_rp_id("www.example.com")),
    case("RP ID hash of the parent", |d, _| d.set_rp_id("com")),
    case("RP ID hash of the origin", |d, _| d.set_rp_id("https://example.com")),
    case("RP ID hash with one bit flipped", |d, chance| chance.flip(&mut d.rp_id_hash)),
    case("user not present", |d, _| d.set_flag(flags::UP, false)),
    case("user not present, but verified", |d, _| {
        d.set_flag(flags::UP, false);
        d.set_flag(flags::UV, true);
    }),
    case("user not verified where required", |d, _| d.set_flag(flags::UV, false)).with(required),
    case("user not verified where preferred", |d, _| d.set_flag(flags::UV, false)).with(|base| base.require_user_verification = false),
    case("backed up, and not eligible", |d, _| {
        d.set_flag(flags::BE, false);
        d.set_flag(flags::BS, true);
    }),
    case("reserved flag 1", |d, _| d.set_flag(flags::RFU1, true)),
    case("reserved flag 5", |d, _| d.set_flag(flags::RFU2, true)),
    case("all flags clear", |d, _| d.flags = 0),
    case("extension flag without extensions", |d, _| d.set_flag(flags::ED, true)),
    case("extensions without the flag", |d, _| d.extensions = Some(Cbor::map([("x", true.into())]))),
    case("extensions", |d, _| d.set_extensions(Some(Cbor::map([("credProtect", 2.into()), ("hmac-secret", true.into())])))),
    case("no extensions in a map", |d, _| extension(d, b"\xa0")),
    case("extensions an array", |d, _| extension(d, b"\x81\x01")),
    case("extensions a number", |d, _| extension(d, b"\x01")),
    case("extensions null", |d, _| extension(d, b"\xf6")),
    case("an extension named by a number", |d, _| extension(d, b"\xa1\x01\xf5")),
    case("an extension twice", |d, _| extension(d, b"\xa2\x61x\xf5\x61x\xf4")),
    case("extensions of indefinite length", |d, _| extension(d, b"\xbf\x61x\xf5\xff")),
    case("an extension of indefinite length", |d, _| extension(d, b"\xa1\x61x\x5f\x41\x01\xff")),
    case("extensions in another order", |d, _| extension(d, b"\xa2\x62yy\xf5\x61x\xf5")),
    case("an extension with a long length", |d, _| extension(d, b"\xa1\x78\x01x\xf5")),
    case("an extension with a long number", |d, _| extension(d, b"\xa1\x61x\x19\x00\x01")),
    case("an extension with a tag", |d, _| extension(d, b"\xa1\x61x\xc1\x01")),
    case("an extension with a fraction", |d, _| extension(d, b"\xa1\x61x\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00")),
    case("an extension undefined", |d, _| extension(d, b"\xa1\x61x\xf7")),
    case("an extension with a simple value", |d, _| extension(d, b"\xa1\x61x\xe0")),
    case("an extension of eight levels", |d, _| extension(d, b"\xa1\x61x\x81\x81\x81\x81\x81\x81\x81\x01")),
    case("an extension with text that is no UTF-8", |d, _| extension(d, b"\xa1\x61x\x61\xff")),
    case("an extension cut", |d, _| extension(d, b"\xa1\x61x\x42\x01")),
    case("extensions behind extensions", |d, _| extension(d, b"\xa1\x61x\xf5\xa1\x61y\xf5")),
    case("a byte behind", |d, _| d.trailing = vec![0]),
    case("a map behind", |d, _| d.trailing = vec![0xa0]),
    case("a hundred bytes behind", |d, chance| d.trailing = chance.bytes(100)),
    case("no authenticator data", |d, _| d.raw = Some(Vec::new())),
    case("36 bytes of authenticator data", |d, _| d.raw = Some(d.to_bytes()[..36].to_vec())),
    registration("authenticator data cut before the key", |d, chance| {
        let mut bytes = d.auth_data.to_bytes();
        bytes.truncate(37 + chance.below(34));
        d.auth_data.raw = Some(bytes);
    }),
    // At registration.
    registration("nothing attested", |d, _| d.auth_data.set_attested(None)),
    registration("attested, without the flag", |d, _| d.auth_data.set_flag(flags::AT, false)),
    registration("the flag, and nothing attested", |d, _| d.auth_data.attested = None),
    registration("AAGUID zero", |d, _| attested(&mut d.auth_data).aaguid = vec![0; 16]).with(Base::packed_self),
    registration("another AAGUID", |d, chance| attested(&mut d.auth_data).aaguid = chance.bytes(16)).with(Base::packed_self),
    registration("AAGUID of 15 bytes", |d, _| attested(&mut d.auth_data).aaguid.truncate(15)),
    registration("credential ID empty", |d, _| attested(&mut d.auth_data).credential_id.clear()),
    registration("credential ID of 1024 bytes", |d, chance| attested(&mut d.auth_data).credential_id = chance.bytes(1024)),
    registration("credential ID said to be longer", |d, _| {
        let attested = attested(&mut d.auth_data);
        attested.credential_id_length = Some(attested.credential_id.len() as u16 + 1);
    }),
    registration("credential ID said to be shorter", |d, _| {
        let attested = attested(&mut d.auth_data);
        attested.credential_id_length = Some(attested.credential_id.len() as u16 - 1);
    }),
    registration("credential ID said to go past the end", |d, _| attested(&mut d.auth_data).credential_id_length = Some(0xffff)),
    registration("counter 2^32 - 1", |d, _| d.auth_data.sign_count = u32::MAX),
    // At a sign-in.
    assertion("attested at a sign-in", |d, _| {
        let key = KeyPair::from_seed(KeyAlgorithm::Es256, 1).cose_key();
        d.auth_data.set_attested(Some(AttestedDraft::new([0; 16], d.credential_id.clone(), key)));
    }),
    assertion("the flag of what is attested, at a sign-in", |d, _| d.auth_data.set_flag(flags::AT, true)),
    assertion("counter equal", |d, _| d.auth_data.sign_count = 1).with(counting),
    assertion("counter zero after counting", |d, _| d.auth_data.sign_count = 0).with(counting),
    record("counter lower", |r| r.usage.sign_count = 1_000).with(counting),
    record("counter behind 2^31", |r| r.usage.sign_count = 0x8000_0000).with(counting),
    assertion("counter far ahead", |d, _| d.auth_data.sign_count = u32::MAX),
    record("eligible since", |r| r.usage.backup_eligible = Some(false)).with(|base| base.backup = passkeeper::testing::Backup::BackedUp),
    record("no longer eligible", |r| r.usage.backup_eligible = Some(true))
        .with(|base| base.backup = passkeeper::testing::Backup::NotEligible),
];
