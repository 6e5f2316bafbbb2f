//! What the page tells the user's authenticators about changes (§5.1.10): the arguments of the three
//! `PublicKeyCredential.signal…()` methods. Serialise them as they are.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::types::{CredentialId, RpId, UserHandle};

/// For `signalUnknownCredential`: the relying party knows no such passkey, so that it is not offered again.
///
/// Send it only to whoever just presented that credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UnknownCredentialSignal {
    /// The RP ID.
    pub rp_id: RpId,
    /// The credential ID, base64url.
    pub credential_id: CredentialId,
}

/// For `signalAllAcceptedCredentials`: these passkeys of the user, and no others, are good.
///
/// It names all of a user's passkeys: send it to that user only, signed in. Authenticators hide what it does not name: tenants
/// that share an RP ID must not give two accounts one user handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AllAcceptedCredentialsSignal {
    /// The RP ID.
    pub rp_id: RpId,
    /// The user handle, base64url.
    pub user_id: UserHandle,
    /// All credential IDs, base64url; empty if the user has no passkey any more.
    pub all_accepted_credential_ids: Vec<CredentialId>,
}

/// For `signalCurrentUserDetails`: what the account is called now, which `Debug` hides.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CurrentUserDetailsSignal {
    /// The RP ID.
    pub rp_id: RpId,
    /// The user handle, base64url.
    pub user_id: UserHandle,
    /// The account's name.
    pub name: String,
    /// The name for people.
    pub display_name: String,
}

impl fmt::Debug for CurrentUserDetailsSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentUserDetailsSignal").field("rp_id", &self.rp_id).field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl UnknownCredentialSignal {
    pub(crate) fn new(rp_id: RpId, credential_id: CredentialId) -> Self {
        Self { rp_id, credential_id }
    }
}

impl AllAcceptedCredentialsSignal {
    pub(crate) fn new(rp_id: RpId, user_id: UserHandle, all_accepted_credential_ids: Vec<CredentialId>) -> Self {
        Self { rp_id, user_id, all_accepted_credential_ids }
    }
}

impl CurrentUserDetailsSignal {
    pub(crate) fn new(rp_id: RpId, user: super::UserEntity) -> Self {
        Self { rp_id, user_id: user.id, name: user.name, display_name: user.display_name }
    }
}
