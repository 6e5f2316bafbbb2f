//! Workflows: what a ceremony is part of, and what the relying party demands there.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::policy::{AuthenticationPolicy, RegistrationPolicy, ReportedContradiction};
use crate::error::{Error, ErrorCode, Result};
use crate::types::{AuthenticatorAttachment, Hint, ResidentKey, UserVerification};

/// What a ceremony is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Workflow {
    /// Nothing in particular: the most flexible use of a passkey.
    General,
    /// The passkey starts a session, on whatever device.
    Bootstrap,
    /// The passkey renews a session on a device that has seen the user before.
    Reauthentication,
}

impl Workflow {
    /// The workflow as text, such as `bootstrap`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Bootstrap => "bootstrap",
            Self::Reauthentication => "reauthentication",
        }
    }
}

/// What a relying party demands in a workflow. It takes the place of the same demands in the relying party's policies and
/// of a single request's; everything else stays as those say. Attachment and discoverability are reported by the client and
/// unsigned: a registration that contradicts them by its own report is refused, and one that lies passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowPolicy {
    /// Whether the workflow may be used at all.
    pub enabled: bool,
    /// Platform or cross-platform authenticators only. For registrations: a sign-in cannot ask for it.
    pub attachment: Option<AuthenticatorAttachment>,
    /// Whether the credential shall be discoverable. For registrations.
    pub resident_key: ResidentKey,
    /// Whether the user must be verified.
    pub user_verification: UserVerification,
    /// Hints for the browser's dialogue.
    pub hints: Vec<Hint>,
}

impl WorkflowPolicy {
    /// A workflow that is switched off.
    #[must_use]
    pub fn disabled() -> Self {
        Self { enabled: false, ..Self::default_of(Workflow::General) }
    }

    /// What is demanded in a workflow that is not configured: user verification in all of them; for
    /// [`Bootstrap`](Workflow::Bootstrap) a discoverable credential, for [`Reauthentication`](Workflow::Reauthentication) the
    /// device's own authenticator.
    #[must_use]
    pub fn default_of(workflow: Workflow) -> Self {
        Self {
            enabled: true,
            attachment: (workflow == Workflow::Reauthentication).then_some(AuthenticatorAttachment::PLATFORM),
            resident_key: if workflow == Workflow::Bootstrap { ResidentKey::Required } else { ResidentKey::Preferred },
            user_verification: UserVerification::Required,
            hints: Vec::new(),
        }
    }
}

/// The workflows of a relying party.
#[derive(Clone, Debug)]
pub(super) struct Workflows([(Workflow, WorkflowPolicy); 3]);

impl Default for Workflows {
    fn default() -> Self {
        Self([Workflow::General, Workflow::Bootstrap, Workflow::Reauthentication].map(|w| (w, WorkflowPolicy::default_of(w))))
    }
}

impl Workflows {
    pub(super) fn set(&mut self, workflow: Workflow, policy: WorkflowPolicy) {
        if let Some((_, of)) = self.0.iter_mut().find(|(w, _)| *w == workflow) {
            *of = policy;
        }
    }

    /// What a workflow demands, if it is switched on.
    pub(super) fn enabled(&self, workflow: Workflow) -> Result<&WorkflowPolicy> {
        let policy = self.0.iter().find(|(w, _)| *w == workflow).map(|(_, policy)| policy).filter(|policy| policy.enabled);
        policy.ok_or_else(|| Error::new(ErrorCode::WorkflowDisabled).found(workflow.as_str()))
    }
}

impl WorkflowPolicy {
    pub(super) fn apply_to_registration(&self, policy: &mut RegistrationPolicy) {
        policy.attachment = self.attachment.clone();
        policy.resident_key = self.resident_key;
        policy.user_verification = self.user_verification;
        policy.hints = self.hints.clone();
        policy.reported_contradiction = ReportedContradiction::Refuse;
    }

    pub(super) fn apply_to_authentication(&self, policy: &mut AuthenticationPolicy) {
        policy.user_verification = self.user_verification;
        policy.hints = self.hints.clone();
    }
}
