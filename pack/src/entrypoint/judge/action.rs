//! Handlers of the author's actions: the command that each runs in the container, as `webcharm.yaml` writes it.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{
    ExceptHandler, Expr, ExprCall, FStringPart, InterpolatedStringElement, Number, Stmt, StmtFunctionDef,
};
use serde_yaml::{Mapping, Value};

use super::handler::{Calls, is_method, method};
use super::value::{Scope, of_charm};
use super::{Judge, is_self};
use crate::entrypoint::counterpart::Counterpart;
use crate::framework::app_dir;

/// Word that stands for one that isn't written out.
const UNKNOWN: &str = "…";

/// Longest limit of an action: Python's commands have none.
const LONGEST: &str = "168h";

/// Methods, also of other objects, that only look whether a command can be run.
const LOOKS: [&str; 2] = ["can_connect", "is_ready"];

/// Methods of the container that change it.
const CHANGES: [&str; 9] =
    ["add_layer", "make_dir", "push", "push_path", "remove_path", "replan", "restart", "start", "stop"];

/// Methods of the event and of the process that have no other effect than the action's result.
const REPORTS: [&str; 8] = ["fail", "set_results", "log", "defer", "wait", "wait_output", "get", "get_container"];

/// Methods of a class by name.
pub(super) type Methods<'a> = BTreeMap<String, &'a StmtFunctionDef>;

/// Values of names, by name.
type Bindings<'a> = BTreeMap<&'a str, &'a Expr>;

/// Command that a handler runs.
struct Run<'a> {
    call: &'a ExprCall,
    words: Option<Vec<String>>,
    /// True if the handler itself runs it.
    is_own: bool,
}

