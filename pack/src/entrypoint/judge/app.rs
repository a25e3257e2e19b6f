//! A `_create_app` of the charm's class: the framework's application with other prefixes or variables.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, ExprCall, Keyword, Stmt, StmtClassDef, StmtFunctionDef};

use super::environment::Made;
use super::handler::method;
use super::{Judge, is_self};
use crate::Framework;

/// Class of an application that is given its prefixes.
const APP: [&str; 2] = ["paas_charm.app.App", "paas_app_charmer.app.App"];

/// Class of FastAPI's application, which has prefixes of its own.
const FASTAPI: [&str; 2] = ["paas_charm.fastapi.app.FastAPIApp", "paas_app_charmer.fastapi.app.FastAPIApp"];

/// Prefix that each argument sets, as `webcharm.yaml` names it.
const PREFIXES: [(&str, &str); 3] = [
    ("configuration_prefix", "options"),
    ("framework_config_prefix", "framework"),
    ("integrations_prefix", "integrations"),
];

/// Attributes of the charm that the application is made of.
const PARTS: [(&str, &str); 3] = [
    ("container", "_container"),
    ("workload_config", "_workload_config"),
    ("database_migration", "_database_migration"),
];

/// Most classes of the file that inherit each other.
const DEEPEST: usize = 8;

/// Meaning of a name in `_create_app`.
enum Local<'a> {
    State,
    App,
    Function(&'a StmtFunctionDef),
}

/// Prefixes of the application that is made, by argument; `None` for one that isn't written out.
type Given = BTreeMap<&'static str, Option<String>>;

/// Class of the application that is made, as far as the file says.
struct Class {
    /// True for a class with prefixes, false for one that sets its own.
    has_prefixes: bool,
    given: Given,
    made: Made,
}

/// Walk through the statements of a `_create_app`.
struct Walk<'j, 'a> {
    judge: &'j Judge<'a>,
    locals: BTreeMap<&'a str, Local<'a>>,
    /// Names of the charm besides `self`.
    charms: BTreeSet<String>,
    /// True once an application is made.
    is_made: bool,
    /// Line of the method.
    line: usize,
    made: Made,
}

impl<'a> Judge<'a> {
    /// Reads a `_create_app`.
    pub(super) fn app(&self, function: &'a StmtFunctionDef) -> Made {
        let (line, locals, charms) = (self.module.line(function), BTreeMap::new(), BTreeSet::new());
        let mut walk = Walk { judge: self, locals, charms, is_made: false, line, made: Made::default() };
        for statement in &function.body {
            if walk.statement(statement).is_none() {
                walk.made.unread.push(self.module.line(statement));
            }
        }
        let Walk { is_made, mut made, .. } = walk;
        if !is_made && made.unread.is_empty() {
            made.unread.push(line);
        }
        made
    }
}

