//! Origins of the servers' programs, and what a machine lacks for each.

use rock::tool::{self, Tool};
use serde::Serialize;

use super::go::Program;
use super::npm::Package;
use super::postgresql;

/// Origin of a server's program.
#[derive(Debug)]
pub enum Source {
    /// This program, which has the server as a role.
    Own,
    /// Programs of one package of Debian's.
    Debian(&'static [Tool]),
    /// Debian's package of PostgreSQL, whose programs are not on the path; for an ordinary user, npm's.
    Postgresql(&'static str),
    /// Package of npm's, which Node runs.
    Npm(&'static Package),
    /// Program of Go's, which is built here.
    Go(&'static Program),
}

/// State of a server's program on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "how", rename_all = "kebab-case")]
pub enum Presence {
    /// It is here.
    Here,
    /// It comes with the first use, in this way.
    OnFirstUse(String),
    /// It can't be had before something is installed.
    Missing(String),
}

impl Source {
    /// The origin, for people.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Own => "part of webcharm".to_owned(),
            Self::Debian(tools) => format!("Debian's package {}", tools.first().map_or("", |tool| tool.package)),
            Self::Postgresql(package) => format!("Debian's package {package}"),
            Self::Npm(package) => format!("npm's package {}", package.name),
            Self::Go(program) => format!("Go's module {}", program.module),
        }
    }

    /// Looks for the program on this machine. Installs nothing.
    #[must_use]
    pub fn presence(&self) -> Presence {
        match self {
            Self::Own => Presence::Here,
            Self::Debian(tools) => of_tools(tools, None),
            Self::Postgresql(_) if postgresql::is_installed() => Presence::Here,
            Self::Postgresql(package) if rock::apt::may_install() => installs(package),
            Self::Postgresql(_) => fetched("npm", &[super::npm::NPM]),
            Self::Npm(package) if package.is_here() => of_tools(&[super::npm::NODE], None),
            Self::Npm(package) => of_tools(&super::npm::TOOLS, Some(format!("npm fetches {}", package.name))),
            Self::Go(program) if program.is_here() => Presence::Here,
            Self::Go(program) => {
                of_tools(&[super::go::GO], Some(format!("Go builds {} (some minutes)", program.module)))
            }
        }
    }
}

/// The state of what `tools` make; without an errand they are the server.
fn of_tools(tools: &[Tool], errand: Option<String>) -> Presence {
    let lacking = tools.iter().find(|tool| tool::on_path(tool.program).is_none());
    match (lacking, errand) {
        (None, None) => Presence::Here,
        (None, Some(errand)) => Presence::OnFirstUse(errand),
        (Some(tool), _) if rock::apt::may_install() => installs(tool.package),
        (Some(tool), _) => Presence::Missing(format!("install the package {}", tool.package)),
    }
}

fn fetched(name: &str, tools: &[Tool]) -> Presence {
    of_tools(tools, Some(format!("{name} fetches it")))
}

fn installs(package: &str) -> Presence {
    Presence::OnFirstUse(format!("apt installs {package}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Tool = Tool { program: "sh", package: "dash" };
    const NOWHERE: Tool = Tool { program: "no-such-program", package: "no-such-package" };

    #[test]
    fn a_missing_program_is_named_by_its_package() {
        assert_eq!(of_tools(&[SHELL], None), Presence::Here);
        let errand = || Some("npm fetches it".to_owned());
        assert_eq!(of_tools(&[SHELL], errand()), Presence::OnFirstUse("npm fetches it".to_owned()));
        let expected = if rock::apt::may_install() {
            Presence::OnFirstUse("apt installs no-such-package".to_owned())
        } else {
            Presence::Missing("install the package no-such-package".to_owned())
        };
        assert_eq!(of_tools(&[SHELL, NOWHERE], None), expected);
        assert_eq!(of_tools(&[NOWHERE, SHELL], errand()), expected);
    }
}
