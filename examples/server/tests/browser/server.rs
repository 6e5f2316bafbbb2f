//! The server on a free port, in this process: its clock is the test's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use axum::middleware::map_response;
use axum::response::Response;
use passkeeper::types::UnixTime;
use passkeeper::{Clock, SystemClock};
use passkeeper_server::{App, Config, SharedClock, Stores, app, serve};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// The system's clock, turned by seconds.
#[derive(Clone, Default)]
pub(crate) struct TurnedClock(Arc<AtomicI64>);

impl TurnedClock {
    pub(crate) fn turn(&self, secs: i64) {
        self.0.fetch_add(secs, Ordering::SeqCst);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(SystemClock.now().as_secs() + self.0.load(Ordering::SeqCst))
    }
}

/// A server that browsers can reach; it stops when this is dropped.
pub(crate) struct Server {
    pub(crate) origin: String,
    pub(crate) clock: TurnedClock,
    runtime: Option<Runtime>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::beside(Router::new())
    }

    /// With the test's own routes beside, under the headers of the page.
    pub(crate) fn beside(routes: Router) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let config = Config::read(|name| match name {
            "ORIGIN" => Some(origin.clone()),
            "RATE_LIMIT" => Some("0".into()),
            "DECOY_SECRET" => Some("a secret for tests only".into()),
            _ => None,
        });
        let clock = TurnedClock::default();
        let state = App::new(config.unwrap(), Stores::in_memory(), SharedClock::new(clock.clone())).unwrap();
        let product = app(state);
        let page = runtime.block_on(product.clone().oneshot(Request::get("/").body(Body::empty()).unwrap())).unwrap();
        let mut headers = page.headers().clone();
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::CONTENT_TYPE);
        let routes = routes.layer(map_response(move |mut response: Response| {
            response.headers_mut().extend(headers.clone());
            std::future::ready(response)
        }));
        runtime.spawn(serve(listener, product.merge(routes), std::future::pending()));
        Self { origin, clock, runtime: Some(runtime) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