impl Judge<'_> {
    /// Methods that a handler calls besides the command: the charm's own, and the container's that change it.
    pub(super) fn besides(&self, handler: Option<&Expr>) -> Vec<String> {
        let function = handler.and_then(of_object).and_then(|handler| self.methods.get(&handler));
        let runs = |function: &StmtFunctionDef| calls_of(function, "exec").is_some();
        let runs_itself = function.is_some_and(|function| runs(function));
        // The method that runs the command for the handler.
        let is_helper = |name: &str| !runs_itself && self.methods.get(name).is_some_and(|method| runs(method));
        let mut found: Vec<String> = Vec::new();
        for call in function.into_iter().flat_map(|function| calls(function)) {
            let own = of_object(&call.func).filter(|name| name != "_gen_environment" && !is_helper(name));
            let changed = CHANGES.iter().find(|name| is_method(call, name)).map(|name| (*name).to_owned());
            found.extend(own.or(changed).filter(|name| !found.contains(name)));
        }
        found
    }

    /// Declaration of the action, whose command is `…` if it isn't written out; and true if that does the same as the
    /// handler, apart from the names of the results.
    pub(super) fn action(&self, name: &str, handler: Option<&Expr>, methods: &Methods<'_>) -> (Counterpart, bool) {
        let function = handler.and_then(of_object).and_then(|handler| methods.get(&handler).copied());
        let run = function.and_then(|function| self.run(function, methods));
        let words = run.as_ref().and_then(|run| run.words.as_deref());
        let keys = run.as_ref().and_then(|run| self.exact_keys(name, function?, run));
        let mut action: Mapping = [("command".into(), command(words))].into_iter().collect();
        for (key, value) in keys.iter().flatten() {
            action.insert((*key).into(), value.as_str().into());
        }
        let mut counterpart = Counterpart::default();
        counterpart.add("actions", name, action);
        (counterpart, keys.is_some())
    }

    /// The command that a function, or another method that it calls, runs.
    fn run<'m>(&self, function: &'m StmtFunctionDef, methods: &Methods<'m>) -> Option<Run<'m>> {
        let bindings = bindings(function);
        let calls = calls(function);
        if let Some(call) = calls.iter().find(|call| is_method(call, "exec")) {
            let words = self.words(call.arguments.find_argument_value("command", 0)?, &bindings);
            return Some(Run { call, words, is_own: true });
        }
        calls.iter().find_map(|outer| {
            let inner = *methods.get(&of_object(&outer.func)?)?;
            let call = calls_of(inner, "exec")?;
            let mut all = self::bindings(inner);
            let parameters = inner.parameters.args.iter().skip(1).map(|parameter| parameter.parameter.name.as_str());
            all.extend(parameters.zip(&*outer.arguments.args));
            all.extend(bindings.iter().map(|(name, value)| (*name, *value)));
            let words = self.words(call.arguments.find_argument_value("command", 0)?, &all);
            Some(Run { call, words, is_own: false })
        })
    }

    /// Words of a command: a list, a name of one, or a sum of lists.
    fn words(&self, list: &Expr, bindings: &Bindings<'_>) -> Option<Vec<String>> {
        match list {
            Expr::List(list) => Some(self.each(&list.elts, bindings)),
            Expr::Tuple(tuple) => Some(self.each(&tuple.elts, bindings)),
            Expr::BinOp(sum) => {
                let mut words = self.words(&sum.left, bindings)?;
                words.extend(self.words(&sum.right, bindings)?);
                Some(words)
            }
            Expr::Name(name) => {
                let name = name.id.as_str();
                let value = bindings.get(name).and_then(|value| self.words(value, &without(bindings, name)));
                value.or_else(|| Some(vec![UNKNOWN.to_owned()]))
            }
            _ => None,
        }
    }

    fn each(&self, words: &[Expr], bindings: &Bindings<'_>) -> Vec<String> {
        words.iter().map(|word| self.word(word, bindings).unwrap_or_else(|| UNKNOWN.to_owned())).collect()
    }

    /// A word: a text with the action's parameters.
    fn word(&self, word: &Expr, bindings: &Bindings<'_>) -> Option<String> {
        if let Some(name) = self.parameter(word) {
            return Some(format!("${{param.{name}}}"));
        }
        match word {
            Expr::Name(name) if bindings.contains_key(name.id.as_str()) => {
                self.word(bindings[name.id.as_str()], &without(bindings, name.id.as_str()))
            }
            Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
                (Expr::Name(name), [inner]) if name.id.as_str() == "str" => self.word(inner, bindings),
                _ => None,
            },
            Expr::FString(text) => text.value.iter().try_fold(String::new(), |all, part| match part {
                FStringPart::Literal(literal) => Some(all + &literal.value),
                FStringPart::FString(string) => string.elements.iter().try_fold(all, |all, element| match element {
                    InterpolatedStringElement::Literal(literal) => Some(all + &literal.value),
                    InterpolatedStringElement::Interpolation(inner) => {
                        Some(all + &self.word(&inner.expression, bindings)?)
                    }
                }),
            }),
            other => self.text(other).filter(|text| !text.contains("${param.")),
        }
    }

    /// Name of the parameter in `event.params["NAME"]` and `event.params.get("NAME")`.
    fn parameter(&self, expression: &Expr) -> Option<String> {
        let (object, key) = match expression {
            Expr::Subscript(item) => (&*item.value, &*item.slice),
            Expr::Call(call) => {
                let method = call.func.as_attribute_expr().filter(|method| method.attr.as_str() == "get")?;
                (&*method.value, call.arguments.args.first()?)
            }
            _ => return None,
        };
        let is_params = object.as_attribute_expr().is_some_and(|object| object.attr.as_str() == "params");
        self.text(key).filter(|_| is_params)
    }

    /// Other keys of the declaration. `None`: it would not do the same.
    fn exact_keys(&self, name: &str, function: &StmtFunctionDef, run: &Run<'_>) -> Option<Vec<(&'static str, String)>> {
        let is_whole = |words: &&Vec<String>| !words.is_empty() && !words.iter().any(|word| word == UNKNOWN);
        let words = run.words.as_ref().filter(|words| run.is_own && is_whole(words))?;
        let only_once = calls(function).iter().filter(|call| is_method(call, "exec")).count() == 1;
        let has_parameters = words.iter().flat_map(|word| parameters(word));
        let has_all = has_parameters.into_iter().all(|parameter| self.context.has_text_parameter(name, parameter));
        if !only_once || !has_all || !self.context.has_action(name) || !self.only_reports(&function.body) {
            return None;
        }
        let locals = bindings(function);
        let value = |expression: &'_ Expr| match expression {
            Expr::Name(name) => (*locals.get(name.id.as_str())?).clone().into(),
            other => Some(other.clone()),
        };
        let (mut context, mut folder, mut user, mut timeout) = (None, false, false, LONGEST.to_owned());
        for keyword in &run.call.arguments.keywords {
            match keyword.arg.as_ref()?.as_str() {
                "command" | "encoding" | "combine_stderr" => {}
                "service_context" => context = Some(self.text(&keyword.value)?),
                "working_dir" => folder = self.is_app_dir(&value(&keyword.value)?).then_some(true)?,
                "environment" => {
                    let made = keyword.value.as_call_expr().and_then(|call| method(&call.func))?;
                    (made == "_gen_environment").then_some(())?;
                }
                "user" => user = (self.text(&keyword.value)? == "_daemon_").then_some(true)?,
                "group" => (self.text(&keyword.value)? == "_daemon_").then_some(())?,
                "timeout" => timeout = seconds(&keyword.value)?,
                _ => return None,
            }
        }
        let has_environment = run.call.arguments.find_keyword("environment").is_some();
        let service = self.framework?.name().to_owned();
        let mut keys = vec![("timeout", timeout)];
        match (context, folder) {
            (Some(context), true) if context == service => {}
            (Some(context), false) => keys.push(("service-context", context)),
            // Without a service's context, a command is root's unless it says otherwise.
            (None, true) if has_environment && user => {}
            _ => return None,
        }
        Some(keys)
    }

    /// True for the application's folder.
    fn is_app_dir(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
                (Expr::Name(name), [inner]) => name.id.as_str() == "str" && self.is_app_dir(inner),
                _ => false,
            },
            Expr::Attribute(_) => {
                of_charm(expression, &Scope::default()).as_deref() == Some("_workload_config.app_dir")
            }
            other => self.framework.is_some_and(|framework| self.text(other).as_deref() == Some(app_dir(framework))),
        }
    }

    /// True for statements that run the command and say how it went.
    fn only_reports(&self, statements: &[Stmt]) -> bool {
        statements.iter().all(|statement| match statement {
            Stmt::Pass(_) | Stmt::Raise(_) => true,
            Stmt::Return(end) => end.value.as_deref().is_none_or(Expr::is_none_literal_expr),
            Stmt::Expr(expression) => self.only_looks(&expression.value),
            Stmt::Assign(assign) => {
                let is_local = |target: &Expr| target.is_name_expr() || target.is_tuple_expr();
                assign.targets.iter().all(is_local) && self.only_looks(&assign.value)
            }
            Stmt::AnnAssign(assign) => {
                assign.target.is_name_expr() && assign.value.as_deref().is_none_or(|value| self.only_looks(value))
            }
            // A refusal of the action before the command is run: the charm refuses it by itself.
            Stmt::If(branch) => {
                let ends = branch.body.iter().any(Stmt::is_return_stmt) && branch.elif_else_clauses.is_empty();
                let mut asked = Calls::default();
                asked.visit_expr(&branch.test);
                let looks = |call: &&ExprCall| LOOKS.iter().any(|name| is_method(call, name));
                ends && !asked.0.is_empty() && asked.0.iter().all(looks) && self.only_reports(&branch.body)
            }
            Stmt::Try(attempt) => {
                let handled = attempt
                    .handlers
                    .iter()
                    .all(|ExceptHandler::ExceptHandler(handler)| self.only_reports(&handler.body));
                let rest = [&attempt.body, &attempt.orelse, &attempt.finalbody];
                handled && rest.iter().all(|body| self.only_reports(body))
            }
            _ => false,
        })
    }

    fn only_looks(&self, expression: &Expr) -> bool {
        let mut calls = Calls::default();
        calls.visit_expr(expression);
        calls.0.iter().all(|call| {
            let is_known = |name: &str| is_method(call, name);
            let is_own = method(&call.func).is_some_and(|name| name == "_gen_environment");
            is_own || is_method(call, "exec") || REPORTS.iter().any(|name| is_known(name)) || self.is_harmless(call)
        })
    }
}

