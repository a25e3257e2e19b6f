//! Juju's model on this machine, as a process: the library behind the program `webcharm`.
//!
//! `webcharm up` is the model's process ([`up`]): it serves the model of `juju-testing` to the charm's hook tools, keeps
//! the workload's [`pod`], runs the charm's hooks and answers the other verbs ([`verbs`]), which talk to it over a
//! socket ([`control`]). All its files are in its [`runtime`] folder, which it removes at its end.
#![allow(clippy::disallowed_methods, reason = "a tool for the desk: it reads its environment and starts processes")]

pub mod binaries;
pub mod build_keeper;
pub mod cache;
mod children;
pub mod cli;
pub mod control;
pub mod daemon;
mod keeper_handle;
mod log_tail;
mod logs;
pub mod network;
pub mod pod;
mod private;
pub mod project;
pub mod provider;
pub mod reaper;
mod redact;
mod remedy;
pub mod runtime;
pub mod server;
pub mod session;
pub mod signals;
pub mod status;
pub mod ui;
pub mod up;
pub mod verbs;

/// An error with its causes, joined by colons, and the remedy if one of them is the disk.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let text = juju::chain(error);
    // A child's log may end with it already.
    let remedy = remedy::of(error, &text).filter(|remedy| !text.contains(remedy));
    let separator = if text.contains('\n') { "\n" } else { "; " };
    remedy.map_or_else(|| text.clone(), |remedy| format!("{text}{separator}{remedy}"))
}

/// Held by each test whose children lead process groups, because one test kills all such groups of its process.
#[cfg(test)]
static LEADING_CHILDREN: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[cfg(test)]
mod tests {
    #[test]
    fn an_error_is_told_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot do it")]
        struct Outer(#[source] std::io::Error);
        assert_eq!(crate::chain(&Outer(std::io::Error::other("no hands"))), "cannot do it: no hands");
    }
}
