//! Writing into trees that people edit too: ownership, containment, the lock, crashes and concurrency.
#![allow(clippy::disallowed_methods, reason = "tests look at the disk themselves")]

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