impl<'a> Walk<'_, 'a> {
    fn statement(&mut self, statement: &'a Stmt) -> Option<()> {
        match statement {
            Stmt::Pass(_) => Some(()),
            Stmt::FunctionDef(inner) => {
                self.locals.insert(inner.name.as_str(), Local::Function(inner));
                Some(())
            }
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [target] => self.assign(target, &assign.value),
                _ => None,
            },
            Stmt::Expr(expression) => match &*expression.value {
                Expr::StringLiteral(_) => Some(()),
                Expr::Call(call) if self.judge.is_log(call) => Some(()),
                Expr::Call(call) => self.set_attribute(call),
                _ => None,
            },
            Stmt::Return(end) => match end.value.as_deref()? {
                Expr::Name(name) => matches!(self.locals.get(name.id.as_str()), Some(Local::App)).then_some(()),
                other => self.local(other).map(drop),
            },
            _ => None,
        }
    }

    fn assign(&mut self, target: &'a Expr, value: &'a Expr) -> Option<()> {
        match target {
            Expr::Name(name) if is_self(value) => drop(self.charms.insert(name.id.to_string())),
            Expr::Name(name) => {
                let local = self.local(value)?;
                self.locals.insert(name.id.as_str(), local);
            }
            Expr::Attribute(target) if target.attr.as_str() == "gen_environment" => {
                self.patch(&target.value, value)?;
            }
            Expr::Attribute(target) => self.set_prefix(&target.value, target.attr.as_str(), value)?,
            _ => return None,
        }
        Some(())
    }

    /// Meaning of a value. The prefixes and variables of an application that it makes are added.
    fn local(&mut self, value: &'a Expr) -> Option<Local<'a>> {
        let call = value.as_call_expr()?;
        if is_of_parent(call, "_create_app") {
            self.is_made = true;
            return Some(Local::App);
        }
        if is_state(call) {
            return Some(Local::State);
        }
        let judge = self.judge;
        let mut class = judge.class_of_app(&judge.names.resolve(&call.func)?, 0)?;
        for keyword in &call.arguments.keywords {
            if !self.is_given(keyword, &mut class.given) {
                class.made.unread.push(judge.module.line(keyword));
            }
        }
        if !call.arguments.args.is_empty() {
            class.made.unread.push(judge.module.line(call));
        }
        self.made.extend(judge.prefixed(class, self.line));
        self.is_made = true;
        Some(Local::App)
    }

    /// Returns true for an argument that only passes on what the framework's charm would, or a text.
    fn is_given(&self, keyword: &Keyword, given: &mut Given) -> bool {
        let Some(name) = keyword.arg.as_ref().map(|name| name.as_str()) else { return false };
        if let Some((prefix, _)) = PREFIXES.iter().find(|(prefix, _)| *prefix == name) {
            given.insert(prefix, self.judge.text(&keyword.value));
            return true;
        }
        if let Some((_, attribute)) = PARTS.iter().find(|(part, _)| *part == name) {
            return method(&keyword.value).as_deref() == Some(attribute);
        }
        let has_state = match &keyword.value {
            Expr::Name(local) => matches!(self.locals.get(local.id.as_str()), Some(Local::State)),
            Expr::Call(call) => is_state(call),
            _ => false,
        };
        name == "charm_state" && has_state
    }

    /// `app.configuration_prefix = ""` of the framework's own application.
    fn set_prefix(&mut self, app: &Expr, name: &str, value: &Expr) -> Option<()> {
        let (_, key) = PREFIXES.iter().find(|(argument, _)| *argument == name)?;
        let is_app = matches!(self.locals.get(app.as_name_expr()?.id.as_str()), Some(Local::App));
        // Spring's options are properties, whose names are its own.
        let has_it = *key != "framework" || self.judge.framework != Some(Framework::SpringBoot);
        let prefix = self.judge.text(value).filter(|_| is_app && has_it)?;
        self.made.counterpart.add("prefixes", key, prefix);
        Some(())
    }

    /// `app.gen_environment = function`.
    fn patch(&mut self, app: &Expr, function: &Expr) -> Option<()> {
        let local = |value: &Expr| self.locals.get(value.as_name_expr()?.id.as_str());
        let (Some(Local::App), Some(Local::Function(function))) = (local(app), local(function)) else { return None };
        let made = self.judge.environment(function, &self.charms);
        self.made.extend(made);
        Some(())
    }

    /// `setattr(app, "gen_environment", function)`.
    fn set_attribute(&mut self, call: &ExprCall) -> Option<()> {
        let [app, name, function] = &*call.arguments.args else { return None };
        let is_it = call.func.as_name_expr()?.id.as_str() == "setattr";
        let name = self.judge.text(name).filter(|name| is_it && name == "gen_environment");
        name.and_then(|_| self.patch(app, function))
    }
}

