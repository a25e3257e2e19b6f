//! Expressions of a `src/charm.py`: values, which have no effect, and calls, each with its purpose.

use std::collections::BTreeSet;

use ruff_python_ast::{Arguments, Expr, ExprCall, Stmt, StmtFunctionDef};

use super::{Judge, Place, handler, is_self};
use crate::entrypoint::names;
use crate::entrypoint::purpose::Purpose;

/// Functions, and beginnings of functions' paths, that have no effect besides the charm's own log and imports.
const HARMLESS: [&str; 36] = [
    "bool",
    "bytes",
    "cast",
    "collections.",
    "dataclasses.",
    "datetime.",
    "dict",
    "enum.",
    "float",
    "frozenset",
    "getattr",
    "hasattr",
    "int",
    "isinstance",
    "len",
    "list",
    "logging.",
    "max",
    "min",
    "ops.log.",
    "os.environ.get",
    "os.getenv",
    "os.path.",
    "pathlib.",
    "range",
    "re.compile",
    "repr",
    "set",
    "sorted",
    "str",
    "sys.path.",
    "tuple",
    "type",
    "typing.",
    "typing_extensions.",
    "warnings.",
];

/// Methods without an effect, whatever their object is.
const READING: [&str; 19] = [
    "absolute",
    "as_posix",
    "exists",
    "expanduser",
    "format",
    "get",
    "is_file",
    "items",
    "join",
    "joinpath",
    "keys",
    "lower",
    "read_text",
    "replace",
    "resolve",
    "split",
    "strip",
    "upper",
    "with_suffix",
];

/// Library classes of integrations that every charm of the frameworks has.
const BUILTIN: [&str; 6] = ["Grafana", "Ingress", "LogForwarder", "Loki", "MetricsEndpoint", "Prometheus"];

