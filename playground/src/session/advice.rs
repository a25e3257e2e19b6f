//! Commands to type next.

use super::{Application, Session};
use crate::provider::{ALL, Provider};

impl Session {
    /// The providers to suggest: the application's charm has an unused endpoint for them. Those it waits for come first.
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
        let suggested = ALL.iter().filter(|provider| provider.is_suggested);
        let missing = suggested.filter_map(|provider| Some((*provider, waits(provider)?)));
        let (first, later): (Vec<_>, Vec<_>) = missing.partition(|(_, is_waited_for)| *is_waited_for);
        first.into_iter().chain(later).map(|(provider, _)| provider).collect()
    }

    /// Commands to type after `up`.
    #[must_use]
    pub fn next_lines(&self, app: &Application) -> Vec<String> {
        let name = app.name();
        let greeting = if app.files.options.contains_key("greeting") { " greeting='Good morning'" } else { "" };
        let mut lines = vec!["webcharm status".to_owned(), format!("webcharm config {name}{greeting}")];
        let missing: Vec<_> = self.missing(app).into_iter().map(|provider| provider.name.to_owned()).collect();
        lines.extend(integrate_lines("", &missing));
        lines.push(format!("webcharm add-unit {name}"));
        lines.push("webcharm down".to_owned());
        lines
    }
}

/// Number of lines that name servers to integrate with.
const SERVERS: usize = 4;

/// Commands that integrate with the first of the `missing` servers. `before` stands before each name. If there are too many, the
/// last line is the command that lists them all.
#[must_use]
pub fn integrate_lines(before: &str, missing: &[String]) -> Vec<String> {
    let shown = if missing.len() > SERVERS { &missing[..SERVERS - 1] } else { missing };
    let lines = shown.iter().map(|name| format!("webcharm integrate {before}{name}"));
    let all = (shown.len() < missing.len()).then(|| "webcharm providers".to_owned());
    lines.chain(all).collect()
}

/// Option with the hosts that Django answers.
const ALLOWED_HOSTS: &str = "django-allowed-hosts";

/// Advice on the status code of the first answer: Django refuses requests for a host that no option allows.
#[must_use]
pub fn refused_host(app: &str, files: &juju::CharmFiles, status: u16) -> Option<String> {
    let refused = status == 400 && files.options.contains_key(ALLOWED_HOSTS);
    let advice = || {
        format!(
            "it answers 400: Django refuses the host 127.0.0.1; `webcharm config {app} {ALLOWED_HOSTS}=127.0.0.1` allows it"
        )
    };
    refused.then(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_servers_the_first_are_named() {
        let names = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(integrate_lines("shop ", &names(1)), ["webcharm integrate shop 0"]);
        assert_eq!(integrate_lines("", &names(4)).last().unwrap(), "webcharm integrate 3");
        let many = integrate_lines("", &names(9));
        assert_eq!((many.len(), &*many[2], &*many[3]), (4, "webcharm integrate 2", "webcharm providers"));
    }

    #[test]
    fn a_host_that_django_refuses_is_told_with_its_option() {
        let django = "name: shop\nconfig: {options: {django-allowed-hosts: {type: string}}}\n";
        let files = |text: &str| juju::CharmFiles::parse_charmcraft("charmcraft.yaml", text).unwrap();
        let told = refused_host("shop", &files(django), 400).unwrap();
        assert!(told.ends_with("`webcharm config shop django-allowed-hosts=127.0.0.1` allows it"), "{told}");
        assert_eq!(refused_host("shop", &files(django), 404), None);
        assert_eq!(refused_host("shop", &files("name: shop\n"), 400), None);
    }
}
