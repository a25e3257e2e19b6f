//! Values that a unit keeps from one event to the next, as structs.

use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::juju::Juju;
use crate::tool::Error;

/// Beginning of the keys in the unit's state that belong to this crate.
pub(crate) const RESERVED: &str = "juju.";

/// A value kept by Juju (`state-set`), read once in an event and written at its end if it differs.
///
/// A charm makes it in [`Charm::new`](crate::Charm::new) with [`Setup::stored`](crate::Setup::stored) and keeps it in a field.
/// As long as Juju has no value, it is the type's default. A failed hook leaves the value as it was before.
///
/// ```
/// use webcharm_juju::{Charm, Error, On, Setup, Stored};
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct Memory {
///     backups: u32,
/// }
///
/// struct Keeper {
///     memory: Stored<Memory>,
/// }
///
/// impl Charm for Keeper {
///     type Error = Error;
///
///     fn new(setup: &Setup<'_>) -> Result<Self, Error> {
///         Ok(Self { memory: setup.stored()? })
///     }
///
///     fn observe(on: &mut On<Self>) {
///         on.event(webcharm_juju::event::UpdateStatus, |charm, _, _| {
///             charm.memory.backups += 1;
///             Ok(())
///         });
///     }
/// }
/// ```
///
/// Only plain data can be kept:
///
/// ```compile_fail,E0277
/// # use webcharm_juju::{Error, Setup, Stored};
/// fn keep(setup: &Setup<'_>) -> Result<Stored<std::sync::Mutex<std::fs::File>>, Error> {
///     setup.stored()
/// }
/// ```
pub struct Stored<T: Serialize> {
    value: T,
    slot: Rc<Slot>,
}

/// Place that a value leaves its text in when the charm is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    key: String,
    before: String,
    after: RefCell<Option<serde_json::Result<String>>>,
}

impl<T: Serialize + DeserializeOwned + Default> Stored<T> {
    /// Reads the value with this name.
    pub(crate) fn read(juju: &Juju<'_>, name: &str) -> Result<Self, Error> {
        let key = stored_key(name);
        let wrong = |why: serde_json::Error| Error::Stored { name: name.to_owned(), why: place(&why) };
        let (value, before) = match juju.own_state(&key)? {
            Some(text) => (serde_json::from_str(&text).map_err(wrong)?, text),
            None => {
                let value = T::default();
                let text = serde_json::to_string(&value).map_err(wrong)?;
                (value, text)
            }
        };
        let slot = Rc::new(Slot { key, before, after: RefCell::default() });
        juju.keep(&slot)
            .map_err(|()| Error::Stored { name: name.to_owned(), why: "two values have this name".to_owned() })?;
        Ok(Self { value, slot })
    }
}

/// Key in the unit's state of the value that [`Setup::stored_as`](crate::Setup::stored_as) keeps under a name;
/// [`Setup::stored`](crate::Setup::stored) uses the name `charm`. The value is JSON. For tests that hand in a state.
#[must_use]
pub fn stored_key(name: &str) -> String {
    format!("{RESERVED}stored.{name}")
}

impl Slot {
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The value's text if it is not the one that was read.
    pub(crate) fn news(&self) -> Result<Option<String>, Error> {
        match self.after.take() {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text).filter(|text| *text != self.before)),
            Some(Err(error)) => Err(Error::Stored { name: self.key.clone(), why: place(&error) }),
        }
    }
}

/// The kind and place of a fault, without the value.
fn place(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data if error.line() > 0 => {
            format!("it is not what this charm stores (column {})", error.column())
        }
        serde_json::error::Category::Data => error.to_string(),
        _ => "it is not JSON".to_owned(),
    }
}

impl<T: Serialize> Drop for Stored<T> {
    fn drop(&mut self) {
        *self.slot.after.borrow_mut() = Some(serde_json::to_string(&self.value));
    }
}

impl<T: Serialize> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Serialize> DerefMut for Stored<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Serialize + fmt::Debug> fmt::Debug for Stored<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
