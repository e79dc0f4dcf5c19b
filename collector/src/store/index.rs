//! From labels to series and back. All of it in memory; new series are saved with the first frame
//! that uses them.

use std::collections::HashMap;

use super::database::{self, Batch, Database};
use super::labels::{Labels, Matcher};
use super::{SeriesId, StoreError};

/// The most series one instance may have.
pub const MAX_SERIES_PER_INSTANCE: usize = 50_000;

/// An instance has too many series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("instance {instance:?} has {MAX_SERIES_PER_INSTANCE} series, the most it may have")]
pub struct SeriesLimit {
    instance: String,
}

#[derive(Default)]
pub struct Index {
    labels: Vec<Labels>,
    ids: HashMap<Labels, SeriesId>,
    /// By label name and value, in order of ids.
    postings: HashMap<(Box<str>, Box<str>), Vec<SeriesId>>,
    saved: usize,
}

impl Index {
    pub fn load(database: &Database) -> Result<Self, StoreError> {
        let mut index = Self::default();
        for entry in database.series.iter() {
            let (key, value) = database::entry(entry, "read the index")?;
            let damaged = || StoreError::Damaged { what: format!("series {key:?} of the index") };
            let id = u32::from_be_bytes((*key).try_into().map_err(|_| damaged())?);
            let labels = Labels::decode(&value).ok_or_else(damaged)?;
            if id as usize != index.labels.len() {
                return Err(damaged());
            }
            index.add(labels);
        }
        index.saved = index.labels.len();
        Ok(index)
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn id_of(&self, labels: &Labels) -> Option<SeriesId> {
        self.ids.get(labels).copied()
    }

    pub fn labels(&self, id: SeriesId) -> Option<&Labels> {
        self.labels.get(id.0 as usize)
    }

    pub fn insert(&mut self, labels: Labels) -> Result<SeriesId, SeriesLimit> {
        if let Some(id) = self.id_of(&labels) {
            return Ok(id);
        }
        let instance = labels.get(headroom_proto::metric::INSTANCE).unwrap_or_default();
        let posting =
            self.postings.get(&(headroom_proto::metric::INSTANCE.into(), instance.into()));
        if posting.is_some_and(|series| series.len() >= MAX_SERIES_PER_INSTANCE) {
            return Err(SeriesLimit { instance: instance.to_owned() });
        }
        Ok(self.add(labels))
    }

    fn add(&mut self, labels: Labels) -> SeriesId {
        let id = SeriesId(self.labels.len() as u32);
        for (name, value) in labels.iter() {
            self.postings.entry((name.into(), value.into())).or_default().push(id);
        }
        self.ids.insert(labels.clone(), id);
        self.labels.push(labels);
        id
    }

    /// The series that all matchers accept. Starts from the rarest exact value.
    pub fn select(&self, matchers: &[Matcher]) -> Vec<SeriesId> {
        let posting = |matcher: &Matcher| {
            let key = (matcher.name().into(), matcher.exact()?.into());
            Some(self.postings.get(&key).map_or(&[][..], Vec::as_slice))
        };
        let rarest = matchers.iter().filter_map(posting).min_by_key(|series| series.len());
        let accepted = |id: &SeriesId| {
            self.labels(*id).is_some_and(|labels| matchers.iter().all(|m| m.matches(labels)))
        };
        match rarest {
            Some(series) => series.iter().copied().filter(accepted).collect(),
            None => (0..self.labels.len() as u32).map(SeriesId).filter(accepted).collect(),
        }
    }

    /// Adds what is not saved yet to the batch; the answer is for [`Self::mark_saved`].
    pub fn write_unsaved(&self, database: &Database, batch: &mut Batch) -> usize {
        for (offset, labels) in self.labels[self.saved..].iter().enumerate() {
            let id = (self.saved + offset) as u32;
            batch.insert(&database.series, id.to_be_bytes(), labels.encode());
        }
        self.labels.len()
    }

    pub fn mark_saved(&mut self, saved: usize) {
        self.saved = saved;
    }
}
