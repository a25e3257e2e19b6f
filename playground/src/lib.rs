//! Juju's model on this machine, as a process: the library behind the program `webcharm`.
#![allow(clippy::disallowed_methods, reason = "a tool for the desk: it reads its environment and starts processes")]

pub mod pod;
