//! The statements of a `src/charm.py`: those that only start the framework's charm, and the purpose of each other one.

mod action;
mod app;
mod environment;
mod expression;
mod folder;
mod handler;
mod integration;
mod observer;
mod renaming;
mod route;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtAssign, StmtClassDef, StmtFunctionDef, StmtIf, StmtTry};
use ruff_text_size::Ranged;

use super::context::Context;
use super::counterpart::Counterpart;
use super::names::{self, Names};
use super::purpose::Purpose;
use crate::Framework;
use crate::folder::Folder;
use crate::python::module::Module;

/// Handlers of the framework's own actions.
const ACTIONS: [&str; 2] = ["_on_rotate_secret_key_action", "_on_create_superuser_action"];

/// Members of the framework's class that its own code calls or reads (paas-charm 1.12 and 2.0), besides the handlers,
/// whose names begin with `_on_`.
const MEMBERS: [&str; 34] = [
    "_base_url",
    "_check_gevent_package",
    "_container",
    "_create_app",
    "_create_charm_state",
    "_database_migration",
    "_database_requirers",
    "_framework_name",
    "_gen_environment",
    "_is_ready",
    "_missing_required_integrations",
    "_observability",
    "_paas_config",
    "_reconcile",
    "_reconcile_with_migrations",
    "_reconcile_without_migrations",
    "_secret_storage",
    "_state_dir",
    "_workload_config",
    "build_cos_dir",
    "create_webserver_config",
    "framework",
    "framework_config_class",
    "gen_environment",
    "get_cos_custom_dir",
    "get_cos_default_dir",
    "get_cos_dir",
    "get_cos_merged_dir",
    "get_framework_config",
    "is_ready",
    "on",
    "paas_config_framework_fields",
    "restart",
    "update_app_and_unit_status",
];

/// Place of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The file's top level, or the block of the main guard.
    Module,
    /// The body of a class of the framework's.
    Class,
    /// The body of its constructor.
    Constructor,
}

/// Judgement of a file.
pub(super) struct Judge<'a> {
    module: &'a Module,
    names: Names,
    context: &'a Context,
    /// Folder of the project, for the modules and libraries that the file imports.
    folder: Option<&'a Folder>,
    /// Classes of the file.
    classes: BTreeMap<String, &'a StmtClassDef>,
    /// Classes of the file that inherit a framework's charm.
    charms: BTreeMap<String, Framework>,
    /// Functions of the file, which may be the one that starts the charm.
    functions: BTreeMap<String, &'a StmtFunctionDef>,
    /// Endpoints and classes of the libraries' objects, by the charm's attribute.
    objects: BTreeMap<String, (String, String)>,
    /// Texts that names of the file stand for.
    constants: BTreeMap<String, String>,
    /// Methods of the class.
    methods: BTreeMap<String, &'a StmtFunctionDef>,
    /// Methods that the class observes events with.
    handlers: BTreeSet<String>,
    /// Methods of the class that only set the workload's version.
    versions: BTreeSet<String>,
    /// The framework whose charm the file starts.
    pub(super) framework: Option<Framework>,
    /// Line and purpose of each statement that does more.
    pub(super) found: Vec<(usize, Purpose)>,
    /// Declarations that do the same as some of these.
    pub(super) counterpart: Counterpart,
}

impl<'a> Judge<'a> {
    /// Judges `module`, in a project with the declarations `context`.
    pub(super) fn of(module: &'a Module, context: &'a Context, folder: Option<&'a Folder>) -> Self {
        let classes = module.statements().iter().filter_map(Stmt::as_class_def_stmt);
        let mut judge = Self {
            module,
            names: Names::default(),
            context,
            folder,
            classes: classes.map(|class| (class.name.to_string(), class)).collect(),
            charms: BTreeMap::new(),
            functions: BTreeMap::new(),
            objects: BTreeMap::new(),
            constants: BTreeMap::new(),
            methods: BTreeMap::new(),
            handlers: BTreeSet::new(),
            versions: BTreeSet::new(),
            framework: None,
            found: Vec::new(),
            counterpart: Counterpart::default(),
        };
        judge.block(module.statements(), Place::Module);
        judge
    }

    fn refuse(&mut self, node: &impl Ranged, purpose: Purpose) {
        let line = self.module.line(node);
        let earlier = self.found.iter().find(|(_, earlier)| purpose.is_of_the_same_integration(earlier));
        let purpose = match earlier {
            Some((line, _)) => Purpose::Again(*line),
            None => purpose.unless_declared(&self.context.switches),
        };
        if let Purpose::Counterpart(counterpart) = &purpose {
            self.counterpart.extend(counterpart.clone());
        }
        // The first refusal of a line says enough.
        if self.found.last().is_none_or(|(last, _)| *last != line) {
            self.found.push((line, purpose));
        }
    }

