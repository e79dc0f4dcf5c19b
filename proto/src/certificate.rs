//! The dates of a certificate (RFC 5280, 4.1.2.5); whether it is sound is TLS's to say. Pure.

/// Tags of DER.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// From when to when a certificate is good, Unix time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Its first second.
    pub begin_s: i64,
    /// Its last.
    pub end_s: i64,
}

/// A part of DER: what it is, and its content.
#[derive(Debug, Clone, Copy)]
struct Element<'d> {
    tag: u8,
    content: &'d [u8],
}

impl Validity {
    /// Of a certificate as DER; none if it is not one.
    pub fn of(mut certificate: &[u8]) -> Option<Self> {
        let mut signed = next(&mut certificate, SEQUENCE)?;
        let mut parts = next(&mut signed, SEQUENCE)?;
        if parts.first() == Some(&VERSION) {
            element(&mut parts)?;
        }
        // Serial number, algorithm and issuer.
        (0..3).try_for_each(|_| element(&mut parts).map(drop))?;
        let mut dates = next(&mut parts, SEQUENCE)?;
        let begin_s = time_s(element(&mut dates)?)?;
        Some(Self { begin_s, end_s: time_s(element(&mut dates)?)? })
    }
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
fn time_s(Element { tag, content }: Element<'_>) -> Option<i64> {
    let text = str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        GENERALIZED_TIME => text.split_at_checked(4)?,
        UTC_TIME => text.split_at_checked(2)?,
        _ => return None,
    };
    if rest.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i64 = year.parse().ok()?;
    let century = match tag {
        GENERALIZED_TIME => 0,
        _ if year < 50 => 2000,
        _ => 1900,
    };
    let part = |place: usize| rest.get(2 * place..2 * place + 2)?.parse::<i64>().ok();
    let date = Date { year: year + century, month: part(0)?, day: part(1)? };
    let (hour, minute, second) = (part(2)?, part(3)?, part(4)?);
    // The second of a leap counts as the one before.
    let is_time = hour < 24 && minute < 60 && second <= 60;
    let of_day = (hour * 60 + minute) * 60 + second.min(59);
    date.days().filter(|_| is_time).map(|days| days * 86_400 + of_day)
}

#[derive(Debug, Clone, Copy)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// Days since 1970 by the calendar of Gregory; none if there is no such day.
    fn days(self) -> Option<i64> {
        let Self { year, month, day } = self;
        let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let february = if is_leap { 29 } else { 28 };
        let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let place = usize::try_from(month).ok()?.checked_sub(1)?;
        if day < 1 || day > *lengths.get(place)? {
            return None;
        }
        let before = year - 1;
        let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let years = (year - 1970) * 365 + leaps(before) - leaps(1969);
        Some(years + lengths[..place].iter().sum::<i64>() + day - 1)
    }
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
        // As `date -u +%s` has them.
        let cases = [
            ((UTC_TIME, "200528120000Z"), 1_590_667_200),
            ((UTC_TIME, "700101000001Z"), 1),
            ((UTC_TIME, "491231235959Z"), 2_524_607_999),
            ((UTC_TIME, "000229000000Z"), 951_782_400),
            ((UTC_TIME, "500101000000Z"), -631_152_000),
            ((GENERALIZED_TIME, "20500101000000Z"), 2_524_608_000),
            ((GENERALIZED_TIME, "99991231235959Z"), 253_402_300_799),
        ];
        for (written, end_s) in cases {
            let found = Validity::of(&certificate((UTC_TIME, "200101000000Z"), written));
            assert_eq!(found, Some(Validity { begin_s: 1_577_836_800, end_s }), "{written:?}");
        }
        for wrong in [
            (UTC_TIME, "2005"),
            (UTC_TIME, "209928120000Z"),
            (UTC_TIME, "210229120000Z"),
            (UTC_TIME, "200528240000Z"),
            (UTC_TIME, "200528120000"),
            (UTC_TIME, "2005281200+1Z"),
            (4, "200528120000Z"),
        ] {
            let found = Validity::of(&certificate((UTC_TIME, "200101000000Z"), wrong));
            assert_eq!(found, None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..300_usize) {
            Validity::of(&bytes);
            let whole = certificate((UTC_TIME, "200101000000Z"), (UTC_TIME, "300101000000Z"));
            Validity::of(&whole[..cut.min(whole.len())]);
        }
    }
}
