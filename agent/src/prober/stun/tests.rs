use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// RFC 5769, 2.2 and 2.3: answers to one request, from 192.0.2.1 and 2001:db8:1234:5678:11:2233:4455:6677.
const OF_IPV4: &str = "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 \
                       746f7220 00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 \
                       2af9ba53 f06be7d7 80280004 c07d4c96";
const OF_IPV6: &str = "01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 \
                       746f7220 00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 \
                       a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c";

fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// An answer of that type with such attributes, to a request.
fn message(kind: u16, echo: Echo, attributes: &[u8]) -> Vec<u8> {
    let mut message = request(echo).to_vec();
    message[..2].copy_from_slice(&kind.to_be_bytes());
    message[2..4].copy_from_slice(&(attributes.len() as u16).to_be_bytes());
    message.extend(attributes);
    message
}

const ECHO: Echo = Echo { identifier: 7, sequence: 9, nonce: 0x0102_0304_0506_0708 };
const WHOLE: Heard =
    Heard { identifier: 7, sequence: 9, nonce: Some(0x0102_0304_0506_0708), is_whole: true };

#[test]
fn answers_are_read_as_in_the_standards_examples() {
    let heard = Heard {
        identifier: 0xb7e7,
        sequence: 0xa701,
        nonce: Some(0xbc34_d686_fa87_dfae),
        is_whole: true,
    };
    for (text, mapped) in
        [(OF_IPV4, "192.0.2.1:32853"), (OF_IPV6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")]
    {
        let good = bytes(text);
        assert_eq!(answer(&good), Some(Said::Binding(heard)));
        let address = Message::read(&good).unwrap().mapped_address();
        assert_eq!(address, Some(mapped.parse().unwrap()));
        // Whatever flips behind the header, the fingerprint tells it, unless that is it which goes.
        let kind_of_fingerprint = good.len() - 8..good.len() - 6;
        for place in (HEADER_BYTES..good.len()).filter(|place| !kind_of_fingerprint.contains(place))
        {
            let mut flipped = good.clone();
            flipped[place] ^= 1;
            let broken = Heard { is_whole: false, ..heard };
            assert_eq!(answer(&flipped), Some(Said::Binding(broken)), "byte {place}");
        }
        for length in 0..good.len() {
            let broken = Said::Binding(Heard { is_whole: false, ..heard });
            let expected = (length >= HEADER_BYTES).then_some(broken);
            assert_eq!(answer(&good[..length]), expected, "{length} bytes");
        }
        // More than its header says, and by no multiple of four.
        let longer = [&good[..], &[0; 3]].concat();
        assert_eq!(answer(&longer), Some(Said::Binding(Heard { is_whole: false, ..heard })));
    }
}

#[test]
fn what_is_no_whole_answer_is_told_from_one() {
    let mixed = bytes("00200008 0001a147 e112a643");
    let plain = bytes("00010008 00018055 c0000201");
    let broken = Heard { is_whole: false, ..WHOLE };
    for (kind, attributes, expected) in [
        (SUCCESS, mixed.clone(), Some(Said::Binding(WHOLE))),
        (SUCCESS, plain, Some(Said::Binding(WHOLE))),
        // No address, one of no family, one that is too short, one beyond the end.
        (SUCCESS, vec![], Some(Said::Binding(broken))),
        (SUCCESS, bytes("00200008 0003a147 e112a643"), Some(Said::Binding(broken))),
        (SUCCESS, bytes("00200004 0001a147"), Some(Said::Binding(broken))),
        (SUCCESS, bytes("0020000c 0001a147 e112a643"), Some(Said::Binding(broken))),
        (SUCCESS, [mixed.clone(), bytes("80220008")].concat(), Some(Said::Binding(broken))),
        // ERROR-CODE 420.
        (ERROR, bytes("00090004 00000414"), Some(Said::Error(WHOLE))),
        // A request, an indication, and what is no message.
        (REQUEST, mixed.clone(), None),
        (0x0011, mixed.clone(), None),
        (0xffff, mixed.clone(), None),
        // Attributes that end anywhere, as servers of before RFC 5389 had them.
        (SUCCESS, bytes("002000"), Some(Said::Binding(broken))),
        (SUCCESS, [mixed.clone(), bytes("80220001 41")].concat(), Some(Said::Binding(broken))),
    ] {
        assert_eq!(answer(&message(kind, ECHO, &attributes)), expected, "{kind:#x} {attributes:?}");
    }
    let mut other_cookie = message(SUCCESS, ECHO, &mixed);
    other_cookie[4] ^= 1;
    assert_eq!(answer(&other_cookie), None);
}

proptest! {
    #[test]
    fn what_is_sent_is_read_back(identifier: u16, sequence: u16, nonce: u64) {
        let echo = Echo { identifier, sequence, nonce };
        let whole = Heard { identifier, sequence, nonce: Some(nonce), is_whole: true };
        let request = request(echo);
        prop_assert_eq!(quoted(&request), Some(whole));
        prop_assert_eq!(answer(&request), None, "a request is no answer");
        let short = Heard { nonce: None, is_whole: false, ..whole };
        prop_assert_eq!(quoted(&request[..19]), Some(short));
        prop_assert_eq!(quoted(&request[..11]), None);
    }

    #[test]
    fn any_bytes_are_read_or_left(noise in vec(any::<u8>(), 0..80), kind in 0_usize..3) {
        let _ = (answer(&noise), quoted(&noise));
        let length = noise.len() / 4 * 4;
        let _ = answer(&message([SUCCESS, ERROR, REQUEST][kind], ECHO, &noise[..length]));
    }
}
