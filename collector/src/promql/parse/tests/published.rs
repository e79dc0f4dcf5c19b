//! What Prometheus's own published tests of its parser look at, in our words: what is accepted, and
//! what is refused where and how.

use super::*;

/// Accepted, by 2.42 too but for those of the second list.
const ACCEPTED: [&str; 92] = [
    "+Inf",
    "-inf + NAN",
    ".5 + 5. + 5e-3 + 5E+3",
    "0xc + 0XfF + 0755 + 08 + 1e6",
    "-1^-2 + +1 + -2 * 1",
    "1 < bool 2 - 1 * 2",
    "+ some_metric",
    "foo * bar / sum",
    "foo == 1",
    "2.5 / bar",
    "foo and bar or baz unless qux",
    "foo + bar or bla and blub",
    "bar + on(foo) bla / on(baz, buz) group_right(test) blub",
    "foo * on(test,) group_left(bar,) baz",
    "foo * on(test) group_left baz",
    "foo * ignoring(a) group_right() baz",
    "foo and on() bar unless ignoring() baz",
    "foo atan2 ignoring(x) bar",
    "foo > bool on(bar) group_left(atan2) baz",
    "foo{} + foo{a='b',}",
    "foo:bar{a=\"bc\", NOT!='x', __name=~\"b.*\", x!~`\\d`}",
    ":",
    "{__name__=\"foo\"} + {__name__=~\"foo\"} + {__name__=\"a\", __name__!=\"b\"}",
    "{a=\"b\", b=~\".*\"}",
    "{and=\"1\", sum=\"2\", bool=\"3\", offset=\"4\"}",
    "foo[5h] offset 5m",
    "foo[12w:5m] offset 30s",
    "foo @ 1603774568",
    "foo @ -100 offset 5m",
    "foo offset 5m @ +100.5",
    "foo[5m] @ 1603774568 offset -1h30m",
    "foo @ start() + foo @ END()",
    "foo[5m:] @ end() offset 1w",
    "foo[5y] @ 1.0e+10",
    "foo[1m1s500ms]",
    "(foo + bar)[5m:30s] offset 7m",
    "sum(foo)[1h:5m]",
    "-rate(foo[5m:])",
    "sum by (foo)(some_metric)",
    "avg by (foo)(some_metric)",
    "max without (bool, by, on) (a)",
    "sum without (and, by, avg, count, alert, annotations)(some_metric)",
    "SUM (some_metric) BY (foo,)",
    "sum by ()(a)",
    "sum (a) without ()",
    "topk(5, a) + bottomk by (b) (1 + 1, a) + quantile(.5, a)",
    "count_values by (y) (\"y\", a)",
    "count_values('value', a) without (z)",
    "group(a) + stddev(a) + stdvar(a)",
    "sum + avg + count + min + max + group + stddev + stdvar + topk + bottomk + quantile",
    "by + without + offset + start + end + count_values",
    "or or and and unless",
    "sum{a='1'} offset 5m",
    "limitk + limit_ratio + fill + fill_left + fill_right + step + range + anchored + smoothed",
    "floor(some_metric{foo!=\"bar\"}) + rate(some_metric[5m])",
    "round(some_metric) + round(some_metric, 5)",
    "time() + pi()",
    "label_join(a, \"b\", \"c\") + label_join(a, \"b\", \"c\", \"d\", \"e\")",
    "day_of_week() + day_of_year(a)",
    "absent_over_time(a[5m:1m])",
    "vector(scalar(a))",
    "((a))",
    "(((1)))",
    "# a comment\nfoo # another (\n+ bar#",
    "foo\t\r\n+\n\nbar",
    "\"double \\\" \\\\ \\a \\b \\f \\n \\r \\t \\v \\x41 \\101 \\u00e9 \\U0001F600\"",
    "'single \\' \"'",
    "`raw \\ \\x \\' \" '\n`",
    "\"\"",
    "'\u{e9}\u{4e2d}\u{1f600}'",
    "holt_winters(a[5m], .5, .1)",
    // What 3 has beside.
    "{\"http.server.duration\"}",
    "{\"http.server.duration\", \"service.name\"=~\"a.*\", b='c'}",
    "{'some_metric',}",
    "sum by (\"service.name\", b) ({'a.b'})",
    "a * on(\"x.y\") group_left(`z.w`) b",
    "5m + 1h30m",
    "a > 5m",
    "1_000_000 + .123_456 + 0x_53_AB_F3_82 + 1e1_0",
    "a[300]",
    "a[5m+1m]",
    "a[(5m + 1m) * 2 ^ 2 - 1h / 3 % 7m]",
    "a[-(1m - 6m)]",
    "a[5m:1m*2] offset (1h/2)",
    "a[1h:(30)] offset -(5m)",
    "a[min(5m, 1h)] offset max_of(1s, 2s)",
    "a offset 0",
    "a offset + 5m",
    "a offset step() + b",
    "a @ 5m",
    "double_exponential_smoothing(a[5m], .5, .1)",
    "foo offset 5m - 5m",
];

