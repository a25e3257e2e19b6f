//! Commands to type next.

use super::{Application, Session};
use crate::provider::{ALL, Provider};

impl Session {
    /// The providers that the application's charm has an unused endpoint for, those it waits for first.
    #[must_use]
    pub fn missing(&self, app: &Application) -> Vec<&'static Provider> {
        let used = |endpoint: &str| {
            let relations: Vec<_> = self.server.with(|model| model.relations().collect());
            relations.iter().any(|relation| !relation.is_dying && relation.endpoint(app.name()) == Some(endpoint))
        };
        let endpoints: Vec<_> = app.files.metadata.endpoints.iter().filter(|end| !used(&end.name)).collect();
        let waits = |provider: &Provider| {
            let mut fitting = endpoints.iter().filter(|end| provider.fits(end)).peekable();
            fitting.peek()?;
            Some(provider.is_awaited && fitting.any(|end| !end.optional))
        };
        let missing = ALL.iter().filter_map(|provider| Some((*provider, waits(provider)?)));
        let (first, later): (Vec<_>, Vec<_>) = missing.partition(|(_, is_waited_for)| *is_waited_for);
        first.into_iter().chain(later).map(|(provider, _)| provider).collect()
    }

    /// Commands to type after `up`.
    #[must_use]
    pub fn next_lines(&self, app: &Application) -> Vec<String> {
        let name = app.name();
        let greeting = if app.files.options.contains_key("greeting") { " greeting='Good morning'" } else { "" };
        let mut lines = vec!["webcharm status".to_owned(), format!("webcharm config {name}{greeting}")];
        lines.extend(self.missing(app).into_iter().map(|provider| format!("webcharm integrate {}", provider.name)));
        lines.push(format!("webcharm add-unit {name}"));
        lines.push("webcharm down".to_owned());
        lines
    }
}