    fn block(&mut self, statements: &'a [Stmt], place: Place) {
        statements.iter().for_each(|statement| self.statement(statement, place));
    }

    fn statement(&mut self, statement: &'a Stmt, place: Place) {
        match statement {
            // A statement that only fails is no way to run a charm.
            Stmt::Pass(_) | Stmt::TypeAlias(_) | Stmt::Global(_) | Stmt::Raise(_) | Stmt::Assert(_) => {}
            Stmt::Import(import) => self.names.import(import),
            Stmt::ImportFrom(import) => self.names.import_from(import),
            Stmt::If(branch) => self.branch(branch, place),
            Stmt::Try(attempt) => self.attempt(attempt, place),
            Stmt::ClassDef(class) => self.class(class, place),
            Stmt::FunctionDef(function) => self.function(function, place),
            Stmt::Expr(expression) => self.expression(&expression.value),
            Stmt::Assign(assign) => self.assign(assign, place),
            Stmt::AnnAssign(assign) => {
                assign.value.iter().for_each(|value| self.constant(&assign.target, value));
                self.target(&assign.target, place);
                assign.value.iter().for_each(|value| self.value(value));
            }
            Stmt::AugAssign(assign) => {
                self.target(&assign.target, place);
                self.value(&assign.value);
            }
            Stmt::Return(end) => end.value.iter().for_each(|value| self.expression(value)),
            other => self.refuse(other, Purpose::Other),
        }
    }

    /// An `if`: its block is not run for a type checker's guard; the main guard is a branch like others.
    fn branch(&mut self, branch: &'a StmtIf, place: Place) {
        let for_checkers = self.names.resolve(&branch.test);
        if !matches!(for_checkers.as_deref(), Some("typing.TYPE_CHECKING" | "TYPE_CHECKING")) {
            self.value(&branch.test);
            self.block(&branch.body, place);
        }
        for clause in &branch.elif_else_clauses {
            clause.test.iter().for_each(|test| self.value(test));
            self.block(&clause.body, place);
        }
    }

