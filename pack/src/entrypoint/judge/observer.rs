//! Objects of the author's own that are given the charm, such as `actions.Observer(self)`: the actions that they answer.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, Stmt};

use super::Judge;
use super::action::Methods;
use super::handler::{Calls, is_method};
use crate::entrypoint::counterpart::Counterpart;
use crate::python::module::Module;
use ruff_python_ast::visitor::Visitor;

impl Judge<'_> {
    /// Actions that the class at `path`, in a module beside the file, answers: their declarations and their names.
    pub(super) fn observer(&self, path: &str) -> (Counterpart, BTreeSet<String>) {
        let (mut counterpart, mut names) = (Counterpart::default(), BTreeSet::new());
        let Some((module, class)) = self.module_of(path) else { return (counterpart, names) };
        let Some(class) = module.statements().iter().find_map(|statement| match statement {
            Stmt::ClassDef(one) if one.name.as_str() == class => Some(one),
            _ => None,
        }) else {
            return (counterpart, names);
        };
        let methods = class.body.iter().filter_map(Stmt::as_function_def_stmt);
        let methods: Methods<'_> = methods.map(|method| (method.name.to_string(), method)).collect();
        let mut calls = Calls::default();
        class.body.iter().for_each(|statement| calls.visit_stmt(statement));
        for call in calls.0.iter().filter(|call| is_method(call, "observe")) {
            let event = call.arguments.args.first().and_then(Expr::as_attribute_expr);
            let name = event.and_then(|event| event.attr.as_str().strip_suffix("_action"));
            if let Some(name) = name.map(|name| name.replace('_', "-")) {
                counterpart.extend(self.action(&name, call.arguments.args.get(1), &methods).0);
                names.insert(name);
            }
        }
        (counterpart, names)
    }

    /// The module beside the file, and the class's name.
    fn module_of<'p>(&self, path: &'p str) -> Option<(Module, &'p str)> {
        let (module, class) = path.rsplit_once('.')?;
        let text = self.folder?.text(format!("src/{}.py", module.replace('.', "/"))).ok()??;
        Some((Module::parse(&text).ok()?, class))
    }
}
