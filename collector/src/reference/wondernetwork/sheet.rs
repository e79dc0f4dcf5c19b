//! A file of CSV with heads, row by row. Pure.

use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::published::{PublishedError, PublishedFile};

/// A file of CSV with its heads.
pub struct Sheet<R> {
    /// How the file is called.
    pub name: String,
    reader: Reader<R>,
    heads: Vec<String>,
    row: ByteRecord,
}

impl<R: Read> Sheet<R> {
    /// With its heads read.
    pub fn open(file: PublishedFile<R>) -> Result<Self, PublishedError> {
        let PublishedFile { name, bytes } = file;
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
        let heads = match reader.byte_headers() {
            Ok(heads) => heads.iter().map(|head| String::from_utf8_lossy(head).trim().to_owned()),
            Err(source) => return Err(PublishedError::Csv { file: name, source }),
        };
        let heads = heads.map(|head| head.trim_start_matches('\u{feff}').to_lowercase()).collect();
        Ok(Self { name, reader, heads, row: ByteRecord::new() })
    }

    /// The place of a column, if there is one of that name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.heads.iter().position(|head| head == name)
    }

    /// The places of columns that it must have.
    pub fn columns<const N: usize>(
        &self,
        names: &[&'static str; N],
    ) -> Result<[usize; N], PublishedError> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            *place = self.find(name).ok_or_else(|| PublishedError::Column {
                file: self.name.clone(),
                column: name,
                found: self.heads.join(", ").chars().take(200).collect(),
            })?;
        }
        Ok(places)
    }

    /// The next row, and its line.
    pub fn next(&mut self) -> Result<Option<(u64, ByteRecord)>, PublishedError> {
        match self.reader.read_byte_record(&mut self.row) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = self.row.position().map_or(0, csv::Position::line);
                Ok(Some((line, self.row.clone())))
            }
            Err(source) => Err(PublishedError::Csv { file: self.name.clone(), source }),
        }
    }
}
