//! Changes are whole, one at a time among all who share the place, and leave nothing behind.

use super::{Directory, Tables, Turn, ZoneRow, key};
use crate::docker::engine::Trouble;
use ha_core::{
    backend::{Expect, Kind, Scope, Store},
    time::Timestamp,
};
use std::{fs, path::PathBuf, sync::mpsc, thread, time::Duration};

/// A place of this test's own in which nothing is.
fn place(test: &str) -> PathBuf {
    let place = std::env::temp_dir().join(format!("ha-state-{}-{test}", std::process::id()));
    let _ = fs::remove_dir_all(&place);
    place
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

fn zone(tables: &mut Tables, name: &str) -> Result<(), Trouble> {
    tables.zones.insert(key("shop", name), ZoneRow { dark: true, ..ZoneRow::default() });
    Ok(())
}

#[test]
fn no_change_is_lost_among_many_who_change() {
    run(async {
        let place = place("many");
        let writers = (0..16).map(|writer| {
            let directory = Directory::new(&place);
            tokio::spawn(async move { directory.change(move |tables| zone(tables, &writer.to_string())).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap().unwrap();
        }
        let tables = Directory::new(&place).read().await.unwrap();
        assert_eq!(tables.zones.len(), 16);
        fs::remove_dir_all(place).unwrap();
    });
}

#[test]
fn what_is_refused_changes_nothing_and_what_changes_nothing_is_not_written() {
    run(async {
        let place = place("refused");
        let directory = Directory::new(&place);
        directory.change(|tables| zone(tables, "a")).await.unwrap();
        let before = directory.read().await.unwrap();
        let refused = directory.change(|tables| {
            zone(tables, "b")?;
            Err::<(), _>(Trouble::from(Kind::Denied))
        });
        assert_eq!(refused.await.unwrap_err().kind(), &Kind::Denied);
        directory.change(|tables| zone(tables, "a")).await.unwrap();
        assert_eq!(directory.read().await.unwrap(), before);
        directory.change(|tables| zone(tables, "c")).await.unwrap();
        assert!(directory.read().await.unwrap().version > before.version);
        fs::remove_dir_all(place).unwrap();
    });
}

#[test]
fn a_provider_that_remembers_nothing_leaves_no_file() {
    run(async {
        let place = place("nothing");
        let directory = Directory::new(&place);
        let scope = Scope { name: "shop".into(), id: "1".into() };
        let version = directory.put(&scope, &"lease".into(), b"mine", &Expect::Absent).await.unwrap();
        directory.change(|tables| zone(tables, "a")).await.unwrap();
        assert!(place.is_dir());
        directory
            .change(|tables| {
                tables.zones.clear();
                Ok(())
            })
            .await
            .unwrap();
        let turn = Turn { holder: "me".into(), until: Timestamp::NEVER };
        directory
            .change(|tables| {
                tables.supervisor = Some(turn);
                Ok(())
            })
            .await
            .unwrap();
        directory.delete(&scope, &"lease".into(), &version).await.unwrap();
        assert!(!place.exists());
    });
}

#[test]
fn a_file_of_another_version_is_told_with_its_place() {
    run(async {
        let place = place("other");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("state.json"), "{ \"pools\": 3 }").unwrap();
        let trouble = Directory::new(&place).read().await.unwrap_err().to_string();
        assert!(trouble.contains("state.json") && trouble.contains("line 1"), "{trouble}");
        fs::remove_dir_all(place).unwrap();
    });
}

#[test]
fn who_is_frozen_with_a_change_in_hand_keeps_nobody_waiting_and_changes_nothing_when_it_thaws() {
    let place = place("thawed");
    let directory = Directory::new(&place).patient_for(Duration::from_millis(100));
    run(directory.change(|tables| zone(tables, "a"))).unwrap();
    let (began, begins) = mpsc::channel();
    let (thaw, thawed) = mpsc::channel::<()>();
    let frozen = directory.clone();
    let frozen = thread::spawn(move || {
        run(frozen.change(move |tables| {
            began.send(()).unwrap();
            thawed.recv().unwrap();
            zone(tables, "b")
        }))
    });
    begins.recv().unwrap();
    run(directory.change(|tables| zone(tables, "c"))).unwrap();
    thaw.send(()).unwrap();
    let refused = frozen.join().unwrap().unwrap_err();
    assert_eq!(*refused.kind(), Kind::Unavailable);
    assert!(refused.to_string().contains("nothing was changed"), "{refused}");
    let tables = run(directory.read()).unwrap();
    assert_eq!(tables.zones.keys().collect::<Vec<_>>(), [&key("shop", "a"), &key("shop", "c")]);
    let left: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["state.json"]);
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn who_is_frozen_in_the_very_move_is_named() {
    let place = place("frozen");
    let directory = Directory::new(&place).patient_for(Duration::from_millis(20));
    run(directory.change(|tables| zone(tables, "a"))).unwrap();
    let frozen = fs::File::open(&place).unwrap();
    frozen.lock().unwrap();
    let refused = run(directory.change(|tables| zone(tables, "b"))).unwrap_err();
    assert_eq!(*refused.kind(), Kind::Unavailable);
    let holder = format!("process {} holds its lock", std::process::id());
    assert!(refused.to_string().contains(&holder), "{refused}");
    assert_eq!(run(directory.read()).unwrap().zones.len(), 1);
    drop(frozen);
    run(directory.change(|tables| zone(tables, "b"))).unwrap();
    assert_eq!(run(directory.read()).unwrap().zones.len(), 2);
    fs::remove_dir_all(&place).unwrap();
}
