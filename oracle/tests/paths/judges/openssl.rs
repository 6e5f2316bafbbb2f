//! The `openssl verify` command.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Verdict;
use crate::chain::Chain;
use crate::report;

/// The command, with a folder for its input that goes when it goes.
pub struct Openssl {
    pub version: String,
    folder: PathBuf,
}

impl Openssl {
    /// `None` if there is no such command, which fails where it has to be there.
    pub fn find() -> Option<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let Ok(output) = Command::new("openssl").arg("version").output() else {
            report::skipped("the openssl command", "not found");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("path-oracle-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder).unwrap();
        Some(Self { version: String::from_utf8_lossy(&output.stdout).trim().to_owned(), folder })
    }

    /// Anchors are trusted as such, self-signed or not. The security level is that of 112 bits: SHA-1 and RSA below
    /// 2048 bits are refused.
    ///
    /// `strict` adds `-x509_strict`: certificates as RFC 5280 tells authorities to write them.
    pub fn judge(&self, chain: &Chain, strict: bool) -> Verdict {
        let mut command = Command::new("openssl");
        command.args(["verify", "-no-CApath", "-no-CAstore", "-partial_chain"]);
        command.args(["-auth_level", if chain.accept_sha1 { "0" } else { "2" }, "-attime", &chain.now.to_string()]);
        command.arg("-CAfile").arg(self.write("anchors.pem", "CERTIFICATE", &chain.anchors));
        let [leaf, above @ ..] = chain.x5c.as_slice() else { panic!("a chain without a leaf") };
        if !above.is_empty() {
            command.arg("-untrusted").arg(self.write("above.pem", "CERTIFICATE", above));
        }
        if !chain.crls.is_empty() {
            command.args(["-crl_check", "-crl_check_all", "-CRLfile"]).arg(self.write("crls.pem", "X509 CRL", &chain.crls));
        }
        if strict {
            command.arg("-x509_strict");
        }
        command.arg(self.write("leaf.pem", "CERTIFICATE", std::slice::from_ref(leaf)));
        read(&command.output().unwrap())
    }

    fn write(&self, name: &str, label: &str, ders: &[Vec<u8>]) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, ders.iter().map(|der| pem(label, der)).collect::<String>()).unwrap();
        path
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        // A folder that stays behind is no reason to fail.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Success is an exit code of 0; the first line that names an error has the reason.
fn read(output: &Output) -> Verdict {
    if output.status.success() {
        return Verdict::Trusted;
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lookup = text.lines().find_map(|line| line.strip_prefix("error ")?.split_once("lookup: ")).map(|(_, reason)| reason);
    let unread = || text.lines().next().unwrap_or("no reason given");
    Verdict::Refused(lookup.unwrap_or_else(unread).to_owned())
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
