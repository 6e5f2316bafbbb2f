//! Private servers of databases.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A private server that stops when this is dropped: the script waits for its standard input to be closed.
pub(crate) struct Private {
    pub(crate) url: String,
    script: Child,
    said: BufReader<ChildStdout>,
}

impl Private {
    /// `None` where it is not installed, said loudly; with `PASSKEEPER_CI` set that is a failure.
    pub(crate) fn start(name: &str) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../stores/tests/stores/server.sh");
        let mut script = Command::new("bash").args([script, name]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut url, mut said) = (String::new(), BufReader::new(script.stdout.take().unwrap()));
        said.read_line(&mut url).unwrap();
        if url.is_empty() {
            assert_eq!(script.wait().unwrap().code(), Some(3), "{name} is installed and could not be started");
            assert!(std::env::var_os("PASSKEEPER_CI").is_none(), "{name} is not installed: .ci/stores does that");
            std::io::stderr().write_all(format!("SKIPPED: {name} is not installed\n").as_bytes()).unwrap();
            return None;
        }
        Some(Self { url: url.trim_end().into(), script, said })
    }

    /// Stops or starts it again, where it was, with what it kept.
    pub(crate) fn is_to(&mut self, command: &str) {
        writeln!(self.script.stdin.as_ref().unwrap(), "{command}").unwrap();
        let mut said = String::new();
        self.said.read_line(&mut said).unwrap();
        assert_eq!(said.trim_end(), command);
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        self.script.wait().unwrap();
    }
}
