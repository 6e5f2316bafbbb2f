//! The JSON that browsers speak: options out, responses in.
//!
//! Exactly the forms of `PublicKeyCredential.parseCreationOptionsFromJSON()`,
//! `parseRequestOptionsFromJSON()` and `toJSON()`; binary members are base64url.

mod authentication_response;
mod envelope;
pub(crate) mod extensions;
pub(crate) mod json;
mod options;
mod registration_response;
mod signals;

pub use authentication_response::AuthenticationResponse;
pub use extensions::{
    AuthenticationExtensions, ClientExtensionResults, CredProtect, CredProtectPolicy, LargeBlobInput, LargeBlobSupport, PrfInputs,
    PrfResults, PrfValues, RegistrationExtensions,
};
pub use options::{
    AuthenticatorSelection, CreationOptions, CredentialDescriptor, CredentialParameters, RelyingPartyEntity, RequestOptions, UserEntity,
};
pub use registration_response::RegistrationResponse;
pub use signals::{AllAcceptedCredentialsSignal, CurrentUserDetailsSignal, UnknownCredentialSignal};
