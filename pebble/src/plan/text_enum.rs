//! Macro for enums of the plan's words, which Pebble keeps as plain strings.
//!
//! Pebble refuses an unknown word only at validation, and prints some without it, so each enum has `Other`.

/// Defines an enum of words with serde, `Display` and `From`; the empty text is unset.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            /// Not set.
            #[default]
            Unset,
            $($(#[$vdoc])* $variant,)*
            /// An unknown word, kept for the message of the validation.
            Other(String),
        }

        impl $name {
            /// The word; empty if unset.
            pub fn as_str(&self) -> &str {
                match self {
                    Self::Unset => "",
                    $(Self::$variant => $text,)*
                    Self::Other(word) => word,
                }
            }

            /// True if unset.
            pub fn is_unset(&self) -> bool {
                *self == Self::Unset
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    "" => Self::Unset,
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <Option<String> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(word.as_deref().unwrap_or_default()))
            }
        }
    };
}

pub(crate) use text_enum;