/// Refused with just these words, which are those of 2.42 but for the second list.
const REFUSED: [(&str, &str); 126] = [
    ("", "1:1 no expression found in input"),
    ("# just a comment\n\n", "1:1 no expression found in input"),
    ("1+", "1:3 unexpected end of input"),
    (".", "1:1 unexpected character: '.'"),
    ("*1", "1:1 unexpected <op:*>"),
    ("1 /", "1:4 unexpected end of input"),
    ("(1))", "1:5 unexpected right parenthesis ')'"),
    ("((1)", "1:5 unclosed left parenthesis"),
    ("(", "1:2 unclosed left parenthesis"),
    ("sum(", "1:5 unclosed left parenthesis"),
    ("0deadbeef", "1:1 bad number or duration syntax: \"0de\""),
    (
        "1e400",
        "1:1 error parsing number: strconv.ParseFloat: parsing \"1e400\": value out of range",
    ),
    ("0x", "1:1 error parsing number: strconv.ParseFloat: parsing \"0x\": invalid syntax"),
    ("1 and 1", "1:1 set operator \"and\" not allowed in binary scalar expression"),
    ("1 or 1", "1:1 set operator \"or\" not allowed in binary scalar expression"),
    ("a unless 1", "1:1 set operator \"unless\" not allowed in binary scalar expression"),
    ("1 == 1", "1:3 comparisons between scalars must use BOOL modifier"),
    ("1 !~ 1", "1:3 unexpected character after '!': '~'"),
    ("1 =~ 1", "1:3 unexpected character after '=': '~'"),
    ("a = b", "1:3 unexpected \"=\""),
    ("a ! b", "1:3 unexpected character after '!': ' '"),
    (
        "-\"string\"",
        "1:1 unary expression only allowed on expressions of type scalar or instant vector, got \"string\"",
    ),
    (
        "-test[5m]",
        "1:1 unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"",
    ),
    (
        "+test[5m]",
        "1:1 unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"",
    ),
    (
        "1 offset 1d",
        "1:1 offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ),
    (
        "(a) offset 1d",
        "1:1 offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ),
    (
        "sum(a) @ 5",
        "1:1 @ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ),
    ("a - on(b) ignoring(c) d", "1:11 unexpected <ignoring>"),
    ("foo and 1", "1:1 set operator \"and\" not allowed in binary scalar expression"),
    ("1 + on(bar) foo", "1:1 vector matching only allowed between instant vectors"),
    ("foo == on(bar) 10", "1:1 vector matching only allowed between instant vectors"),
    ("foo + group_left(baz) bar", "1:7 unexpected <group_left>"),
    ("foo and on(bar) group_left(baz) bar", "1:1 no grouping allowed for \"and\" operation"),
    ("foo or ignoring(bar) group_right(baz) bar", "1:1 no grouping allowed for \"or\" operation"),
    (
        "http / on(instance) group_left(instance) up",
        "1:6 label \"instance\" must not occur in ON and GROUP clause at once",
    ),
    ("foo + bool bar", "1:5 bool modifier can only be used on comparison operators"),
    ("foo + bool 10", "1:5 bool modifier can only be used on comparison operators"),
    ("foo and bool 10", "1:5 bool modifier can only be used on comparison operators"),
    ("\"a\" + 1", "1:1 binary expression must contain only scalar and instant vector types"),
    ("1 + a[5m]", "1:5 binary expression must contain only scalar and instant vector types"),
    ("{", "1:2 unexpected end of input inside braces"),
    ("}", "1:1 unexpected character: '}'"),
    ("some{", "1:6 unexpected end of input inside braces"),
    ("some}", "1:5 unexpected character: '}'"),
    ("some_metric{a=b}", "1:15 unexpected identifier \"b\" in label matching, expected string"),
    ("some_metric{a:b=\"b\"}", "1:14 unexpected character inside braces: ':'"),
    ("foo{a*\"b\"}", "1:6 unexpected character inside braces: '*'"),
    ("foo{a>=\"b\"}", "1:6 unexpected character inside braces: '>'"),
    ("foo{gibberish}", "1:14 unexpected \"}\" in label matching, expected label matching operator"),
    ("foo{1}", "1:5 unexpected character inside braces: '1'"),
    ("foo{a!}", "1:6 unexpected character after '!' inside braces: '}'"),
    ("foo{{a=\"b\"}", "1:5 unexpected left brace '{'"),
    ("{}", "1:1 vector selector must contain at least one non-empty matcher"),
    ("{x=\"\"}", "1:1 vector selector must contain at least one non-empty matcher"),
    ("{x=~\".*\"}", "1:1 vector selector must contain at least one non-empty matcher"),
    ("{x!~\".+\"}", "1:1 vector selector must contain at least one non-empty matcher"),
    ("{x!=\"a\"}", "1:1 vector selector must contain at least one non-empty matcher"),
    ("foo{__name__=\"bar\"}", "1:1 metric name must not be set twice: \"foo\" or \"bar\""),
    ("foo{__name__=~\"b.*\"}", "1:1 metric name must not be set twice: \"foo\" or \"b.*\""),
    ("foo{__name__= =\"bar\"}", "1:15 unexpected \"=\" in label matching, expected string"),
    (
        "foo{a=\"b\" c=\"d\"}",
        "1:11 unexpected identifier \"c\" in label matching, expected \",\" or \"}\"",
    ),
    ("foo{,}", "1:5 unexpected \",\" in label matching, expected identifier or \"}\""),
    ("foo{a=\"b\",,}", "1:11 unexpected \",\" in label matching, expected identifier or \"}\""),
    ("foo[5m1h]", "1:5 not a valid duration string: \"5m1h\""),
    ("foo[5m1m]", "1:5 not a valid duration string: \"5m1m\""),
    ("foo[1.5h]", "1:5 not a valid duration string: \"1.5h\""),
    ("foo[0m]", "1:5 duration must be greater than 0"),
    ("foo[300y]", "1:5 duration out of range"),
    ("foo[5000000000000h]", "1:5 duration out of range"),
    ("foo[1h99999999999999999999s]", "1:5 duration out of range"),
    ("foo offset 1d offset 1d", "1:1 offset may not be set multiple times"),
    ("foo @ 1 @ 2", "1:1 @ <timestamp> may not be set multiple times"),
    ("foo @ start() @ 2", "1:1 @ <timestamp> may not be set multiple times"),
    ("foo @", "1:6 unexpected end of input in @, expected timestamp"),
    ("foo @ bar", "1:7 unexpected identifier \"bar\" in @, expected timestamp"),
    ("foo @ start", "1:12 unexpected end of input in @, expected timestamp"),
    ("foo @ Inf", "1:1 timestamp out of bounds for @ modifier: +Inf"),
    ("foo @ NaN", "1:1 timestamp out of bounds for @ modifier: NaN"),
    ("foo offset 5m[5m]", "1:14 no offset modifiers allowed before range"),
    ("foo @ 5[5m]", "1:8 no @ modifiers allowed before range"),
    ("(foo)[5m]", "1:6 ranges only allowed for vector selectors"),
    ("(foo + bar)[5m]", "1:12 ranges only allowed for vector selectors"),
    ("foo[5m][5m]", "1:8 ranges only allowed for vector selectors"),
    ("foo[5m", "1:7 unclosed left bracket"),
    ("foo[5m:5m:5m]", "1:10 unexpected colon ':'"),
    ("foo]", "1:4 unexpected right bracket ']'"),
    (
        "test[5d] OFFSET 10s [10m:6s]",
        "1:1 subquery is only allowed on instant vector, got matrix instead",
    ),
    ("time()[5m:]", "1:1 subquery is only allowed on instant vector, got scalar instead"),
    ("\"a\"[5m:]", "1:1 subquery is only allowed on instant vector, got string instead"),
    ("sum(a)[5m:30s][5m:]", "1:1 subquery is only allowed on instant vector, got matrix instead"),
    ("sum() by (x)", "1:1 no arguments for aggregate expression provided"),
    (
        "sum(a, b)",
        "1:1 wrong number of arguments for aggregate expression provided, expected 1, got 2",
    ),
    (
        "topk(a)",
        "1:1 wrong number of arguments for aggregate expression provided, expected 2, got 1",
    ),
    ("sum by(test", "1:12 unclosed left parenthesis"),
    (
        "sum (some_metric) by test",
        "1:22 unexpected identifier \"test\" in grouping opts, expected \"(\"",
    ),
    (
        "sum by (a b) (c)",
        "1:11 unexpected identifier \"b\" in grouping opts, expected \",\" or \")\"",
    ),
    (
        "sum by (a:b) (c)",
        "1:9 unexpected metric identifier \"a:b\" in grouping opts, expected label",
    ),
    ("sum by (1) (c)", "1:9 unexpected number \"1\" in grouping opts, expected label"),
    ("a + on b", "1:8 unexpected identifier \"b\" in grouping opts, expected \"(\""),
    ("sum(a b)", "1:7 unexpected identifier \"b\" in aggregation"),
    ("sum(rate(a[5m] by (x)))", "1:16 unexpected <by> in aggregation"),
    ("rate(a[5m]) by (x)", "1:13 unexpected <by>"),
    ("sum without(x) (a) by (y)", "1:20 unexpected <by>"),
    (
        "topk(some_metric, other_metric)",
        "1:6 expected type scalar in aggregation parameter, got instant vector",
    ),
    (
        "count_values(5, other_metric)",
        "1:14 expected type string in aggregation parameter, got scalar",
    ),
    ("sum(1)", "1:5 expected type instant vector in aggregation expression, got scalar"),
    (
        "rate(some_metric)",
        "1:6 expected type range vector in call to function \"rate\", got instant vector",
    ),
    ("floor()", "1:1 expected 1 argument(s) in call to \"floor\", got 0"),
    ("floor(a, b)", "1:1 expected 1 argument(s) in call to \"floor\", got 2"),
    ("floor(1)", "1:7 expected type instant vector in call to function \"floor\", got scalar"),
    ("hour(a, b, c)", "1:1 expected at most 1 argument(s) in call to \"hour\", got 3"),
    ("round()", "1:1 expected at least 1 argument(s) in call to \"round\", got 0"),
    ("label_join(a, 'b')", "1:1 expected at least 3 argument(s) in call to \"label_join\", got 2"),
    (
        "non_existent_function_far_bar()",
        "1:1 unknown function with name \"non_existent_function_far_bar\"",
    ),
    ("RATE(a[5m])", "1:1 unknown function with name \"RATE\""),
    (
        "label_replace(a, 'b', 'c', 'd', 'e',)",
        "1:36 trailing commas not allowed in function call args",
    ),
    ("\"unterminated", "1:1 unterminated quoted string"),
    ("'a\nb'", "1:1 unterminated quoted string"),
    ("`raw", "1:1 unterminated raw string"),
    ("\"\\c\"", "1:1 unknown escape sequence U+0063 'c'"),
    ("'\\\"'", "1:1 unknown escape sequence U+0022 '\"'"),
    ("\"\\x.\"", "1:1 illegal character U+002E '.' in escape sequence"),
    ("\"\\400\"", "1:1 escape sequence is an invalid Unicode code point"),
    ("\"\\ud800\"", "1:1 escape sequence is an invalid Unicode code point"),
    ("a\n  + \u{e9}", "2:5 unexpected character: '\u{e9}'"),
    ("a b", "1:3 unexpected identifier \"b\""),
];

/// What only 3 knows is refused in its words.
const REFUSED_BY_3: [(&str, &str); 29] = [
    ("foo[5mm]", "1:5 not a valid duration string: \"5mm\""),
    ("foo[5x]", "1:5 bad number or duration syntax: \"5\""),
    ("foo[5m] OFFSET", "1:15 unexpected end of input in offset, expected number or duration"),
    (
        "foo offset \"5m\"",
        "1:12 unexpected string \"\\\"5m\\\"\" in offset, expected number or duration",
    ),
    ("foo[[5m]]", "1:5 unexpected left bracket '['"),
    ("2.5.", "1:1 bad number or duration syntax: \"2.5.\""),
    ("100..4", "1:1 bad number or duration syntax: \"100..\""),
    ("1__0", "1:1 error parsing number: strconv.ParseFloat: parsing \"1__0\": invalid syntax"),
    ("1_", "1:1 error parsing number: strconv.ParseFloat: parsing \"1_\": invalid syntax"),
    ("5m4", "1:1 bad number or duration syntax: \"5m4\""),
    ("foo[]", "1:5 unexpected \"]\" in subquery selector, expected number or duration"),
    (
        "foo[\"5m\"]",
        "1:5 unexpected string \"\\\"5m\\\"\" in subquery selector, expected number or duration",
    ),
    ("foo[bar]", "1:5 unexpected character in duration expression: 'b'"),
    ("foo[5m:x]", "1:8 unexpected character in duration expression: 'x'"),
    ("foo[1m+]", "1:8 unexpected \"]\""),
    ("foo[0]", "1:5 duration must be greater than 0"),
    ("foo[1m-1m]", "1:5 duration must be greater than 0"),
    ("foo[step()]", "1:5 duration must be greater than 0"),
    ("foo[1/0]", "1:6 division by zero"),
    ("foo[1%0]", "1:6 modulo by zero"),
    ("foo[2^80]", "1:5 duration out of range"),
    ("foo offset NaN", "1:12 duration out of range"),
    ("foo offset -1e20", "1:13 duration out of range"),
    ("foo{\"bar\"}", "1:1 metric name must not be set twice: \"foo\" or \"bar\""),
    ("{\"\"}", "1:2 invalid label name \"\""),
    ("sum by (\"\") (a)", "1:9 invalid label name \"\""),
    (
        "{\"a\" \"b\"}",
        "1:6 unexpected string \"\\\"b\\\"\" in label matching, expected \",\" or \"}\"",
    ),
    ("rate(a[5m] smoothed)", "1:6 smoothed modifier is experimental and not enabled"),
    ("a anchored", "1:1 anchored modifier is experimental and not enabled"),
];

#[test]
fn what_the_language_allows_is_accepted() {
    let refused: Vec<String> = ACCEPTED
        .iter()
        .filter_map(|expression| Some(format!("{expression}: {}", parse(expression).err()?)))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn what_it_does_not_allow_is_refused_where_it_stands_and_with_what_was_expected() {
    let others: Vec<String> = REFUSED
        .into_iter()
        .chain(REFUSED_BY_3)
        .filter_map(|(expression, expected)| {
            let (place, message) = expected.split_once(' ')?;
            let found = error(expression);
            let right = found == format!("{place}: parse error: {message}");
            (!right).then(|| format!("{expression}: {found} and not {expected}"))
        })
        .collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
}

/// The values of numbers, and of durations as numbers.
#[test]
fn numbers_are_those_of_go() {
    let cases = [
        ("0xc", 12.0),
        ("0755", 493.0),
        ("08", 8.0),
        ("1e-3", 0.001),
        ("5.", 5.0),
        (".5", 0.5),
        ("iNf", f64::INFINITY),
        ("9223372036854775807", 9_223_372_036_854_775_807.0),
        ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ("1_000.5", 1000.5),
        ("0x_ff", 255.0),
        ("5m", 300.0),
        ("1y2w3d4h5m6s7ms", 33_019_506.007),
    ];
    for (text, expected) in cases {
        let found = parse(text).unwrap();
        let Expression::Scalar(Scalar::Literal(number)) = found else {
            panic!("{text}: {found:?}")
        };
        assert_eq!(number, expected, "{text}");
    }
}

#[test]
fn texts_say_what_go_says() {
    let cases = [
        (r#""a\tb\"c\\""#, "a\tb\"c\\"),
        (r#"'a"\'b'"#, "a\"'b"),
        (r"`a\tb\d\`", "a\\tb\\d\\"),
        (r#""\x41\102\u00e9\U0001F600""#, "AB\u{e9}\u{1f600}"),
        (r#""\xc3\xa9""#, "\u{e9}"),
        ("`a\nb`", "a\nb"),
        ("''", ""),
    ];
    for (text, expected) in cases {
        let Expression::Text(found) = parse(text).unwrap() else { panic!("{text}") };
        assert_eq!(found, expected, "{text}");
    }
}

/// What belongs together, shown by brackets that change nothing.
#[test]
fn operators_bind_as_in_prometheus() {
    let cases = [
        ("-1 ^ 2", "-(1 ^ 2)"),
        ("-a * b", "(-a) * b"),
        ("2 ^ 3 ^ 2", "2 ^ (3 ^ 2)"),
        ("2 ^ -3 ^ 2", "2 ^ (-(3 ^ 2))"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c % d atan2 e", "(((a / b) * c) % d) atan2 e"),
        ("a + b * c ^ d", "a + (b * (c ^ d))"),
        ("a == b + c", "a == (b + c)"),
        ("a < b > c", "(a < b) > c"),
        ("a or b and c unless d or e", "(a or ((b and c) unless d)) or e"),
        ("a and b == c", "a and (b == c)"),
        ("-a offset 5m", "-(a offset 5m)"),
        ("a + b offset 5m + 3", "(a + (b offset 5m)) + 3"),
    ];
    for (expression, brackets) in cases {
        let node = |text: &str| parse(text).map_or_else(|e| e.to_string(), |n| format!("{n:?}"));
        assert_eq!(node(expression), node(brackets), "{expression}");
    }
}

#[test]
fn durations_are_reckoned_and_know_the_query() {
    let budget = crate::samples::Budget::unlimited();
    let meter = Meter::new(&budget);
    let times = QueryTimes { step_ms: 15_000, range_ms: 3_600_000 };
    let window = |text: &str| {
        let tree = Question::read(text, &meter).unwrap().tree(times).unwrap();
        let Expression::Range(range) = tree else { panic!("{text}") };
        match range {
            RangeVector::Window(window) => (window.range_ms, window.selector.shift.offset_ms),
            RangeVector::Subquery(subquery) => (subquery.range_ms, subquery.step_ms),
        }
    };
    let cases = [
        ("a[5m+1m]", (360_000, 0)),
        ("a[2*step()]", (30_000, 0)),
        ("a[range():step()]", (3_600_000, 15_000)),
        ("a[max(step(), 1m)]", (60_000, 0)),
        ("a[min_of(step(), 1m)]", (15_000, 0)),
        ("a[-(1m - 6m)]", (300_000, 0)),
        ("a[2^3^2s]", (512_000, 0)),
        ("a[1h%25m]", (600_000, 0)),
        ("a[5m] offset (1h/2)", (300_000, 1_800_000)),
        ("a[5m] offset -step()", (300_000, -15_000)),
        ("a[5m] offset -(5m + 1m)", (300_000, -360_000)),
        ("a[1.5]", (1_500, 0)),
        ("a[1.001]", (1_001, 0)),
    ];
    for (text, expected) in cases {
        assert_eq!(window(text), expected, "{text}");
    }
}
