//! Commands to type next.

use juju::Role;

use super::Session;
use crate::provider::Kind;

impl Session {
    /// The servers that the charm has an unused endpoint for, those it requires first.
    #[must_use]
    pub fn missing(&self) -> Vec<Kind> {
        let used = |endpoint: &str| {
            let relations: Vec<_> = self.server.with(|model| model.relations().collect());
            relations.iter().any(|relation| !relation.is_dying && relation.endpoint(&self.names.app) == Some(endpoint))
        };
        let endpoints =
            self.files.metadata.endpoints.iter().filter(|end| end.role == Role::Requires && !used(&end.name));
        let fitting = endpoints.filter_map(|end| {
            let kind = Kind::ALL.into_iter().find(|kind| kind.interface() == end.interface)?;
            // An ingress counts as optional even if the metadata require it: no charm waits for it.
            Some((end.optional || kind == Kind::Ingress, kind))
        });
        let mut kinds: Vec<_> = fitting.collect();
        kinds.sort();
        kinds.dedup_by_key(|(_, kind)| *kind);
        kinds.into_iter().map(|(_, kind)| kind).collect()
    }

    /// Commands to type after `up`.
    #[must_use]
    pub fn next_lines(&self) -> Vec<String> {
        let app = &self.names.app;
        let greeting = if self.files.options.contains_key("greeting") { " greeting='Good morning'" } else { "" };
        let mut lines = vec!["webcharm status".to_owned(), format!("webcharm config {app}{greeting}")];
        lines.extend(self.missing().into_iter().map(|kind| format!("webcharm integrate {}", kind.short())));
        lines.push(format!("webcharm add-unit {app}"));
        lines.push("webcharm down".to_owned());
        lines
    }
}
