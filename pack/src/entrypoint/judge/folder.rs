//! Folders that a method returns, written out from `__file__`.

use ruff_python_ast::{Expr, Operator, Stmt, StmtFunctionDef};

/// Folder that a method returns, relative to the project, if it is written out from `__file__`.
pub(super) fn of(function: &StmtFunctionDef) -> Option<String> {
    let end = function.body.iter().find_map(Stmt::as_return_stmt)?;
    let folder = path(end.value.as_deref()?)?;
    (folder != "src/charm.py").then_some(folder)
}

fn path(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) if name.id.as_str() == "__file__" => Some("src/charm.py".to_owned()),
        Expr::Attribute(attribute) if attribute.attr.as_str() == "parent" => {
            let child = path(&attribute.value)?;
            Some(child.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned()))
        }
        Expr::BinOp(join) if join.op == Operator::Div => {
            let name = join.right.as_string_literal_expr()?.value.to_str();
            let parent = path(&join.left)?;
            Some(if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") })
        }
        // `str(…)`, `pathlib.Path(…)`, and methods such as `absolute`.
        Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
            (Expr::Attribute(method), []) => path(&method.value),
            (_, [inner]) => path(inner),
            _ => None,
        },
        _ => None,
    }
}
