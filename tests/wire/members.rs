//! Every member of a response with a value that does not belong there.

use passkeeper::Error;
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use serde_json::{Value, json};

use crate::common::*;

fn registration(edit: impl FnOnce(&mut Value)) -> Result<(), Error> {
    RegistrationResponse::from_json(Registering::new().draft.edit_json(edit)).map(|_| ())
}

fn authentication(edit: impl FnOnce(&mut Value)) -> Result<(), Error> {
    AuthenticationResponse::from_json(SigningIn::new().draft.edit_json(edit)).map(|_| ())
}

/// The member that a path such as `response.signature` names.
fn at<'a>(json: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(json, |json, name| &mut json[name])
}

fn remove(json: &mut Value, path: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() { json } else { &mut json[parent] };
    parent.as_object_mut().unwrap().remove(name);
}

/// A member that holds text.
struct Member {
    path: &'static str,
    /// Whether it may be absent or null.
    optional: bool,
    base64url: bool,
}

const fn member(path: &'static str, optional: bool, base64url: bool) -> Member {
    Member { path, optional, base64url }
}

const REGISTRATION: &[Member] = &[
    member("id", false, true),
    member("rawId", false, true),
    member("type", false, false),
    member("authenticatorAttachment", true, false),
    member("response.clientDataJSON", false, true),
    member("response.attestationObject", false, true),
    member("response.authenticatorData", true, true),
    member("response.publicKey", true, true),
];

const AUTHENTICATION: &[Member] = &[
    member("id", false, true),
    member("rawId", false, true),
    member("type", false, false),
    member("authenticatorAttachment", true, false),
    member("response.clientDataJSON", false, true),
    member("response.authenticatorData", false, true),
    member("response.signature", false, true),
    member("response.userHandle", true, true),
];

type Parse = fn(&dyn Fn(&mut Value)) -> Result<(), Error>;

const BOTH: [(Parse, &[Member]); 2] = [(|edit| registration(edit), REGISTRATION), (|edit| authentication(edit), AUTHENTICATION)];

#[track_caller]
fn assert_names_member(result: Result<(), Error>, code: &str, member: &str) {
    let error = result.expect_err(member);
    assert_eq!(error.code(), code, "{member}");
    assert!(error.to_string().contains(&format!("[{member}]")), "{error}");
}

#[test]
fn another_type_where_a_string_belongs_is_named() {
    for (parse, members) in BOTH {
        for Member { path: member, optional, .. } in members {
            for value in
                [json!(7), json!(-1), json!(1.5), json!(u64::MAX), json!(true), json!([]), json!(["x"]), json!({}), json!({ "a": 1 })]
            {
                assert_names_member(parse(&|json| *at(json, member) = value.clone()), "member-type", member);
            }
            let null = parse(&|json| *at(json, member) = Value::Null);
            match optional {
                true => assert_eq!(null, Ok(()), "{member}"),
                false => assert_names_member(null, "member-type", member),
            }
        }
    }
}

#[test]
fn a_missing_member_is_named_unless_it_may_be_absent() {
    for (parse, members) in BOTH {
        for Member { path: member, optional, .. } in members {
            let absent = parse(&|json| remove(json, member));
            match optional {
                true => assert_eq!(absent, Ok(()), "{member}"),
                false => assert_names_member(absent, "member-missing", member),
            }
        }
        assert_names_member(parse(&|json| remove(json, "response")), "member-missing", "response");
        assert_eq!(parse(&|json| remove(json, "clientExtensionResults")), Ok(()));
    }
    for member in ["response.transports", "response.publicKeyAlgorithm"] {
        assert_eq!(registration(|json| remove(json, member)), Ok(()), "{member}");
    }
}

#[test]
fn base64url_is_read_with_or_without_padding_and_nothing_else() {
    for (parse, members) in BOTH {
        for Member { path: member, .. } in members.iter().filter(|member| member.base64url) {
            for wrong in ["+/+/", "YQ YQ", "YQ\n", "Y", "YR", "YQ=a", "Y=Q=", "ü", "%", "\u{0}"] {
                assert_names_member(parse(&|json| *at(json, member) = wrong.into()), "base64url-malformed", member);
            }
            let padded = parse(&|json| {
                let text = at(json, member).as_str().unwrap().to_string();
                *at(json, member) = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4)).into();
            });
            assert_eq!(padded, Ok(()), "{member}");
        }
    }
}

#[test]
fn objects_are_objects() {
    for (parse, _) in BOTH {
        for value in [json!(null), json!([]), json!([[]]), json!("x"), json!(1), json!(false)] {
            assert_names_member(parse(&|json| json["response"] = value.clone()), "member-type", "response");
            let results = parse(&|json| json["clientExtensionResults"] = value.clone());
            assert_names_member(results, "member-type", "clientExtensionResults");
        }
    }
}

#[test]
fn an_object_is_not_its_values_in_a_row() {
    // Deserializers like to take a list for a structure.
    let in_a_row = |json: &Value| Value::Array(json.as_object().unwrap().values().cloned().collect());
    let response = Registering::new().draft.finish();
    assert_eq!(refusal(RegistrationResponse::from_json(in_a_row(&response).to_string())).0, "json-malformed");
    assert!(serde_json::from_value::<RegistrationResponse>(in_a_row(&response)).is_err());
    let response = SigningIn::new().draft.finish();
    assert_eq!(refusal(AuthenticationResponse::from_json(in_a_row(&response).to_string())).0, "json-malformed");
    assert!(serde_json::from_value::<AuthenticationResponse>(in_a_row(&response)).is_err());

    let inner = registration(|json| json["response"] = in_a_row(&json["response"]));
    assert_names_member(inner, "member-type", "response");
    let inner = authentication(|json| json["response"] = in_a_row(&json["response"]));
    assert_names_member(inner, "member-type", "response");
}

#[test]
fn the_algorithm_is_an_integer() {
    for value in [json!("-7"), json!(null), json!([]), json!({}), json!(-7.0), json!(u64::MAX), json!(true)] {
        let result = registration(|json| json["response"]["publicKeyAlgorithm"] = value);
        assert_names_member(result, "member-type", "response.publicKeyAlgorithm");
    }
}

#[test]
fn transports_are_a_list_of_strings() {
    for value in [json!("usb"), json!(null), json!({}), json!(1), json!(["usb", 1]), json!([null]), json!([["usb"]]), json!([{}])] {
        let result = registration(|json| json["response"]["transports"] = value);
        assert_names_member(result, "member-type", "response.transports");
    }
    for value in [json!(vec!["usb"; 17]), json!(["x".repeat(65)])] {
        let result = registration(|json| json["response"]["transports"] = value);
        assert_names_member(result, "member-too-long", "response.transports");
    }
    for value in [json!([]), json!(vec!["usb"; 16]), json!(["x".repeat(64)])] {
        assert_eq!(registration(|json| json["response"]["transports"] = value), Ok(()));
    }
}
