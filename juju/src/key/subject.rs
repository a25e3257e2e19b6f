//! Containers, storages, resources and bindings.

use super::{Name, Named};
use crate::event::{
    PebbleCheckFailed, PebbleCheckRecovered, PebbleCustomNotice, PebbleReady, StorageAttached, StorageDetaching,
};

macro_rules! subject {
    ($($(#[$doc:meta])+ $name:ident $(, $(#[$key_doc:meta])+ $key:ident: $event:ident)*;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Name);

        impl $name {
            /// The one of that name, which is checked against the metadata at run time.
            #[must_use]
            pub const fn named(name: &'static str) -> Self {
                Self(Name::given(name))
            }

            #[doc(hidden)]
            #[must_use]
            pub const fn declared(name: &'static str) -> Self {
                Self(Name::declared(name))
            }

            /// Its name.
            #[must_use]
            pub const fn name(&self) -> &Name {
                &self.0
            }

            $(
                $(#[$key_doc])+
                #[must_use]
                pub fn $key(&self) -> Named<$event<'static>> {
                    Named::of(&self.0)
                }
            )*
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name.into())
            }
        }
    )+};
}

subject! {
    /// A workload container.
    Container,
        /// Key of `…-pebble-ready`.
        pebble_ready: PebbleReady,
        /// Key of `…-pebble-custom-notice`.
        custom_notice: PebbleCustomNotice,
        /// Key of `…-pebble-check-failed`.
        check_failed: PebbleCheckFailed,
        /// Key of `…-pebble-check-recovered`.
        check_recovered: PebbleCheckRecovered;
    /// A storage.
    Storage,
        /// Key of `…-storage-attached`.
        attached: StorageAttached,
        /// Key of `…-storage-detaching`.
        detaching: StorageDetaching;
    /// A resource.
    Resource;
    /// A network binding beside those of the endpoints: an entry of `extra-bindings`.
    Binding;
}

impl Binding {
    pub(super) const fn of(name: Name) -> Self {
        Self(name)
    }
}
