//! `Passkey` and `SecurityKey` of webauthn-rs.

use super::Importer;
use super::members::{Member, Object};
use crate::ceremony::{CosePublicKey, CredentialRecord};
use crate::error::{Error, ErrorCode, Result, unshown};
use crate::parse::{CoseKey, KeyMaterial};
use crate::types::{Algorithm, CredentialId, Curve};

pub(super) fn credential_id(row: &Object<'_>) -> Result<CredentialId> {
    CredentialId::new(row.at("cred").object()?.at("cred_id").bytes_or_numbers()?)
}

pub(super) fn record(importer: &Importer, row: &Object<'_>, id: CredentialId) -> Result<CredentialRecord> {
    let credential = row.at("cred").object()?;
    let key = public_key(&credential.at("cred").object()?)?;

    let mut record = importer.draft(row, id, key, None)?;
    record.usage.sign_count = credential.at("counter").counter()?;
    record.usage.backup_eligible = credential.at("backup_eligible").given(Member::boolean)?;
    record.usage.backup_state = credential.at("backup_state").given(Member::boolean)?.unwrap_or(false);
    // Version 0.3 called it `verified`.
    let verified = credential.any(&["user_verified", "verified"]).boolean()?;
    record.usage.uv_initialized = Some(verified);
    let asked = credential.at("registration_policy").given(Member::text)?.is_some_and(|policy| policy != "discouraged");
    record.supports_user_verification = (verified || asked).then_some(verified);
    record.transports = credential.at("transports").given(Member::transports)?.unwrap_or_default();
    record.discoverable = discoverable(&credential)?;
    Ok(record)
}

/// What the client said in `credProps`, if it was asked: `{"Unsigned": {"rk": …}}`, otherwise a text.
fn discoverable(credential: &Object<'_>) -> Result<Option<bool>> {
    let Some(extensions) = credential.at("extensions").given(Member::object)? else { return Ok(None) };
    let properties = extensions.at("cred_props");
    if !properties.value().is_ok_and(serde_json::Value::is_object) {
        return Ok(None);
    }
    let Some(answer) = properties.object()?.any(&["Unsigned", "Signed"]).given(Member::object)? else { return Ok(None) };
    answer.at("rk").given(Member::boolean)
}

fn public_key(key: &Object<'_>) -> Result<CosePublicKey> {
    let algorithm = algorithm(&key.at("type_"))?;
    let kinds = key.at("key").object()?;
    if let Some(rsa) = kinds.at("RSA").given(Member::object)? {
        let (n, e) = (rsa.at("n").bytes_or_numbers()?, rsa.at("e").bytes_or_numbers()?);
        return CosePublicKey::from_parts(&CoseKey { algorithm, material: KeyMaterial::Rsa { n: &n, e: &e } });
    }
    if let Some(okp) = kinds.at("EC_OKP").given(Member::object)? {
        if !okp.at("curve").text()?.eq_ignore_ascii_case("ed25519") {
            return Err(Error::new(ErrorCode::PublicKeyCurveMismatch).expected("ED25519").found(unshown(okp.at("curve").text()?)));
        }
        let x = okp.at("x").bytes_or_numbers()?;
        let wrong = |_| Error::new(ErrorCode::PublicKeyCoordinateLength).subject("x").expected(32).found(x.len());
        let x = x.as_slice().try_into().map_err(wrong)?;
        return CosePublicKey::from_parts(&CoseKey { algorithm, material: KeyMaterial::Ed25519 { x } });
    }
    let ec = kinds.at("EC_EC2").object()?;
    let curve = match ec.at("curve").text()? {
        "SECP256R1" => Curve::P256,
        "SECP384R1" => Curve::P384,
        "SECP521R1" => Curve::P521,
        other => return Err(Error::new(ErrorCode::PublicKeyCurveMismatch).found(unshown(other))),
    };
    let (x, y) = (ec.at("x").bytes_or_numbers()?, ec.at("y").bytes_or_numbers()?);
    CosePublicKey::from_parts(&CoseKey { algorithm, material: KeyMaterial::Ec { curve, x: &x, y: &y } })
}

/// Names as in the COSE registry, in capitals.
fn algorithm(member: &Member<'_>) -> Result<Algorithm> {
    let name = member.text()?;
    let found = Algorithm::ALL.iter().copied().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| Error::new(ErrorCode::PublicKeyAlgorithmUnsupported).found(unshown(name)))
}
