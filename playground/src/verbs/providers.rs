//! `providers`: the servers that `integrate` starts, with what each needs and whether it is here.

use std::process::ExitCode;

use serde::Serialize;

use super::Error;
use crate::cli::Format;
use crate::provider::{ALL, Presence, Provider};
use crate::status::table;
use crate::ui::{print, print_json};

/// A server, as JSON has it.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    interface: &'static str,
    server: String,
    #[serde(flatten)]
    presence: Presence,
}

impl Row {
    fn of(provider: &&'static Provider) -> Self {
        let Provider { name, interface, .. } = provider;
        Self { name, interface, server: provider.origin(), presence: provider.source.presence() }
    }

    fn cells(&self) -> Vec<String> {
        let here = match &self.presence {
            Presence::Here => "yes".to_owned(),
            Presence::OnFirstUse(how) => format!("on first use: {how}"),
            Presence::Missing(remedy) => format!("no: {remedy}"),
        };
        vec![self.name.to_owned(), self.interface.to_owned(), self.server.clone(), here]
    }
}

/// Lists the servers. Starts and installs nothing.
///
/// # Errors
/// Never; the type is that of the other verbs.
#[allow(clippy::unnecessary_wraps, reason = "all verbs are called alike")]
pub fn providers(format: Format) -> Result<ExitCode, Error> {
    let rows: Vec<_> = ALL.iter().map(Row::of).collect();
    match format {
        Format::Json => print_json(&rows),
        Format::Tabular => print(&text(&rows)),
    }
    Ok(ExitCode::SUCCESS)
}

fn text(rows: &[Row]) -> String {
    let head = ["Name", "Interface", "Server", "Here"].map(str::to_owned).into();
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    format!("{}\n  webcharm integrate NAME\n", table(&lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_a_line_with_what_it_needs() {
        let row = |presence| Row { name: "openfga", interface: "openfga", server: "OpenFGA".to_owned(), presence };
        let rows = [
            row(Presence::Here),
            row(Presence::OnFirstUse("Go builds it".to_owned())),
            row(Presence::Missing("install the package golang".to_owned())),
        ];
        let text = text(&rows);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].ends_with("  yes") && lines[2].ends_with("  on first use: Go builds it"), "{text}");
        assert!(lines[3].ends_with("  no: install the package golang"), "{text}");
        let json = serde_json::to_value(&rows[1]).unwrap();
        assert_eq!((&json["state"], &json["how"]), (&"on-first-use".into(), &"Go builds it".into()));
        assert_eq!(serde_json::to_value(&rows[0]).unwrap()["state"], "here");
    }
}
