//! Chromium by WebDriver: JSON over HTTP, one request after another.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use passkeeper::types::Bytes;
use serde_json::{Value, json};

/// How long the browser may take for a command, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);
/// Under this name WebDriver refers to elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A chromedriver of our own, which ends with everything it started when this is dropped, or when the process dies.
struct Driver {
    script: Child,
    port: u16,
    /// Where Chromium is.
    browser: String,
}

impl Driver {
    /// `None` where it is not installed, said loudly; with `PASSKEEPER_CI` set that is a failure.
    fn start() -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/driver.sh");
        let mut script = Command::new("bash").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(script.stdout.take().unwrap());
        let (mut browser, mut line, mut all) = (String::new(), String::new(), String::new());
        said.read_line(&mut browser).unwrap();
        while said.read_line(&mut line).unwrap() > 0 {
            if let Some((_, port)) = line.split_once("successfully on port ") {
                let port = port.trim_end().trim_end_matches('.').parse().unwrap();
                // What else it says nobody reads; but it must be able to say it.
                std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
                return Some(Self { script, port, browser: browser.trim_end().into() });
            }
            all += &std::mem::take(&mut line);
        }
        drop(script.stdin.take());
        assert_eq!(script.wait().unwrap().code(), Some(3), "chromedriver is installed and could not be started: {all}");
        skipped("chromium or chromedriver is not installed");
        None
    }

    /// The answer's value, or what WebDriver says went wrong.
    fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let (port, length) = (self.port, body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        stream.write_all((head + &body).as_bytes()).unwrap();

        let (mut answer, mut line, mut length) = (BufReader::new(stream), String::new(), 0);
        while answer.read_line(&mut line).unwrap_or_else(|error| panic!("{method} {path}: {error}")) > 2 {
            if let Some((_, value)) = line.to_ascii_lowercase().split_once("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).unwrap();
        let value = serde_json::from_slice::<Value>(&body).unwrap()["value"].take();
        if value.get("error").is_some_and(Value::is_string) { Err(value) } else { Ok(value) }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        self.script.wait().unwrap();
    }
}

/// Says why a test was skipped, where nobody can overhear it; with `PASSKEEPER_CI` set that is a failure.
pub(crate) fn skipped(why: &str) {
    assert!(std::env::var_os("PASSKEEPER_CI").is_none(), "{why}: .ci/browser does that");
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    std::io::stderr().write_all(format!("SKIPPED {test}: {why}\n").as_bytes()).unwrap();
}

/// A browser with nothing in it. It reaches this machine and nothing else.
pub(crate) struct Session {
    driver: Driver,
    path: String,
}

/// An element of the page.
#[derive(Clone)]
pub(crate) struct Element(Value);

impl Session {
    pub(crate) fn open() -> Option<Self> {
        let driver = Driver::start()?;
        let arguments = [
            "--headless",
            "--no-sandbox", // Chromium refuses to be run by root with one; it sees nothing but our own page
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--lang=en-US",
            "--window-size=1200,900",
            "--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND",
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "webauthn:virtualAuthenticators": true,
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "binary": driver.browser, "args": arguments },
        } } });
        let session = driver.call("POST", "/session", &wanted).unwrap_or_else(|error| panic!("no session: {error}"));
        let path = format!("/session/{}", session["sessionId"].as_str().unwrap());
        Some(Self { driver, path })
    }

    pub(crate) fn try_call(&self, method: &str, path: &str, body: Value) -> Result<Value, Value> {
        self.driver.call(method, &format!("{}{path}", self.path), &body)
    }

    #[track_caller]
    pub(crate) fn call(&self, method: &str, path: &str, body: Value) -> Value {
        self.try_call(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {} {}", error["error"], error["message"]))
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: Value) -> Value {
        self.call("POST", path, body)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        self.call("GET", path, Value::Null)
    }

    /// What the body of a function gives; a promise is waited for.
    #[track_caller]
    pub(crate) fn run(&self, script: &str, arguments: Value) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": arguments }))
    }

    /// The first element that a script finds.
    #[track_caller]
    pub(crate) fn find(&self, script: &str, arguments: Value) -> Option<Element> {
        self.run(script, arguments).get(ELEMENT).cloned().map(Element)
    }

    /// All elements that a script finds.
    #[track_caller]
    pub(crate) fn find_all(&self, script: &str) -> Vec<Element> {
        self.run(script, json!([])).as_array().unwrap().iter().map(|found| Element(found[ELEMENT].clone())).collect()
    }

    /// Clicks, unless something is in the way or the element has gone.
    pub(crate) fn click(&self, element: &Element) -> bool {
        self.try_call("POST", &element.path("click"), json!({})).is_ok()
    }

    /// Types into a field.
    #[track_caller]
    pub(crate) fn type_into(&self, element: &Element, text: &str) {
        self.post(&element.path("clear"), json!({}));
        self.post(&element.path("value"), json!({ "text": text }));
    }

    /// Presses keys, wherever the focus is: characters, or those of WebDriver's private range.
    #[track_caller]
    pub(crate) fn press(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() })));
        self.post("/actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>() }] }));
    }

    /// A command of Chromium's own protocol.
    #[track_caller]
    pub(crate) fn chromium(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// A PNG of what is seen.
    #[track_caller]
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        let text = self.get("/screenshot").as_str().unwrap().replace('+', "-").replace('/', "_");
        Bytes::from_base64url(text.trim_end_matches('=')).unwrap().into_vec()
    }
}

impl Element {
    fn path(&self, what: &str) -> String {
        format!("/element/{}/{what}", self.0.as_str().unwrap())
    }

    /// As an argument of a script, or what is read about it by WebDriver.
    #[track_caller]
    pub(crate) fn read(&self, session: &Session, what: &str) -> Value {
        session.get(&self.path(what))
    }
}
