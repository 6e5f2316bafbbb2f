//! Tenants: relying parties of their own, with users who exist for demonstration only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use passkeeper::store::StoreError;
use passkeeper::types::{Algorithm, AlgorithmList, AuthenticatorAttachment, Origin, ResidentKey, Scope, UserHandle, UserVerification};
use passkeeper::wire::UserEntity;
use passkeeper::{AuthenticationPolicy, IdentifierKind, RegistrationPolicy, RelyingParty, UserDirectory, Workflow, WorkflowPolicy};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Users;

/// The tenants of a server that is told of no others.
pub(crate) const DEMO: &str = include_str!("tenants.json");

/// How long ceremonies of tenants take at most.
const TIMEOUT_MS: u32 = 180_000;

/// A tenant of the product APIs.
#[derive(Clone)]
pub struct Tenant {
    /// Its ID.
    pub id: Uuid,
    /// Its name; a realm of API A.
    pub name: String,
    /// The application that its users sign in to.
    pub application_id: Uuid,
    /// The organisation that a sign-in has to name, if any.
    pub organization: Option<String>,
    /// The FIDO AppID of its credentials from before WebAuthn, if any.
    pub app_id: Option<String>,
    /// The address of its icon, if any.
    pub icon: Option<String>,
    /// Whether unknown users are answered with decoys.
    pub hide_unknown_users: bool,
    /// Its relying party.
    pub rp: RelyingParty,
    /// Its users.
    pub people: Arc<[Person]>,
}

/// A user of a tenant, or an account of this server's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user handle; a tenant's is its user's UUID as text.
    pub handle: UserHandle,
    /// The user name.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The name for people.
    pub display_name: String,
    /// Whether the user may sign in.
    pub status: Status,
}

/// What stands between a user and a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Nothing.
    #[default]
    Active,
    /// The application does not know the user.
    NotRegistered,
    /// The password must be changed first.
    ChangePassword,
    /// The e-mail address is to be verified first.
    Unverified,
    /// The registration is to be verified first.
    RegistrationUnverified,
    /// Another factor is demanded.
    TwoFactor,
    /// An operator's action is pending.
    ActionPending,
    /// The account has expired.
    Expired,
    /// The account is locked.
    Locked,
}

/// A UUID as text: hyphenated lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Uuid(String);

impl Uuid {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The user handle of the user with this ID.
    pub(super) fn handle(&self) -> passkeeper::Result<UserHandle> {
        UserHandle::new(self.0.as_bytes())
    }
}

impl FromStr for Uuid {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 36
            && text.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() });
        if fits { Ok(Self(text.to_ascii_lowercase())) } else { Err("not a UUID") }
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A tenant as it is written in a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    id: Uuid,
    name: String,
    application_id: Uuid,
    /// By default the tenant's name below this server's host.
    rp_id: Option<String>,
    rp_name: String,
    /// By default this server's origin at the RP ID.
    #[serde(default)]
    origins: Vec<String>,
    organization: Option<String>,
    app_id: Option<String>,
    icon: Option<String>,
    /// By default all nine of API D.
    algorithms: Option<Vec<Algorithm>>,
    #[serde(default)]
    hide_unknown_users: bool,
    #[serde(default)]
    workflows: BTreeMap<Workflow, WrittenPolicy>,
    #[serde(default)]
    users: Vec<WrittenUser>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenPolicy {
    #[serde(default = "yes")]
    enabled: bool,
    attachment: Option<AuthenticatorAttachment>,
    resident_key: ResidentKey,
    user_verification: UserVerification,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenUser {
    id: Uuid,
    username: String,
    email: Option<String>,
    phone: Option<String>,
    display_name: String,
    #[serde(default)]
    status: Status,
}

impl Tenant {
    /// Reads a JSON list of tenants; `origin` is this server's own.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read_all(json: &str, origin: &Origin) -> Result<Vec<Self>, String> {
        let written: Vec<Written> = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let tenants: Vec<Self> =
            written.into_iter().map(|tenant| Self::build(tenant, origin).map_err(|error| error.to_string())).collect::<Result<_, _>>()?;
        // What requests tell tenants by must tell them apart.
        let ids = tenants.iter().flat_map(|tenant| {
            let own = [tenant.id.as_str(), tenant.application_id.as_str(), tenant.name.as_str(), tenant.rp.id().as_str()];
            let users = tenant.people.iter().map(|person| person.handle.to_base64url());
            own.map(str::to_owned).into_iter().chain(users)
        });
        let mut seen = BTreeSet::from([super::ACCOUNTS.to_owned()]);
        match ids.into_iter().find(|id| !seen.insert(id.clone())) {
            Some(id) => Err(format!("{id:?} occurs twice")),
            None => Ok(tenants),
        }
    }

    fn build(written: Written, origin: &Origin) -> passkeeper::Result<Self> {
        let rp_id = written.rp_id.unwrap_or_else(|| format!("{}.{}", written.name, origin.host().unwrap_or_default()));
        let mut registration = RegistrationPolicy::default();
        registration.timeout_ms = TIMEOUT_MS;
        registration.algorithms = match written.algorithms {
            Some(algorithms) => AlgorithmList::new(algorithms)?,
            None => AlgorithmList::all_nine(),
        };
        let mut authentication = AuthenticationPolicy::default();
        authentication.timeout_ms = TIMEOUT_MS;
        let mut rp = RelyingParty::builder(&rp_id, written.rp_name)
            .scope(written.id.as_str())
            .registration_policy(registration)
            .authentication_policy(authentication);
        if written.origins.is_empty() {
            let (scheme, port) = (if origin.is_https() { "https" } else { "http" }, origin.port());
            rp = rp.origin(format!("{scheme}://{rp_id}{}", port.map(|port| format!(":{port}")).unwrap_or_default()));
        }
        for origin in written.origins {
            rp = rp.origin(origin);
        }
        for (workflow, policy) in written.workflows {
            rp = rp.workflow(workflow, policy.into());
        }
        let people = written.users.into_iter().map(WrittenUser::person).collect::<passkeeper::Result<_>>()?;
        Ok(Self {
            id: written.id,
            name: written.name,
            application_id: written.application_id,
            organization: written.organization,
            app_id: written.app_id,
            icon: written.icon,
            hide_unknown_users: written.hide_unknown_users,
            rp: rp.build()?,
            people,
        })
    }
}

