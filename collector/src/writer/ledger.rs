//! The door for the ledger of those on call: what is decided is durable before anybody is told.

use tokio::sync::mpsc;

use super::{Held, Submission, Write, WriteOutcome, Writer, WriterEnded};
use crate::store::LedgerRow;

/// Writes the ledger.
#[derive(Clone)]
pub struct Ledger(Writer);

/// Why something is not in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The store takes nothing.
    #[error("failed to write the ledger: {0}")]
    Refused(String),
    /// The writer has ended.
    #[error("failed to write the ledger")]
    Ended(#[from] WriterEnded),
}

impl Ledger {
    /// Hands in to this writer.
    pub fn new(writer: Writer) -> Self {
        Self(writer)
    }

    /// Makes rows durable, all or none.
    pub async fn write(&self, rows: Vec<LedgerRow>) -> Result<(), LedgerError> {
        if rows.is_empty() {
            return Ok(());
        }
        let (reply, mut outcome) = mpsc::channel(1);
        let held = Held::Nothing;
        self.0.submit(Submission { write: Write::Ledger(rows), reply, held }).await?;
        match outcome.recv().await {
            Some(WriteOutcome::Ledger) => Ok(()),
            Some(WriteOutcome::Failed(reason)) => Err(LedgerError::Refused(reason)),
            Some(
                WriteOutcome::Frame(_)
                | WriteOutcome::Request
                | WriteOutcome::Loss(_)
                | WriteOutcome::Own,
            )
            | None => Err(WriterEnded.into()),
        }
    }
}
