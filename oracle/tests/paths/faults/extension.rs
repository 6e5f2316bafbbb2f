//! Extensions that restrict, or that nobody knows.

use passkeeper::testing::{ExtensionDraft, GeneralName, Name, der, oid};

use super::On::{Authorities, Each, Intermediates, Issued};
use super::{Fault, fault};
use crate::chain::Draft;

const POLICY_CONSTRAINTS: &str = "2.5.29.36";
const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
const POLICY: &str = "1.3.6.1.4.1.99999.3";

pub(super) const FAULTS: &[Fault] = &[
    fault("unknown critical extension", Each, |draft, at| add(draft, at, ExtensionDraft::unknown(true))),
    fault("unknown extension", Each, |draft, at| add(draft, at, ExtensionDraft::unknown(false))),
    fault("unknown extension twice", Each, |draft, at| (0..2).for_each(|_| add(draft, at, ExtensionDraft::unknown(false)))),
    fault("basicConstraints twice", Issued, |draft, at| twice(draft, at, oid::BASIC_CONSTRAINTS)),
    fault("keyUsage twice", Issued, |draft, at| twice(draft, at, oid::KEY_USAGE)),
    fault("key identifier twice", Issued, |draft, at| twice(draft, at, oid::SUBJECT_KEY_IDENTIFIER)),
    fault("no extensions", Each, |draft, at| draft.level(at).extensions.clear()),
    // Policies.
    fault("certificatePolicies", Each, |draft, at| add(draft, at, ExtensionDraft::certificate_policies(&[POLICY]))),
    fault("critical certificatePolicies", Each, |draft, at| critical(draft, at, ExtensionDraft::certificate_policies(&[POLICY]))),
    fault("malformed certificatePolicies", Issued, |draft, at| {
        add(draft, at, ExtensionDraft::new(oid::CERTIFICATE_POLICIES, false, der::null()))
    }),
    fault("policyConstraints", Intermediates, |draft, at| add(draft, at, explicit_policy())),
    fault("critical policyConstraints", Intermediates, |draft, at| critical(draft, at, explicit_policy())),
    fault("critical inhibitAnyPolicy", Intermediates, |draft, at| {
        critical(draft, at, ExtensionDraft::new(INHIBIT_ANY_POLICY, true, der::integer(0)))
    }),
    // Names.
    fault("name constraints, met", Authorities, |draft, at| add(draft, at, not_critical(excluding_others()))),
    fault("name constraints, broken", Authorities, |draft, at| add(draft, at, not_critical(permitting_others()))),
    fault("critical name constraints, met", Authorities, |draft, at| add(draft, at, excluding_others())),
    fault("critical name constraints, broken", Authorities, |draft, at| add(draft, at, permitting_others())),
    fault("alternative name", Issued, |draft, at| {
        add(draft, at, ExtensionDraft::subject_alt_name(&[GeneralName::Dns("example.com".into())]))
    }),
    fault("critical alternative name", Issued, |draft, at| {
        add(draft, at, ExtensionDraft::subject_alt_name_directory(Name::common("Device")))
    }),
    // Key identifiers and what else is usual.
    fault("no key identifiers", Each, no_key_identifiers),
    fault("another issuer's key identifier", Issued, |draft, at| set(draft, at, ExtensionDraft::authority_key_identifier(&[7; 20]))),
    fault("malformed issuer's key identifier", Issued, |draft, at| {
        set(draft, at, ExtensionDraft::new(oid::AUTHORITY_KEY_IDENTIFIER, false, der::null()))
    }),
    fault("critical key identifier", Issued, |draft, at| critical(draft, at, ExtensionDraft::subject_key_identifier(&[7; 20]))),
    fault("extended key usage", Each, |draft, at| add(draft, at, purpose())),
    fault("critical extended key usage", Each, |draft, at| critical(draft, at, purpose())),
    fault("distribution point", Issued, |draft, at| add(draft, at, ExtensionDraft::crl_distribution_points(&["http://crl.example/"]))),
    fault("critical distribution point", Issued, |draft, at| {
        critical(draft, at, ExtensionDraft::crl_distribution_points(&["http://crl.example/"]))
    }),
];

fn add(draft: &mut Draft, at: usize, extension: ExtensionDraft) {
    draft.level(at).extensions.push(extension);
}

fn set(draft: &mut Draft, at: usize, extension: ExtensionDraft) {
    draft.level(at).set_extension(extension);
}

fn critical(draft: &mut Draft, at: usize, extension: ExtensionDraft) {
    set(draft, at, ExtensionDraft { critical: true, ..extension });
}

fn not_critical(extension: ExtensionDraft) -> ExtensionDraft {
    ExtensionDraft { critical: false, ..extension }
}

fn twice(draft: &mut Draft, at: usize, oid: &str) {
    let again = draft.level(at).extension(oid).cloned();
    draft.level(at).extensions.extend(again);
}

/// Every certificate below needs an acceptable policy, and none of ours has one.
fn explicit_policy() -> ExtensionDraft {
    ExtensionDraft::new(POLICY_CONSTRAINTS, false, der::sequence(&[der::context_primitive(0, &[0])]))
}

/// No name may begin with this country; none of ours does.
fn excluding_others() -> ExtensionDraft {
    ExtensionDraft::name_constraints(&[], &[country("ZZ")])
}

/// Every name has to begin with this country; none of ours does.
fn permitting_others() -> ExtensionDraft {
    ExtensionDraft::name_constraints(&[country("ZZ")], &[])
}

fn country(country: &str) -> GeneralName {
    GeneralName::Directory(Name::empty().with(oid::COUNTRY, country))
}

fn purpose() -> ExtensionDraft {
    ExtensionDraft::extended_key_usage(&[oid::TCG_AIK_CERTIFICATE])
}

fn no_key_identifiers(draft: &mut Draft, at: usize) {
    draft.level(at).remove_extension(oid::SUBJECT_KEY_IDENTIFIER);
    draft.level(at).remove_extension(oid::AUTHORITY_KEY_IDENTIFIER);
}
