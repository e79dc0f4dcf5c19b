//! Tables as CSV, for spreadsheets and programs. What comes from outside never becomes a formula in
//! them.

use std::borrow::Cow;

use csv::{Terminator, Writer, WriterBuilder};

use crate::printable::printable;

/// A table that is being written, row by row.
pub struct Sheet {
    writer: Writer<Vec<u8>>,
}

/// What ends a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEnd {
    /// One newline, as other texts of ours have it.
    Newline,
    /// Carriage return and newline, as RFC 4180 has it.
    Rfc4180,
}

impl Sheet {
    /// A table without a row.
    pub fn new(end: RowEnd) -> Self {
        let terminator = match end {
            RowEnd::Newline => Terminator::Any(b'\n'),
            RowEnd::Rfc4180 => Terminator::CRLF,
        };
        let mut builder = WriterBuilder::new();
        Self { writer: builder.terminator(terminator).flexible(true).from_writer(Vec::new()) }
    }

    /// Adds a row, in quotes where it needs them.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        for cell in cells {
            let cell = printable(cell.as_ref());
            let written = self.writer.write_field(harmless(&cell).as_bytes());
            written.expect("memory takes what is written");
        }
        self.writer.write_record(None::<&[u8]>).expect("memory takes what is written");
    }

    /// The whole table.
    pub fn text(self) -> String {
        let bytes = self.writer.into_inner().expect("memory takes what is written");
        String::from_utf8(bytes).expect("only texts were written")
    }
}

/// Signs that begin a formula, also as wide as letters of Chinese are.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What spreadsheets may skip in front of one.
const BLANK: [char; 3] = ['\t', '\r', '\n'];

/// A cell that no spreadsheet takes for a formula: these signs begin one, unless it is a number.
fn harmless(cell: &str) -> Cow<'_, str> {
    let begins = cell.trim_start().starts_with(FORMULA) || cell.starts_with(BLANK);
    if begins && cell.parse::<f64>().is_err() {
        return format!("'{cell}").into();
    }
    cell.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_what_they_are_and_no_formula_is_among_them() {
        for (cell, written) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@sum", "'@sum"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("-school, \"x\"", "\"'-school, \"\"x\"\"\""),
            ("+49 30", "'+49 30"),
            ("-1.5", "-1.5"),
            ("+Inf", "+Inf"),
            ("-2e-7", "-2e-7"),
            ("a-b", "a-b"),
            (" =1+1", "' =1+1"),
            ("＝1+1", "'＝1+1"),
            ("\n=1", "\"'\n=1\""),
            ("a\0b\x1b[2J", "a\u{fffd}b\u{fffd}[2J"),
            ("\0=1", "\u{fffd}=1"),
        ] {
            let mut sheet = Sheet::new(RowEnd::Newline);
            sheet.row(["head"]);
            sheet.row([cell, "", "end"]);
            assert_eq!(sheet.text(), format!("head\n{written},,end\n"));
        }
        let mut sheet = Sheet::new(RowEnd::Rfc4180);
        sheet.row(["a", "b"]);
        assert_eq!(sheet.text(), "a,b\r\n");
    }
}
