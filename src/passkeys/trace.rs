//! Feature `tracing`: a span for each call, and one event for its verdict with code and specification step: a fault on the
//! relying party's side is an error, a refusal or veto a warning. Never a secret, never a user's or a credential's name.

use core::future::Future;

use crate::ceremony::CeremonyKind;
#[cfg(feature = "tracing")]
use crate::error::ErrorKind;
use crate::error::Result;

/// Runs a call in its span and reports its verdict.
#[cfg(feature = "tracing")]
pub(super) async fn call<T>(ceremony: Option<CeremonyKind>, call: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
    use tracing::Instrument as _;
    let span = tracing::info_span!("passkeeper", ceremony = ceremony.map(CeremonyKind::as_str), call);
    async move {
        let verdict = work.await;
        match &verdict {
            Ok(_) => tracing::info!(verdict = "accepted"),
            Err(error) => {
                let (code, kind, step) = (error.code(), error.kind().as_str(), error.spec_step());
                match error.kind() {
                    ErrorKind::Store | ErrorKind::Misuse => tracing::error!(verdict = "failed", code, kind, step),
                    _ => tracing::warn!(verdict = "refused", code, kind, step),
                }
            }
        }
        verdict
    }
    .instrument(span)
    .await
}

/// Runs the caller's veto in its span and reports its verdict; its reason is the caller's to tell.
#[cfg(feature = "tracing")]
pub(super) async fn veto<V>(
    ceremony: CeremonyKind,
    work: impl Future<Output = core::result::Result<(), V>>,
) -> core::result::Result<(), V> {
    use tracing::Instrument as _;
    let span = tracing::info_span!("passkeeper", ceremony = ceremony.as_str(), call = "veto");
    async move {
        let verdict = work.await;
        match &verdict {
            Ok(()) => tracing::info!(verdict = "accepted"),
            Err(_) => tracing::warn!(verdict = "vetoed"),
        }
        verdict
    }
    .instrument(span)
    .await
}

#[cfg(not(feature = "tracing"))]
pub(super) async fn veto<V>(_: CeremonyKind, work: impl Future<Output = core::result::Result<(), V>>) -> core::result::Result<(), V> {
    work.await
}

#[cfg(not(feature = "tracing"))]
pub(super) async fn call<T>(_: Option<CeremonyKind>, _: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
    work.await
}
