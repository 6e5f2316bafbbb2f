//! Import: many passkeys at once, all of them or none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use passkeeper::attestation::AttestationType;
use passkeeper::store::{CredentialStore as _, ImportMode, Inserted};
use passkeeper::types::{Algorithm, AlgorithmList, CredentialId, RecordId, Transport, UnixTime};
use passkeeper::{Clock as _, CosePublicKey, CredentialRecord, Entropy as _, ErrorCode, SystemEntropy};
use serde_json::{Map, Value};

use super::super::tenants::Uuid;
use super::errors::{Errors, Refusal};
use super::form::Form;
use super::{Call, Tenant};
use crate::App;

/// The longest User-Agent that is kept, in characters.
const MAX_USER_AGENT: usize = 256;

pub(super) async fn import(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<(), Refusal> {
    let call = Call::keyed(&app, &headers)?;
    let tenant = call.the_tenant()?;
    let mut form = Form::read(&body)?;
    let rows: Option<Vec<Map<String, Value>>> = form.required("credentials");
    let validate: Option<bool> = form.optional("validateDbConstraints");
    form.check()?;
    let (mut records, mut errors) = (Vec::new(), Errors::default());
    for (n, row) in rows.unwrap_or_default().into_iter().enumerate() {
        match record(&tenant, row, n, app.clock.now())? {
            Ok(record) => records.push(record),
            Err(of_row) => errors.extend(of_row),
        }
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    // What follows a caller may leave to chance: a row that does not fit is then a fault without a name.
    for (n, record) in records.iter().enumerate() {
        if tenant.people.by_handle(&record.user_handle).await?.is_none() {
            errors.add(format!("credentials[{n}].userId"), "invalid", "This user does not exist.");
        }
    }
    if errors.is_empty() {
        let answers = app.stores.credentials.import(&records, ImportMode::AllOrNothing).await?;
        let mut before = BTreeSet::new();
        for (n, (record, answer)) in records.iter().zip(answers).enumerate() {
            let again = !before.insert(&record.credential_id);
            match answer {
                Inserted::Yes => {}
                Inserted::AlreadyThere => {
                    // By which of its two IDs; the library tells only that.
                    let stored = app.stores.credentials.find(&record.scope, &record.credential_id);
                    let field = if again || stored.await?.is_some() { "credentialId" } else { "id" };
                    errors.add(format!("credentials[{n}].{field}"), "duplicate", "This passkey is there already.");
                }
                Inserted::LimitReached => errors.add(format!("credentials[{n}].userId"), "limit", "This user has too many passkeys."),
            }
        }
    }
    match (errors.is_empty(), validate) {
        (true, _) => Ok(()),
        (false, Some(true)) => Err(errors.into()),
        (false, _) => {
            tracing::error!("an import was refused: {}", errors.summary());
            Err(Refusal::Fault)
        }
    }
}

/// One row, with the product's defaults; or what is wrong with it.
fn record(tenant: &Tenant<'_>, row: Map<String, Value>, n: usize, now: UnixTime) -> Result<Result<CredentialRecord, Errors>, Refusal> {
    let mut row = Form::of(format!("credentials[{n}]."), row);
    let rp = tenant.passkeys.relying_party();

    let algorithm = row.required::<i64>("algorithm").and_then(|id| {
        let known = Algorithm::from_cose_id(id).filter(|algorithm| AlgorithmList::all_nine().contains(*algorithm));
        if known.is_none() {
            row.refuse("algorithm", "invalid", "This algorithm is not supported.");
        }
        known
    });
    let pem: Option<String> = row.required("publicKey");
    let public_key = algorithm.zip(pem).and_then(|(algorithm, pem)| {
        let key = CosePublicKey::from_pem(&pem, algorithm).and_then(|key| key.check(rp.crypto_provider()).map(|()| key));
        key.map_err(|error| row.refuse("publicKey", error.code(), error.error_code().meaning())).ok()
    });
    if row.required::<String>("relyingPartyId").is_some_and(|rp_id| rp_id != rp.id().as_str()) {
        row.refuse("relyingPartyId", "invalid", "This is not the tenant's relying party.");
    }
    let credential_id: Option<CredentialId> = row.required("credentialId");
    let user: Option<Uuid> = row.required("userId");
    let (name, display_name) = (row.required_name("name"), row.required_name("displayName"));

    let attestation_type = row.optional("attestationType").unwrap_or(AttestationType::None);
    if matches!(attestation_type, AttestationType::Compound | AttestationType::Ignored) {
        row.refuse("attestationType", "invalid", "There is no such type of attestation.");
    }
    let able: Option<bool> = row.optional("authenticatorSupportsUserVerification");
    let data: Option<BTreeMap<String, Value>> = row.optional("data");
    let discoverable: Option<bool> = row.optional("discoverable");
    let id: Option<Uuid> = row.optional("id");
    let (inserted, used) = (row.optional::<i64>("insertInstant"), row.optional::<i64>("lastUseInstant"));
    let sign_count: Option<u32> = row.optional("signCount");
    let transports: Option<Vec<Transport>> = row.optional("transports");
    let user_agent: Option<String> = row.optional("userAgent");

    let (Some(public_key), Some(credential_id), Some(user), Some(name), Some(display_name)) =
        (public_key, credential_id, user, name, display_name)
    else {
        return Ok(Err(row.into_errors()));
    };
    let errors = row.into_errors();
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let (scope, rp_id) = (rp.scope().clone(), rp.id().clone());
    let mut record = CredentialRecord::imported(scope, rp_id, user.handle()?, credential_id, public_key, moment(inserted, now));
    record.id = match id {
        Some(id) => id.as_str().parse()?,
        None => random_id()?,
    };
    record.attestation_type = attestation_type;
    record.supports_user_verification = Some(able.unwrap_or(false));
    record.data = data.unwrap_or_default();
    record.discoverable = Some(discoverable.unwrap_or(false));
    record.last_used_at = Some(moment(used, now));
    (record.name, record.display_name) = (name, display_name);
    record.usage.sign_count = sign_count.unwrap_or(0);
    record.transports = transports.unwrap_or_default();
    record.user_agent = user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect());
    Ok(Ok(record))
}

/// Milliseconds since 1970.
fn moment(millis: Option<i64>, now: UnixTime) -> UnixTime {
    millis.map_or(now, |millis| UnixTime::from_secs(millis.div_euclid(1000)))
}

/// A random UUID (version 4).
fn random_id() -> passkeeper::Result<RecordId> {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes).map_err(|_| ErrorCode::RandomnessUnavailable)?;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    Ok(RecordId::new(bytes))
}
