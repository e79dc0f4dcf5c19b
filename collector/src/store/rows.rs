//! Records as rows: for each kind a keyspace, a key that begins with the instance, and a codec.
//!
//! Rows are read one after the other, each counted by the budget, and a stop is heard between any
//! two.

use std::ops::Range;
use std::sync::Arc;

use fjall::Keyspace;

use super::StoreError;
use super::database::{self, Batch, Database};
use crate::samples::{Budget, ReadError};

/// Something that only this collector knows of an instance, kept as a row.
pub trait Record: Sized {
    /// What they are called in errors.
    const NAME: &'static str;

    /// Where they lie.
    fn keyspace(database: &Database) -> &Keyspace;

    /// Of whom it tells.
    fn instance(&self) -> &str;

    /// What stands in the key behind the instance; rows are read in its order.
    fn key(&self) -> Vec<u8>;

    /// What stands in the row.
    fn encode(&self) -> Vec<u8>;

    /// The record of a row; nothing if it is damaged.
    fn decode(instance: &Arc<str>, key: &[u8], row: &[u8]) -> Option<Self>;

    /// What it takes in memory, in bytes.
    fn bytes(&self) -> u64;
}

/// Some rows of an instance.
pub struct Place<'p> {
    pub instance: &'p str,
    /// The part of the key behind the instance, end excluded; all of them if there is none.
    pub keys: Option<Range<Vec<u8>>>,
}

/// Writes a record; one of the same key is replaced.
pub fn put<R: Record>(database: &Database, batch: &mut Batch, record: &R) {
    batch.insert(R::keyspace(database), key(record), record.encode());
}

/// What stands at the key of a record now; nothing if that cannot be read.
pub fn at_key_of<R: Record>(database: &Database, record: &R) -> Result<Option<R>, StoreError> {
    let found = R::keyspace(database).get(key(record)).map_err(|source| StoreError::Database {
        operation: format!("read the {} of {}", R::NAME, record.instance()),
        source,
    })?;
    Ok(found.and_then(|row| R::decode(&record.instance().into(), &record.key(), &row)))
}

/// Hands out records one by one, in order of their keys.
pub fn each<R: Record>(
    database: &Database,
    place: Place<'_>,
    budget: &Budget,
    mut take: impl FnMut(R) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let instance: Arc<str> = place.instance.into();
    let operation = format!("read the {} of {instance}", R::NAME);
    let prefix = [instance.as_bytes(), &[0]].concat();
    let bound = |key: Vec<u8>| [&prefix[..], &key].concat();
    let keys = match place.keys {
        Some(Range { start, end }) => bound(start)..bound(end),
        None => prefix.clone()..[instance.as_bytes(), &[1]].concat(),
    };
    if keys.start > keys.end {
        return Ok(());
    }
    for entry in R::keyspace(database).range(keys) {
        budget.samples(1)?;
        let (key, row) = database::entry(entry, &operation).map_err(failed)?;
        let damaged = || StoreError::Damaged { what: format!("one of the {}: {key:?}", R::NAME) };
        let record = R::decode(&instance, &key[prefix.len()..], &row).ok_or_else(damaged);
        take(record.map_err(failed)?)?;
    }
    Ok(())
}

fn failed(error: StoreError) -> ReadError {
    ReadError::Failed(Box::new(error))
}

/// The instance, a zero byte, the rest.
fn key<R: Record>(record: &R) -> Vec<u8> {
    [record.instance().as_bytes(), &[0], &record.key()].concat()
}
