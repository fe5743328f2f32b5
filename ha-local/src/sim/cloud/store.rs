//! Small objects with compare-and-set. Strongly consistent: nobody ever sees the past.

use super::Broken;
use ha_core::{
    backend::{Expect, Kind, Scope, Version, Versioned},
    name::StoreKey,
};
use std::collections::BTreeMap;

/// All objects of all scopes.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Objects {
    objects: BTreeMap<(Scope, StoreKey), (Vec<u8>, u64)>,
    /// Counts writes: no version is ever given twice.
    writes: u64,
}

impl Objects {
    pub(super) fn keys(&self) -> impl Iterator<Item = &(Scope, StoreKey)> {
        self.objects.keys()
    }

    /// What an object holds.
    pub(super) fn value(&self, scope: &Scope, key: &StoreKey) -> Option<&[u8]> {
        self.objects.get(&(scope.clone(), key.clone())).map(|(value, _)| value.as_slice())
    }

    /// Where an object lies; broken, all scopes share one place.
    fn place(broken: &Broken, scope: &Scope, key: &StoreKey) -> (Scope, StoreKey) {
        if broken.breaks("store.scopes_do_not_meet") {
            return (Scope { name: String::new(), id: String::new() }, key.clone());
        }
        (scope.clone(), key.clone())
    }

    pub(super) fn get(&self, broken: &Broken, scope: &Scope, key: &StoreKey) -> Result<Option<Versioned>, Kind> {
        let found = self.objects.get(&Self::place(broken, scope, key));
        if found.is_none() && broken.breaks("store.an_absent_object_is_none") {
            return Err(Kind::NotFound);
        }
        Ok(found.map(|(value, version)| {
            let value = if broken.breaks("store.what_was_put_is_got") { Vec::new() } else { value.clone() };
            Versioned { value, version: Version(version.to_string()) }
        }))
    }

    pub(super) fn put(
        &mut self,
        broken: &Broken,
        (scope, key): (&Scope, &StoreKey),
        value: &[u8],
        expect: &Expect,
    ) -> Result<Version, Kind> {
        let place = Self::place(broken, scope, key);
        let current = self.objects.get(&place).map(|(_, version)| Version(version.to_string()));
        let holds = match expect {
            Expect::Absent => current.is_none() || broken.breaks("store.creates_only_what_is_absent"),
            Expect::Version(version) => {
                let any =
                    broken.breaks("store.one_of_two_writers_wins") || broken.breaks("store.a_stale_version_is_refused");
                current.as_ref() == Some(version) || any
            }
        };
        if !holds {
            return Err(Kind::Conflict(format!("somebody else wrote {key}")));
        }
        self.writes += 1;
        self.objects.insert(place, (value.to_vec(), self.writes));
        Ok(Version(self.writes.to_string()))
    }

    pub(super) fn delete(
        &mut self,
        broken: &Broken,
        scope: &Scope,
        key: &StoreKey,
        version: &Version,
    ) -> Result<(), Kind> {
        let place = Self::place(broken, scope, key);
        let Some((_, current)) = self.objects.get(&place) else {
            let repeated = broken.breaks("store.delete_may_be_repeated");
            return if repeated { Err(Kind::NotFound) } else { Ok(()) };
        };
        if current.to_string() != version.0 && !broken.breaks("store.a_stale_version_is_refused") {
            return Err(Kind::Conflict(format!("somebody else wrote {key}")));
        }
        self.objects.remove(&place);
        Ok(())
    }

    pub(super) fn list(&self, broken: &Broken, scope: &Scope, prefix: &str) -> Vec<StoreKey> {
        let place = Self::place(broken, scope, &prefix.into());
        let all = broken.breaks("store.lists_by_prefix");
        let of_scope = self.objects.keys().filter(|(other, _)| *other == place.0);
        of_scope.filter(|(_, key)| all || key.as_str().starts_with(prefix)).map(|(_, key)| key.clone()).collect()
    }
}
