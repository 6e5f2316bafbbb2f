//! Private servers of databases.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

/// A private server that stops when this is dropped: the script waits for its standard input to be closed.
pub(crate) struct Private {
    pub(crate) url: String,
    script: Child,
}

impl Private {
    /// `None` where it is not installed, said loudly; with `PASSKEEPER_CI` set that is a failure.
    pub(crate) fn start(name: &str) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../stores/tests/stores/server.sh");
        let mut script = Command::new("bash").args([script, name]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
        if url.is_empty() {
            assert_eq!(script.wait().unwrap().code(), Some(3), "{name} is installed and could not be started");
            assert!(std::env::var_os("PASSKEEPER_CI").is_none(), "{name} is not installed: .ci/stores does that");
            std::io::stderr().write_all(format!("SKIPPED: {name} is not installed\n").as_bytes()).unwrap();
            return None;
        }
        Some(Self { url: url.trim_end().into(), script })
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        self.script.wait().unwrap();
    }
}
