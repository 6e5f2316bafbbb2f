//! Reads the configuration, opens the stores, serves.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use passkeeper_server::{App, Config, SharedClock, Stores, app, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let log = std::io::stderr;
    tracing_subscriber::fmt().with_writer(log).with_ansi(log().is_terminal()).init();
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let stores = Stores::open(&config).await.map_err(|error| format!("DATABASE_URL or REDIS_URL: {error}"))?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| format!("{}: {error}", config.listen))?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tracing::info!("listening on {}", listener.local_addr()?);
    let state = App::new(config, stores, SharedClock::default())?;
    let mut welcome = format!("Open {}\n", state.config.origin);
    if let Some(key) = state.development_key() {
        welcome += &format!("API key for this run: {key}\n");
    }
    // Whoever started the server may have closed its output: it serves all the same.
    let _ = std::io::stdout().write_all(welcome.as_bytes());
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
    };
    serve(listener, app(state), stop).await;
    Ok(())
}
