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
