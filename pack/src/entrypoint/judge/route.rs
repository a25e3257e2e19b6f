//! `require_nginx_route(…)`: values that the charm publishes in an integration.

use ruff_python_ast::{Expr, ExprCall, Number};

use super::value::Scope;
use super::{Judge, is_self};
use crate::entrypoint::counterpart::Counterpart;

/// The library's function.
const FUNCTION: &str = "charms.nginx_ingress_integrator.v0.nginx_route.require_nginx_route";

/// Arguments that become keys of the databag, with dashes (version 0.7 of the library).
const KEYS: [&str; 18] = [
    "service_hostname",
    "service_name",
    "service_port",
    "additional_hostnames",
    "backend_protocol",
    "enable_access_log",
    "limit_rps",
    "limit_whitelist",
    "max_body_size",
    "owasp_modsecurity_crs",
    "owasp_modsecurity_custom_rules",
    "path_routes",
    "retry_errors",
    "rewrite_target",
    "rewrite_enabled",
    "service_namespace",
    "session_cookie_max_age",
    "tls_secret_name",
];

/// The one key whose booleans the library writes in lower case.
const LOWER_CASE: &str = "enable_access_log";

impl Judge<'_> {
    /// Declarations that publish what the call does. `None`: another call, or an argument that can't be written.
    pub(super) fn route(&self, call: &ExprCall) -> Option<Counterpart> {
        if self.names.resolve(&call.func)? != FUNCTION || !call.arguments.args.is_empty() {
            return None;
        }
        let mut endpoint = "nginx-route".to_owned();
        let mut publish = serde_yaml::Mapping::new();
        publish.insert("service-namespace".into(), "${model}".into());
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref()?.as_str();
            match name {
                "charm" if is_self(&keyword.value) => {}
                "nginx_route_relation_name" => endpoint = self.text(&keyword.value)?,
                _ if !KEYS.contains(&name) => return None,
                _ if keyword.value.is_none_literal_expr() => {}
                _ => drop(publish.insert(name.replace('_', "-").into(), self.printed(name, &keyword.value)?.into())),
            }
        }
        let mut mapping = serde_yaml::Mapping::new();
        mapping.insert("optional".into(), true.into());
        mapping.insert("publish".into(), publish.into());
        let mut counterpart = Counterpart::default();
        counterpart.add("integrations", &endpoint, mapping);
        self.context.has_endpoint(&endpoint).then_some(counterpart)
    }

    /// The value as the library writes it: Python's text.
    fn printed(&self, name: &str, value: &Expr) -> Option<String> {
        match value {
            Expr::BooleanLiteral(literal) if name == LOWER_CASE => Some(literal.value.to_string()),
            Expr::BooleanLiteral(literal) => Some(if literal.value { "True" } else { "False" }.to_owned()),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(number) => Some(number.to_string()),
                _ => None,
            },
            other => Some(self.as_text(other, &Scope::default())?.template()),
        }
    }
}
