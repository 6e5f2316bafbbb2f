//! The page in a real browser: Chromium with its virtual authenticators, driven as people would.
//!
//! Where Chromium, its driver or the npm package is missing, the tests say so and are skipped; with `PASSKEEPER_CI` set they fail.
//! `.ci/browser` installs what is missing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod device;
mod kinds;
mod looks;
mod page;
mod passkeys;
mod server;
mod sign_in;
mod sign_up;
mod simplewebauthn;
mod step_up;
mod tabs;
mod webdriver;
