//! The program: where it says to go, how it ends, what it says about a wrong configuration.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn program(variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passkeeper-server"));
    command.env_clear().env("LISTEN", "127.0.0.1:0").env("DATABASE_URL", "memory:").envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The port that the log names once the server listens.
fn port(log: &mut impl BufRead) -> u16 {
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it never says where it listens");
        if let Some((_, port)) = line.trim().split_once("listening on 127.0.0.1:") {
            return port.parse().unwrap();
        }
    }
}

fn is_well(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("ok"), "{reply}");
}

fn ends_well(mut server: Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &server.id().to_string()]).status().unwrap().success());
    let status = server.wait().unwrap();
    assert!(status.success(), "{signal}: {status}");
}

#[test]
fn it_says_where_to_go_serves_and_ends_when_it_is_told_to() {
    for signal in ["-TERM", "-INT"] {
        let mut server = program(&[("DECOY_SECRET", "a secret for tests only")]);
        let mut said = BufReader::new(server.stdout.take().unwrap()).lines();
        assert_eq!(said.next().unwrap().unwrap(), "Open http://localhost:8080");
        assert!(said.next().unwrap().unwrap().starts_with("API key for this run: "));
        let mut log = BufReader::new(server.stderr.take().unwrap());
        is_well(port(&mut log));
        ends_well(server, signal);
    }
}

#[test]
fn nobody_listening_to_its_output_does_not_end_it() {
    let mut server = program(&[]);
    drop(server.stdout.take());
    let mut log = BufReader::new(server.stderr.take().unwrap());
    is_well(port(&mut log));
    ends_well(server, "-TERM");
}

#[test]
fn a_wrong_configuration_is_one_sentence_and_exit_code_2() {
    let output = program(&[("ORIGIN", "http://example.com")]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "ORIGIN must be https, which browsers demand everywhere but on localhost; it is \"http://example.com\".\n");
}

#[test]
fn an_address_that_is_taken_is_said_so() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = program(&[("LISTEN", &address)]).wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.lines().last().unwrap().starts_with(&format!("{address}: ")), "{said}");
}