impl<'a> Judge<'a> {
    /// A statement that is an expression: a call may start the charm.
    pub(super) fn expression(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(call) => self.call(call),
            Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Await(_) => self.refuse(expression, Purpose::Other),
            other => self.value(other),
        }
    }

    /// An expression whose value is used: each call in it must be harmless.
    pub(super) fn value(&mut self, value: &'a Expr) {
        let mut calls = Calls::default();
        ruff_python_ast::visitor::Visitor::visit_expr(&mut calls, value);
        // One refusal says enough about a value.
        if let Some(call) = calls.0.into_iter().find(|call| !self.is_harmless(call)) {
            let purpose = self.purpose(call);
            self.refuse(call, purpose);
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        let path = self.names.resolve(&call.func).unwrap_or_default();
        if names::starts(&path) {
            if !self.is_start(&call.arguments) {
                self.refuse(call, Purpose::Start);
            }
        } else if matches!(path.as_str(), "sys.exit" | "exit") {
            call.arguments.args.iter().for_each(|argument| self.expression(argument));
        } else if is_super_call(call) {
            if !call.arguments.args.iter().all(is_passed_on) {
                self.refuse(call, Purpose::Arguments);
            }
        } else if let Some(function) = self.functions.remove(&path) {
            // Removed, so that a function that calls itself is judged once.
            self.block(&function.body, Place::Module);
        } else {
            self.value_of_call(call);
        }
    }

    fn value_of_call(&mut self, call: &'a ExprCall) {
        if !self.is_harmless(call) {
            let purpose = self.purpose(call);
            return self.refuse(call, purpose);
        }
        call.arguments.args.iter().for_each(|argument| self.value(argument));
        call.arguments.keywords.iter().for_each(|keyword| self.value(&keyword.value));
    }

    /// Returns true if the charm that is started is a framework's.
    fn is_start(&self, arguments: &Arguments) -> bool {
        let class = arguments.find_argument_value("charm_class", 0);
        let path = class.and_then(|class| self.names.resolve(class)).unwrap_or_default();
        self.charms.contains_key(&path) || names::framework(&path).is_some()
    }

    /// Returns true for a method of the charm that only sets the workload's version.
    fn is_of_version(&self, handler: &Expr) -> bool {
        let method = handler.as_attribute_expr().filter(|method| is_self(&method.value));
        method.is_some_and(|method| self.versions.contains(method.attr.as_str()))
    }

    /// Returns true if a function sets the workload's version, itself or by a method in `setters`, and does no more than
    /// that and logging.
    pub(super) fn only_sets_version(&self, function: &StmtFunctionDef, setters: &BTreeSet<String>) -> bool {
        let call = |statement: &'_ Stmt| match statement {
            Stmt::Expr(expression) => expression.value.as_call_expr().cloned(),
            _ => None,
        };
        let is_setter = |call: &ExprCall| handler::method(&call.func).is_some_and(|method| setters.contains(&method));
        let is_version = |statement: &Stmt| call(statement).is_some_and(|call| sets_version(&call) || is_setter(&call));
        let is_harmless = |statement: &Stmt| match statement {
            Stmt::Expr(expression) if expression.value.is_string_literal_expr() => true,
            other => other.is_pass_stmt() || call(other).is_some_and(|call| self.is_harmless(&call)),
        };
        let body = &function.body;
        body.iter().any(is_version) && body.iter().all(|statement| is_version(statement) || is_harmless(statement))
    }

    /// Returns true for a call of a logger.
    pub(super) fn is_log(&self, call: &ExprCall) -> bool {
        self.path(call).starts_with("logging.")
    }

    pub(super) fn is_harmless(&self, call: &ExprCall) -> bool {
        let path = self.path(call);
        let is_known = |known: &&str| path == **known || (known.ends_with('.') && path.starts_with(*known));
        HARMLESS.iter().any(is_known) || (is_reading(call) && !self.is_of_module(&call.func))
    }

    /// Returns true for a function of an imported module, such as `requests.get`.
    fn is_of_module(&self, function: &Expr) -> bool {
        match function {
            Expr::Attribute(attribute) => self.is_of_module(&attribute.value),
            Expr::Name(name) => self.names.has(name.id.as_str()),
            _ => false,
        }
    }

    /// Dotted path of the called function; of a method of another call's result, `logging.getLogger.setLevel`.
    fn path(&self, call: &ExprCall) -> String {
        let chained = |method: &ruff_python_ast::ExprAttribute| {
            Some(format!("{}.{}", self.path(method.value.as_call_expr()?), method.attr))
        };
        let path = self.names.resolve(&call.func).or_else(|| chained(call.func.as_attribute_expr()?));
        path.unwrap_or_default()
    }

    /// Purpose of a call that isn't harmless.
    fn purpose(&self, call: &ExprCall) -> Purpose {
        let name = match &*call.func {
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            Expr::Name(name) => name.id.as_str(),
            _ => return Purpose::Other,
        };
        let path = self.path(call);
        let first = call.arguments.args.first();
        if let Some(counterpart) = self.route(call) {
            return Purpose::Counterpart(counterpart);
        }
        match name {
            "observe" if call.arguments.args.get(1).is_some_and(|handler| self.is_of_version(handler)) => {
                Purpose::Version
            }
            "observe" => first.map_or(Purpose::Other, |event| self.observed(event, call.arguments.args.get(1))),
            "set_workload_version" => Purpose::Version,
            "open_port" | "close_port" | "set_ports" => Purpose::Port,
            _ if path.starts_with("os.environ.") || path == "os.putenv" => Purpose::Variable,
            _ if self.sets_version_by_itself(call) => Purpose::Version,
            _ if self.is_given_charm(call) => self.library(name, &path, &call.arguments),
            _ => Purpose::Other,
        }
    }

    /// Returns true for `self.METHOD()` of a method that only sets the version.
    fn sets_version_by_itself(&self, call: &ExprCall) -> bool {
        handler::method(&call.func).is_some_and(|method| self.versions.contains(&method))
    }

    /// Returns true if the charm is an argument.
    fn is_given_charm(&self, call: &ExprCall) -> bool {
        call.arguments.find_argument_value("charm", 0).is_some_and(is_self)
    }

    /// Purpose of observing an event: `self.on.backup_action`, `self.on["db"].relation_changed`, `self.db.on.ready`.
    fn observed(&self, event: &Expr, handler: Option<&Expr>) -> Purpose {
        let Expr::Attribute(attribute) = event else { return Purpose::Other };
        let name = attribute.attr.as_str();
        let action = |name: String| match self.action(&name, handler, &self.methods) {
            (counterpart, true) => Purpose::Counterpart(counterpart),
            (counterpart, false) => Purpose::Action { name, counterpart, besides: self.besides(handler) },
        };
        let integration = |endpoint: String, library: Option<&str>| {
            let counterpart = self.mapping(&endpoint, library);
            Purpose::Integration { endpoint, counterpart }
        };
        if let Some(name) = name.strip_suffix("_action") {
            return action(name.replace('_', "-"));
        }
        match &*attribute.value {
            Expr::Subscript(item) => {
                let subject = self.text(&item.slice).unwrap_or_else(|| "NAME".to_owned());
                if name == "action" { action(subject) } else { integration(subject, None) }
            }
            // An event of a library's object, such as `self.database.on.database_created`.
            Expr::Attribute(on) if on.attr.as_str() == "on" && !is_self(&on.value) => {
                let object = on.value.as_attribute_expr().map(|object| object.attr.as_str());
                let known = object.and_then(|object| self.objects.get(object));
                let guess = || object.unwrap_or("NAME").trim_start_matches('_').replace('_', "-");
                let endpoint = known.map_or_else(guess, |(endpoint, _)| endpoint.clone());
                integration(endpoint, known.map(|(_, path)| path.as_str()))
            }
            _ => match name.split_once("_relation_") {
                Some((endpoint, _)) => integration(endpoint.replace('_', "-"), None),
                None => Purpose::Event(name.replace('_', "-")),
            },
        }
    }

    /// Purpose of an object that is given the charm: of a charm library, `Library(self, "endpoint")`, or of the author's own.
    fn library(&self, class: &str, path: &str, arguments: &Arguments) -> Purpose {
        if BUILTIN.iter().any(|known| class.starts_with(known)) {
            return Purpose::Builtin;
        }
        if path.contains('.') && !path.starts_with("charms.") {
            let (counterpart, actions) = self.observer(path);
            return Purpose::Own { path: path.to_owned(), counterpart, actions };
        }
        let endpoint = self.endpoint(arguments).unwrap_or_else(|| "NAME".to_owned());
        let counterpart = self.mapping(&endpoint, Some(path));
        Purpose::Integration { endpoint, counterpart }
    }

    /// Endpoint among the arguments of a charm library's object.
    pub(super) fn endpoint(&self, arguments: &Arguments) -> Option<String> {
        let names = ["relation_name", "endpoint", "relation"];
        names.iter().find_map(|name| arguments.find_argument_value(name, 1)).and_then(|value| self.text(value))
    }
}

