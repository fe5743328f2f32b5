//! Cases of the port for small objects.

use super::{
    Case, Port, Running, Trial,
    trial::{Outcome, conflict, holds},
};
use crate::{
    backend::{Expect, Version},
    name::StoreKey,
};

const fn case(name: &'static str, run: for<'a> fn(&'a Trial<'a>) -> Running<'a>) -> Case {
    Case { port: Port::Store, name, run }
}

pub(super) const CASES: &[Case] = &[
    case("what_was_put_is_got", |trial| Box::pin(what_was_put_is_got(trial))),
    case("an_absent_object_is_none", |trial| Box::pin(an_absent_object_is_none(trial))),
    case("one_of_two_writers_wins", |trial| Box::pin(one_of_two_writers_wins(trial))),
    case("a_stale_version_is_refused", |trial| Box::pin(a_stale_version_is_refused(trial))),
    case("creates_only_what_is_absent", |trial| Box::pin(creates_only_what_is_absent(trial))),
    case("lists_by_prefix", |trial| Box::pin(lists_by_prefix(trial))),
    case("scopes_do_not_meet", |trial| Box::pin(scopes_do_not_meet(trial))),
    case("delete_may_be_repeated", |trial| Box::pin(delete_may_be_repeated(trial))),
];

fn key() -> StoreKey {
    "lease".into()
}

async fn create(trial: &Trial<'_>, key: &StoreKey, value: &[u8]) -> Outcome<Version> {
    Ok(trial.store()?.put(&trial.scope, key, value, &Expect::Absent).await?)
}

async fn has(trial: &Trial<'_>, key: &StoreKey, value: &[u8], version: &Version) -> Outcome {
    let got = trial.store()?.get(&trial.scope, key).await?;
    let same = got.as_ref().is_some_and(|got| got.value == value && got.version == *version);
    holds(same, || format!("{key}: expected {value:?} at {version:?}, got {got:?}"))
}

async fn what_was_put_is_got(trial: &Trial<'_>) -> Outcome {
    let first = create(trial, &key(), b"one").await?;
    has(trial, &key(), b"one", &first).await?;
    let second = trial.store()?.put(&trial.scope, &key(), b"", &Expect::Version(first.clone())).await?;
    has(trial, &key(), b"", &second).await?;
    // The same content again is another version: whoever read before must notice.
    let third = trial.store()?.put(&trial.scope, &key(), b"", &Expect::Version(second.clone())).await?;
    holds(first != second && second != third, || format!("versions repeat: {first:?} {second:?} {third:?}"))?;
    let eye = trial.lab.another_eye().await;
    let seen = match &eye.store {
        Some(store) => store.get(&trial.scope, &key()).await?.map(|got| got.version),
        None => None,
    };
    holds(seen == Some(third), || format!("another controller reads version {seen:?}"))
}

async fn an_absent_object_is_none(trial: &Trial<'_>) -> Outcome {
    let got = trial.store()?.get(&trial.scope, &key()).await?;
    holds(got.is_none(), || format!("an empty store answers {got:?}"))?;
    let version = create(trial, &key(), b"one").await?;
    trial.store()?.delete(&trial.scope, &key(), &version).await?;
    let got = trial.store()?.get(&trial.scope, &key()).await?;
    holds(got.is_none(), || format!("a deleted object is {got:?}"))
}

async fn one_of_two_writers_wins(trial: &Trial<'_>) -> Outcome {
    let version = create(trial, &key(), b"none").await?;
    let eye = trial.lab.another_eye().await;
    let other = eye.store.as_deref().ok_or_else(|| "another controller has no store".to_owned())?;
    let (object, expect) = (key(), Expect::Version(version));
    let mine = trial.store()?.put(&trial.scope, &object, b"mine", &expect);
    let (mine, theirs) = crate::both::both(mine, other.put(&trial.scope, &object, b"theirs", &expect)).await;
    match (mine, theirs) {
        (Ok(version), lost) => {
            conflict(lost)?;
            has(trial, &key(), b"mine", &version).await
        }
        (lost, Ok(version)) => {
            conflict(lost)?;
            has(trial, &key(), b"theirs", &version).await
        }
        (Err(mine), Err(theirs)) => Err(format!("nobody wins: {mine}; {theirs}").into()),
    }
}

async fn a_stale_version_is_refused(trial: &Trial<'_>) -> Outcome {
    let store = trial.store()?;
    let old = create(trial, &key(), b"one").await?;
    store.put(&trial.scope, &key(), b"two", &Expect::Version(old.clone())).await?;
    let before = trial.at_rest().await?;
    conflict(store.put(&trial.scope, &key(), b"three", &Expect::Version(old.clone())).await)?;
    conflict(store.delete(&trial.scope, &key(), &old).await)?;
    conflict(store.put(&trial.scope, &"absent".into(), b"three", &Expect::Version(old)).await)?;
    trial.is_still(&before, "a refused write").await
}

async fn creates_only_what_is_absent(trial: &Trial<'_>) -> Outcome {
    create(trial, &key(), b"one").await?;
    let before = trial.at_rest().await?;
    conflict(trial.store()?.put(&trial.scope, &key(), b"two", &Expect::Absent).await)?;
    trial.is_still(&before, "a refused creation").await
}

async fn lists_by_prefix(trial: &Trial<'_>) -> Outcome {
    for name in ["b/2", "a/1", "b/10", "b", "c/1", "a/b/1"] {
        create(trial, &name.into(), b"").await?;
    }
    for (prefix, expected) in
        [("b/", &["b/10", "b/2"][..]), ("", &["a/1", "a/b/1", "b", "b/10", "b/2", "c/1"]), ("d", &[])]
    {
        let listed = trial.store()?.list(&trial.scope, prefix).await?;
        let same = listed.iter().map(StoreKey::as_str).eq(expected.iter().copied());
        holds(same, || format!("under {prefix:?}: expected {expected:?}, not {listed:?}"))?;
    }
    Ok(())
}

async fn scopes_do_not_meet(trial: &Trial<'_>) -> Outcome {
    let store = trial.store()?;
    let mine = create(trial, &key(), b"mine").await?;
    let theirs = store.put(&trial.other, &key(), b"theirs", &Expect::Absent).await?;
    has(trial, &key(), b"mine", &mine).await?;
    let got = store.get(&trial.other, &key()).await?;
    holds(got.as_ref().is_some_and(|got| got.value == b"theirs"), || format!("the other scope reads {got:?}"))?;
    store.delete(&trial.other, &key(), &theirs).await?;
    has(trial, &key(), b"mine", &mine).await?;
    let listed = store.list(&trial.other, "").await?;
    holds(listed.is_empty(), || format!("the other scope lists {listed:?}"))
}

async fn delete_may_be_repeated(trial: &Trial<'_>) -> Outcome {
    let store = trial.store()?;
    let version = create(trial, &key(), b"one").await?;
    create(trial, &"other".into(), b"stays").await?;
    store.delete(&trial.scope, &key(), &version).await?;
    let before = trial.at_rest().await?;
    store.delete(&trial.scope, &key(), &version).await?;
    trial.is_still(&before, "deleting what is not there").await
}
