use super::*;

/// Patterns of both dialects: what they match as a whole, and what they do not.
const MATCHING: &[(&str, &[&str], &[&str])] = &[
    // ASCII where the crate has all of Unicode.
    (r"\d+", &["0123"], &["٣", "", "a"]),
    (r"\D", &["٣", "a"], &["3"]),
    (r"\w+", &["aZ_9"], &["é", "ſ"]),
    (r"\W", &["é", "-"], &["a"]),
    (r"a\sb", &["a b", "a\tb", "a\nb"], &["a\u{a0}b", "a\x0bb", "a\u{2003}b"]),
    (r"\S", &["\u{a0}", "\x0b"], &[" "]),
    (r"[[:alpha:]]+", &["aZ"], &["é", "1"]),
    (r"[[:^alpha:]]", &["é", "1"], &["a"]),
    (r"[[:word:]-]+", &["a_-9"], &["é"]),
    (r"[[:space:]]", &["\x0b", " "], &["\u{a0}"]),
    (r"[[:punct:]]+", &["!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"], &["a", "é"]),
    (r"[^\d]", &["٣"], &["3"]),
    (r"[\w-,]+", &["a-,"], &["."]),
    (r"[\W\d]", &["é", "1"], &["a"]),
    (r"é\b", &[], &["é"]),
    (r"a\b.b", &["aéb", "a-b"], &["axb"]),
    // Braces that repeat nothing.
    ("{gid}", &["{gid}"], &["gid"]),
    ("x{", &["x{"], &["x"]),
    ("x{,2}", &["x{,2}"], &["xx", ""]),
    ("x{2", &["x{2"], &["xx"]),
    ("x{2,a}", &["x{2,a}"], &[]),
    ("x{02}", &["x{02}"], &["xx"]),
    ("x{ 2}", &["x{ 2}"], &["xx"]),
    ("}a]", &["}a]"], &[]),
    ("x{2}y{1,}z{0,2}", &["xxyyzz", "xxy"], &["xy"]),
    ("x{2}?", &["xx"], &["x"]),
    (r"\b{start}", &[], &["a"]),
    // Classes: nothing in them is an operator.
    ("a[[]b", &["a[b"], &["ab"]),
    ("[]a]+", &["]a"], &["b"]),
    ("[^]a]", &["b", "\n"], &["]"]),
    ("[a&&b~~c]+", &["a&b~c"], &["x"]),
    ("[a-c&&b]+", &["abc&"], &["d"]),
    ("[-a]+[a-]+", &["-aa-"], &["b"]),
    ("[+--]+", &["+,-"], &["."]),
    ("[[:a]+", &["[:a"], &["b"]),
    ("[a[b]", &["a", "["], &["]"]),
    ("[[a]]", &["a]", "[]"], &["a"]),
    (r"[\x41\x{42}\103]+", &["ABC"], &["D"]),
    (r"[\]\-\\^]+", &["]-\\^"], &["a"]),
    (r"[\pL\d]+", &["é9"], &["-"]),
    (r"[\x{d7ff}-\x{e000}]", &["\u{e000}"], &["a"]),
    (r"[^\x00-\x{10FFFF}]|b", &["b"], &["a"]),
    (r"a|\x{d800}", &["a"], &[]),
    ("[é-í]", &["ë"], &["z"]),
    // Escapes.
    (r"\Q.*\E\Q+\E", &[".*+"], &["ab+"]),
    (r"\Qab\E+", &["abb"], &["abab"]),
    (r"\Q\E", &[""], &["a"]),
    // Flags, and nothing that is quoted, are not what is repeated.
    (r"a(?i)+b", &["aab", "aB"], &["b", "Aab", "a"]),
    (r"(a|b)(?i){2}c", &["abC"], &["aC", "Abc"]),
    (r"xa*(?i)?", &["x", "xa", "xaa"], &["xA"]),
    (r"xa?(?s)*(?i)+y", &["xaaaY", "xy"], &["x"]),
    (r"(xa*(?i))?(?i)*y", &["xaxy", "Y"], &["xay "]),
    (r"a+\Q\E*b", &["aab", "b"], &["a"]),
    (r"\<\>\&\~\#\-\ \_\@\!\%", &["<>&~#- _@!%"], &[]),
    (r"\.\*\+\?\(\)\[\]\{\}\|\^\$\\\/", &[".*+?()[]{}|^$\\/"], &[]),
    (r"\012\0\08", &["\n\0\08"], &[]),
    (r"\x41\x{1F600}\a\f\t\v", &["A\u{1f600}\x07\x0c\t\x0b"], &[]),
    (r"\pL\PL\p{Lu}\p{^Lu}\P{^Greek}", &["é1Éaα"], &["11Éaα"]),
    (r"\p{Any}\p{Han}", &["x中"], &["xx"]),
    (r"\Aa\z", &["a"], &["aa"]),
    // Flags and groups.
    ("(?i)straße|K", &["k", "\u{212a}", "STRAßE"], &["strasse"]),
    ("(?i:A)b", &["ab"], &["aB"]),
    ("(?i)a(?-i)B", &["AB", "aB"], &["ab"]),
    ("(?ii-ii:A)", &["A"], &["a"]),
    ("(?)a(?:)b", &["ab"], &[]),
    ("(?U)a+(?s-m:.)", &["aa\n"], &[]),
    ("(?P<x>a)(?<y>b)", &["ab"], &[]),
    ("(?P<1>a)(?P<n>b)(?P<n>c)", &["abc"], &[]),
    ("a.b", &["a\nb"], &["ab"]),
    ("(?-s:a.b)", &["axb"], &["a\nb"]),
    ("(?m)^a$\n^b$", &["a\nb"], &["a"]),
    // The whole value, whatever the pattern closes.
    ("a|b", &["a", "b"], &["ab", "xa", "bx"]),
    ("a)(b", &["ab"], &["a"]),
    ("", &[""], &["a"]),
    ("()|(a|)", &["", "a"], &["b"]),
    ("^a$", &["a"], &["aa"]),
    ("a$|b", &["a", "b"], &["a\n"]),
    ("x*?y+?z??", &["y", "xxyyz"], &["x"]),
    ("^*a", &["a"], &["^a"]),
    ("(a{10}){100}|b", &["b"], &["a"]),
    ("é+", &["éé"], &["e"]),
    ("a#b c", &["a#b c"], &["a"]),
];

