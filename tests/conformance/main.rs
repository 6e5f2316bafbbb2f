//! FIDO's conformance groups for servers, as they are publicly described: each case with the reason expected of it, since a
//! tool that is content with any refusal overlooks one for the wrong reason. docs/CONFORMANCE.md lists them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, unused_imports)]
#[path = "../attestation/setup.rs"]
mod setup;

mod assertion;
mod attestation;
mod certificates;
mod client_data;
mod document;
mod ledger;
mod metadata;
mod options;
mod registration;

use ledger::{Group, hold};

/// A test for each group, and the list of all of them.
macro_rules! groups {
    ($($test:ident $name:literal $about:literal $cases:path;)*) => {
        $(#[test]
        fn $test() {
            hold(&$cases());
        })*

        fn groups() -> Vec<Group> {
            vec![$(Group { name: $name, test: stringify!($test), about: $about, cases: $cases() }),*]
        }
    };
}

groups! {
    creation_options "ServerPublicKeyCredentialCreationOptions Req-1" "The options of a registration." options::creation;
    attestation_resp_1 "Attestation Resp-1" "The members of the response." registration::structure;
    attestation_resp_2 "Attestation Resp-2" "The client data." client_data::registering;
    attestation_resp_3 "Attestation Resp-3" "The attestation object and the authenticator data." registration::attestation_object;
    attestation_resp_4 "Attestation Resp-4" "One self attestation by each algorithm." attestation::algorithms;
    attestation_resp_5 "Attestation Resp-5" "Packed, with certificates." certificates::packed;
    attestation_resp_6 "Attestation Resp-6" "Packed, self." attestation::packed_self;
    attestation_resp_7 "Attestation Resp-7" "None." attestation::none;
    attestation_resp_8 "Attestation Resp-8" "FIDO U2F." attestation::fido_u2f;
    attestation_resp_9 "Attestation Resp-9" "TPM." attestation::tpm;
    attestation_resp_a "Attestation Resp-A" "Android key." attestation::android_key;
    attestation_resp_b "Attestation Resp-B" "Android SafetyNet, where it is allowed by name." attestation::safetynet;
    get_options "ServerPublicKeyCredentialGetOptions Req-1" "The options of a sign-in." options::request;
    assertion_resp_1 "Assertion Resp-1" "The members of the response." assertion::structure;
    assertion_resp_2 "Assertion Resp-2" "The client data." client_data::signing_in;
    assertion_resp_3 "Assertion Resp-3" "The authenticator data, the counter, user verification." assertion::authenticator_data;
    server_mds3 "Server-MDS3" "Metadata: FIDO's BLOB, and what it says about a model." metadata::mds3;
}
