//! The environment: defaults, and one clear sentence about what is wrong.

use crate::client::config;

#[test]
fn the_defaults_are_a_server_on_this_machine() {
    let config = config(&[("RATE_LIMIT", "")]).unwrap();
    assert_eq!((config.listen.to_string(), config.origin.as_str()), ("127.0.0.1:8080".into(), "http://localhost:8080"));
    assert_eq!((config.rp_id.as_str(), config.rp_name.as_str()), ("localhost", "Passkeeper"));
    assert_eq!((config.database_url.as_str(), config.redis_url, config.api_key), ("sqlite://passkeeper.db", None, None));
    assert_eq!((config.related_origins, config.rate_limit, config.behind_proxy), (vec![], 60, false));
}

#[test]
fn the_rp_id_is_the_host_of_the_origin() {
    for (origin, rp_id) in [
        ("https://example.com", "example.com"),
        ("https://login.example.com:8443", "login.example.com"),
        ("http://app.localhost:3000", "app.localhost"),
    ] {
        assert_eq!(config(&[("ORIGIN", origin)]).unwrap().rp_id.as_str(), rp_id);
    }
}

#[test]
fn what_is_wrong_is_one_sentence_that_names_it() {
    let long = "x".repeat(300);
    for (name, value) in [
        ("LISTEN", "localhost:8080"),
        ("LISTEN", "127.0.0.1"),
        ("ORIGIN", "https://example.com/"),
        ("ORIGIN", "example.com"),
        ("ORIGIN", "http://example.com"),
        ("ORIGIN", "https://127.0.0.1"),
        ("ORIGIN", "android:apk-key-hash:abc"),
        ("RP_NAME", &long),
        ("RELATED_ORIGINS", "https://example.de, example.fr"),
        ("RELATED_ORIGINS", "http://example.de"),
        ("DATABASE_URL", "passkeeper.db"),
        ("DATABASE_URL", "mysql://user:password@host/name"),
        ("REDIS_URL", "localhost:6379"),
        ("DECOY_SECRET", "fifteen letters"),
        ("API_KEY", "fifteen letters"),
        ("RATE_LIMIT", "-1"),
        ("RATE_LIMIT", "many"),
        ("BEHIND_PROXY", "perhaps"),
    ] {
        let Err(error) = config(&[(name, value)]) else { panic!("{name}={value} is taken") };
        let text = error.to_string();
        assert!(text.contains(name) && text.ends_with('.') && !text.contains('\n'), "{text}");
        if ["DATABASE_URL", "REDIS_URL", "DECOY_SECRET", "API_KEY"].contains(&name) {
            assert!(!text.contains(value), "a secret in an error: {text}");
        }
    }
}
