//! The store: objects of an S3 bucket, written on condition only.
//!
//! A version is the service's ETag, which is the same for the same content; so each write begins with a line of its own
//! that no other write has. By that line a write whose answer was lost is known again.

use crate::{
    connect::Service,
    error::{Wish, code},
    name::digest,
};
use async_trait::async_trait;
use aws_sdk_s3::{Client, config::Builder, operation::put_object::PutObjectError};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use ha_core::{
    backend::{Error, Expect, Kind, Resource, Result, Scope, Store, Version, Versioned},
    name::StoreKey,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Writes that collide are tried again so often.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(100);

/// Small objects in a bucket.
pub(crate) struct BucketStore {
    client: Client,
    bucket: String,
    service: Arc<Service>,
}

/// The writes of this process, whatever their bucket.
static WRITES: AtomicU64 = AtomicU64::new(0);

impl BucketStore {
    pub fn new(service: Arc<Service>, bucket: String) -> Self {
        // An emulator has one host name for all buckets.
        let config = Builder::from(&service.config).force_path_style(service.local).build();
        Self { client: Client::from_conf(config), bucket, service }
    }

    fn object(scope: &Scope, key: &str) -> String {
        format!("{}/{}/{key}", scope.name, scope.id)
    }

    /// A line that no other write of anybody begins with.
    fn line(&self) -> String {
        let write = WRITES.fetch_add(1, Ordering::Relaxed);
        let (now, process) = (self.service.clock.now().0, std::process::id());
        digest(&format!("{now} {process} {write}")) + &format!("{now:016x}")
    }

    /// The object's line, content and version.
    async fn read(&self, object: &str, wish: &Wish) -> Result<Option<(String, Versioned)>> {
        let answer = match self.client.get_object().bucket(&self.bucket).key(object).send().await {
            Ok(answer) => answer,
            Err(error) if code(&error) == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(self.told(wish, error)),
        };
        let version = Version(answer.e_tag.ok_or_else(|| wish.strange("an object without an ETag"))?);
        let body = answer.body.collect().await.map_err(|error| wish.strange(error.to_string()))?.to_vec();
        let end = body.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| wish.refuse(Kind::Conflict("somebody else wrote this object".into())))?;
        let line = String::from_utf8_lossy(&body[..end]).into_owned();
        Ok(Some((line, Versioned { value: body[end + 1..].to_vec(), version })))
    }

    /// A bucket that is not there is no absent object: who asks must not take it for one.
    fn told<E>(&self, wish: &Wish, error: SdkError<E, HttpResponse>) -> Error
    where
        E: aws_smithy_types::error::metadata::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match code(&error) {
            Some("NoSuchBucket") => wish.refuse(Kind::Rejected(format!("there is no bucket {}: make it", self.bucket))),
            _ => wish.failed(error),
        }
    }

    async fn write(
        &self,
        object: &str,
        body: &[u8],
        expect: &Expect,
    ) -> std::result::Result<Option<String>, SdkError<PutObjectError, HttpResponse>> {
        let call = self.client.put_object().bucket(&self.bucket).key(object).body(body.to_vec().into());
        let call = match expect {
            Expect::Absent => call.if_none_match("*"),
            Expect::Version(version) => call.if_match(&version.0),
        };
        Ok(call.send().await?.e_tag)
    }

    async fn put_object(&self, object: &str, value: &[u8], expect: &Expect, wish: &Wish) -> Result<Version> {
        let line = self.line();
        let body = [line.as_bytes(), b"\n", value].concat();
        for attempt in 1.. {
            let refused = match self.write(object, &body, expect).await {
                Ok(tag) => return tag.map(Version).ok_or_else(|| wish.strange("a write without an ETag")),
                Err(error) => error,
            };
            match code(&refused) {
                Some("ConditionalRequestConflict") if attempt < TRIES => {
                    self.service.clock.sleep(PAUSE * attempt).await;
                }
                Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey") => {
                    // An attempt whose answer was lost may have been the one that won.
                    let there = self.read(object, wish).await?;
                    return match there.filter(|(written, _)| *written == line) {
                        Some((_, mine)) => Ok(mine.version),
                        None => Err(wish.refuse(Kind::Conflict("the object is at another version".into()))),
                    };
                }
                _ => return Err(self.told(wish, refused)),
            }
        }
        Err(wish.strange("no attempt was made"))
    }
}

#[async_trait]
impl Store for BucketStore {
    async fn get(&self, scope: &Scope, key: &StoreKey) -> Result<Option<Versioned>> {
        let wish = Wish::new("store.get", Resource::Object(key.clone()));
        let found = self.service.timed(&wish, self.read(&Self::object(scope, key.as_str()), &wish)).await?;
        Ok(found.map(|(_, found)| found))
    }

    async fn put(&self, scope: &Scope, key: &StoreKey, value: &[u8], expect: &Expect) -> Result<Version> {
        let wish = Wish::new("store.put", Resource::Object(key.clone()));
        let object = Self::object(scope, key.as_str());
        self.service.timed(&wish, self.put_object(&object, value, expect, &wish)).await
    }

    async fn delete(&self, scope: &Scope, key: &StoreKey, version: &Version) -> Result<()> {
        let wish = Wish::new("store.delete", Resource::Object(key.clone()));
        let object = Self::object(scope, key.as_str());
        let call = self.client.delete_object().bucket(&self.bucket).key(&object).if_match(&version.0);
        let done = async {
            match call.send().await {
                Ok(_) => Ok(()),
                Err(error) if code(&error) == Some("NoSuchKey") => Ok(()),
                // Deleted by an attempt whose answer was lost, or never there, is as good as deleted.
                Err(error) => match self.read(&object, &wish).await? {
                    None => Ok(()),
                    Some(_) => Err(self.told(&wish, error)),
                },
            }
        };
        self.service.timed(&wish, done).await
    }

    async fn list(&self, scope: &Scope, prefix: &str) -> Result<Vec<StoreKey>> {
        let wish = Wish::new("store.list", Resource::Tier);
        let own = Self::object(scope, "");
        let call = self.client.list_objects_v2().bucket(&self.bucket).prefix(Self::object(scope, prefix));
        let listed = async {
            let mut pages = call.into_paginator().send();
            let mut keys: Vec<StoreKey> = Vec::new();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| self.told(&wish, error))?;
                let found = page.contents().iter().filter_map(|it| it.key()?.strip_prefix(&own).map(StoreKey::from));
                keys.extend(found);
            }
            keys.sort();
            Ok(keys)
        };
        self.service.timed(&wish, listed).await
    }
}
