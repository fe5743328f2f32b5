//! Small objects with compare-and-set: the lease, later the directory and backups.

use super::{Result, Scope};
use crate::name::StoreKey;
use async_trait::async_trait;

/// What the store says an object's content is at; it changes with every write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub String);

/// An object and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The content.
    pub value: Vec<u8>,
    /// Its version.
    pub version: Version,
}

/// What must be true for a write to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// There is no such object.
    Absent,
    /// The object is at this version.
    Version(Version),
}

/// Small objects with compare-and-set. Reads are strongly consistent, on every backend.
///
/// Contract, each clause a conformance case of the same name:
/// - `what_was_put_is_got`: a `get` after an accepted `put` answers its value and version.
/// - `an_absent_object_is_none`: a `get` of what is not there answers `None`, not an error.
/// - `one_of_two_writers_wins`: of two `put`s that expect the same version, one is refused with `Conflict`.
/// - `a_stale_version_is_refused`: a `put` or `delete` that expects an older version is refused and changes nothing.
/// - `creates_only_what_is_absent`: a `put` that expects nothing there is refused where something is.
/// - `lists_by_prefix`: `list` answers the keys that begin with the prefix, in order.
/// - `scopes_do_not_meet`: equal keys of two scopes are two objects.
/// - `delete_may_be_repeated`: deleting what is not there is accepted.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Store: Send + Sync {
    /// The object, if there is one.
    async fn get(&self, scope: &Scope, key: &StoreKey) -> Result<Option<Versioned>>;
    /// Writes the object if `expect` holds, else `Conflict`; answers the new version.
    async fn put(&self, scope: &Scope, key: &StoreKey, value: &[u8], expect: &Expect) -> Result<Version>;
    /// Removes the object if it is at this version, else `Conflict`; removing what is not there is accepted.
    async fn delete(&self, scope: &Scope, key: &StoreKey, version: &Version) -> Result<()>;
    /// The keys that begin with `prefix`, in order.
    async fn list(&self, scope: &Scope, prefix: &str) -> Result<Vec<StoreKey>>;
}
