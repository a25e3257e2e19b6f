//! Variables under other names: a dictionary of all of them, whose keys lack a prefix.

use ruff_python_ast::{Expr, ExprDictComp, Number};

use super::Judge;

impl Judge<'_> {
    /// The prefix that `{k.removeprefix("APP_"): v for k, v in env.items()}` takes away, in any spelling, and the `env`.
    pub(super) fn renaming<'e>(&self, all: &'e ExprDictComp) -> Option<(String, &'e Expr)> {
        let [each] = all.generators.as_slice() else { return None };
        let [key, value] = each.target.as_tuple_expr()?.elts.as_slice() else { return None };
        let (key, value) = (key.as_name_expr()?.id.as_str(), value.as_name_expr()?.id.as_str());
        let items = each.iter.as_call_expr()?.func.as_attribute_expr()?;
        let is_all = items.attr.as_str() == "items" && each.ifs.is_empty() && is_named(&all.value, value);
        let prefix = self.removed_prefix(all.key.as_deref()?, key).filter(|_| is_all)?;
        Some((prefix, &*items.value))
    }

    /// The prefix that an expression takes from the name `key`.
    fn removed_prefix(&self, expression: &Expr, key: &str) -> Option<String> {
        match expression {
            Expr::Call(call) => {
                let method = call.func.as_attribute_expr()?;
                let [prefix] = &*call.arguments.args else { return None };
                let is_it = method.attr.as_str() == "removeprefix" && is_named(&method.value, key);
                self.text(prefix).filter(|_| is_it)
            }
            Expr::If(choice) => {
                let test = choice.test.as_call_expr()?;
                let method = test.func.as_attribute_expr()?;
                let prefix = self.text(test.arguments.args.first()?)?;
                let is_start = method.attr.as_str() == "startswith" && is_named(&method.value, key);
                let is_cut = self.is_cut(&choice.body, key, &prefix) && is_named(&choice.orelse, key);
                (is_start && is_cut).then_some(prefix)
            }
            _ => None,
        }
    }

    /// `key[len("APP_"):]`, `key[4:]`, `key.removeprefix("APP_")` or `key.replace("APP_", "", 1)`.
    fn is_cut(&self, expression: &Expr, key: &str, prefix: &str) -> bool {
        match expression {
            Expr::Subscript(item) => {
                let Some(slice) = item.slice.as_slice_expr() else { return false };
                let start = match slice.lower.as_deref() {
                    Some(Expr::Call(call)) if is_named(&call.func, "len") => {
                        call.arguments.args.first().and_then(|text| self.text(text)).map(|text| text.len())
                    }
                    Some(Expr::NumberLiteral(number)) => match &number.value {
                        Number::Int(number) => number.as_usize(),
                        _ => None,
                    },
                    _ => None,
                };
                let is_rest = slice.upper.is_none() && slice.step.is_none();
                is_rest && is_named(&item.value, key) && start == Some(prefix.len()) && prefix.is_ascii()
            }
            Expr::Call(call) => {
                let Some(method) = call.func.as_attribute_expr().filter(|method| is_named(&method.value, key)) else {
                    return false;
                };
                let texts: Vec<_> = call.arguments.args.iter().map(|text| self.text(text)).collect();
                match (method.attr.as_str(), texts.as_slice()) {
                    ("removeprefix", [Some(cut)]) => cut == prefix,
                    ("replace", [Some(cut), Some(by), None]) => {
                        let once = call.arguments.args[2].as_number_literal_expr();
                        let once =
                            once.is_some_and(|number| matches!(&number.value, Number::Int(n) if n.as_u8() == Some(1)));
                        cut == prefix && by.is_empty() && once
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

/// Returns true for the name `name`.
pub(super) fn is_named(expression: &Expr, name: &str) -> bool {
    expression.as_name_expr().is_some_and(|one| one.id.as_str() == name)
}
