//! Whether the files of TLS are fit for use: certificates that are of today, a key that not everybody
//! may read. Whoever checks a configuration is told as of any mistake; a collector that starts goes on
//! with a warning, for nothing is gained if it stands still at night.
//!
//! Of a certificate only its dates are read (RFC 5280, 4.1.2.5); whether it is sound is TLS's to say.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use headroom_proto::files;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::moments::iso;

/// Tags of DER.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// From when to when a certificate is good, Unix time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Validity {
    begin_ms: i64,
    end_ms: i64,
}

/// A part of DER: what it is, and its content.
#[derive(Debug, Clone, Copy)]
struct Element<'d> {
    tag: u8,
    content: &'d [u8],
}

/// What of the certificates in a file agents would refuse at a moment.
pub fn certificate_unfit(path: &Path, now_ms: i64) -> Option<String> {
    let text = files::read(path).unwrap_or_default();
    let certificates = CertificateDer::pem_slice_iter(&text).flatten();
    certificates.into_iter().find_map(|certificate| {
        let Some(Validity { begin_ms, end_ms }) = validity(&certificate) else {
            return Some("holds a certificate that cannot be read".to_owned());
        };
        if end_ms <= now_ms {
            return Some(format!("ended at {}, so that agents refuse it; renew it", iso(end_ms)));
        }
        (begin_ms > now_ms).then(|| format!("begins at {} only", iso(begin_ms)))
    })
}

/// What is wrong with a key's file.
pub fn key_unfit(path: &Path) -> Option<String> {
    let open = fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o007 != 0);
    open.then(|| "can be read by everyone; take that away with chmod o=".to_owned())
}

fn validity(mut certificate: &[u8]) -> Option<Validity> {
    let mut signed = next(&mut certificate, SEQUENCE)?;
    let mut parts = next(&mut signed, SEQUENCE)?;
    if parts.first() == Some(&VERSION) {
        element(&mut parts)?;
    }
    // Serial number, algorithm and issuer.
    (0..3).try_for_each(|_| element(&mut parts).map(drop))?;
    let mut dates = next(&mut parts, SEQUENCE)?;
    let begin_ms = time_ms(element(&mut dates)?)?;
    Some(Validity { begin_ms, end_ms: time_ms(element(&mut dates)?)? })
}

fn next<'d>(bytes: &mut &'d [u8], tag: u8) -> Option<&'d [u8]> {
    element(bytes).filter(|element| element.tag == tag).map(|element| element.content)
}

/// Takes the first element off.
fn element<'d>(bytes: &mut &'d [u8]) -> Option<Element<'d>> {
    let (&[tag, first], rest) = bytes.split_first_chunk::<2>()?;
    let more = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
    let (digits, rest) = rest.split_at_checked(more).filter(|_| more <= 4)?;
    let long = digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let (content, rest) = rest.split_at_checked(if more == 0 { first.into() } else { long })?;
    *bytes = rest;
    Some(Element { tag, content })
}

/// `YYMMDDHHMMSSZ`, or the same with the whole year.
fn time_ms(Element { tag, content }: Element<'_>) -> Option<i64> {
    let text = str::from_utf8(content).ok().filter(|text| text.is_ascii())?;
    let whole = match tag {
        GENERALIZED_TIME => text.to_owned(),
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        _ => return None,
    };
    let part = |from: usize| whole.get(from..from + 2);
    let (year, month, day) = (whole.get(..4)?, part(4)?, part(6)?);
    let (hour, minute, second) = (part(8)?, part(10)?, part(12)?);
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let length = if length < 0x80 { vec![length as u8] } else { vec![0x81, length as u8] };
        [&[tag][..], &length, content].concat()
    }

    fn certificate(begin: (u8, &str), end: (u8, &str)) -> Vec<u8> {
        let dates = [der(begin.0, begin.1.as_bytes()), der(end.0, end.1.as_bytes())].concat();
        let parts = [
            der(VERSION, &der(2, &[2])),
            der(2, &[7]),
            der(SEQUENCE, &[]),
            der(SEQUENCE, &[9; 150]),
            der(SEQUENCE, &dates),
        ];
        let signed = der(SEQUENCE, &parts.concat());
        der(SEQUENCE, &signed)
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let cases = [
            ((UTC_TIME, "200528120000Z"), "2020-05-28T12:00:00Z"),
            ((UTC_TIME, "700101000001Z"), "1970-01-01T00:00:01Z"),
            ((UTC_TIME, "491231235959Z"), "2049-12-31T23:59:59Z"),
            ((GENERALIZED_TIME, "20500101000000Z"), "2050-01-01T00:00:00Z"),
        ];
        for (written, read) in cases {
            let found = validity(&certificate((UTC_TIME, "200101000000Z"), written)).unwrap();
            assert_eq!((found.begin_ms, found.end_ms), (ms("2020-01-01T00:00:00Z"), ms(read)));
        }
        for wrong in [(UTC_TIME, "2005"), (UTC_TIME, "209928120000Z"), (4, "200528120000Z")] {
            assert_eq!(validity(&certificate((UTC_TIME, "200101000000Z"), wrong)), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..300_usize) {
            validity(&bytes);
            let whole = certificate((UTC_TIME, "200101000000Z"), (UTC_TIME, "300101000000Z"));
            validity(&whole[..cut.min(whole.len())]);
        }
    }
}
