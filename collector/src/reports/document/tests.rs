use super::*;

/// A report with what others might have written.
pub fn report(name: &str) -> Document {
    let table = Table {
        key: "mixes",
        caption: "Mixes".into(),
        columns: vec![
            Column::words("mix", &["mix"]),
            Column::figures("sends", "Mbit/s", &["expected_mbit", "low_mbit", "high_mbit"]),
        ],
        rows: vec![
            vec![Cell::text(name), Cell::shown("12 (10–14)", [12.0, 10.0, 14.000_000_1])],
            vec![Cell::text("other"), Cell::nothing("nobody knows", 3)],
        ],
    };
    let section = Section {
        key: "mixes",
        title: "Mixes",
        sentences: vec!["A sentence.".into()],
        tables: vec![table],
    };
    let part = Part {
        name: "ca1".into(),
        answer: "It fits.".into(),
        state: State::Good,
        sections: vec![section],
    };
    Document {
        title: "Capacity",
        of: Of::Hosts,
        answer: "One fits.".into(),
        until_ms: 1_590_667_200_000,
        sentences: vec![],
        parts: vec![part],
    }
}

#[test]
fn the_same_figures_stand_in_each_form() {
    let report = report("8 rooms");
    assert_eq!(
        csv(&report, "mixes").unwrap(),
        "host,mix,expected_mbit,low_mbit,high_mbit\nca1,8 rooms,12,10,14\nca1,other,,,\n"
    );
    assert_eq!(csv(&report, "fit"), None);
    let json: serde_json::Value = serde_json::from_str(&json(&report)).unwrap();
    let row = &json["hosts"][0]["sections"]["mixes"]["tables"]["mixes"];
    assert_eq!(row[0]["high_mbit"], 14.0);
    assert!(row[1]["low_mbit"].is_null());
    assert_eq!(json["until"], "2020-05-28T12:00:00Z");
    let markdown = markdown(&report);
    assert!(markdown.contains("| mix | sends (Mbit/s) |\n|---|---:|\n| 8 rooms | 12 (10–14) |\n"));
}

#[test]
fn names_of_others_become_neither_formulas_nor_markup() {
    let report = report("=1+1|<b>\n# big");
    assert!(csv(&report, "mixes").unwrap().contains("'=1+1|<b>"));
    let markdown = markdown(&report);
    assert!(markdown.contains("=1+1\\|\\<b>"), "{markdown}");
    assert!(!markdown.contains("\n# big"), "{markdown}");
}

/// A report whose texts are all alike.
fn named(name: &str) -> Document {
    let mut report = report(name);
    report.answer = name.into();
    report.sentences = vec![name.into()];
    report.parts[0].answer = name.into();
    report
}

#[test]
fn names_of_others_begin_no_line_of_markup() {
    for (name, written) in [
        ("> quoted", "\\> quoted"),
        ("- item", "\\- item"),
        ("+ item", "\\+ item"),
        ("=== rule", "\\=== rule"),
        ("1. first", "1\\. first"),
        ("23) last", "23\\) last"),
        ("    program", "program"),
        ("~~gone~~", "\\~\\~gone\\~\\~"),
        ("&lt;b>", "\\&lt;b>"),
        ("8 rooms", "8 rooms"),
        ("two\rlines", "two lines"),
    ] {
        let text = markdown(&named(name));
        let lines = |line: &str| text.lines().filter(|own| *own == line).count();
        assert_eq!(lines(written), 2, "{name}: {text}");
        assert_eq!(lines(&format!("- {written}")), 1, "{name}: {text}");
    }
    for (name, written) in [
        ("* item", "&#42; item"),
        ("# item", "&#35; item"),
        (": indented", "&#58; indented"),
        ("; term", "&#59; term"),
        ("---- rule", "&#45;--- rule"),
        (" program", "program"),
        ("__NOTOC__", "_&#95;NOTOC_&#95;"),
        ("a_tenant", "a_tenant"),
    ] {
        let text = mediawiki(&named(name));
        assert!(text.lines().any(|own| own == written), "{name}: {text}");
        assert!(text.lines().any(|own| own == format!("* {written}")), "{name}: {text}");
    }
}

#[test]
fn what_was_measured_has_six_digits_and_money_has_all_of_its_own() {
    let mut report = report("8 rooms");
    cells_of(&mut report)[1] = Cell::exact("1234567.89 EUR", [1_234_567.89, 0.1 + 0.2, -12_345.67]);
    let rows = csv(&report, "mixes").unwrap();
    assert!(rows.contains("8 rooms,1234567.89,0.30000000000000004,-12345.67\n"), "{rows}");
    let json: serde_json::Value = serde_json::from_str(&json(&report)).unwrap();
    let row = &json["hosts"][0]["sections"]["mixes"]["tables"]["mixes"][0];
    assert_eq!(row["expected_mbit"], 1_234_567.89);
    cells_of(&mut report)[1] = Cell::shown("1", [1_234_567.89, 1.0, 2.0]);
    assert!(csv(&report, "mixes").unwrap().contains("8 rooms,1234570,1,2\n"));
}

fn cells_of(report: &mut Document) -> &mut Vec<Cell> {
    &mut report.parts[0].sections[0].tables[0].rows[0]
}