/// What Go refuses, and how.
const REFUSED: &[(&str, &str)] = &[
    ("(", "missing closing ): `^(?s:()$`"),
    (")", "unexpected ): `^(?s:))$`"),
    ("a)", "unexpected ): `^(?s:a))$`"),
    ("\\", "missing closing ): `^(?s:\\)$`"),
    ("[a", "missing closing ]: `[a)$`"),
    ("[[:alpha:]", "missing closing ]: `[[:alpha:])$`"),
    ("[c--d]", "invalid character class range: `c--`"),
    ("[]", "missing closing ]: `[])$`"),
    ("[z-a]", "invalid character class range: `z-a`"),
    ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
    ("[[:Alpha:]]", "invalid character class range: `[:Alpha:]`"),
    (r"[a-\d]", "invalid escape sequence: `\\d`"),
    (r"[\b]", "invalid escape sequence: `\\b`"),
    (r"[\Qa\E]", "invalid escape sequence: `\\Q`"),
    (r"\Qa", "missing closing ): `^(?s:\\Qa)$`"),
    (r"\1", "invalid escape sequence: `\\1`"),
    (r"(a)\1", "invalid escape sequence: `\\1`"),
    (r"\8", "invalid escape sequence: `\\8`"),
    (r"\C", "invalid escape sequence: `\\C`"),
    (r"\E", "invalid escape sequence: `\\E`"),
    (r"\Z", "invalid escape sequence: `\\Z`"),
    (r"\h", "invalid escape sequence: `\\h`"),
    (r"\k<a>", "invalid escape sequence: `\\k`"),
    (r"\é", "invalid escape sequence: `\\é`"),
    (r"\u0041", "invalid escape sequence: `\\u`"),
    (r"\x4", "invalid escape sequence: `\\x4)`"),
    (r"\x{110000}", "invalid escape sequence: `\\x{110000`"),
    (r"\x{}", "invalid escape sequence: `\\x{}`"),
    (r"\p{greek}", "invalid character class range: `\\p{greek}`"),
    (r"\p{Alphabetic}", "invalid character class range: `\\p{Alphabetic}`"),
    (r"\pX", "invalid character class range: `\\pX`"),
    ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
    ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
    ("(?<=a)", "invalid or unsupported Perl syntax: `(?<`"),
    ("(?<!a)", "invalid or unsupported Perl syntax: `(?<`"),
    ("(?>a)", "invalid or unsupported Perl syntax: `(?>`"),
    ("(?x)a", "invalid or unsupported Perl syntax: `(?x`"),
    ("(?u)a", "invalid or unsupported Perl syntax: `(?u`"),
    ("(?R)a", "invalid or unsupported Perl syntax: `(?R`"),
    ("(?i-)a", "invalid or unsupported Perl syntax: `(?i-)`"),
    ("(?#a)", "invalid or unsupported Perl syntax: `(?#`"),
    ("(?P=a)", "invalid or unsupported Perl syntax: `(?P`"),
    ("(?P<a.b>x)", "invalid named capture: `(?P<a.b>`"),
    ("(?P<>x)", "invalid named capture: `(?P<>`"),
    ("*a", "missing argument to repetition operator: `*`"),
    ("a|+", "missing argument to repetition operator: `+`"),
    ("(?i)+", "missing argument to repetition operator: `+`"),
    ("a|(?i)*", "missing argument to repetition operator: `*`"),
    ("a(?i)**", "invalid nested repetition operator: `**`"),
    ("(a{100}(?i)){100}", "invalid repeat count: `{100}`"),
    ("a{100}(?i){100}", "invalid repeat count: `{100}`"),
    ("a**", "invalid nested repetition operator: `**`"),
    ("a+?+", "invalid nested repetition operator: `+?+`"),
    ("a???", "invalid nested repetition operator: `???`"),
    ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
    ("a{1001}", "invalid repeat count: `{1001}`"),
    ("a{2,1}", "invalid repeat count: `{2,1}`"),
    ("a{9999999999}", "invalid repeat count: `{9999999999}`"),
    ("(a{100}){11}", "invalid repeat count: `{11}`"),
    ("((a{10}b){10}|c){11}", "invalid repeat count: `{11}`"),
];

