//! Actions with the type of their parameters.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{Key, Name, Occurrence, Sealed, Trigger};
use crate::event;
use crate::hook::{Event, EventKind};
use crate::juju::Juju;
use crate::settings::{SettingError, from_json};
use crate::tool::Error;

/// An action, which is its own key. `P` is the type of its parameters: `()` if it has none.
#[derive(Debug)]
pub struct Action<P = ()> {
    name: Name,
    params: PhantomData<fn() -> P>,
}

impl<P> Action<P> {
    /// The action of that name, which is checked against the metadata at run time.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { name: Name::given(name), params: PhantomData }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn declared(name: &'static str) -> Self {
        Self { name: Name::declared(name), params: PhantomData }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }
}

impl<P> From<String> for Action<P> {
    fn from(name: String) -> Self {
        Self { name: name.into(), params: PhantomData }
    }
}

impl<P> Sealed for Action<P> {}

impl<P: DeserializeOwned + 'static> Key for Action<P> {
    type Event<'e> = event::Action<'e, P>;

    fn trigger(&self) -> Trigger {
        Trigger::Hook { kind: EventKind::Action, subject: Some(self.name.clone()) }
    }

    fn deliver<'e, T>(
        &self,
        occurrence: &Occurrence<'e>,
        juju: &'e Juju<'e>,
        handle: impl FnOnce(&Self::Event<'e>) -> T,
    ) -> Result<Option<T>, Error> {
        let Occurrence::Hook(Event::Action(action)) = occurrence else { return Ok(None) };
        match params(juju)? {
            Ok(params) => Ok(Some(handle(&event::Action { params, id: &action.id, juju }))),
            Err(why) => {
                juju.fail_action(&format!("cannot use the parameters of {}: {why}", action.name)).map(|()| None)
            }
        }
    }
}

/// The parameters, or the reason why `P` refuses them. No call for a type without fields.
fn params<P: DeserializeOwned>(juju: &Juju<'_>) -> Result<Result<P, SettingError>, Error> {
    if let Ok(empty) = serde_json::from_value(serde_json::Value::Null) {
        return Ok(Ok(empty));
    }
    Ok(from_json(juju.action_params()?))
}