/// The words as `command` of an action takes them.
fn command(words: Option<&[String]>) -> Value {
    let Some(words) = words.filter(|words| words != &[UNKNOWN]) else { return UNKNOWN.into() };
    let is_plain = |word: &String| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "_./=-".contains(letter);
        !word.is_empty() && word.chars().all(plain)
    };
    if words.iter().all(is_plain) {
        return words.join(" ").into();
    }
    Value::from(words.to_vec())
}

/// Parameters in a word.
fn parameters(word: &str) -> impl Iterator<Item = &str> {
    word.split("${param.").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn seconds(value: &Expr) -> Option<String> {
    match &value.as_number_literal_expr()?.value {
        Number::Int(number) => Some(format!("{number}s")),
        Number::Float(number) if number.fract() == 0.0 && *number > 0.0 => Some(format!("{number}s")),
        _ => None,
    }
}

/// Name of a method of the charm's or of an observer's: `self.NAME`.
fn of_object(expression: &Expr) -> Option<String> {
    let attribute = expression.as_attribute_expr().filter(|attribute| is_self(&attribute.value))?;
    Some(attribute.attr.to_string())
}

fn calls(function: &StmtFunctionDef) -> Vec<&ExprCall> {
    let mut calls = Calls::default();
    function.body.iter().for_each(|statement| calls.visit_stmt(statement));
    calls.0
}

fn calls_of<'a>(function: &'a StmtFunctionDef, name: &str) -> Option<&'a ExprCall> {
    calls(function).into_iter().find(|call| is_method(call, name))
}

/// Values of the names that the function gives one value and doesn't add to.
fn bindings(function: &StmtFunctionDef) -> Bindings<'_> {
    let mut found = Assigned::default();
    function.body.iter().for_each(|statement| found.visit_stmt(statement));
    let Assigned { values, mut twice } = found;
    let mut all = Bindings::new();
    for (name, value) in values {
        if all.insert(name, value).is_some() {
            twice.push(name);
        }
    }
    all.retain(|name, _| !twice.contains(name));
    all
}

/// Collector of the values of names, and of the names that statements add to.
#[derive(Default)]
struct Assigned<'a> {
    values: Vec<(&'a str, &'a Expr)>,
    twice: Vec<&'a str>,
}

impl<'a> Visitor<'a> for Assigned<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = assign.targets.as_slice() {
                    self.values.push((name.id.as_str(), &*assign.value));
                }
            }
            Stmt::AnnAssign(assign) => {
                let name = assign.target.as_name_expr().map(|name| name.id.as_str());
                self.values.extend(name.zip(assign.value.as_deref()));
            }
            Stmt::AugAssign(assign) => self.twice.extend(assign.target.as_name_expr().map(|name| name.id.as_str())),
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

fn without<'a>(bindings: &Bindings<'a>, name: &str) -> Bindings<'a> {
    bindings.iter().filter(|(other, _)| **other != name).map(|(name, value)| (*name, *value)).collect()
}
