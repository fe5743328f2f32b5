//! Names as types, so that a pool is never passed where a zone is meant.

use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, sync::Arc};

macro_rules! names { ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
    $(#[$doc])*
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
    #[serde(from = "String")]
    pub struct $name(Arc<str>);
    impl $name {
        /// The name as text.
        pub fn as_str(&self) -> &str { &self.0 }
    }
    impl From<&str> for $name { fn from(text: &str) -> Self { Self(text.into()) } }
    impl From<String> for $name { fn from(text: String) -> Self { Self(text.into()) } }
    impl From<$name> for String { fn from(name: $name) -> Self { name.0.as_ref().into() } }
    impl Serialize for $name {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> { to.serialize_str(&self.0) }
    }
    impl fmt::Display for $name { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) } }
    impl fmt::Debug for $name { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{:?}", &*self.0) } }
)* } }

names! {
    /// A zone: a part of the site that fails as a whole.
    ZoneName,
    /// A pool of like instances.
    PoolName,
    /// A load balancer.
    BalancerName,
    /// A DNS name, without the final dot.
    DnsName,
    /// A release of what runs in a pool.
    Release,
    /// An instance as its pool names it.
    InstanceId,
    /// A key in the store.
    StoreKey,
    /// One running controller; two never share it.
    Holder,
}