#[test]
fn patterns_of_both_dialects_match_what_they_match_in_go() {
    let mut wrong = Vec::new();
    for (text, matched, others) in MATCHING {
        match Pattern::new(text) {
            Err(error) => wrong.push(format!("{text}: {error}")),
            Ok(pattern) => {
                let missed = matched.iter().filter(|value| !pattern.matches(value));
                wrong.extend(missed.map(|value| format!("{text} does not match {value:?}")));
                let taken = others.iter().filter(|value| pattern.matches(value));
                wrong.extend(taken.map(|value| format!("{text} matches {value:?}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_go_refuses_is_refused_in_its_words() {
    let mut wrong = Vec::new();
    for (text, expected) in REFUSED {
        let expected = format!("error parsing regexp: {expected}");
        match Pattern::new(text) {
            Err(error) if error.to_string() == expected => {}
            other => wrong.push(format!("{text}: {other:?} and not {expected}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// On a thread with as little stack as any that asks.
#[test]
fn groups_nest_as_deep_as_there_is_stack() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    let ask = move || {
        assert!(Pattern::new(&nested(199)).unwrap().matches("a"));
        for deep in [200, 1_000, 100_000] {
            let error = Pattern::new(&nested(deep)).unwrap_err().to_string();
            assert!(error.contains("expression nests too deeply"), "{error}");
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(ask).unwrap().join().unwrap();
}

#[test]
fn templates_are_expanded_as_in_go() {
    let cases = [
        ("(.*)-(.*)", "ab-cd", "$2:$1", Some("cd:ab")),
        ("(.*)-(.*)", "ab-cd", "${2}x$1x", Some("cdx")),
        ("(.*)-(.*)", "ab-cd", "$0", Some("ab-cd")),
        ("(.*)-(.*)", "ab", "$1", None),
        ("(.*)", "ab", "$$1 $", Some("$1 $")),
        ("(.*)", "ab", "$-${1", Some("$-${1")),
        ("(.*)", "ab", "${}$", Some("${}$")),
        ("(.*)", "ab", "$3.$x.$01.$1", Some("...ab")),
        ("(?P<one>.)(?<Two_2>.)", "ab", "${Two_2}${one}$one", Some("baa")),
        ("(?P<one>.)(?<Two_2>.)", "ab", "$one_", Some("")),
        ("(?P<1>.)(.)", "ab", "$1$2", Some("ab")),
        ("(?P<n>x)|(?P<n>.)", "a", "$n", Some("a")),
        ("(a)|(b)", "b", "[$1][$2]", Some("[][b]")),
        ("(.*)", "é", "é${1}é", Some("ééé")),
        ("(.*)", "a", "$1é", Some("")),
        ("(.)", "\n", "[$1]", Some("[\n]")),
        (".*", "x", "", Some("")),
    ];
    for (pattern, value, template, expected) in cases {
        let found = Pattern::new(pattern).unwrap().expanded(value, template);
        assert_eq!(found.as_deref(), expected, "{pattern} {value} {template}");
    }
}
