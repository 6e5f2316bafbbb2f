//! Attestation with certificates: trusted or not, shown whole, and never a reason to stop working.

use std::path::PathBuf;

use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, AttestationKind, Cbor, CertificateAuthority, FidoU2fAttestation, KeyAlgorithm,
    MetadataBlobDraft, PackedAttestation, SafetyNetAttestation, TpmAttestation, metadata_entry, status_report,
};
use serde_json::{Value, json};

use crate::folder;
use crate::run::{Line, inspect, inspect_paths, lines_of, run, write};
use crate::sample;

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

fn authority() -> CertificateAuthority {
    CertificateAuthority::with_levels(1, &[KeyAlgorithm::Es256, KeyAlgorithm::Es256])
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// A registration with this attestation, which trusts these roots.
fn file(kind: impl Into<AttestationKind>, roots: &[Vec<u8>]) -> Value {
    let kind = kind.into();
    let mut file = sample::registration_with(|draft| draft.attestation = kind);
    let roots: Vec<_> = roots.iter().map(|der| pem(der)).collect();
    file["trust"] = json!({ "roots_pem": roots, "verification_time": "2026-01-01T00:00:00Z" });
    file
}

fn report(file: &Value) -> Line {
    inspect(&["--pretty"], &[file.to_string().into_bytes()]).into_iter().next().unwrap()
}

fn faults(line: &Line) -> Vec<String> {
    let list = line.report.lines().skip_while(|text| !text.trim_start().starts_with("faults: ")).skip(1);
    list.filter_map(|text| Some(text.trim_start().split_once(". ")?.1.split_once(':')?.0.to_owned())).collect()
}

#[track_caller]
fn assert_contains(line: &Line, parts: &[&str]) {
    for part in parts {
        assert!(line.report.contains(part), "no {part:?} in\n{}", line.report);
    }
}

fn kinds(ca: &CertificateAuthority) -> Vec<(AttestationKind, &'static str, &'static [&'static str])> {
    let single = CertificateAuthority::new(1);
    vec![
        (PackedAttestation::new(ca).into(), "basic", &["OU=\"Authenticator Attestation\"", "FIDO AAGUID (1.3.6.1.4.1.45724.1.1.4)"]),
        (
            TpmAttestation::new(ca).into(),
            "attca",
            &[
                "  pubArea, ",
                "  certInfo, ",
                "magic              0xff544347 ✓",
                "fixedTPM fixedParent sensitiveDataOrigin",
                "tpmManufacturer",
            ],
        ),
        (AndroidKeyAttestation::new(ca).into(), "basic", &["  Android key description", "hardwareEnforced", "purpose [1]      { 2 }"]),
        (AppleAttestation::new(ca).into(), "anonca", &["  Apple nonce", "Apple nonce (1.2.840.113635.100.8.2)"]),
        (FidoU2fAttestation::new(&single).into(), "basic", &["certificate 0 (the leaf)"]),
        (SafetyNetAttestation::new(ca, NOW * 1000).into(), "basic", &["  SafetyNet response", "\"ctsProfileMatch\" true"]),
        (
            AttestationKind::Compound(vec![PackedAttestation::new(ca).into(), AppleAttestation::new(ca).into()]),
            "compound",
            &["statement 0 of 2: \"packed\"", "statement 1 of 2: \"apple\"", "  Apple nonce"],
        ),
    ]
}

#[test]
fn every_format_is_trusted_by_its_root_and_shown_whole() {
    let ca = authority();
    let roots = [ca.root_der(), CertificateAuthority::new(1).root_der()];
    for (kind, attestation_type, parts) in kinds(&ca) {
        let name = kind.format();
        let line = report(&file(kind, &roots));
        assert_eq!((line.text("result"), line.text("fmt")), (Some("ok"), Some(name)), "{line:?}");
        assert_eq!(line.text("attestation_type"), Some(attestation_type), "{name}");
        assert!(faults(&line).is_empty() && !line.report.contains('✗'), "{}", line.report);
        assert_contains(&line, parts);
        assert_contains(
            &line,
            &["  path to an anchor", "names an anchor ✓", "trust              trusted ✓ by ", "signed with        ECDSA with SHA-256"],
        );
        assert_contains(&line, &["✓ at 2026-01-01T00:00:00Z", "moment             2026-01-01T00:00:00Z", "trust anchor       "]);
    }
}

#[test]
fn where_the_file_names_no_roots_it_does_not_matter_where_certificates_lead() {
    let ca = authority();
    for (kind, attestation_type, parts) in kinds(&ca) {
        let line = report(&file(kind, &[]));
        assert_eq!((line.text("result"), line.text("attestation_type")), (Some("ok"), Some(attestation_type)), "{line:?}");
        assert_contains(&line, parts);
        assert_contains(&line, &["  path (no anchors: it does not matter where it leads)", "the statement holds ✓, but proves nothing"]);
        assert!(faults(&line).is_empty(), "{}", line.report);
    }
}

#[test]
fn roots_that_have_nothing_to_do_with_it_and_late_certificates_are_named() {
    let ca = authority();
    let other = CertificateAuthority::new(9).root_der();
    for (kind, ..) in kinds(&ca) {
        let name = kind.format();
        let line = report(&file(kind.clone(), std::slice::from_ref(&other)));
        assert_eq!((line.text("code"), line.text("spec_step")), (Some("attestation-untrusted"), Some("7.1/24")), "{name}: {line:?}");
        assert_eq!(faults(&line), ["attestation-untrusted"], "{name}");
        assert_contains(&line, &["end                stops ✗ attestation-untrusted", "is not in sight ✗"]);

        // The service's word is not late but stale.
        if name != "android-safetynet" {
            let mut late = file(kind, &[ca.root_der(), CertificateAuthority::new(1).root_der()]);
            late["trust"]["verification_time"] = json!(7_000_000_000_i64);
            let line = report(&late);
            assert_eq!(line.text("code"), Some("certificate-expired"), "{name}: {line:?}");
            assert_contains(&line, &["expired ✗", "certificate 0 of the chain", "✗ no longer at 2191-"]);
        }
    }
}

#[test]
fn what_is_wrong_with_a_statement_is_named_even_if_the_ceremony_stops_before() {
    let ca = CertificateAuthority::new(1);
    let mut tpm = TpmAttestation::new(&ca);
    tpm.cert_info.edit(|info| info.magic = 0);
    let mut android = AndroidKeyAttestation::new(&ca);
    android.key_description.edit(|description| description.attestation_challenge = vec![0; 32]);
    let mut old = PackedAttestation::new(&ca);
    old.leaf.edit(|leaf| leaf.version = 1);
    let mut loose = PackedAttestation::new(&ca);
    loose.statement.edit(|statement| statement.push_entry("extra", 1));
    let mut crowded = FidoU2fAttestation::new(&ca);
    crowded.x5c.edit(|x5c| x5c.push(x5c[0].clone()));
    let cases: [(AttestationKind, &[&str]); 5] = [
        (tpm.into(), &["tpm-magic"]),
        (android.into(), &["attestation-nonce-mismatch"]),
        (old.into(), &["attestation-certificate-version"]),
        (loose.into(), &["attestation-statement-malformed"]),
        (crowded.into(), &["fido-u2f-certificate-count"]),
    ];
    for (kind, expected) in cases {
        let mut file = file(kind, &[ca.root_der()]);
        assert_eq!(report(&file).text("code"), Some(expected[0]), "{expected:?}");
        file["origins"] = json!(["https://login.example.com"]);
        let line = report(&file);
        assert_eq!(line.text("code"), Some("origin-mismatch"));
        let found = faults(&line);
        for code in expected {
            assert!(found.iter().any(|found| found == code), "{code} is not among {found:?}\n{}", line.report);
        }
    }
}

#[test]
fn roots_and_moments_that_cannot_be_read_are_the_files_fault() {
    let ca = authority();
    let good = file(PackedAttestation::new(&ca), &[ca.root_der()]);
    let broken = pem(&ca.root_der()[..100]);
    for (path, value) in [
        ("/trust/roots_pem", json!(["AAAA"])),
        ("/trust/roots_pem", json!(["-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----"])),
        ("/trust/roots_pem", json!(["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])),
        ("/trust/roots_pem", json!([broken])),
        ("/trust/roots_pem", json!([7])),
        ("/trust/verification_time", json!("yesterday")),
        ("/trust/verification_time", json!("2026-13-01T00:00:00Z")),
        ("/trust/verification_time", json!(1.5)),
    ] {
        let mut file = good.clone();
        *file.pointer_mut(path).unwrap() = value;
        let line = inspect(&[], &[file.to_string().into_bytes()]).into_iter().next().unwrap();
        assert_eq!(line.text("code"), Some("file-malformed"), "{line:?}");
    }
    for time in [json!("2026-01-01T00:00:00.123Z"), json!("1767225600"), json!(NOW)] {
        let mut file = good.clone();
        file["trust"]["verification_time"] = time;
        assert_eq!(report(&file).text("result"), Some("ok"));
    }
}

type ChainEdit = Box<dyn Fn(&mut Vec<Vec<u8>>) + Send + Sync>;

/// Certificates that nobody would make in good faith: each gets its line and its report.
#[test]
fn hostile_certificates_do_no_harm() {
    let ca = CertificateAuthority::new(1);
    let mut random = crate::hostile::Random(0xce47);
    let mut noise = |len: usize| -> Vec<u8> { (0..len).map(|_| random.byte()).collect() };
    let mut chains: Vec<ChainEdit> = vec![
        Box::new(|x5c| *x5c = vec![vec![]]),
        Box::new(|x5c| x5c.clear()),
        Box::new(|x5c| *x5c = vec![x5c[0].clone(); 60]),
        Box::new(|x5c| x5c.push(vec![0x30; 5000])),
        Box::new(|x5c| *x5c = vec![[0x30, 0x80].repeat(20_000)]),
        Box::new(|x5c| *x5c = vec![vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]]),
    ];
    for len in [1, 2, 5, 100, 1000, 60_000] {
        let bytes = noise(len);
        chains.push(Box::new(move |x5c| *x5c = vec![bytes.clone()]));
    }
    for cut in (0..600).step_by(23) {
        chains.push(Box::new(move |x5c| x5c[0].truncate(cut)));
    }
    for at in (0..600).step_by(7) {
        let byte = noise(1)[0];
        chains.push(Box::new(move |x5c| {
            if let Some(target) = x5c[0].get_mut(at) {
                *target ^= byte | 1;
            }
        }));
    }
    let mut contents = Vec::new();
    for change in chains {
        let mut packed = PackedAttestation::new(&ca);
        packed.x5c.edit(change);
        contents.push(file(packed, &[ca.root_der()]).to_string().into_bytes());
    }
    // More certificates than any limit: the crate's own on CBOR, too.
    let mut crowd = PackedAttestation::new(&ca);
    crowd.x5c.edit(|x5c| *x5c = vec![x5c[0].clone(); 300]);
    contents.push(file(crowd, &[ca.root_der()]).to_string().into_bytes());
    // Names with more in them than fits a line, and with what upsets terminals.
    let mut names = PackedAttestation::new(&ca);
    names.leaf.edit(|leaf| {
        leaf.subject.set("2.5.4.3", &"n\u{202e}\u{1b}[31m".repeat(10_000));
        for number in 0..500 {
            leaf.subject = leaf.subject.clone().with(&format!("1.2.3.{number}"), "x");
        }
    });
    contents.push(file(names, &[ca.root_der()]).to_string().into_bytes());

    let lines = inspect(&["--pretty"], &contents);
    assert!(lines.len() > 100);
    for line in &lines {
        assert_eq!(line.text("fmt"), Some("packed"), "{line:?}");
        assert!(line.report.contains("  faults: ") && !line.report.contains(['\u{0}', '\u{1b}', '\u{202e}']), "{line:?}");
        assert!(line.report.len() < 100_000, "{} bytes", line.report.len());
    }
}

#[test]
fn hostile_statements_do_no_harm() {
    let ca = CertificateAuthority::new(1);
    let mut contents = Vec::new();
    let values = [
        Cbor::Null,
        Cbor::Int(7),
        Cbor::text("\u{1b}x"),
        Cbor::Bytes(vec![]),
        Cbor::Bytes(vec![0xff; 40]),
        Cbor::Bytes(b"a.b.c".to_vec()),
        Cbor::Bytes(b"e30.e30.".to_vec()),
        Cbor::Bytes([[0x30, 0x80].repeat(1000), vec![0xbf, 0x85]].concat()),
        Cbor::Array(vec![]),
        Cbor::Array(vec![Cbor::Null, Cbor::Int(1)]),
        Cbor::Map(vec![]),
    ];
    for (kind, ..) in kinds(&ca) {
        let fmt = kind.format();
        for name in ["alg", "sig", "x5c", "ver", "certInfo", "pubArea", "response", "fmt"] {
            for value in &values {
                let statement = Cbor::map([(name, value.clone())]);
                for att_stmt in [statement.clone(), Cbor::Array(vec![statement.clone(); 2]), value.clone()] {
                    let file = sample::registration_with(|draft| {
                        draft.fmt = Some(fmt.into());
                        draft.att_stmt = Some(att_stmt.clone());
                    });
                    contents.push(file.to_string().into_bytes());
                }
            }
        }
    }
    let nested = Cbor::Array(vec![Cbor::map([("fmt", "compound".into()), ("attStmt", Cbor::Array(vec![]))]); 40]);
    contents
        .push(sample::registration_with(|draft| (draft.fmt, draft.att_stmt) = (Some("compound".into()), Some(nested))).to_string().into());
    for line in inspect(&["--pretty"], &contents) {
        assert_eq!(line.text("result"), Some("error"), "{line:?}");
        assert!(!line.report.contains(['\u{0}', '\u{1b}']), "{line:?}");
    }
}

/// A BLOB with one model, the authenticator's, and the file of its root.
fn metadata(ca: &CertificateAuthority, statuses: &[Value]) -> (PathBuf, PathBuf) {
    let service = CertificateAuthority::with_levels(5, &[KeyAlgorithm::Rs256]);
    let mut entry = metadata_entry(*b"VirtualAuthentic", &[ca.root_der()]);
    entry["statusReports"] = statuses.into();
    entry["metadataStatement"]["description"] = "A virtual \u{1b} thing".into();
    let blob = MetadataBlobDraft::new(&service, "2026-02-01", vec![entry]).sign();
    (write(blob.as_bytes()), write(pem(&service.root_der()).as_bytes()))
}

#[test]
fn metadata_brings_anchors_and_is_shown() {
    let ca = authority();
    let (blob, root) = metadata(&ca, &[status_report("FIDO_CERTIFIED", "2020-01-01"), status_report("REVOKED", "2026-01-15")]);
    let options = ["--pretty", "--mds", blob.to_str().unwrap(), "--mds-root", root.to_str().unwrap()];
    let judge = |more: &[&str], file: &Value| {
        let options: Vec<&str> = options.iter().chain(more).copied().collect();
        inspect(&options, &[file.to_string().into_bytes()]).into_iter().next().unwrap()
    };
    let known = file(PackedAttestation::new(&ca), &[]);
    let line = judge(&[], &known);
    assert_eq!((line.text("result"), line.text("attestation_type")), (Some("ok"), Some("basic")), "{line:?}");
    let model = "model              \"A virtual \\u{1b} thing\"";
    assert_contains(
        &line,
        &["metadata, BLOB 1, due on 2026-02-01T00:00:00Z", model, "\"FIDO_CERTIFIED\" since 2020-01-01", "(not in force yet)"],
    );
    assert_contains(&line, &["path to an anchor", "names an anchor ✓", "trusted ✓ by", "made by", ", which is proved ✓"]);
    let tpm = file(TpmAttestation::new(&ca), &[]);
    assert_contains(&judge(&[], &tpm), &[", which is proved ✓"]);
    let unscoped = file(TpmAttestation::new(&ca), &[ca.root_der()]);
    assert_contains(&report(&unscoped), &["trusted ✓ by", ", as it claims: that is not proved"]);

    let unknown = file(PackedAttestation::new(&CertificateAuthority::new(3)), &[]);
    assert_eq!(judge(&[], &unknown).text("code"), Some("attestation-untrusted"));

    let mut revoked = known.clone();
    revoked["trust"]["verification_time"] = "2026-01-15T00:00:00Z".into();
    let line = judge(&[], &revoked);
    assert_eq!(line.text("code"), Some("attestation-status-refused"), "{line:?}");
    assert_eq!(faults(&line), ["attestation-status-refused"]);
    // The BLOB's moment is another than the ceremony's.
    assert_eq!(judge(&["--time", "2026-01-20T00:00:00Z"], &known).text("result"), Some("ok"));
    for path in [blob, root] {
        std::fs::remove_file(path).unwrap();
    }
}

/// What the BLOB has and nobody can read is not passed over in silence.
#[test]
fn parts_of_the_metadata_that_are_left_out_are_listed() {
    let ca = authority();
    let service = CertificateAuthority::with_levels(5, &[KeyAlgorithm::Rs256]);
    let good = metadata_entry(*b"VirtualAuthentic", &[ca.root_der()]);
    let broken_root = metadata_entry([2; 16], &[ca.root_der(), b"no certificate".to_vec()]);
    let mut entries = vec![good, json!({ "statusReports": [] }), broken_root];
    entries.extend((0..100).map(|_| json!("\u{1b}[31m")));
    let blob = write(MetadataBlobDraft::new(&service, "2026-02-01", entries).sign().as_bytes());
    let root = write(pem(&service.root_der()).as_bytes());
    let response = write(file(PackedAttestation::new(&ca), &[]).to_string().as_bytes());
    let [blob_text, root_text, response_text] = [&blob, &root, &response].map(|path| path.to_str().unwrap());
    let output = run(&["--pretty", "--mds", blob_text, "--mds-root", root_text, response_text, response_text]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let lines = lines_of(&output);
    assert!(lines.iter().all(|line| line.text("result") == Some("ok")) && lines.len() == 2, "{lines:?}");
    for part in ["102 parts", "entry 1: names no model", "entry 2, root 1: ", "entry 3: ", "and 38 more"] {
        assert_eq!(errors.matches(part).count(), 1, "{part}: said once\n{errors}");
        assert_contains(&lines[1], &[part]);
    }
    assert!(!errors.contains('\u{1b}') && !lines[1].report.contains('\u{1b}'), "{errors}");
    for path in [blob, root, response] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn metadata_of_no_use_is_said_so() {
    let ca = authority();
    let (blob, root) = metadata(&ca, &[status_report("FIDO_CERTIFIED", "2020-01-01")]);
    let good = write(file(PackedAttestation::new(&ca), &[ca.root_der()]).to_string().as_bytes());
    let missing = good.with_extension("missing");
    let [blob_text, root_text, good_text, missing_text] = [&blob, &root, &good, &missing].map(|path| path.to_str().unwrap());
    let fails = |arguments: &[&str], message: &str, lines: usize| {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), lines_of(&output).len()), (Some(1), lines), "{errors}");
        assert!(errors.contains(message), "{errors}");
    };
    fails(&["--mds", missing_text, "--mds-root", root_text, good_text], missing_text, 0);
    fails(&["--mds", blob_text, "--mds-root", missing_text, good_text], missing_text, 0);
    fails(&["--mds", blob_text, "--mds-root", blob_text, good_text], "not a certificate in PEM or DER", 0);
    fails(&["--mds", good_text, "--mds-root", root_text, good_text], "the BLOB does not count at 2026-01-01T00:00:00Z: jws-malformed", 1);
    let early = ["--mds", blob_text, "--mds-root", root_text, "--time", "0", good_text];
    fails(&early, "the BLOB does not count at 1970-01-01T00:00:00Z: certificate-not-yet-valid", 1);
    for usage in [
        vec!["--mds", blob_text, good_text],
        vec!["--mds-root", root_text, good_text],
        vec!["--time", "soon", good_text],
        vec!["--time"],
        vec!["--mds", blob_text, "--mds-root", root_text],
    ] {
        fails(&usage, "usage: inspect", 0);
    }
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("SHA-1"));
    for path in [blob, root, good] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn the_production_blob_vouches_for_real_devices() {
    let Some(paths) = folder::paths("real/fixtures") else { return };
    let named = |name: &str| paths.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name)).unwrap().clone();
    let mds = paths[0].parent().unwrap().with_file_name("mds");
    let (blob, root) = (mds.join("mds3-no31-2023.jwt"), mds.join("globalsign-root-ca-r3.pem"));
    let options = ["--pretty", "--mds", blob.to_str().unwrap(), "--mds-root", root.to_str().unwrap(), "--time", "2023-09-15T00:00:00Z"];
    // The file names a root that is none; the metadata knows better.
    let lines = inspect_paths(&options, &[named("pywebauthn-packed-es256-att-from-yubikey-firefox--neg-wrong-root")]);
    assert_eq!(lines[0].text("result"), Some("ok"), "{:?}", lines[0]);
    assert_contains(&lines[0], &["metadata, BLOB 31, due on 2023-10-01", "model              \"Security Key by Yubico with NFC\""]);
    let lines = inspect_paths(&options, &[named("webauthnnet-fido-u2f-es256-fido-u2-f")]);
    assert_contains(&lines[0], &["trusted ✓ by CN=\"Yubico U2F Root CA Serial 457200631\"", "model              \""]);
}
