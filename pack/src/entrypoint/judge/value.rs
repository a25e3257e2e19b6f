//! Values in a `src/charm.py` that `webcharm.yaml` can write: texts, options, and words such as the application's name.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, ExprCall, FStringPart, InterpolatedStringElement, Number, Operator};

use super::Judge;

/// Value of an expression, the same in each run or an option's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Text with `${…}`.
    Text(String),
    /// Value of an option.
    Option(String),
}

impl Value {
    /// The value as a text with `${…}`.
    pub(super) fn template(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Option(name) => format!("${{option.{name}}}"),
        }
    }

    /// The value as a variable of `webcharm.yaml`.
    pub(super) fn variable(&self) -> serde_yaml::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Option(name) => {
                let entry = [(serde_yaml::Value::from("option"), name.as_str().into())];
                entry.into_iter().collect::<serde_yaml::Mapping>().into()
            }
        }
    }
}

/// Names that the expressions of a function may have.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Names of the charm or its application, besides `self`.
    pub(super) charms: BTreeSet<String>,
    /// Name of the application's variables.
    pub(super) environment: Option<String>,
    /// Values of the function's names.
    pub(super) locals: BTreeMap<String, Value>,
    /// Options that are set where the expression is reached, whatever their default.
    pub(super) set: BTreeSet<String>,
}

impl Judge<'_> {
    /// Value of an expression. `None`: it can't be written, or depends on more.
    pub(super) fn evaluate(&self, expression: &Expr, scope: &Scope) -> Option<Value> {
        self.of_kind(expression, scope, &["string"])
    }

    /// Value of an expression that Python turns into a text. Booleans are left out: their texts differ.
    pub(super) fn as_text(&self, expression: &Expr, scope: &Scope) -> Option<Value> {
        match expression {
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(number) => Some(Value::Text(number.to_string())),
                _ => None,
            },
            other => self.of_kind(other, scope, &["string", "int"]),
        }
    }

    fn of_kind(&self, expression: &Expr, scope: &Scope, kinds: &[&str]) -> Option<Value> {
        match expression {
            Expr::StringLiteral(literal) => plain(literal.value.to_str()),
            Expr::Name(name) => match scope.locals.get(name.id.as_str()) {
                Some(value) => Some(value.clone()),
                None => plain(self.constants.get(name.id.as_str())?),
            },
            Expr::FString(text) => text
                .value
                .iter()
                .try_fold(String::new(), |all, part| {
                    let part = match part {
                        FStringPart::Literal(literal) => plain(&literal.value)?.template(),
                        FStringPart::FString(string) => {
                            let parts = string.elements.iter().map(|element| self.element(element, scope));
                            parts.collect::<Option<String>>()?
                        }
                    };
                    Some(all + &part)
                })
                .map(Value::Text),
            Expr::BinOp(sum) if sum.op == Operator::Add => {
                let [left, right] = [&sum.left, &sum.right].map(|side| self.evaluate(side, scope));
                Some(Value::Text(left?.template() + &right?.template()))
            }
            Expr::Subscript(item) => self.item(&item.value, &item.slice, scope, kinds),
            Expr::Call(call) => self.called(call, scope, kinds),
            Expr::Attribute(_) => word(&of_charm(expression, scope)?),
            _ => None,
        }
    }

    fn element(&self, element: &InterpolatedStringElement, scope: &Scope) -> Option<String> {
        match element {
            InterpolatedStringElement::Literal(literal) => Some(plain(&literal.value)?.template()),
            InterpolatedStringElement::Interpolation(inner) => {
                let is_plain = inner.format_spec.is_none() && inner.debug_text.is_none() && inner.conversion.is_none();
                Some(self.as_text(&inner.expression, scope).filter(|_| is_plain)?.template())
            }
        }
    }

    /// `str(…)`, `get` of an option or variable, or another writing of a text.
    fn called(&self, call: &ExprCall, scope: &Scope, kinds: &[&str]) -> Option<Value> {
        if let Some(text) = self.rewritten(call, scope) {
            return Some(Value::Text(text));
        }
        let [argument] = &*call.arguments.args else { return None };
        match &*call.func {
            Expr::Name(name) if name.id.as_str() == "str" => self.as_text(argument, scope),
            Expr::Attribute(method) if method.attr.as_str() == "get" && call.arguments.keywords.is_empty() => {
                self.item(&method.value, argument, scope, kinds)
            }
            _ => None,
        }
    }

    /// `"a-b".replace("-", "_").upper()`, of a text without values.
    fn rewritten(&self, call: &ExprCall, scope: &Scope) -> Option<String> {
        let method = call.func.as_attribute_expr()?;
        let Value::Text(text) = self.evaluate(&method.value, scope)? else { return None };
        let arguments: Vec<_> = call.arguments.args.iter().map(|argument| self.text(argument)).collect();
        match (method.attr.as_str(), arguments.as_slice()) {
            _ if text.contains("${") => None,
            ("upper", []) => Some(text.to_uppercase()),
            ("lower", []) => Some(text.to_lowercase()),
            ("replace", [Some(from), Some(to)]) => Some(text.replace(from.as_str(), to)),
            _ => None,
        }
    }

    /// Item of the options or of the application's variables.
    fn item(&self, object: &Expr, key: &Expr, scope: &Scope, kinds: &[&str]) -> Option<Value> {
        let key = self.text(key)?;
        if object.as_name_expr().is_some_and(|name| Some(name.id.as_str()) == scope.environment.as_deref()) {
            let is_variable = !key.is_empty() && !key.contains(|c: char| c.is_lowercase() || c == '}');
            return is_variable.then(|| Value::Text(format!("${{{key}}}")));
        }
        let path = of_charm(object, scope)?;
        let (kind, has_default) = self.context.option(&key).filter(|_| is_config(&path))?;
        let is_there = has_default || scope.set.contains(&key);
        (is_there && kinds.contains(&kind.as_str())).then_some(Value::Option(key))
    }

    /// Option whose value an expression asks for, whether it is set or not.
    pub(super) fn asked_option(&self, expression: &Expr, scope: &Scope) -> Option<String> {
        let (object, key) = match expression {
            Expr::Subscript(item) => (&item.value, &*item.slice),
            Expr::Call(call) => (&call.func.as_attribute_expr()?.value, call.arguments.args.first()?),
            _ => return None,
        };
        let key = self.text(key)?;
        (is_config(&of_charm(object, scope)?) && self.context.option(&key).is_some()).then_some(key)
    }
}

