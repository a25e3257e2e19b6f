//! Keys of an integration that code reads and writes, for the mapping that stands for it.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use serde_yaml::{Mapping, Value};

use super::Judge;
use super::value::Scope;
use crate::entrypoint::counterpart::Counterpart;
use crate::python::module::Module;

/// Most keys of a mapping that a remedy shows.
const MOST: usize = 8;

/// Keys in databags.
#[derive(Default)]
struct Keys<'a> {
    read: BTreeSet<String>,
    written: BTreeMap<String, Option<&'a Expr>>,
}

impl Judge<'_> {
    /// The mapping to write for an endpoint, with the keys that its library at `path`, or else the file itself, uses.
    pub(super) fn mapping(&self, endpoint: &str, path: Option<&str>) -> Counterpart {
        let library = path.and_then(|path| self.library_file(path));
        let mut keys = Keys::default();
        if self.context.has_endpoint(endpoint) {
            let statements = library.as_ref().unwrap_or(self.module).statements();
            statements.iter().for_each(|statement| keys.visit_stmt(statement));
        }
        let name = |key: &str| format!("{endpoint}_{key}").replace(['-', '.'], "_").to_uppercase();
        let one = |name: &str, value: Value| Value::from([(Value::from(name), value)].into_iter().collect::<Mapping>());
        let mut mapping = Mapping::new();
        if self.context.provides(endpoint) {
            let all = keys.read.iter().chain(keys.written.keys()).take(MOST);
            let publish: Mapping = all.map(|key| (key.as_str().into(), usual(key).into())).collect();
            mapping.insert("publish".into(), publish.into());
        } else {
            let read = keys.read.iter().filter(|key| !keys.written.contains_key(*key)).take(MOST);
            let variables: Mapping = read.map(|key| (name(key).into(), one("app", key.as_str().into()))).collect();
            let value = |value: &Option<&Expr>| {
                let value = value.and_then(|value| self.evaluate(value, &Scope::default()));
                value.map_or_else(|| "…".to_owned(), |value| value.template())
            };
            let written = keys.written.iter().take(MOST);
            let publish: Mapping = written.map(|(key, text)| (key.as_str().into(), value(text).into())).collect();
            mapping.insert("variables".into(), variables.into());
            mapping.insert("publish".into(), publish.into());
        }
        mapping.retain(|_, entries| entries.as_mapping().is_some_and(|entries| !entries.is_empty()));
        if mapping.is_empty() {
            mapping.insert("variables".into(), "…".into());
        }
        let mut counterpart = Counterpart::default();
        counterpart.add("integrations", endpoint, mapping);
        counterpart
    }

    /// The file of a charm library, such as `charms.nats.v0.nats.Client`.
    fn library_file(&self, path: &str) -> Option<Module> {
        let parts: Vec<_> = path.split('.').take_while(|part| !part.starts_with(char::is_uppercase)).collect();
        let of = |parts: &[&str]| {
            let text = self.folder?.text(format!("lib/{}.py", parts.join("/"))).ok()??;
            Module::parse(&text).ok()
        };
        if parts.first() != Some(&"charms") {
            return None;
        }
        of(&parts).or_else(|| of(&parts[..parts.len() - 1]))
    }
}

/// Value of a key whose name says what it is.
fn usual(key: &str) -> &'static str {
    match key {
        "port" | "service-port" => "${port}",
        "host" | "hostname" => "${app}.${model}",
        "url" | "endpoint" | "address" => "${url}",
        "app" | "name" | "service-name" => "${app}",
        "model" | "namespace" => "${model}",
        _ => "…",
    }
}

impl<'a> Visitor<'a> for Keys<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Assign(assign) = statement {
            for target in &assign.targets {
                let item = target.as_subscript_expr().filter(|item| is_own_bag(&item.value));
                let key = item.and_then(|item| key(&item.slice));
                self.written.extend(key.map(|key| (key, Some(&*assign.value))));
            }
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        let read = match expression {
            Expr::Subscript(item) if is_bag(&item.value) => key(&item.slice),
            Expr::Call(call) => call
                .func
                .as_attribute_expr()
                .filter(|method| method.attr.as_str() == "get" && is_bag(&method.value))
                .and_then(|_| key(call.arguments.args.first()?)),
            _ => None,
        };
        self.read.extend(read);
        walk_expr(self, expression);
    }
}

/// A key of a databag: a text in lower case.
fn key(expression: &Expr) -> Option<String> {
    let text = expression.as_string_literal_expr()?.value.to_str().to_owned();
    let is_key = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_.".contains(letter);
    (!text.is_empty() && text.chars().all(is_key)).then_some(text)
}

/// `….data[…]`, or a name that says that it is a relation's data.
fn is_bag(expression: &Expr) -> bool {
    match expression {
        Expr::Subscript(item) => item.value.as_attribute_expr().is_some_and(|object| object.attr.as_str() == "data"),
        Expr::Name(name) => name.id.as_str().contains("data"),
        Expr::Attribute(attribute) => attribute.attr.as_str().contains("relation_data"),
        _ => false,
    }
}

/// `….data[self.app]`.
fn is_own_bag(expression: &Expr) -> bool {
    let Expr::Subscript(item) = expression else { return false };
    let Expr::Attribute(whose) = &*item.slice else { return false };
    let is_own = matches!(&*whose.value, Expr::Name(name) if name.id.as_str() == "self") || {
        let parent = whose.value.as_attribute_expr().map(|parent| parent.attr.as_str());
        matches!(parent, Some("model" | "charm" | "_charm"))
    };
    whose.attr.as_str() == "app" && is_own && is_bag(expression)
}
