//! A snapshot as a stream of bytes. No I/O of its own.
//!
//! It begins with `HRSNAP` and a version (u8). A row is the lengths of keyspace (u16), key and value
//! (u32 each), the CRC-32 of what follows (u32), keyspace, key and value, all little endian. The end
//! is a row without a keyspace whose value is the number of rows (u64).

use std::io::Read;

use super::SnapshotRow;

const HEADER: &[u8; 7] = b"HRSNAP\x01";

/// The longest key or value; more is damage.
const MAX_BYTES: u32 = 64 << 20;

/// Why a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The bytes end before the snapshot does, or cannot be had.
    #[error("the snapshot ends after {rows} rows, before it is complete")]
    Short {
        /// How many were read.
        rows: u64,
        /// What the source said.
        source: std::io::Error,
    },
    /// It is something else, or of a later version.
    #[error("this is no snapshot that this version reads")]
    Foreign,
    /// The bytes are not what was written.
    #[error("the snapshot is damaged behind row {rows}")]
    Damaged {
        /// How many were read.
        rows: u64,
    },
}

/// Writes rows.
#[derive(Default)]
pub struct ArchiveWriter {
    rows: u64,
}

impl ArchiveWriter {
    /// The bytes of a row.
    pub fn row(&mut self, row: &SnapshotRow, bytes: &mut Vec<u8>) {
        if self.rows == 0 {
            bytes.extend(HEADER);
        }
        self.rows += 1;
        write(row.keyspace.as_bytes(), &row.key, &row.value, bytes);
    }

    /// The bytes of the end.
    pub fn end(&self, bytes: &mut Vec<u8>) {
        if self.rows == 0 {
            bytes.extend(HEADER);
        }
        write(b"", b"", &self.rows.to_le_bytes(), bytes);
    }
}

fn write(keyspace: &[u8], key: &[u8], value: &[u8], bytes: &mut Vec<u8>) {
    bytes.extend((keyspace.len() as u16).to_le_bytes());
    bytes.extend((key.len() as u32).to_le_bytes());
    bytes.extend((value.len() as u32).to_le_bytes());
    let place = bytes.len();
    bytes.extend([0; 4]);
    bytes.extend([keyspace, key, value].concat());
    let checksum = crc32fast::hash(&bytes[place + 4..]);
    bytes[place..place + 4].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads rows.
pub struct ArchiveReader<R> {
    source: R,
    rows: u64,
    begun: bool,
}

impl<R: Read> ArchiveReader<R> {
    /// Reads from `source`, which had better be buffered.
    pub fn new(source: R) -> Self {
        Self { source, rows: 0, begun: false }
    }

    /// The next row; none at the end, and only there.
    pub fn next_row(&mut self) -> Result<Option<SnapshotRow>, ArchiveError> {
        if !self.begun {
            let header: [u8; HEADER.len()] = self.fixed()?;
            if header != *HEADER {
                return Err(ArchiveError::Foreign);
            }
            self.begun = true;
        }
        let keyspace = usize::from(u16::from_le_bytes(self.fixed()?));
        let key = u32::from_le_bytes(self.fixed()?);
        let value = u32::from_le_bytes(self.fixed()?);
        let checksum = u32::from_le_bytes(self.fixed()?);
        let damaged = ArchiveError::Damaged { rows: self.rows };
        if key > MAX_BYTES || value > MAX_BYTES {
            return Err(damaged);
        }
        let mut bytes = vec![0; keyspace + key as usize + value as usize];
        self.fill(&mut bytes)?;
        if crc32fast::hash(&bytes) != checksum {
            return Err(damaged);
        }
        let value = bytes.split_off(keyspace + key as usize);
        let key = bytes.split_off(keyspace);
        let Ok(keyspace) = String::from_utf8(bytes) else { return Err(damaged) };
        if keyspace.is_empty() {
            return if value == self.rows.to_le_bytes() { Ok(None) } else { Err(damaged) };
        }
        self.rows += 1;
        Ok(Some(SnapshotRow { keyspace, key, value }))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], ArchiveError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ArchiveError> {
        let rows = self.rows;
        self.source.read_exact(bytes).map_err(|source| ArchiveError::Short { rows, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_whole_or_not_at_all() {
        let row = |n: u8| SnapshotRow { keyspace: "k".into(), key: vec![n], value: vec![n; 9] };
        let mut bytes = Vec::new();
        let mut writer = ArchiveWriter::default();
        for n in 0..3 {
            writer.row(&row(n), &mut bytes);
        }
        writer.end(&mut bytes);
        let read = |bytes: &[u8]| {
            let mut reader = ArchiveReader::new(bytes);
            let rows = std::iter::from_fn(|| reader.next_row().transpose());
            rows.collect::<Result<Vec<_>, _>>()
        };
        assert_eq!(read(&bytes).unwrap(), [row(0), row(1), row(2)]);
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "{length} bytes");
        }
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(read(&damaged).is_err(), "byte {place}");
        }
    }
}
