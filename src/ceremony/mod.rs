//! The ceremonies: every step of §7.1 and §7.2, in the specification's order.
//!
//! Pure state machines: no I/O, no clock, no randomness. Starting one gives options for the browser and
//! a pending state for the server; the response consumes the state. The order is start, verify, the
//! caller's veto, commit; what verification proves is a value with no public constructor.
//!
//! | Steps | Where |
//! |---|---|
//! | 7.1/1, 7.2/1 options | [`RelyingParty::start_registration`], [`RelyingParty::start_authentication`], [`RelyingParty::start_assertion`] |
//! | 7.1/2, 7.2/2 client call | caller: the page calls the browser |
//! | 7.1/3, 7.1/4, 7.2/3, 7.2/4, 7.2/7 response | [`wire`](crate::wire): the types of the responses |
//! | 7.1/5 to 7.1/25, 7.1/27, 7.1/28 | [`PendingRegistration::verify`] |
//! | 7.1/19 backup state | caller: judges it from the result, before the commit |
//! | 7.1/26, 7.1/29 store | caller: insert-if-absent; [`Passkeys`](crate::Passkeys) does it |
//! | 7.2/5 to 7.2/24 | [`Pending::receive`], [`Received::verify`] |
//! | 7.2/25 continue or fail | caller: the type of the result |

mod authentication;
mod carried;
mod policy;
mod proof;
mod public_key;
mod recheck;
mod record;
mod registration;
mod relying_party;
mod state;
mod steps;
mod trust;
mod workflow;

pub use authentication::{
    Assertion, AuthenticationRequest, CounterVerdict, Pending, PendingAssertion, PendingAuthentication, Purpose, Received, RecordUpdate,
    SignIn, Subject, Verified, VerifiedAssertion, VerifiedAuthentication,
};
pub(crate) use carried::Carried;
pub use carried::SessionBinding;
pub use policy::{
    AttestationPolicy, AuthenticationPolicy, BackupEligibilityChange, BackupEligibilityPolicy, CounterPolicy, RegistrationPolicy,
    ReportedContradiction, UnknownBackupEligibility, UnknownUserVerification,
};
pub use proof::{Proof, ProofPolicy};
pub use public_key::{CosePublicKey, PreparedPublicKey};
pub use recheck::Recheck;
pub use record::{CredentialRecord, UseState};
pub use registration::{PendingRegistration, RegistrationRequest, VerifiedRegistration};
pub(crate) use relying_party::check_name;
pub use relying_party::{RelyingParty, RelyingPartyBuilder};
pub use state::CeremonyKind;
pub use workflow::{Workflow, WorkflowPolicy};
