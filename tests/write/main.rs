//! Writing into trees that people edit too: ownership, containment, the lock, crashes and concurrency.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::type_complexity,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests may fail loudly and share modules"
)]

#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod containment;
#[cfg(all(test, target_os = "linux"))]
mod crash;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod loader;
#[cfg(test)]
mod lock;
#[cfg(test)]
mod ownership;
#[cfg(test)]
mod property;