/// Text without a place for a value: `webcharm.yaml` would fill it.
fn plain(text: &str) -> Option<Value> {
    (!text.contains("${")).then(|| Value::Text(text.to_owned()))
}

fn is_config(path: &str) -> bool {
    matches!(path, "config" | "model.config")
}

/// Word of `webcharm.yaml` for an attribute of the charm.
fn word(path: &str) -> Option<Value> {
    let word = match path {
        "app.name" | "model.app.name" => "app",
        "model.name" => "model",
        "_workload_config.port" => "port",
        "_base_url" | "_charm_state.base_url" => "url",
        _ => return None,
    };
    Some(Value::Text(format!("${{{word}}}")))
}

/// Path of an attribute of the charm, such as `app.name` for `self.app.name` and `self._charm.app.name`.
pub(super) fn of_charm(expression: &Expr, scope: &Scope) -> Option<String> {
    match expression {
        Expr::Attribute(attribute) => {
            let parent = of_charm(&attribute.value, scope)?;
            let name = attribute.attr.as_str();
            match name {
                "charm" | "_charm" => Some(parent),
                _ if parent.is_empty() => Some(name.to_owned()),
                _ => Some(format!("{parent}.{name}")),
            }
        }
        Expr::Name(name) if name.id.as_str() == "self" || scope.charms.contains(name.id.as_str()) => {
            Some(String::new())
        }
        _ => None,
    }
}
