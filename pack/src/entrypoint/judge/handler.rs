//! Methods of the charm's class: the handlers of what its constructor observes, and what they do.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};

use super::is_self;

/// Names of the methods that `constructor` gives to `observe`.
pub(super) fn observed(constructor: &StmtFunctionDef) -> BTreeSet<String> {
    let mut calls = Calls::default();
    constructor.body.iter().for_each(|statement| calls.visit_stmt(statement));
    let is_observe = |call: &&&ExprCall| is_method(call, "observe");
    let handlers = calls.0.iter().filter(is_observe).filter_map(|call| method(call.arguments.args.get(1)?));
    handlers.collect()
}

/// Name of the charm's own method, of `self.NAME`.
pub(super) fn method(expression: &Expr) -> Option<String> {
    let attribute = expression.as_attribute_expr().filter(|attribute| is_self(&attribute.value))?;
    Some(attribute.attr.to_string())
}

pub(super) fn is_method(call: &ExprCall, name: &str) -> bool {
    call.func.as_attribute_expr().is_some_and(|method| method.attr.as_str() == name)
}

/// Returns true for a body without an effect: a docstring, `pass`, `return`.
pub(super) fn does_nothing(function: &StmtFunctionDef) -> bool {
    function.body.iter().all(|statement| match statement {
        Stmt::Pass(_) => true,
        Stmt::Return(end) => end.value.as_deref().is_none_or(Expr::is_none_literal_expr),
        Stmt::Expr(expression) => {
            expression.value.is_string_literal_expr() || expression.value.is_ellipsis_literal_expr()
        }
        _ => false,
    })
}

/// Collector of the calls in statements.
#[derive(Default)]
pub(super) struct Calls<'a>(pub(super) Vec<&'a ExprCall>);

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression {
            self.0.push(call);
        }
        walk_expr(self, expression);
    }
}