    fn attempt(&mut self, attempt: &'a StmtTry, place: Place) {
        self.block(&attempt.body, place);
        for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
            self.block(&handler.body, place);
        }
        self.block(&attempt.orelse, place);
        self.block(&attempt.finalbody, place);
    }

    fn assign(&mut self, assign: &'a StmtAssign, place: Place) {
        if let ([Expr::Name(name)], Some(path)) = (assign.targets.as_slice(), self.alias(&assign.value)) {
            self.names.bind(name.id.as_str(), &path);
        }
        assign.targets.iter().for_each(|target| self.constant(target, &assign.value));
        self.object(&assign.targets, &assign.value);
        assign.targets.iter().for_each(|target| self.target(target, place));
        self.value(&assign.value);
    }

    /// Keeps the endpoint of `self.NAME = Library(self, "endpoint")`.
    fn object(&mut self, targets: &[Expr], value: &Expr) {
        let Some(call) = value.as_call_expr() else { return };
        let class = self.names.resolve(&call.func).unwrap_or_default();
        if let ([target], Some(endpoint)) = (targets, self.endpoint(&call.arguments)) {
            self.objects.extend(handler::method(target).map(|name| (name, (endpoint, class))));
        }
    }

    fn constant(&mut self, target: &Expr, value: &Expr) {
        if let (Some(name), Some(text)) = (target.as_name_expr(), self.text(value)) {
            self.constants.insert(name.id.to_string(), text);
        }
    }

    /// The text of a literal, or of a name that stands for one.
    fn text(&self, expression: &Expr) -> Option<String> {
        match expression {
            Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
            Expr::Name(name) => self.constants.get(name.id.as_str()).cloned(),
            _ => None,
        }
    }

    /// Path that a name stands for after `name = value`: another name's, or the module logging's for a logger.
    fn alias(&self, value: &Expr) -> Option<String> {
        let is_logger = |call: &ruff_python_ast::ExprCall| {
            self.names.resolve(&call.func).is_some_and(|path| path == "logging.getLogger")
        };
        match value {
            Expr::Call(call) if is_logger(call) => Some("logging".to_owned()),
            other => self.names.resolve(other),
        }
    }

    fn target(&mut self, target: &Expr, place: Place) {
        let member = match target {
            Expr::Name(name) if place == Place::Class => name.id.as_str(),
            Expr::Attribute(attribute) if is_self(&attribute.value) => attribute.attr.as_str(),
            Expr::Name(_) => return,
            Expr::Tuple(tuple) => return tuple.elts.iter().for_each(|target| self.target(target, place)),
            other => {
                let purpose = self.written(other);
                return self.refuse(other, purpose);
            }
        };
        if is_member(member) {
            self.refuse(target, Purpose::Override(member.to_owned()));
        }
    }

    /// Purpose of an assignment to an attribute or item of another object.
    fn written(&self, target: &Expr) -> Purpose {
        let place = match target {
            Expr::Subscript(item) => self.names.resolve(&item.value),
            other => self.names.resolve(other),
        };
        match place.unwrap_or_default().as_str() {
            "os.environ" => Purpose::Variable,
            place if place.ends_with(".status") => Purpose::Status,
            _ => Purpose::Other,
        }
    }

    fn class(&mut self, class: &'a StmtClassDef, place: Place) {
        let bases: Vec<&Expr> = class.arguments.iter().flat_map(|arguments| &arguments.args).collect();
        let paths = bases.iter().map(|base| self.names.resolve(base).unwrap_or_default());
        let paths: Vec<String> = paths.collect();
        let inherited = paths.iter().find_map(|path| names::framework(path).or_else(|| self.charms.get(path).copied()));
        let Some(own) = inherited else {
            // A class that no other code uses does nothing; a charm's is started.
            if let Some(base) = paths.iter().find(|path| path.contains("Charm")) {
                self.refuse(class, Purpose::Class(base.clone()));
            }
            return;
        };
        self.charms.insert(class.name.to_string(), own);
        self.framework = self.framework.or(Some(own));
        if let Some(declared) = self.context.framework.filter(|declared| *declared != own) {
            self.refuse(class, Purpose::Framework { own, declared });
        }
        let keywords = class.arguments.iter().any(|arguments| !arguments.keywords.is_empty());
        if bases.len() > 1 || keywords || place != Place::Module {
            self.refuse(class, Purpose::Other);
        }
        for decorator in &class.decorator_list {
            if !self.is_final(&decorator.expression) {
                self.refuse(decorator, Purpose::Other);
            }
        }
        let methods = class.body.iter().filter_map(Stmt::as_function_def_stmt);
        self.methods = methods.map(|method| (method.name.to_string(), method)).collect();
        self.handlers = self.methods.get("__init__").map(|own| handler::observed(own)).unwrap_or_default();
        self.versions = self.version_setters();
        self.block(&class.body, Place::Class);
    }

    fn is_final(&self, decorator: &Expr) -> bool {
        self.names.resolve(decorator).is_some_and(|path| path.ends_with("final"))
    }

    /// A function of the file does nothing until it is called, and neither does a method that the framework doesn't know.
    fn function(&mut self, function: &'a StmtFunctionDef, place: Place) {
        let name = function.name.as_str();
        match place {
            Place::Module => drop(self.functions.insert(name.to_owned(), function)),
            Place::Class if name == "__init__" => self.block(&function.body, Place::Constructor),
            // The line that observes the event is judged.
            Place::Class if self.handlers.contains(name) => {}
            Place::Class if is_member(name) && !expression::only_passes_on(function) => {
                if let Some(purpose) = self.replaced(name, function) {
                    self.refuse(function, purpose);
                }
            }
            Place::Class | Place::Constructor => {}
        }
    }

    /// Purpose of a method that replaces one of the framework's. `None`: it does the same.
    fn replaced(&self, name: &str, function: &'a StmtFunctionDef) -> Option<Purpose> {
        Some(match name {
            _ if self.versions.contains(name) => Purpose::Version,
            _ if name.starts_with("_on_") && handler::does_nothing(function) => Purpose::Idle(name.to_owned()),
            "_create_app" => return self.created(function),
            "_gen_environment" | "gen_environment" => environment::Made::default().purpose(name),
            _ if name.contains("cos_") => {
                Purpose::Observability { name: name.to_owned(), folder: folder::of(function) }
            }
            _ => Purpose::Override(name.to_owned()),
        })
    }

    fn created(&self, function: &'a StmtFunctionDef) -> Option<Purpose> {
        let made = self.app(function);
        match made.unread.is_empty() {
            true if made.counterpart.is_empty() => None,
            true => Some(Purpose::Counterpart(made.counterpart)),
            false => Some(made.purpose(function.name.as_str())),
        }
    }

    /// Methods that only set the workload's version, by themselves or by others of these.
    fn version_setters(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        loop {
            let is_one = |method: &StmtFunctionDef| self.only_sets_version(method, &found);
            let more: BTreeSet<_> =
                self.methods.iter().filter(|(_, method)| is_one(method)).map(|(name, _)| name.clone()).collect();
            if more.len() == found.len() {
                return found;
            }
            found = more;
        }
    }
}

fn is_self(expression: &Expr) -> bool {
    expression.as_name_expr().is_some_and(|name| name.id.as_str() == "self")
}

/// True for a member of the framework's charm. Handlers of events are private to it, those of actions the author's.
fn is_member(name: &str) -> bool {
    MEMBERS.contains(&name) || (name.starts_with("_on_") && (!name.ends_with("_action") || ACTIONS.contains(&name)))
}
