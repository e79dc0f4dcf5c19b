//! What people and rooms are called: names as they are in the world, with all that breaks parsers.

use super::chance::Chance;

const FIRST: [&str; 40] = [
    "Zoë",
    "Björn",
    "Łukasz",
    "Aïcha",
    "Søren",
    "Nguyễn",
    "María José",
    "Jürgen",
    "Élodie",
    "Siobhán",
    "Takumi",
    "Priya",
    "Oluwaseun",
    "Anaïs",
    "François",
    "Ingrid",
    "Mikko",
    "Äiti",
    "Renée",
    "Tomás",
    "Giulia",
    "Håkan",
    "Agnieszka",
    "Dmitri",
    "Fatima",
    "Kwame",
    "Leilani",
    "Pádraig",
    "Yasmin",
    "Chloé",
    "Emre",
    "Noor",
    "Rosa",
    "Wanjiru",
    "Xiomara",
    "Þóra",
    "Jean-Luc",
    "Bob",
    "Alice",
    "山田",
];

const LAST: [&str; 40] = [
    "O'Brien",
    "Müller",
    "Nowak",
    "Ben Youssef",
    "Kierkegård",
    "Thị Hương",
    "García Márquez",
    "Größe",
    "Lefèvre",
    "Ní Dhomhnaill",
    "Satō",
    "Krishnamurthy",
    "Adébáyò",
    "D'Angelo",
    "Beaulieu",
    "Åkesson",
    "Virtanen",
    "Hämäläinen",
    "Tremblay",
    "Peña",
    "Rossi",
    "Öberg",
    "Wójcik",
    "Ivanov",
    "al-Hassan",
    "Mensah",
    "Kealoha",
    "Mac Giolla",
    "Demirtaş",
    "Brontë",
    "Yılmaz",
    "van den Berg",
    "Luxemburg",
    "Kamau",
    "de la Cruz",
    "Jónsdóttir",
    "Dubois & fils",
    "\"Bobby\" Tables",
    "<admin>",
    "太郎",
];

/// Room names that somebody has really typed somewhere, or could have.
const TROUBLE: [&str; 10] = [
    "Müller & Söhne <intern>",
    "\"Q&A\" d'été",
    "🎭 Probe №3 — 2 > 1",
    "Tom's 'special' <b>room</b>",
    "R&D; &amp; Technik",
    "اجتماع الفريق الأسبوعي",
    "Ünïcödé ]]> CDATA",
    "  padded   name  ",
    "100% gratis! #hashtag?x=1",
    "会議室 👩‍🏫👨‍🎓",
];

/// Share of rooms with such a name.
const TROUBLED: f64 = 0.15;

/// Somebody's full name.
pub(super) fn full_name(chance: &mut Chance) -> String {
    let first = *chance.pick(&FIRST);
    format!("{first} {}", chance.pick(&LAST))
}

/// A room's name, of those its organisation likes.
pub(super) fn room_name(chance: &mut Chance, liked: &[&str]) -> String {
    let base = if chance.happens(TROUBLED) { chance.pick(&TROUBLE) } else { chance.pick(liked) };
    format!("{base} {}", chance.between(100, 999))
}

/// Lower-case letters and digits.
pub(super) fn word(chance: &mut Chance, length: usize) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    (0..length).map(|_| char::from(*chance.pick(LETTERS))).collect()
}

/// Hexadecimal digits.
pub(super) fn hexadecimal(chance: &mut Chance, length: usize) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    (0..length).map(|_| char::from(*chance.pick(DIGITS))).collect()
}

/// Decimal digits; the first is not 0.
pub(super) fn digits(chance: &mut Chance, length: u32) -> String {
    let low = 10_i64.pow(length.saturating_sub(1));
    chance.between(low, low * 10 - 1).to_string()
}