impl From<WrittenPolicy> for WorkflowPolicy {
    fn from(written: WrittenPolicy) -> Self {
        let WrittenPolicy { enabled, attachment, resident_key, user_verification } = written;
        Self { enabled, attachment, resident_key, user_verification, hints: Vec::new() }
    }
}

impl WrittenUser {
    fn person(self) -> passkeeper::Result<Person> {
        let Self { id, username, email, phone, display_name, status } = self;
        Ok(Person { handle: id.handle()?, username, email, phone, display_name, status })
    }
}

impl Person {
    /// The user as authenticators see it.
    pub(super) fn entity(&self) -> UserEntity {
        UserEntity { id: self.handle.clone(), name: self.username.clone(), display_name: self.display_name.clone() }
    }

    fn has(&self, kind: &IdentifierKind, value: &str) -> bool {
        let own = match kind {
            IdentifierKind::Username => Some(&self.username),
            IdentifierKind::Email => self.email.as_ref(),
            IdentifierKind::Phone => self.phone.as_ref(),
            _ => None,
        };
        own.is_some_and(|own| own.to_lowercase() == value.trim().to_lowercase())
    }
}

/// The users of a site.
#[derive(Clone)]
pub(super) enum People {
    /// This server's own accounts.
    Accounts(Users),
    /// A tenant's.
    Demo(Arc<[Person]>),
}

impl People {
    /// The user with this handle.
    pub(super) async fn by_handle(&self, handle: &UserHandle) -> Result<Option<Person>, StoreError> {
        match self {
            Self::Accounts(users) => Ok(users.by_handle(handle).await?.map(Into::into)),
            Self::Demo(people) => Ok(people.iter().find(|person| person.handle == *handle).cloned()),
        }
    }

    /// The user with this ID.
    pub(super) async fn by_id(&self, id: &Uuid) -> Result<Option<Person>, StoreError> {
        match id.handle() {
            Ok(handle) => self.by_handle(&handle).await,
            Err(_) => Ok(None),
        }
    }

    /// The user with this name.
    pub(super) async fn by_name(&self, name: &str) -> Result<Option<Person>, StoreError> {
        match self {
            Self::Accounts(users) => Ok(users.by_name(name).await?.map(Into::into)),
            Self::Demo(people) => Ok(people.iter().find(|person| person.has(&IdentifierKind::Username, name)).cloned()),
        }
    }
}

impl From<crate::User> for Person {
    fn from(user: crate::User) -> Self {
        let crate::User { handle, username, display_name, .. } = user;
        Self { handle, username, email: None, phone: None, display_name, status: Status::Active }
    }
}

impl UserDirectory for People {
    async fn find(&self, scope: &Scope, kind: &IdentifierKind, value: &str) -> Result<Option<UserHandle>, StoreError> {
        match self {
            Self::Accounts(users) => users.find(scope, kind, value).await,
            Self::Demo(people) => Ok(people.iter().find(|person| person.has(kind, value)).map(|person| person.handle.clone())),
        }
    }
}
