//! Variables that a method `gen_environment` makes of the framework's, as `webcharm.yaml` writes them.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, ExprCall, ExprDict, ExprDictComp, Stmt, StmtFunctionDef, StmtIf};

use super::Judge;
use super::renaming::is_named;
use super::value::{Scope, Value};
use crate::entrypoint::counterpart::Counterpart;
use crate::entrypoint::purpose::Purpose;

/// Meaning of code that makes the application's variables.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Declarations that say the same.
    pub(super) counterpart: Counterpart,
    /// Names of the variables that the code sets, as far as they are written out.
    pub(super) names: BTreeSet<String>,
    /// Lines that have no declaration.
    pub(super) unread: Vec<usize>,
}

impl Made {
    /// Purpose of the method `name`, which has lines without a declaration.
    pub(super) fn purpose(self, name: &str) -> Purpose {
        let Self { counterpart, names, unread } = self;
        Purpose::Environment { name: name.to_owned(), counterpart, names, unread }
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.counterpart.extend(other.counterpart);
        self.names.extend(other.names);
        self.unread.extend(other.unread);
    }
}

/// Walk through the statements of a `gen_environment`.
struct Walk<'j, 'a> {
    judge: &'j Judge<'a>,
    scope: Scope,
    variables: Vec<(String, Value)>,
    removed: Option<String>,
    /// True if the framework's variables are among those that are returned.
    returns_base: bool,
    has_base: bool,
    made: Made,
}

/// Condition of statements: a variable or an option that must have a value.
enum Condition {
    Variable(String),
    Option(String),
}

impl Judge<'_> {
    /// Reads a `gen_environment`. `charms` are the names of the charm or its application besides `self`.
    pub(super) fn environment(&self, function: &StmtFunctionDef, charms: &BTreeSet<String>) -> Made {
        let scope = Scope { charms: charms.clone(), ..Scope::default() };
        let mut walk = Walk {
            judge: self,
            scope,
            variables: Vec::new(),
            removed: None,
            returns_base: false,
            has_base: false,
            made: Made::default(),
        };
        walk.block(&function.body, None);
        let Walk { variables, removed, returns_base, mut made, .. } = walk;
        if !returns_base && made.unread.is_empty() {
            made.unread.push(self.module.line(function));
        }
        for (name, value) in variables {
            made.counterpart.add("variables", &name, value.variable());
        }
        if let Some(removed) = removed {
            made.counterpart.add("prefixes", "removed", removed);
        }
        made
    }
}

impl Walk<'_, '_> {
    fn block(&mut self, statements: &[Stmt], condition: Option<&Condition>) {
        for statement in statements {
            if self.statement(statement, condition).is_none() {
                self.made.unread.push(self.judge.module.line(statement));
            }
        }
    }

