//! Endpoints, by role.

use super::{Binding, Name, Named, Sealed};
use crate::event::{RelationBroken, RelationChanged, RelationCreated, RelationDeparted, RelationJoined};
use juju_metadata::Role;

/// An endpoint of the charm: [`Requires`], [`Provides`] or [`Peer`].
pub trait Endpoint: Sealed {
    /// Its side.
    const ROLE: Role;

    /// Its name.
    fn name(&self) -> &Name;
}

impl<E: Endpoint> Sealed for &E {}

impl<E: Endpoint> Endpoint for &E {
    const ROLE: Role = E::ROLE;

    fn name(&self) -> &Name {
        (*self).name()
    }
}

macro_rules! endpoint {
    ($($(#[$doc:meta])+ $name:ident, $role:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Name);

        impl $name {
            /// The endpoint of that name, which is checked against the metadata at run time.
            #[must_use]
            pub const fn named(name: &'static str) -> Self {
                Self(Name::given(name))
            }

            #[doc(hidden)]
            #[must_use]
            pub const fn declared(name: &'static str) -> Self {
                Self(Name::declared(name))
            }

            /// Key of `…-relation-created`.
            #[must_use]
            pub fn created(&self) -> Named<RelationCreated<'static>> {
                Named::of(&self.0)
            }

            /// Key of `…-relation-joined`.
            #[must_use]
            pub fn joined(&self) -> Named<RelationJoined<'static>> {
                Named::of(&self.0)
            }

            /// Key of `…-relation-changed`.
            #[must_use]
            pub fn changed(&self) -> Named<RelationChanged<'static>> {
                Named::of(&self.0)
            }

            /// Key of `…-relation-departed`.
            #[must_use]
            pub fn departed(&self) -> Named<RelationDeparted<'static>> {
                Named::of(&self.0)
            }

            /// Key of `…-relation-broken`.
            #[must_use]
            pub fn broken(&self) -> Named<RelationBroken<'static>> {
                Named::of(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name.into())
            }
        }

        /// The network binding of the endpoint.
        impl From<$name> for Binding {
            fn from(endpoint: $name) -> Self {
                Self::of(endpoint.0)
            }
        }

        impl Sealed for $name {}

        impl Endpoint for $name {
            const ROLE: Role = Role::$role;

            fn name(&self) -> &Name {
                &self.0
            }
        }
    )+};
}

endpoint! {
    /// An endpoint in `requires`: it uses what remote applications offer.
    Requires, Requires;
    /// An endpoint in `provides`: it offers something to remote applications.
    Provides, Provides;
    /// An endpoint in `peers`: it joins the units of this application, from their first hook to their last.
    Peer, Peers;
}