/// Returns true for `….set_workload_version(…)`.
fn sets_version(call: &ExprCall) -> bool {
    call.func.as_attribute_expr().is_some_and(|method| method.attr.as_str() == "set_workload_version")
}

/// Returns true for the name of a method that only reads.
fn is_reading(call: &ExprCall) -> bool {
    let method = call.func.as_attribute_expr().map(|attribute| attribute.attr.as_str());
    method.is_some_and(|method| READING.contains(&method))
}

/// Returns true for `super().__init__(…)` and its other spellings: `super(X, self).__init__(…)`, `Base.__init__(self, …)`.
fn is_super_call(call: &ExprCall) -> bool {
    let Expr::Attribute(method) = &*call.func else { return false };
    if method.attr.as_str() != "__init__" {
        return false;
    }
    match &*method.value {
        Expr::Call(parent) => parent.func.as_name_expr().is_some_and(|name| name.id.as_str() == "super"),
        _ => call.arguments.args.first().is_some_and(is_self),
    }
}

/// Returns true for a parameter that is passed on, also as `*args` or `args[0]`.
fn is_passed_on(argument: &Expr) -> bool {
    match argument {
        Expr::Name(_) => true,
        Expr::Starred(starred) => is_passed_on(&starred.value),
        Expr::Subscript(item) => is_passed_on(&item.value),
        _ => false,
    }
}

/// Returns true for a method that only calls the one it replaces.
pub(super) fn only_passes_on(function: &StmtFunctionDef) -> bool {
    let own = function.name.as_str();
    let is_parent = |call: &ExprCall| {
        let Expr::Attribute(method) = &*call.func else { return false };
        let parent = method.value.as_call_expr().and_then(|parent| parent.func.as_name_expr());
        method.attr.as_str() == own && parent.is_some_and(|name| name.id.as_str() == "super")
    };
    let value = |statement: &Stmt| match statement {
        Stmt::Expr(expression) => Some((*expression.value).clone()),
        Stmt::Return(end) => end.value.as_deref().cloned(),
        _ => None,
    };
    let calls = |statement: &Stmt| value(statement).is_some_and(|value| value.as_call_expr().is_some_and(is_parent));
    let is_docstring = |statement: &Stmt| value(statement).is_some_and(|value| value.is_string_literal_expr());
    function.body.iter().any(calls) && function.body.iter().all(|statement| calls(statement) || is_docstring(statement))
}

/// Collector of the calls in an expression; a lambda's are made later, if at all.
#[derive(Default)]
struct Calls<'a>(Vec<&'a ExprCall>);

impl<'a> ruff_python_ast::visitor::Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Lambda(_) => return,
            Expr::Call(call) => self.0.push(call),
            _ => {}
        }
        ruff_python_ast::visitor::walk_expr(self, expression);
    }
}
