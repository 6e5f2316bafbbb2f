//! Feature `tracing`: a span for each call, and one event for its verdict with code and specification step. Never a secret,
//! never a user's or a credential's name.

use core::future::Future;

use crate::ceremony::CeremonyKind;
use crate::error::Result;

/// Runs a call in its span and reports its verdict.
#[cfg(feature = "tracing")]
pub(super) async fn call<T>(ceremony: CeremonyKind, call: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
    use tracing::Instrument as _;
    let span = tracing::info_span!("passkeeper", ceremony = ceremony.as_str(), call);
    async move {
        let verdict = work.await;
        match &verdict {
            Ok(_) => tracing::info!(verdict = "accepted"),
            Err(error) => {
                let (code, kind, step) = (error.code(), error.kind().as_str(), error.spec_step());
                tracing::warn!(verdict = "refused", code, kind, step);
            }
        }
        verdict
    }
    .instrument(span)
    .await
}

#[cfg(not(feature = "tracing"))]
pub(super) async fn call<T>(_: CeremonyKind, _: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
    work.await
}