    fn statement(&mut self, statement: &Stmt, condition: Option<&Condition>) -> Option<()> {
        match statement {
            Stmt::Pass(_) => Some(()),
            Stmt::Expr(expression) => match &*expression.value {
                Expr::StringLiteral(_) => Some(()),
                Expr::Call(call) => self.updated(call, condition).or_else(|| self.judge.is_log(call).then_some(())),
                _ => None,
            },
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [Expr::Name(name)] => self.named(name.id.as_str(), &assign.value, condition),
                [Expr::Subscript(item)] if self.is_environment(&item.value) => {
                    self.set(&item.slice, &assign.value, condition)
                }
                _ => None,
            },
            Stmt::AnnAssign(assign) => {
                let name = assign.target.as_name_expr()?;
                self.named(name.id.as_str(), assign.value.as_deref()?, condition)
            }
            Stmt::If(branch) if condition.is_none() => self.branch(branch),
            Stmt::Return(end) if condition.is_none() => {
                self.whole(end.value.as_deref()?)?;
                self.returns_base = self.has_base;
                Some(())
            }
            _ => None,
        }
    }

    fn branch(&mut self, branch: &StmtIf) -> Option<()> {
        let condition = self.condition(&branch.test).filter(|_| branch.elif_else_clauses.is_empty());
        let Some(condition) = condition else {
            self.names(&branch.body);
            return None;
        };
        let set = self.scope.set.clone();
        if let Condition::Option(name) = &condition {
            self.scope.set.insert(name.clone());
        }
        self.block(&branch.body, Some(&condition));
        self.scope.set = set;
        Some(())
    }

    /// Adds the names of the variables that statements set under a condition that can't be written.
    fn names(&mut self, statements: &[Stmt]) {
        for statement in statements {
            match statement {
                Stmt::If(branch) => self.names(&branch.body),
                Stmt::Assign(assign) => match assign.targets.as_slice() {
                    [Expr::Name(name)] => {
                        let value = self.judge.evaluate(&assign.value, &self.scope);
                        self.scope.locals.extend(value.map(|value| (name.id.to_string(), value)));
                    }
                    [Expr::Subscript(item)] if self.is_environment(&item.value) => {
                        let name = self.judge.evaluate(&item.slice, &self.scope);
                        self.made.names.extend(name.map(|name| name.template()));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// `"X" in env`, `env.get("X")`, or the same of an option.
    fn condition(&self, test: &Expr) -> Option<Condition> {
        if let Some(option) = self.judge.asked_option(test, &self.scope) {
            return Some(Condition::Option(option));
        }
        let key = match test {
            Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
                ([ruff_python_ast::CmpOp::In], [right]) if self.is_environment(right) => &compare.left,
                _ => return None,
            },
            Expr::Call(call) => {
                let method = call.func.as_attribute_expr()?;
                let is_get = method.attr.as_str() == "get" && self.is_environment(&method.value);
                call.arguments.args.first().filter(|_| is_get)?
            }
            _ => return None,
        };
        Some(Condition::Variable(self.judge.text(key)?))
    }

    /// `name = …`: the variables themselves, or a value.
    fn named(&mut self, name: &str, value: &Expr, condition: Option<&Condition>) -> Option<()> {
        if let Some(value) = self.judge.evaluate(value, &self.scope) {
            self.scope.locals.insert(name.to_owned(), value);
            return Some(());
        }
        self.whole(value).filter(|()| condition.is_none())?;
        self.scope.environment = Some(name.to_owned());
        Some(())
    }

    /// An expression that is all variables: the framework's, perhaps with changes.
    fn whole(&mut self, value: &Expr) -> Option<()> {
        match value {
            _ if self.is_environment(value) => Some(()),
            _ if is_base(value) => {
                self.has_base = true;
                Some(())
            }
            Expr::Call(call) if is_named(&call.func, "dict") => match &*call.arguments.args {
                [inner] => {
                    self.whole(inner)?;
                    self.keywords(call, None)
                }
                _ => None,
            },
            Expr::Dict(dict) => self.entries(dict, None),
            Expr::BinOp(sum) if sum.op == ruff_python_ast::Operator::BitOr => {
                self.whole(&sum.left)?;
                self.entries(sum.right.as_dict_expr()?, None)
            }
            Expr::DictComp(all) => self.renamed(all),
            _ => None,
        }
    }

    /// All variables under names without a prefix.
    fn renamed(&mut self, all: &ExprDictComp) -> Option<()> {
        let (prefix, items) = self.judge.renaming(all).filter(|_| self.removed.is_none())?;
        self.whole(items)?;
        // A text that was filled with a variable's value would have the variable's earlier name.
        let is_filled = |value: &Value| matches!(value, Value::Text(text) if text.contains("${"));
        if self.variables.iter().any(|(_, value)| is_filled(value)) {
            return None;
        }
        for (name, _) in &mut self.variables {
            let rest = name.strip_prefix(&prefix).map(str::to_owned);
            *name = rest.unwrap_or_else(|| name.clone());
        }
        self.removed = Some(prefix);
        Some(())
    }

    /// `env.update({…})`, `env.update(X=…)` or `env.setdefault("X", …)`.
    fn updated(&mut self, call: &ExprCall, condition: Option<&Condition>) -> Option<()> {
        let method = call.func.as_attribute_expr().filter(|method| self.is_environment(&method.value))?;
        match (method.attr.as_str(), &*call.arguments.args) {
            ("update", []) => self.keywords(call, condition),
            ("update", [Expr::Dict(dict)]) => {
                self.entries(dict, condition)?;
                self.keywords(call, condition)
            }
            _ => None,
        }
    }

    fn keywords(&mut self, call: &ExprCall, condition: Option<&Condition>) -> Option<()> {
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref()?.to_string();
            self.put(name, &keyword.value, condition)?;
        }
        Some(())
    }

    fn entries(&mut self, dict: &ExprDict, condition: Option<&Condition>) -> Option<()> {
        for (at, item) in dict.items.iter().enumerate() {
            match &item.key {
                Some(key) => self.set(key, &item.value, condition)?,
                // Variables that come later would replace those before them.
                None => self.whole(&item.value).filter(|()| condition.is_none() && at == 0)?,
            }
        }
        Some(())
    }

    fn set(&mut self, key: &Expr, value: &Expr, condition: Option<&Condition>) -> Option<()> {
        let name = match self.judge.evaluate(key, &self.scope)? {
            Value::Text(name) if !name.contains("${") => name,
            _ => return None,
        };
        self.put(name, value, condition)
    }

    fn put(&mut self, name: String, value: &Expr, condition: Option<&Condition>) -> Option<()> {
        self.made.names.insert(name.clone());
        let value = self.judge.evaluate(value, &self.scope)?;
        let place = match condition {
            Some(Condition::Variable(name)) => Some(format!("${{{name}}}")),
            Some(Condition::Option(name)) => Some(format!("${{option.{name}}}")),
            None => None,
        };
        // A value that is left out with another one's must be made of that.
        let template = value.template();
        if place.is_some_and(|place| !template.contains(&place)) || self.mentions_own(&template) {
            return None;
        }
        self.variables.retain(|(earlier, _)| *earlier != name);
        self.variables.push((name, value));
        Some(())
    }

    /// True for a text with a variable that the code itself has set: `webcharm.yaml` fills texts with earlier values.
    fn mentions_own(&self, template: &str) -> bool {
        self.variables.iter().any(|(name, _)| template.contains(&format!("${{{name}}}")))
    }

    fn is_environment(&self, expression: &Expr) -> bool {
        self.scope.environment.as_deref().is_some_and(|name| is_named(expression, name))
    }
}

/// `super().gen_environment()`, or the same of another object: the framework's variables.
fn is_base(expression: &Expr) -> bool {
    let call = expression.as_call_expr();
    let method = call.and_then(|call| call.func.as_attribute_expr());
    method.is_some_and(|method| method.attr.as_str() == "gen_environment" && !super::is_self(&method.value))
}
