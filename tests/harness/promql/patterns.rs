//! Regular expressions made at random of what RE2 knows and of what looks like it, each held against a
//! text through `label_replace`.

use std::fmt::Write as _;

use fastrand::Rng;

/// What patterns are made of: each a text that RE2 reads in its own way, or refuses.
const PIECES: [&str; 97] = [
    "a",
    "b",
    "1",
    "-",
    "_",
    ".",
    "\\.",
    "x",
    "é",
    "ß",
    " ",
    "<",
    ">",
    "&",
    "~",
    "#",
    "%",
    "@",
    "!",
    ",",
    ":",
    ";",
    "'",
    "`",
    "=",
    "/",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\b",
    "\\B",
    "\\A",
    "\\z",
    "\\Z",
    "\\C",
    "\\pL",
    "\\p{Greek}",
    "\\PN",
    "\\p{^Lu}",
    "\\x41",
    "\\x{e9}",
    "\\141",
    "\\0",
    "\\1",
    "\\a",
    "\\n",
    "\\t",
    "\\e",
    "\\v",
    "\\-",
    "\\_",
    "\\<",
    "\\>",
    "\\&",
    "\\~",
    "\\#",
    "\\/",
    "\\Q.*\\E",
    "\\Qa",
    "\\E",
    "[[:alpha:]]",
    "[[:^digit:]]",
    "[[:word:]]",
    "[[:nope:]]",
    "[a-c]",
    "[^a]",
    "[a-]",
    "[-a]",
    "[]a]",
    "[^]a]",
    "[a",
    "]",
    "[\\w-,]",
    "[\\d-z]",
    "[a&&b]",
    "[a~~b]",
    "[a--b]",
    "[[]",
    "[[a]]",
    "[a[b]",
    "[\\]]",
    "[b-a]",
    "[\\x00-\\x{10ffff}]",
    "^",
    "$",
    "(?i)",
    "(?s)",
    "(?U)",
    "(?m)",
    "(?-i)",
    "(?i:A)",
    "(?P<n>a)",
    "()",
    "|",
];
/// What may stand behind one.
const TIMES: [&str; 20] = [
    "", "", "", "", "", "", "*", "+", "?", "*?", "+?", "??", "**", "{2}", "{0,3}", "{,2}", "{2,}",
    "{", "{gid}", "{1001}",
];
const TEXTS: [&str; 14] =
    ["", "a", "ab", "a1-b", "aaa", "A", "é", "a b", "a.b", "x{,2}", "a[b", "a&b~c", "<a>", "Ω1"];

/// What both sides make of one pattern and one text.
pub fn question(rng: &mut Rng) -> String {
    let pattern = pattern(rng);
    let text = quoted(TEXTS[rng.usize(..TEXTS.len())]);
    let (pattern, told) = if rng.bool() {
        (quoted(&pattern), "<$0>")
    } else {
        (quoted(&format!(".*?({pattern}).*")), "<$1>$n")
    };
    let made = format!("label_replace(vector(1), \"a\", {text}, \"\", \"\")");
    format!("label_replace({made}, \"b\", \"{told}\", \"a\", {pattern})")
}

fn pattern(rng: &mut Rng) -> String {
    let mut pattern = String::new();
    for _ in 0..rng.usize(1..5) {
        let piece = PIECES[rng.usize(..PIECES.len())];
        // In RE2, the repetition behind this one is lazy.
        let times = if piece == "(?U)" { "" } else { TIMES[rng.usize(..TIMES.len())] };
        match rng.u8(..8) {
            0 => write!(pattern, "({piece}){times}"),
            1 => write!(pattern, "(?:{piece}){times}"),
            2 => write!(pattern, "[{piece}]{times}"),
            _ => write!(pattern, "{piece}{times}"),
        }
        .expect("a text takes anything");
    }
    pattern
}

/// As PromQL writes it between double quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