/// Reading of the application's class.
impl Judge<'_> {
    /// Class of an application: the framework's, or one of the file that inherits it.
    fn class_of_app(&self, path: &str, depth: usize) -> Option<Class> {
        let known = |has_prefixes| Class { has_prefixes, given: Given::new(), made: Made::default() };
        if APP.contains(&path) {
            return Some(known(true));
        }
        if FASTAPI.contains(&path) {
            return Some(known(false));
        }
        let own: &StmtClassDef = self.classes.get(path).filter(|_| depth < DEEPEST)?;
        let [base] = &*own.arguments.as_ref()?.args else { return None };
        let mut class = self.class_of_app(&self.names.resolve(base)?, depth + 1)?;
        for statement in &own.body {
            let read = match statement {
                Stmt::Pass(_) => true,
                Stmt::Expr(expression) => expression.value.is_string_literal_expr(),
                Stmt::FunctionDef(method) if method.name.as_str() == "__init__" => {
                    self.constructor_of_app(method, &mut class.given)
                }
                Stmt::FunctionDef(method) if method.name.as_str() == "gen_environment" => {
                    class.made.extend(self.environment(method, &BTreeSet::new()));
                    true
                }
                _ => false,
            };
            if !read {
                class.made.unread.push(self.module.line(statement));
            }
        }
        Some(class)
    }

    /// Returns true for a constructor that passes its arguments on, perhaps with prefixes, and keeps others.
    fn constructor_of_app(&self, constructor: &StmtFunctionDef, given: &mut Given) -> bool {
        let mut named = Vec::new();
        for parameter in &constructor.parameters.kwonlyargs {
            let known = PREFIXES.iter().find(|(prefix, _)| *prefix == parameter.parameter.name.as_str());
            named.extend(known.map(|(prefix, _)| *prefix));
            if let (Some((prefix, _)), Some(default)) = (known, &parameter.default) {
                given.insert(prefix, self.text(default));
            }
        }
        constructor.body.iter().all(|statement| match statement {
            Stmt::Pass(_) => true,
            Stmt::Expr(expression) => match &*expression.value {
                Expr::StringLiteral(_) => true,
                Expr::Call(call) if is_of_parent(call, "__init__") => self.passes_on(call, &named, given),
                _ => false,
            },
            // A name of the class's own: the framework's begin with a part's, and are not set here.
            Stmt::Assign(assign) => {
                let own = |target: &Expr| {
                    let name = method(target);
                    let is_part = |name: &str| PARTS.iter().any(|(_, part)| *part == name) || name.contains("prefix");
                    name.is_some_and(|name| !is_part(&name) && name != "_charm_state")
                };
                assign.targets.iter().all(own) && assign.value.is_name_expr()
            }
            _ => false,
        })
    }

    /// Returns true if a call passes on its arguments, the `named` prefixes among them, or gives prefixes as texts.
    fn passes_on(&self, call: &ExprCall, named: &[&str], given: &mut Given) -> bool {
        let is_passed = |keyword: &Keyword| match (&keyword.arg, &keyword.value) {
            (None, Expr::Name(_)) => true,
            (Some(name), Expr::Name(value)) => name.as_str() == value.id.as_str(),
            _ => false,
        };
        let is_positional =
            |argument: &Expr| matches!(argument, Expr::Starred(starred) if starred.value.is_name_expr());
        let has_named = named.iter().all(|name| call.arguments.find_keyword(name).is_some());
        let mut all = has_named && call.arguments.args.iter().all(is_positional);
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref().map_or("", |name| name.as_str());
            match (PREFIXES.iter().find(|(prefix, _)| *prefix == name), self.text(&keyword.value)) {
                (Some((prefix, _)), Some(text)) => drop(given.insert(prefix, Some(text))),
                _ => all &= is_passed(keyword),
            }
        }
        all
    }

    /// Declarations of the prefixes that differ from the framework's. `at` is the line of `_create_app`.
    fn prefixed(&self, class: Class, at: usize) -> Made {
        let Class { has_prefixes, given, mut made } = class;
        let is_plain = matches!(self.framework, Some(Framework::Go | Framework::ExpressJs | Framework::FastApi));
        if !is_plain || (!has_prefixes && !given.is_empty()) {
            // The other frameworks' applications have more parts, or no prefixes.
            made.unread.push(at);
        }
        for (argument, key) in PREFIXES {
            // Prefix of the class, where the framework's own charm gives it another.
            let default = match key {
                "framework" if has_prefixes => self.first_line_prefix(),
                _ => self.usual(key),
            };
            match given.get(argument) {
                Some(None) => made.unread.push(at),
                Some(Some(prefix)) => self.declare(key, prefix, &mut made),
                None => self.declare(key, default, &mut made),
            }
        }
        made
    }

    fn declare(&self, key: &str, prefix: &str, made: &mut Made) {
        if prefix != self.usual(key) {
            made.counterpart.add("prefixes", key, prefix);
        }
    }

    /// Prefix that the framework's own charm gives its application.
    fn usual(&self, key: &str) -> &'static str {
        match (self.framework, key) {
            (Some(Framework::Flask), "options" | "framework") => "FLASK_",
            (Some(Framework::Django), "options" | "framework") => "DJANGO_",
            (_, "options") => "APP_",
            (Some(Framework::Go), "framework") => self.first_line_prefix(),
            _ => "",
        }
    }

    /// Prefix of the framework's options if an application is made without one.
    fn first_line_prefix(&self) -> &'static str {
        if self.context.is_second_line() { "" } else { "APP_" }
    }
}

/// Returns true for `self._create_charm_state()`.
fn is_state(call: &ExprCall) -> bool {
    method(&call.func).as_deref() == Some("_create_charm_state") && call.arguments.is_empty()
}

/// Returns true for `super().NAME(…)`.
fn is_of_parent(call: &ExprCall, name: &str) -> bool {
    let Some(method) = call.func.as_attribute_expr().filter(|method| method.attr.as_str() == name) else {
        return false;
    };
    let parent = method.value.as_call_expr().and_then(|parent| parent.func.as_name_expr());
    parent.is_some_and(|parent| parent.id.as_str() == "super")
}
